"""Core metadata under another name and version, with the dependencies of some extras."""

from collections.abc import Collection

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from whichwheel.sources.errors import BrokenWheel
from whichwheel.spec.extras import with_extras
from whichwheel.spec.header_fields import header_fields, header_parts
from whichwheel.spec.wheel_name import WheelName

__all__ = ["presented_metadata"]


def presented_metadata(
    metadata: bytes, own: WheelName, presented: WheelName, extras: Collection[NormalizedName]
) -> bytes:
    """Return core metadata with another name and version; all other lines stay as they are.

    :param metadata: the content of a ``METADATA`` file
    :param own: the name of its wheel
    :param presented: the one that says the name and version to be
    :param extras: those whose dependencies no longer depend on the extra
    :raises BrokenWheel: if it is not that of its wheel
    """
    _check_own(metadata, own)
    name, version = presented.name, presented.version
    *headers, rest = header_parts(metadata)
    return b"".join(_presented(header, name, version, extras) for header in headers) + rest


def _check_own(metadata: bytes, own: WheelName) -> None:
    """Check what could not be seen any more afterwards."""
    said: dict[str, str] = {}
    for field, value in header_fields(metadata):
        said.setdefault(field, value)
    name, version = said.get("name", ""), said.get("version", "")
    try:
        same = canonicalize_name(name) == own.name and Version(version) == own.version
    except InvalidVersion:
        same = False
    if not same:
        raise BrokenWheel(own.filename, f"its metadata is that of `{name} {version}`")


def _presented(
    header: bytes, name: NormalizedName, version: Version, extras: Collection[NormalizedName]
) -> bytes:
    key, _, value = header.partition(b":")
    field = key.strip().lower()
    ending = b"\r\n" if header.endswith(b"\r\n") else b"\n" * header.endswith(b"\n")
    if field == b"name":
        return b"%s: %s%s" % (key, name.encode(), ending)
    if field == b"version":
        return b"%s: %s%s" % (key, str(version).encode(), ending)
    if field == b"requires-dist" and extras:
        before = " ".join(value.decode("utf-8", "replace").split())
        after = with_extras(before, extras)
        if after != before:
            return b"%s: %s%s" % (key, after.encode(), ending)
    return header

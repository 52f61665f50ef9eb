"""Core metadata under another name and version, with the dependencies of some extras."""

from collections.abc import Collection

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.spec.extras import with_extras
from whichwheel.spec.header_fields import header_parts

__all__ = ["presented_metadata"]


def presented_metadata(
    metadata: bytes, name: NormalizedName, version: Version, extras: Collection[NormalizedName]
) -> bytes:
    """Return core metadata with another name and version; all other lines stay as they are.

    :param metadata: the content of a ``METADATA`` file
    :param extras: those whose dependencies no longer depend on the extra
    """
    *headers, rest = header_parts(metadata)
    return b"".join(_presented(header, name, version, extras) for header in headers) + rest


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

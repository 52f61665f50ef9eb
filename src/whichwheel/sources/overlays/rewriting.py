"""Core metadata under another name and version, with the dependencies of some extras."""

from collections.abc import Collection, Iterator

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.spec.extras import with_extras

__all__ = ["presented_metadata"]


def presented_metadata(
    metadata: bytes, name: NormalizedName, version: Version, extras: Collection[NormalizedName]
) -> bytes:
    """Return core metadata with another name and version; all other lines stay as they are.

    :param metadata: the content of a ``METADATA`` file
    :param extras: those whose dependencies no longer depend on the extra
    """
    head, blank, body = _parted(metadata)
    lines = [_presented(line, name, version, extras) for line in _unfolded(head)]
    return b"".join(lines) + blank + body


def _parted(metadata: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the headers, the blank line that ends them, and the description."""
    at = 0
    for line in metadata.splitlines(keepends=True):
        if not line.strip(b"\r\n"):
            return metadata[:at], line, metadata[at + len(line) :]
        at += len(line)
    return metadata, b"", b""


def _unfolded(head: bytes) -> Iterator[bytes]:
    """Yield each header with the lines that continue it."""
    header = b""
    for line in head.splitlines(keepends=True):
        if line[:1] in {b" ", b"\t"}:
            header += line
            continue
        if header:
            yield header
        header = line
    if header:
        yield header


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

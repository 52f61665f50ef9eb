"""The header fields of core metadata, one reader for all who need some of them.

The standard library's email parser reads the same, and costs ten times as much to load and to run.
"""

import re
from collections.abc import Iterator

from whichwheel.spec.patterns import lazy_pattern

__all__ = ["header_fields", "header_parts"]

_END = lazy_pattern(rb"^\r?\n", re.MULTILINE)
_BETWEEN = lazy_pattern(rb"(?<=\n)(?![ \t])")


def header_parts(metadata: bytes) -> Iterator[bytes]:
    r"""Yield each header field with the lines that continue it, and last all that is no header.

    Joined, they are the metadata again, byte by byte. An empty line ends the header; one of blanks
    continues a field, as within a folded licence (RFC 5322, Long Header Fields).

    >>> list(header_parts(b"Name: a\nLicense: b\n  c\n\nbody\n"))
    [b'Name: a\n', b'License: b\n  c\n', b'\nbody\n']
    """
    end = _END.search(metadata)
    at = len(metadata) if end is None else end.start()
    yield from filter(None, _BETWEEN.split(metadata[:at]))
    yield metadata[at:]


def header_fields(metadata: bytes) -> Iterator[tuple[str, str]]:
    r"""Yield the header fields, names in lower case, folded lines joined by one space.

    >>> list(header_fields(b"Name: a\nLicense: b\n  c\n\nbody: d\n"))
    [('name', 'a'), ('license', 'b c')]
    """
    *parts, _ = header_parts(metadata)
    for part in parts:
        name, _, value = part.decode("utf-8", "replace").partition(":")
        if "\n" in value.rstrip("\r\n"):
            value = " ".join(line.strip() for line in value.split("\n"))
        yield name.strip().lower(), value.strip()

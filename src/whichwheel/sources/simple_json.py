"""Simple index pages in JSON (PEP 691, 700, 714)."""

import json
from collections.abc import Iterator, Mapping
from functools import partial

from whichwheel.sources.addresses import resolve_link
from whichwheel.sources.errors import SourceError
from whichwheel.sources.listing import Link, is_plain_name
from whichwheel.sources.release import File

__all__ = ["parse_json"]

_MAJOR = "1"
_EMPTY: Mapping[str, object] = {}


def parse_json(data: bytes, url: str, where: str) -> Iterator[Link]:
    """Yield the files that a page lists; entries that are malformed are left out.

    :param url: the page's address after redirects, for relative links
    :param where: its address, for messages
    :raises SourceError: if the page is no such JSON, or of another major version
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise SourceError(
            f"the index page `{where}` is not JSON",
            where=where,
            hint="try again; if it stays, the server or a proxy damages what it sends",
        ) from None
    meta = document.get("meta") if isinstance(document, dict) else None
    version = str(meta.get("api-version", "")) if isinstance(meta, dict) else ""
    files = document.get("files") if isinstance(document, dict) else None
    if version.partition(".")[0] != _MAJOR or not isinstance(files, list):
        raise SourceError(
            f"the index page `{where}` is not of version 1 of the JSON simple API",
            where=where,
            hint="check that the index URL ends where the project names begin, as `/simple/`",
        )
    for entry in files:
        if isinstance(entry, dict):
            filename, address = entry.get("filename"), entry.get("url")
            if isinstance(filename, str) and isinstance(address, str) and is_plain_name(filename):
                read = partial(_read, filename, address, entry, url)
                yield Link(filename, read, entry.get("yanked", False) is False)


def _hashes(value: object) -> dict[str, str]:
    table = value if isinstance(value, dict) else _EMPTY
    return {
        algorithm: digest.lower() for algorithm, digest in table.items() if isinstance(digest, str)
    }


def _read(filename: str, address: str, entry: Mapping[str, object], base: str) -> File:
    requires_python = entry.get("requires-python")
    yanked = entry.get("yanked", False)
    metadata = entry.get("core-metadata", entry.get("dist-info-metadata", False))
    size = entry.get("size")
    upload_time = entry.get("upload-time")
    return File(
        filename,
        resolve_link(base, address)[0],
        hashes=_hashes(entry.get("hashes")),
        requires_python=requires_python if isinstance(requires_python, str) else None,
        yanked=yanked if isinstance(yanked, str) else ("" if yanked else None),
        metadata_hashes=_hashes(metadata) if metadata else None,
        size=size if isinstance(size, int) else None,
        upload_time=upload_time if isinstance(upload_time, str) else None,
    )

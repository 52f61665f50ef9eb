"""The pages of a simple index, as HTML and JSON (simple repository API)."""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.hashes import strongest

__all__ = ["IndexFile", "project_html", "project_json", "root_html", "root_json"]

_HTML_VERSION = "1.0"
#: Version 1.1 of the JSON form adds the list of versions, and the size of each file (PEP 700).
_JSON_VERSION = "1.1"
_JSON_VERSION_WITHOUT_SIZES = "1.0"


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file as a project's page lists it.

    :param url: absolute, or relative to the page; quoted
    :param hashes: hexadecimal digests by algorithm
    :param size: in bytes, None if that is not known
    :param metadata_hashes: of the separate metadata file beside it (PEP 658, PEP 714); None if
        there is none, empty if there is one without digest
    :param yanked: the reason, possibly empty, or None if it is not yanked (PEP 592)
    :param upload_time: in ISO 8601
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    requires_python: str | None = None
    metadata_hashes: Mapping[str, str] | None = None
    yanked: str | None = None
    upload_time: str | None = None


def project_html(name: NormalizedName, files: Iterable[IndexFile]) -> bytes:
    """Return the HTML page of one project."""
    return _page(f"Links for {name}", (_anchor(file) for file in files))


def project_json(
    name: NormalizedName,
    versions: Sequence[Version],
    files: Iterable[IndexFile],
    *,
    readable: bool = True,
) -> bytes:
    """Return the JSON page of one project.

    :param versions: every version once, oldest first
    :param readable: whether people may read it; writing lines takes ten times as long
    """
    entries = [_entry(file) for file in files]
    has_sizes = all("size" in entry for entry in entries)
    return _json(
        {
            "meta": {"api-version": _JSON_VERSION if has_sizes else _JSON_VERSION_WITHOUT_SIZES},
            "name": name,
            "versions": [str(version) for version in versions],
            "files": entries,
        },
        readable=readable,
    )


def root_html(names: Iterable[NormalizedName]) -> bytes:
    """Return the HTML page that lists all projects."""
    return _page("Simple index", (f'<a href="{quote(name)}/">{_text(name)}</a>' for name in names))


def root_json(names: Iterable[NormalizedName]) -> bytes:
    """Return the JSON page that lists all projects."""
    return _json(
        {
            "meta": {"api-version": _JSON_VERSION},
            "projects": [{"name": name} for name in names],
        }
    )


def _anchor(file: IndexFile) -> str:
    attributes = ""
    if file.requires_python is not None:
        attributes += f' data-requires-python="{_text(file.requires_python)}"'
    if file.metadata_hashes is not None:
        found = strongest(file.metadata_hashes)
        digest = "true" if found is None else "=".join(found)
        attributes += f' data-core-metadata="{_text(digest)}"'
    if file.yanked is not None:
        attributes += f' data-yanked="{_text(file.yanked)}"'
    known = strongest(file.hashes)
    target = file.url if known is None else f"{file.url}#{'='.join(known)}"
    return f'<a href="{_text(target)}"{attributes}>{_text(file.filename)}</a>'


def _entry(file: IndexFile) -> dict[str, object]:
    entry: dict[str, object] = {
        "filename": file.filename,
        "url": file.url,
        "hashes": dict(file.hashes),
    }
    if file.size is not None:
        entry["size"] = file.size
    if file.requires_python is not None:
        entry["requires-python"] = file.requires_python
    if file.metadata_hashes is not None:
        entry["core-metadata"] = dict(file.metadata_hashes) or True
    if file.yanked is not None:
        entry["yanked"] = file.yanked or True
    if file.upload_time is not None:
        entry["upload-time"] = file.upload_time
    return entry


def _page(title: str, links: Iterable[str]) -> bytes:
    body = "".join(f"    {link}<br>\n" for link in links)
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n'
        "  <head>\n"
        '    <meta charset="utf-8">\n'
        f'    <meta name="pypi:repository-version" content="{_HTML_VERSION}">\n'
        '    <meta name="generator" content="whichwheel">\n'
        f"    <title>{_text(title)}</title>\n"
        "  </head>\n"
        "  <body>\n"
        f"    <h1>{_text(title)}</h1>\n"
        f"{body}"
        "  </body>\n"
        "</html>\n"
    ).encode("utf-8", "replace")


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _json(document: object, *, readable: bool = True) -> bytes:
    return (
        json.dumps(document, indent=1 if readable else None, ensure_ascii=False).encode(
            "utf-8", "replace"
        )
        + b"\n"
    )

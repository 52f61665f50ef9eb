"""The pages of a simple index, as HTML and JSON (simple repository API)."""

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from packaging.utils import NormalizedName
from packaging.version import Version

__all__ = ["IndexFile", "project_html", "project_json", "root_html", "root_json"]

_HTML_VERSION = "1.0"
#: Version 1.1 of the JSON form adds sizes and the list of versions (PEP 700).
_JSON_VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file as a project's page lists it.

    :param url: relative to the page, not yet quoted
    :param sha256: hexadecimal
    :param size: in bytes
    :param metadata_sha256: of the separate metadata file beside it (PEP 658, PEP 714)
    """

    filename: str
    url: str
    sha256: str
    size: int
    requires_python: str | None = None
    metadata_sha256: str | None = None


def project_html(name: NormalizedName, files: Iterable[IndexFile]) -> bytes:
    """Return the HTML page of one project."""
    return _page(f"Links for {name}", (_anchor(file) for file in files))


def project_json(
    name: NormalizedName, versions: Sequence[Version], files: Iterable[IndexFile]
) -> bytes:
    """Return the JSON page of one project.

    :param versions: every version once, oldest first
    """
    return _json(
        {
            "meta": {"api-version": _JSON_VERSION},
            "name": name,
            "versions": [str(version) for version in versions],
            "files": [_entry(file) for file in files],
        }
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
    if file.metadata_sha256 is not None:
        attributes += f' data-core-metadata="sha256={file.metadata_sha256}"'
    target = f"{quote(file.url)}#sha256={file.sha256}"
    return f'<a href="{_text(target)}"{attributes}>{_text(file.filename)}</a>'


def _entry(file: IndexFile) -> dict[str, object]:
    entry: dict[str, object] = {
        "filename": file.filename,
        "url": quote(file.url),
        "hashes": {"sha256": file.sha256},
        "size": file.size,
    }
    if file.requires_python is not None:
        entry["requires-python"] = file.requires_python
    if file.metadata_sha256 is not None:
        entry["core-metadata"] = {"sha256": file.metadata_sha256}
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
    ).encode()


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _json(document: object) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8") + b"\n"

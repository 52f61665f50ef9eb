"""Write a simple index by hand, independent of `whichwheel index`."""

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

__all__ = ["write_project"]


def write_project(  # noqa: PLR0913 -- each is one thing an index may say
    root: Path,
    name: str,
    files: Sequence[Path],
    *,
    variants: Mapping[str, Mapping[str, object]] | None = None,
    form: str = "html",
    hashes: bool = True,
    requires_python: Mapping[str, str] | None = None,
    yanked: Mapping[str, str] | None = None,
    uploaded: Mapping[str, str] | None = None,
) -> Path:
    """Write ``root/simple/NAME/`` that links to files of ``root`` and return its folder.

    :param variants: content of ``*-variants.json`` files, by version
    :param form: ``html`` or ``json``
    :param requires_python: by file name
    :param yanked: reason by file name
    :param uploaded: upload time by file name, for JSON
    """
    folder = root / "simple" / canonicalize_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    listed = list(files)
    for version, document in (variants or {}).items():
        path = folder / f"{canonicalize_name(name).replace('-', '_')}-{version}-variants.json"
        path.write_text(json.dumps(document), "utf-8")
        listed.append(path)
    entries = []
    sizes: dict[str, int] = {}
    for file in listed:
        link = file.relative_to(root).as_posix()
        digest = hashlib.sha256(file.read_bytes()).hexdigest() if hashes else None
        python = (requires_python or {}).get(file.name)
        why = (yanked or {}).get(file.name)
        entries.append((file.name, f"../../{link}", digest, python, why))
        sizes[file.name] = file.stat().st_size
    if form == "json":
        document = {
            "meta": {"api-version": "1.1"},
            "name": canonicalize_name(name),
            "files": [
                {
                    "filename": filename,
                    "url": url,
                    "hashes": {} if digest is None else {"sha256": digest},
                    "size": sizes[filename],
                    **({} if python is None else {"requires-python": python}),
                    **({} if why is None else {"yanked": why or True}),
                    **(
                        {"upload-time": uploaded[filename]}
                        if uploaded and filename in uploaded
                        else {}
                    ),
                }
                for filename, url, digest, python, why in entries
            ],
        }
        (folder / "index.json").write_text(json.dumps(document), "utf-8")
        return folder
    lines = ["<!DOCTYPE html><html><body>"]
    for filename, url, digest, python, why in entries:
        fragment = "" if digest is None else f"#sha256={digest}"
        attributes = ""
        if python is not None:
            attributes += f' data-requires-python="{html.escape(python)}"'
        if why is not None:
            attributes += f' data-yanked="{html.escape(why)}"'
        lines.append(f'<a href="{url}{fragment}"{attributes}>{filename}</a><br>')
    lines.append("</body></html>")
    (folder / "index.html").write_text("\n".join(lines), "utf-8")
    return folder

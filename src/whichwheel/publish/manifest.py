"""What an earlier run wrote into an index folder, so that nothing else is ever overwritten."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from whichwheel.publish.atomic import write_atomically
from whichwheel.publish.errors import ForeignFile, PublishError
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json

__all__ = ["MANIFEST", "Artefact", "Synchronised", "synchronise"]

#: The file that remembers, in the index folder itself.
MANIFEST = ".whichwheel-index.json"
_FORMAT = "whichwheel-index/1"
#: All that an index consists of: nothing else is removed, whatever the manifest says.
_OURS = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*/)?[A-Za-z0-9][A-Za-z0-9._+!-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file that is to stand in the folder.

    :param content: its bytes, or the file to copy
    :param sha256: hexadecimal
    """

    content: bytes | Path
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> "Artefact":
        """Return an artefact with its digest."""
        return cls(content, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class Synchronised:
    """What had to be done, as paths relative to the folder with ``/`` between the parts."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def synchronise(folder: Path, wanted: Mapping[str, Artefact]) -> Synchronised:
    """Make a folder hold the wanted files, and none of those that only an earlier run wanted.

    A file is written over or removed only if it is exactly as an earlier run left it. If any
    is not, nothing is changed.

    :param folder: made if need be
    :param wanted: by path relative to the folder, with ``/`` between the parts
    :raises ForeignFile: if a file stands in the way that no run wrote, or that was changed since
    :raises PublishError: if a file cannot be read or written
    """
    known = _read(folder / MANIFEST)
    present = {path: _digest(folder / path) for path in {*wanted, *known}}
    foreign = [
        path
        for path, artefact in wanted.items()
        if present[path] not in {None, artefact.sha256, *known.get(path, ())}
    ]
    linked = {part for path in wanted if (part := path.partition("/")[0]) != path}
    foreign += [part for part in linked if _is_no_folder(folder / part)]
    if foreign:
        raise ForeignFile([folder / path for path in sorted(foreign)])
    written = [path for path in sorted(wanted) if present[path] != wanted[path].sha256]
    stale = [
        path
        for path in sorted(known.keys() - wanted.keys())
        if present[path] is not None and present[path] in known[path]
    ]
    # A file to copy that stood there before us, and is the same, stays its owner's.
    digests = {
        path: (artefact.sha256,)
        for path, artefact in wanted.items()
        if isinstance(artefact.content, bytes) or path in known or path in written
    }
    if written or stale or known != digests:
        # Should this run be cut off, the next one knows the files of both.
        both = {
            path: tuple(sorted({*known.get(path, ()), *digests.get(path, ())}))
            for path in {*known, *digests}
        }
        _write(folder / MANIFEST, both)
        for path in written:
            _put(folder / path, wanted[path].content)
        for path in stale:
            _remove(folder, path)
        _write(folder / MANIFEST, digests)
    return Synchronised(tuple(written), tuple(sorted(wanted.keys() - set(written))), tuple(stale))


def _read(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the digests by path that an earlier run wrote."""
    try:
        document = parse_strict_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, InvalidJson) as error:
        raise PublishError(
            f"`{path}`, which says what an earlier run wrote, cannot be read: {error}",
            hint="remove it together with the pages beside it",
        ) from None
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        files = None
    if not isinstance(files, dict) or not all(
        isinstance(digests, list)
        and all(isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in digests)
        for digests in files.values()
    ):
        raise PublishError(
            f"`{path}` is not as an earlier run wrote it",
            hint="remove it together with the pages beside it",
        )
    return {name: tuple(digests) for name, digests in files.items() if _OURS.fullmatch(name)}


def _write(path: Path, files: Mapping[str, tuple[str, ...]]) -> None:
    document = {"format": _FORMAT, "files": {name: list(files[name]) for name in sorted(files)}}
    with write_atomically(path) as file:
        file.write(json.dumps(document, indent=1).encode("utf-8") + b"\n")


def _digest(path: Path) -> str | None:
    """Return a file's digest; None if there is none, an empty one if it is no plain file."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PublishError(f"cannot read `{path}`: {error.strerror or error}") from None


def _is_no_folder(path: Path) -> bool:
    return path.is_symlink() or (path.exists() and not path.is_dir())


def _put(path: Path, content: bytes | Path) -> None:
    import shutil  # noqa: PLC0415 -- heavy, and only files to copy need it

    with write_atomically(path) as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content.open("rb") as source:
                shutil.copyfileobj(source, file)


def _remove(folder: Path, path: str) -> None:
    target = folder / path
    try:
        target.unlink(missing_ok=True)
        if target.parent != folder and not any(target.parent.iterdir()):
            target.parent.rmdir()
    except OSError as error:
        raise PublishError(f"cannot remove `{target}`: {error.strerror or error}") from None

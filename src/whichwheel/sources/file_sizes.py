"""How large a file is, where its source does not say."""

import re
from contextlib import suppress
from pathlib import Path

from whichwheel.sources.addresses import file_path
from whichwheel.sources.errors import SourceError
from whichwheel.sources.ports import PassingSources
from whichwheel.sources.release import File

__all__ = ["SIZES_FOLDER", "file_size"]

#: The folder of the cache that holds sizes that were asked for.
SIZES_FOLDER = "sizes-1"

_PARTIAL = 206
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGITS = 20


def file_size(file: File, sources: PassingSources, kept: Path | None = None) -> int | None:
    """Return the size of a file in bytes, None if it cannot be found out without fetching it.

    :param sources: where it is from
    :param kept: the folder of sizes that were asked for earlier; what a hash names never changes
    """
    if file.size is not None:
        return file.size
    path = file_path(file.url)
    try:
        if path is not None:
            return path.stat().st_size
    except OSError:
        return None
    note = _note(file, kept)
    size = None if note is None else _read(note)
    if size is None:
        size = _ask(file, sources)
        if size is not None and note is not None:
            _write(note, size)
    return size


def _ask(file: File, sources: PassingSources) -> int | None:
    try:
        with sources.open(file, {"Range": "bytes=0-0"}) as body:
            if body.status == _PARTIAL:
                told = body.headers.get("content-range", "").rpartition("/")[2]
            else:
                told = body.headers.get("content-length", "")
            return int(told) if told.isdecimal() and len(told) < _DIGITS else None
    except (OSError, SourceError):
        return None


def _note(file: File, kept: Path | None) -> Path | None:
    sha256 = file.hashes.get("sha256", "").lower()
    return kept / sha256 if kept is not None and _SHA256.fullmatch(sha256) else None


def _read(note: Path) -> int | None:
    try:
        with note.open("rb") as reader:
            told = reader.read(_DIGITS)
    except OSError:
        return None
    return int(told) if told.isdigit() else None


def _write(note: Path, size: int) -> None:
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 -- only when a size was asked for

    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=note.parent, prefix=".new-", delete=False) as writer:
            writer.write(b"%d" % size)
        Path(writer.name).replace(note)

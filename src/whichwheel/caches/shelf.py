"""The shelves of the cache folder: what is kept where, entry by entry.

Nothing but what stands in these tables is ever thrown away: ``--cache-dir`` may name any folder.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from whichwheel.spec.values import dataclass

__all__ = ["SHELVES", "Entry", "Shelf", "entries_of", "leftovers_of"]

_HEX2 = re.compile(r"[0-9a-f]{2}")
_HEX62 = re.compile(r"[0-9a-f]{62}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
#: How what is not finished yet, or is on its way out, is called on every shelf.
_UNFINISHED = re.compile(r"\.(?:new|building|damaged)-.+")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of what is kept.

    :param name: a stable word, for people and programs
    :param folder: how its folder is called; older layouts have lower numbers at the end
    :param what: what lies there, in words
    :param steps: the names from the shelf's folder down to an entry, one pattern each
    :param costly: whether to make it anew takes a download, a build, or a long look
    """

    name: str
    folder: re.Pattern[str]
    what: str
    steps: tuple[re.Pattern[str], ...]
    costly: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is kept, as a whole.

    :param path: a file, or a folder with all in it
    :param size: in bytes
    :param used: when it was read or written last, in seconds since the epoch
    :param holds: the names of the wheels that it holds, as far as that is known
    """

    shelf: Shelf
    path: Path
    size: int
    used: float
    holds: tuple[str, ...] = ()


_ANY_JSON = re.compile(r"[\w.-]+\.json", re.ASCII)
_ANY = re.compile(r"[\w-]+", re.ASCII)

SHELVES = (
    Shelf("pages", re.compile("http"), "index pages and metadata", (_HEX2, _HEX62)),
    Shelf("files", re.compile("files"), "downloaded wheels", (_HEX2, _HEX62)),
    Shelf("unpacked", re.compile(r"unpacked-\d+"), "unpacked wheels", (_HEX64,)),
    Shelf(
        "built",
        re.compile(r"built-\d+"),
        "wheels built from sources",
        (re.compile(r"[0-9a-f]{64}-[0-9a-f]{16}"),),
    ),
    Shelf(
        "relabelled",
        re.compile(r"relabelled-\d+"),
        "wheels made anew under plain names",
        (_HEX2, _HEX62),
    ),
    Shelf(
        "made",
        re.compile(r"made-\d+"),
        "wheels made anew for other installers",
        (_HEX2, _HEX62),
    ),
    Shelf("tools", re.compile(r"tools-\d+"), "caches of other installers", (_HEX64,)),
    Shelf("plugins", re.compile(r"plugins-\d+"), "environments of trusted plugins", (_ANY,)),
    Shelf(
        "interpreters",
        re.compile("interpreters"),
        "what interpreters say of themselves",
        (_ANY_JSON,),
        costly=False,
    ),
    Shelf(
        "detections",
        re.compile("detections"),
        "what was detected of this machine",
        (_ANY_JSON,),
        costly=False,
    ),
    Shelf("sizes", re.compile(r"sizes-\d+"), "sizes of files", (_HEX64,), costly=False),
    Shelf(
        "settled",
        re.compile(r"settled-\d+"),
        "installs that had nothing to do",
        (re.compile(r"[0-9a-f]{32}"),),
        costly=False,
    ),
)


def entries_of(cache: Path) -> Iterator[Entry]:
    """Yield all that is kept, shelf by shelf.

    :param cache: the folder of all caches; it need not exist
    """
    for shelf, folder in _folders(cache):
        for path in _walk(folder, shelf.steps):
            entry = _entry(shelf, path)
            if entry is not None:
                yield entry


def leftovers_of(cache: Path) -> Iterator[Entry]:
    """Yield what runs that were cut off left unfinished on the shelves."""
    for shelf, folder in _folders(cache):
        for depth in range(len(shelf.steps)):
            for within in _walk(folder, shelf.steps[:depth]):
                for path in _listed(within):
                    if _UNFINISHED.fullmatch(path.name):
                        entry = _entry(shelf, path)
                        if entry is not None:
                            yield entry


def _folders(cache: Path) -> Iterator[tuple[Shelf, Path]]:
    listed = _listed(cache)
    for shelf in SHELVES:
        for folder in listed:
            if shelf.folder.fullmatch(folder.name) and folder.is_dir():
                yield shelf, folder


def _walk(folder: Path, steps: tuple[re.Pattern[str], ...]) -> Iterator[Path]:
    if not steps:
        yield folder
        return
    for path in _listed(folder):
        # A link may lead to anywhere; what we keep has none.
        if steps[0].fullmatch(path.name) and not path.is_symlink():
            yield from _walk(path, steps[1:])


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # not there, no folder, or gone meanwhile


def _entry(shelf: Shelf, path: Path) -> Entry | None:
    try:
        state = path.lstat()
        if not path.is_dir():
            return Entry(shelf, path, state.st_size, max(state.st_atime, state.st_mtime))
        describe = _DESCRIBED.get(shelf.name, _whole_folder)
        size, used, holds = describe(path)
    except OSError:
        return None  # another run took it away
    return Entry(shelf, path, size, used, holds)


def _whole_folder(path: Path) -> tuple[int, float, tuple[str, ...]]:
    size, used = 0, path.lstat().st_mtime
    for parent, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                state = (Path(parent) / name).lstat()
                size += state.st_size
                used = max(used, state.st_atime, state.st_mtime)
    return size, used, ()


def _download(path: Path) -> tuple[int, float, tuple[str, ...]]:
    size, used, _ = _whole_folder(path)
    names = (file.name for file in _listed(path))
    return size, used, tuple(name for name in names if name.endswith(".whl"))


def _unpacked(path: Path) -> tuple[int, float, tuple[str, ...]]:
    """Go by the manifest: it lists the files, and each use reads it."""
    manifest = path / "manifest.json"
    try:
        state = manifest.lstat()
        data = json.loads(manifest.read_bytes().partition(b"\n")[2])
        size = state.st_size + sum(int(file[2]) for file in data["files"])
        return size, max(state.st_atime, state.st_mtime), (str(data["filename"]),)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return _whole_folder(path)


_DESCRIBED: dict[str, Callable[[Path], tuple[int, float, tuple[str, ...]]]] = {
    "built": _download,
    "files": _download,
    "made": _download,
    "relabelled": _download,
    "unpacked": _unpacked,
}

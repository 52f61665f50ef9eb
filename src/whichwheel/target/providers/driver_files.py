"""Files that tell of a driver: bounded texts, names in folders, and stamps of its libraries.

What cannot be read is as good as absent: whoever needs to tell the difference reads the file
itself.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

__all__ = ["file_text", "library_folders", "names_in", "stamps", "stamps_in"]

_LONGEST = 4096

# Where distributions, containers and WSL keep the libraries of drivers.
_LIBRARY_FOLDERS = (
    *("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib"),
    *("usr/local/lib", "usr/lib/wsl/lib"),
)


def file_text(path: Path, longest: int = _LONGEST) -> str:
    """Return the beginning of a text file without outer white space, empty if there is none.

    :param longest: bytes that are read
    """
    try:
        with path.open("rb") as file:
            return file.read(longest).decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return ""


def names_in(folder: str | Path) -> list[str]:
    """Return the sorted names in a folder, none if there is no such folder."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - a path each would cost more
    except (OSError, ValueError):
        return []


def library_folders(root: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders in which libraries of drivers usually are.

    :param root: the root of the file system
    """
    return _library_folders(root, environ.get("LD_LIBRARY_PATH", ""))


@lru_cache(maxsize=8)
def _library_folders(root: Path, listed: str) -> tuple[Path, ...]:
    return (
        *(root / folder for folder in _LIBRARY_FOLDERS),
        *(Path(each) for each in listed.split(":") if each),
    )


def stamps_in(folders: Iterable[Path], names: Iterable[str]) -> Iterator[str]:
    """Yield the stamps of files of some names in some folders."""
    wanted = tuple(names)
    # Joined as texts: a path for each would cost more than the look.
    yield from stamps(os.path.join(folder, name) for folder in folders for name in wanted)  # noqa: PTH118


def stamps(paths: Iterable[str | Path]) -> Iterator[str]:
    """Yield size, time stamp and number of those files that exist."""
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 -- faster than the method
        except (OSError, ValueError):
            continue
        yield f"{path}:{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"

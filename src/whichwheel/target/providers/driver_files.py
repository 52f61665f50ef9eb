"""Files that tell of a driver: bounded texts, names in folders, and stamps of its libraries.

What cannot be read is as good as absent: whoever needs to tell the difference reads the file
itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

__all__ = ["file_text", "library_folders", "names_in", "stamps"]

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


def names_in(folder: Path) -> list[str]:
    """Return the sorted names in a folder, none if there is no such folder."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except (OSError, ValueError):
        return []


def library_folders(root: Path, environ: Mapping[str, str]) -> list[Path]:
    """Return the folders in which libraries of drivers usually are.

    :param root: the root of the file system
    """
    listed = environ.get("LD_LIBRARY_PATH", "").split(":")
    return [
        *(root / folder for folder in _LIBRARY_FOLDERS),
        *(Path(each) for each in listed if each),
    ]


def stamps(paths: Iterable[Path]) -> Iterator[str]:
    """Yield size, time stamp and number of those files that exist."""
    for path in paths:
        try:
            status = path.stat()
        except (OSError, ValueError):
            continue
        yield f"{path}:{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"

"""Where interpreters are: virtual environments nearby, and those of the system."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.version import InvalidVersion, Version

from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass
from whichwheel.target.detection.child import ChildFailed, run_child

__all__ = ["Place", "environment_nearby", "read_launcher", "system_places"]

_FOLDER = ".venv"
_EXECUTABLE = lazy_pattern(
    r"(?:python|pypy|graalpy)(?:3(?:\.(?P<minor>\d+))?)?(?:\.exe)?", re.IGNORECASE | re.ASCII
)
_IN_NAME = lazy_pattern(r"\d+\.\d+(?:\.\d+)?(?:(?:a|b|rc)\d+)?", re.ASCII)
#: A line of `py -0p`: a tag, perhaps a star for the default, and a path.
_LAUNCHER_LINE = lazy_pattern(r"\s*-(?:V:)?(?P<tag>\S+)\s+(?:\*\s+)?(?P<path>\S.*?)(?:\s+\*)?\s*")
_LAUNCHER_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an interpreter may be.

    :param path: the interpreter
    :param version: its full version, if the name of its folder tells
    :param minor: that of its 3.x, if its own name tells
    """

    path: Path
    version: str | None = None
    minor: int | None = None


def environment_nearby(folder: Path) -> Path | None:
    """Return the virtual environment ``.venv`` in a folder, or in the nearest one round it.

    Round it, one that belongs to another user does not count: whoever can write to ``/tmp`` could
    have us run their Python.
    """
    for each in (folder, *folder.parents):
        found = each / _FOLDER
        try:
            if (found / "pyvenv.cfg").is_file() and (each == folder or _is_own(found)):
                return found
        except OSError:
            continue
    return None


def _is_own(folder: Path) -> bool:
    if sys.platform == "win32":
        return True
    return folder.stat().st_uid == os.getuid()


def system_places(environ: Mapping[str, str], minor: int | None = None) -> Iterator[Place]:
    """Yield where interpreters are, those on ``PATH`` first, each file once.

    :param minor: that of the 3.x which is looked for, if it is one
    """
    seen: set[str] = set()
    for places in (
        _on_path(environ, minor),
        _of_pyenv(environ),
        _of_uv(environ),
        _of_launcher(environ),
        _of_frameworks(),
    ):
        for place in places:
            real = os.path.realpath(place.path)
            # One program may stand in for many interpreters, and look at the name it is called by.
            is_python = _EXECUTABLE.fullmatch(os.path.basename(real)) is not None  # noqa: PTH119
            key = real if is_python else str(place.path)
            if key not in seen:
                seen.add(key)
                yield place


def _on_path(environ: Mapping[str, str], minor: int | None) -> Iterator[Place]:
    for text in environ.get("PATH", os.defpath).split(os.pathsep):
        if not text:
            continue  # the current folder, to some; never run what lies about there
        found: list[tuple[int, bool, str, int | None]] = []
        try:
            with os.scandir(text) as entries:
                for entry in entries:
                    matched = _EXECUTABLE.fullmatch(entry.name)
                    if matched is not None and _is_program(entry):
                        is_other = not entry.name.lower().startswith("python")
                        named = None if matched["minor"] is None else int(matched["minor"])
                        found.append((_nearness(named, minor), is_other, entry.name, named))
        except OSError:
            continue
        folder = Path(os.path.abspath(text))  # noqa: PTH100 -- `absolute` keeps `..`
        yield from (Place(folder / name, minor=named) for _, _, name, named in sorted(found))


def _is_program(entry: "os.DirEntry[str]") -> bool:
    if os.name == "nt":
        # What is empty opens the shop of Windows.
        return entry.name.lower().endswith(".exe") and entry.stat().st_size > 0
    return entry.is_file() and os.access(entry.path, os.X_OK)


def _nearness(found: int | None, wanted: int | None) -> int:
    """Return a number to sort by: the version that is wanted, what has none, the newest."""
    if found is None:
        return -1
    return -2 if found == wanted else 1000 - found


def _of_pyenv(environ: Mapping[str, str]) -> Iterator[Place]:
    root = environ.get("PYENV_ROOT") or environ.get("PYENV")
    folder = Path(root) if root else Path.home() / ".pyenv"
    yield from _in_versions(folder / "versions")


def _of_uv(environ: Mapping[str, str]) -> Iterator[Place]:
    named = environ.get("UV_PYTHON_INSTALL_DIR")
    data = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    yield from _in_versions(Path(named) if named else data / "uv" / "python")


def _in_versions(folder: Path) -> Iterator[Place]:
    """Yield the interpreters in folders that are named after their version, the newest first."""
    found: list[tuple[Version, Place]] = []
    try:
        children = list(folder.iterdir())
    except OSError:
        return
    for child in children:
        version = _IN_NAME.search(child.name)
        path = child / "python.exe" if os.name == "nt" else child / "bin" / "python3"
        if version is None or child.is_symlink() or not path.is_file():
            continue
        try:
            found.append((Version(version[0]), Place(path, version[0])))
        except InvalidVersion:
            continue
    for _, place in sorted(found, key=lambda each: (each[0], each[1].path), reverse=True):
        # Three numbers are a version; two may be any of several.
        yield place if str(place.version).count(".") > 1 else Place(place.path)


def _of_launcher(environ: Mapping[str, str]) -> Iterator[Place]:
    if os.name != "nt":
        return
    launcher = Path(environ.get("SYSTEMROOT") or "C:/Windows", "py.exe")
    local = Path(environ.get("LOCALAPPDATA") or Path.home(), "Programs/Python/Launcher/py.exe")
    for program in (launcher, local):
        if not program.is_file():
            continue
        try:
            listed = run_child([str(program), "-0p"], limit=_LAUNCHER_LIMIT)
        except ChildFailed:
            continue
        yield from read_launcher(listed.decode("utf-8", "replace"))
        return


def read_launcher(listed: str) -> Iterator[Place]:
    r"""Yield what the launcher of Windows lists with ``py -0p``.

    >>> [str(each.path) for each in read_launcher(" -V:3.12 *        C:\\Python312\\python.exe\n")]
    ['C:\\Python312\\python.exe']
    """
    for line in listed.splitlines():
        found = _LAUNCHER_LINE.fullmatch(line)
        if found is not None and found["path"].lower().endswith(".exe"):
            yield Place(Path(found["path"]))


def _of_frameworks() -> Iterator[Place]:
    # Where the official installer puts them on macOS; elsewhere there is no such folder.
    yield from _in_versions(Path("/Library/Frameworks/Python.framework/Versions"))

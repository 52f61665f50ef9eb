"""What a virtual environment says of itself, known from another one of the same interpreter.

Two virtual environments round one interpreter differ in where they lie, and in nothing else that
we ask. To know that of a new one from an earlier one spares a start of Python.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["base_of", "moved"]

_CONFIGURATION = "pyvenv.cfg"
#: The lines that say which interpreter it is; the others say how it was made.
_TELLING = frozenset({"home", "version", "version_info", "implementation"})


def base_of(executable: Path) -> list[str] | None:
    """Return what tells the interpreter behind a virtual environment from all others.

    :return: None if it is no virtual environment, or not one whose interpreter is a link
    """
    if sys.platform == "win32":
        # There it is a launcher, which is the same for many interpreters.
        return None
    try:
        with (executable.parent.parent / _CONFIGURATION).open(encoding="utf-8") as file:
            lines = [line.partition("=") for line in file]
        real = os.path.realpath(executable, strict=True)
        status = os.stat(real)  # noqa: PTH116 -- the same
    except (OSError, ValueError):
        return None
    if real == os.path.abspath(executable):  # noqa: PTH100 -- links are not followed
        return None
    said = sorted(
        f"{key.strip().lower()}={value.strip()}"
        for key, _, value in lines
        if key.strip().lower() in _TELLING
    )
    return [real, str(status.st_mtime_ns), str(status.st_size), *said]


def moved(description: Mapping[str, object], prefix: Path) -> dict[str, object] | None:
    """Return the description of a virtual environment as that of one that lies elsewhere.

    :param prefix: where that lies
    :return: None if it is not one, or if not all of it lies in its own folder
    """
    old, paths = description.get("prefix"), description.get("paths")
    if description.get("is_virtual") is not True or not isinstance(old, str):
        return None
    if not isinstance(paths, dict):
        return None
    new: dict[str, str] = {}
    for key, path in paths.items():
        if not isinstance(path, str) or not (path == old or path.startswith(old + os.sep)):
            return None
        new[key] = f"{prefix}{path.removeprefix(old)}"
    return {**description, "prefix": str(prefix), "paths": new}

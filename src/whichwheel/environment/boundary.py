"""Where an environment ends: what may be changed in it, and what may not."""

import os
import re
import sys
from pathlib import Path

from whichwheel.spec.patterns import lazy_pattern
from whichwheel.target.interpreters.description import Interpreter

__all__ = ["Boundary"]

# The names under which an interpreter lies beside the scripts.
_PYTHON = lazy_pattern(r"(python|pypy)w?[\d.]*t?d?(\.exe)?", re.IGNORECASE)


class Boundary:
    """Tells whether a path lies in an environment, and is not part of what makes it one.

    Links in folders are followed, so that a link cannot lead a change out of the environment.
    The interpreter and ``pyvenv.cfg`` count as outside.
    """

    __slots__ = ("_folders", "_kept", "_roots", "_scripts")

    def __init__(self, interpreter: Interpreter) -> None:
        self._roots = frozenset(map(_resolved, set(interpreter.paths.values())))
        self._scripts = _resolved(interpreter.paths["scripts"])
        executable = interpreter.executable
        self._kept = frozenset(
            {
                os.path.join(_resolved(interpreter.prefix), "pyvenv.cfg"),  # noqa: PTH118
                os.path.join(_resolved(executable.parent), executable.name),  # noqa: PTH118
                _resolved(executable),
            }
        )
        # Files of one folder share the costly part of the answer.
        self._folders: dict[str, tuple[str, bool]] = {}

    def holds(self, path: str | Path) -> bool:
        """Whether ``path`` may be written or removed.

        :param path: absolute; need not exist; itself, if a link, is not followed
        """
        folder, name = os.path.split(path)
        resolved, inside = self._folder(folder)
        if not inside or name in {"", ".", ".."}:
            return False
        if resolved == self._scripts and _PYTHON.fullmatch(name):
            return False
        return os.path.join(resolved, os.path.normcase(name)) not in self._kept  # noqa: PTH118

    def _folder(self, folder: str) -> tuple[str, bool]:
        known = self._folders.get(folder)
        if known is None:
            resolved = self._real(folder)
            inside = any(
                resolved == root or resolved.startswith(root.rstrip(os.sep) + os.sep)
                for root in self._roots
            )
            known = self._folders[folder] = (resolved, inside)
        return known

    def _real(self, folder: str) -> str:
        """Follow the links to a folder, from the folder round it, which others lie in too."""
        parent, name = os.path.split(folder)
        if sys.platform == "win32" or name in {"", ".", ".."} or os.path.islink(folder):  # noqa: PTH114
            return _resolved(folder)
        return os.path.join(self._folder(parent)[0], name)  # noqa: PTH118


def _resolved(path: str | Path) -> str:
    return os.path.normcase(os.path.realpath(path))

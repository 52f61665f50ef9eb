"""Folders rebuilt from recorded names of files, in place of real systems."""

import sys
from pathlib import Path, PureWindowsPath

import pytest

__all__ = ["rebuild"]


def rebuild(root: Path, listing: str) -> Path:
    """Make empty files, and links, under a folder that stands for the root.

    :param listing: absolute paths, one a line; ``PATH -> TARGET`` for a symbolic link
    """
    if sys.platform == "win32":
        pytest.skip("needs symbolic links")
    for line in listing.splitlines():
        name, _, target = line.partition(" -> ")
        path = root.joinpath(*PureWindowsPath(name).parts[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        if not target:
            path.touch()
        elif target.startswith("/"):
            path.symlink_to(root / target[1:])
        else:
            path.symlink_to(target)
    return root

"""Small file systems of their own, for tests of what happens when they are full or read-only."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["Disk", "small_disk"]


@dataclass(frozen=True)
class Disk:
    """A mounted file system.

    :param folder: where it is
    """

    folder: Path

    @property
    def room(self) -> int:
        """How many bytes are free."""
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize

    def leave(self, room: int) -> None:
        """Fill it until so many bytes are free."""
        self.free()
        with (self.folder / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(self.room - room, 1))

    def free(self) -> None:
        """Take away what it was filled with."""
        (self.folder / "ballast").unlink(missing_ok=True)

    def read_only(self, value: bool = True) -> None:  # noqa: FBT001, FBT002 - what it is called
        """Refuse every change to it, or no longer."""
        _mount("-o", "remount,ro" if value else "remount,rw", str(self.folder))


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Disk]:
    """Mount an empty file system of ``size`` bytes; skip the test where that is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder.mkdir()
    if not _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)):
        pytest.skip("no file system can be mounted here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


def _mount(*arguments: str) -> bool:
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True)
    return done.returncode == 0

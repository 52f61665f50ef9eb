"""A change of files that happens whole, or not at all.

New files are made ready in a working folder inside the environment, on the same file system.
Then old files are moved into that folder and new ones out of it. Every move is written to a
journal before it is made, so that it can be undone: at once on a failure or an interrupt, and by
the next run (:mod:`whichwheel.environment.recovering`) if the process was killed.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from whichwheel.environment.boundary import Boundary
from whichwheel.environment.errors import ChangeFailed
from whichwheel.environment.moving import move
from whichwheel.environment.recovering import DONE, JOURNAL, clear, undo
from whichwheel.environment.site import WORK_PREFIX
from whichwheel.environment.uninterrupted import uninterrupted
from whichwheel.spec.errors import WhichwheelError

__all__ = ["Transaction"]


class Transaction:
    """One change; use as a context manager. Leaving it by an exception undoes everything.

    :param home: the folder in which the working folder is made
    :param boundary: what may be touched
    :raises ChangeFailed: on leaving, if the file system failed
    """

    def __init__(self, home: Path, boundary: Boundary) -> None:
        self._boundary = boundary
        self._home = home
        self._count = 0

    def __enter__(self) -> Self:
        try:
            self._work = Path(tempfile.mkdtemp(prefix=WORK_PREFIX, dir=self._home))
        except OSError as error:
            raise _failed(error, self._home) from None
        self.stage = self._work / "new"
        self._old = self._work / "old"
        try:
            self.stage.mkdir()
            self._old.mkdir()
            # Unbuffered: what is in the file when the process dies is what counts.
            self._journal = (self._work / JOURNAL).open("ab", buffering=0)
        except BaseException as error:
            shutil.rmtree(self._work, ignore_errors=True)
            if isinstance(error, OSError):
                raise _failed(error, self._home) from None
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        left: tuple[Path, ...] = ()
        # From here on all is a matter of moments, and an interrupt could only do harm.
        with uninterrupted():
            if error is None:
                try:
                    self._note(DONE)
                except OSError as failure:
                    error = failure
            self._journal.close()
            if error is not None:
                left = undo(self._work, self._boundary)
            if not left:
                clear(self._work)
        if isinstance(error, OSError) and not isinstance(error, WhichwheelError):
            raise _failed(error, self._work, left) from error
        if left:
            raise ChangeFailed(None, str(error) or "it was interrupted", left) from error

    def remove(self, files: Sequence[Path], folders: Sequence[Path] = ()) -> None:
        """Take files away, then those of ``folders`` that are empty.

        A folder in which nothing else lies goes as a whole: other programs never see half of it.

        :param folders: a folder after those inside it
        """
        going = {os.fspath(file) for file in files}
        whole: set[str] = set()
        for folder in folders:
            if _holds_only(folder, going, whole):
                whole.add(os.fspath(folder))
        gone: set[str] = set()
        for folder in reversed(folders):
            path = os.fspath(folder)
            if path not in whole:
                continue
            parent = os.path.dirname(path)  # noqa: PTH120 - as below
            if parent in gone or self._set_whole_aside(folder):
                gone.add(path)
        for file in files:
            if os.path.dirname(file) not in gone:  # noqa: PTH120 - there are a hundred thousand
                self._set_aside(file)
        for folder in folders:
            if os.fspath(folder) not in gone:
                self._remove_empty(folder)

    def _remove_empty(self, folder: Path) -> None:
        try:
            mode = folder.stat().st_mode & 0o7777
            if folder.is_symlink() or any(folder.iterdir()):
                return
        except OSError:
            return
        self._note(["emptied", self._named(folder), mode])
        # That of a file system of its own cannot go.
        with suppress(OSError):
            folder.rmdir()

    def keep(self, file: Path, folder: Path, name: str) -> Path:
        """Move a file to where it stays when the change is done.

        :param folder: to which it goes; made if need be
        :param name: below that folder; a number is added where something lies there
        :return: where it is now
        """
        self._check_ours(file)
        target = folder / name
        number = 1
        while os.path.lexists(target):
            number += 1
            target = folder / f"{name}.{number}"
        self._ensure(target.parent)
        self._move(file, target)
        return target

    def place(self, staged: Path, target: Path) -> None:
        """Move what lies in the folder ``staged`` into the folder ``target``.

        Files in the way are taken away, folders are merged.
        """
        self._ensure(target)
        with os.scandir(staged) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            source, goal = Path(entry.path), target / entry.name
            folder = entry.is_dir(follow_symlinks=False)
            if os.path.lexists(goal):
                if folder:
                    self._check_folder(goal)
                    self.place(source, goal)
                    continue
                if goal.is_dir() and not goal.is_symlink():
                    raise IsADirectoryError(
                        errno.EISDIR, "a folder stands where a file must go", os.fspath(goal)
                    )
                self._set_aside(goal)
            try:
                self._move(source, goal)
            except OSError as error:
                if not folder or error.errno != errno.EXDEV:
                    raise
                self.place(source, goal)

    def _check_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            raise NotADirectoryError(
                errno.ENOTDIR, "a file stands where a folder must go", os.fspath(folder)
            )
        if folder.is_symlink() and not self._boundary.holds(folder / "file"):
            raise PermissionError(
                errno.EPERM, "a link leads out of the environment", os.fspath(folder)
            )

    def _ensure(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._ensure(folder.parent)
        self._note(["made", self._named(folder)])
        folder.mkdir()

    def _set_aside(self, path: Path) -> None:
        self._check_ours(path)
        self._count += 1
        self._move(path, self._old / str(self._count))

    def _set_whole_aside(self, folder: Path) -> bool:
        self._check_ours(folder)
        self._count += 1
        target = self._old / str(self._count)
        self._note(["moved", self._named(folder), self._named(target)])
        try:
            folder.rename(target)
        except OSError:
            # Some file systems cannot, and Windows cannot while a file in it is open.
            return False
        return True

    def _check_ours(self, path: Path) -> None:
        if not self._boundary.holds(path):
            raise PermissionError(errno.EPERM, "it is not ours to change", os.fspath(path))

    def _move(self, source: Path, target: Path) -> None:
        self._note(["moved", self._named(source), self._named(target)])
        move(source, target)

    def _named(self, path: Path) -> str:
        """Return how the journal calls a path."""
        text, home = os.fspath(path), os.fspath(self._home)
        if text.startswith(home + os.sep):
            return text[len(home) + 1 :]
        with suppress(ValueError):  # on another drive
            return os.path.relpath(text, home)
        return text

    def _note(self, step: Sequence[str | int]) -> None:
        line = json.dumps(step).encode() + b"\n"
        written = self._journal.write(line)
        if written != len(line):
            # A disk that is full but for a few bytes.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(self._work))


def _holds_only(folder: Path, files: AbstractSet[str], folders: AbstractSet[str]) -> bool:
    """Whether all that lies in a folder is among some files and folders."""
    try:
        if folder.is_symlink():
            return False
        with os.scandir(folder) as listing:
            return all(
                entry.path in (folders if entry.is_dir(follow_symlinks=False) else files)
                for entry in listing
            )
    except OSError:
        return False


def _failed(error: OSError, work: Path, left: tuple[Path, ...] = ()) -> ChangeFailed:
    named = [
        Path(os.fsdecode(name))
        for name in (error.filename2, error.filename)
        if isinstance(name, str | bytes)
    ]
    # The file in the environment says more than the one in the working folder.
    paths = sorted(named, key=lambda path: work in path.parents)
    return ChangeFailed(paths[0] if paths else None, error.strerror or str(error), left)

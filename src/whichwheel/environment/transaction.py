"""A change of files that happens whole, or not at all.

New files are made ready in a working folder inside the environment, on the same file system.
Then old files are moved into that folder and new ones out of it. Every move is written to a
journal before it is made, so that it can be undone: at once on a failure or an interrupt, and by
the next run (:func:`recover`) if the process was killed.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from whichwheel.environment.boundary import Boundary
from whichwheel.environment.errors import ChangeFailed
from whichwheel.spec.errors import WhichwheelError

__all__ = ["Transaction", "recover"]

_PREFIX = ".whichwheel-change-"
_JOURNAL = "journal"
_DONE: Final = ["done"]


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
            self._work = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._home))
            self.stage = self._work / "new"
            self._old = self._work / "old"
            self.stage.mkdir()
            self._old.mkdir()
            # Unbuffered: what is in the file when the process dies is what counts.
            self._journal = (self._work / _JOURNAL).open("ab", buffering=0)
        except OSError as error:
            raise _failed(error, self._home) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self._note(_DONE)
            except OSError as failure:
                error = failure
        self._journal.close()
        left = _undo(self._work) if error is not None else ()
        if not left:
            # What cannot be deleted now, as a library in use on Windows, the next run deletes.
            shutil.rmtree(self._work, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, WhichwheelError):
            raise _failed(error, self._work, left) from error
        if left:
            raise ChangeFailed(None, str(error) or "it was interrupted", left) from error

    def remove(self, files: Iterable[Path], folders: Iterable[Path] = ()) -> None:
        """Take files away, then those of ``folders`` that are empty.

        :param folders: a folder after those inside it
        """
        for file in files:
            self._set_aside(file)
        for folder in folders:
            try:
                mode = folder.stat().st_mode & 0o7777
                if folder.is_symlink() or any(folder.iterdir()):
                    continue
            except OSError:
                continue
            self._note(["emptied", os.fspath(folder), mode])
            folder.rmdir()

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
        self._note(["made", os.fspath(folder)])
        folder.mkdir()

    def _set_aside(self, path: Path) -> None:
        if not self._boundary.holds(path):
            raise PermissionError(errno.EPERM, "it is not ours to change", os.fspath(path))
        self._count += 1
        self._move(path, self._old / str(self._count))

    def _move(self, source: Path, target: Path) -> None:
        self._note(["moved", os.fspath(source), os.fspath(target)])
        _move(source, target)

    def _note(self, step: Sequence[str | int]) -> None:
        self._journal.write(json.dumps(step).encode() + b"\n")


def recover(home: Path) -> None:
    """Undo what killed runs left half done, and clear away what finished ones left.

    Call it with the environment locked: then no other run's working folder is there.

    :param home: the folder in which their working folders are
    :raises ChangeFailed: if a change cannot be undone
    """
    for work in sorted(home.glob(f"{_PREFIX}*")):
        if work.is_symlink() or not work.is_dir():
            continue
        left = _undo(work)
        if left:
            raise ChangeFailed(work, "an earlier change was cut off", left)
        shutil.rmtree(work, ignore_errors=True)


def _undo(work: Path) -> tuple[Path, ...]:
    """Undo the steps of a journal, the last one first; do nothing if the change was done.

    A step that was noted but not taken is passed over, so this may be called again.

    :return: what could not be put back
    """
    steps = _read_journal(work / _JOURNAL)
    if steps and steps[-1] == _DONE:
        return ()
    left: list[Path] = []
    for step in reversed(steps):
        match step:
            case ["moved", str(source), str(target)]:
                if os.path.lexists(target):
                    try:
                        _move_back(Path(target), Path(source))
                    except OSError:
                        left.append(Path(source))
            case ["emptied", str(folder), int(mode)]:
                if not os.path.lexists(folder):
                    try:
                        Path(folder).mkdir()
                        Path(folder).chmod(mode)
                    except OSError:
                        left.append(Path(folder))
            case ["made", str(folder)]:
                # Somebody else may have put something there meanwhile.
                with suppress(OSError):
                    Path(folder).rmdir()
            case _:
                pass
    return tuple(left)


def _read_journal(path: Path) -> list[object]:
    steps: list[object] = []
    try:
        content = path.read_bytes()
    except OSError:
        return steps
    for line in content.split(b"\n"):
        # The last line may be cut off: its step was not taken.
        with suppress(ValueError):
            steps.append(json.loads(line))
    return steps


def _move(source: Path, target: Path) -> None:
    try:
        # Not `replace`: nothing is ever overwritten.
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV or (source.is_dir() and not source.is_symlink()):
            raise
        shutil.copy2(source, target, follow_symlinks=False)
        source.unlink()


def _move_back(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        # A copy to another file system was cut off before the original was deleted.
        if not source.is_dir() or source.is_symlink():
            source.unlink()
        return
    _move(source, target)


def _failed(error: OSError, work: Path, left: tuple[Path, ...] = ()) -> ChangeFailed:
    named = [
        Path(os.fsdecode(name))
        for name in (error.filename2, error.filename)
        if isinstance(name, str | bytes)
    ]
    # The file in the environment says more than the one in the working folder.
    paths = sorted(named, key=lambda path: work in path.parents)
    return ChangeFailed(paths[0] if paths else None, error.strerror or str(error), left)

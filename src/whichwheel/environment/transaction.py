"""A change of files that happens whole, or not at all.

New files are made ready in a working folder inside the environment, on the same file system.
Then old files are moved into that folder and new ones out of it. Every move is written to a
journal before it is made, so that it can be undone: at once on a failure or an interrupt, and by
the next run (:func:`recover`) if the process was killed.

The journal names files by their way from the folder that it lies in, so that it stays right when
the environment is moved or copied. A step that was undone is cut off its end: what it says is at
every instant what there is to undo, and that takes no room on a full disk.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from whichwheel.environment.boundary import Boundary
from whichwheel.environment.errors import ChangeFailed
from whichwheel.environment.site import WORK_PREFIX
from whichwheel.environment.uninterrupted import uninterrupted
from whichwheel.spec.errors import WhichwheelError

__all__ = ["Recovered", "Transaction", "recover"]

#: Follows the name of a file that is being copied to another file system.
_PART = ".whichwheel-part"
_JOURNAL = "journal"
_DONE: Final = ["done"]


class Recovered(Enum):
    """What became of changes that were cut off."""

    UNDONE = auto()
    FINISHED = auto()


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
            self._journal = (self._work / _JOURNAL).open("ab", buffering=0)
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
                    self._note(_DONE)
                except OSError as failure:
                    error = failure
            self._journal.close()
            if error is not None:
                left = _undo(self._work, self._boundary)
            if not left:
                _clear(self._work)
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
        _move(source, target)

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


def recover(home: Path, boundary: Boundary) -> Recovered | None:
    """Undo what killed runs left half done, and clear away what finished ones left.

    Call it with the environment locked: then no other run's working folder is there.

    :param home: the folder in which their working folders are
    :param boundary: what may be touched, whatever a journal says
    :return: what was done; None if there was nothing to do
    :raises ChangeFailed: if a change cannot be undone
    """
    recovered = None
    for work in sorted(home.glob(f"{WORK_PREFIX}*")):
        if work.is_symlink() or not work.is_dir():
            continue
        with uninterrupted():
            finished = _is_done(work)
            left = () if finished else _undo(work, boundary)
            if left:
                raise ChangeFailed(work, "an earlier change was cut off", left)
            if (work / _JOURNAL).exists() and recovered is not Recovered.UNDONE:
                recovered = Recovered.FINISHED if finished else Recovered.UNDONE
            _clear(work)
    return recovered


def _clear(work: Path) -> None:
    """Delete a working folder, the journal last: it says what the rest is."""
    # What cannot be deleted now, as a library in use on Windows, the next run deletes.
    for folder in (work / "new", work / "old", work):
        shutil.rmtree(folder, ignore_errors=True)


def _is_done(work: Path) -> bool:
    steps = _read_journal(work / _JOURNAL)
    return bool(steps) and steps[-1][1] == _DONE


def _undo(work: Path, boundary: Boundary) -> tuple[Path, ...]:
    """Undo the steps of a journal, the last one first.

    The last step may have been noted and not taken. After a kill in the midst of this it goes on
    where it stopped.

    :return: what could not be put back
    """
    left: list[Path] = []
    journal = work / _JOURNAL
    for offset, step in reversed(_read_journal(journal)):
        failed = _undo_step(step, work, boundary)
        if failed is not None:
            left.append(failed)
        else:
            with suppress(OSError):
                _forget(journal, offset, is_last=not left)
    return tuple(left)


def _undo_step(step: object, work: Path, boundary: Boundary) -> Path | None:
    """Undo one step; return what could not be put back."""
    match step:
        case ["moved", str(source), str(target)]:
            origin = _meant(source, work)
            return None if _put_back(_meant(target, work), origin, boundary) else origin
        case ["emptied", str(name), int(mode)]:
            folder = _meant(name, work)
            if not _is_ours(folder, boundary) or folder.is_symlink():
                return folder
            try:
                folder.mkdir(exist_ok=True)
                folder.chmod(mode)
            except OSError:
                return folder
        case ["made", str(name)]:
            folder = _meant(name, work)
            # Somebody else may have put something there meanwhile.
            with suppress(OSError):
                if _is_ours(folder, boundary):
                    folder.rmdir()
        case _:
            pass
    return None


def _forget(journal: Path, offset: int, *, is_last: bool) -> None:
    """Take an undone step out of the journal, in no more room than it has."""
    if is_last:
        os.truncate(journal, offset)
        return
    with journal.open("r+b") as file:
        file.seek(offset)
        length = len(file.readline())
        file.seek(offset)
        file.write(b" " * (length - 1) + b"\n")


def _read_journal(path: Path) -> list[tuple[int, object]]:
    """Return the steps, and where each begins in the file."""
    steps: list[tuple[int, object]] = []
    try:
        content = path.read_bytes()
    except OSError:
        return steps
    offset = 0
    for line in content.splitlines(keepends=True):
        # The last line may be cut off: its step was not taken.
        with suppress(ValueError):
            steps.append((offset, json.loads(line)))
        offset += len(line)
    return steps


def _meant(name: str, work: Path) -> Path:
    """Return the path that a journal calls so."""
    return Path(os.path.normpath(work.parent / name))


def _is_ours(path: Path, boundary: Boundary) -> bool:
    """Whether a journal may lead to a path: one that a wheel brought along was never written by us.

    What an earlier step has put back may be a link, so that links are followed anew each time.
    """
    try:
        return boundary.holds(path.parent.resolve() / path.name)
    except (OSError, RuntimeError, ValueError):
        return False


def _put_back(source: Path, target: Path, boundary: Boundary) -> bool:
    """Undo the move of ``target`` to ``source``, as far as it was made.

    :return: whether it is where it was
    """
    if not (_is_ours(source, boundary) and _is_ours(target, boundary)):
        return False
    try:
        for path in (source, target):
            with suppress(FileNotFoundError, NotADirectoryError):
                _part_of(path).unlink()
        if not os.path.lexists(source):
            return True  # the move was noted, and not made
        if os.path.lexists(target):
            if source.is_dir() and not source.is_symlink():
                return True  # somebody put another there since
            # It was copied to another file system, and the original not deleted yet.
            source.unlink()
        else:
            _move(source, target)
    except OSError:
        return False
    return True


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV or (source.is_dir() and not source.is_symlink()):
            raise
        part = _part_of(target)
        try:
            shutil.copy2(source, part, follow_symlinks=False)
            part.rename(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        source.unlink()


def _part_of(path: Path) -> Path:
    # The name does not grow with that of the file, which may be as long as the system allows.
    return path.with_name(_PART)


def _failed(error: OSError, work: Path, left: tuple[Path, ...] = ()) -> ChangeFailed:
    named = [
        Path(os.fsdecode(name))
        for name in (error.filename2, error.filename)
        if isinstance(name, str | bytes)
    ]
    # The file in the environment says more than the one in the working folder.
    paths = sorted(named, key=lambda path: work in path.parents)
    return ChangeFailed(paths[0] if paths else None, error.strerror or str(error), left)

"""Changes that were cut off: undone from their journal, or finished.

The journal names files by their way from the folder that it lies in, so that it stays right when
the environment is moved or copied. A step that was undone is cut off its end: what it says is at
every instant what there is to undo, and that takes no room on a full disk.
"""

import json
import os
import shutil
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from typing import Final

from whichwheel.environment.boundary import Boundary
from whichwheel.environment.errors import ChangeFailed
from whichwheel.environment.moving import move, part_of
from whichwheel.environment.site import WORK_PREFIX
from whichwheel.environment.uninterrupted import uninterrupted

__all__ = ["DONE", "JOURNAL", "Recovered", "clear", "recover", "undo"]

#: The journal's name in the working folder of a change.
JOURNAL = "journal"
#: The last step of a change that was made whole.
DONE: Final = ["done"]


class Recovered(Enum):
    """What became of changes that were cut off."""

    UNDONE = auto()
    FINISHED = auto()


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
            left = () if finished else undo(work, boundary)
            if left:
                raise ChangeFailed(work, "an earlier change was cut off", left)
            if (work / JOURNAL).exists() and recovered is not Recovered.UNDONE:
                recovered = Recovered.FINISHED if finished else Recovered.UNDONE
            clear(work)
    return recovered


def clear(work: Path) -> None:
    """Delete a working folder, the journal last: it says what the rest is."""
    # What cannot be deleted now, as a library in use on Windows, the next run deletes.
    for folder in (work / "new", work / "old", work):
        shutil.rmtree(folder, ignore_errors=True)


def _is_done(work: Path) -> bool:
    steps = _read_journal(work / JOURNAL)
    return bool(steps) and steps[-1][1] == DONE


def undo(work: Path, boundary: Boundary) -> tuple[Path, ...]:
    """Undo the steps of a journal, the last one first.

    The last step may have been noted and not taken. After a kill in the midst of this it goes on
    where it stopped.

    :return: what could not be put back
    """
    left: list[Path] = []
    journal = work / JOURNAL
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
                part_of(path).unlink()
        if not os.path.lexists(source):
            return True  # the move was noted, and not made
        if os.path.lexists(target):
            if source.is_dir() and not source.is_symlink():
                return True  # somebody put another there since
            # It was copied to another file system, and the original not deleted yet.
            source.unlink()
        else:
            move(source, target)
    except OSError:
        return False
    return True

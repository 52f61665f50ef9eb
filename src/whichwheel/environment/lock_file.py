"""A file that one run at a time holds."""

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["holding"]

#: Seconds for which nobody is told that another run is waited for.
_PATIENCE = 1.0
_PAUSE = 0.02

#: How often this thread holds a file, by its path and the thread: it never waits for itself.
_held: dict[tuple[str, int], int] = {}


@contextmanager
def holding(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold ``path`` until the block ends, or this process does; may be nested.

    The file is made, and stays: taking it away would let two others each believe that theirs is
    the one. On a file system without locks nothing is held.

    :param waiting: called once if another run holds it for longer than a moment
    :raises OSError: if the file cannot be made or opened
    """
    key = (os.path.realpath(path), threading.get_ident())
    if key in _held:
        _held[key] += 1
        try:
            yield
        finally:
            _held[key] -= 1
        return
    with _held_by_process(path, waiting):
        _held[key] = 1
        try:
            yield
        finally:
            del _held[key]


if sys.platform == "win32":

    @contextmanager
    def _held_by_process(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only this system needs it

        lock = FileLock(path)
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            waiting()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

else:
    # Not `filelock`: to import it takes longer than most installs.
    import fcntl

    _TAKEN = frozenset({errno.EAGAIN, errno.EACCES})
    _NO_LOCKS = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL})

    @contextmanager
    def _held_by_process(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
        # A link that somebody put there is not followed.
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            _lock(file, waiting)
            yield
        finally:
            os.close(file)

    def _lock(file: int, waiting: Callable[[], None]) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if _tried(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
                return
            time.sleep(_PAUSE)
        waiting()
        _tried(file, fcntl.LOCK_EX)

    def _tried(file: int, how: int) -> bool:
        """Whether the file is ours now, as far as the file system knows locks."""
        try:
            fcntl.flock(file, how)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            if error.errno not in _NO_LOCKS:
                raise
        return True

"""Make a file of the cache appear in an environment without copying it, where that can be.

Nothing here opens an existing file for writing, so a link is never written through.
"""

import errno
import os
import sys
from enum import StrEnum
from pathlib import Path

from whichwheel.environment.errors import LinkFailed

__all__ = ["LinkMode", "Linker"]

# <linux/fs.h>: _IOW(0x94, 9, int)
_FICLONE = 0x40049409

# The link count of one file is exhausted; other files may still be linked.
_ONE_FILE_ONLY = frozenset({errno.EMLINK})

# Nothing that another way of linking could mend.
_NOT_ABOUT_LINKING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EIO}
    if sys.platform != "win32"
    else {errno.ENOSPC, errno.EROFS, errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EIO}
)


class LinkMode(StrEnum):
    """How a file gets from the cache into an environment."""

    CLONE = "clone"
    HARDLINK = "hardlink"
    COPY = "copy"


class Linker:
    """Brings files from one file system to one other, in the best way that works.

    The first file finds out which way works; the rest take it at once.

    :param mode: the one way to use; None for clone, then hard link, then copy
    """

    def __init__(self, mode: LinkMode | None = None) -> None:
        self._asked = mode
        self._modes = [mode] if mode is not None else list(LinkMode)

    @property
    def mode(self) -> LinkMode:
        """The way the next file will be tried."""
        return self._modes[0]

    def link(self, source: str | Path, target: str | Path) -> None:
        """Make ``target`` a file with the content, mode and time of ``source``.

        :raises FileExistsError: if there is a ``target`` already
        :raises LinkFailed: if the user asked for a way that does not work here
        :raises OSError: if no way works
        """
        while True:
            mode = self._modes[0]
            try:
                _WAYS[mode](source, target)
            except OSError as error:
                if mode is LinkMode.COPY or error.errno in _NOT_ABOUT_LINKING:
                    raise
                if error.errno in _ONE_FILE_ONLY:
                    _copy(source, target)
                    return
                if self._asked is not None:
                    why = error.strerror or str(error)
                    raise LinkFailed(mode.value, Path(source), Path(target), why) from None
                del self._modes[0]
            else:
                return


def _copy(source: str | Path, target: str | Path) -> None:
    from shutil import copyfileobj  # noqa: PLC0415 - slow to import, and rarely needed

    # "x" rather than a look beforehand: a link that somebody put there is never followed.
    with Path(source).open("rb") as reader:
        with Path(target).open("xb") as writer:
            copyfileobj(reader, writer, 1024 * 1024)
        _copy_stat(reader.fileno(), target)


def _copy_stat(source: int, target: str | Path) -> None:
    state = os.fstat(source)
    Path(target).chmod(state.st_mode & 0o777)
    os.utime(target, ns=(state.st_atime_ns, state.st_mtime_ns))


def _hardlink(source: str | Path, target: str | Path) -> None:
    os.link(source, target)


if sys.platform == "linux":

    def _clone(source: str | Path, target: str | Path) -> None:
        import fcntl  # noqa: PLC0415 - not on every system

        reader = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                fcntl.ioctl(writer, _FICLONE, reader)
            except OSError:
                Path(target).unlink()
                raise
            finally:
                os.close(writer)
            _copy_stat(reader, target)
        finally:
            os.close(reader)

elif sys.platform == "darwin":

    def _clone(source: str | Path, target: str | Path) -> None:
        import ctypes  # noqa: PLC0415 - slow to import

        # clonefile(2) keeps mode and times and refuses an existing target.
        library = ctypes.CDLL(None, use_errno=True)
        if library.clonefile(os.fsencode(source), os.fsencode(target), 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(target))

else:

    def _clone(source: str | Path, target: str | Path) -> None:
        raise OSError(
            errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), str(source), None, str(target)
        )


_WAYS = {LinkMode.CLONE: _clone, LinkMode.HARDLINK: _hardlink, LinkMode.COPY: _copy}

"""Opening a file that others may have put there: a regular one at once, anything else never."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

__all__ = ["NotRegular", "open_regular_file"]

# Should a pipe or a terminal come in between, nobody waits for it.
_FLAGS = ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")


class NotRegular(OSError):
    """A folder, a pipe or a device where a file was expected."""


def open_regular_file(path: Path) -> BufferedReader:
    """Open a regular file for reading, all links followed.

    To open a pipe would wait for whoever writes into it, and to open a device may do something.

    :raises NotRegular: if it is no regular file
    :raises OSError: if it cannot be opened
    """
    flags = os.O_RDONLY
    for name in _FLAGS:
        flags |= int(getattr(os, name, 0))
    try:
        _check(path.stat(), path)
        descriptor = os.open(path, flags)
    except ValueError as error:
        # A null character, or half a surrogate pair.
        raise OSError(errno.EINVAL, f"no path: {error}") from None
    try:
        _check(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _check(status: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise NotRegular(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular(errno.EINVAL, "Not a regular file", str(path))

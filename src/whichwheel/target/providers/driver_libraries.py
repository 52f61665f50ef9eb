"""Libraries of drivers, loaded by name."""

import ctypes
import os
import sys
from collections.abc import Sequence

__all__ = ["DriverFailed", "load_library", "terminated"]


class DriverFailed(OSError):
    """A library of a driver answered with an error."""


def load_library(names: Sequence[str]) -> ctypes.CDLL | None:
    """Load the first of these libraries that there is; None if there is none.

    On Windows a bare name is looked for in the system's folder alone.
    """
    for name in names:
        try:
            if sys.platform == "win32":
                load_library_search_system32 = 0x800
                mode = 0 if os.path.isabs(name) else load_library_search_system32  # noqa: PTH117
                library: ctypes.CDLL = ctypes.WinDLL(name, winmode=mode)
            else:
                library = ctypes.CDLL(name)
        except OSError:
            continue
        return library
    return None


def terminated(text: bytes) -> str:
    """Return what a library wrote into a buffer, up to the terminating zero."""
    return " ".join(text.split(b"\0", 1)[0].decode("utf-8", "replace").split())

"""A dot product of two arrays of 32-bit floats, as fast as the CPU that it was built for."""

import ctypes
import sys
from pathlib import Path

Buffer = bytearray | memoryview

__all__ = ["dot", "features"]

_FLOATS = ctypes.POINTER(ctypes.c_float)
_library = ctypes.CDLL(
    str(Path(__file__).with_name("_dot.dll" if sys.platform == "win32" else "_dot.so"))
)
_library.dot.argtypes = [_FLOATS, _FLOATS, ctypes.c_size_t, ctypes.c_size_t]
_library.dot.restype = ctypes.c_float
_library.features.restype = ctypes.c_char_p


def dot(left: Buffer, right: Buffer, repeat: int = 1) -> float:
    """Return the dot product of two writable buffers of floats, computed `repeat` times."""
    a, b = memoryview(left), memoryview(right)
    if a.format != "f" or b.format != "f":
        raise TypeError("expected buffers of 32-bit floats")
    if len(a) != len(b):
        raise ValueError("expected two buffers of the same length")
    array = ctypes.c_float * len(a)
    return _library.dot(array.from_buffer(a), array.from_buffer(b), len(a), repeat)


def features() -> str:
    """Return the widest instruction set in use."""
    return _library.features().decode()

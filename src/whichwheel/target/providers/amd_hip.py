"""AMD's GPUs as the HIP runtime tells them: on Windows, where its driver brings the runtime.

It may hang in a broken driver: it runs in a child process. Never ran against a real driver: the
tests load a small library that speaks the same functions, on Linux.
"""

import ctypes
import re
import sys

from whichwheel.spec.values import dataclass
from whichwheel.target.providers.driver_libraries import DriverFailed, load_library, terminated

__all__ = ["HipGpu", "hip_gpus", "hip_library", "hip_version"]

_NAMES = ("amdhip64_7.dll", "amdhip64_6.dll", "amdhip64.dll")
_SUCCESS = 0
_NO_DEVICE = 100
# hipDeviceProp_t grows with every version; the name comes first, the target stands in it as text.
_PROPERTIES = ("hipGetDevicePropertiesR0600", "hipGetDeviceProperties")
_PROPERTIES_SIZE = 16384
_LONGEST_NAME = 256
_TARGET = re.compile(rb"gfx\d{1,3}[0-9a-f]{2}(?![0-9a-z])")
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HipGpu:
    """A GPU that HIP programs see.

    :param memory_mib: in MiB; None if it is not known
    """

    target: str
    name: str
    memory_mib: int | None


def hip_library() -> ctypes.CDLL | None:
    """Load the HIP runtime of the driver; None if there is none."""
    return load_library(_NAMES) if sys.platform == "win32" else None


def hip_version(library: ctypes.CDLL) -> str:
    """Return the version of the runtime as ``6.4``, which is that of its ROCm.

    :raises DriverFailed: if it does not tell
    """
    number = ctypes.c_int()
    _check(library, "hipRuntimeGetVersion", ctypes.byref(number))
    # HIP_VERSION: seven digits below the major, five below the minor version.
    return f"{number.value // 10_000_000}.{number.value // 100_000 % 100}"


def hip_gpus(library: ctypes.CDLL) -> tuple[HipGpu, ...]:
    """Return the GPUs that HIP programs see, after ``HIP_VISIBLE_DEVICES``.

    :raises DriverFailed: if the runtime answers with an error
    """
    count = ctypes.c_int()
    code = library.hipGetDeviceCount(ctypes.byref(count))
    if code == _NO_DEVICE:
        return ()
    if code != _SUCCESS:
        raise DriverFailed(f"hipGetDeviceCount answered with error {code}")
    return tuple(_gpu(library, index) for index in range(count.value))


def _gpu(library: ctypes.CDLL, index: int) -> HipGpu:
    function = next((name for name in _PROPERTIES if hasattr(library, name)), _PROPERTIES[-1])
    buffer = ctypes.create_string_buffer(_PROPERTIES_SIZE)
    _check(library, function, buffer, index)
    name = terminated(buffer.raw[:_LONGEST_NAME])
    target = _TARGET.search(buffer.raw, _LONGEST_NAME)
    if target is None:
        raise DriverFailed(f"{function} tells no target of GPU {index} ({name})")
    size = ctypes.c_size_t()
    known = library.hipDeviceTotalMem(ctypes.byref(size), index) == _SUCCESS
    memory = size.value // _MEBIBYTE if known else 0
    return HipGpu(target[0].decode("ascii"), name or f"GPU {index}", memory or None)


def _check(library: ctypes.CDLL, function: str, *arguments: object) -> None:
    code = getattr(library, function)(*arguments)
    if code != _SUCCESS:
        raise DriverFailed(f"{function} answered with error {code}")

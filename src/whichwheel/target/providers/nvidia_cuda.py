"""The CUDA driver API: its version, and the GPUs that CUDA programs see, numbered as they do.

It honours ``CUDA_VISIBLE_DEVICES`` and ``CUDA_DEVICE_ORDER`` by itself.
"""

import ctypes
from uuid import UUID

from whichwheel.target.providers.nvidia_architectures import Capability
from whichwheel.target.providers.nvidia_bounds import CudaVersion
from whichwheel.target.providers.nvidia_libraries import SUCCESS, DriverFailed, decoded
from whichwheel.target.providers.nvidia_visible import Gpu

__all__ = ["driver_version", "seen_gpus"]

# Codes of cuda.h.
_NO_DEVICE = 100
_STUB_LIBRARY = 34
_CAPABILITY_MAJOR = 75
_CAPABILITY_MINOR = 76
_MOST_GPUS = 1024
_NAME_SIZE = 96
_MIB = 1024 * 1024
_MIG_WORD = " MIG "


class _Uuid(ctypes.Structure):
    _fields_ = (("bytes", ctypes.c_ubyte * 16),)


def driver_version(cuda: ctypes.CDLL) -> CudaVersion | None:
    """Return the newest CUDA version that the driver serves; None from a toolkit's stub.

    It needs no initialisation and wakes no GPU.

    :raises DriverFailed: if the driver does not tell
    """
    version = ctypes.c_int(0)
    code = cuda.cuDriverGetVersion(ctypes.byref(version))
    if code == _STUB_LIBRARY:
        return None
    if code != SUCCESS or version.value <= 0:
        raise DriverFailed(f"`cuDriverGetVersion` of the CUDA driver failed with code {code}")
    major, rest = divmod(version.value, 1000)
    return CudaVersion(major, rest // 10)


def seen_gpus(cuda: ctypes.CDLL) -> tuple[Gpu, ...]:
    """Return the GPUs that CUDA programs see, in CUDA's order.

    :raises DriverFailed: if the driver does not work
    """
    code = cuda.cuInit(ctypes.c_uint(0))
    if code == _NO_DEVICE:
        return ()
    _check("cuInit", code)
    count = ctypes.c_int(0)
    _check("cuDeviceGetCount", cuda.cuDeviceGetCount(ctypes.byref(count)))
    found = []
    for index in range(min(count.value, _MOST_GPUS)):
        device = ctypes.c_int(0)
        _check("cuDeviceGet", cuda.cuDeviceGet(ctypes.byref(device), ctypes.c_int(index)))
        found.append(_gpu(cuda, device))
    return tuple(found)


def _gpu(cuda: ctypes.CDLL, device: ctypes.c_int) -> Gpu:
    numbers = []
    for attribute in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR):
        value = ctypes.c_int(0)
        code = cuda.cuDeviceGetAttribute(ctypes.byref(value), ctypes.c_int(attribute), device)
        _check("cuDeviceGetAttribute", code)
        numbers.append(value.value)
    text = ctypes.create_string_buffer(_NAME_SIZE)
    known = cuda.cuDeviceGetName(text, ctypes.c_int(_NAME_SIZE), device) == SUCCESS
    name, _, profile = (decoded(text) if known else "").partition(_MIG_WORD)
    return Gpu(
        name=name,
        capability=Capability(numbers[0], numbers[1]),
        uuid=_uuid(cuda, device, "MIG" if profile else "GPU"),
        memory_mib=_memory(cuda, device),
        mig=profile or "off",
    )


def _uuid(cuda: ctypes.CDLL, device: ctypes.c_int, prefix: str) -> str:
    # The second form tells MIG devices of one GPU apart; drivers before CUDA 11.4 lack it.
    call = getattr(cuda, "cuDeviceGetUuid_v2", None) or getattr(cuda, "cuDeviceGetUuid", None)
    uuid = _Uuid()
    if call is None or call(ctypes.byref(uuid), device) != SUCCESS:
        return ""
    return f"{prefix}-{UUID(bytes=bytes(uuid.bytes))}"


def _memory(cuda: ctypes.CDLL, device: ctypes.c_int) -> int | None:
    call = getattr(cuda, "cuDeviceTotalMem_v2", None)
    size = ctypes.c_size_t(0)
    if call is None or call(ctypes.byref(size), device) != SUCCESS:
        return None
    return size.value // _MIB


def _check(function: str, code: int) -> None:
    if code != SUCCESS:
        raise DriverFailed(f"`{function}` of the CUDA driver failed with code {code}")

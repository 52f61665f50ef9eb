"""The GPUs of a machine as NVML lists them: all, in the order of the PCI bus, with MIG devices.

NVML wakes no GPU and makes no context on one, unlike the CUDA driver API. It knows nothing of
``CUDA_VISIBLE_DEVICES``. Functions that older drivers lack are left out.
"""

import ctypes

from whichwheel.spec.values import dataclass
from whichwheel.target.providers.nvidia_architectures import Capability
from whichwheel.target.providers.nvidia_libraries import SUCCESS, decoded
from whichwheel.target.providers.nvidia_visible import Gpu

__all__ = ["Listing", "list_gpus"]

# Codes of nvml.h.
_DRIVER_NOT_LOADED = 9
_MIG_ENABLED = 1
_MOST_GPUS = 1024
_MOST_PARTS = 64
_TEXT_SIZE = 96
_MIB = 1024 * 1024
# Of a MIG device NVML gives the name of its GPU, this word and the profile.
_MIG_WORD = " MIG "


@dataclass(frozen=True, slots=True)
class Listing:
    """What NVML tells.

    :param gpus: all GPUs in the order of the PCI bus
    :param driver_version: as ``570.86.10``
    :param source: the function that decided
    """

    gpus: tuple[Gpu, ...]
    driver_version: str | None = None
    source: str = "NVML"


class _Memory(ctypes.Structure):
    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def list_gpus(nvml: ctypes.CDLL) -> Listing | None:
    """List the GPUs; None if NVML cannot, which leaves the CUDA driver API."""
    try:
        code = nvml.nvmlInit_v2()
        if code == _DRIVER_NOT_LOADED:
            return Listing((), source="nvmlInit_v2")
        if code != SUCCESS:
            return None
        try:
            gpus = _gpus(nvml)
            version = _text(nvml, "nvmlSystemGetDriverVersion")
        finally:
            nvml.nvmlShutdown()
    except AttributeError:
        return None  # an older NVML without the function
    return None if gpus is None else Listing(gpus, version or None)


def _gpus(nvml: ctypes.CDLL) -> tuple[Gpu, ...] | None:
    count = ctypes.c_uint(0)
    if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != SUCCESS:
        return None
    found = []
    for index in range(min(count.value, _MOST_GPUS)):
        handle = ctypes.c_void_p()
        code = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle))
        gpu = _gpu(nvml, handle) if code == SUCCESS else None
        if gpu is None:
            return None
        found.append(gpu)
    return tuple(found)


def _gpu(nvml: ctypes.CDLL, handle: ctypes.c_void_p) -> Gpu | None:
    major, minor = ctypes.c_int(0), ctypes.c_int(0)
    code = nvml.nvmlDeviceGetCudaComputeCapability(handle, ctypes.byref(major), ctypes.byref(minor))
    if code != SUCCESS:
        return None
    capability = Capability(major.value, minor.value)
    in_mig_mode = _number(nvml, "nvmlDeviceGetMigMode", handle, ctypes.c_uint(0)) == _MIG_ENABLED
    return Gpu(
        name=_text(nvml, "nvmlDeviceGetName", handle),
        capability=capability,
        uuid=_text(nvml, "nvmlDeviceGetUUID", handle),
        memory_mib=_memory(nvml, handle),
        mig="on" if in_mig_mode else "off",
        parts=_parts(nvml, handle, capability) if in_mig_mode else (),
    )


def _parts(nvml: ctypes.CDLL, handle: ctypes.c_void_p, capability: Capability) -> tuple[Gpu, ...]:
    """Return the MIG devices of a GPU."""
    parts = []
    count = _number(nvml, "nvmlDeviceGetMaxMigDeviceCount", handle) or 0
    for index in range(min(count, _MOST_PARTS)):
        part = ctypes.c_void_p()
        code = nvml.nvmlDeviceGetMigDeviceHandleByIndex(
            handle, ctypes.c_uint(index), ctypes.byref(part)
        )
        if code != SUCCESS:
            continue  # as many as could be made are counted, but not all are
        name, _, profile = _text(nvml, "nvmlDeviceGetName", part).partition(_MIG_WORD)
        gpu_instance = _number(nvml, "nvmlDeviceGetGpuInstanceId", part)
        compute_instance = _number(nvml, "nvmlDeviceGetComputeInstanceId", part)
        known = gpu_instance is not None and compute_instance is not None
        parts.append(
            Gpu(
                name=name,
                capability=capability,
                uuid=_text(nvml, "nvmlDeviceGetUUID", part),
                memory_mib=_memory(nvml, part),
                mig=profile or "on",
                instance=(gpu_instance or 0, compute_instance or 0) if known else None,
            )
        )
    return tuple(parts)


def _text(nvml: ctypes.CDLL, function: str, *handle: ctypes.c_void_p) -> str:
    """Call a function that writes a text; empty if it is missing or fails."""
    text = ctypes.create_string_buffer(_TEXT_SIZE)
    call = getattr(nvml, function, None)
    known = call is not None and call(*handle, text, ctypes.c_uint(_TEXT_SIZE)) == SUCCESS
    return decoded(text) if known else ""


def _number(
    nvml: ctypes.CDLL, function: str, handle: ctypes.c_void_p, *more: ctypes.c_uint
) -> int | None:
    """Call a function that writes a number, and more; None if it is missing or fails."""
    number = ctypes.c_uint(0)
    call = getattr(nvml, function, None)
    if call is None:
        return None
    code = call(handle, ctypes.byref(number), *(ctypes.byref(each) for each in more))
    return number.value if code == SUCCESS else None


def _memory(nvml: ctypes.CDLL, handle: ctypes.c_void_p) -> int | None:
    memory = _Memory()
    call = getattr(nvml, "nvmlDeviceGetMemoryInfo", None)
    known = call is not None and call(handle, ctypes.byref(memory)) == SUCCESS
    return memory.total // _MIB if known and memory.total else None

"""What NVIDIA's driver says of itself and of the GPUs, asked through its own libraries.

``libcuda`` (``cuDriverGetVersion``, which needs no initialisation) tells the CUDA version.
NVML lists the GPUs; where it is absent, or where ``CUDA_VISIBLE_DEVICES`` chooses among them,
the CUDA driver API does, because it alone numbers them as CUDA programs do. ``nvidia-smi`` is
never run. All of it may hang in a broken driver: run :func:`detect` in a child process.

Never ran against a real driver or GPU: the tests load small libraries that speak the same
functions. The Windows and WSL paths never ran at all.
"""

import ctypes
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin

__all__ = ["DriverFailed", "detect"]

# Codes of cuda.h and nvml.h.
_SUCCESS = 0
_CUDA_NO_DEVICE = 100
_CUDA_STUB_LIBRARY = 34
_CUDA_COMPUTE_CAPABILITY_MAJOR = 75
_CUDA_COMPUTE_CAPABILITY_MINOR = 76
_NVML_DRIVER_NOT_LOADED = 9
_MOST_GPUS = 1024
_NAME_SIZE = 96

_VISIBLE = "CUDA_VISIBLE_DEVICES"


class DriverFailed(OSError):
    """A library of the driver answered with an error."""


@dataclass(frozen=True, slots=True)
class _Gpu:
    name: str
    capability: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Gpus:
    """The visible GPUs.

    :param driver_version: as ``570.86.10``, where NVML told it
    """

    found: tuple[_Gpu, ...]
    source: str
    driver_version: str | None = None


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Ask the driver. No driver at all is an answer, a driver that fails is not.

    :param environ: the environment variables; ``CUDA_VISIBLE_DEVICES`` hides GPUs
    :raises DriverFailed: if a driver is there but does not work
    """
    cuda = _load(_cuda_names())
    if cuda is None:
        return _absent("no CUDA driver library")
    try:
        return _ask(cuda, environ.get(_VISIBLE))
    except AttributeError as error:
        raise DriverFailed(f"the CUDA driver library is not whole: {error}") from None


def _ask(cuda: ctypes.CDLL, visible: str | None) -> Facts:
    version = ctypes.c_int(0)
    code = cuda.cuDriverGetVersion(ctypes.byref(version))
    if code == _CUDA_STUB_LIBRARY:
        return _absent("only the stub of the CUDA driver library")
    if code != _SUCCESS or version.value <= 0:
        raise DriverFailed(f"`cuDriverGetVersion` of the CUDA driver failed with code {code}")
    gpus = _gpus(cuda, visible)
    major, rest = divmod(version.value, 1000)
    facts = [
        _fact("present", value=True, source="cuDriverGetVersion"),
        _fact("driver_cuda_version", f"{major}.{rest // 10}", "cuDriverGetVersion"),
    ]
    if gpus.driver_version is not None:
        facts.append(_fact("driver_version", gpus.driver_version, gpus.source))
    capabilities = tuple("{}.{}".format(*gpu.capability) for gpu in gpus.found)
    facts.append(_fact("compute_capabilities", capabilities, gpus.source))
    facts.append(_fact("gpus", tuple(gpu.name for gpu in gpus.found), gpus.source))
    return Facts(facts)


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"nvidia.{name}", value, Origin.DETECTED, source)


def _absent(source: str) -> Facts:
    return Facts([_fact("present", value=False, source=source)])


def _cuda_names() -> tuple[str, ...]:
    if sys.platform == "win32":
        names: tuple[str, ...] = ("nvcuda.dll",)
    else:
        # The second is where WSL mounts it; not every distribution's loader looks there.
        names = ("libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1")
    return names


def _nvml_names() -> tuple[str, ...]:
    if sys.platform == "win32":
        folder = Path(os.environ.get("ProgramW6432", r"C:\Program Files"))  # noqa: SIM112 -- its name
        old = folder / "NVIDIA Corporation" / "NVSMI" / "nvml.dll"
        names: tuple[str, ...] = ("nvml.dll", str(old))
    else:
        names = ("libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1")
    return names


def _load(names: tuple[str, ...]) -> ctypes.CDLL | None:
    for name in names:
        try:
            if sys.platform == "win32":
                # From the system's folder or by full path only, never from the current one.
                load_library_search_system32 = 0x800
                mode = 0 if os.path.isabs(name) else load_library_search_system32  # noqa: PTH117
                library: ctypes.CDLL = ctypes.WinDLL(name, winmode=mode)
            else:
                library = ctypes.CDLL(name)
        except OSError:
            continue
        return library
    return None


def _gpus(cuda: ctypes.CDLL, visible: str | None) -> _Gpus:
    if visible is not None:
        # CUDA stops at the first entry that names no GPU.
        first = visible.split(",")[0].strip()
        if not first or first.startswith("-"):
            return _Gpus((), _VISIBLE)
        return _by_cuda(cuda)
    nvml = _load(_nvml_names())
    try:
        listed = _by_nvml(nvml) if nvml is not None else None
    except AttributeError:
        listed = None  # an older NVML without the function
    return _by_cuda(cuda) if listed is None else listed


def _by_nvml(nvml: ctypes.CDLL) -> _Gpus | None:
    """List the GPUs by NVML; None if it cannot, which leaves the CUDA driver API."""
    code = nvml.nvmlInit_v2()
    if code == _NVML_DRIVER_NOT_LOADED:
        return _Gpus((), "nvmlInit_v2")
    if code != _SUCCESS:
        return None
    try:
        count = ctypes.c_uint(0)
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != _SUCCESS:
            return None
        found = []
        for index in range(min(count.value, _MOST_GPUS)):
            gpu = _nvml_gpu(nvml, index)
            if gpu is None:
                return None
            found.append(gpu)
        text = ctypes.create_string_buffer(_NAME_SIZE)
        known = nvml.nvmlSystemGetDriverVersion(text, _NAME_SIZE) == _SUCCESS
        return _Gpus(tuple(found), "NVML", _decoded(text) if known else None)
    finally:
        nvml.nvmlShutdown()


def _nvml_gpu(nvml: ctypes.CDLL, index: int) -> _Gpu | None:
    handle = ctypes.c_void_p()
    if nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) != _SUCCESS:
        return None
    major, minor = ctypes.c_int(0), ctypes.c_int(0)
    code = nvml.nvmlDeviceGetCudaComputeCapability(handle, ctypes.byref(major), ctypes.byref(minor))
    if code != _SUCCESS:
        return None
    name = ctypes.create_string_buffer(_NAME_SIZE)
    known = nvml.nvmlDeviceGetName(handle, name, ctypes.c_uint(_NAME_SIZE)) == _SUCCESS
    return _Gpu(_decoded(name) if known else "", (major.value, minor.value))


def _by_cuda(cuda: ctypes.CDLL) -> _Gpus:
    code = cuda.cuInit(ctypes.c_uint(0))
    if code == _CUDA_NO_DEVICE:
        return _Gpus((), "cuInit")
    if code != _SUCCESS:
        raise DriverFailed(f"`cuInit` of the CUDA driver failed with code {code}")
    count = ctypes.c_int(0)
    _check("cuDeviceGetCount", cuda.cuDeviceGetCount(ctypes.byref(count)))
    found = []
    for index in range(min(count.value, _MOST_GPUS)):
        device = ctypes.c_int(0)
        _check("cuDeviceGet", cuda.cuDeviceGet(ctypes.byref(device), ctypes.c_int(index)))
        numbers = []
        for attribute in (_CUDA_COMPUTE_CAPABILITY_MAJOR, _CUDA_COMPUTE_CAPABILITY_MINOR):
            value = ctypes.c_int(0)
            code = cuda.cuDeviceGetAttribute(ctypes.byref(value), ctypes.c_int(attribute), device)
            _check("cuDeviceGetAttribute", code)
            numbers.append(value.value)
        name = ctypes.create_string_buffer(_NAME_SIZE)
        known = cuda.cuDeviceGetName(name, ctypes.c_int(_NAME_SIZE), device) == _SUCCESS
        found.append(_Gpu(_decoded(name) if known else "", (numbers[0], numbers[1])))
    return _Gpus(tuple(found), "the CUDA driver API")


def _check(function: str, code: int) -> None:
    if code != _SUCCESS:
        raise DriverFailed(f"`{function}` of the CUDA driver failed with code {code}")


def _decoded(text: "ctypes.Array[ctypes.c_char]") -> str:
    return text.value.decode("utf-8", "replace").strip()

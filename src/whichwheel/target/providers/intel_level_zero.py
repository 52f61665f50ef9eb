"""Intel's GPUs as Level Zero shows them: the library that programs reach them through.

It honours ``ZE_AFFINITY_MASK`` itself. All of it may hang in a broken driver: run it in a child
process. Never ran against a real driver: the tests load a small library that speaks the same
functions. Sources: Level Zero specification, Core API and Device IP Version Extension.
"""

import ctypes
import sys

from whichwheel.spec.values import dataclass
from whichwheel.target.providers.driver_libraries import DriverFailed, load_library, terminated
from whichwheel.target.providers.intel_architectures import DeviceIp

__all__ = ["Listing", "ZeroGpu", "level_zero_library", "list_gpus"]

_INTEL = 0x8086
_GPU = 1
_GPU_DRIVERS = 1
_INTEGRATED = 1
_MEBIBYTE = 1024 * 1024

_SUCCESS = 0
_UNINITIALIZED = 0x78000001
_UNSUPPORTED_VERSION = 0x78000002
_UNSUPPORTED_FEATURE = 0x78000003
_DEPENDENCY_UNAVAILABLE = 0x70020000
# What the loader answers where no driver works for this process.
_NO_DRIVER = {_UNINITIALIZED, _DEPENDENCY_UNAVAILABLE}

# Kinds of structures: ze_structure_type_t.
_DRIVER_PROPERTIES = 0x1
_DEVICE_PROPERTIES = 0x3
_MEMORY_PROPERTIES = 0x7
_DEVICE_IP_VERSION = 0x1000F
_INIT_DRIVERS = 0x00020021


@dataclass(frozen=True, slots=True)
class ZeroGpu:
    """A GPU, or a tile of one, that programs see.

    :param device_ip: as ``12.55.8``
    :param device_id: the PCI device
    :param memory_mib: in MiB; None if it is not known
    """

    device_ip: str
    name: str
    device_id: int
    is_integrated: bool
    memory_mib: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What Level Zero shows.

    :param driver_version: as ``1.14.37020``; None if there is no driver
    """

    driver_version: str | None
    gpus: tuple[ZeroGpu, ...] = ()


class _InitDrivers(ctypes.Structure):
    _fields_ = (("stype", ctypes.c_uint32), ("next", ctypes.c_void_p), ("flags", ctypes.c_uint32))


class _DriverProperties(ctypes.Structure):
    _fields_ = (
        ("stype", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("uuid", ctypes.c_uint8 * 16),
        ("version", ctypes.c_uint32),
    )


class _IpVersion(ctypes.Structure):
    _fields_ = (("stype", ctypes.c_uint32), ("next", ctypes.c_void_p), ("value", ctypes.c_uint32))


class _DeviceProperties(ctypes.Structure):
    _fields_ = (
        ("stype", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        *((name, ctypes.c_uint32) for name in ("type", "vendor", "device", "flags", "subdevice")),
        ("clock", ctypes.c_uint32),
        ("largest_allocation", ctypes.c_uint64),
        ("counts", ctypes.c_uint32 * 7),
        ("timer", ctypes.c_uint64),
        ("bits", ctypes.c_uint32 * 2),
        ("uuid", ctypes.c_uint8 * 16),
        ("name", ctypes.c_char * 256),
    )


class _MemoryProperties(ctypes.Structure):
    _fields_ = (
        ("stype", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("numbers", ctypes.c_uint32 * 3),
        ("size", ctypes.c_uint64),
        ("name", ctypes.c_char * 256),
    )


def level_zero_library() -> ctypes.CDLL | None:
    """Load the loader of Level Zero; None if there is none."""
    return load_library(
        ("ze_loader.dll",) if sys.platform == "win32" else ("libze_loader.so.1",),
    )


def list_gpus(library: ctypes.CDLL) -> Listing:
    """Return the GPUs of Intel that programs see, in the order of Level Zero.

    :raises DriverFailed: if a driver is there but does not work, or does not tell
    """
    version, gpus = None, []
    try:
        for driver in _drivers(library):
            found = [
                gpu
                for device in _handles(library, "zeDeviceGet", driver)
                if (gpu := _gpu(library, device)) is not None
            ]
            if found or version is None:
                version = _version(library, driver)
            gpus += found
    except AttributeError as error:
        raise DriverFailed(f"the Level Zero library is not whole: {error}") from None
    return Listing(version, tuple(gpus))


def _drivers(library: ctypes.CDLL) -> list[ctypes.c_void_p]:
    """Return the drivers for GPUs; older loaders know only the older way."""
    if hasattr(library, "zeInitDrivers"):
        wanted = _InitDrivers(_INIT_DRIVERS, None, _GPU_DRIVERS)
        count = ctypes.c_uint32()
        code = _unsigned(library.zeInitDrivers(ctypes.byref(count), None, ctypes.byref(wanted)))
        if code in _NO_DRIVER:
            return []
        if code not in {_UNSUPPORTED_VERSION, _UNSUPPORTED_FEATURE}:
            _require(code, "zeInitDrivers")
            handles = (ctypes.c_void_p * count.value)()
            code = library.zeInitDrivers(ctypes.byref(count), handles, ctypes.byref(wanted))
            _require(_unsigned(code), "zeInitDrivers")
            return [ctypes.c_void_p(handle) for handle in handles[: count.value]]
    code = _unsigned(library.zeInit(_GPU_DRIVERS))
    if code in _NO_DRIVER:
        return []
    _require(code, "zeInit")
    return _handles(library, "zeDriverGet")


def _handles(
    library: ctypes.CDLL, function: str, *arguments: ctypes.c_void_p
) -> list[ctypes.c_void_p]:
    """Call a function that counts at first, and then fills an array."""
    count = ctypes.c_uint32()
    call = getattr(library, function)
    _require(_unsigned(call(*arguments, ctypes.byref(count), None)), function)
    handles = (ctypes.c_void_p * count.value)()
    _require(_unsigned(call(*arguments, ctypes.byref(count), handles)), function)
    return [ctypes.c_void_p(handle) for handle in handles[: count.value]]


def _version(library: ctypes.CDLL, driver: ctypes.c_void_p) -> str:
    """Return the version as Intel writes it: eight bits, eight bits, sixteen bits."""
    properties = _DriverProperties(_DRIVER_PROPERTIES)
    code = library.zeDriverGetProperties(driver, ctypes.byref(properties))
    _require(_unsigned(code), "zeDriverGetProperties")
    number = int(properties.version)
    return f"{number >> 24}.{number >> 16 & 0xFF}.{number & 0xFFFF}"


def _gpu(library: ctypes.CDLL, device: ctypes.c_void_p) -> ZeroGpu | None:
    """Return a GPU of Intel; None for any other device."""
    ip = _IpVersion(_DEVICE_IP_VERSION)
    properties = _DeviceProperties(_DEVICE_PROPERTIES)
    properties.next = ctypes.addressof(ip)
    code = library.zeDeviceGetProperties(device, ctypes.byref(properties))
    _require(_unsigned(code), "zeDeviceGetProperties")
    if properties.type != _GPU or properties.vendor != _INTEL:
        return None
    name = terminated(properties.name) or f"Intel GPU 0x{properties.device:04x}"
    if not ip.value:
        raise DriverFailed(f"the driver is too old to tell the IP version of {name}")
    return ZeroGpu(
        device_ip=str(DeviceIp.unpack(ip.value)),
        name=name[:200],
        device_id=properties.device,
        is_integrated=bool(properties.flags & _INTEGRATED),
        memory_mib=_memory_mib(library, device),
    )


def _memory_mib(library: ctypes.CDLL, device: ctypes.c_void_p) -> int | None:
    count = ctypes.c_uint32()
    call = library.zeDeviceGetMemoryProperties
    if call(device, ctypes.byref(count), None) != _SUCCESS or not count.value:
        return None
    memories = (_MemoryProperties * count.value)()
    for memory in memories:
        memory.stype = _MEMORY_PROPERTIES
    if call(device, ctypes.byref(count), memories) != _SUCCESS:
        return None
    return sum(int(memory.size) for memory in memories) // _MEBIBYTE or None


def _unsigned(code: int) -> int:
    return code & 0xFFFFFFFF


def _require(code: int, function: str) -> None:
    if code != _SUCCESS:
        raise DriverFailed(f"{function} answered with error 0x{code:08x}")

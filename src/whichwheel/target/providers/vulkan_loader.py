"""What the Vulkan loader says of the devices.

The loader loads every driver that is installed, and any of them may hang or crash: run
:func:`detect` in a child process. ``vulkaninfo`` is never run. Structures and codes are those of
``vulkan_core.h``.
"""

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.driver_libraries import DriverFailed, load_library, terminated

__all__ = ["ApiNumber", "Device", "detect", "driver_version", "facts_of"]

_SUCCESS = 0
_INCOMPLETE = 5
_INITIALIZATION_FAILED = -3
_INCOMPATIBLE_DRIVER = -9

_APPLICATION_INFO = 0
_INSTANCE_CREATE_INFO = 1
_PROPERTIES_2 = 1000059001
_DRIVER_PROPERTIES = 1000196000
_ENUMERATE_PORTABILITY = 0x1
_PORTABILITY = b"VK_KHR_portability_enumeration"

_TYPES = ("other", "integrated", "discrete", "virtual", "cpu")
_NVIDIA = 0x10DE
_INTEL = 0x8086
_MOST_DEVICES = 256
_MOST_EXTENSIONS = 1024
_TEXT_SIZE = 256
_LONGEST = 200


class _ApplicationInfo(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("application", ctypes.c_char_p),
        ("application_version", ctypes.c_uint32),
        ("engine", ctypes.c_char_p),
        ("engine_version", ctypes.c_uint32),
        ("api_version", ctypes.c_uint32),
    )


class _InstanceInfo(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.POINTER(_ApplicationInfo)),
        ("layer_count", ctypes.c_uint32),
        ("layers", ctypes.c_void_p),
        ("extension_count", ctypes.c_uint32),
        ("extensions", ctypes.POINTER(ctypes.c_char_p)),
    )


class _Extension(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char * _TEXT_SIZE), ("version", ctypes.c_uint32))


class _Properties(ctypes.Structure):
    """The beginning of ``VkPhysicalDeviceProperties``, with more room than the rest of it needs."""

    _fields_ = (
        ("api_version", ctypes.c_uint32),
        ("driver_version", ctypes.c_uint32),
        ("vendor", ctypes.c_uint32),
        ("device", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("name", ctypes.c_char * _TEXT_SIZE),
        ("rest", ctypes.c_uint64 * 512),
    )


class _DriverProperties(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("driver", ctypes.c_uint32),
        ("name", ctypes.c_char * _TEXT_SIZE),
        ("info", ctypes.c_char * _TEXT_SIZE),
        ("rest", ctypes.c_uint64 * 8),
    )


class _Properties2(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("next", ctypes.POINTER(_DriverProperties)),
        ("properties", _Properties),
    )


@dataclass(frozen=True, slots=True, order=True)
class ApiNumber:
    """A version as Vulkan packs it, without variant and patch."""

    major: int
    minor: int

    @classmethod
    def of(cls, number: int) -> "ApiNumber":
        """Unpack a version.

        >>> str(ApiNumber.of(4206843))
        '1.3'
        """
        return cls((number >> 22) & 0x7F, (number >> 12) & 0x3FF)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


_FIRST = ApiNumber(1, 0)
_WITH_PROPERTIES_2 = ApiNumber(1, 1)
_WITH_DRIVER_NAMES = ApiNumber(1, 2)


@dataclass(frozen=True, slots=True)
class Device:
    """A device of Vulkan.

    :param kind: ``discrete``, ``integrated``, ``virtual``, ``cpu`` or ``other``
    :param driver: name and version of its driver, or the version alone
    """

    name: str
    api_version: ApiNumber
    kind: str
    driver: str


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Ask the loader for its devices. No loader at all is an answer, one that fails is not.

    :param environ: unused: the loader reads the variables of this process itself
    :raises DriverFailed: if there is a loader that does not work
    """
    del environ
    loader = load_library(_loader_names())
    if loader is None:
        return Facts([_fact("present", value=False, source="no Vulkan loader")])
    try:
        version = _loader_version(loader)
        devices = tuple(_devices(loader, version))
    except AttributeError as error:
        raise DriverFailed(f"the Vulkan loader is not whole: {error}") from None
    return facts_of(version, devices)


def facts_of(loader: ApiNumber, devices: tuple[Device, ...]) -> Facts:
    """Put what the loader says into facts.

    A processor that runs Vulkan is among the devices, but makes no GPU present.
    """
    gpus = [device for device in devices if device.kind != "cpu"]
    source = "the Vulkan loader" if gpus else "the Vulkan loader shows no GPU"
    listed = "vkGetPhysicalDeviceProperties"
    facts = [
        _fact("present", value=bool(gpus), source=source),
        _fact("loader_version", str(loader), "vkEnumerateInstanceVersion"),
    ]
    if devices:
        facts += [
            _fact("api_versions", tuple(str(each.api_version) for each in devices), listed),
            _fact("device_types", tuple(each.kind for each in devices), listed),
            _fact("gpus", tuple(each.name for each in devices), listed),
            _fact("drivers", tuple(each.driver for each in devices), listed),
        ]
    return Facts(facts)


def driver_version(number: int, vendor: int, platform: str = sys.platform) -> str:
    """Return the version of a driver in words; the vendors pack it differently.

    :param vendor: the vendor's PCI number

    >>> driver_version(2265006080, 0x10DE)
    '540.5.0'
    >>> driver_version(100663305, 0x1002)
    '24.0.9'
    """
    if vendor == _NVIDIA:
        return f"{number >> 22}.{(number >> 14) & 0xFF}.{(number >> 6) & 0xFF}"
    if vendor == _INTEL and platform == "win32":
        return f"{number >> 14}.{number & 0x3FFF}"
    return f"{number >> 22}.{(number >> 12) & 0x3FF}.{number & 0xFFF}"


def _loader_names() -> tuple[str, ...]:
    if sys.platform == "win32":
        return ("vulkan-1.dll",)
    if sys.platform == "darwin":
        names = ("libvulkan.1.dylib", "libMoltenVK.dylib")
        folders = ("", "/usr/local/lib/", "/opt/homebrew/lib/")
        return tuple(folder + name for name in names for folder in folders)
    return ("libvulkan.so.1", "libvulkan.so") if sys.platform == "android" else ("libvulkan.so.1",)


def _loader_version(loader: ctypes.CDLL) -> ApiNumber:
    # Loaders of Vulkan 1.0 lack the function.
    call = getattr(loader, "vkEnumerateInstanceVersion", None)
    if call is None:
        return _FIRST
    number = ctypes.c_uint32(0)
    _check("vkEnumerateInstanceVersion", call(ctypes.byref(number)))
    return ApiNumber.of(number.value)


def _devices(loader: ctypes.CDLL, version: ApiNumber) -> Iterator[Device]:
    instance = _instance(loader, version)
    if instance is None:
        return
    try:
        for handle in _handles(loader, instance):
            device = _device(loader, ctypes.c_void_p(handle), version)
            if device is not None:
                yield device
    finally:
        loader.vkDestroyInstance(instance, None)


def _instance(loader: ctypes.CDLL, version: ApiNumber) -> ctypes.c_void_p | None:
    """Make an instance; None if no driver works."""
    application = _ApplicationInfo(
        kind=_APPLICATION_INFO, api_version=(version.major << 22) | (version.minor << 12)
    )
    info = _InstanceInfo(kind=_INSTANCE_CREATE_INFO, application=ctypes.pointer(application))
    # On a Mac every driver is one of a subset of Vulkan, which has to be asked for.
    if sys.platform == "darwin" and _has_portability(loader):
        info.flags = _ENUMERATE_PORTABILITY
        info.extension_count = 1
        info.extensions = (ctypes.c_char_p * 1)(_PORTABILITY)
    instance = ctypes.c_void_p()
    code = loader.vkCreateInstance(ctypes.byref(info), None, ctypes.byref(instance))
    if code == _INCOMPATIBLE_DRIVER:
        return None
    _check("vkCreateInstance", code)
    return instance


def _has_portability(loader: ctypes.CDLL) -> bool:
    count = ctypes.c_uint32(0)
    call = loader.vkEnumerateInstanceExtensionProperties
    if call(None, ctypes.byref(count), None) != _SUCCESS:
        return False
    count.value = min(count.value, _MOST_EXTENSIONS)
    extensions = (_Extension * count.value)()
    if call(None, ctypes.byref(count), extensions) not in {_SUCCESS, _INCOMPLETE}:
        return False
    return any(each.name == _PORTABILITY for each in extensions)


def _handles(loader: ctypes.CDLL, instance: ctypes.c_void_p) -> list[int]:
    count = ctypes.c_uint32(0)
    call = loader.vkEnumeratePhysicalDevices
    code = call(instance, ctypes.byref(count), None)
    # This is how the loader says that no driver found a device.
    if code == _INITIALIZATION_FAILED:
        return []
    _check("vkEnumeratePhysicalDevices", code)
    count.value = min(count.value, _MOST_DEVICES)
    handles = (ctypes.c_void_p * count.value)()
    code = call(instance, ctypes.byref(count), handles)
    if code != _INCOMPLETE:
        _check("vkEnumeratePhysicalDevices", code)
    return [handle for handle in handles[: count.value] if handle]


def _device(loader: ctypes.CDLL, handle: ctypes.c_void_p, version: ApiNumber) -> Device | None:
    """Return a device; None if its API is a variant, as Vulkan SC, and no Vulkan."""
    found = _Properties()
    loader.vkGetPhysicalDeviceProperties(handle, ctypes.byref(found))
    api_version = ApiNumber.of(found.api_version)
    if found.api_version >> 29 or not api_version.major:
        return None
    driver = ""
    if min(version, api_version) >= _WITH_PROPERTIES_2 and api_version >= _WITH_DRIVER_NAMES:
        driver = _driver_name(loader, handle)
    return Device(
        name=terminated(found.name)[:_LONGEST] or "a device without a name",
        api_version=api_version,
        kind=_TYPES[found.type] if found.type < len(_TYPES) else "other",
        driver=driver or driver_version(found.driver_version, found.vendor),
    )


def _driver_name(loader: ctypes.CDLL, handle: ctypes.c_void_p) -> str:
    """Return name and version of a driver as it tells them: ``radv Mesa 24.0.9``."""
    call = getattr(loader, "vkGetPhysicalDeviceProperties2", None)
    if call is None:
        return ""
    driver = _DriverProperties(kind=_DRIVER_PROPERTIES)
    found = _Properties2(kind=_PROPERTIES_2, next=ctypes.pointer(driver))
    call(handle, ctypes.byref(found))
    return f"{terminated(driver.name)} {terminated(driver.info)}".strip()[:_LONGEST]


def _check(function: str, code: int) -> None:
    if code != _SUCCESS:
        raise DriverFailed(f"`{function}` of the Vulkan loader failed with code {code}")


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"vulkan.{name}", value, Origin.DETECTED, source)

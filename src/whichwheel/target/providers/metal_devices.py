"""What Apple's Metal says of the GPUs of a Mac.

Metal has no C functions but one: its objects are asked through the runtime of Objective-C. It loads
the drivers of the GPUs: run :func:`detect` in a child process. ``system_profiler`` is never run.
Functions, selectors and numbers are those of Apple's documentation: ``MTLDevice``,
``MTLGPUFamily``, Objective-C Runtime. Never ran on a Mac.
"""

import ctypes
from collections.abc import Iterator

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.driver_libraries import DriverFailed, load_library, terminated

__all__ = ["Device", "detect", "devices_of", "facts_of", "family_of"]

_RUNTIME = ("/usr/lib/libobjc.A.dylib",)
_METAL = ("/System/Library/Frameworks/Metal.framework/Metal",)

#: Where the numbers of each kind of family begin in ``MTLGPUFamily``: ``MTLGPUFamilyApple1`` is
#: 1001, and ``MTLGPUFamilyMetal3`` is 5001.
_KINDS = {"apple": 1000, "mac": 2000, "common": 3000, "metal": 4998}
_FIRST_METAL = 3
# More than there are, so that new ones are found.
_LATEST = 40

_MOST_DEVICES = 64
_LONGEST = 200
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU of Metal.

    :param families: the latest that it supports of each kind
    :param memory: what it may use at best performance, in bytes; 0 if unknown
    """

    name: str
    families: tuple[str, ...]
    memory: int = 0


def detect() -> Facts:
    """Ask Metal for its GPUs. No Metal at all is an answer, one that fails is not.

    :raises DriverFailed: if Metal does not work
    """
    runtime, metal = load_library(_RUNTIME), load_library(_METAL)
    if runtime is None or metal is None:
        return Facts([_fact("present", value=False, source="no Metal, which only macOS has")])
    return facts_of(devices_of(runtime, metal))


def facts_of(devices: tuple[Device, ...]) -> Facts:
    """Put what Metal says into facts."""
    listed = "MTLCopyAllDevices"
    if not devices:
        return Facts([_fact("present", value=False, source="Metal shows no GPU")])
    facts = [
        _fact("present", value=True, source=listed),
        _fact("gpus", tuple(device.name for device in devices), "MTLDevice.name"),
    ]
    if all(device.families for device in devices):
        families = tuple(" ".join(device.families) for device in devices)
        facts.append(_fact("families", families, "MTLDevice.supportsFamily"))
    if all(device.memory for device in devices):
        memory = tuple(str(device.memory // _MIB) for device in devices)
        facts.append(_fact("memory_mib", memory, "MTLDevice.recommendedMaxWorkingSetSize"))
    return Facts(facts)


def family_of(number: int) -> str | None:
    """Return the name of a family by its number in ``MTLGPUFamily``; None for other numbers.

    >>> family_of(1007), family_of(5001)
    ('apple7', 'metal3')
    """
    for kind, start in _KINDS.items():
        first = _FIRST_METAL if kind == "metal" else 1
        if first <= number - start <= _LATEST:
            return f"{kind}{number - start}"
    return None


def devices_of(runtime: ctypes.CDLL, metal: ctypes.CDLL) -> tuple[Device, ...]:
    """Ask Metal for its GPUs, in its order.

    :param runtime: the runtime of Objective-C
    :raises DriverFailed: if one of the two lacks a function, or a GPU has no name
    """
    try:
        objects = _Objects(runtime)
        copy = metal.MTLCopyAllDevices
        copy.restype, copy.argtypes = ctypes.c_void_p, ()
        runtime.objc_autoreleasePoolPush.restype = ctypes.c_void_p
        runtime.objc_autoreleasePoolPop.argtypes = (ctypes.c_void_p,)
        pool = runtime.objc_autoreleasePoolPush()
    except AttributeError as error:
        raise DriverFailed(f"Metal is not whole: {error}") from None
    try:
        listed = copy()
        if not listed:
            return ()
        return tuple(_device(objects, handle) for handle in objects.each(listed))
    finally:
        # The list itself is left to the end of the process, which is near.
        runtime.objc_autoreleasePoolPop(pool)


class _Objects:
    """Objects of Objective-C, asked by selectors."""

    def __init__(self, runtime: ctypes.CDLL) -> None:
        self._selector = runtime.sel_registerName
        self._selector.restype, self._selector.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
        address = ctypes.cast(runtime.objc_msgSend, ctypes.c_void_p).value
        if address is None:
            raise AttributeError("objc_msgSend")
        # On ARM arguments are passed in another way to functions without a fixed type.
        basic = (ctypes.c_void_p, ctypes.c_void_p)
        self._object = ctypes.CFUNCTYPE(ctypes.c_void_p, *basic)(address)
        self._bytes = ctypes.CFUNCTYPE(ctypes.c_char_p, *basic)(address)
        self._number = ctypes.CFUNCTYPE(ctypes.c_uint64, *basic)(address)
        self._item = ctypes.CFUNCTYPE(ctypes.c_void_p, *basic, ctypes.c_ulong)(address)
        self._asked = ctypes.CFUNCTYPE(ctypes.c_bool, *basic, ctypes.c_long)(address)
        self._answers = ctypes.CFUNCTYPE(ctypes.c_bool, *basic, ctypes.c_void_p)(address)

    def selector(self, name: bytes) -> int:
        return int(self._selector(name))

    def answers(self, handle: int, name: bytes) -> bool:
        """Return whether an object knows a selector; those of later systems may be missing."""
        own = self.selector(name)
        return bool(self._answers(handle, self.selector(b"respondsToSelector:"), own))

    def each(self, array: int) -> Iterator[int]:
        count = min(int(self._number(array, self.selector(b"count"))), _MOST_DEVICES)
        for index in range(count):
            handle = self._item(array, self.selector(b"objectAtIndex:"), index)
            if handle:
                yield int(handle)

    def text(self, handle: int, name: bytes) -> str:
        found = self._object(handle, self.selector(name))
        encoded = self._bytes(found, self.selector(b"UTF8String")) if found else None
        return terminated(encoded or b"")

    def number(self, handle: int, name: bytes) -> int:
        return int(self._number(handle, self.selector(name)))

    def holds(self, handle: int, name: bytes, argument: int) -> bool:
        return bool(self._asked(handle, self.selector(name), argument))


def _device(objects: _Objects, handle: int) -> Device:
    families = []
    # `supportsFamily:` is of macOS 10.15, the memory of macOS 10.12.
    if objects.answers(handle, b"supportsFamily:"):
        for kind, start in _KINDS.items():
            first = _FIRST_METAL if kind == "metal" else 1
            for number in range(_LATEST, first - 1, -1):
                if objects.holds(handle, b"supportsFamily:", start + number):
                    families.append(f"{kind}{number}")
                    break
    memory = b"recommendedMaxWorkingSetSize"
    return Device(
        name=objects.text(handle, b"name")[:_LONGEST] or "a GPU without a name",
        families=tuple(families),
        memory=objects.number(handle, memory) if objects.answers(handle, memory) else 0,
    )


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"metal.{name}", value, Origin.DETECTED, source)

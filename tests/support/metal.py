"""A small Metal with its runtime, compiled in a temporary folder, and recordings of real ones."""

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from support.drivers import compile_library
from whichwheel.target.facts import Facts
from whichwheel.target.providers.metal_devices import Device, facts_of, family_of

__all__ = ["FakeMacGpu", "build_metal", "recorded_facts"]


@dataclass(frozen=True)
class FakeMacGpu:
    """A GPU that the small Metal shows.

    :param families: the latest number in `MTLGPUFamily` of each kind
    :param knows: whether it answers `supportsFamily:`, as since macOS 10.15
    """

    name: str = "Apple M1"
    families: tuple[int, ...] = (1007, 2002, 3003, 5001)
    memory: int = 11_453_251_584
    knows: bool = True


_SOURCE = r"""
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
struct gpu { const char *name; long families[4]; uint64_t memory; int knows; };
static struct gpu gpus[] = {DEVICES};
static long count = COUNT;
static int pools = 0;
void *objc_autoreleasePoolPush(void) { pools++; return &pools; }
void objc_autoreleasePoolPop(void *pool) { if (pool != &pools || --pools) abort(); }
const void *sel_registerName(const char *name) { return strdup(name); }
const void *MTLCopyAllDevices(void) { return COUNT < 0 ? 0 : gpus; }
static int holds(const struct gpu *gpu, long family) {
    for (int i = 0; i < 4; i++) {
        long own = gpu->families[i];
        if (own && own / 1000 == family / 1000 && family <= own && family % 1000) return 1;
    }
    return 0;
}
uintptr_t objc_msgSend(void *object, const char *selector, uintptr_t argument) {
    if (!object || !pools) abort();
    struct gpu *gpu = object;
    if (!strcmp(selector, "count")) return count;
    if (!strcmp(selector, "objectAtIndex:")) return (uintptr_t)(gpus + argument);
    if (!strcmp(selector, "name")) return (uintptr_t)gpu->name;
    if (!strcmp(selector, "UTF8String")) return (uintptr_t)object;
    if (!strcmp(selector, "recommendedMaxWorkingSetSize")) return gpu->memory;
    if (!strcmp(selector, "supportsFamily:")) {
        if (!gpu->knows) abort();
        return holds(gpu, argument);
    }
    if (!strcmp(selector, "respondsToSelector:"))
        return gpu->knows || strcmp((const char *)argument, "supportsFamily:");
    abort();
}
"""


def build_metal(folder: Path, gpus: Sequence[FakeMacGpu] | None) -> ctypes.CDLL:
    """Compile a library that is both the runtime and Metal.

    :param gpus: None for a Metal that hands out no list at all
    """
    rows = [
        '{{"{name}", {{{families}}}, {memory}u, {knows}}}'.format(
            name=gpu.name,
            families=", ".join(map(str, gpu.families)),
            memory=gpu.memory,
            knows=int(gpu.knows),
        )
        for gpu in gpus or ()
    ]
    source = _SOURCE.replace("DEVICES", ", ".join(rows) or "{0}")
    source = source.replace("COUNT", "-1" if gpus is None else str(len(gpus)))
    path = folder / "libmetal.so"
    compile_library(path, source)
    return ctypes.CDLL(str(path))


# What llama.cpp, MoltenVK and `system_profiler` print.
_NAME_LINE = re.compile(r"(GPU name: +(MTL0 \()?|model: |Chipset Model: )(?P<name>[^()]+)")
_NUMBER_LINE = re.compile(r"GPU family: \w+ +\((?P<number>\d+)\)")
_FAMILY_LINE = re.compile(r"GPU Family (?P<kind>Metal|Apple|Mac|Common) (?P<number>\d+)")
_METAL_LINE = re.compile(r"Metal Support: Metal (?P<number>\d)")
_SIZE_LINE = re.compile(r"recommendedMaxWorkingSetSize += +(?P<size>[\d.]+) MB")


def recorded_facts(text: str) -> Facts:
    """Turn what was printed of one GPU after another into facts."""
    devices: list[Device] = []
    for line in text.splitlines():
        if (found := _NAME_LINE.search(line)) is not None:
            devices.append(Device(found["name"].strip(), ()))
            continue
        if not devices:
            continue
        device = devices[-1]
        family = _family_in(line)
        # Of those that print every family, the latest stands first.
        if family is not None and family[:3] not in {each[:3] for each in device.families}:
            devices[-1] = replace(device, families=(*device.families, family))
        elif (found := _SIZE_LINE.search(line)) is not None:
            # What is printed as MB are 1000 x 1000 bytes.
            devices[-1] = replace(device, memory=round(float(found["size"]) * 1e6))
    return facts_of(tuple(devices))


def _family_in(line: str) -> str | None:
    if (found := _NUMBER_LINE.search(line)) is not None:
        return family_of(int(found["number"]))
    if (found := _FAMILY_LINE.search(line)) is not None:
        return f"{found['kind'].lower()}{found['number']}"
    if (found := _METAL_LINE.search(line)) is not None:
        return f"metal{found['number']}"
    return None

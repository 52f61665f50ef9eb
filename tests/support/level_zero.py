"""A small library that speaks the functions of Level Zero, compiled in a temporary folder."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.drivers import compile_library

__all__ = ["FakeZeroGpu", "build_level_zero"]


@dataclass(frozen=True)
class FakeZeroGpu:
    """A device that the library shows.

    :param ip: as ``12.55.8``; empty for a driver too old to tell
    :param kind: 1 for a GPU, 5 for an NPU
    """

    name: str
    ip: str
    device: int = 0x56A0
    integrated: bool = False
    memory_mib: int = 16288
    vendor: int = 0x8086
    kind: int = 1

    @property
    def entry(self) -> str:
        """It as an entry of the table in the library."""
        architecture, release, revision = map(int, (self.ip or "0.0.0").split("."))
        packed = architecture << 22 | release << 14 | revision
        flags = int(self.integrated)
        return (
            f"{{{self.kind}, {self.vendor}, {self.device}, {flags}, {packed}u,"
            f' {self.memory_mib}, "{self.name}"}}'
        )


# The structures as ze_api.h has them.
_SOURCE = r"""
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct device { int kind, vendor, device, flags; uint32_t ip; int memory; const char *name; };
static const struct device devices[] = {DEVICES};
enum { COUNT = sizeof devices / sizeof *devices - 1 };
typedef struct { uint32_t stype; void *next; uint32_t ipVersion; } ip_version;
typedef struct { uint32_t stype; void *next; uint32_t flags; } init_drivers;
typedef struct {
    uint32_t stype; void *next; uint8_t uuid[16]; uint32_t driverVersion;
} driver_properties;
typedef struct {
    uint32_t stype; void *next;
    uint32_t type, vendorId, deviceId, flags, subdeviceId, coreClockRate;
    uint64_t maxMemAllocSize;
    uint32_t maxHardwareContexts, maxCommandQueuePriority, numThreadsPerEU, physicalEUSimdWidth;
    uint32_t numEUsPerSubslice, numSubslicesPerSlice, numSlices;
    uint64_t timerResolution;
    uint32_t timestampValidBits, kernelTimestampValidBits;
    uint8_t uuid[16];
    char name[256];
} device_properties;
typedef struct {
    uint32_t stype; void *next;
    uint32_t flags, maxClockRate, maxBusWidth;
    uint64_t totalSize;
    char name[256];
} memory_properties;
static int handle;
static uint32_t start(void) {
    printf("a driver that talks\n");
    fflush(stdout);
    sleep(SLEEP);
    if (CRASH) abort();
    return START_CODE;
}
static uint32_t one_driver(uint32_t *count, void **drivers) {
    if (!drivers) *count = 1; else drivers[0] = &handle;
    return 0;
}
#if NEW
uint32_t zeInitDrivers(uint32_t *count, void **drivers, init_drivers *wanted) {
    if (NEW_CODE) return NEW_CODE;
    if (wanted->stype != 0x20021 || wanted->flags != 1) return 0x78000004;
    uint32_t code = drivers ? 0 : start();
    return code ? code : one_driver(count, drivers);
}
#endif
uint32_t zeInit(uint32_t flags) { return flags == 1 ? start() : 0x78000004; }
uint32_t zeDriverGet(uint32_t *count, void **drivers) { return one_driver(count, drivers); }
uint32_t zeDriverGetProperties(void *driver, driver_properties *properties) {
    if (driver != &handle || properties->stype != 1) return 0x78000004;
    properties->driverVersion = 1u << 24 | 14u << 16 | 37020;
    return 0;
}
static int shown(int index) {
    const char *mask = getenv("ZE_AFFINITY_MASK");
    char number[2] = {'0' + index, 0};
    return !mask || strstr(mask, number);
}
uint32_t zeDeviceGet(void *driver, uint32_t *count, void **handles) {
    if (driver != &handle) return 0x78000004;
    uint32_t found = 0;
    for (int index = 0; index < COUNT; index++)
        if (shown(index)) {
            if (handles) handles[found] = (void *)&devices[index];
            found++;
        }
    *count = found;
    return 0;
}
uint32_t zeDeviceGetProperties(struct device *device, device_properties *properties) {
    ip_version *ip = properties->next;
    if (properties->stype != 3 || ip->stype != 0x1000f) return 0x78000004;
    properties->type = device->kind;
    properties->vendorId = device->vendor;
    properties->deviceId = device->device;
    properties->flags = device->flags;
    properties->numSlices = 8;
    properties->timerResolution = 52;
    strncpy(properties->name, device->name, sizeof properties->name);
    ip->ipVersion = device->ip;
    return PROPERTIES_CODE;
}
uint32_t zeDeviceGetMemoryProperties(struct device *device, uint32_t *count, memory_properties *m) {
    *count = 1;
    if (m) m->totalSize = (uint64_t)device->memory << 20;
    return MEMORY_CODE;
}
"""
_OPTIONS = {
    **dict.fromkeys(("SLEEP", "CRASH", "START_CODE", "NEW_CODE"), 0),
    **dict.fromkeys(("PROPERTIES_CODE", "MEMORY_CODE"), 0),
    "NEW": 1,
}


def build_level_zero(
    folder: Path, gpus: Sequence[FakeZeroGpu], options: Mapping[str, int] | None = None
) -> dict[str, str]:
    """Build the library and return environment variables under which it is found.

    :param options: macros of the source, as SLEEP or START_CODE
    """
    table = ", ".join([*(gpu.entry for gpu in gpus), "{0}"])
    defined = {**_OPTIONS, **(options or {})}
    macros = [*(f"{key}={value}u" for key, value in defined.items()), f"DEVICES={table}"]
    compile_library(folder / "libze_loader.so.1", _SOURCE, macros)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ZE_")}
    return kept | {"LD_LIBRARY_PATH": str(folder)}

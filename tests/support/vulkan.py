"""A small Vulkan loader, compiled in a temporary folder, and what `vulkaninfo` printed."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.drivers import compile_library
from whichwheel.target.facts import Facts
from whichwheel.target.providers.vulkan_loader import (
    ApiNumber,
    Device,
    driver_version,
    facts_of,
)

__all__ = ["FakeDevice", "build_loader", "recorded_facts"]


@dataclass(frozen=True)
class FakeDevice:
    """A device that the loader shows.

    :param number: its packed driver version
    :param driver: name and information of its driver
    """

    name: str
    version: tuple[int, int, int] = (1, 3, 274)
    kind: int = 2
    vendor: int = 0x1002
    number: int = 100663305
    driver: tuple[str, str] = ("radv", "Mesa 24.0.9")
    variant: int = 0


_SOURCE = r"""
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct device { uint32_t api, number, vendor, kind; const char *name, *driver, *info; };
static const struct device devices[] = {DEVICES};
static int instances = 0;
struct application {
    uint32_t kind; const void *next; const char *name; uint32_t version; const char *engine;
    uint32_t engine_version, api;
};
struct creation {
    uint32_t kind; const void *next; uint32_t flags; const struct application *application;
    uint32_t layers; const char **layer_names; uint32_t extensions; const char **names;
};
#if LOADER_MINOR
int vkEnumerateInstanceVersion(uint32_t *version) {
    *version = 1 << 22 | LOADER_MINOR << 12 | 275;
    return VERSION_CODE;
}
#endif
int vkCreateInstance(const struct creation *info, const void *allocator, void **instance) {
    printf("a loader that talks\n");
    fflush(stdout);
    sleep(SLEEP);
    if (CRASH) abort();
    if (info->kind != 1 || info->application->kind != 0 || info->layers || info->extensions)
        return 98;
    if (!LOADER_MINOR && info->application->api >> 12 != 1 << 10) return -9;
    if (CREATE_CODE) return CREATE_CODE;
    instances++;
    *instance = &instances;
    return 0;
}
int vkEnumeratePhysicalDevices(void *instance, uint32_t *count, void **found) {
    sleep(ENUMERATE_SLEEP);
    if (instance != &instances) return 97;
    if (found)
        for (uint32_t index = 0; index < *count; index++) found[index] = (void *)&devices[index];
    else
        *count = COUNT;
    return found ? LIST_CODE : ENUMERATE_CODE;
}
struct properties {
    uint32_t api, number, vendor, device, kind; char name[256]; uint8_t uuid[16];
    uint64_t limits[66];
};
void vkGetPhysicalDeviceProperties(const struct device *device, struct properties *found) {
    memset(found, 0xff, sizeof *found);
    found->api = device->api;
    found->number = device->number;
    found->vendor = device->vendor;
    found->kind = device->kind;
    strcpy(found->name, device->name);
}
#if LOADER_MINOR
struct driver {
    uint32_t kind; void *next; uint32_t id; char name[256], info[256]; uint8_t version[4];
};
struct properties2 { uint32_t kind; struct driver *next; struct properties properties; };
void vkGetPhysicalDeviceProperties2(const struct device *device, struct properties2 *found) {
    if (found->kind != 1000059001 || found->next->kind != 1000196000) abort();
    vkGetPhysicalDeviceProperties(device, &found->properties);
    strcpy(found->next->name, device->driver);
    strcpy(found->next->info, device->info);
}
#endif
void vkDestroyInstance(void *instance, const void *allocator) {
    if (instance != &instances || --instances) abort();
}
"""
_OPTIONS = {
    "LOADER_MINOR": 3,
    "VERSION_CODE": 0,
    "CREATE_CODE": 0,
    "ENUMERATE_CODE": 0,
    "LIST_CODE": 0,
    "SLEEP": 0,
    "ENUMERATE_SLEEP": 0,
    "CRASH": 0,
}


def build_loader(
    folder: Path,
    devices: Sequence[FakeDevice] = (),
    options: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """Build the loader and return environment variables under which it is found.

    :param options: macros of the source, as SLEEP or CREATE_CODE
    """
    entries = [
        f"{{{each.variant}u << 29 | {each.version[0]} << 22 | {each.version[1]} << 12 | "
        f"{each.version[2]}, {each.number}u, {each.vendor}, {each.kind}, "
        f'"{each.name}", "{each.driver[0]}", "{each.driver[1]}"}}'
        for each in devices
    ]
    macros = [
        *(f"{key}={value}" for key, value in {**_OPTIONS, **(options or {})}.items()),
        f"DEVICES={', '.join(entries) or '{0}'}",
        f"COUNT={len(devices)}",
    ]
    compile_library(folder / "libvulkan.so.1", _SOURCE, macros)
    return dict(os.environ) | {"LD_LIBRARY_PATH": str(folder)}


_LINE = re.compile(r"^\s+(?P<key>\w+)\s*=\s*(?P<value>.+?)\s*$")
_LOADER = re.compile(r"^Vulkan Instance Version: (?P<version>\S+)$", re.MULTILINE)
_KINDS = {"INTEGRATED_GPU": "integrated", "DISCRETE_GPU": "discrete", "CPU": "cpu"}


def _api(text: str) -> ApiNumber:
    """Read a version as ``1.4.318`` or ``4206843 (1.3.251)``."""
    number, _, words = text.partition(" ")
    major, minor, _ = (words.strip("()") or number).split(".")
    if words:
        assert str(ApiNumber.of(int(number))) == f"{major}.{minor}"
    return ApiNumber(int(major), int(minor))


def _driver(lines: Mapping[str, str]) -> str:
    if "driverName" in lines:
        return f"{lines['driverName']} {lines['driverInfo']}"
    number = int(lines["driverVersion"].partition(" ")[0])
    return driver_version(number, int(lines["vendorID"], 16), "linux")


def recorded_facts(text: str) -> Facts:
    """Return the facts that detection finds on a machine where `vulkaninfo` prints this.

    Where the loader's version is not shown, it is taken for 1.3.
    """
    devices = []
    for part in re.split(r"^GPU\d+:$", text, flags=re.MULTILINE)[1:]:
        lines = {
            match["key"]: match["value"] for match in map(_LINE.match, part.split("\n")) if match
        }
        kind = _KINDS[lines["deviceType"].removeprefix("PHYSICAL_DEVICE_TYPE_")]
        api = _api(lines["apiVersion"])
        devices.append(Device(lines["deviceName"], api, kind, _driver(lines)))
    shown = _LOADER.search(text)
    return facts_of(_api(shown["version"]) if shown else ApiNumber(1, 3), tuple(devices))

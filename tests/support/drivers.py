"""Small libraries that speak the functions of NVIDIA's driver, compiled in a temporary folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

__all__ = ["FakeGpu", "build_driver", "compile_library"]


@dataclass(frozen=True)
class FakeGpu:
    """A GPU that the libraries show.

    :param number: makes the UUID
    :param mig: the profiles of its MIG devices; None if it is not in MIG mode
    """

    name: str
    capability: tuple[int, int]
    memory_mib: int = 81559
    number: int = 0
    mig: tuple[str, ...] | None = None

    @property
    def uuid(self) -> str:
        return f"GPU-{self._uuid(0)}"

    def part_uuid(self, index: int) -> str:
        """Return the UUID of a MIG device."""
        return f"MIG-{self._uuid(index + 1)}"

    def _uuid(self, part: int) -> UUID:
        return UUID(int=((self.number + 1) << 96) + part)

    def entries(self, parent: int) -> list[str]:
        """Return it and its MIG devices as entries of the table in the library."""
        major, minor = self.capability
        shown = [(self.name, self.uuid, -1)]
        shown += [
            (f"{self.name} MIG {profile}", self.part_uuid(index), index)
            for index, profile in enumerate(self.mig or ())
        ]
        return [
            f'{{{major}, {minor}, {self.memory_mib}, {int(self.mig is not None)}, "{name}", '
            f'"{uuid}", {parent}, {part}}}'
            for name, uuid, part in shown
        ]


_TABLE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct gpu { int major, minor, memory, mig; const char *name, *uuid; int parent, part; };
static const struct gpu gpus[] = {GPUS, {0, 0, 0, 0, "", "", -1, -1}};
"""
_CUDA = r"""
static const int seen[] = {SEEN, -1};
int cuDriverGetVersion(int *version) {
    printf("a driver that talks\n");
    fflush(stdout);
    sleep(SLEEP);
    *version = VERSION;
    return VERSION_CODE;
}
int cuInit(unsigned flags) {
    if (CRASH) abort();
    sleep(INIT_SLEEP);
    return INIT_CODE;
}
int cuDeviceGetCount(int *count) {
    for (*count = 0; seen[*count] >= 0; ++*count);
    return 0;
}
int cuDeviceGet(int *device, int index) { *device = seen[index]; return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 76 ? gpus[device].minor : gpus[device].major;
    return 0;
}
int cuDeviceGetName(char *name, int size, int device) {
    strncpy(name, gpus[device].name, size);
    return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    *bytes = ((size_t)gpus[device].memory - 500) * 1024 * 1024;
    return 0;
}
int cuDeviceGetUuid_v2(unsigned char *bytes, int device) {
    const char *text = gpus[device].uuid + 4;
    for (int index = 0; index < 16; text++)
        if (*text != '-') {
            char digits[3] = {text[0], text[1], 0};
            bytes[index++] = strtol(digits, 0, 16);
            text++;
        }
    return 0;
}
"""
_NVML = r"""
int nvmlInit_v2(void) { sleep(NVML_SLEEP); return NVML_CODE; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = 0;
    for (const struct gpu *gpu = gpus; gpu->major; gpu++) *count += gpu->part < 0;
    return 0;
}
static int find(int parent, int part, void **handle) {
    for (const struct gpu *gpu = gpus; gpu->major; gpu++)
        if (gpu->parent == parent && gpu->part == part) {
            *handle = (void *)gpu;
            return 0;
        }
    return 6;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    return find(index, -1, handle);
}
int nvmlDeviceGetMigMode(struct gpu *gpu, unsigned *current, unsigned *pending) {
    *current = *pending = gpu->mig;
    return gpu->mig ? 0 : 3;
}
int nvmlDeviceGetMaxMigDeviceCount(struct gpu *gpu, unsigned *count) { *count = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(struct gpu *gpu, unsigned index, void **handle) {
    return find(gpu->parent, index, handle);
}
int nvmlDeviceGetGpuInstanceId(struct gpu *gpu, unsigned *id) { *id = gpu->part + 7; return 0; }
int nvmlDeviceGetComputeInstanceId(struct gpu *gpu, unsigned *id) { *id = 0; return 0; }
int nvmlDeviceGetCudaComputeCapability(struct gpu *gpu, int *major, int *minor) {
    *major = gpu->major;
    *minor = gpu->minor;
    return CAPABILITY_CODE;
}
int nvmlDeviceGetName(struct gpu *gpu, char *name, unsigned size) {
    strncpy(name, gpu->name, size);
    return 0;
}
int nvmlDeviceGetUUID(struct gpu *gpu, char *uuid, unsigned size) {
    strncpy(uuid, gpu->uuid, size);
    return 0;
}
int nvmlDeviceGetMemoryInfo(struct gpu *gpu, unsigned long long *info) {
    info[0] = (unsigned long long)gpu->memory * 1024 * 1024;
    return MEMORY_CODE;
}
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    strncpy(text, "570.86.10", size);
    return 0;
}
"""
_OPTIONS = dict.fromkeys(
    [
        *("SLEEP", "INIT_SLEEP", "NVML_SLEEP", "CRASH", "VERSION_CODE", "INIT_CODE", "NVML_CODE"),
        *("CAPABILITY_CODE", "MEMORY_CODE"),
    ],
    0,
)


def compile_library(path: Path, source: str, macros: Iterable[str] = ()) -> None:
    """Compile a shared library, or skip the test where that cannot be done.

    :param macros: definitions as ``NAME=value``
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler on Linux")
    path.parent.mkdir(parents=True, exist_ok=True)
    code = path.with_name(f"{path.name}.c")
    code.write_text(source)
    defined = [f"-D{macro}" for macro in macros]
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-w", *defined, "-o", str(path), str(code)], check=True
    )


def build_driver(  # noqa: PLR0913 -- a keyword for each thing that tests vary
    folder: Path,
    *,
    version: int = 12080,
    capabilities: Sequence[tuple[int, int]] = ((9, 0),),
    gpus: Sequence[FakeGpu] | None = None,
    seen: Sequence[int] | None = None,
    options: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """Build both libraries and return environment variables under which they are found.

    :param version: what ``cuDriverGetVersion`` says, as 12080 for CUDA 12.8
    :param capabilities: makes nameless GPUs, unless ``gpus`` are given
    :param gpus: what NVML lists
    :param seen: what the CUDA driver API lists: places in the table of all GPUs, each followed
        by its MIG devices; None for all GPUs
    :param options: macros of the sources, as SLEEP or INIT_CODE
    """
    if gpus is None:
        gpus = [
            FakeGpu("a GPU", capability, number=number)
            for number, capability in enumerate(capabilities)
        ]
    table = [gpu.entries(parent) for parent, gpu in enumerate(gpus)]
    if seen is None:
        starts = [sum(map(len, table[:parent])) for parent in range(len(table))]
        seen = starts
    listed = ", ".join(entry for entries in table for entry in entries) or "{0}"
    macros = [
        *(f"{key}={value}" for key, value in ({**_OPTIONS, **(options or {})}).items()),
        f"VERSION={version}",
        f"GPUS={listed}",
        f"SEEN={', '.join(map(str, seen)) or '-1'}",
    ]
    compile_library(folder / "libcuda.so.1", _TABLE + _CUDA, macros)
    compile_library(folder / "libnvidia-ml.so.1", _TABLE + _NVML, macros)
    hiding = {"CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"}
    kept = {key: value for key, value in os.environ.items() if key not in hiding}
    return kept | {"LD_LIBRARY_PATH": str(folder)}

"""Small libraries that speak the functions of NVIDIA's driver, compiled in a temporary folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

__all__ = ["build_driver"]

_CUDA = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static const int capabilities[][2] = {CAPABILITIES, {0, 0}};
static int all(void) { return sizeof capabilities / sizeof capabilities[0] - 1; }
int cuDriverGetVersion(int *version) {
    printf("a driver that talks\n");
    fflush(stdout);
    sleep(SLEEP);
    *version = VERSION;
    return VERSION_CODE;
}
int cuInit(unsigned flags) {
    if (CRASH) abort();
    return INIT_CODE;
}
int cuDeviceGetCount(int *count) {
    *count = getenv("CUDA_VISIBLE_DEVICES") ? 1 : all();
    return 0;
}
int cuDeviceGet(int *device, int index) { *device = index; return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = capabilities[device][attribute == 76];
    return 0;
}
int cuDeviceGetName(char *name, int size, int device) { strncpy(name, "GPU", size); return 0; }
"""
_NVML = r"""
#include <string.h>
static const int capabilities[][2] = {CAPABILITIES, {0, 0}};
int nvmlInit_v2(void) { return NVML_CODE; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = sizeof capabilities / sizeof capabilities[0] - 1;
    return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    *handle = (void *)&capabilities[index];
    return 0;
}
int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    *major = ((int *)handle)[0];
    *minor = ((int *)handle)[1];
    return 0;
}
int nvmlDeviceGetName(void *handle, char *name, unsigned size) {
    strncpy(name, "GPU by NVML", size);
    return 0;
}
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    strncpy(text, "570.86.10", size);
    return 0;
}
"""


def build_driver(
    folder: Path,
    *,
    version: int = 12080,
    capabilities: Sequence[tuple[int, int]] = ((9, 0),),
    options: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """Build both libraries and return environment variables under which they are found.

    :param version: what ``cuDriverGetVersion`` says, as 12080 for CUDA 12.8
    :param options: macros of the sources: SLEEP, VERSION_CODE, INIT_CODE, CRASH, NVML_CODE
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler on Linux")
    listed = ", ".join(f"{{{major}, {minor}}}" for major, minor in capabilities)
    macros = {"SLEEP": 0, "VERSION_CODE": 0, "INIT_CODE": 0, "CRASH": 0, "NVML_CODE": 0}
    macros |= {"VERSION": version} | dict(options or {})
    if not capabilities:
        listed = "{0, 0}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in (("libcuda.so.1", _CUDA), ("libnvidia-ml.so.1", _NVML)):
        path = folder / f"{name}.c"
        path.write_text(source)
        defined = [f"-D{key}={value}" for key, value in macros.items()]
        subprocess.run(
            [
                *(compiler, "-shared", "-fPIC", "-w", f"-DCAPABILITIES={listed}", *defined),
                *("-o", str(folder / name), str(path)),
            ],
            check=True,
        )
    kept = {key: value for key, value in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    return kept | {"LD_LIBRARY_PATH": str(folder)}

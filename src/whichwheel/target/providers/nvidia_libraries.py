"""The libraries of NVIDIA's driver, loaded by name."""

import ctypes
import os
import sys
from pathlib import Path

from whichwheel.target.providers.driver_libraries import DriverFailed, load_library

__all__ = ["SUCCESS", "DriverFailed", "cuda_library", "decoded", "nvml_library"]

#: The code of success in cuda.h and nvml.h alike.
SUCCESS = 0


def cuda_library() -> ctypes.CDLL | None:
    """Load the CUDA driver library; None if there is none."""
    if sys.platform == "win32":
        names: tuple[str, ...] = ("nvcuda.dll",)
    else:
        # The second is where WSL mounts it; not every distribution's loader looks there.
        names = ("libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1")
    return load_library(names)


def nvml_library() -> ctypes.CDLL | None:
    """Load NVML, the management library; None if there is none."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("ProgramW6432", r"C:\Program Files"))  # noqa: SIM112 -- its name
        old = folder / "NVIDIA Corporation" / "NVSMI" / "nvml.dll"
        names: tuple[str, ...] = ("nvml.dll", str(old))
    else:
        names = ("libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1")
    return load_library(names)


def decoded(text: "ctypes.Array[ctypes.c_char]") -> str:
    """Return what a library wrote into a buffer."""
    return text.value.decode("utf-8", "replace").strip()

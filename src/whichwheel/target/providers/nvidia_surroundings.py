"""Where an NVIDIA driver runs: under WSL, on a Jetson, and what tells that it was exchanged.

Only files are read, so all of it can be tested on recorded trees. No Jetson and no WSL was at
hand.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.providers.driver_files import (
    file_text,
    library_folders,
    names_in,
    stamps,
    stamps_in,
)

__all__ = ["VARIABLES", "identity", "jetson_model", "runs_under_wsl"]

#: The environment variables that bear on what the driver's libraries answer.
VARIABLES = (
    *("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "LD_LIBRARY_PATH"),
    "CUDA_MPS_PIPE_DIRECTORY",
)

_ROOT = Path("/")
_KERNEL = "proc/sys/kernel/osrelease"
_MODEL = "proc/device-tree/model"
_COMPATIBLE = "proc/device-tree/compatible"
_RELEASE = "etc/nv_tegra_release"
_LONGEST_NAME = 200

# What the kernel module says of itself.
_VERSIONS = ("proc/driver/nvidia/version", "sys/module/nvidia/version")
# Names of what comes and goes with GPUs, with MIG devices, and with a container's share of them.
_FOLDERS = ("proc/driver/nvidia/gpus", "dev/nvidia-caps")
# Where containers and Jetson keep the driver's library, beside the usual folders.
_MORE_FOLDERS = (
    *("usr/lib/aarch64-linux-gnu/nvidia", "usr/lib/aarch64-linux-gnu/tegra"),
    *("usr/local/nvidia/lib64", "usr/local/cuda/compat"),
)
_LIBRARY = "libcuda.so.1"
_LOADER_CACHE = "etc/ld.so.cache"


def runs_under_wsl(root: Path = _ROOT) -> bool:
    """Return whether the kernel is that of the Windows Subsystem for Linux.

    :param root: the root of the file system
    """
    return "microsoft" in file_text(root / _KERNEL).lower()


def jetson_model(root: Path = _ROOT) -> str | None:
    """Return the name of the Jetson that this is, or None if it is none.

    Where the device tree names no model, as in some containers, it is the line that NVIDIA's
    system image leaves in ``/etc/nv_tegra_release``.

    :param root: the root of the file system
    """
    release = file_text(root / _RELEASE).partition("\n")[0].strip("# ")
    compatible = file_text(root / _COMPATIBLE)
    if not release and "nvidia,tegra" not in compatible:
        return None
    model = file_text(root / _MODEL).replace("\0", "").strip()
    return (model or release or "Tegra")[:_LONGEST_NAME]


def identity(environ: Mapping[str, str], root: Path = _ROOT) -> tuple[str, ...]:
    """Return what changes when the driver or the GPUs that it shows may have changed.

    :param root: the root of the file system
    """
    if sys.platform == "win32":
        folder = Path(environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
        return tuple(stamps([folder / "nvcuda.dll", folder / "nvml.dll"]))
    return (
        *(file_text(root / version) for version in _VERSIONS),
        *(" ".join(names_in(root / folder)) for folder in _FOLDERS),
        " ".join(name for name in names_in(root / "dev") if name.startswith(("nvidia", "dxg"))),
        *stamps([root / _LOADER_CACHE]),
        *stamps_in(library_folders(root, environ), [_LIBRARY]),
        *stamps(root / folder / _LIBRARY for folder in _MORE_FOLDERS),
    )

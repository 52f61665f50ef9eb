"""Intel's GPUs and NPU as the Linux kernel shows them, and what tells that they changed.

Only files are read, so all of it can be tested on recorded trees.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from whichwheel.target.providers.driver_files import (
    file_text,
    library_folders,
    names_in,
    stamps,
    stamps_in,
)

__all__ = ["AFFINITY_MASK", "VARIABLES", "identity", "kernel_gpus", "kernel_npu"]

AFFINITY_MASK = "ZE_AFFINITY_MASK"
#: The environment variables that bear on what Level Zero shows, and in which order.
VARIABLES = (
    *(AFFINITY_MASK, "ZE_FLAT_DEVICE_HIERARCHY", "ZE_ENABLE_PCI_ID_DEVICE_ORDER"),
    *("ZE_ENABLE_ALT_DRIVERS", "LD_LIBRARY_PATH"),
)

_INTEL = 0x8086
_CARD = re.compile(r"card\d+")
_ACCELERATOR = re.compile(r"accel\d+")

# Source: Linux, drivers/accel/ivpu/ivpu_drv.h.
_NPUS = {
    0x7D1D: "Meteor Lake",
    0xAD1D: "Arrow Lake",
    0x643E: "Lunar Lake",
    0xB03E: "Panther Lake",
}

_LIBRARIES = ("libze_loader.so.1", "libze_intel_gpu.so.1")


def kernel_gpus(root: Path) -> tuple[str, ...]:
    """Return the PCI devices of Intel's GPUs as ``0x56a0``, in the order of their cards.

    :param root: the root of the file system
    """
    return tuple(f"0x{device:04x}" for device in _devices(root / "sys/class/drm", _CARD))


def kernel_npu(root: Path) -> str | None:
    """Return the processor whose NPU there is, as ``Lunar Lake (0x643e)``, or None.

    :param root: the root of the file system
    """
    for device in _devices(root / "sys/class/accel", _ACCELERATOR):
        name = _NPUS.get(device)
        return f"0x{device:04x}" if name is None else f"{name} (0x{device:04x})"
    return None


def _devices(folder: Path, wanted: re.Pattern[str]) -> Iterator[int]:
    names = [name for name in names_in(folder) if wanted.fullmatch(name)]
    for name in sorted(names, key=lambda name: (len(name), name)):
        entry = folder / name / "device"
        try:
            vendor, device = (int(file_text(entry / kind), 16) for kind in ("vendor", "device"))
        except ValueError:
            continue
        if vendor == _INTEL:
            yield device


def identity(environ: Mapping[str, str], root: Path = Path("/")) -> tuple[str, ...]:
    """Return what changes when the driver or the GPUs that it shows may have changed.

    :param root: the root of the file system
    """
    if sys.platform == "win32":
        folder = Path(environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
        return tuple(stamps([folder / "ze_loader.dll", folder / "ze_intel_gpu64.dll"]))
    return (
        " ".join(names_in(root / "dev/dri")),
        " ".join(names_in(root / "dev/accel")),
        *(file_text(root / "sys/module" / module / "srcversion") for module in ("i915", "xe")),
        *stamps([root / "etc/ld.so.cache"]),
        *stamps_in(library_folders(root, environ), _LIBRARIES),
    )

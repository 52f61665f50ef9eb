"""What tells that the answer about AMD GPUs may have changed since it was found."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.providers.amd_kfd import OVERRIDE_TARGET, TOPOLOGY
from whichwheel.target.providers.amd_rocm import ROCM_PATH, version_files
from whichwheel.target.providers.amd_visible import CUDA_VISIBLE, HIP_VISIBLE, ROCR_VISIBLE
from whichwheel.target.providers.driver_files import file_text, names_in, stamps

__all__ = ["VARIABLES", "identity"]

#: The environment variables that bear on which GPUs there are, and as what.
VARIABLES = (ROCR_VISIBLE, HIP_VISIBLE, CUDA_VISIBLE, OVERRIDE_TARGET, ROCM_PATH)

# Counted up by the kernel with each change, and the version of a driver that came by itself.
_TEXTS = (f"{TOPOLOGY}/generation_id", "sys/module/amdgpu/version")
_LIBRARIES = ("amdhip64_7.dll", "amdhip64_6.dll", "amdhip64.dll")


def identity(environ: Mapping[str, str], root: Path = Path("/")) -> tuple[str, ...]:
    """Return what changes when the driver, ROCm or the GPUs that they show may have changed.

    :param root: the root of the file system
    """
    overrides = (
        f"{name}={environ[name]}"
        for name in sorted(environ)
        if name.startswith(f"{OVERRIDE_TARGET}_")
    )
    if sys.platform == "win32":
        folder = Path(environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
        return tuple(stamps(folder / name for name in _LIBRARIES))
    device = root / "dev/kfd"
    return (
        *(file_text(root / text) for text in _TEXTS),
        f"kfd {device.exists()} {os.access(device, os.R_OK | os.W_OK)}",
        " ".join(names_in(root / "dev/dri")),
        *overrides,
        *stamps(version_files(root, environ)),
    )

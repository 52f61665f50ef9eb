"""What code of others gets to see of the user's environment variables: next to nothing.

No credentials, no home folder, and no ``PATH`` of the user's, in which folders of a project may
stand: programs are found where the system keeps them.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["bearing_of", "child_environment"]

_ALLOWED = frozenset(
    {
        # Which devices a process may use, and in which order.
        *("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES"),
        *("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"),
        *("ZE_AFFINITY_MASK", "ZE_FLAT_DEVICE_HIERARCHY", "ONEAPI_DEVICE_SELECTOR"),
        *("ASCEND_RT_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES"),
        *("TPU_VISIBLE_CHIPS", "TPU_VISIBLE_DEVICES", "TPU_ACCELERATOR_TYPE"),
        # Where drivers and their toolkits lie.
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
        *("CUDA_HOME", "CUDA_PATH", "ROCM_PATH", "ROCM_HOME", "HIP_PATH", "ONEAPI_ROOT"),
        *("ASCEND_TOOLKIT_HOME", "ASCEND_HOME_PATH"),
        # What Windows itself needs to load libraries and to make temporary files.
        *("SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "PROGRAMFILES", "PROGRAMDATA", "TEMP", "TMP"),
        *("PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS"),
        "TMPDIR",
    }
)
#: The ecosystem's providers are overridden by variables of this form.
_OVERRIDE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_VARIANT_PROVIDER_FORCE_[A-Z0-9_]+")
#: They change no answer.
_INDIFFERENT = frozenset({"TEMP", "TMP", "TMPDIR"})

_POSIX_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: Where Linux tells that a driver came, went or was replaced since the machine started.
_DRIVERS = ("nvidia", "amdgpu", "i915", "xe", "habanalabs", "amdxdna", "drv_pcie_host")
_DEVICES = ("nvidia", "kfd", "dri", "accel", "davinci", "dxg", "vfio")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables for code of others.

    :param environ: the user's
    """
    allowed = {name: value for name, value in environ.items() if _is_allowed(name)}
    return allowed | {"PATH": _system_path(allowed)}


def _is_allowed(name: str) -> bool:
    # Windows has them in any case.
    plain = name.upper() if os.name == "nt" else name
    return plain in _ALLOWED or _OVERRIDE.fullmatch(plain) is not None


def _system_path(environ: Mapping[str, str]) -> str:
    if os.name != "nt":
        return _POSIX_PATH
    root = environ.get("SYSTEMROOT", r"C:\Windows")
    return os.pathsep.join([rf"{root}\System32", root, rf"{root}\System32\Wbem"])


def bearing_of(environ: Mapping[str, str], *, root: Path = Path("/")) -> tuple[str, ...]:
    """Return what an answer given earlier depends on, beside the machine and the code.

    :param root: the root of the file system
    """
    variables = [
        f"{name}={value}"
        for name, value in sorted(environ.items())
        if _is_allowed(name) and name.upper() not in _INDIFFERENT
    ]
    if not sys.platform.startswith("linux"):
        return tuple(variables)
    return (*variables, *_driver_marks(root))


def _driver_marks(root: Path) -> list[str]:
    marks = []
    for driver in _DRIVERS:
        module = root / "sys/module" / driver
        try:
            version = (module / "version").read_text(encoding="ascii", errors="replace")
        except OSError:
            version = "loaded" if module.is_dir() else ""
        if version:
            marks.append(f"{driver} {version.strip()}")
    try:
        nodes = sorted(entry.name for entry in (root / "dev").iterdir())
    except OSError:
        nodes = []
    marks += [node for node in nodes if node.startswith(_DEVICES)]
    return marks

"""What this machine says of AMD GPUs and ROCm: the kernel's files on Linux, HIP on Windows.

``rocminfo``, ``rocm-smi`` and ``amd-smi`` are never run. Never ran on a machine with an AMD GPU:
the tests go by recorded trees.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.amd_kfd import TOPOLOGY, KfdGpu, kfd_gpus
from whichwheel.target.providers.amd_rocm import installed_rocm
from whichwheel.target.providers.amd_visible import visible
from whichwheel.target.providers.driver_files import file_text

__all__ = ["detect", "detect_hip", "detect_linux"]

_DEVICE = "dev/kfd"
_DRIVER = "sys/module/amdgpu/version"


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Find the visible GPUs and the installed ROCm out. No GPU is an answer.

    :raises OSError: if a driver is there but does not tell
    """
    if sys.platform == "linux":
        facts = detect_linux(environ)
    elif sys.platform == "win32":
        facts = detect_hip()
    else:
        facts = _absent("ROCm is for Linux and Windows")
    return facts


def detect_linux(environ: Mapping[str, str], root: Path = Path("/")) -> Facts:
    """Read what the kernel and ROCm leave in files.

    :param environ: the variables that hide GPUs, or say where ROCm is
    :param root: the root of the file system
    :raises OSError: if the kernel does not tell what a GPU is
    """
    if not (root / TOPOLOGY).is_dir():
        return _absent(f"no /{TOPOLOGY}")
    device = root / _DEVICE
    if not device.exists():
        return _absent(f"no /{_DEVICE}")
    if not os.access(device, os.R_OK | os.W_OK):
        return _absent(f"/{_DEVICE} is not open to this user")
    gpus = kfd_gpus(root, environ)
    if not gpus:
        return _absent(f"no GPU in /{TOPOLOGY} that is open to this user")
    seen = visible([gpu.uuid for gpu in gpus], environ)
    facts = [_fact("present", value=True, source=f"/{TOPOLOGY}")]
    rocm = installed_rocm(root, environ)
    if rocm is not None:
        facts.append(_fact("rocm_version", *rocm))
    driver = file_text(root / _DRIVER)
    if driver:
        facts.append(_fact("driver_version", driver[:200], f"/{_DRIVER}"))
    facts += _of_gpus([gpus[index] for index in seen.indices], ", ".join(seen.by))
    hidden = [index for index in range(len(gpus)) if index not in seen.indices]
    if hidden:
        names = tuple(f"GPU {index} ({gpus[index].name})" for index in hidden)
        facts.append(_fact("hidden_gpus", names, ", ".join(seen.by)))
    return Facts(facts)


def _of_gpus(gpus: Sequence[KfdGpu], filtered_by: str) -> Iterator[Fact]:
    """Yield the facts of all GPUs: lists in their order, those that are known of every one."""
    kernel = f"/{TOPOLOGY}"
    told_by = ", ".join(dict.fromkeys(gpu.told_by for gpu in gpus)) or filtered_by
    yield _fact("gfx_archs", tuple(gpu.target for gpu in gpus), told_by)
    yield _fact("gpus", tuple(gpu.name for gpu in gpus), kernel)
    if not gpus:
        return
    memory = tuple(str(gpu.memory_mib) for gpu in gpus if gpu.memory_mib is not None)
    if len(memory) == len(gpus):
        yield _fact("memory_mib", memory, kernel)
    if all(gpu.uuid for gpu in gpus):
        yield _fact("uuids", tuple(gpu.uuid for gpu in gpus), kernel)


def detect_hip() -> Facts:
    """Ask the HIP runtime that the driver for Windows brings.

    :raises DriverFailed: if it answers with an error
    """
    from whichwheel.target.providers.amd_hip import (  # noqa: PLC0415 -- Windows alone needs it
        hip_gpus,
        hip_library,
        hip_version,
    )

    library = hip_library()
    if library is None:
        return _absent("no HIP runtime (`amdhip64.dll`)")
    try:
        gpus, version = hip_gpus(library), hip_version(library)
    except AttributeError as error:
        raise OSError(f"the HIP runtime is not whole: {error}") from None
    if not gpus:
        return _absent("the HIP runtime shows no GPU")
    source = "the HIP runtime"
    facts = [
        _fact("present", value=True, source=source),
        _fact("rocm_version", version, "hipRuntimeGetVersion"),
        _fact("gfx_archs", tuple(gpu.target for gpu in gpus), source),
        _fact("gpus", tuple(gpu.name for gpu in gpus), source),
    ]
    memory = tuple(str(gpu.memory_mib) for gpu in gpus if gpu.memory_mib is not None)
    if len(memory) == len(gpus):
        facts.append(_fact("memory_mib", memory, source))
    return Facts(facts)


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"amd.{name}", value, Origin.DETECTED, source)


def _absent(source: str) -> Facts:
    return Facts([_fact("present", value=False, source=source)])

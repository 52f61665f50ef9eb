"""What Level Zero says of Intel's GPUs on this machine, and the kernel of those without a driver.

``xpu-smi``, ``sycl-ls`` and ``clinfo`` are never run. Never ran on a machine with an Intel GPU.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.intel_kernel import AFFINITY_MASK, kernel_gpus, kernel_npu
from whichwheel.target.providers.intel_level_zero import (
    Listing,
    ZeroGpu,
    level_zero_library,
    list_gpus,
)

__all__ = ["detect"]

_LEVEL_ZERO = "Level Zero"


def detect(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Facts:
    """Ask Level Zero. No driver is an answer, a driver that fails is not.

    :param environ: the environment variables; ``ZE_AFFINITY_MASK`` hides GPUs
    :param root: the root of the file system, for what the kernel shows
    :raises DriverFailed: if a driver is there but does not work
    """
    library = level_zero_library()
    listing = Listing(None) if library is None else list_gpus(library)
    if library is None:
        facts = [_fact("present", value=False, source="no Level Zero library")]
    elif listing.driver_version is None:
        facts = [_fact("present", value=False, source="no driver that Level Zero can use")]
    else:
        facts = [
            _fact("present", value=True, source=_LEVEL_ZERO),
            _fact("driver_version", listing.driver_version, "zeDriverGetProperties"),
            *_of_gpus(listing.gpus),
        ]
        if AFFINITY_MASK in environ:
            facts.append(_fact("affinity_mask", environ[AFFINITY_MASK][:200], AFFINITY_MASK))
    if sys.platform == "linux":
        facts += _of_kernel(root)
    return Facts(facts)


def _of_gpus(gpus: tuple[ZeroGpu, ...]) -> Iterator[Fact]:
    """Yield the facts of all GPUs: lists in their order, those that are known of every one."""
    yield _fact("device_ips", tuple(gpu.device_ip for gpu in gpus), _LEVEL_ZERO)
    yield _fact("gpus", tuple(gpu.name for gpu in gpus), _LEVEL_ZERO)
    if not gpus:
        return
    yield _fact("device_ids", tuple(f"0x{gpu.device_id:04x}" for gpu in gpus), _LEVEL_ZERO)
    kinds = tuple("integrated" if gpu.is_integrated else "discrete" for gpu in gpus)
    yield _fact("kinds", kinds, _LEVEL_ZERO)
    memory = tuple(str(gpu.memory_mib) for gpu in gpus if gpu.memory_mib is not None)
    if len(memory) == len(gpus):
        yield _fact("memory_mib", memory, _LEVEL_ZERO)


def _of_kernel(root: Path) -> Iterator[Fact]:
    gpus, npu = kernel_gpus(root), kernel_npu(root)
    if gpus:
        yield _fact("kernel_gpus", gpus, "/sys/class/drm")
    if npu is not None:
        yield _fact("npu", npu, "/sys/class/accel")


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"intel.{name}", value, Origin.DETECTED, source)

"""What NVIDIA's driver says of itself and of the GPUs, asked through its own libraries.

``libcuda`` (``cuDriverGetVersion``, which needs no initialisation) tells the CUDA version.
NVML lists the GPUs. Where it cannot, and where only the CUDA driver API knows which of them a
CUDA program sees, and in which order, that API is asked. ``nvidia-smi`` is never run. All of it
may hang in a broken driver: run :func:`detect` in a child process.

Never ran against a real driver or GPU: the tests load small libraries that speak the same
functions. The Windows and WSL paths never ran at all.
"""

import ctypes
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.nvidia_cuda import driver_version, seen_gpus
from whichwheel.target.providers.nvidia_libraries import (
    DriverFailed,
    cuda_library,
    nvml_library,
)
from whichwheel.target.providers.nvidia_nvml import Listing, list_gpus
from whichwheel.target.providers.nvidia_surroundings import jetson_model, runs_under_wsl
from whichwheel.target.providers.nvidia_visible import (
    DEVICE_ORDER,
    VISIBLE_DEVICES,
    Gpu,
    hidden,
    hides_all,
    visible,
)

__all__ = ["DriverFailed", "detect"]

_BY_CUDA = "the CUDA driver API"
_BY_VERSION = "cuDriverGetVersion"


@dataclass(frozen=True, slots=True)
class _Seen:
    """The GPUs that a CUDA program sees, and what told it."""

    gpus: tuple[Gpu, ...]
    source: str


def detect(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Facts:
    """Ask the driver. No driver at all is an answer, a driver that fails is not.

    :param environ: the environment variables; ``CUDA_VISIBLE_DEVICES`` hides GPUs
    :param root: the root of the file system, in which WSL and Jetsons are recognised
    :raises DriverFailed: if a driver is there but does not work
    """
    cuda = cuda_library()
    if cuda is None:
        return _absent("no CUDA driver library")
    try:
        version = driver_version(cuda)
        if version is None:
            return _absent("only the stub of the CUDA driver library")
        jetson = jetson_model(root)
        nvml = nvml_library()
        listing = list_gpus(nvml) if nvml is not None else None
        seen = _seen(cuda, listing, environ, is_jetson=jetson is not None)
    except AttributeError as error:
        raise DriverFailed(f"the CUDA driver library is not whole: {error}") from None
    facts = [
        _fact("present", value=True, source=_BY_VERSION),
        _fact("driver_cuda_version", str(version), _BY_VERSION),
    ]
    if listing is not None and listing.driver_version is not None:
        facts.append(_fact("driver_version", listing.driver_version, listing.source))
    facts += _of_gpus(seen)
    if listing is not None and VISIBLE_DEVICES in environ:
        names = hidden(listing.gpus, seen.gpus)
        if names:
            facts.append(_fact("hidden_gpus", names, VISIBLE_DEVICES))
    if runs_under_wsl(root):
        facts.append(_fact("wsl", value=True, source="/proc/sys/kernel/osrelease"))
    if jetson is not None:
        facts.append(_fact("jetson", jetson, "/proc/device-tree"))
    return Facts(facts)


def _seen(
    cuda: ctypes.CDLL, listing: Listing | None, environ: Mapping[str, str], *, is_jetson: bool
) -> _Seen:
    variable = environ.get(VISIBLE_DEVICES)
    if hides_all(variable):
        return _Seen((), VISIBLE_DEVICES)
    # A Jetson's NVML knows little of its GPU.
    if listing is not None and not is_jetson:
        gpus = visible(listing.gpus, variable, environ.get(DEVICE_ORDER))
        if gpus is not None:
            return _Seen(gpus, listing.source)
    gpus = seen_gpus(cuda)
    if listing is not None:
        gpus = tuple(_completed(gpu, listing) for gpu in gpus)
    return _Seen(gpus, _BY_CUDA)


def _completed(gpu: Gpu, listing: Listing) -> Gpu:
    """Return a GPU that CUDA sees with what NVML knows of it besides."""
    for each in listing.gpus:
        for known in (each, *each.parts):
            if gpu.uuid and known.uuid == gpu.uuid:
                memory = gpu.memory_mib if known.memory_mib is None else known.memory_mib
                return replace(gpu, memory_mib=memory, mig=known.mig)
    return gpu


def _of_gpus(seen: _Seen) -> Iterator[Fact]:
    """Yield the facts of all GPUs: lists in their order, those that are known of every one."""
    gpus, source = seen.gpus, seen.source
    yield _fact("compute_capabilities", tuple(str(gpu.capability) for gpu in gpus), source)
    yield _fact("gpus", tuple(gpu.name for gpu in gpus), source)
    if not gpus:
        return
    memory = tuple(str(gpu.memory_mib) for gpu in gpus if gpu.memory_mib is not None)
    if len(memory) == len(gpus):
        yield _fact("memory_mib", memory, source)
    yield _fact("mig", tuple(gpu.mig for gpu in gpus), source)
    if all(gpu.uuid for gpu in gpus):
        yield _fact("uuids", tuple(gpu.uuid for gpu in gpus), source)


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"nvidia.{name}", value, Origin.DETECTED, source)


def _absent(source: str) -> Facts:
    return Facts([_fact("present", value=False, source=source)])

"""Reading what ``nvidia-smi`` and ``deviceQuery`` printed, as facts."""

import re
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin

__all__ = ["recorded_facts"]

RECORDED = Path(__file__).parents[1] / "data" / "nvidia"

# From NVIDIA's page "CUDA GPU Compute Capability", by the beginning of the product's name.
_CAPABILITIES = {
    "NVIDIA A100": "8.0",
    "NVIDIA H100": "9.0",
    "NVIDIA GeForce GTX 1650 Ti": "7.5",
    "NVIDIA GeForce RTX 3090": "8.6",
    "NVIDIA GeForce RTX 5070 Ti": "12.0",
    "NVIDIA RTX PRO 6000 Blackwell": "12.0",
}

# Each way in which the tools write a thing, its text as the only group that took part.
_CUDA = (
    r"CUDA Version *: *([\d.]+)|<cuda_version>([\d.]+)<|CUDA Driver Version.*? {2}([\d.]+) /"
    r"|CUDA Runtime \(per driver\):\*\* ([\d.]+)"
)
_DRIVER = r"Driver Version *: *([\d.]+)|<driver_version>([\d.]+)<|\| driver ([\d.]+) \|"
_NAME = (
    r'^GPU \d+: (.+) \(UUID|^\| +\d+  (\S+(?: \S+)*) {2}|^Device \d+: "(.+)"'
    r"|Product Name +: (.+)$|<product_name>(.+)<|GPU \d+:\*\* (.+?) \|"
)
_CAPABILITY = r"CUDA Capability .*: +([\d.]+)"
_MEMORY = r"/ (\d+)MiB|global memory: +(\d+) MBytes|<total>(\d+) MiB|\| (\d+) MiB \|"
_UUID = r"^GPU \d+: .+UUID: (GPU-[^)]+)|GPU UUID +: (\S+)|<uuid>(.+)<"


def recorded_facts(name: str) -> Facts:
    """Return the facts of a recorded machine.

    GPUs that have MIG devices are those in MIG mode; the devices themselves are left out.
    """
    text = (RECORDED / f"{name}.txt").read_text()
    names = _all(_NAME, text)
    capabilities = _all(_CAPABILITY, text) or [_known_capability(each) for each in names]
    found: dict[str, FactValue] = {"driver_cuda_version": _all(_CUDA, text)[0]}
    for key, values in (("compute_capabilities", capabilities), ("gpus", names)):
        found[key] = tuple(values)
    for key, pattern in (("memory_mib", _MEMORY), ("uuids", _UUID)):
        values = _all(pattern, text)
        if len(values) == len(names):
            found[key] = tuple(values)
    drivers = _all(_DRIVER, text)
    if drivers:
        found["driver_version"] = drivers[0]
    return Facts(
        Fact(f"nvidia.{key}", value, Origin.DETECTED, "a recording") for key, value in found.items()
    )


def _all(pattern: str, text: str) -> list[str]:
    found = re.finditer(pattern, text, re.MULTILINE)
    return [next(group for group in match.groups() if group is not None) for match in found]


def _known_capability(name: str) -> str:
    return next(known for start, known in _CAPABILITIES.items() if name.startswith(start))

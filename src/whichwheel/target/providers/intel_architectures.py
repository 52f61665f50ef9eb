"""The IP versions of Intel's GPUs, and whose code runs on which.

A version is ``architecture.release.revision``; Intel calls it GMDID too. Code that was compiled
ahead for one GPU runs on that one, and on those that Intel lists as compatible.
"""

import re
from collections.abc import Mapping
from typing import Self

from whichwheel.spec.values import dataclass

__all__ = ["COMPATIBLE", "DeviceIp", "runs_on", "values_of"]

_WRITTEN = re.compile(r"(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d?)")

_REVISION_BITS = 6
_RELEASE_SHIFT, _RELEASE_BITS = 14, 8
_ARCHITECTURE_SHIFT = 22

#: The GPUs that run code for another one, besides that one. Sources: Intel's compute runtime,
#: `platforms.h`, `compatibilityMapping`; those of 30.3.1 and later: intel-variant-provider.
COMPATIBLE: Mapping[str, tuple[str, ...]] = {
    "12.55.8": ("12.56.5", "12.57.0"),
    "12.70.4": ("12.71.4",),
    "20.1.0": ("20.2.0", "20.4.4"),
    "30.0.4": ("30.1.0", "30.3.0", "30.3.1", "30.4.4", "30.5.4"),
}
_BASES = {device: base for base, devices in COMPATIBLE.items() for device in devices}


@dataclass(frozen=True, slots=True)
class DeviceIp:
    """The IP version of a GPU."""

    architecture: int
    release: int
    revision: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``12.55.8``; None if it is something else."""
        match = _WRITTEN.fullmatch(text)
        return None if match is None else cls(*map(int, match.groups()))

    @classmethod
    def unpack(cls, number: int) -> Self:
        """Read the number that drivers tell (compute runtime, ``hw_ip_version.h``).

        >>> str(DeviceIp.unpack(0x030DC008))
        '12.55.8'
        """
        return cls(
            number >> _ARCHITECTURE_SHIFT,
            number >> _RELEASE_SHIFT & (1 << _RELEASE_BITS) - 1,
            number & (1 << _REVISION_BITS) - 1,
        )

    def __str__(self) -> str:
        return f"{self.architecture}.{self.release}.{self.revision}"


def values_of(device: str) -> tuple[str, ...]:
    """Return what a GPU runs: its own code, then that of the one it is compatible with.

    >>> values_of("20.4.4")
    ('20.4.4', '20.1.0')
    """
    base = _BASES.get(device)
    return (device,) if base is None else (device, base)


def runs_on(code: str) -> tuple[str, ...]:
    """Return the GPUs that code for one runs on, as far as they are known."""
    return (code, *COMPATIBLE.get(code, ()))

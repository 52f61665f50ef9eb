"""Which code a GPU runs: the arithmetic of compute capabilities, as NVIDIA documents it.

The values of ``sm_arch`` are written as the published provider writes them, after CMake's
``CUDA_ARCHITECTURES``: the compute capability without its dot, then ``_real`` for machine code
(a cubin) or ``_virtual`` for intermediate code (PTX). NVIDIA's suffixes stand where CMake has
them too, behind the digits: ``90a_real``, ``100f_virtual``.
"""

import re
from enum import StrEnum
from typing import Self

from whichwheel.spec.values import dataclass

__all__ = ["OLDEST_MAJOR", "Architecture", "Capability", "FeatureSet", "runs", "values_of"]

#: The oldest major that the published values name.
OLDEST_MAJOR = 5

_CAPABILITY = re.compile(r"([1-9]\d{0,2})\.(\d)")
_VALUE = re.compile(r"([1-9]\d{0,2})(\d)([af]?)_(real|virtual)")

# "Binary compatibility is supported only for the desktop. It is not supported for Tegra. Also,
# the binary compatibility between desktop and Tegra is not supported." (CUDA C++ Programming
# Guide, Binary Compatibility). These are the GPUs inside Tegra systems on a chip: X1, X2,
# Xavier, Orin, and Thor under its name before and since CUDA 13.0.
_TEGRA = {(5, 3), (6, 2), (7, 2), (8, 7), (10, 1), (11, 0)}

# "Architecture-specific compiler targets were introduced with Compute Capability 9.0 devices",
# the family-specific ones with 10.0 (CUDA Programming Guide, Feature Set Compiler Targets).
_FIRST_ARCHITECTURE_SPECIFIC = (9, 0)
_FIRST_FAMILY_SPECIFIC = (10, 0)


class FeatureSet(StrEnum):
    """Which features code may use, by the suffix that NVIDIA gives them."""

    BASELINE = ""
    FAMILY = "f"
    ARCHITECTURE = "a"


@dataclass(frozen=True, slots=True, order=True)
class Capability:
    """The compute capability of a GPU, as 9.0."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``9.0``; None if it is none.

        >>> Capability.parse("12.1")
        Capability(major=12, minor=1)
        """
        match = _CAPABILITY.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @property
    def is_tegra(self) -> bool:
        """Whether it is that of a GPU inside a Tegra, which shares machine code with no other."""
        return (self.major, self.minor) in _TEGRA

    @property
    def family(self) -> tuple[int, ...]:
        """What all GPUs of one family have in common: the major, with one exception.

        10.1 was Thor's before it was renamed 11.0, and is compatible with no other 10.x.
        """
        pair = (self.major, self.minor)
        return pair if pair == (10, 1) else (self.major,)

    @property
    def feature_sets(self) -> tuple[FeatureSet, ...]:
        """The feature sets that code for it can be compiled with, the largest first."""
        pair = (self.major, self.minor)
        sets = [FeatureSet.BASELINE]
        if pair >= _FIRST_FAMILY_SPECIFIC:
            sets.insert(0, FeatureSet.FAMILY)
        if pair >= _FIRST_ARCHITECTURE_SPECIFIC:
            sets.insert(0, FeatureSet.ARCHITECTURE)
        return tuple(sets)


@dataclass(frozen=True, slots=True)
class Architecture:
    """What code was compiled for: a value of ``sm_arch``.

    :param capability: the compute capability
    :param features: which features it may use
    :param is_virtual: whether it is intermediate code, which the driver compiles when it runs
    """

    capability: Capability
    features: FeatureSet = FeatureSet.BASELINE
    is_virtual: bool = False

    @classmethod
    def parse(cls, value: str) -> Self | None:
        """Read a value; None if it is none.

        >>> Architecture.parse("100f_real").features
        <FeatureSet.FAMILY: 'f'>
        """
        match = _VALUE.fullmatch(value)
        if match is None:
            return None
        capability = Capability(int(match[1]), int(match[2]))
        features = FeatureSet(match[3])
        if features not in capability.feature_sets:
            return None
        return cls(capability, features, match[4] == "virtual")

    def __str__(self) -> str:
        digits = f"{self.capability.major}{self.capability.minor}"
        return f"{digits}{self.features}_{'virtual' if self.is_virtual else 'real'}"

    @property
    def needs(self) -> str:
        """What it runs on, as a clause: ``machine code for 9.0 needs 9.0 or a later 9.x``."""
        own = self.capability
        later = f"{own} or a later {own.major}.x"
        if self.features is FeatureSet.ARCHITECTURE:
            what, needs = "architecture-specific code", f"exactly {own}"
        elif self.features is FeatureSet.FAMILY:
            what, needs = "family-specific code", later
            if own.family != (own.major,) or (own.is_tegra and not self.is_virtual):
                needs = f"exactly {own}"
        elif self.is_virtual:
            what, needs = "intermediate code", f"{own} or later"
        elif own.is_tegra:
            what, needs = "machine code of a Tegra", f"exactly {own}"
        else:
            what, needs = "machine code", later
        return f"{what} for {own} needs {needs}"


def runs(capability: Capability, code: Architecture) -> bool:
    """Return whether a GPU runs code.

    >>> runs(Capability(8, 9), Architecture(Capability(8, 6)))
    True
    """
    own = code.capability
    if code.features is FeatureSet.ARCHITECTURE:
        return capability == own
    if code.features is FeatureSet.FAMILY and capability.family != own.family:
        return False
    if code.is_virtual:
        return capability >= own
    if capability.is_tegra or own.is_tegra:
        return capability == own
    return capability.major == own.major and capability.minor >= own.minor


def values_of(capability: Capability) -> tuple[str, ...]:
    """Return all code that a GPU runs, best first.

    Machine code before intermediate code, which the driver still has to compile; code for later
    GPUs before code for older ones; more features before fewer. The published provider's values
    stand in its order, so that the additional ones never change a choice among those.

    >>> values_of(Capability(5, 0))
    ('50_real', '50_virtual')
    """
    if capability.major < OLDEST_MAJOR:
        return ()
    found = []
    for is_virtual in (False, True):
        for own in _up_to(capability, capability.major if not is_virtual else OLDEST_MAJOR):
            for features in own.feature_sets:
                code = Architecture(own, features, is_virtual)
                if runs(capability, code):
                    found.append(str(code))
    return tuple(found)


def _up_to(capability: Capability, oldest: int) -> list[Capability]:
    """Return all capabilities down from one to ``oldest``.0, whether a GPU has them or not."""
    own = [Capability(capability.major, minor) for minor in range(capability.minor, -1, -1)]
    return own + [
        Capability(major, minor)
        for major in range(capability.major - 1, oldest - 1, -1)
        for minor in range(9, -1, -1)
    ]

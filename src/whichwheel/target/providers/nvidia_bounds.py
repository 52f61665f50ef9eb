"""Bounds on the driver's CUDA version, by arithmetic on the published provider's values.

A driver runs what was built with any CUDA toolkit that is not newer, and by minor version
compatibility what was built with a newer one of the same major. Which of both a wheel relies on,
its publisher says by the bound: ``12.8`` or ``12.0`` for code of toolkit 12.8 (CUDA
Compatibility, Minor Version Compatibility).
"""

import re
from typing import Self

from whichwheel.spec.values import dataclass

__all__ = ["CudaVersion", "lower_bounds", "upper_bounds", "why_lower", "why_upper"]

# The range of the values that the published provider defines, which wheels are labelled with.
_OLDEST_MAJOR = 11
_NEWEST_MAJOR = 15
_NEWEST_MINOR = 20
#: How many majors beyond the driver's an upper bound may lie: a wheel that excludes a version
#: farther away than that is not seen, while every further value costs each selection.
_MAJORS_AHEAD = 4

_VERSION = re.compile(r"v?(\d{1,4})(?:\.(\d{1,4}))?(?:\.\d+)*")
_RANGE = f"the values begin with {_OLDEST_MAJOR} and their minors end with {_NEWEST_MINOR}"


@dataclass(frozen=True, slots=True, order=True)
class CudaVersion:
    """A CUDA version, as 12.8."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``12.8``, ``12`` or ``v12.8.1``; None if it is no version.

        >>> str(CudaVersion.parse("12"))
        '12.0'
        """
        match = _VERSION.fullmatch(text)
        return cls(int(match[1]), int(match[2] or 0)) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


def lower_bounds(driver: CudaVersion) -> tuple[str, ...]:
    """Return what a driver is at least: ``a.b`` down to ``a.0``, ``a``, then older majors."""
    bounds = [*_versions(driver.major, driver.minor), str(driver.major)]
    for older in range(driver.major - 1, _OLDEST_MAJOR - 1, -1):
        bounds += [*_versions(older, _NEWEST_MINOR), str(older)]
    return tuple(bounds)


def upper_bounds(driver: CudaVersion) -> tuple[str, ...]:
    """Return what a driver is below: the newest version in sight down to ``a.(b+1)``."""
    bounds: list[str] = []
    for newer in range(max(_NEWEST_MAJOR, driver.major) + _MAJORS_AHEAD, driver.major, -1):
        bounds += [*_versions(newer, _NEWEST_MINOR), str(newer)]
    bounds += _versions(driver.major, max(_NEWEST_MINOR, driver.minor + 1), driver.minor + 1)
    return tuple(bounds)


def why_lower(driver: CudaVersion, value: str) -> str:
    """Say as one clause whether and why a driver is at least ``value``."""
    bound = CudaVersion.parse(value)
    if bound is None:
        return f"`{value}` is no CUDA version"
    if bound > driver:
        return f"the driver's CUDA version is {driver}, and {bound} or later is needed"
    if value in lower_bounds(driver):
        return f"the driver's CUDA version {driver} is not older than {bound}"
    return f"`{value}` is no bound that is in use: {_RANGE}"


def why_upper(driver: CudaVersion, value: str) -> str:
    """Say as one clause whether and why a driver is below ``value``."""
    bound = CudaVersion.parse(value)
    if bound is None:
        return f"`{value}` is no CUDA version"
    if bound <= driver:
        return f"the driver's CUDA version is {driver}, and one older than {bound} is needed"
    if value in upper_bounds(driver):
        return f"the driver's CUDA version {driver} is older than {bound}"
    return f"`{value}` is no bound that is in use: {_RANGE}"


def _versions(major: int, newest: int, oldest: int = 0) -> list[str]:
    return [f"{major}.{minor}" for minor in range(newest, oldest - 1, -1)]

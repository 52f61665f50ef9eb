"""The ``nvidia`` namespace: the driver's CUDA version and the GPUs' architectures.

Values follow by arithmetic from the driver's CUDA version and the compute capabilities, so
that versions and architectures nobody has heard of yet work like any other.
"""

import re
from collections.abc import Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.nvidia_driver import detect
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    InvalidOverride,
    KnownProvider,
    in_words,
)

__all__ = ["PROVIDER", "overrides", "properties"]

_PRESENT = "nvidia.present"
_CUDA = "nvidia.driver_cuda_version"
_CAPABILITIES = "nvidia.compute_capabilities"

# The range of the values that the published provider defines, which wheels are labelled with.
_OLDEST_MAJOR = 11
_NEWEST_MAJOR = 15
_NEWEST_MINOR = 20
_OLDEST_CAPABILITY = 5
#: How many majors beyond the driver's an upper bound may lie: a wheel that excludes a version
#: farther away than that is not seen, while every further value costs each selection.
_MAJORS_AHEAD = 4

_FORCE_CUDA = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"
_FORCE_SM = "NV_VARIANT_PROVIDER_FORCE_SM_ARCH"
_VERSION = re.compile(r"v?(\d{1,4})(?:\.(\d{1,4}))?(?:\.\d+)*")
_CAPABILITY = re.compile(r"(\d{1,3})\.(\d)")


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the bounds on the driver's CUDA version and the architectures, all best first.

    Of several GPUs only what all of them run is supported: code that fails on one of two cards
    is a trap. Without a driver, or where the GPUs are known to be none, nothing is supported;
    where they are not known at all, only the bounds are.
    """
    version = _pair(_VERSION, facts.text(_CUDA))
    if version is None or (_CAPABILITIES in facts and not facts.texts(_CAPABILITIES)):
        return {}
    supported = {
        "cuda_version_lower_bound": _lower_bounds(*version),
        "cuda_version_upper_bound": _upper_bounds(*version),
    }
    capabilities = [_pair(_CAPABILITY, text) for text in facts.texts(_CAPABILITIES)]
    architectures = _architectures([pair for pair in capabilities if pair is not None])
    if architectures:
        supported["sm_arch"] = architectures
    return supported


def _pair(pattern: re.Pattern[str], text: str | None) -> tuple[int, int] | None:
    match = pattern.fullmatch(text) if text is not None else None
    return (int(match[1]), int(match[2] or 0)) if match else None


def _versions(major: int, newest: int, oldest: int = 0) -> list[str]:
    return [f"{major}.{minor}" for minor in range(newest, oldest - 1, -1)]


def _lower_bounds(major: int, minor: int) -> tuple[str, ...]:
    """Return what a driver is at least: ``a.b`` down to ``a.0``, ``a``, then older majors."""
    bounds = [*_versions(major, minor), str(major)]
    for older in range(major - 1, _OLDEST_MAJOR - 1, -1):
        bounds += [*_versions(older, _NEWEST_MINOR), str(older)]
    return tuple(bounds)


def _upper_bounds(major: int, minor: int) -> tuple[str, ...]:
    """Return what a driver is below: the newest version in sight down to ``a.(b+1)``."""
    bounds: list[str] = []
    for newer in range(max(_NEWEST_MAJOR, major) + _MAJORS_AHEAD, major, -1):
        bounds += [*_versions(newer, _NEWEST_MINOR), str(newer)]
    bounds += _versions(major, max(_NEWEST_MINOR, minor + 1), minor + 1)
    return tuple(bounds)


def _architectures(capabilities: list[tuple[int, int]]) -> tuple[str, ...]:
    """Return the code that all GPUs run, best first.

    Machine code (``real``) runs within its major from its minor on; intermediate code
    (``virtual``) runs on everything newer. The published provider's values come first and in
    its order, so that the additional ones never change a choice among those.
    """
    if not capabilities:
        return ()
    reals = set.intersection(
        *({(major, lower) for lower in range(minor + 1)} for major, minor in capabilities)
    )
    major, minor = min(capabilities)
    if major < _OLDEST_CAPABILITY:
        return ()
    virtuals = [(major, lower) for lower in range(minor, -1, -1)]
    for older in range(major - 1, _OLDEST_CAPABILITY - 1, -1):
        virtuals += [(older, lower) for lower in range(9, -1, -1)]
    virtuals.remove((major, 0))
    return tuple(
        [f"{first}{second}_real" for first, second in sorted(reals, reverse=True)]
        + [f"{first}{second}_virtual" for first, second in [(major, 0), *virtuals]]
    )


def phrase(facts: Facts) -> str:
    """Return the driver's CUDA version and the GPUs in words."""
    cuda = facts.get(_CUDA)
    if cuda is None:
        present = facts.get(_PRESENT)
        origin = present.origin if present is not None else Origin.DEFAULT
        words = "no GPU" if origin is Origin.DEFAULT else "no NVIDIA driver"
        if present is not None and present.value is True:
            words = "an NVIDIA driver of unknown CUDA version"
        return in_words([(words, origin)])
    parts = [(f"driver CUDA {cuda.value}", cuda.origin)]
    capabilities = facts.get(_CAPABILITIES)
    if capabilities is not None:
        values = list(dict.fromkeys(facts.texts(_CAPABILITIES)))
        if not values:
            words = "no visible GPU"
        elif len(values) == 1:
            words = f"compute capability {values[0]}"
        else:
            words = f"compute capabilities {', '.join(values[:-1])} and {values[-1]}"
        parts.append((words, capabilities.origin))
    return in_words(parts)


def overrides(environ: Mapping[str, str]) -> tuple[Fact, ...]:
    """Read the variables of the published provider; an empty one counts as absent.

    :raises InvalidOverride: if one of them holds something else than it should
    """
    given = []
    for variable, key, pattern, expected in (
        (_FORCE_CUDA, _CUDA, _VERSION, "a CUDA version as `12.8`"),
        (_FORCE_SM, _CAPABILITIES, _CAPABILITY, "a compute capability as `9.0`"),
    ):
        text = environ.get(variable, "").strip()
        if not text:
            continue
        pair = _pair(pattern, text)
        if pair is None:
            raise InvalidOverride(variable, text, expected)
        value = f"{pair[0]}.{pair[1]}"
        held = (value,) if key == _CAPABILITIES else value
        given.append(Fact(key, held, Origin.GIVEN, variable))
    return tuple(given)


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no GPU: of a described machine nothing else can be assumed."""
    return Facts(
        [Fact(_PRESENT, value=False, origin=Origin.DEFAULT, source="nothing was said of a GPU")]
    )


PROVIDER = KnownProvider(
    name="nvidia",
    fields=(
        FactField("present", FactKind.FLAG),
        FactField(
            "driver_cuda_version",
            FactKind.TEXT,
            re.compile(r"\d{1,4}(\.\d{1,4})?"),
            "a CUDA version as `12.8`",
        ),
        FactField(
            "compute_capabilities",
            FactKind.TEXTS,
            _CAPABILITY,
            "compute capabilities as `9.0`",
            needs="driver_cuda_version",
        ),
        FactField("driver_version", FactKind.TEXT),
        FactField("gpus", FactKind.TEXTS),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    overrides=overrides,
    settled_by=frozenset({_CUDA, _CAPABILITIES}),
    isolated=True,
)

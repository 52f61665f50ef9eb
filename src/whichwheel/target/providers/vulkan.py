"""The ``vulkan`` namespace: the version of the Vulkan API that the GPUs serve.

Versions follow by arithmetic from those of the devices, so that a 1.9 nobody has heard of yet
works like any other.
"""

import re
from collections.abc import Mapping
from typing import Self

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.gpus import POLICY_FIELD, GpuPolicy, no_gpu_assumed, per_gpu, policy_of
from whichwheel.target.providers.gpu_words import gpu_called, joined, policy_words, verdict
from whichwheel.target.providers.provider import FactField, FactKind, KnownProvider, in_words
from whichwheel.target.providers.vulkan_surroundings import VARIABLES, identity

__all__ = ["PROVIDER", "properties", "why"]

_NAME = "vulkan"
_PRESENT = "vulkan.present"
_GPUS = "vulkan.gpus"
_VERSIONS = "vulkan.api_versions"
_TYPES = "vulkan.device_types"
_LOADER = "vulkan.loader_version"

_FEATURE = "api_version"
_CPU = "cpu"
_VERSION = re.compile(r"(?P<major>[1-9]\d{0,2})\.(?P<minor>0|[1-9]\d{0,3})")


@dataclass(frozen=True, slots=True)
class _ApiVersion:
    """A version of the Vulkan API without its patch, which adds no functionality."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        match = _VERSION.fullmatch(text)
        return None if match is None else cls(int(match["major"]), int(match["minor"]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    def serves(self, other: Self) -> bool:
        """Return whether programs for another version run: minors add, majors may break."""
        return self.major == other.major and self.minor >= other.minor

    def lower_bounds(self) -> tuple[str, ...]:
        """Return the versions whose programs run, best first."""
        return tuple(f"{self.major}.{minor}" for minor in range(self.minor, -1, -1))


_FIRST = _ApiVersion(1, 0)


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the versions that the GPUs serve, best first; processors do not count as GPUs.

    :raises InvalidGpuPolicy: if the policy picks a device that is not there
    """
    versions = [() if each is None else each.lower_bounds() for each in _versions(facts)]
    common = _policy(facts).common(versions)
    # Where any GPU will do, the best of them need not be the first.
    best_first = sorted(common, key=lambda text: [int(part) for part in text.split(".")])[::-1]
    return {_FEATURE: tuple(best_first)} if common else {}


def phrase(facts: Facts) -> str:
    """Return the versions of the GPUs in words."""
    listed = facts.get(_VERSIONS)
    gpus = _gpu_numbers(facts)
    if listed is not None and gpus:
        own = facts.texts(_VERSIONS)
        words = f"Vulkan {joined([own[index] for index in gpus])}"
        parts = [(words, listed.origin), *policy_words(facts, _NAME, len(own))]
        if _old_loader(facts):
            parts.insert(1, (f"a loader of Vulkan {_FIRST}", facts[_LOADER].origin))
        return in_words(parts)
    fact = listed or facts.get(_PRESENT)
    origin = Origin.DEFAULT if fact is None else fact.origin
    if listed is None and fact is not None and fact.value is True:
        return in_words([("Vulkan of unknown version", origin)])
    return in_words([("no GPU" if origin is Origin.DEFAULT else "no Vulkan GPU", origin)])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which fact makes a version supported or not, naming the GPU that refuses."""
    if feature != _FEATURE:
        return f"`{_NAME}` has the feature `{_FEATURE}`, and no `{feature}`"
    wanted = _ApiVersion.parse(value)
    if wanted is None:
        return f"`{value}` is no version of the Vulkan API, as `1.3` is"
    versions, policy = _versions(facts), _policy(facts)
    if not _gpu_numbers(facts):
        return _why_no_gpu(facts)
    if not policy.served(len(versions)):
        picked = policy_of(facts, _NAME)
        return f"the policy `{picked}` picks no GPU: what it picks are processors"
    if _old_loader(facts) and not _FIRST.serves(wanted):
        return f"the Vulkan loader is one of {_FIRST}, which refuses programs for any later version"
    found = verdict([each is not None and each.serves(wanted) for each in versions], policy)
    gpu = gpu_called(facts, _NAME, found.named, len(versions))
    needs = f"{wanted} needs {wanted} or a later {wanted.major}.x"
    return f"{gpu} has Vulkan {facts.texts(_VERSIONS)[found.named]}, and {needs}{found.more}"


def _why_no_gpu(facts: Facts) -> str:
    """Say why nothing at all is supported."""
    count = len(facts.texts(_VERSIONS))
    if count:
        device = gpu_called(facts, _NAME, 0, count)
        others = "and so are all other devices of Vulkan, " if count > 1 else ""
        return f"{device} is a processor, {others}and processors do not count as GPUs"
    fact = facts.get(_PRESENT)
    if _VERSIONS not in facts and (fact is None or fact.value is not False):
        return "the GPUs of Vulkan are not known"
    fact = facts[_VERSIONS] if fact is None else fact
    words = "no GPU is assumed" if fact.origin is Origin.DEFAULT else "there is no GPU of Vulkan"
    return f"{words}: {fact.source}"


def _versions(facts: Facts) -> list[_ApiVersion | None]:
    """Return what programs may ask of each device, as far as the loader lets them."""
    versions = [_ApiVersion.parse(text) for text in facts.texts(_VERSIONS)]
    if not _old_loader(facts):
        return versions
    # A loader of 1.0 fails `vkCreateInstance` for later versions, whatever the devices serve.
    return [_FIRST if each is not None and each.major == 1 else None for each in versions]


def _old_loader(facts: Facts) -> bool:
    return facts.text(_LOADER) == str(_FIRST)


def _gpu_numbers(facts: Facts) -> list[int]:
    """Return the numbers of the devices that are no processors."""
    count, types = len(facts.texts(_VERSIONS)), facts.texts(_TYPES)
    if len(types) != count:
        return list(range(count))
    return [index for index in range(count) if types[index] != _CPU]


def _policy(facts: Facts) -> GpuPolicy:
    """Return the policy, narrowed to the devices that are no processors.

    :raises InvalidGpuPolicy: if it picks a device that is not there
    """
    policy = policy_of(facts, _NAME)
    counted = set(_gpu_numbers(facts))
    served = policy.served(len(facts.texts(_VERSIONS)))
    return GpuPolicy(tuple(index for index in served if index in counted), each=policy.each)


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no GPU: of a described machine nothing else can be assumed."""
    return no_gpu_assumed(_NAME)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the loader: see `vulkan_loader`."""
    from whichwheel.target.providers.vulkan_loader import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        per_gpu("api_versions", _VERSION.pattern, "versions of the Vulkan API as `1.3`"),
        per_gpu(
            "device_types",
            r"discrete|integrated|virtual|cpu|other",
            "`discrete`, `integrated`, `virtual`, `cpu` or `other`",
            needs="api_versions",
        ),
        per_gpu("gpus", r".{1,200}", "names of devices"),
        per_gpu("drivers", r".{1,200}", "drivers as `NVIDIA 595.84`"),
        FactField(
            "loader_version", FactKind.TEXT, _VERSION, "a version of the Vulkan API as `1.3`"
        ),
        POLICY_FIELD,
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    settled_by=frozenset({_VERSIONS}),
    isolated=True,
    why=why,
    variables=VARIABLES,
    identity=identity,
)

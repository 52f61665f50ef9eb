"""The ``metal`` namespace: what a Mac's GPUs can do, by families and versions of Metal.

A family of a kind includes the earlier ones of that kind, so that an ``apple12`` nobody has heard
of yet works like any other.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Self

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.gpus import POLICY_FIELD, no_gpu_assumed, policy_of
from whichwheel.target.providers.gpu_words import gpu_called, joined, policy_words, verdict
from whichwheel.target.providers.provider import FactField, FactKind, KnownProvider, in_words

__all__ = ["PROVIDER", "properties", "why"]

_NAME = "metal"
_PRESENT = "metal.present"
_FAMILIES = "metal.families"

_FAMILY_FEATURE = "family"
_VERSION_FEATURE = "version"

# In the order of what they tell: a family of Apple's own GPUs says most, a common one least.
_KINDS = ("apple", "mac", "common")
_METAL = "metal"
# Metal 3 is the first version that is a family of its own.
_FIRST_VERSION = 3

_FAMILY = re.compile(r"(?P<kind>apple|mac|common|metal)(?P<number>[1-9]\d?)")
_VERSION = re.compile(r"[1-9]\d?")


@dataclass(frozen=True, slots=True)
class _Family:
    """A family of GPUs; a version of Metal is one too (``MTLGPUFamilyMetal3``)."""

    kind: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        match = _FAMILY.fullmatch(text)
        return None if match is None else cls(match["kind"], int(match["number"]))

    def __str__(self) -> str:
        return f"{self.kind}{self.number}"

    def includes(self, other: Self) -> bool:
        return self.kind == other.kind and self.number >= other.number

    def values(self) -> tuple[str, ...]:
        """Return the values that it supports, best first."""
        if self.kind == _METAL:
            return tuple(str(number) for number in range(self.number, _FIRST_VERSION - 1, -1))
        return tuple(f"{self.kind}{number}" for number in range(self.number, 0, -1))


def _devices(facts: Facts) -> list[tuple[_Family, ...]]:
    """Return the families of each GPU."""
    return [
        tuple(family for part in text.split() if (family := _Family.parse(part)) is not None)
        for text in facts.texts(_FAMILIES)
    ]


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the families and versions of Metal that the GPUs support, best first.

    :raises InvalidGpuPolicy: if the policy picks a GPU that is not there
    """
    devices, policy = _devices(facts), policy_of(facts, _NAME)
    families = policy.common([_values(each, _KINDS) for each in devices])
    versions = policy.common([_values(each, (_METAL,)) for each in devices])
    # Where any GPU will do, the best of them need not be the first.
    found = {
        _FAMILY_FEATURE: tuple(sorted(families, key=_place)),
        _VERSION_FEATURE: tuple(sorted(versions, key=int, reverse=True)),
    }
    return {feature: values for feature, values in found.items() if values}


def _values(families: Iterable[_Family], kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        value for kind in kinds for each in families if each.kind == kind for value in each.values()
    )


def _place(value: str) -> tuple[int, int]:
    match = _FAMILY.fullmatch(value)
    return (0, 0) if match is None else (_KINDS.index(match["kind"]), -int(match["number"]))


def phrase(facts: Facts) -> str:
    """Return the families of the GPUs in words."""
    devices = _devices(facts)
    listed = facts.get(_FAMILIES)
    if listed is not None and devices:
        words = joined([_called(families) for families in devices])
        parts = [(words, listed.origin), *policy_words(facts, _NAME, len(devices))]
        return in_words(parts)
    fact = listed or facts.get(_PRESENT)
    origin = Origin.DEFAULT if fact is None else fact.origin
    if listed is None and fact is not None and fact.value is True:
        return in_words([("Metal of unknown families", origin)])
    return in_words([("no GPU" if origin is Origin.DEFAULT else "no Metal GPU", origin)])


def _called(families: Iterable[_Family]) -> str:
    """Name a GPU by its version of Metal and its first family: ``Metal 3 on apple7``."""
    listed = sorted(families, key=lambda each: (*_KINDS, _METAL).index(each.kind))
    versions = [str(each.number) for each in listed if each.kind == _METAL]
    words = " ".join(["Metal", *versions[-1:]])
    return f"{words} on {listed[0]}" if listed and listed[0].kind != _METAL else words


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which fact makes a family or version supported or not, naming the GPU that refuses."""
    wanted = _Family.parse(value)
    if feature == _VERSION_FEATURE:
        known = _VERSION.fullmatch(value) is not None and int(value) >= _FIRST_VERSION
        wanted = _Family(_METAL, int(value)) if known else None
        expected = f"no version of Metal from {_FIRST_VERSION} on, as `4` is"
    elif feature == _FAMILY_FEATURE:
        wanted = None if wanted is None or wanted.kind == _METAL else wanted
        expected = "no family of GPUs, as `apple7` and `mac2` are"
    else:
        known_ones = f"`{_FAMILY_FEATURE}` and `{_VERSION_FEATURE}`"
        return f"`{_NAME}` has the features {known_ones}, and no `{feature}`"
    if wanted is None:
        return f"`{value}` is {expected}"
    devices = _devices(facts)
    if not devices:
        return _why_no_gpu(facts)
    serves = [any(own.includes(wanted) for own in families) for families in devices]
    found = verdict(serves, policy_of(facts, _NAME))
    gpu = gpu_called(facts, _NAME, found.named, len(devices))
    has = joined([str(own) for own in devices[found.named]] or ["no family"])
    return f"{gpu} is of {has}, and {wanted} needs {wanted} or a later one{found.more}"


def _why_no_gpu(facts: Facts) -> str:
    """Say why nothing at all is supported."""
    fact = facts.get(_PRESENT)
    if fact is None or fact.value is not False:
        return "the GPUs of Metal are not known"
    words = "no GPU is assumed" if fact.origin is Origin.DEFAULT else "there is no GPU of Metal"
    return f"{words}: {fact.source}"


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no GPU, even of a Mac: virtual ones have less than all real ones."""
    return no_gpu_assumed(_NAME)


def detect(_environ: Mapping[str, str]) -> Facts:
    """Ask Metal: see `metal_devices`."""
    from whichwheel.target.providers.metal_devices import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask()


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        FactField(
            "families",
            FactKind.TEXTS,
            re.compile(r"(apple|mac|common|metal)[1-9]\d?( (apple|mac|common|metal)[1-9]\d?){0,3}"),
            "the latest family of each kind as `apple7 mac2 common3 metal3`, one text for each GPU",
            per_device=True,
        ),
        FactField(
            "gpus", FactKind.TEXTS, re.compile(r".{1,200}"), "names of GPUs", per_device=True
        ),
        FactField(
            "memory_mib",
            FactKind.TEXTS,
            re.compile(r"\d{1,9}"),
            "what each GPU may use, in MiB, as `10922`",
            per_device=True,
        ),
        POLICY_FIELD,
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    settled_by=frozenset({_FAMILIES}),
    isolated=True,
    why=why,
)

"""The ``aarch64`` namespace: architecture versions and features of 64-bit ARM processors.

Features have the names of Linux's HWCAPs.
"""

import re
from collections.abc import Iterable, Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.aarch64_detection import detect
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    KnownProvider,
    combined_origin,
    in_words,
)

__all__ = ["PROVIDER", "VERSIONS", "properties", "versions_of"]

#: What each version adds to the one before it, by what a compiler may emit for it. Left out
#: are features that compilers do not use unasked (DIT), that do no harm where they are switched
#: off (pointer authentication, BTI), and one that kernels hide on purpose (SSBS).
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "8a": ("fp", "asimd"),
    "8.1a": ("atomics", "asimdrdm", "crc32"),
    "8.2a": ("dcpop",),
    "8.3a": ("fcma", "jscvt", "lrcpc"),
    "8.4a": ("asimddp", "flagm", "ilrcpc", "uscat"),
    "8.5a": ("dcpodp", "flagm2", "frint", "sb"),
    "9.0a": ("sve", "sve2"),
}
#: The versions, oldest first.
VERSIONS = tuple(_NEEDS)

# Newest first, as the published provider has them; two pairs of names that ran into one there
# (`asimdrdmatomics`, `btiecv`) stand as the two features they are.
_FEATURES = (
    *("sme2", "sme"),  # after the published provider
    *("sve2", "flagm2", "frint", "sb"),  # Neoverse N2 and V2
    *("bti", "ecv"),  # Apple M2
    *("paca", "pacg", "ssbs"),  # Apple M1
    # Neoverse V1
    *("asimdfhm", "bf16", "dcpodp", "dgh", "dit", "flagm", "i8mm", "ilrcpc", "jscvt", "rng"),
    *("sha3", "sha512", "svebf16", "svei8mm", "uscat"),
    *("asimddp", "lrcpc"),  # Neoverse N1
    *("asimdhp", "dcpop", "fcma", "fphp", "sve"),  # A64FX
    *("asimdrdm", "atomics"),  # ThunderX2
    *("aes", "asimd", "cpuid", "crc32", "evtstrm", "fp", "pmull", "sha1", "sha2"),  # Cortex-A72
)

_VERSION = "aarch64.version"
_FLAGS = "aarch64.features"
_PRESENT = "aarch64.present"


def versions_of(features: Iterable[str]) -> tuple[str, ...]:
    """Return the versions whose features, and those of all before them, are there; best first.

    >>> versions_of(["fp", "asimd", "crc32", "atomics", "asimdrdm"])
    ('8.1a', '8a')
    """
    known = set(features)
    found: list[str] = []
    for version, needed in _NEEDS.items():
        if not known.issuperset(needed):
            break
        found.insert(0, version)
    return tuple(found)


def _features(facts: Facts) -> set[str]:
    """Return the features that were found or given, and those that a given version implies."""
    features = set(facts.texts(_FLAGS))
    present = facts.get(_PRESENT)
    if features or (present is not None and present.value is True):
        features.update(_NEEDS["8a"])
    given = facts.text(_VERSION)
    if given is not None:
        for version, implied in _NEEDS.items():
            features.update(implied)
            if version == given:
                break
    return features


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return ``version``, best first, then every known feature with the value ``on``.

    :param facts: ``aarch64.features``, ``aarch64.version`` or both; without them nothing is
        supported
    """
    features = _features(facts)
    versions = versions_of(features)
    if not versions:
        return {}
    return {"version": versions} | {name: ("on",) for name in _FEATURES if name in features}


def phrase(facts: Facts) -> str:
    """Return the version in words."""
    versions = versions_of(_features(facts))
    words = f"ARMv{versions[0]}" if versions else "no 64-bit ARM processor"
    return in_words([(words, combined_origin(facts.values()))])


def defaults(environment: Mapping[str, str]) -> Facts:
    """Return version 8a for a 64-bit ARM platform, and no such processor for any other."""
    if environment.get("platform_machine", "").lower() in {"aarch64", "arm64"}:
        return Facts([Fact(_VERSION, "8a", Origin.DEFAULT, "what every 64-bit ARM has")])
    return Facts([Fact(_PRESENT, value=False, origin=Origin.DEFAULT, source="the platform")])


PROVIDER = KnownProvider(
    name="aarch64",
    fields=(
        FactField("present", FactKind.FLAG),
        FactField(
            "version",
            FactKind.TEXT,
            re.compile("|".join(re.escape(version) for version in VERSIONS)),
            ", ".join(f"`{version}`" for version in VERSIONS),
        ),
        FactField(
            "features", FactKind.TEXTS, re.compile(r"[a-z0-9_]+"), "HWCAP names as Linux has them"
        ),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
)

"""The ``aarch64`` namespace: architecture versions and features of 64-bit ARM processors.

The version follows from the features and not from a list of cores.
"""

import re
from collections.abc import Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.aarch64_features import (
    FEATURES,
    VERSIONS,
    implied_by,
    needed_by,
    versions_of,
)
from whichwheel.target.providers.processor import (
    assumed_absent,
    called,
    on,
    why_extension,
    why_missing,
    why_nothing,
)
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    KnownProvider,
    combined_origin,
    in_words,
)

__all__ = ["PROVIDER", "properties", "why"]

_NAME = "aarch64"
_KIND = "64-bit ARM processor"
_VERSION = "aarch64.version"
_FLAGS = "aarch64.features"
_PRESENT = "aarch64.present"


def _features(facts: Facts) -> set[str]:
    """Return the features that were found or given, and those that a given version implies."""
    features = set(facts.texts(_FLAGS))
    present = facts.get(_PRESENT)
    there = bool(features) or (present is not None and present.value is True)
    return features.union(implied_by(facts.text(_VERSION), present=there))


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return ``version``, best first, then every known feature with the value ``on``.

    :param facts: ``aarch64.features``, ``aarch64.version`` or both; without them nothing is
        supported
    """
    features = _features(facts)
    versions = versions_of(features)
    if not versions:
        return {}
    return {"version": versions} | on(FEATURES, features)


def phrase(facts: Facts) -> str:
    """Return the version in words."""
    versions = versions_of(_features(facts))
    words = f"ARMv{versions[0]}" if versions else f"no {_KIND}"
    return in_words([(words, combined_origin(facts.values()))])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which features the processor lists, or does not list, for a version or a feature."""
    features = _features(facts)
    if not versions_of(features):
        return why_nothing(facts, _NAME, _KIND)
    processor = called(facts, _NAME)
    if feature != "version":
        return why_extension(feature, value, FEATURES, features, processor)
    if value not in VERSIONS:
        return f"`{value}` is no version, as `{VERSIONS[0]}` to `{VERSIONS[-1]}` are"
    missing = [name for name in needed_by(value) if name not in features]
    given = facts.text(_VERSION)
    if given is not None and _FLAGS not in facts:
        processor = f"a processor of version {given}"
        verbs = ("have", "has")
    else:
        verbs = ("list", "lists")
    if missing:
        return why_missing(f"version {value}", missing, processor, verbs[0])
    return f"{processor} {verbs[1]} all features that version {value} needs"


def defaults(environment: Mapping[str, str]) -> Facts:
    """Return version 8a for a 64-bit ARM platform, and no such processor for any other."""
    if environment.get("platform_machine", "").lower() in {"aarch64", "arm64"}:
        return Facts([Fact(_VERSION, "8a", Origin.DEFAULT, "what every 64-bit ARM has")])
    return assumed_absent(_NAME, environment)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the system: see `aarch64_detection`."""
    from whichwheel.target.providers.aarch64_detection import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


_HEX = r"0x[0-9a-f]{1,3}"

PROVIDER = KnownProvider(
    name=_NAME,
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
        FactField("implementer", FactKind.TEXTS, re.compile(_HEX), "numbers as `0x41`"),
        FactField("part", FactKind.TEXTS, re.compile(_HEX), "numbers as `0xd0c`"),
        FactField("model", FactKind.TEXT),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    why=why,
)

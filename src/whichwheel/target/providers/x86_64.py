"""The ``x86_64`` namespace: levels and instruction-set extensions of x86-64 processors.

The levels are those of the x86-64 psABI, judged by the processor's flags and not by the
nearest named core.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from whichwheel.target.facts import Fact, Facts, Origin
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
from whichwheel.target.providers.x86_64_flags import FEATURES, LEVELS, canonical_flags, level_of

__all__ = ["PROVIDER", "properties", "why"]

_NAME = "x86_64"
_KIND = "x86-64 processor"
_LEVEL = "x86_64.level"
_FLAGS = "x86_64.flags"
_PRESENT = "x86_64.present"
_TRANSLATED = "x86_64.translated"


def _flags(facts: Facts) -> frozenset[str]:
    """Return the flags that were found or given, and those that a given level implies."""
    present = facts.get(_PRESENT)
    is_present = present is not None and present.value is True
    return _all_flags(tuple(facts.texts(_FLAGS)), facts.text(_LEVEL), is_present=is_present)


@lru_cache(maxsize=16)  # asked again for each value that is not supported
def _all_flags(named: tuple[str, ...], level: str | None, *, is_present: bool) -> frozenset[str]:
    flags = set(canonical_flags(named))
    if flags or is_present:
        flags.update(LEVELS["v1"])
    if level is not None:
        for name, implied in LEVELS.items():
            flags.update(implied)
            if name == level:
                break
    return frozenset(flags)


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return ``level``, best first, then every known feature with the value ``on``.

    :param facts: ``x86_64.flags``, ``x86_64.level`` or both; without them nothing is supported
    """
    flags = _flags(facts)
    level = level_of(flags)
    if not level:
        return {}
    levels = tuple(f"v{number}" for number in range(level, 0, -1))
    return {"level": levels} | on(FEATURES, flags)


def phrase(facts: Facts) -> str:
    """Return the level in words."""
    level = level_of(_flags(facts))
    words = f"x86-64-v{level}" if level else f"no {_KIND}"
    return in_words([(words, combined_origin(facts.values()))])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which flags the processor lists, or does not list, for a level or a feature."""
    flags = _flags(facts)
    if not level_of(flags):
        return why_nothing(facts, _NAME, _KIND)
    translated = facts.get(_TRANSLATED)
    is_translated = translated is not None and translated.value is True
    processor = called(facts, _NAME, "translated by Rosetta" if is_translated else "")
    if feature != "level":
        return why_extension(feature, value, FEATURES, flags, processor)
    if value not in LEVELS:
        return f"`{value}` is no level, as `v1` to `v4` are"
    names = list(LEVELS)
    needed = [flag for name in names[: names.index(value) + 1] for flag in LEVELS[name]]
    missing = sorted(flag for flag in needed if flag not in flags)
    given = facts.text(_LEVEL)
    if given is not None and _FLAGS not in facts:
        processor = f"a processor of level {given}"
        verbs = ("have", "has")
    else:
        verbs = ("list", "lists")
    if missing:
        return why_missing(f"level {value}", missing, processor, verbs[0])
    return f"{processor} {verbs[1]} all flags that level {value} needs"


def defaults(environment: Mapping[str, str]) -> Facts:
    """Return level v1 for an x86-64 platform, and no such processor for any other."""
    if environment.get("platform_machine", "").lower() in {"x86_64", "amd64"}:
        return Facts([Fact(_LEVEL, "v1", Origin.DEFAULT, "what every x86-64 processor has")])
    return assumed_absent(_NAME, environment)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the system: see `x86_64_detection`."""
    from whichwheel.target.providers.x86_64_detection import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        FactField("level", FactKind.TEXT, re.compile(r"v[1-4]"), "`v1`, `v2`, `v3` or `v4`"),
        FactField("flags", FactKind.TEXTS, re.compile(r"[a-z0-9_.]+"), "flags as Linux has them"),
        FactField("vendor", FactKind.TEXT),
        FactField("model", FactKind.TEXT),
        FactField("translated", FactKind.FLAG),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    why=why,
)

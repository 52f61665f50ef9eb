"""The ``ppc64le`` namespace: the level of little-endian POWER processors.

No provider was published for it; the names are those of the compilers' ``-mcpu`` and of glibc's
hardware capabilities. A level holds all of those before it, so levels that nobody has heard of
yet work like any other.
"""

import re
from collections.abc import Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.processor import assumed_absent, called, why_nothing
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    KnownProvider,
    combined_origin,
    in_words,
)

__all__ = ["PROVIDER", "properties", "why"]

_NAME = "ppc64le"
_KIND = "little-endian POWER processor"
_LEVEL = "ppc64le.level"
_PRESENT = "ppc64le.present"

#: The ABI of little-endian Linux needs it (64-bit ELF V2 ABI for Power, 1.1).
_OLDEST = 8
_PATTERN = re.compile(r"power([89]|[1-9]\d)")


def _level(facts: Facts) -> int | None:
    match = _PATTERN.fullmatch(facts.text(_LEVEL) or "")
    if match is not None:
        return int(match[1])
    present = facts.get(_PRESENT)
    return _OLDEST if present is not None and present.value is True else None


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return ``level``, best first, down to ``power8``.

    :param facts: ``ppc64le.level``; without it nothing is supported
    """
    level = _level(facts)
    if level is None:
        return {}
    return {"level": tuple(f"power{number}" for number in range(level, _OLDEST - 1, -1))}


def phrase(facts: Facts) -> str:
    """Return the level in words."""
    level = _level(facts)
    words = f"POWER{level}" if level is not None else f"no {_KIND}"
    return in_words([(words, combined_origin(facts.values()))])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say of which level the processor is."""
    level = _level(facts)
    if level is None:
        return why_nothing(facts, _NAME, _KIND)
    if feature != "level":
        return f"`{feature}` is no feature: there is `level`"
    wanted = _PATTERN.fullmatch(value)
    if wanted is None:
        return f"`{value}` is no level, as `power8` and `power10` are"
    is_of = f"{called(facts, _NAME)} is of level power{level}"
    if int(wanted[1]) > level:
        return f"{is_of}, and power{wanted[1]} is later"
    return is_of if int(wanted[1]) == level else f"{is_of}, which holds all of {value}"


def defaults(environment: Mapping[str, str]) -> Facts:
    """Return power8 for a little-endian POWER platform, and no such processor for any other."""
    if environment.get("platform_machine", "").lower() == _NAME:
        return Facts([Fact(_LEVEL, "power8", Origin.DEFAULT, "what every ppc64le has")])
    return assumed_absent(_NAME, environment)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the system: see `ppc64le_detection`."""
    from whichwheel.target.providers.ppc64le_detection import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        FactField("level", FactKind.TEXT, _PATTERN, "`power8`, `power9`, `power10` or a later one"),
        FactField("model", FactKind.TEXT),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    why=why,
)

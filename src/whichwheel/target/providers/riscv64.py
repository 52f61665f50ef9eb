"""The ``riscv64`` namespace: profiles and extensions of 64-bit RISC-V processors.

No provider was published for it; the names are those of the RISC-V specifications.
"""

import re
from collections.abc import Mapping

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
from whichwheel.target.providers.riscv64_isa import (
    FEATURES,
    PROFILES,
    closure,
    extensions_of,
    needed_by,
    profiles_of,
)

__all__ = ["PROVIDER", "properties", "why"]

_NAME = "riscv64"
_KIND = "64-bit RISC-V processor"
_ISA = "riscv64.isa"
_EXTENSIONS = "riscv64.extensions"
_PROFILE = "riscv64.profile"
_PRESENT = "riscv64.present"


def _extensions(facts: Facts) -> frozenset[str]:
    """Return what was found or given, and what that and a given profile hold.

    The ISA string counts where no extensions are told: detection knows when it must not be
    taken at its word.
    """
    told = facts.texts(_EXTENSIONS) or extensions_of(facts.text(_ISA) or "")
    present = facts.get(_PRESENT)
    base = ("i",) if told or (present is not None and present.value is True) else ()
    profile = facts.text(_PROFILE)
    implied = needed_by(profile) if profile in PROFILES else ()
    return closure([*told, *base, *implied])


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return ``profile``, best first, then every known extension with the value ``on``.

    :param facts: ``riscv64.extensions``, ``riscv64.isa`` or ``riscv64.profile``; without any of
        them nothing is supported
    """
    extensions = _extensions(facts)
    profiles = profiles_of(extensions)
    return ({"profile": profiles} if profiles else {}) | on(FEATURES, extensions)


def phrase(facts: Facts) -> str:
    """Return the profile in words."""
    extensions = _extensions(facts)
    profiles = profiles_of(extensions)
    if profiles:
        words = f"RISC-V {profiles[0]}"
    else:
        words = "RISC-V without an RVA profile" if extensions else f"no {_KIND}"
    return in_words([(words, combined_origin(facts.values()))])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which extensions the processor lists, or does not list, for a profile or a feature."""
    extensions = _extensions(facts)
    if not extensions:
        return why_nothing(facts, _NAME, _KIND)
    processor = called(facts, _NAME)
    if feature != "profile":
        return why_extension(feature, value, FEATURES, extensions, processor)
    if value not in PROFILES:
        return f"`{value}` is no profile that is known: there are {', '.join(PROFILES)}"
    missing = [name for name in needed_by(value) if name not in extensions]
    if missing:
        return why_missing(value, missing, processor)
    return f"{processor} lists all extensions that code for {value} needs"


def defaults(environment: Mapping[str, str]) -> Facts:
    """Return ``rv64gc`` for a 64-bit RISC-V platform, and no such processor for any other."""
    if environment.get("platform_machine", "").lower() == _NAME:
        source = "what distributions of Linux need"
        return Facts([Fact(_ISA, "rv64gc", Origin.DEFAULT, source)])
    return assumed_absent(_NAME, environment)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the system: see `riscv64_detection`."""
    from whichwheel.target.providers.riscv64_detection import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        FactField(
            "isa", FactKind.TEXT, re.compile(r"rv64[a-z0-9_]{1,4000}"), "an ISA string as `rv64gcv`"
        ),
        FactField(
            "extensions", FactKind.TEXTS, re.compile(r"[a-z][a-z0-9]*"), "names as `v` or `zba`"
        ),
        FactField(
            "profile",
            FactKind.TEXT,
            re.compile("|".join(PROFILES)),
            ", ".join(f"`{name}`" for name in PROFILES),
        ),
        FactField("model", FactKind.TEXT),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    why=why,
)

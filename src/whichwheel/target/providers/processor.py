"""What the providers of processors have in common: words, and the machine they run on."""

import platform
from collections.abc import Container, Iterable, Mapping

from whichwheel.target.facts import Fact, Facts, Origin

__all__ = [
    "LONGEST_MODEL",
    "absent",
    "assumed_absent",
    "called",
    "joined",
    "machine_is",
    "on",
    "why_extension",
    "why_missing",
    "why_nothing",
]

#: Characters of a processor's name that are kept.
LONGEST_MODEL = 200


def machine_is(*names: str) -> bool:
    """Return whether this machine is called one of these by its system."""
    return platform.machine().lower() in names


def absent(name: str) -> Facts:
    """Return that this machine's processor is of another kind.

    :param name: the provider's name
    """
    source = f"platform.machine() is {platform.machine()}"
    key = f"{name}.present"
    return Facts([Fact(key, value=False, origin=Origin.DETECTED, source=source)])


def assumed_absent(name: str, environment: Mapping[str, str]) -> Facts:
    """Return that a described machine's processor is of another kind.

    :param name: the provider's name
    :param environment: the marker values of the target
    """
    source = f"the platform's processor is {environment.get('platform_machine') or 'not said'}"
    return Facts([Fact(f"{name}.present", value=False, origin=Origin.DEFAULT, source=source)])


def joined(names: Iterable[str]) -> str:
    """Return names as a list in words.

    >>> joined(["avx", "avx2", "fma"])
    'avx, avx2 and fma'
    """
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def on(feature_names: Iterable[str], present: Container[str]) -> dict[str, tuple[str, ...]]:
    """Return the features that are there, each with its one value.

    :param feature_names: in order of preference
    """
    return {name: ("on",) for name in feature_names if name in present}


def called(facts: Facts, name: str, more: str = "") -> str:
    """Name the processor: ``the processor (AMD EPYC 7763)``.

    :param name: the provider's name
    :param more: said in the brackets too
    """
    words = ", ".join(part for part in (facts.text(f"{name}.model"), more) if part)
    return f"the processor ({words})" if words else "the processor"


def why_nothing(facts: Facts, name: str, kind: str) -> str:
    """Say why nothing at all is supported.

    :param name: the provider's name
    :param kind: what is not there, as ``x86-64 processor``
    """
    present = facts.get(f"{name}.present")
    if present is None or present.value is not False:
        return f"nothing is known of a processor of the kind {kind}"
    if present.origin is Origin.DEFAULT:
        return f"no {kind} is assumed: {present.source}"
    return f"there is no {kind}: {present.source}"


def why_missing(what: str, missing: Iterable[str], processor: str, verb: str = "list") -> str:
    """Say what a processor lacks for a level, version or profile."""
    return f"{what} needs {joined(missing)}, which {processor} does not {verb}"


def why_extension(
    feature: str, value: str, known: Container[str], present: Container[str], processor: str
) -> str:
    """Say why an extension is supported or not.

    :param known: the extensions that are features
    :param present: the extensions that the processor has
    :param processor: it in words
    """
    if feature not in known:
        there = f", though {processor} lists it" if feature in present else ""
        return f"`{feature}` is no feature that is known{there}"
    if value != "on":
        return f"`{feature}` has no value but `on`"
    return f"{processor} {'lists' if feature in present else 'does not list'} {feature}"

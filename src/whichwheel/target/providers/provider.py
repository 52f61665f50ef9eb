"""What a built-in provider consists of, and how facts are put into words."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown
from whichwheel.target.facts import Fact, Facts, FactValue, Origin

__all__ = [
    "FactField",
    "FactKind",
    "InvalidOverride",
    "KnownProvider",
    "combined_origin",
    "in_words",
    "no_identity",
    "no_overrides",
]


class InvalidOverride(WhichwheelError, ValueError):
    """An override variable whose value cannot be read.

    :param variable: the environment variable
    :param value: its value
    :param expected: what it may hold
    """

    def __init__(self, variable: str, value: str, expected: str) -> None:
        super().__init__(
            f"the environment variable `{variable}` holds `{shown(value)}`, expected {expected}",
            hint=f"correct `{variable}`, or unset it so that the machine is detected",
        )
        self.variable = variable
        self.value = value
        self.expected = expected


class FactKind(StrEnum):
    """The type of a fact in a target file."""

    TEXT = "a text"
    TEXTS = "a list of texts"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact that a provider knows what to do with.

    :param name: the key under the provider's topic, as ``driver_cuda_version``
    :param pattern: what a text, or each text of a list, must match
    :param expected: the same in words
    :param needs: another fact of the provider without which this one says nothing
    :param per_device: whether a list holds one text for each device, in their order
    """

    name: str
    kind: FactKind
    pattern: re.Pattern[str] = re.compile(r".{1,200}")
    expected: str = "a text of at most 200 characters"
    needs: str | None = None
    per_device: bool = False

    def fits(self, value: FactValue) -> bool:
        """Whether a value is one that this fact can have."""
        if self.kind is FactKind.FLAG:
            return isinstance(value, bool)
        if self.kind is FactKind.TEXTS:
            return isinstance(value, tuple) and all(map(self.pattern.fullmatch, value))
        return isinstance(value, str) and self.pattern.fullmatch(value) is not None


def no_overrides(_environ: Mapping[str, str]) -> tuple[Fact, ...]:
    """Return no facts: the provider has no override variables."""
    return ()


def no_identity(_environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return nothing: the facts of the provider change only when the machine starts anew."""
    return ()


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider that is built in, or that a rule makes.

    :param name: its topic among the facts, which is also its usual namespace
    :param fields: the facts that it knows
    :param detect: finds the facts of this machine out; may fail or hang
    :param properties: the supported properties that follow from facts; pure
    :param phrase: the deciding facts in words, without their origin
    :param defaults: the facts assumed of a machine of which only marker values are known
    :param overrides: the facts given by the ecosystem's override variables
    :param settled_by: the facts that, given together, leave nothing to detect
    :param isolated: whether detection calls into drivers and so runs in a child process
    :param why: says which fact makes a value of a feature supported or not, as one clause
        without a full stop: ``GPU 1 (NVIDIA L4) has compute capability 8.9``; pure
    :param variables: the environment variables that detection reads
    :param identity: what has to be the same for facts found earlier to hold still, as the
        driver's version or the time stamps of its files; cheap, calls into no driver
    :param file: the file of rules that it was made from; empty if it is built in
    """

    name: str
    fields: tuple[FactField, ...]
    detect: Callable[[Mapping[str, str]], Facts]
    properties: Callable[[Facts], Mapping[str, tuple[str, ...]]]
    phrase: Callable[[Facts], str]
    defaults: Callable[[Mapping[str, str]], Facts]
    overrides: Callable[[Mapping[str, str]], tuple[Fact, ...]] = no_overrides
    settled_by: frozenset[str] = frozenset()
    isolated: bool = False
    why: Callable[[Facts, str, str], str] | None = None
    variables: tuple[str, ...] = ()
    identity: Callable[[Mapping[str, str]], tuple[str, ...]] = no_identity
    file: str = ""

    def key(self, name: str) -> str:
        """Return the full key of one of its facts."""
        return f"{self.name}.{name}"


def combined_origin(facts: Iterable[Fact]) -> Origin:
    """Return the origin of what follows from several facts: given, if any of them was."""
    origins = {fact.origin for fact in facts}
    for origin in (Origin.GIVEN, Origin.DETECTED):
        if origin in origins:
            return origin
    return Origin.DEFAULT


def in_words(parts: Iterable[tuple[str, Origin]]) -> str:
    """Join phrases, saying each origin once where they share it.

    >>> in_words([("driver CUDA 12.8", Origin.GIVEN), ("no GPU", Origin.DETECTED)])
    'driver CUDA 12.8 (given), no GPU (detected)'
    >>> in_words([("driver CUDA 12.8", Origin.DETECTED), ("no GPU", Origin.DETECTED)])
    'driver CUDA 12.8, no GPU (detected)'
    """
    listed = list(parts)
    if len({origin for _, origin in listed}) == 1:
        return f"{', '.join(text for text, _ in listed)} ({listed[0][1]})"
    return ", ".join(f"{text} ({origin})" for text, origin in listed)

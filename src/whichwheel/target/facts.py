"""Facts: what was found out, or said, about a machine."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Self

from whichwheel.spec.values import dataclass

__all__ = ["Fact", "FactValue", "Facts", "Origin"]

#: A fact's value: what TOML and JSON can hold without nesting.
FactValue = str | int | bool | tuple[str, ...]


class Origin(StrEnum):
    """Where a fact comes from."""

    DETECTED = "detected"
    GIVEN = "given"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known about a machine.

    :param key: dotted, the topic first, as ``nvidia.driver_cuda_version``
    :param value: the value
    :param origin: whether it was detected, given by somebody, or is a default
    :param source: the library call, file or variable it was read from
    """

    key: str
    value: FactValue
    origin: Origin
    source: str


class Facts(Mapping[str, Fact]):
    """Facts by key, in a fixed order."""

    __slots__ = ("_facts",)

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts = {fact.key: fact for fact in facts}

    def __getitem__(self, key: str) -> Fact:
        return self._facts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Facts({list(self._facts.values())!r})"

    def topic(self, name: str) -> Self:
        """Return the facts whose key starts with ``name.``."""
        return type(self)(fact for fact in self._facts.values() if fact.key.startswith(f"{name}."))

    def merged(self, others: Iterable[Fact]) -> Self:
        """Return these facts with others put over them; a later fact wins."""
        return type(self)([*self._facts.values(), *others])

    def text(self, key: str) -> str | None:
        """Return the value of ``key`` if it is a text."""
        fact = self._facts.get(key)
        return fact.value if fact is not None and isinstance(fact.value, str) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the value of ``key`` if it is a list of texts, else an empty one."""
        fact = self._facts.get(key)
        return fact.value if fact is not None and isinstance(fact.value, tuple) else ()

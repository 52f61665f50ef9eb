"""The target: everything that selection needs to know of one machine."""

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from packaging.tags import Tag

from whichwheel.spec.metadata import Provider
from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts
from whichwheel.target.support import Refusal, Support

__all__ = ["Machine", "Target"]


class Machine(Protocol):
    """Where a target's facts and supported properties come from.

    One implementation detects, lazily and once; another answers from a file and never detects.
    """

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        """Return the supported properties of a namespace under the provider that governs it.

        :param provider: as in the metadata; None where the format has no providers
        """
        ...

    def facts(self) -> Facts:
        """Return all facts, detecting what was not asked for yet."""
        ...

    def known_facts(self) -> Facts:
        """Return the facts that are known by now, detecting nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """One machine to choose for.

    :param name: for messages: ``this machine``, or the name of the target file
    :param python_version: full version, as ``3.12.4``
    :param implementation: ``cpython``, ``pypy``
    :param tags: the platform compatibility tags, best first
    :param environment: the environment marker values (PEP 508), without ``extra``
    :param machine: facts and supported properties
    :param tag_ranks: the place of each tag
    """

    name: str
    python_version: str
    implementation: str
    tags: tuple[Tag, ...]
    environment: Mapping[str, str]
    machine: Machine
    tag_ranks: Mapping[Tag, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ranks = {tag: rank for rank, tag in reversed(list(enumerate(self.tags)))}
        object.__setattr__(self, "tag_ranks", ranks)

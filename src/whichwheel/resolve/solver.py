"""Our port to the solver library; nothing else knows which one it is."""

import math
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from nab_resolver.errors import ResolutionError, ResolutionTerminatedError
from nab_resolver.resolver import BaseProvider, Resolver, ResolverObserver
from nab_resolver.root import ROOT
from nab_resolver.types import Incompatibility, IncompatibilityCause, RangeProtocol
from nab_resolver.types import RootRequirement as LibraryRoot
from nab_resolver.types import Term as LibraryTerm

from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.spec.values import dataclass

__all__ = [
    "Found",
    "GaveUp",
    "Need",
    "Root",
    "Rules",
    "Step",
    "StepKind",
    "Term",
    "Unsolvable",
    "solve",
]


class Rules(Protocol):
    """What the solver asks; the same question gets the same answer throughout one search."""

    def choose(self, package: Package, allowed: Positions) -> int | None:
        """Return the best place of a package within those allowed, None if none will do."""
        ...

    def dependencies(self, package: Package, position: int) -> Mapping[Package, Positions]:
        """Return what a choice needs; a package that excludes itself cannot be used."""
        ...

    def priority(self, package: Package, allowed: Positions, conflicts: int) -> tuple[int, ...]:
        """Return the key by which open packages are decided, lowest first.

        :param conflicts: how often the package took part in a conflict
        """
        ...

    def take_needs(self) -> "Sequence[Need]":
        """Return what is known of needs before what has them is chosen, each once."""
        ...


@dataclass(frozen=True, slots=True)
class Need:
    """What several places of a package need.

    :param places: those of ``package``
    :param allowed: the places of ``needed`` that will do
    """

    package: Package
    places: Positions
    needed: Package
    allowed: Positions


class StepKind(StrEnum):
    """What one step of a proof says."""

    ROOT = "root"
    DEPENDENCY = "dependency"
    NO_VERSIONS = "no-versions"
    CONSTRAINT = "constraint"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Term:
    """A package in, or not in, a set of places.

    :param package: None for the user's own request
    """

    package: Package | None
    places: Positions
    positive: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Terms that cannot all hold.

    :param origin: of a step of kind ``root``, the request's text
    """

    kind: StepKind
    terms: tuple[Term, ...]
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """One requirement of the user.

    :param origin: its text, for the proof
    """

    package: Package
    allowed: Positions
    origin: str


class Unsolvable(Exception):
    """No choice satisfies everything; holds the proof, causes before what follows from them."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        super().__init__("unsolvable")
        self.steps = steps


class GaveUp(Exception):
    """The search was longer than its limit; nothing is proven.

    :param contested: the packages that took part in most conflicts, the first of all first
    """

    def __init__(self, contested: tuple[Package, ...]) -> None:
        super().__init__("gave up")
        self.contested = contested


@dataclass(frozen=True, slots=True)
class Found:
    """One place for each package that is needed.

    :param steps: how many rounds it took
    """

    places: Mapping[Package, int]
    steps: int


def solve(
    rules: Rules,
    roots: Sequence[Root],
    constraints: Mapping[Package, Positions],
    *,
    seconds: float = math.inf,
) -> Found:
    """Choose one place for each package that is needed.

    :param constraints: narrow a package if it is needed, and do not make it needed
    :param seconds: how long to search; of computing, not of waiting for what the rules fetch
    :raises Unsolvable: if there is no such choice
    :raises GaveUp: if the search takes too long
    """
    resolver = Resolver[Package, int](
        _Provider(rules), _Clock(seconds), range_type=Positions, root_version=0
    )
    try:
        places = resolver.resolve(
            [LibraryRoot[Package, int](root.package, root.allowed, root.origin) for root in roots],
            constraints,
        )
        return Found(places, resolver.stats.rounds)
    except (ResolutionTerminatedError, _TimeIsUp):
        counts = resolver.stats.package_conflict_counts
        contested = sorted(counts, key=lambda package: (-counts[package], str(package)))
        raise GaveUp(tuple(contested)) from None
    except ResolutionError as error:
        raise Unsolvable(_steps(error.incompatibility)) from None


class _TimeIsUp(Exception):
    """The search took as long as it may."""


class _Clock(ResolverObserver[Package, int]):
    """Ends a search in time; one without conflicts is over soon by itself."""

    def __init__(self, seconds: float) -> None:
        self._end = time.thread_time() + seconds

    def on_conflict(self, incompatibility: Incompatibility[Package, int]) -> None:
        del incompatibility
        if time.thread_time() > self._end:
            raise _TimeIsUp


class _Provider(BaseProvider[Package, int]):
    """Our rules in the library's terms."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def choose_version(self, package: Package, version_range: RangeProtocol[int]) -> int | None:
        return self._rules.choose(package, _positions(version_range))

    def has_satisfying_version(self, package: Package, version_range: RangeProtocol[int]) -> bool:
        return self._rules.choose(package, _positions(version_range)) is not None

    def get_dependencies(self, package: Package, version: int) -> Mapping[Package, Positions]:
        return self._rules.dependencies(package, version)

    def prioritize(
        self,
        package: Package,
        version_range: RangeProtocol[int],
        conflict_counts: Mapping[Package, int],
        culprit_counts: Mapping[Package, int] | None = None,
    ) -> tuple[int, ...]:
        del culprit_counts
        conflicts = conflict_counts.get(package, 0)
        return self._rules.priority(package, _positions(version_range), conflicts)

    def consume_pending_clauses(self) -> list[Incompatibility[Package, int]]:
        return [
            Incompatibility(
                [
                    LibraryTerm(need.package, need.places, positive=True),
                    LibraryTerm(need.needed, need.allowed, positive=False),
                ],
                IncompatibilityCause.DEPENDENCY,
            )
            for need in self._rules.take_needs()
        ]

    def widen_decision(self, package: Package, version: int) -> None:
        del package, version


def _positions(version_range: object) -> Positions:
    if not isinstance(version_range, Positions):
        raise TypeError(type(version_range).__name__)
    return version_range


def _steps(conclusion: Incompatibility[Any, Any] | None) -> tuple[Step, ...]:
    """Lay the proof out in order; iterative, as a proof is as deep as there were conflicts."""
    steps: list[Step] = []
    seen: set[int] = set()
    stack = [] if conclusion is None else [(conclusion, False)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            steps.append(_step(node))
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            causes = (node.cause_right, node.cause_left)
            stack.extend((cause, False) for cause in causes if cause is not None)
    return tuple(steps)


_KINDS = {
    IncompatibilityCause.ROOT: StepKind.ROOT,
    IncompatibilityCause.DEPENDENCY: StepKind.DEPENDENCY,
    IncompatibilityCause.NO_VERSIONS: StepKind.NO_VERSIONS,
    IncompatibilityCause.CONSTRAINT: StepKind.CONSTRAINT,
    IncompatibilityCause.DERIVED: StepKind.DERIVED,
}


def _step(node: Incompatibility[Any, Any]) -> Step:
    return Step(
        _KINDS[node.cause],
        tuple(
            Term(
                None if term.package is ROOT else term.package,
                _positions(term.constraint),
                term.is_positive(),
            )
            for term in node.terms
        ),
        node.origin,
    )

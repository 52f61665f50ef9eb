"""Resolving: many packages of many versions and variants, with and without upper caps."""

import gc
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from generated import Build, GeneratedSources, generated_target
from measuring import Cost, Row, interleaved, print_table, thread_cost
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolution import Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.resolve.rules import ResolutionRules
from whichwheel.resolve.situation import Situation, situation_of
from whichwheel.resolve.solver import Found, solve
from whichwheel.resolve.universes import Learned

__all__ = ["builds", "rows"]

REPEATS = 7
PACKAGES = 200
VERSIONS = 20
LEVELS = 5
SEED = 20261121
#: Each package needs so many of those that come within a reach after it.
NEEDS = 3
REACH = 30
CAPS = 0.15
#: The order of decisions is tried on so many sets, of which a few packages are asked for.
SETS = 4
ASKED = 10
#: Of the requirements, so many have an upper cap; and the CPU seconds that are wanted.
CASES: Mapping[str, tuple[float, float]] = {
    "no conflict": (0.0, 0.1),
    f"{CAPS:.0%} caps": (CAPS, 1.0),
}


def builds(caps: float, seed: int) -> Iterator[Build]:
    """Yield six variants of each version: five levels, of which the target has four, and null.

    Newer versions mostly need newer ones. The oldest of all packages go together, so that there
    is always a solution.

    :param caps: the share of requirements that have an upper cap
    """
    rng = random.Random(seed)
    for number in range(PACKAGES):
        later = range(number + 1, min(number + 1 + REACH, PACKAGES))
        needed = rng.sample(later, min(NEEDS, len(later)))
        for version in range(1, VERSIONS + 1):
            requires = []
            for other in needed:
                least = rng.randint(1, version)
                cap = f",<{rng.randint(least + 1, VERSIONS + 1)}" if rng.random() < caps else ""
                requires.append(f"pack{other}>={least}{cap}")
            for level in range(LEVELS):
                label = f"v{level}"
                properties = {"bench": {"level": (label,)}}
                yield Build(f"pack{number}", str(version), label, properties, requires)
            yield Build(f"pack{number}", str(version), "null", {}, requires)


class _ByName(ResolutionRules):
    """Decides packages in the order of their names."""

    def priority(self, package: Package, allowed: Positions, conflicts: int) -> tuple[int, ...]:
        """Put all in one place: the solver takes equal ones by name."""
        del package, allowed, conflicts
        return ()


class _FewestFirst(ResolutionRules):
    """Decides the package of which the fewest versions are left."""

    def priority(self, package: Package, allowed: Positions, conflicts: int) -> tuple[int, ...]:
        """Count what is left."""
        del conflicts
        return ((allowed & self.universes.of(package.name).known).mask.bit_count(),)


class _Bench:
    """Packages of which nothing has to be fetched, as they are once the pages were read.

    :param asked: how many of them are asked for; the others follow
    """

    def __init__(self, caps: float, *, seed: int = SEED, asked: int = PACKAGES) -> None:
        self._sources = GeneratedSources(builds(caps, seed))
        levels = [f"v{level}" for level in reversed(range(LEVELS - 1))]
        self._target = generated_target({"level": levels})
        self._requested = [parse_requested(f"pack{number}") for number in range(asked)]

    def resolve(self) -> Resolution:
        return resolve(
            self._requested,
            target=self._target,
            sources=self._sources,
            options=ResolveOptions(),
            installed={},
        )

    def _situation(self) -> Situation:
        return situation_of(self._requested, self._target, self._sources, ResolveOptions(), {})

    def search(self, rules_class: type[ResolutionRules]) -> Found:
        """Search once, under rules with their own order of decisions."""
        rules = rules_class(self._situation(), Learned())
        return solve(rules, rules.roots(), {})


def rows() -> list[Row]:
    """Measure resolving, and what the order of decisions is worth."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)  # as in the command
    try:
        return [*_resolving(), *_deciding()]
    finally:
        gc.set_threshold(*thresholds)


def _resolving() -> Iterator[Row]:
    for case, (caps, wanted) in CASES.items():
        bench = _Bench(caps)
        resolution = bench.resolve()
        costs = interleaved({case: partial(thread_cost, bench.resolve)}, REPEATS)
        yield Row(
            f"resolve: {PACKAGES} packages x {VERSIONS} versions x {LEVELS + 1} variants, {case}; "
            f"{resolution.steps} solver rounds",
            costs[case].cpu,
            None,
            f"under {wanted:g} s",
            costs[case].cpu < wanted,
        )


def _deciding() -> Iterator[Row]:
    """Compare the order of decisions with others, over several sets of packages at once."""
    benches = [_Bench(CAPS, seed=SEED + more, asked=ASKED) for more in range(SETS)]
    orders = {"ours": ResolutionRules, "by name": _ByName, "fewest versions first": _FewestFirst}

    def search(rules: type[ResolutionRules]) -> int:
        return sum(bench.search(rules).steps for bench in benches)

    def measure(rules: type[ResolutionRules]) -> Callable[[], Cost]:
        return lambda: thread_cost(lambda: search(rules))

    rounds = {name: search(rules) for name, rules in orders.items()}
    costs = interleaved({name: measure(rules) for name, rules in orders.items()}, REPEATS)
    for name in ("by name", "fewest versions first"):
        yield Row(
            f"decide: {SETS} such sets with caps, {ASKED} packages asked for; "
            f"{rounds['ours']} solver rounds; {name}: {rounds[name]}",
            costs["ours"].cpu,
            costs[name].cpu,
            "faster",
            costs["ours"].cpu < costs[name].cpu,
            "faster",
        )


if __name__ == "__main__":
    print_table(rows())

"""A search ends, whatever it is given."""

from collections.abc import Mapping, Sequence

import pytest
from packaging.utils import NormalizedName

from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.solver import GaveUp, Need, Root, Unsolvable, solve

HOLES = 5


class Pigeons:
    """One pigeon more than there are holes: proving it takes exponential time."""

    roots = tuple(
        Root(Package(NormalizedName(f"pigeon{number}")), Positions.full(), f"pigeon{number}")
        for number in range(HOLES + 1)
    )

    def choose(self, package: Package, allowed: Positions) -> int | None:
        most = HOLES if package.name.startswith("pigeon") else HOLES + 1
        return next((allowed & Positions.run(0, most)).highest_first(), None)

    def dependencies(self, package: Package, position: int) -> Mapping[Package, Positions]:
        if not package.name.startswith("pigeon"):
            return {}
        number = int(package.name.removeprefix("pigeon"))
        return {Package(NormalizedName(f"hole{position}")): Positions.singleton(number)}

    def priority(self, package: Package, allowed: Positions, conflicts: int) -> tuple[int, ...]:
        del package, allowed, conflicts
        return ()

    def take_needs(self) -> Sequence[Need]:
        return ()


def test_a_search_without_limit_ends_in_a_proof() -> None:
    with pytest.raises(Unsolvable):
        solve(Pigeons(), Pigeons.roots, {})


def test_a_search_whose_time_is_up_tells_what_it_failed_over() -> None:
    with pytest.raises(GaveUp) as caught:
        solve(Pigeons(), Pigeons.roots, {}, seconds=0.01)
    assert caught.value.contested
    assert all(package.name.startswith(("pigeon", "hole")) for package in caught.value.contested)

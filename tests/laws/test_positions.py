"""Sets of places behave as sets do."""

from hypothesis import given
from hypothesis import strategies as st

from whichwheel.resolve.positions import Positions

SIZE = 12
sets = st.frozensets(st.integers(0, SIZE - 1))


def back(positions: Positions) -> frozenset[int]:
    return frozenset(place for place in range(SIZE) if place in positions)


@given(sets, sets)
def test_the_operations_are_those_of_sets(left: frozenset[int], right: frozenset[int]) -> None:
    one, other = Positions.of(left), Positions.of(right)
    assert back(one & other) == left & right
    assert back(one | other) == left | right
    assert back(one - other) == left - right
    assert back(~one) == frozenset(range(SIZE)) - left
    assert one.is_subset(other) == (left <= right)
    assert one.is_superset(other) == (left >= right)
    assert one.is_disjoint(other) == left.isdisjoint(right)
    assert one.relation(other) == (left <= right, left.isdisjoint(right))
    assert (one == other) == (left == right)
    assert list(one.lowest_first()) == sorted(left)
    assert list(one.highest_first()) == sorted(left, reverse=True)


@given(sets, sets)
def test_what_the_solver_relies_on(left: frozenset[int], right: frozenset[int]) -> None:
    one, other = Positions.of(left), ~Positions.of(right)
    assert one.is_subset((one - other) | other)
    assert ~~one == one
    assert Positions.full() == ~Positions.empty()
    assert (one & ~one).is_empty

"""Sets of places in a list of candidates, as the solver computes with them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Positions", "Relation"]


class Relation(NamedTuple):
    """How one set lies to another; both hold only for the empty set."""

    is_subset: bool
    is_disjoint: bool


class Positions:
    """A set of places, held as the bits of one integer.

    A project's versions are places in its list, oldest first. A negative integer has all
    higher bits set, so that the complement of a set needs no knowledge of the list's length.

    >>> ~Positions.singleton(1) & Positions.of([0, 1, 2])
    Positions([0, 2])
    """

    __slots__ = ("mask",)

    def __init__(self, mask: int) -> None:
        self.mask = mask

    @classmethod
    def empty(cls) -> "Positions":
        """Return the set of no place."""
        return cls(0)

    @classmethod
    def full(cls) -> "Positions":
        """Return the set of all places."""
        return cls(-1)

    @classmethod
    def singleton(cls, position: int) -> "Positions":
        """Return the set of one place."""
        return cls(1 << position)

    @classmethod
    def of(cls, positions: Iterable[int]) -> "Positions":
        """Return the set of several places."""
        mask = 0
        for position in positions:
            mask |= 1 << position
        return cls(mask)

    @classmethod
    def run(cls, start: int, length: int) -> "Positions":
        """Return ``length`` places from ``start`` on."""
        return cls(((1 << length) - 1) << start)

    @property
    def is_empty(self) -> bool:
        """Whether no place is in the set."""
        return self.mask == 0

    def __contains__(self, position: int) -> bool:
        return bool(self.mask >> position & 1)

    def __and__(self, other: object) -> "Positions":
        if not isinstance(other, Positions):
            return NotImplemented
        return Positions(self.mask & other.mask)

    def __or__(self, other: object) -> "Positions":
        if not isinstance(other, Positions):
            return NotImplemented
        return Positions(self.mask | other.mask)

    def __sub__(self, other: object) -> "Positions":
        if not isinstance(other, Positions):
            return NotImplemented
        return Positions(self.mask & ~other.mask)

    def __invert__(self) -> "Positions":
        return Positions(~self.mask)

    def is_subset(self, other: "Positions") -> bool:
        """Return whether every place of this set is in the other."""
        return not self.mask & ~other.mask

    def is_superset(self, other: "Positions") -> bool:
        """Return whether every place of the other set is in this one."""
        return not other.mask & ~self.mask

    def is_disjoint(self, other: "Positions") -> bool:
        """Return whether the sets share no place."""
        return not self.mask & other.mask

    def relation(self, other: "Positions") -> Relation:
        """Return both answers at once."""
        return Relation(not self.mask & ~other.mask, not self.mask & other.mask)

    def highest_first(self) -> Iterator[int]:
        """Yield the places of a finite set, highest first."""
        mask = self.mask
        while mask:
            position = mask.bit_length() - 1
            yield position
            mask ^= 1 << position

    def lowest_first(self) -> Iterator[int]:
        """Yield the places of a finite set, lowest first."""
        mask = self.mask
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Positions):
            return NotImplemented
        return self.mask == other.mask

    def __hash__(self) -> int:
        return hash(self.mask)

    def __repr__(self) -> str:
        if self.mask < 0:
            return f"~{~self}"
        return f"Positions({list(self.lowest_first())})"

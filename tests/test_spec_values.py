"""What the light decorator makes behaves as what the standard one makes."""

import copy
import dataclasses
import inspect
import pickle
from dataclasses import field
from typing import Any

import pytest

from whichwheel.spec.values import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A place.

    :param x: to the right
    """

    x: int
    y: int = 2
    names: list[str] = field(default_factory=list, compare=False)
    seen: dict[str, int] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def total(self) -> int:
        """Their sum."""
        return self.x + self.y


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """The same, by the standard decorator."""

    x: int
    y: int = 2
    names: list[str] = field(default_factory=list, compare=False)
    seen: dict[str, int] = field(default_factory=dict, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """One that looks at what it gets, and compares in its own way."""

    text: str

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("empty")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checked) and self.text.lower() == other.text.lower()

    def __hash__(self) -> int:
        return hash(self.text.lower())


@dataclass(frozen=True, slots=True, order=True)
class Ordered:
    """One with more than the light way knows."""

    x: int


@dataclass(frozen=True, slots=True)
class Inheriting(Ordered):
    """One that has fields of another."""

    y: int = 0


def test_it_is_made_as_the_standard_one_is() -> None:
    assert (Point(1).x, Point(1).y, Point(1).names) == (1, 2, [])
    assert Point(1).names is not Point(1).names
    assert Point(1, y=3, names=["a"]).names == ["a"]
    assert Point(1).seen == {}
    assert Point(1).total == 3
    wrong: list[dict[str, Any]] = [{}, {"x": 1, "z": 1}, {"x": 1, "seen": {}}]
    for arguments in wrong:
        with pytest.raises(TypeError, match=r"Point\.__init__|__init__\(\)"):
            Point(**arguments)


def test_it_compares_hashes_and_shows_itself_as_the_standard_one_does() -> None:
    assert Point(1, names=["a"]) == Point(1, names=["b"])
    assert Point(1) != Point(2)
    other: object = (1, 2)
    assert Point(1) != other
    assert hash(Point(1)) == hash(Standard(1))
    assert repr(Point(1)) == repr(Standard(1)).replace("Standard", "Point")
    assert str(inspect.signature(Point)) == str(inspect.signature(Standard))
    assert Point.__match_args__ == Standard.__match_args__
    assert Point.__slots__ == Standard.__slots__


def test_nothing_of_it_changes() -> None:
    point = Point(1)
    for name in ("x", "unknown"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(point, name, 2)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(point, name)


def test_it_can_be_copied_pickled_replaced_and_taken_apart() -> None:
    point = Point(1, names=["a"])
    assert pickle.loads(pickle.dumps(point)) == point  # noqa: S301 -- our own
    assert copy.copy(point) == copy.deepcopy(point) == point
    assert copy.deepcopy(point).names is not point.names
    assert dataclasses.replace(point, x=5) == Point(5)
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "names": ["a"], "seen": {}}
    assert [each.name for each in dataclasses.fields(Point)] == ["x", "y", "names", "seen"]


def test_what_a_class_defines_itself_stays() -> None:
    assert Checked("A") == Checked("a")
    assert hash(Checked("A")) == hash(Checked("a"))
    with pytest.raises(ValueError, match="empty"):
        Checked("")


def test_all_else_is_left_to_the_standard_decorator() -> None:
    assert Ordered(1) < Ordered(2)
    assert Inheriting(1, 2).y == 2
    assert Inheriting(1, 2) == Inheriting(1, 2)

"""The axes of one search, as packages whose places are values."""

from collections.abc import Callable, Iterable, Mapping

from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.solver import Root
from whichwheel.spec.values import dataclass

__all__ = ["Agreement", "Binding"]

#: The place of an axis that nothing in the environment cares for.
_UNUSED = 0


@dataclass(frozen=True, slots=True)
class Binding:
    """Something that settles an axis before the search begins.

    :param axis: its name
    :param values: those that are left
    :param text: why, as a sentence
    :param wished: whether the user wants it so
    """

    axis: str
    values: tuple[str, ...]
    text: str
    wished: bool = False


class Agreement:
    """Knows each value of an axis by a place, in the order in which they came up.

    :param axes: called when an axis first comes up
    """

    def __init__(self, axes: Callable[[], Axes], bindings: Iterable[Binding] = ()) -> None:
        self._axes = axes
        self._bindings = tuple(bindings)
        self._values: dict[str, list[str]] = {}

    def places(self, axis: str, values: Iterable[str]) -> Positions:
        """Return the places of some values of an axis."""
        known = self._values.setdefault(axis, [])
        for value in values:
            if value not in known:
                known.append(value)
        return Positions.of(known.index(value) + 1 for value in values)

    def values(self, axis: str) -> tuple[str, ...]:
        """Return the values of an axis that came up, in that order."""
        return tuple(self._values.get(axis, ()))

    def value_at(self, axis: str, place: int) -> str | None:
        """Return the value of a place, None for that of an axis that is not used."""
        return None if place == _UNUSED else self._values[axis][place - 1]

    def roots(self) -> list[Root]:
        """Return what is settled before the search, for the solver."""
        return [
            Root(
                Package.of_axis(binding.axis),
                self.places(binding.axis, binding.values) | Positions.singleton(_UNUSED),
                binding.text,
            )
            for binding in self._bindings
        ]

    def is_wished(self, axis: str) -> bool:
        """Whether the value of an axis is what the user wants."""
        return any(binding.axis == axis and binding.wished for binding in self._bindings)

    def needs(self, bonds: Mapping[str, tuple[str, ...]]) -> dict[Package, Positions]:
        """Return what a build needs that would do with these values."""
        return {Package.of_axis(axis): self.places(axis, each) for axis, each in bonds.items()}

    def choose(self, package: Package, allowed: Positions) -> int | None:
        """Return the best place within those allowed."""
        known = self._values.setdefault(package.name, [])
        here = allowed & Positions.run(0, len(known) + 1)
        if here.is_empty:
            return None
        if _UNUSED in here:
            return _UNUSED
        for value in self._axes().by_name[package.name].prefer:
            if value in known and known.index(value) + 1 in here:
                return known.index(value) + 1
        return next(iter(here.lowest_first()))

    def excluded(self, package: Package, position: int) -> dict[Package, Positions]:
        """Return what a value leaves of other axes."""
        value = self.value_at(package.name, position)
        needs: dict[Package, Positions] = {}
        if value is None:
            return needs
        here = (package.name, value)
        for exclusion in self._axes().excludes:
            other = None
            if exclusion.first == here:
                other = exclusion.second
            elif exclusion.second == here:
                other = exclusion.first
            if other is not None:
                axis = Package.of_axis(other[0])
                needs[axis] = needs.get(axis, Positions.full()) - self.places(*_one(other))
        return needs

    def words(self, package: Package, places: Positions) -> str:
        """Write places of an axis for people: ``blas_lapack :: library = mkl or openblas``."""
        axis = self._axes().by_name[package.name]
        known = Positions.run(1, len(self._values.get(package.name, ())))
        inside = places & known
        values = [self.value_at(package.name, place) or "" for place in inside.lowest_first()]
        if places.mask < 0:
            others = [
                self.value_at(package.name, place) or ""
                for place in (known - places).lowest_first()
            ]
            return f"`{axis}` other than {' and '.join(others)}" if others else f"any `{axis}`"
        return f"`{axis} = {' or '.join(values)}`" if values else f"no `{axis}`"


def _one(pair: tuple[str, str]) -> tuple[str, tuple[str, ...]]:
    return pair[0], (pair[1],)

"""How an environment comes to agree on its axes: what binds it, and which values are best."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from whichwheel.resolve.axes.agreement import Binding
from whichwheel.resolve.axes.axes import Axes, AxisStrategy
from whichwheel.resolve.axes.axis import Axis, AxisPolicy, AxisReading
from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.failures import AxisNotChosen, ResolutionFailed
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import AgreedValue, InstalledPackage, ResolutionWarning
from whichwheel.resolve.search import Search
from whichwheel.resolve.situation import Situation
from whichwheel.resolve.solution import Solution
from whichwheel.target.facts import Origin

__all__ = ["Agreeing"]

#: How many combinations of values are tried at most.
_MOST_COMBINATIONS = 256

_Values = Mapping[str, str]


class Agreeing:
    """Leads searches until what they find agrees with itself and with what stays installed."""

    def __init__(self, situation: Situation) -> None:
        reader = situation.catalogue.bond_reader
        self._claims = {
            package.name: claims
            for package in situation.installed.values()
            if (claims := reader.read(package.properties).axes)
        }
        # To read the axes takes time, and mostly nothing is about one.
        asked = situation.options.axes
        self._chosen = {} if asked is None else dict(asked.chosen)
        self._bindings: dict[str, Binding] = {}
        self._because: dict[str, str] = {}
        self.warnings: list[ResolutionWarning] = []
        for name, choice in self._chosen.items():
            axis = reader.axes.by_name[name]
            text = f"`{axis} = {choice.value}` is chosen ({choice.origin})"
            binding = Binding(name, (choice.value,), text, wished=True)
            self._bind(binding, f"chosen ({choice.origin})")
        self._situation = situation
        self._swapped: tuple[NormalizedName, ...] = ()
        self._search = Search(situation)

    def _bind(self, binding: Binding, because: str) -> None:
        self._bindings[binding.axis] = binding
        self._because[binding.axis] = because

    @property
    def _axes(self) -> Axes:
        return self._search.situation.catalogue.bond_reader.axes

    @property
    def steps(self) -> int:
        """How many rounds the solver needed in all."""
        return self._search.steps

    def solution(self) -> Solution:
        """Return the best solution.

        :raises ResolutionFailed: if there is none
        """
        first = self._settle(())
        options = self._search.situation.options
        strategy = AxisStrategy.PREFERRED if options.axes is None else options.axes.strategy
        found = first if strategy is AxisStrategy.PREFERRED else self._best(first, strategy)
        self._check_chosen(found)
        return found

    def _settle(self, tried: Sequence[Binding]) -> Solution:
        """Solve so that what stays installed agrees too."""
        while True:
            solution = self._search.settle([*self._bindings.values(), *tried])
            against = self._against_choice(solution)
            found = list(self._outside(solution))
            if against:
                self._swapped += against
                swapping = _with_swaps(self._situation, self._swapped)
                self._search = Search(swapping, self._swapped, self._search.steps)
            elif not found:
                return solution
            for binding, because in found:
                self._bind(binding, because)

    def _against_choice(self, solution: Solution) -> tuple[NormalizedName, ...]:
        """Return what is installed for another value than the user chose and the solution has."""
        return tuple(
            name
            for name, claims in self._claims.items()
            if name not in solution.places and name not in self._swapped
            if any(
                axis in self._chosen
                and solution.agreed(axis) is not None
                and self._chosen[axis].value not in values
                for axis, values in claims.items()
            )
        )

    def _outside(self, solution: Solution) -> Iterator[tuple[Binding, str]]:
        """Yield what installed packages outside a solution leave of an axis that it is about."""
        by_axis: dict[str, list[tuple[InstalledPackage, tuple[str, ...]]]] = {}
        situation = solution.rules.situation
        for name, claims in self._claims.items():
            if name in solution.places or name in situation.options.removable:
                continue
            for axis, values in claims.items():
                by_axis.setdefault(axis, []).append((situation.installed[name], values))
        for axis, stating in by_axis.items():
            agreed = solution.agreed(axis)
            if agreed is None or axis in self._bindings:
                continue
            common = _common(values for _, values in stating)
            shown = self._axes.by_name[axis]
            if not common:
                common = tuple(dict.fromkeys(v for _, values in stating for v in values))
                names = " and ".join(f"`{package.name}`" for package, _ in stating)
                self.warnings.append(
                    ResolutionWarning(
                        "axis-mixed",
                        f"the environment mixes values of `{shown}` already: {names} were built "
                        f"for {' and '.join(common)}",
                    )
                )
            if agreed in common:
                continue
            package = stating[0][0]
            value = " or ".join(common)
            text = (
                f"`{package.name} {package.version}`, which stays, is built for `{shown} = {value}`"
            )
            yield Binding(axis, common, text), f"`{package.name}` is installed for it"

    def _best(self, first: Solution, strategy: AxisStrategy) -> Solution:
        """Return the best solution over all values that the packages have builds for."""
        known: dict[str, dict[str, None]] = {}
        tried: dict[tuple[str, ...], None] = {}
        best, best_score = first, _score(first, strategy, self._axes, 0)
        self._offers(first, known)
        waiting: list[_Values] = []
        while len(tried) < _MOST_COMBINATIONS:
            waiting = [values for values in _combinations(known) if _key(values) not in tried]
            if not waiting:
                break
            values = waiting[0]
            tried[_key(values)] = None
            bindings = [
                Binding(
                    axis,
                    (value,),
                    f"`{self._axes.by_name[axis]} = {value}` is best by `{strategy}`",
                    wished=True,
                )
                for axis, value in values.items()
            ]
            try:
                solution = self._settle(bindings)
            except ResolutionFailed:
                continue
            self._offers(solution, known)
            score = _score(solution, strategy, self._axes, len(tried))
            if score > best_score:
                best, best_score = solution, score
        count = len(tried)
        if waiting and count >= _MOST_COMBINATIONS:
            self.warnings.append(
                ResolutionWarning(
                    "axis-search-bounded",
                    f"only {count} combinations of values of axes were tried; a better one may "
                    "exist. Choose some values with `--axis`",
                )
            )
        because = f"best of {count} combination{'s' * (count != 1)} (`{strategy}`)"
        for axis in known:
            self._because.setdefault(axis, because)
        return best

    def _offers(self, solution: Solution, known: dict[str, dict[str, None]]) -> None:
        """Note the values that packages of a solution have builds for."""
        for name in solution.places:
            for axis, values in _offered(solution, name).items():
                if axis not in self._bindings:
                    known.setdefault(axis, {}).update(dict.fromkeys(values))

    def _check_chosen(self, solution: Solution) -> None:
        """Refuse to choose for the user what only the user can know.

        :raises AxisNotChosen: if that would be so
        """
        for axis in self._axes_of(solution):
            if axis.policy is not AxisPolicy.MUST_CHOOSE or axis.name in self._bindings:
                continue
            offers: dict[str, dict[NormalizedName, None]] = {}
            for name in solution.places:
                if axis.name not in solution.bonds(name).axes:
                    continue
                if self._is_said(solution, name, axis):
                    break
                for value in _offered(solution, name).get(axis.name, ()):
                    offers.setdefault(value, {})[name] = None
            else:
                raise AxisNotChosen(
                    str(axis),
                    axis.name,
                    axis.description,
                    {value: tuple(names) for value, names in offers.items()},
                )

    def _is_said(self, solution: Solution, name: NormalizedName, axis: Axis) -> bool:
        """Whether what is installed, or the target as the user gave it, says the value."""
        holder = solution.holder(name)
        if not isinstance(holder, Judged):
            return True
        return any(
            holder.choice.origins.get(feature.namespace) is Origin.GIVEN
            and len(holder.choice.supported[feature.namespace].get(feature.name, ())) == 1
            for feature in axis.features
        )

    def _axes_of(self, solution: Solution) -> list[Axis]:
        """Return the axes that a solution is about."""
        names = {axis for name in solution.places for axis in solution.bonds(name).axes}
        return (
            [self._axes.by_name[name] for name in self._axes.by_name if name in names]
            if names
            else []
        )

    def agreed(self, solution: Solution) -> Iterator[AgreedValue]:
        """Yield what a solution agrees on."""
        for axis in self._axes_of(solution):
            value = solution.agreed(axis.name)
            if value is not None:
                by = tuple(
                    n for n in sorted(solution.places) if axis.name in solution.bonds(n).axes
                )
                yield AgreedValue(axis.name, str(axis), value, by, self._because.get(axis.name))


def _with_swaps(situation: Situation, swapped: Sequence[NormalizedName]) -> Situation:
    """Ask for installed projects of which another build is needed."""
    asked = {item.name for item in situation.requested}
    more = [
        Requested(
            f"`{name}` has to be swapped for the value that is chosen",
            name,
            Requirement(name),
            implied=True,
        )
        for name in swapped
        if name not in asked
    ]
    return replace(situation, requested=[*situation.requested, *more]) if more else situation


def _offered(solution: Solution, name: NormalizedName) -> dict[str, tuple[str, ...]]:
    """Return the values that a taken release has fitting builds for, by axis."""
    holder = solution.holder(name)
    if not isinstance(holder, Judged):
        return dict(solution.bonds(name).axes)
    offered: dict[str, dict[str, None]] = {}
    for place in range(len(holder.candidates)):
        for axis, values in solution.rules.catalogue.bonds(holder, place).axes.items():
            offered.setdefault(axis, {}).update(dict.fromkeys(values))
    return {axis: tuple(values) for axis, values in offered.items()}


def _common(listed: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    first, *others = listed
    return tuple(value for value in first if all(value in other for other in others))


def _combinations(known: Mapping[str, Mapping[str, None]]) -> Iterator[_Values]:
    for values in product(*known.values()):
        yield dict(zip(known, values, strict=True))


def _key(values: _Values) -> tuple[str, ...]:
    return tuple(f"{axis}={value}" for axis, value in values.items())


def _score(
    solution: Solution, strategy: AxisStrategy, axes: Axes, order: int
) -> tuple[tuple[int, ...], ...]:
    """Return how good a solution is; greater is better.

    :param order: when it was found, as the earlier of two equal ones wins
    """
    claiming = left_behind = 0
    for name in solution.places:
        claims = solution.bonds(name).axes
        claiming += bool(claims)
        left_behind += sum(axis not in claims for axis in _offered(solution, name))
    if strategy is AxisStrategy.MOST_PACKAGES:
        return (claiming,), (-order,)
    newest = tuple(
        _newness(axis, solution.agreed(axis.name)) for axis in axes.by_name.values() if axis.binds
    )
    return (-left_behind,), newest, (-order,)


def _newness(axis: Axis, value: str | None) -> int:
    """Return a number that is the greater the newer a value is."""
    if value is None:
        return -1
    if axis.reading is AxisReading.MAJOR:
        return int(value)
    order = [*axis.prefer, *axis.values]
    return -order.index(value) if value in order else -len(order)

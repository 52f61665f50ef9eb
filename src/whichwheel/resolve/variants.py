"""The packages by variant of one search: a place for each variant of each version looked at."""

from collections.abc import Callable, Iterable

from packaging.utils import NormalizedName

from whichwheel.resolve.axes.agreement import Agreement
from whichwheel.resolve.bonds import Bonds
from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.situation import Situation
from whichwheel.resolve.solver import Need
from whichwheel.spec.abi_dependency import abi_specifier

__all__ = ["Variants"]


class Variants:
    """Knows each variant by a place, in the order in which versions came up, best first in each.

    :param judge: returns the judged release of a project's version
    """

    def __init__(
        self,
        situation: Situation,
        agreement: Agreement,
        judge: Callable[[NormalizedName, int], Judged],
    ) -> None:
        self._situation = situation
        self._catalogue = situation.catalogue
        self._agreement = agreement
        self._judge = judge
        self._places: dict[NormalizedName, list[tuple[int, int]]] = {}
        self._starts: dict[tuple[NormalizedName, int], int] = {}
        self._foreseen: list[Need] = []

    def of(self, name: NormalizedName, version_place: int, judged: Judged) -> Positions:
        """Return the places of the variants of a version."""
        start = self._starts.get((name, version_place))
        if start is None:
            places = self._places.setdefault(name, [])
            start = self._starts[name, version_place] = len(places)
            places.extend((version_place, rank) for rank in range(len(judged.candidates)))
        return Positions.run(start, len(judged.candidates))

    def at(self, name: NormalizedName, place: int) -> tuple[int, int]:
        """Return the version's place, and the rank in it, of a variant."""
        return self._places[name][place]

    def all_of(self, name: NormalizedName) -> Positions:
        """Return the places of all variants of a project that came up."""
        return Positions.run(0, len(self._places.get(name, ())))

    def judged(self, name: NormalizedName, place: int) -> tuple[Judged, int]:
        """Return the release and the rank in it of a variant."""
        version_place, rank = self.at(name, place)
        return self._judge(name, version_place), rank

    def bonds(self, name: NormalizedName, place: int) -> Bonds:
        """Return what a variant has to agree on with the rest of the environment."""
        return self._catalogue.bonds(*self.judged(name, place))

    def choose(self, name: NormalizedName, allowed: Positions) -> int | None:
        """Return the best variant within those allowed, None if none of them can be used."""
        for place in self._those_for_installed_first(name, allowed & self.all_of(name)):
            judged, rank = self.judged(name, place)
            if self._catalogue.load(judged, rank) is None:
                continue
            group = self._catalogue.group(judged, rank)
            # One that needs the same as a better one stands and falls with it.
            better = (other for other in range(rank) if other in judged.loaded)
            if all(self._catalogue.group(judged, other) != group for other in better):
                return place
        return None

    def _those_for_installed_first(self, name: NormalizedName, here: Positions) -> Iterable[int]:
        """Return variants, best first, those before all others whose ABIs are there already."""
        if not self._situation.installed:
            return here.lowest_first()
        return sorted(
            here.lowest_first(),
            key=lambda place: (self.at(name, place)[0], self._is_for_others(name, place)),
        )

    def _is_for_others(self, name: NormalizedName, place: int) -> bool:
        """Whether a variant is for another release of a dependency than the installed one."""
        for dependency, releases in self.bonds(name, place).abi.items():
            installed = self._situation.installed.get(dependency)
            if installed is None or self._situation.options.upgrades(dependency):
                continue
            if not any(
                specifier.contains(installed.version, prereleases=True)
                for specifier in map(abi_specifier, releases)
                if specifier is not None
            ):
                return True
        return False

    def foresee(self, name: NormalizedName, version_place: int, judged: Judged) -> None:
        """Note what the variants of a version have to agree on, before the solver tries one."""
        if (name, version_place) in self._starts:
            return
        start = next(self.of(name, version_place, judged).lowest_first())
        alike: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for rank in range(len(judged.candidates)):
            for claim in self._catalogue.bonds(judged, rank).axes.items():
                alike.setdefault(claim, []).append(start + rank)
        for (axis, values), places in alike.items():
            self._foreseen.append(
                Need(
                    Package(name, by_variant=True),
                    Positions.of(places),
                    Package.of_axis(axis),
                    self._agreement.places(axis, values),
                )
            )

    def take_needs(self) -> list[Need]:
        """Return what was foreseen since this was last asked."""
        taken, self._foreseen = self._foreseen, []
        return taken

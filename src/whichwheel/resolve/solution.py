"""What the solver found, read in our terms."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from whichwheel.resolve.bonds import NO_BONDS, Bonds
from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.resolution import InstalledPackage, Pin
from whichwheel.resolve.rules import ResolutionRules
from whichwheel.resolve.solver import Root
from whichwheel.resolve.staying import Stay

__all__ = ["Solution"]


class Solution:
    """One place for each package, with the rules that they were found under.

    :param places: the version's place, by project
    :param lost: what installed packages which stay need and do not get
    """

    def __init__(
        self,
        rules: ResolutionRules,
        roots: Sequence[Root],
        found: Mapping[Package, int],
        honoured: Sequence[Stay] = (),
    ) -> None:
        self.rules = rules
        self.honoured = tuple(honoured)
        self.lost: tuple[Stay, ...] = ()
        self._roots = roots
        self._found = found
        self._by_name: dict[NormalizedName, list[tuple[Package, int]]] = {}
        for package, place in found.items():
            self._by_name.setdefault(package.name, []).append((package, place))
        self._pins: dict[NormalizedName, Pin | None] = {}
        self.places: dict[NormalizedName, int] = {
            package.name: place
            for package, place in found.items()
            if package.extra is None and package.has_versions
        }

    def extras(self, name: NormalizedName) -> list[str]:
        """Return the extras that were asked of a project, by the user or by others."""
        return sorted(
            package.extra
            for package, _ in self._by_name.get(name, ())
            if package.extra is not None and package.has_versions
        )

    def rank(self, name: NormalizedName) -> int:
        """Return the place of the candidate taken among those of its release."""
        place = self._found.get(Package(name, by_variant=True))
        if place is not None:
            return self.rules.variants.at(name, place)[1]
        holder = self.holder(name)
        return (self.rules.catalogue.best(holder) or 0) if isinstance(holder, Judged) else 0

    def holder(self, name: NormalizedName) -> Judged | InstalledPackage | None:
        """Return what a project is taken from."""
        return self.rules.holder(self.rules.universes.of(name), self.places[name])

    def provided_extras(self, name: NormalizedName) -> frozenset[str] | None:
        """Return the extras that what was taken declares, None if that is not known."""
        holder = self.holder(name)
        if not isinstance(holder, Judged):
            return None
        return holder.loaded[self.rank(name)].metadata.extras

    def lines(self, name: NormalizedName) -> Iterator[Requirement]:
        """Yield the requirements of what was taken, with its extras and variant, that hold."""
        for package, place in self._by_name.get(name, ()):
            yield from self.rules.lines(package, place)

    def allowed(self, name: NormalizedName) -> Positions:
        """Return the versions that all who need a project would take."""
        return self._allowed.get(Package(name), Positions.full())

    @cached_property
    def _allowed(self) -> dict[Package, Positions]:
        """What all who need a project would take; its own extras and variants do not count."""
        allowed: dict[Package, Positions] = {}
        for root in self._roots:
            allowed[root.package] = allowed.get(root.package, root.allowed) & root.allowed
        for package, place in self._found.items():
            for needed, places in self.rules.dependencies(package, place).items():
                if needed.name != package.name:
                    allowed[needed] = allowed.get(needed, places) & places
        return allowed

    def agreed(self, axis: str) -> str | None:
        """Return the value that was agreed on of an axis, None if nothing taken is about it."""
        place = self._found.get(Package.of_axis(axis))
        return None if place is None else self.rules.agreement.value_at(axis, place)

    def why_agreed(self, axis: str, name: NormalizedName) -> str:
        """Say what has the value that was agreed on of an axis, other than one project."""
        for root in self._roots:
            if root.package == Package.of_axis(axis):
                return root.origin
        for other in sorted(self.places):
            if other != name and axis in self.bonds(other).axes:
                version = self.rules.universes.of(other).versions[self.places[other]]
                return f"`{other} {version}` for `{self.agreed(axis)}`"
        return f"`{self.agreed(axis)}` is taken"

    def bonds(self, name: NormalizedName) -> Bonds:
        """Return what was taken of a project has to agree on with the rest."""
        holder = self.holder(name)
        if isinstance(holder, Judged):
            return self.rules.catalogue.bonds(holder, self.rank(name))
        if holder is None:
            return NO_BONDS
        return self.rules.catalogue.bond_reader.read(holder.properties)

    def why(self, name: NormalizedName, wanted: Positions) -> str:
        """Say why a project is not among the versions wanted."""
        for root in self._roots:
            if root.package.name == name and (root.allowed & wanted).is_empty:
                return f"you ask for `{root.origin}`"
        for stay in self.honoured:
            if stay.name == name and (stay.allowed(self.rules) & wanted).is_empty:
                return str(stay)
        version = self.rules.universes.of(name).versions[self.places[name]]
        for package, place in self._found.items():
            allowed = self.rules.dependencies(package, place).get(Package(name))
            if allowed is None or not (allowed & wanted).is_empty or package.name == name:
                continue
            text = self.rules.text(package, Positions.singleton(place), Package(name))
            chooser = self.rules.universes.of(package.name)
            chosen = chooser.versions[self.places[package.name]]
            return f"`{package.name} {chosen}` needs `{text or name}`"
        return f"`{name} {version}` is taken"

    def pin(self, name: NormalizedName) -> Pin | None:
        """Return what is to be installed of a project, None if what is installed stays."""
        if name not in self._pins:
            self._pins[name] = self._pin(name)
        return self._pins[name]

    def _pin(self, name: NormalizedName) -> Pin | None:
        judged = self.holder(name)
        if not isinstance(judged, Judged):
            return None
        wheel = judged.loaded[self.rank(name)].wheel
        items = self.rules.situation.by_name.get(name, ())
        direct = next((item for item in items if item.wheel is not None), None)
        installed = self.rules.universes.of(name).installed
        if installed is not None and not self.rules.situation.options.reinstalls(name):
            same = installed.version == judged.release.version
            if same and installed.label == wheel.name.label:
                return None
        return Pin(
            name,
            judged.release.version,
            judged.choice,
            wheel,
            tuple(dict.fromkeys(self.lines(name))),
            requested=self.rules.situation.asks_for(name),
            direct_url=None if direct is None else direct.direct_url,
            extras=tuple(self.extras(name)),
        )

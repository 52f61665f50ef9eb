"""What installed packages need that stay as they are."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.installed import InstalledRequirements
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.resolution import InstalledPackage, Pin
from whichwheel.resolve.rules import ResolutionRules, abi_words, without_marker
from whichwheel.spec.abi_dependency import abi_specifier
from whichwheel.spec.values import dataclass

__all__ = ["Stay", "StayingPackages", "constraints_of"]


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that an installed package needs which stays as it is.

    :param package: the installed package
    :param needs: alternatives, each a requirement on the same project
    :param text: the same for people
    :param by_build: whether another build of it may need something else
    """

    package: InstalledPackage
    needs: tuple[Requirement, ...]
    text: str
    by_build: bool = False

    @property
    def name(self) -> NormalizedName:
        """The project that is needed."""
        return canonicalize_name(self.needs[0].name)

    def holds_for(self, version: Version) -> bool:
        """Whether a version of the project will do."""
        return any(each.specifier.contains(version, prereleases=True) for each in self.needs)

    def allowed(self, rules: ResolutionRules) -> Positions:
        """Return the places of the versions that will do."""
        allowed = Positions.empty()
        for each in self.needs:
            allowed |= rules.universes.allowed(each)
        return allowed

    @property
    def loss(self) -> str:
        """Say that it is not there any more, and what helps."""
        helps = f"; `whichwheel refresh {self.package.name}` looks for another build of it"
        return f"{self}, and that is no longer so" + helps * self.by_build

    def __str__(self) -> str:
        stays = f"`{self.package.name} {self.package.version}`, which stays,"
        return f"{stays} needs `{self.text}`"


class StayingPackages:
    """The installed packages outside a solution.

    :param requirements: what installed packages require
    """

    def __init__(self, requirements: InstalledRequirements) -> None:
        self._requirements = requirements

    def broken(
        self,
        installed: Mapping[NormalizedName, InstalledPackage],
        taken: Iterable[NormalizedName],
        changed: Mapping[NormalizedName, Pin],
        rules: ResolutionRules,
    ) -> Iterator[Stay]:
        """Yield what those that stay need and would lose by a solution.

        :param taken: the projects that the solution is about
        :param changed: what it changes
        """
        inside = frozenset(taken)
        for package in installed.values():
            if package.name in inside or package.name in rules.situation.options.removable:
                continue
            for stay in self._needs(package, rules):
                pin = changed.get(stay.name)
                if pin is None or stay.holds_for(pin.version):
                    continue
                before = installed.get(pin.name)
                if before is None or stay.holds_for(before.version):
                    yield stay

    def _needs(self, package: InstalledPackage, rules: ResolutionRules) -> Iterator[Stay]:
        for line in self._requirements.of(package):
            if line.url is None and holds(line, rules.situation.environment):
                yield Stay(package, (line,), without_marker(line))
        for name, releases in rules.catalogue.bond_reader.read(package.properties).abi.items():
            needs = tuple(Requirement(f"{name}{abi_specifier(release)}") for release in releases)
            if needs:
                yield Stay(package, needs, abi_words(name, releases), by_build=True)


def constraints_of(rules: ResolutionRules, stays: Iterable[Stay]) -> dict[Package, Positions]:
    """Return what is left of the projects that installed packages need which stay."""
    constraints: dict[Package, Positions] = {}
    for stay in stays:
        package = Package(stay.name)
        before = constraints.get(package, Positions.full())
        constraints[package] = before & stay.allowed(rules)
    return constraints

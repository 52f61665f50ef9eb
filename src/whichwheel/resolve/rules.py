"""The rules of one search: which choice is best, and what each needs."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.resolve.axes.agreement import Agreement, Binding
from whichwheel.resolve.bonds import NO_BONDS, Bonds
from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.core_metadata import holding
from whichwheel.resolve.failures import NoSuchVersion, ProjectNotFound
from whichwheel.resolve.installed import InstalledRequirements, against_installed
from whichwheel.resolve.options import VersionPolicy
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.priority import priority
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.resolve.situation import Situation
from whichwheel.resolve.solver import Need, Root, Step
from whichwheel.resolve.universe import Universe
from whichwheel.resolve.universes import Learned, Universes
from whichwheel.resolve.variants import Variants
from whichwheel.resolve.version_policy import best_build
from whichwheel.sources.release import Release

__all__ = ["ResolutionRules", "abi_words", "targets", "without_marker"]


class ResolutionRules:
    """Answers the solver, and afterwards those who read its solution."""

    def __init__(
        self, situation: Situation, learned: Learned, bindings: Iterable[Binding] = ()
    ) -> None:
        self.situation = situation
        self.catalogue = situation.catalogue
        self.universes = Universes(situation, learned)
        self.installed_requirements = InstalledRequirements(situation.catalogue.target)
        self._options = situation.options
        self._learned = learned
        self._needs: dict[tuple[Package, int], Mapping[Package, Positions]] = {}
        self._texts: dict[tuple[Package, int], dict[Package, list[str]]] = {}
        self._holders: dict[tuple[NormalizedName, int, bool], Judged | InstalledPackage | None] = {}
        self._impossible: dict[tuple[Package, int], NormalizedName] = {}
        self.agreement = Agreement(lambda: self.catalogue.bond_reader.axes, bindings)
        self.variants = Variants(
            situation,
            self.agreement,
            lambda name, place: self.judge(self.universes.of(name), place),
        )

    def roots(self) -> list[Root]:
        """Return the user's requirements for the solver.

        :raises ProjectNotFound: if no source has a project asked for
        :raises NoSuchVersion: if no version of it is allowed
        """
        requested = self.situation.requested
        self.universes.fetch_ahead(item.requirement for item in requested)
        roots = self.agreement.roots()
        for item in requested:
            if item.requirement.specifier.prereleases:
                self._learned.prereleases.add(item.name)
            allowed = self.universes.allowed(item.requirement)
            if allowed.is_empty:
                self.universes.thaw([item.name])
                universe = self.universes.of(item.name)
                if not universe.versions and not universe.hidden:
                    near = self.universes.near(item.name)
                    names = self.catalogue.source_names
                    raise ProjectNotFound(item.name, sources=names, near=near)
                newest = universe.versions[::-1]
                specifier = item.requirement.specifier
                raise NoSuchVersion(item.name, specifier, newest, universe.source, universe.hidden)
            roots += [Root(target, allowed, item.text) for target in targets(item.requirement)]
        return roots

    def choose(self, package: Package, allowed: Positions) -> int | None:
        """Return the best place within those allowed."""
        if package.is_axis:
            return self.agreement.choose(package, allowed)
        if package.by_variant:
            return self.variants.choose(package.name, allowed)
        place = self._choose_version(package.name, allowed)
        if place is not None and package.extra is None:
            judged = self.holder(self.universes.of(package.name), place)
            if isinstance(judged, Judged) and not self.catalogue.is_uniform(judged):
                self.variants.foresee(package.name, place, judged)
        return place

    def _choose_version(self, name: NormalizedName, allowed: Positions) -> int | None:
        universe = self.universes.of(name)
        here = allowed & universe.known
        installed_at = universe.installed_at
        stays = installed_at is not None and installed_at in here
        if stays and not self._options.upgrades(name):
            return installed_at
        yanked = []
        if self._options.version_policy is VersionPolicy.BEST_BUILD:
            wanted = self._best_build(universe, here)
            if wanted is not None:
                return wanted
        places = tuple(self._in_order(universe, here))
        for number, place in enumerate(places):
            if universe.is_yanked(place) and place != installed_at:
                yanked.append(place)
            elif self.holder(universe, place) is not None:
                return place
            self.situation.ahead.describe(universe.release, places, number + 1)
        for place in yanked:
            if not self.universes.may_be_yanked(universe, place):
                self.universes.pass_yanked(universe, place)
            elif self.holder(universe, place) is not None:
                return place
        return None

    def _best_build(self, universe: Universe, here: Positions) -> int | None:
        places = (
            place
            for place in self._in_order(universe, here)
            if place == universe.installed_at or not universe.is_yanked(place)
        )
        return best_build(places, lambda place: self.holder(universe, place), self.catalogue)

    def _in_order(self, universe: Universe, here: Positions) -> Iterator[int]:
        """Yield versions, newest first, before all that which was installed."""
        usual = universe.usual_at
        if usual is None or usual not in here or self._options.upgrades(universe.name):
            yield from here.highest_first()
        else:
            yield usual
            yield from (here - Positions.singleton(usual)).highest_first()

    def take_needs(self) -> list[Need]:
        """Return what variants need that was found out since this was last asked."""
        return self.variants.take_needs()

    def holder(self, universe: Universe, place: int) -> Judged | InstalledPackage | None:
        """Return what a version would be taken from; None if nothing of it can be used."""
        # A pin may come up on the way that lets a yanked version be taken.
        yanked = self.universes.may_be_yanked(universe, place)
        key = universe.name, place, yanked
        if key not in self._holders:
            self._holders[key] = self._hold(universe, place, yanked=yanked)
        return self._holders[key]

    def _hold(
        self, universe: Universe, place: int, *, yanked: bool
    ) -> Judged | InstalledPackage | None:
        installed = universe.installed if place == universe.installed_at else None
        if installed is not None and not self._options.looks_anew(universe.name):
            return installed
        release = universe.release(place)
        if installed is not None and self._is_gone(installed, release):
            return installed
        if release is None or not self.catalogue.could_fit(release, yanked=yanked):
            return installed
        judged = self.catalogue.judge(release, yanked=yanked)
        return judged if self.catalogue.best(judged) is not None else installed

    def _is_gone(self, installed: InstalledPackage, release: Release | None) -> bool:
        """Whether an installed build is offered no more, and still fits."""
        return (
            installed.name in self._options.rechoose
            and release is not None
            and all(wheel.name.label != installed.label for wheel in release.wheels)
            and not against_installed(installed, self.catalogue.target)
        )

    def judge(self, universe: Universe, place: int) -> Judged:
        """Return the judged release of a version that the sources have."""
        release = universe.release(place)
        if release is None:
            raise LookupError(universe.name)
        yanked = self.universes.may_be_yanked(universe, place)
        return self.catalogue.judge(release, yanked=yanked)

    def priority(self, package: Package, allowed: Positions, conflicts: int) -> tuple[int, ...]:
        """Return the key by which open packages are decided, lowest first."""
        name = package.name
        return priority(
            package,
            allowed,
            conflicts=conflicts,
            came_up=0 if package.is_axis else self.universes.came_up(name),
            asked=not package.is_axis and self.situation.asks_now_for(name),
        )

    def dependencies(self, package: Package, position: int) -> Mapping[Package, Positions]:
        """Return what a choice needs."""
        key = (package, position)
        needs = self._needs.get(key)
        if needs is None:
            needs = self._needs[key] = self._find_needs(package, position)
        return needs

    def _find_needs(self, package: Package, position: int) -> Mapping[Package, Positions]:
        if package.is_axis:
            return self.agreement.excluded(package, position)
        name, extra = package.name, package.extra
        needs: dict[Package, Positions] = {}
        if package.by_variant:
            if extra is not None:
                needs[Package(name, by_variant=True)] = Positions.singleton(position)
        else:
            if extra is not None:
                needs[Package(name)] = Positions.singleton(position)
            universe = self.universes.of(name)
            judged = self.holder(universe, position)
            if isinstance(judged, Judged) and not self.catalogue.is_uniform(judged):
                needs[Package(name, extra, by_variant=True)] = self.variants.of(
                    name, position, judged
                )
        if extra is None:
            self._add_bonds(package, position, needs)
        if self._options.dependencies and not self._is_impossible(package, position):
            self._add_lines(package, position, needs)
        return needs

    def bonds(self, package: Package, position: int) -> Bonds:
        """Return what one choice has to agree on with the rest of the environment."""
        if package.by_variant:
            return self.variants.bonds(package.name, position)
        holder = self.holder(self.universes.of(package.name), position)
        if isinstance(holder, InstalledPackage):
            return self.catalogue.bond_reader.read(holder.properties)
        if holder is None or not self.catalogue.is_uniform(holder):
            return NO_BONDS
        return self.catalogue.bonds(holder, self.catalogue.best(holder) or 0)

    def _add_bonds(self, package: Package, position: int, needs: dict[Package, Positions]) -> None:
        bonds = self.bonds(package, position)
        texts = self._texts.setdefault((package, position), {})
        for axis, allowed in self.agreement.needs(bonds.axes).items():
            needs[axis] = allowed
            texts[axis] = [self.agreement.words(axis, allowed).strip("`")]
        if not self._options.dependencies:
            return
        for name, releases in bonds.abi.items():
            allowed = self.releases_of(name, releases)
            if allowed.is_empty:
                self.universes.thaw([name])
            text = abi_words(name, releases)
            self._need(package, position, needs, Package(name), allowed, text)

    def releases_of(self, name: NormalizedName, releases: Iterable[str]) -> Positions:
        """Return the versions of a dependency that a build for some of its releases works with."""
        allowed = Positions.empty()
        for release in releases:
            allowed |= self.universes.allowed(Requirement(f"{name}=={release}.*"))
        return allowed

    def _is_impossible(self, package: Package, position: int) -> bool:
        return (package, position) in self._impossible

    def _need(  # noqa: PLR0913, PLR0917 -- who needs what, and in which words
        self,
        package: Package,
        position: int,
        needs: dict[Package, Positions],
        target: Package,
        allowed: Positions,
        text: str,
    ) -> bool:
        """Note that a choice needs something; return whether it can be had at all."""
        texts = self._texts[package, position]
        texts.setdefault(target, []).append(text)
        needs[target] = needs.get(target, Positions.full()) & allowed
        if not needs[target].is_empty:
            return True
        # What cannot be had makes this choice impossible, whatever else it needs.
        self._impossible[package, position] = target.name
        texts.clear()
        texts[package] = [text]
        needs.clear()
        needs[package] = Positions.empty()
        return False

    def _add_lines(self, package: Package, position: int, needs: dict[Package, Positions]) -> None:
        lines = list(self.lines(package, position))
        self.universes.fetch_ahead(lines)
        self._texts.setdefault((package, position), {})
        for line in lines:
            allowed = self.universes.allowed(line)
            if allowed.is_empty:
                self.universes.thaw([canonicalize_name(line.name)])
            for target in targets(line):
                if not self._need(package, position, needs, target, allowed, without_marker(line)):
                    return

    def lines(self, package: Package, position: int) -> Iterator[Requirement]:
        """Return the requirements of one choice that hold on the target, extras apart."""
        lines = self._all_lines(package, position)
        return holding(lines, self.situation.environment, package.extra)

    def _all_lines(self, package: Package, position: int) -> Iterable[Requirement]:
        universe = self.universes.of(package.name)
        if package.by_variant:
            return self.catalogue.own(*self.variants.judged(package.name, position))
        holder = self.holder(universe, position)
        if isinstance(holder, InstalledPackage):
            return self.installed_requirements.of(holder)
        if holder is None:
            return ()
        best = self.catalogue.best(holder)
        context = holder.loaded[best or 0].context
        return [line.bind(context) for line in self.catalogue.common(holder)]

    def reconsider(self, steps: Iterable[Step]) -> None:
        """After a failure, widen what can be widened before it counts.

        :raises LearnedMore: if there is something to try again with
        """
        names = {
            term.package.name
            for step in steps
            for term in step.terms
            if term.package is not None and not term.package.is_axis
        }
        self.universes.reconsider(names)

    def impossible_project(self, package: Package, position: int) -> NormalizedName | None:
        """Return the project that a choice needs and cannot have, None if it has all."""
        return self._impossible.get((package, position))

    def text(self, package: Package, places: Positions, target: Package) -> str | None:
        """Return the requirement, as written, by which a choice needs another."""
        for (chooser, place), texts in self._texts.items():
            if chooser == package and place in places and target in texts:
                return ",".join(texts[target])
        return None


def targets(requirement: Requirement) -> list[Package]:
    """Return the packages that a requirement is about: the project and its extras."""
    name = canonicalize_name(requirement.name)
    extras = sorted(canonicalize_name(extra) for extra in requirement.extras)
    return [Package(name), *(Package(name, extra) for extra in extras)]


def without_marker(requirement: Requirement) -> str:
    """Write a requirement for people to whom its marker is settled."""
    return str(requirement).partition(";")[0].strip()


def abi_words(name: NormalizedName, releases: Iterable[str]) -> str:
    """Write the releases that a build works with for people: ``torch ==2.9.* or ==2.8.*``."""
    return f"{name} {' or '.join(f'=={release}.*' for release in releases)}"

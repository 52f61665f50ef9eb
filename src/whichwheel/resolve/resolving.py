"""Resolve requirements into one consistent set of packages for one target."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.diagnosis import diagnose
from whichwheel.resolve.failures import ResolutionFailed, SearchTooLong
from whichwheel.resolve.fallbacks import fallback_warnings
from whichwheel.resolve.installed import InstalledRequirements
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import (
    InstalledPackage,
    Kept,
    Pin,
    Resolution,
    ResolutionWarning,
)
from whichwheel.resolve.rules import ResolutionRules
from whichwheel.resolve.situation import Situation, situation_of
from whichwheel.resolve.solution import Solution, Stay
from whichwheel.resolve.solver import GaveUp, Unsolvable, solve
from whichwheel.resolve.universes import Learned, LearnedMore
from whichwheel.sources.ports import Sources
from whichwheel.target.target import Target

__all__ = ["resolve"]


def resolve(
    requirements: Sequence[Requested],
    *,
    target: Target,
    sources: Sources,
    options: ResolveOptions,
    installed: Mapping[NormalizedName, InstalledPackage],
) -> Resolution:
    """Resolve requirements into one consistent set of packages.

    What is installed and satisfies the requirements is kept, unless it is to be upgraded;
    nothing is fetched of it. Requirements whose marker does not hold on the target are left out.

    :param installed: everything in the environment, by name
    :raises ResolutionFailed: if there is no such set
    :raises InvalidRequest: if two different wheels are named for one project
    :raises SourceError: if a source fails
    """
    situation = situation_of(requirements, target, sources, options, installed)
    search = _Search(situation)
    solution = search.run()
    stays = InstalledRequirements(target)
    solution, broken = _honour_what_stays(search, solution, stays)
    return _result(solution, broken)


class _Search:
    """Runs the solver until nothing new is learned on the way."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._learned = Learned()

    def run(self, honoured: Sequence[Stay] = ()) -> Solution:
        """Solve.

        :param honoured: requirements of installed packages that stay
        :raises ResolutionFailed: if there is no solution
        """
        while True:
            rules = ResolutionRules(self._situation, self._learned)
            try:
                roots = rules.roots()
                found = solve(rules, roots, _constraints(rules, honoured))
                return Solution(rules, roots, found, honoured)
            except LearnedMore:
                continue
            except GaveUp:
                names = dict.fromkeys(item.name for item in self._situation.requested)
                raise SearchTooLong(list(names)) from None
            except Unsolvable as proof:
                try:
                    rules.reconsider(proof.steps)
                except LearnedMore:
                    continue
                raise diagnose(proof.steps, rules) from None


def _constraints(rules: ResolutionRules, honoured: Iterable[Stay]) -> dict[Package, Positions]:
    constraints: dict[Package, Positions] = {}
    for stay in honoured:
        package = Package(canonicalize_name(stay.requirement.name))
        allowed = rules.universes.allowed(stay.requirement)
        constraints[package] = constraints.get(package, Positions.full()) & allowed
    return constraints


def _honour_what_stays(
    search: _Search, solution: Solution, stays: InstalledRequirements
) -> tuple[Solution, list[Stay]]:
    """Solve again so that installed packages which stay are not broken, where that is possible.

    :return: the solution, and the requirements that could not be honoured
    """
    hopeless: list[Stay] = []
    while True:
        honoured = list(solution.honoured)
        known = honoured + hopeless
        broken = [stay for stay in _broken(solution, stays) if stay not in known]
        if not broken:
            return solution, [stay for stay in _broken(solution, stays) if stay in hopeless]
        try:
            solution = search.run([*honoured, *broken])
        except ResolutionFailed:
            for stay in broken:
                try:
                    solution = search.run([*solution.honoured, stay])
                except ResolutionFailed:
                    hopeless.append(stay)


def _broken(solution: Solution, stays: InstalledRequirements) -> Iterator[Stay]:
    """Yield what installed packages outside the solution need and would lose by it."""
    situation = solution.rules.situation
    changed = {name: pin for name in solution.places if (pin := solution.pin(name)) is not None}
    for package in situation.installed.values():
        if package.name in solution.places or package.name in situation.options.removable:
            continue
        for line in stays.of(package):
            pin = changed.get(canonicalize_name(line.name))
            if pin is None or line.url is not None or not holds(line, situation.environment):
                continue
            if line.specifier.contains(pin.version, prereleases=True):
                continue
            before = situation.installed.get(pin.name)
            if before is None or line.specifier.contains(before.version, prereleases=True):
                yield Stay(package, line)


def _result(solution: Solution, broken: Sequence[Stay]) -> Resolution:
    requested = {item.name for item in solution.rules.situation.requested}
    pins: list[Pin] = []
    kept: list[Kept] = []
    for name, place in sorted(solution.places.items()):
        pin = solution.pin(name)
        if pin is not None:
            pins.append(pin)
        else:
            version = solution.rules.universes.of(name).versions[place]
            kept.append(Kept(name, version, requested=name in requested))
    warnings = list(fallback_warnings(solution))
    warnings += [
        ResolutionWarning("breaks-installed", f"{stay}, and that is no longer so")
        for stay in broken
    ]
    return Resolution(tuple(pins), tuple(kept), tuple(dict.fromkeys(warnings)))

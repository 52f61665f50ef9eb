"""What the user has to be told: less than the best was taken, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.options import VersionPolicy
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.resolution import ResolutionWarning
from whichwheel.resolve.rules import abi_words
from whichwheel.resolve.solution import Solution
from whichwheel.resolve.unfit import plain_fallback, why_unfit
from whichwheel.resolve.universe import Universe
from whichwheel.resolve.version_policy import has_own_build, passed_by_policy

__all__ = ["fallback_warnings"]

_SHOWN = 3


def fallback_warnings(solution: Solution) -> Iterator[ResolutionWarning]:
    """Yield every warning about a solution, package by package."""
    for name, place in sorted(solution.places.items()):
        universe = solution.rules.universes.of(name)
        yield from _unknown_extras(solution, name, place)
        judged = solution.rules.holder(universe, place)
        if not isinstance(judged, Judged):
            continue
        for fault in (*judged.release.warnings, *judged.choice.warnings):
            yield ResolutionWarning(fault.kind, fault.message)
        if universe.is_yanked(place):
            yield _yanked(judged)
        for warning in _Fallback(solution, universe, place, judged).warnings():
            yield replace(warning, package=name)


def _yanked(judged: Judged) -> ResolutionWarning:
    release = judged.release
    why = next((wheel.file.yanked for wheel in release.wheels if wheel.file.yanked), "")
    return ResolutionWarning(
        "yanked",
        f"`{release.name} {release.version}` was yanked by its publisher{f': {why}' * bool(why)}",
    )


def _unknown_extras(
    solution: Solution, name: NormalizedName, place: int
) -> Iterator[ResolutionWarning]:
    provided = solution.provided_extras(name)
    for extra in solution.extras(name):
        if provided is not None and extra not in provided:
            version = solution.rules.universes.of(name).versions[place]
            yield ResolutionWarning(
                "extra-unknown", f"`{name} {version}` has no extra `{extra}`; it is left out"
            )


class _Fallback:
    """Looks for what is better than what was taken, and why it was not."""

    def __init__(self, solution: Solution, universe: Universe, place: int, judged: Judged) -> None:
        self._solution = solution
        self._rules = solution.rules
        self._universe = universe
        self._place = place
        self._judged = judged
        self._rank = solution.rank(universe.name)

    def warnings(self) -> Iterator[ResolutionWarning]:
        found = [self._version_fallback(), self._variant_fallback()]
        if self._rank == 0:
            failing = self._rules.situation.options.fail_on_fallback
            found.append(plain_fallback(self._judged.choice, always=failing))
        yield from (warning for warning in found if warning is not None)

    @property
    def _taken(self) -> str:
        label = self._judged.candidates[self._rank].label
        what = "the plain wheel" if label is None else f"`{label}`"
        return f"{what} of `{self._universe.name} {self._universe.versions[self._place]}`"

    def _version_fallback(self) -> ResolutionWarning | None:
        universe = self._universe
        options = self._rules.situation.options
        there = {universe.installed_at, universe.usual_at}
        if self._place in there and not options.upgrades(universe.name):
            return None  # a newer one was not asked for
        allowed = self._solution.allowed(universe.name) & universe.known
        lost = self._lost_build(allowed)
        if lost is not None:
            return lost
        newer = list(self._others(allowed - Positions.run(0, self._place)))
        if not newer:
            return None
        if options.version_policy is VersionPolicy.BEST_BUILD and has_own_build(self._judged):
            built = [place for place in newer if self._has_own_build(place)]
            if not built and universe.release(newer[0]) is not None:
                return passed_by_policy(
                    universe.versions[self._place],
                    self._rules.judge(universe, newer[0]),
                    others=len(newer) - 1,
                    target=self._rules.catalogue.target,
                    options=options,
                )
            newer = built or newer
        why = self._why_passed(newer[0])
        if why is None:
            return None
        rest = len(newer) - 1
        more = f", nor are {rest} more newer versions" if rest > 1 else ""
        more = ", nor is one more newer version" if rest == 1 else more
        return ResolutionWarning(
            "version-fallback",
            f"`{universe.name} {universe.versions[self._place]}` is taken; the newest, "
            f"{universe.versions[newer[0]]}, is not{more}: {why}",
        )

    def _others(self, allowed: Positions) -> Iterator[int]:
        """Yield other versions that might be taken, newest first."""
        for place in (allowed - Positions.singleton(self._place)).highest_first():
            if not (self._universe.is_yanked(place) or self._universe.is_late(place)):
                yield place

    def _lost_build(self, allowed: Positions) -> ResolutionWarning | None:
        """Warn if a build was wanted more than the newest version, and could not be had."""
        universe = self._universe
        policy = self._rules.situation.options.version_policy
        if policy is not VersionPolicy.BEST_BUILD or has_own_build(self._judged):
            return None
        others = self._others(allowed)
        built = next((place for place in others if self._has_own_build(place)), None)
        why = None if built is None else self._why_passed(built)
        if built is None or why is None:
            return None
        return ResolutionWarning(
            "version-fallback",
            f"{self._taken} is taken; {universe.versions[built]}, the newest version with a build "
            f"for {self._rules.catalogue.target.name}, is not: {why}",
        )

    def _has_own_build(self, place: int) -> bool:
        holder = self._rules.holder(self._universe, place)
        return has_own_build(holder, self._rules.catalogue)

    def _why_passed(self, place: int) -> str | None:
        """Say why a newer version was passed over, None if the search never came to it."""
        universe = self._universe
        if universe.release(place) is None:
            return None
        judged = self._rules.judge(universe, place)
        if self._rules.catalogue.best(judged) is None:
            return why_unfit(judged, self._rules.catalogue.target)
        package = Package(universe.name)
        clash = self._clash(self._rules.lines(package, place))
        if clash is None and judged.loaded:
            clash = self._disagreement(judged, min(judged.loaded))
        if clash is None and judged.loaded:
            first = judged.loaded[min(judged.loaded)]
            lines = [line.bind(first.context) for line in first.metadata.requires]
            clash = self._clash(self._holding(lines))
        return clash or "what it needs cannot be had together with the rest"

    def _holding(self, lines: Iterable[Requirement]) -> Iterator[Requirement]:
        environment = self._rules.situation.environment
        for extra in ("", *self._solution.extras(self._universe.name)):
            yield from (line for line in lines if holds(line, environment, extra))

    def _variant_fallback(self) -> ResolutionWarning | None:
        passed = []
        for rank in range(self._rank):
            if self._is_settled_otherwise(rank):
                continue
            label = self._judged.candidates[rank].label
            shown = "the plain wheel" if label is None else f"`{label}`"
            passed.append((shown, self._why_rank_passed(rank)))
        if not passed:
            return None
        told = "; ".join(f"{shown} {why}" for shown, why in passed[:_SHOWN])
        more = f"; and {len(passed) - _SHOWN} more" if len(passed) > _SHOWN else ""
        return ResolutionWarning(
            "variant-fallback", f"{self._taken} is taken, and not what is better: {told}{more}"
        )

    def _is_settled_otherwise(self, rank: int) -> bool:
        """Whether what was taken is built for what a better build is not built for.

        That is another value of an axis, if the user wants it, or the release of a dependency
        that is there.
        """
        rules = self._rules
        taken = rules.catalogue.bonds(self._judged, self._rank)
        better = rules.catalogue.bonds(self._judged, rank)
        by_axis = any(
            axis in taken.axes
            and rules.agreement.is_wished(axis)
            and self._solution.agreed(axis) not in values
            for axis, values in better.axes.items()
        )
        return by_axis or any(
            name in taken.abi and place not in rules.releases_of(name, releases)
            for name, releases in better.abi.items()
            if (place := self._solution.places.get(name)) is not None
        )

    def _why_rank_passed(self, rank: int) -> str:
        if rank in self._judged.unusable:
            return f"cannot be used: {self._judged.unusable[rank]}"
        loaded = self._judged.loaded.get(rank)
        if loaded is None:
            return "was not reached"
        lines = [line.bind(loaded.context) for line in loaded.metadata.requires]
        clash = self._disagreement(self._judged, rank) or self._clash(self._holding(lines))
        return clash or "needs what cannot be had together with the rest"

    def _disagreement(self, judged: Judged, rank: int) -> str | None:
        """Say on which axis, or with which dependency, a build does not agree."""
        rules = self._rules
        bonds = rules.catalogue.bonds(judged, rank)
        for axis, values in bonds.axes.items():
            agreed = self._solution.agreed(axis)
            if agreed is not None and agreed not in values:
                shown = rules.catalogue.bond_reader.axes.by_name[axis]
                why = self._solution.why_agreed(axis, self._universe.name)
                return f"is built for `{shown} = {' or '.join(values)}`, and {why}"
        for name, releases in bonds.abi.items():
            place = self._solution.places.get(name)
            allowed = rules.releases_of(name, releases)
            if place is not None and place not in allowed:
                version = rules.universes.of(name).versions[place]
                return (
                    f"is built for `{abi_words(name, releases)}`, and `{name} {version}` is taken"
                )
        return None

    def _clash(self, lines: Iterable[Requirement]) -> str | None:
        """Say which requirement the solution does not satisfy."""
        for line in lines:
            name = canonicalize_name(line.name)
            universe = self._rules.universes.seen(name)
            if universe is None:
                continue
            allowed = self._rules.universes.allowed(line)
            place = self._solution.places.get(name)
            wanted = str(line).partition(";")[0].strip()
            if (allowed & universe.known).is_empty:
                return f"needs `{wanted}`, and there is no such version"
            if place is not None and place not in allowed:
                why = self._solution.why(name, allowed)
                return f"needs `{wanted}`, but {why}"
            if place is None and self._nothing_in(universe, allowed):
                return f"needs `{wanted}`, of which nothing can be had"
        return None

    def _nothing_in(self, universe: Universe, allowed: Positions) -> bool:
        here = (allowed & universe.known).highest_first()
        return all(self._rules.holder(universe, place) is None for place in here)

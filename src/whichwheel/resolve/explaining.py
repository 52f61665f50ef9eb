"""Which release of one package would be taken, and why, without its dependencies."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from packaging.requirements import Requirement

from whichwheel.choose.choice import Choice
from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.failures import NoSuchVersion, ProjectNotFound
from whichwheel.resolve.narrowing import narrowed
from whichwheel.resolve.options import ResolveOptions, VersionPolicy
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.situation import Situation, situation_of
from whichwheel.resolve.unfit import plain_fallback, why_unfit
from whichwheel.resolve.universe import Universe
from whichwheel.resolve.universes import Learned, Universes
from whichwheel.resolve.version_policy import best_build, passed_by_policy
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import SourceWarning
from whichwheel.target.target import Target

__all__ = ["explain_choice"]


def explain_choice(
    requested: Requested, *, target: Target, sources: Sources, options: ResolveOptions
) -> Choice:
    """Judge the newest version that is allowed and has a wheel that fits.

    Newer versions that were passed over are told as a warning of kind ``version-fallback``.
    Where nothing fits at all, the choice is that of the newest version, with nothing chosen.
    Dependencies, core metadata and the request's marker are not looked at.

    :raises ProjectNotFound: if no source has the project
    :raises NoSuchVersion: if no version of it is allowed
    """
    marker_free = replace(requested, requirement=_without_marker(requested))
    if options.axes is not None and options.axes.chosen:
        options = replace(options, preferences=narrowed(options.preferences, options.axes))
    situation = situation_of([marker_free], target, sources, options, {})
    learned = Learned()
    if requested.requirement.specifier.prereleases:
        learned.prereleases.add(requested.name)
    universes = Universes(situation, learned)
    universe = universes.of(requested.name)
    allowed = universes.allowed(marker_free.requirement)
    if not universe.versions and not universe.hidden:
        raise ProjectNotFound(requested.name, sources=sources.names)
    if allowed.is_empty:
        specifier = requested.requirement.specifier
        raise NoSuchVersion(
            requested.name, specifier, universe.versions[::-1], universe.source, universe.hidden
        )

    places = _in_order(universes, universe, allowed)

    def fitting(place: int) -> Judged | None:
        judged = _judge(situation, universes, universe, place)
        return judged if judged is not None and judged.candidates else None

    passed = _taken(places, fitting, options)
    if passed is None:
        # Nothing fits; a release with nothing for this platform is judged all the same.
        return _judged(situation, universes, universe, places[0]).choice
    judged = _judged(situation, universes, universe, places[passed])
    warnings = list(judged.choice.warnings)
    if passed:
        newest = _judged(situation, universes, universe, places[0])
        warnings.append(_version_fallback(judged, newest, passed, options, target))
    fallback = plain_fallback(judged.choice, explained=True, always=options.fail_on_fallback)
    if fallback is not None:
        warnings.append(SourceWarning(fallback.kind, fallback.message))
    return replace(judged.choice, warnings=tuple(warnings))


def _without_marker(requested: Requested) -> Requirement:
    requirement = Requirement(str(requested.requirement))
    requirement.marker = None
    return requirement


def _in_order(universes: Universes, universe: Universe, allowed: Positions) -> list[int]:
    """Return the places to look at, best first; a yanked version only if nothing else is left."""
    there = list((allowed & universe.known).highest_first())
    places = [place for place in there if not universe.is_late(place)] or there
    yanked = [place for place in places if universe.is_yanked(place)]
    pinned = [place for place in yanked if universes.may_be_yanked(universe, place)]
    return [place for place in places if place not in yanked] + pinned or yanked


def _taken(
    places: Sequence[int], fitting: Callable[[int], Judged | None], options: ResolveOptions
) -> int | None:
    """Return how many versions are passed over, None if nothing of any fits."""
    if options.version_policy is VersionPolicy.BEST_BUILD:
        built = best_build(places, fitting, None)
        if built is not None:
            return places.index(built)
    return next((passed for passed, place in enumerate(places) if fitting(place)), None)


def _judge(
    situation: Situation, universes: Universes, universe: Universe, place: int
) -> Judged | None:
    """Judge a version; None, without looking at its variants, if nothing of it could fit."""
    release = universe.release(place)
    yanked = universes.may_be_yanked(universe, place)
    if release is None or not situation.catalogue.could_fit(release, yanked=yanked):
        return None
    return _judged(situation, universes, universe, place)


def _judged(situation: Situation, universes: Universes, universe: Universe, place: int) -> Judged:
    release = universe.release(place)
    if release is None:
        raise LookupError(universe.name)
    yanked = universes.may_be_yanked(universe, place)
    return situation.catalogue.judge(release, yanked=yanked)


def _version_fallback(
    taken: Judged, newest: Judged, passed: int, options: ResolveOptions, target: Target
) -> SourceWarning:
    release = taken.release
    if newest.candidates:
        told = passed_by_policy(
            release.version, newest, target=target, others=passed - 1, options=options
        )
        return SourceWarning(told.kind, told.message)
    more = f" and {passed - 1} more newer" if passed > 1 else ""
    return SourceWarning(
        "version-fallback",
        f"`{release.name} {release.version}` is taken, and not {newest.release.version}{more}: "
        f"{why_unfit(newest, target)}",
    )

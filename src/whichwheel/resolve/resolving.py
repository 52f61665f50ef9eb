"""Resolve requirements into one consistent set of packages for one target."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import (
    InstalledPackage,
    Kept,
    Pin,
    Resolution,
    ResolutionWarning,
)
from whichwheel.resolve.satisfied import satisfied
from whichwheel.sources.ports import Sources
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.resolve.solution import Solution

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
    kept = satisfied(requirements, target=target, options=options, installed=installed)
    if kept is not None:
        return Resolution((), kept)
    # A run that changes nothing has no need of them.
    from whichwheel.resolve.agreeing import Agreeing  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.fallbacks import fallback_warnings  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.situation import situation_of  # noqa: PLC0415 -- start-up time

    situation = situation_of(requirements, target, sources, options, installed)
    agreeing = Agreeing(situation)
    try:
        solution = agreeing.solution()
    finally:
        situation.ahead.stop()
    pins, stay = _packages(solution)
    warnings = [
        *fallback_warnings(solution),
        *agreeing.warnings,
        *(ResolutionWarning("breaks-installed", stay.loss) for stay in solution.lost),
    ]
    if options.fail_on_fallback:
        from whichwheel.resolve.fallback_failure import check_fallbacks  # noqa: PLC0415 -- rarely

        check_fallbacks(warnings, target.name)
    return Resolution(
        pins,
        stay,
        tuple(dict.fromkeys(warnings)),
        agreed=tuple(agreeing.agreed(solution)),
        steps=agreeing.steps,
    )


def _packages(solution: "Solution") -> tuple[tuple[Pin, ...], tuple[Kept, ...]]:
    situation = solution.rules.situation
    pins: list[Pin] = []
    kept: list[Kept] = []
    for name, place in sorted(solution.places.items()):
        pin = solution.pin(name)
        if pin is not None:
            pins.append(pin)
        else:
            version = solution.rules.universes.of(name).versions[place]
            kept.append(Kept(name, version, requested=situation.asks_now_for(name)))
    return tuple(pins), tuple(kept)

"""Which version of a project is wanted: the newest, or the newest with a build for the target."""

from collections.abc import Callable, Iterable

from packaging.version import Version

from whichwheel.resolve.catalogue import Catalogue, Judged
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.resolution import InstalledPackage, ResolutionWarning
from whichwheel.resolve.unfit import why_unfit
from whichwheel.spec.properties import NULL_LABEL
from whichwheel.target.target import Target

__all__ = [
    "best_build",
    "has_own_build",
    "passed_by_policy",
]


def best_build(
    places: Iterable[int],
    holder: Callable[[int], Judged | InstalledPackage | None],
    catalogue: Catalogue | None,
) -> int | None:
    """Return the first version that has a build with properties; None if none of them has.

    :param places: of versions, the newest first
    :param holder: what a version would be taken from
    :param catalogue: to look whether a build can be used; None to look at nothing inside wheels
    """
    return next((place for place in places if has_own_build(holder(place), catalogue)), None)


def has_own_build(
    holder: Judged | InstalledPackage | None, catalogue: Catalogue | None = None
) -> bool:
    """Whether a version has a fitting variant with properties: made for such a target.

    :param catalogue: to look whether it can be used too
    """
    if isinstance(holder, InstalledPackage):
        return holder.label not in {None, NULL_LABEL} and bool(holder.properties)
    return holder is not None and any(
        candidate.label is not None
        and bool(holder.choice.properties.get(candidate.label))
        and (catalogue is None or catalogue.load(holder, place) is not None)
        for place, candidate in enumerate(holder.candidates)
    )


def passed_by_policy(
    taken: Version, newest: Judged, *, target: Target, others: int, options: ResolveOptions
) -> ResolutionWarning:
    """Tell that a version was taken for its build, and not the newest.

    :param newest: the newest version that was allowed
    :param others: how many more newer versions have no build either
    """
    release = newest.release
    best = next(iter(newest.candidates), None)
    if best is None:
        why = why_unfit(newest, target)
    else:
        what = "the plain wheel" if best.label is None else f"`{best.label}`"
        why = f"only {what} of it fits"
    more = f", nor have {others} more newer versions" if others > 1 else ""
    more = ", nor has one more newer version" if others == 1 else more
    origin = f" (`{options.version_policy_from}`)" if options.version_policy_from else ""
    return ResolutionWarning(
        "version-policy",
        f"`{release.name} {taken}` is taken for its build: the version policy is "
        f"`{options.version_policy}`{origin}, and the newest, {release.version}, has none for "
        f"{target.name}{more}: {why}",
    )

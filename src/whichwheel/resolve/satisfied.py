"""Requirements that what is installed satisfies: nothing is chosen, so nothing is searched."""

from collections.abc import Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.resolve.core_metadata import holding
from whichwheel.resolve.installed import InstalledRequirements
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import InstalledPackage, Kept
from whichwheel.target.target import Target

__all__ = ["satisfied"]


def satisfied(
    requirements: Sequence[Requested],
    *,
    target: Target,
    options: ResolveOptions,
    installed: Mapping[NormalizedName, InstalledPackage],
) -> tuple[Kept, ...] | None:
    """Return what stays if that is all there is to it.

    This is what a search would find, and takes a tenth of its time. Where variants come in, or
    wishes, or anything that is looked at anew, a search is left to find what stays.

    :param installed: everything in the environment, by name
    :return: in order of name; None if there may be something to choose
    :raises InvalidRequirement: if a marker compares what cannot be compared
    """
    asked = [item for item in requirements if item.applies(target.environment)]
    if options.axes is not None or any(item.wheel is not None for item in asked):
        return None
    needs = InstalledRequirements(target)
    waiting = [item.requirement for item in asked]
    seen: set[tuple[NormalizedName, str | None]] = set()
    while waiting:
        line = waiting.pop()
        package = installed.get(canonicalize_name(line.name))
        if package is None or not _stays(package, line, options):
            return None
        for extra in (None, *map(canonicalize_name, line.extras)):
            if options.dependencies and (package.name, extra) not in seen:
                waiting += holding(needs.of(package), target.environment, extra)
            seen.add((package.name, extra))
    named = {item.name for item in asked if not item.implied}
    names = sorted({name for name, _ in seen})
    return tuple(Kept(name, installed[name].version, requested=name in named) for name in names)


def _stays(package: InstalledPackage, line: Requirement, options: ResolveOptions) -> bool:
    """Whether a plain package satisfies a requirement, and nobody wants another build of it."""
    name, preferences = package.name, options.preferences
    return (
        package.label is None
        and not package.properties
        and line.url is None
        and line.specifier.contains(package.version, prereleases=True)
        and not options.looks_anew(name)
        and name not in preferences.labels
        and preferences.wishes.about(name) is None
    )

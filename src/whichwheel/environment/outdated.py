"""Installed packages of which there is a newer version."""

from collections.abc import Iterator, Mapping

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.environment.plan import Installed
from whichwheel.resolve.explaining import explain_choice
from whichwheel.resolve.failures import NoSuchVersion, ProjectNotFound
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.sources.ports import Sources
from whichwheel.spec.specifiers import python_fits
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

__all__ = ["Outdated", "find_outdated"]


@dataclass(frozen=True, slots=True)
class Outdated:
    """A package of which there is a newer version.

    :param latest: the newest version, as if it was asked for alone
    :param label: of the build of it that would be taken; None for a plain wheel or sources
    :param is_sdist: whether there are only sources of it
    """

    installed: Installed
    latest: Version
    label: str | None = None
    is_sdist: bool = False


def find_outdated(
    installed: Mapping[NormalizedName, Installed],
    *,
    target: Target,
    sources: Sources,
    options: ResolveOptions,
) -> Iterator[Outdated]:
    """Yield what is outdated, in order of name; what no source has is passed over.

    A version counts that would be taken: one with a wheel that fits, or with sources alone.

    :param installed: by the name that others depend on it by
    :raises SourceError: if a source cannot be read
    """
    sources.prefetch(installed)
    for name, each in sorted(installed.items()):
        newest = _newest(name, each, target, sources, options)
        if newest is not None:
            yield newest


def _newest(
    name: NormalizedName,
    installed: Installed,
    target: Target,
    sources: Sources,
    options: ResolveOptions,
) -> Outdated | None:
    try:
        choice = explain_choice(
            parse_requested(name), target=target, sources=sources, options=options
        )
    except (ProjectNotFound, NoSuchVersion):
        return None
    there = installed.known_version
    best = choice.version if choice.chosen is not None else there
    sources_alone = _newest_sources(name, max(best, there), target, sources, options)
    if sources_alone is not None:
        return Outdated(installed, sources_alone, is_sdist=True)
    if choice.chosen is None or choice.version <= there:
        return None
    return Outdated(installed, choice.version, choice.chosen.name.label)


def _newest_sources(
    name: NormalizedName, above: Version, target: Target, sources: Sources, options: ResolveOptions
) -> Version | None:
    """Return the newest version above another that has sources for this Python, and no wheel."""
    project = sources.project(name)
    if project is None:
        return None
    for version in project.releases:
        if version <= above:
            return None
        if version.is_prerelease and not options.prereleases:
            continue
        release = project.releases[version]
        if not release.wheels and any(
            file.yanked is None and python_fits(file.requires_python or "", target.python_version)
            for file in release.sdists
        ):
            return version
    return None

"""Resolve where one package is wanted under several names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.sources.overlays.overlaid import OverlaidSources
from whichwheel.sources.ports import Sources
from whichwheel.target.target import Target

__all__ = ["resolve_twins"]


def resolve_twins(  # noqa: PLR0913 -- as `resolve`, and the overlays
    requirements: Sequence[Requested],
    *,
    target: Target,
    sources: Sources,
    overlaid: OverlaidSources,
    options: ResolveOptions,
    installed: Mapping[NormalizedName, InstalledPackage],
) -> Resolution:
    """Resolve as :func:`resolve`; a build that is needed by its own name serves the plain one too.

    ``opencv-python`` and ``opencv-python-headless`` overwrite each other's files. Where both are
    needed, what depends on the plain name is satisfied with the other.

    :param sources: what is chosen from
    :param overlaid: the overlays below them
    :raises ResolutionFailed: as :func:`resolve`
    """
    found = resolve(
        requirements, target=target, sources=sources, options=options, installed=installed
    )
    new = [pin.name for pin in found.pins]
    contested = overlaid.overlays.contested(new, [*new, *installed])
    if not contested:
        return found
    implied = [
        Requested(
            f"`{build}` takes the place of `{project}`, whose files it has",
            project,
            Requirement(project),
            implied=True,
        )
        for project, build in contested.items()
        if project not in new
    ]
    for project, build in contested.items():
        overlaid.ask_for(build, project)
    return resolve(
        [*requirements, *implied],
        target=target,
        sources=sources,
        options=replace(options, upgrade_packages=options.upgrade_packages | contested.keys()),
        installed=installed,
    )

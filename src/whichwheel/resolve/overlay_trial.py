"""An overlay tried on real sources: what its builds take, and what targets get by it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import NormalizedName

from whichwheel.choose.choice import Choice
from whichwheel.resolve.explaining import explain_choice
from whichwheel.resolve.failures import NoSuchVersion, ProjectNotFound
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.sources.file_sizes import file_size
from whichwheel.sources.overlays.active import ActiveOverlays
from whichwheel.sources.overlays.coverage import Coverage, cover, offered_wheels
from whichwheel.sources.overlays.overlaid import ClosingSources, OverlaidSources, OverlayFailed
from whichwheel.sources.overlays.overlay import Overlay
from whichwheel.sources.ports import PassingSources, Sources
from whichwheel.sources.release import Wheel
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

__all__ = ["Chosen", "Trial", "Weighed", "try_overlay"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A wheel and its size in bytes, None where that is not known."""

    wheel: Wheel
    size: int | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one target gets with the overlay, and what it would get without.

    :param target: its name
    :param version: the release that was judged, None if there is none
    :param best: what is chosen, None if nothing fits
    :param plain: what would be chosen without the overlay, None if nothing fits
    :param why: the reason for the choice, or against all builds
    """

    target: str
    version: str | None
    best: Weighed | None
    plain: Weighed | None
    why: str


@dataclass(frozen=True, slots=True)
class Trial:
    """An overlay tried on real sources.

    :param sizes: those of the examples in the coverage, in bytes, by build number
    """

    project: NormalizedName
    coverage: Coverage
    sizes: Mapping[int, int | None]
    chosen: tuple[Chosen, ...]


def try_overlay(
    overlay: Overlay, targets: Iterable[Target], sources: ClosingSources, cache_directory: Path
) -> Trial:
    """Match an overlay with what its sources have, and choose by it for each target.

    :param sources: without any overlay
    :param cache_directory: the folder of all caches
    """
    coverage = cover(overlay, offered_wheels(overlay, sources))
    overlaid = OverlaidSources(sources, ActiveOverlays([overlay]), cache_directory=cache_directory)
    return Trial(
        project=overlay.project,
        coverage=coverage,
        sizes={
            each.number: file_size(each.example, sources)
            for each in coverage.builds
            if each.example is not None
        },
        chosen=tuple(_chosen(overlay.project, target, overlaid, sources) for target in targets),
    )


def _chosen(
    project: NormalizedName, target: Target, overlaid: PassingSources, plain: PassingSources
) -> Chosen:
    choice, why = _choice(project, target, overlaid)
    without, _ = _choice(project, target, plain)
    return Chosen(
        target=target.name,
        version=None if choice is None else str(choice.version),
        best=_weighed(choice, plain),
        plain=_weighed(without, plain),
        why=why,
    )


def _choice(project: NormalizedName, target: Target, sources: Sources) -> tuple[Choice | None, str]:
    try:
        choice = explain_choice(
            parse_requested(project), target=target, sources=sources, options=ResolveOptions()
        )
    except (NoSuchVersion, OverlayFailed, ProjectNotFound) as error:
        return None, error.message
    if choice.chosen is None:
        facts = "; ".join(dict.fromkeys(filter(None, choice.deciding_facts.values())))
        return choice, f"no wheel fits what it has{f' [{facts}]' if facts else ''}"
    return choice, choice.judgements[0].reasons[0].message


def _weighed(choice: Choice | None, sources: PassingSources) -> Weighed | None:
    wheel = None if choice is None else choice.chosen
    if wheel is None:
        return None
    return Weighed(wheel, file_size(wheel.file, sources))

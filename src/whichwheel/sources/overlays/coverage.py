"""What each build of an overlay takes of all that its places have."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from packaging.version import Version

from whichwheel.sources.errors import SourceError
from whichwheel.sources.overlays.matching import match_build, public_version
from whichwheel.sources.overlays.overlay import Overlay, OverlayBuild, expand_template
from whichwheel.sources.overlays.presenting import Place, place_of
from whichwheel.sources.ports import PlaceSources
from whichwheel.sources.release import File, Project, Wheel
from whichwheel.spec.values import dataclass

__all__ = ["BuildCoverage", "Coverage", "Offered", "TakenTwice", "cover", "offered_wheels"]

#: Of how many releases a page is asked for, since each has its own.
_PAGES = 3


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is in one place.

    :param failure: why it could not be read, if so
    """

    wheels: tuple[Wheel, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class BuildCoverage:
    """What one build takes.

    :param number: of the build, from 1
    :param labels: those that its files get, in order of the text
    :param files: how many wheels
    :param releases: how many versions they are of
    :param newest: the newest of these, a pre-release only if there is nothing else
    :param example: one wheel of that version
    :param failure: why its place could not be read, if so
    """

    number: int
    build: OverlayBuild
    labels: tuple[str, ...]
    files: int
    releases: int
    newest: Version | None
    example: File | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class TakenTwice:
    """A file that several builds take, of which the first gets it.

    :param builds: their numbers, from 1
    """

    filename: str
    builds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an overlay makes of the files that there are.

    :param builds: one for each build, in the order of the overlay
    :param twice: what several builds take that are told by the name of the file
    """

    builds: tuple[BuildCoverage, ...]
    twice: tuple[TakenTwice, ...]

    @property
    def empty(self) -> tuple[BuildCoverage, ...]:
        """The builds that take nothing."""
        return tuple(each for each in self.builds if not each.files)

    @property
    def is_sound(self) -> bool:
        """Whether every build takes something, and nothing is taken twice."""
        return not self.empty and not self.twice


def offered_wheels(overlay: Overlay, sources: PlaceSources) -> Mapping[Place, Offered]:
    """Return what there is in every place that an overlay names.

    Where each version has a page of its own, only the newest three are asked for.
    """
    places = tuple(dict.fromkeys(place_of(build) for build in overlay.builds))
    sources.prefetch(place.project for place in places if place.address is None)
    for place in places:
        if place.address is not None and not place.is_page:
            sources.prefetch_at(place.address, place.project)
    return {place: _offered(place, overlay, sources) for place in places}


def cover(overlay: Overlay, offered: Mapping[Place, Offered]) -> Coverage:
    """Match every build with the files of its place.

    :param offered: what there is in each place
    """
    found: dict[int, list[tuple[Wheel, str]]] = {}
    twice = []
    for place, there_is in offered.items():
        there = [
            (number, build)
            for number, build in enumerate(overlay.builds, 1)
            if place_of(build) == place
        ]
        for wheel in there_is.wheels:
            # What is told by an extra shares its file with others by design.
            by_name = []
            for number, build in there:
                match = match_build(build, wheel.name.name, wheel.name.version, wheel.name.tags)
                if match is not None:
                    found.setdefault(number, []).append((wheel, match.label))
                    if not build.extras:
                        by_name.append(number)
            if len(by_name) > 1:
                twice.append(TakenTwice(wheel.file.filename, tuple(by_name)))
    builds = tuple(
        _coverage(number, build, found.get(number, ()), offered[place_of(build)].failure)
        for number, build in enumerate(overlay.builds, 1)
    )
    return Coverage(builds, tuple(twice))


def _coverage(
    number: int, build: OverlayBuild, taken: Sequence[tuple[Wheel, str]], failure: str | None
) -> BuildCoverage:
    versions = {public_version(wheel.name.version) for wheel, _ in taken}
    newest = max(versions, key=lambda version: (not version.is_prerelease, version), default=None)
    examples = [wheel for wheel, _ in taken if public_version(wheel.name.version) == newest]
    return BuildCoverage(
        number=number,
        build=build,
        labels=tuple(sorted({label for _, label in taken})),
        files=len(taken),
        releases=len(versions),
        newest=newest,
        example=max(examples, key=_typical).file if examples else None,
        failure=failure,
    )


def _typical(wheel: Wheel) -> tuple[bool, str]:
    """Prefer as an example what most people would be given, so that sizes compare."""
    name = wheel.file.filename
    return "linux" in name and "x86_64" in name, name


def _offered(place: Place, overlay: Overlay, sources: PlaceSources) -> Offered:
    try:
        return Offered(tuple(_wheels(place, overlay, sources)))
    except SourceError as error:
        return Offered(failure=error.message)


def _wheels(place: Place, overlay: Overlay, sources: PlaceSources) -> Iterator[Wheel]:
    if place.address is None:
        yield from _all(sources.project(place.project))
    elif place.is_page:
        plain = sources.project(overlay.project)
        for version in islice(plain.releases if plain is not None else (), _PAGES):
            address = expand_template(place.address, {"version": str(version)})
            yield from _all(sources.project_at(address, place.project, page=True))
    else:
        yield from _all(sources.project_at(place.address, place.project))


def _all(project: Project | None) -> Iterator[Wheel]:
    if project is not None:
        for release in project.releases.values():
            yield from release.wheels

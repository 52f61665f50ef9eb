"""The releases of a project with the builds of its overlay among them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.overlays.matching import (
    Match,
    could_take,
    match_build,
    presented_name,
    public_version,
)
from whichwheel.sources.overlays.overlay import Overlay, OverlayBuild
from whichwheel.sources.release import (
    File,
    LazyReleases,
    Presented,
    Project,
    Release,
    SourceWarning,
    VariantData,
    Wheel,
)
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass

__all__ = ["Place", "Presentation", "PresentedReleases", "place_of"]


class Place(NamedTuple):
    """Where the files of a build are.

    :param address: of an index or a page; None for the user's own sources
    :param is_page: whether it is the address of a page, which may name the version
    """

    project: NormalizedName
    address: str | None = None
    is_page: bool = False


def place_of(build: OverlayBuild) -> Place:
    """Return where the files of a build are."""
    if build.page is not None:
        return Place(build.project, build.page, is_page=True)
    return Place(build.project, build.index)


@dataclass(frozen=True, slots=True)
class Presentation:
    """What is presented how.

    :param builds: those that take files, in order
    :param plain_too: whether what no build takes stays
    :param by_name: whether the user asked for these builds by their own name
    :param as_variant: whether those under other names are rewritten
    """

    overlay: Overlay
    builds: tuple[OverlayBuild, ...]
    plain_too: bool = True
    by_name: bool = False
    as_variant: bool = False


class PresentedReleases(LazyReleases):
    """The releases of a plain name, newest first, each made when it is first asked for.

    A release that has variants of its own is left as it is: metadata is not merged.

    :param plain: what the sources have under the plain name
    :param places: what is where, pages apart
    :param page: returns what a page has of a project, by its address
    :param keep: is told the variant metadata of each release
    :param warnings: what all releases lack
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- all that releases are made of
        self,
        presentation: Presentation,
        plain: Project | None,
        places: Mapping[Place, Project | None],
        page: Callable[[str, NormalizedName], Project | None],
        keep: Callable[[Release, VariantData], None],
        warnings: tuple[SourceWarning, ...] = (),
    ) -> None:
        self._presentation = presentation
        self._plain = plain
        self._page = page
        self._keep = keep
        self._warnings = warnings
        self._name = presentation.overlay.project
        self._versions: dict[Place, dict[Version, list[Version]]] = {}
        self._projects = places
        super().__init__(sorted(self._all_versions(), reverse=True))

    def is_yanked(self, version: Version) -> bool:
        """As :meth:`LazyReleases.is_yanked`; no page is fetched for it."""
        plain = None if self._plain is None else self._plain.releases.get(version)
        on_pages = any(place_of(build).is_page for build in self._presentation.builds)
        if plain is None or version in self._made or not on_pages:
            return super().is_yanked(version)
        files = [*(wheel.file for wheel in plain.wheels), *plain.sdists]
        return bool(files) and all(file.yanked is not None for file in files)

    def _all_versions(self) -> set[Version]:
        """Return the versions that are offered: local ones that a build takes are none."""
        builds = self._presentation.builds
        for build in builds:
            place = place_of(build)
            project = self._projects.get(place)
            if project is None or place in self._versions:
                continue
            here = [each for each in builds if place_of(each) == place]
            by_public = self._versions.setdefault(place, {})
            for version in project.releases:
                if any(could_take(each, version) for each in here):
                    by_public.setdefault(public_version(version), []).append(version)
        found = {public for by_public in self._versions.values() for public in by_public}
        if self._plain is not None and self._presentation.plain_too:
            folded = {
                version
                for versions in self._versions.get(Place(self._name), {}).values()
                for version in versions
                if version.local is not None
            }
            found |= {each for each in self._plain.releases if each not in folded}
            found |= {each for each in folded if self._rest(each)}
        elif self._plain is not None and any(place_of(each).is_page for each in builds):
            found |= set(self._plain.releases)
        return found

    def _rest(self, version: Version) -> list[Wheel]:
        """Return the wheels of a plain release that no build takes."""
        release = None if self._plain is None else self._plain.releases.get(version)
        if release is None:
            return []
        builds = [each for each in self._presentation.builds if place_of(each) == Place(self._name)]
        return [
            wheel
            for wheel in release.wheels
            if all(
                match is None or match.build.also_plain
                for match in (_match(build, wheel) for build in builds)
            )
        ]

    def _make(self, version: Version) -> Release:
        plain = None if self._plain is None else self._plain.releases.get(version)
        if plain is not None and (plain.has_variants or version.local is not None):
            own = plain
            if not plain.has_variants:
                told = (*plain.warnings, *self._warnings)
                own = replace(plain, wheels=tuple(self._rest(version)), warnings=told)
            if self._presentation.plain_too:
                return own
        shelf = _Shelf(self._presentation)
        for build in self._presentation.builds:
            for source, wheel in self._wheels(build, version):
                shelf.offer(build, wheel, source)
        rest = self._rest(version) if plain is not None and self._presentation.plain_too else []
        release = Release(
            self._name,
            version,
            self._source(plain, shelf.presented),
            (*shelf.presented, *rest),
            plain.sdists if plain is not None and self._presentation.plain_too else (),
            warnings=(*self._own_warnings(plain), *(() if shelf.presented else self._warnings)),
        )
        if shelf.presented:
            told = (*shelf.warnings(), *self._warnings)
            metadata = VariantMetadata(self._presentation.overlay.namespaces, shelf.properties)
            self._keep(release, VariantData(metadata, "overlay", told))
        return release

    @staticmethod
    def _own_warnings(plain: Release | None) -> tuple[SourceWarning, ...]:
        return () if plain is None else plain.warnings

    def _source(self, plain: Release | None, presented: Sequence[Wheel]) -> str:
        if plain is not None:
            return plain.source
        first = presented[0].presented if presented else None
        return "" if first is None else first.source

    def _wheels(self, build: OverlayBuild, version: Version) -> Iterator[tuple[str, Wheel]]:
        """Yield the wheels of one release where a build's files are, with their source."""
        place = place_of(build)
        if place.is_page and place.address is not None:
            if not could_take(replace(build, local=None), version):
                return
            address = place.address.replace("{version}", str(version))
            project = self._page(address, place.project)
            releases = {} if project is None else project.releases
            versions = [each for each in releases if public_version(each) == version]
        else:
            project = self._projects.get(place)
            versions = self._versions.get(place, {}).get(version, [])
        if project is not None:
            for each in versions:
                for wheel in project.releases[each].wheels:
                    yield project.source, wheel


def _match(build: OverlayBuild, wheel: Wheel) -> Match | None:
    name = wheel.name
    # A variant says of itself what it is.
    return None if name.label else match_build(build, name.name, name.version, name.tags)


class _Shelf:
    """The wheels of one release that builds took so far."""

    def __init__(self, presentation: Presentation) -> None:
        self._presentation = presentation
        self._taken: dict[str, list[Match]] = {}
        self._twice: dict[tuple[str, str], str] = {}
        self._differing: dict[str, str] = {}
        self.presented: list[Wheel] = []
        self.properties: dict[str, VariantProperties] = {}

    def offer(self, build: OverlayBuild, wheel: Wheel, source: str) -> None:
        """Take a wheel if the build does and no earlier one did."""
        match = _match(build, wheel)
        if match is None:
            return
        earlier = self._taken.setdefault(wheel.file.url, [])
        for other in earlier:
            # With other extras the same file is another build.
            if other.build.extras == build.extras or other.label == match.label:
                self._twice.setdefault((other.label, match.label), wheel.file.filename)
                return
        if self.properties.setdefault(match.label, match.properties) != match.properties:
            self._differing.setdefault(match.label, wheel.file.filename)
            return
        earlier.append(match)
        self.presented.append(self._present(match, wheel, source))

    def _present(self, match: Match, wheel: Wheel, source: str) -> Wheel:
        overlay, build = self._presentation.overlay, match.build
        name = presented_name(wheel.name, overlay.project, match.label)
        changes = bool(build.extras) or wheel.name.name != overlay.project
        relabelled = self._presentation.as_variant and changes
        presented = Presented(
            own=wheel.name,
            file=wheel.file,
            source=source,
            overlay=overlay.project,
            twins=overlay.twins,
            extras=build.extras,
            by_name=self._presentation.by_name,
            relabelled=relabelled,
        )
        file = _rewritten(wheel.file, name.filename) if relabelled else wheel.file
        return Wheel(file, name, presented, barred=wheel.barred)

    def warnings(self) -> tuple[SourceWarning, ...]:
        """Say what the overlay left unclear."""
        about = f"the overlay of `{self._presentation.overlay.project}`"
        return (
            *(
                SourceWarning(
                    "overlay-ambiguous",
                    f"{about} has two builds, `{first}` and `{second}`, that take `{filename}`; "
                    "the first is taken",
                )
                for (first, second), filename in self._twice.items()
            ),
            *(
                SourceWarning(
                    "overlay-inconsistent",
                    f"{about} gives `{label}` other properties for `{filename}` than for others; "
                    "it is left out",
                )
                for label, filename in self._differing.items()
            ),
        )


def _rewritten(file: File, filename: str) -> File:
    """Return the file that will be made: nobody knows its hash yet."""
    return replace(file, filename=filename, hashes={}, metadata_hashes=None)

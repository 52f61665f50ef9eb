"""Sources in which existing files are the variants that overlays say they are."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from packaging.utils import NormalizedName

from whichwheel.sources.background import Outcome
from whichwheel.sources.errors import SourceError
from whichwheel.sources.overlays.active import ActiveOverlays
from whichwheel.sources.overlays.overlay import Overlay, OverlayBuild
from whichwheel.sources.overlays.presenting import (
    Place,
    Presentation,
    PresentedReleases,
    place_of,
)
from whichwheel.sources.overlays.rewriting import presented_metadata
from whichwheel.sources.ports import PlaceSources
from whichwheel.sources.release import (
    File,
    Presented,
    Project,
    Release,
    SourceWarning,
    VariantData,
    Wheel,
)
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.writing import write_metadata

if TYPE_CHECKING:
    from whichwheel.sources.network.http import Body

__all__ = ["RELABELLED_FOLDER", "ClosingSources", "OverlaidSources", "OverlayFailed", "Relabel"]

#: The folder of the cache that holds rewritten wheels; another way of writing has another name.
RELABELLED_FOLDER = "relabelled-1"


class OverlayFailed(SourceError):
    """A place that an overlay needs cannot be read, so that the choice would be another.

    :param overlay: the project that it is about
    """

    def __init__(self, overlay: NormalizedName, cause: SourceError) -> None:
        super().__init__(
            f"a build that the overlay of `{overlay}` names cannot be looked up: {cause.message}",
            where=cause.where,
            hint="`--no-overlays` chooses among the files of the plain name alone",
        )
        self.overlay = overlay


class ClosingSources(PlaceSources, AbstractContextManager["ClosingSources"], Protocol):
    """What lies below, to be closed."""


class Relabel(Protocol):
    """Writes a wheel anew as a variant wheel of another project."""

    def __call__(
        self,
        wheel: Path,
        destination: Path,
        *,
        metadata: Callable[[bytes], bytes],
        variants: VariantMetadata,
    ) -> None:
        """Write it, with everything that names the project or its version changed.

        :param destination: named as the new wheel; nothing is there yet
        :param metadata: makes the new core metadata of the old one
        :param variants: the content of its ``variant.json``
        """
        ...


class OverlaidSources:
    """Other sources, with overlays over them. Implements :class:`PassingSources`.

    :param sources: closed with this one
    :param relabel: how wheels under other names become variant wheels
    :param cache_directory: the folder of all caches
    """

    def __init__(
        self,
        sources: ClosingSources,
        overlays: ActiveOverlays,
        *,
        relabel: Relabel | None = None,
        cache_directory: Path,
    ) -> None:
        self._sources = sources
        self._relabel = relabel
        self._folder = cache_directory / RELABELLED_FOLDER
        self._projects: dict[NormalizedName, Outcome[Project | None]] = {}
        self._data: dict[int, tuple[Release, VariantData]] = {}
        self._to_rewrite: dict[tuple[str, str], tuple[Wheel, VariantMetadata]] = {}
        self._lock = threading.Lock()
        #: Those that are on.
        self.overlays = overlays

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sources.__exit__(kind, error, trace)

    @property
    def below(self) -> ClosingSources:
        """The same sources without any overlay."""
        return self._sources

    @property
    def was_asked(self) -> bool:
        """Whether the sources below were asked anything, as far as they know."""
        return getattr(self._sources, "is_open", True) is not False

    @property
    def names(self) -> tuple[str, ...]:
        """As :attr:`Sources.names`."""
        return self._sources.names

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        """As :meth:`Sources.prefetch`, with all that overlays need beside them."""
        wanted = dict.fromkeys(names)
        beside: dict[NormalizedName, None] = {}
        for name in wanted:
            overlay = self.overlays.about(name)
            if overlay is not None:
                beside |= dict.fromkeys(self._announce(overlay))
        self._sources.prefetch(name for name in beside if name not in wanted)
        self._sources.prefetch(wanted, then=then)

    def _announce(self, overlay: Overlay) -> list[NormalizedName]:
        """Start fetching what is elsewhere; return the projects of the user's own sources."""
        projects = [overlay.project]
        for place in self._places(self._presentation(overlay).builds):
            if place.address is None:
                projects.append(place.project)
            elif not place.is_page and self._may_ask(place.address):
                self._sources.prefetch_at(place.address, place.project)
        return projects

    def _places(self, builds: Iterable[OverlayBuild]) -> tuple[Place, ...]:
        return tuple(dict.fromkeys(place_of(build) for build in builds))

    def _may_ask(self, address: str) -> bool:
        return address.startswith("file:") or self._sources.asks_indexes

    def _presentation(self, overlay: Overlay) -> Presentation:
        asked = self.overlays.asked_of(overlay)
        return Presentation(
            overlay,
            tuple(
                build
                for build in overlay.builds
                if (build.project in asked if asked else not build.by_hand)
            ),
            plain_too=not asked,
            by_name=bool(asked),
            as_variant=self._relabel is not None and self.overlays.becomes_variant(overlay.project),
        )

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`.

        :raises OverlayFailed: if a place that the overlay of the project needs cannot be read
        """
        with self._lock:
            if name not in self._projects:
                self._projects[name] = Outcome(partial(self._find, name))
            outcome = self._projects[name]
        return outcome.result()

    def ask_for(self, build: NormalizedName, project: NormalizedName) -> None:
        """Take only one build of a project from now on.

        :param build: the name of its project
        """
        self.overlays.ask_for(build)
        with self._lock:
            self._projects.pop(project, None)

    def _find(self, name: NormalizedName) -> Project | None:
        overlay = self.overlays.about(name)
        if overlay is None:
            return self._sources.project(name)
        self._sources.prefetch(dict.fromkeys(self._announce(overlay)))
        plain = self._sources.project(name)
        presentation = self._presentation(overlay)
        unasked: list[SourceWarning] = []
        places: dict[Place, Project | None] = {}
        for place in self._places(presentation.builds):
            if place.address is not None and not self._may_ask(place.address):
                unasked.append(_not_asked(overlay, place.address))
            elif not place.is_page:
                found = plain if place == Place(name) else self._look(overlay, place)
                if place.address is None and self._comes_after(found, plain):
                    unasked += self._left_aside(overlay, found, plain)
                    found = None
                places[place] = found
        if plain is None and not any(places.values()):
            return None
        releases = PresentedReleases(
            presentation,
            plain,
            places,
            partial(self._page, overlay.project),
            self._keep,
            tuple(unasked),
        )
        if not releases:
            return plain if presentation.plain_too else None
        source = next(each.source for each in (plain, *places.values()) if each is not None)
        warnings = () if plain is None else plain.warnings
        return Project(name, source, releases, warnings, () if plain is None else plain.skipped)

    def _comes_after(self, found: Project | None, plain: Project | None) -> bool:
        """Whether a build comes from a source that the user trusts less than the plain one's.

        Otherwise whoever has a name there could replace what the user has in a source of their own.
        """
        if found is None or plain is None or found.source == plain.source:
            return False
        names = self._sources.names
        if found.source not in names or plain.source not in names:
            return True
        return names.index(found.source) > names.index(plain.source)

    def _left_aside(
        self, overlay: Overlay, found: Project | None, plain: Project | None
    ) -> tuple[SourceWarning, ...]:
        if found is None or plain is None or not self.overlays.was_asked_for(overlay):
            return ()
        message = (
            f"the overlay of `{overlay.project}` leaves `{found.name}` on `{found.source}` aside, "
            f"as `{plain.name}` comes from `{plain.source}`, which comes first"
        )
        return (SourceWarning("overlay-other-source", message),)

    def _look(self, overlay: Overlay, place: Place) -> Project | None:
        try:
            if place.address is None:
                return self._sources.project(place.project)
            return self._sources.project_at(place.address, place.project)
        except SourceError as error:
            raise OverlayFailed(overlay.project, error) from error

    def _page(self, plain: NormalizedName, address: str, project: NormalizedName) -> Project | None:
        if not self._may_ask(address):
            return None
        try:
            return self._sources.project_at(address, project, page=True)
        except SourceError as error:
            raise OverlayFailed(plain, error) from error

    def _keep(self, release: Release, data: VariantData) -> None:
        with self._lock:
            self._data[id(release)] = release, data
            for wheel in release.wheels:
                label = wheel.name.label
                if wheel.presented is None or label is None or data.metadata is None:
                    continue
                if wheel.presented.relabelled:
                    properties = data.metadata.variants[label]
                    variants = VariantMetadata(data.metadata.namespaces, {label: properties})
                    self._to_rewrite[_key(wheel.file)] = wheel, variants

    def single(self, address: str) -> Release:
        """As :meth:`Sources.single`: a wheel named by itself is what it is."""
        return self._sources.single(address)

    def named(self, address: str) -> File:
        """As :meth:`PassingSources.named`."""
        return self._sources.named(address)

    def variants(self, release: Release) -> VariantData:
        """As :meth:`Sources.variants`."""
        known = self._data.get(id(release))
        return self._sources.variants(release) if known is None else known[1]

    def metadata(self, wheel: Wheel) -> bytes:
        """As :meth:`Sources.metadata`, under the name that the wheel is presented as."""
        presented = wheel.presented
        if presented is None:
            return self._sources.metadata(wheel)
        own = self._sources.metadata(Wheel(presented.file, presented.own))
        return presented_metadata(own, presented.own, wheel.name, presented.extras)

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """As :meth:`Sources.own_variants`."""
        return None if wheel.presented is not None else self._sources.own_variants(wheel)

    def fetch(self, file: File) -> Path:
        """As :meth:`Sources.fetch`; what is to be a variant wheel is rewritten, once."""
        known = self._to_rewrite.get(_key(file))
        if known is None or self._relabel is None:
            return self._sources.fetch(file)
        wheel, variants = known
        presented = wheel.presented
        if presented is None:
            raise LookupError(file.filename)
        original = self._sources.fetch(presented.file)
        with original.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        path = self._rewritten_path(file, digest, presented, variants)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            rewrite = partial(
                presented_metadata,
                own=presented.own,
                presented=wheel.name,
                extras=presented.extras,
            )
            self._relabel(original, path, metadata=rewrite, variants=variants)
        return path

    def rewritten(self, file: File) -> Path | None:
        """As :meth:`PassingSources.rewritten`."""
        wheel, variants = self._to_rewrite.get(_key(file), (None, None))
        presented = None if wheel is None else wheel.presented
        digest = None if presented is None else presented.file.hashes.get("sha256", "").lower()
        if presented is None or variants is None or not digest:
            return None
        path = self._rewritten_path(file, digest, presented, variants)
        return path if path.is_file() else None

    def _rewritten_path(
        self, file: File, digest: str, presented: Presented, variants: VariantMetadata
    ) -> Path:
        """Return where a rewritten file is kept.

        :param digest: the SHA-256 of the file that it is made of
        """
        told = (digest, file.filename, *presented.extras, write_metadata(variants).decode())
        key = hashlib.sha256("\n".join(told).encode()).hexdigest()
        return self._folder / key[:2] / key[2:] / file.filename

    def public_address(self, file: File) -> str | None:
        """As :meth:`PassingSources.public_address`; what is rewritten is nowhere else."""
        return None if _key(file) in self._to_rewrite else self._sources.public_address(file)

    def open(self, file: File, headers: Mapping[str, str]) -> "AbstractContextManager[Body]":
        """As :meth:`PassingSources.open`."""
        if _key(file) in self._to_rewrite:
            raise SourceError(f"`{file.filename}` is no remote file", where=file.url)
        return self._sources.open(file, headers)


def _key(file: File) -> tuple[str, str]:
    return file.url, file.filename


def _not_asked(overlay: Overlay, address: str) -> SourceWarning:
    return SourceWarning(
        "overlay-not-asked",
        f"the overlay of `{overlay.project}` has builds at `{address}`, and no index may be asked "
        "(`--no-index`)",
    )

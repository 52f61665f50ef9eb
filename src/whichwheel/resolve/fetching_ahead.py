"""What a resolution will probably ask for, fetched before it does.

A prediction decides nothing: what comes of it lies ready when it is asked for, and what was not to
be had is told to whoever asks for it then.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.resolve.catalogue import Catalogue, Loaded
from whichwheel.resolve.core_metadata import CoreMetadata, holds, parse_core_metadata
from whichwheel.resolve.options import ResolveOptions
from whichwheel.sources.background import Background
from whichwheel.sources.hashes import strongest
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import LazyReleases, Project, Release
from whichwheel.spec.markers import VariantContext

__all__ = ["FetchingAhead"]

_THREADS = 8

_Wanted = Callable[[NormalizedName], bool]


class FetchingAhead:
    """Follows requirements beside the main thread: page, variants, metadata, and what that needs.

    Of each project it looks at the newest version that all requirements seen so far allow; no other
    is looked at if that one cannot be used.

    :param catalogue: where what was found lies ready; asked from several threads
    """

    def __init__(self, sources: Sources, catalogue: Catalogue, options: ResolveOptions) -> None:
        self._sources = sources
        self._catalogue = catalogue
        self._options = options
        self._lock = threading.Lock()
        self._clauses: dict[NormalizedName, frozenset[str]] = {}
        self._extras: dict[NormalizedName, frozenset[str]] = {}
        self._followed: set[tuple[Version, NormalizedName, str]] = set()
        self._described: set[tuple[str, str]] = set()
        self._beside = Background(_THREADS)
        self._stopped = False

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped = True
        self._beside.close()

    def start(self, requirements: Iterable[Requirement], wanted: _Wanted) -> None:
        """Start fetching what requirements ask for, side by side; never raises.

        :param wanted: whether anything is to be fetched of a project
        """
        names: dict[NormalizedName, None] = {}
        for requirement in requirements:
            name = canonicalize_name(requirement.name)
            if requirement.url is None and wanted(name) and self._note(name, requirement):
                names[name] = None
        if names and not self._stopped:
            self._sources.prefetch(names, then=partial(self._follow, wanted=wanted))

    def describe(
        self, release: Callable[[int], Release | None], places: Sequence[int], refused: int
    ) -> None:
        """Start fetching what tells apart the variants of the versions that come next.

        To be called for each version that cannot be used. The more of them there are, the more
        are fetched side by side; never more than twice as many as were looked at. From a server
        that answers at once, they would come no sooner.

        :param release: makes the release of a place
        :param places: the versions in the order in which they are looked at
        :param refused: how many of them cannot be used
        """
        if refused & (refused - 1) == 0 and self._catalogue.is_far:  # 1, 2, 4, 8
            for place in places[max(refused, 3 * refused // 2) : 3 * refused]:
                self._beside.start(partial(self._describe, release, place))

    def _describe(self, release: Callable[[int], Release | None], place: int) -> None:
        with suppress(Exception):
            found = release(place)
            if found is None or not found.has_variants or not self._options.preferences.variants:
                return
            file = found.variants_json
            if file is None or not self._catalogue.could_fit(found):
                return
            with self._lock:
                known = strongest(file.hashes) or ("url", file.url)
                is_new = known not in self._described
                self._described.add(known)
            if is_new:
                self._sources.variants(found)

    def _note(self, name: NormalizedName, requirement: Requirement) -> bool:
        """Note a requirement; return whether it says anything new."""
        extras = frozenset(("", *map(canonicalize_name, requirement.extras)))
        clauses = frozenset(map(str, requirement.specifier))
        with self._lock:
            known, asked = self._clauses.get(name), self._extras.get(name, frozenset())
            if known is not None and clauses <= known and extras <= asked:
                return False
            self._clauses[name] = clauses if known is None else known | clauses
            self._extras[name] = asked | extras
            return True

    def _follow(self, name: NormalizedName, wanted: _Wanted) -> None:
        """Look at one project, and start with what it needs."""
        if self._stopped:
            return
        # Whoever asks for the same is told the same.
        with suppress(Exception):
            project = self._catalogue.project(name)
            release = None if project is None else self._newest(project)
            if release is not None:
                if self._catalogue.is_far and self._options.dependencies:
                    self._beside.start(partial(self._follow_whichever, release, wanted))
                self.start(self._needs(release), wanted)

    def _follow_whichever(self, release: Release, wanted: _Wanted) -> None:
        """Start with what all wheels of a release need, before it is clear which one fits.

        That is one small file more, for one answer less to wait for.
        """
        with suppress(Exception):
            wheels = [wheel for wheel in release.wheels if wheel.presented is None]
            digests = {(each.file.metadata_hashes or {}).get("sha256") for each in wheels}
            if self._stopped or len(digests) != 1 or None in digests or not release.has_variants:
                return
            wheel = wheels[0]
            metadata = parse_core_metadata(self._sources.metadata(wheel), wheel.file.filename)
            self.start(self._common_lines(metadata), wanted)

    def _needs(self, release: Release) -> Iterator[Requirement]:
        judged = self._catalogue.judge(release)
        if not judged.candidates or any(each.is_built for each in judged.candidates[0].wheels):
            return
        loaded = self._catalogue.read(judged, 0)
        if isinstance(loaded, Loaded) and self._options.dependencies:
            yield from self._lines(loaded)

    def _newest(self, project: Project) -> Release | None:
        """Return the release that will probably be taken."""
        specifier = SpecifierSet(",".join(self._clauses[project.name]))
        prereleases = self._options.prereleases or bool(specifier.prereleases)
        releases = project.releases
        for version in releases:
            if version.is_prerelease and not prereleases:
                continue
            if not specifier.contains(version, prereleases=True):
                continue
            if isinstance(releases, LazyReleases) and releases.is_yanked(version):
                continue
            release = releases[version]
            if self._catalogue.could_fit(release):
                return release
        return None

    def _lines(self, loaded: Loaded) -> Iterator[Requirement]:
        """Yield the requirements that hold, for the extras asked for, each once."""
        metadata = loaded.metadata
        environment = self._catalogue.target.environment
        extras = self._extras[metadata.name]
        with self._lock:
            keys = {(metadata.version, metadata.name, extra) for extra in extras} - self._followed
            self._followed |= keys
        fresh = [extra for *_, extra in keys]
        for line in metadata.requires:
            bound = line.bind(loaded.context)
            if any(holds(bound, environment, extra) for extra in fresh):
                yield bound

    def _common_lines(self, metadata: CoreMetadata) -> Iterator[Requirement]:
        """Yield those that hold for every variant."""
        environment = self._catalogue.target.environment
        extras = self._extras[metadata.name]
        for line in metadata.requires:
            if not line.has_variant_markers:
                bound = line.bind(VariantContext.none())
                if any(holds(bound, environment, extra) for extra in extras):
                    yield bound

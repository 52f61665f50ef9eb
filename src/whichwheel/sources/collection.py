"""Several sources as one: the first that has a project wins."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import unquote

from packaging.utils import NormalizedName

from whichwheel.sources.addresses import (
    Credentials,
    as_url,
    file_path,
    split_url,
    take_credentials,
)
from whichwheel.sources.background import Background, Outcome
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.downloads import Downloads, read_chunks
from whichwheel.sources.errors import HttpStatusError, SourceError
from whichwheel.sources.folders import FolderSource, PageSource, read_page
from whichwheel.sources.hashes import check_digests, parse_fragment, strongest
from whichwheel.sources.index import ABSENT, IndexSource, page_text
from whichwheel.sources.joining import join_projects
from whichwheel.sources.listing import is_plain_name
from whichwheel.sources.network.http import Body, HttpClient
from whichwheel.sources.network.http_cache import HttpCache
from whichwheel.sources.outline import Outlines
from whichwheel.sources.ports import Progress
from whichwheel.sources.release import File, Project, Release, VariantData, Wheel
from whichwheel.sources.simple_html import MAXIMUM_PAGE
from whichwheel.sources.upload_times import DatedSource, UploadLimits
from whichwheel.sources.variant_data import load_variant_data
from whichwheel.sources.wheel_contents import WheelContents
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.selector.values import SELECTOR_SUFFIX
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["SourceCollection", "open_sources"]

_THREADS = 16
_LARGEST_DOCUMENT = 32 * 1024 * 1024  # bytes, of metadata beside a wheel or of a release


class _Source(Protocol):
    name: str

    def project(self, name: NormalizedName) -> Project | None: ...


class _Silent:
    """Progress that nobody watches."""

    def start(self, what: str, total: int | None) -> None:
        """Do nothing."""

    def advance(self, what: str, amount: int) -> None:
        """Do nothing."""

    def finish(self, what: str) -> None:
        """Do nothing."""


def open_sources(  # noqa: PLR0913 -- what is the same for all sources of one run
    settings: IndexSettings,
    *,
    cache_directory: Path,
    progress: Progress | None = None,
    refresh: bool = False,
    limits: UploadLimits | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> "SourceCollection":
    """Open all sources of the settings; nothing is fetched until a project is asked for.

    :param cache_directory: the folder of all caches
    :param refresh: whether kept pages are asked for again
    :param limits: how late files may have been uploaded to indexes
    :param tell: told of what takes long and is nobody's fault here
    """
    return SourceCollection(
        settings,
        cache_directory,
        progress or _Silent(),
        refresh=refresh,
        limits=limits,
        tell=tell,
    )


class SourceCollection:
    """Find-links first, then the indexes, in the user's order; close it when done.

    Implements :class:`whichwheel.sources.ports.Sources`.
    """

    def __init__(  # noqa: PLR0913 -- as above
        self,
        settings: IndexSettings,
        cache_directory: Path,
        progress: Progress,
        *,
        refresh: bool = False,
        limits: UploadLimits | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._limits = limits
        self._credentials = Credentials()
        self._cache = HttpCache(cache_directory / "http")
        self._client = HttpClient(
            settings, self._cache, self._credentials, refresh=refresh, tell=tell
        )
        self._outlines = Outlines(self._cache)
        self._joins = settings.index_strategy == "best-match"
        self._downloads = Downloads(self._client, cache_directory / "files", progress)
        self._find_links = [self._clean(text) for text in settings.find_links]
        self._indexes = [self._clean(text) for text in settings.index_urls]
        self._sources = Outcome(self._open_all)
        self._projects: dict[NormalizedName, Outcome[Project | None]] = {}
        self._places: dict[tuple[str, NormalizedName], Outcome[Project | None]] = {}
        self._contents = WheelContents(self._client, self._cache, self._downloads)
        self._variants: dict[int, tuple[Release, Outcome[VariantData]]] = {}
        self._documents: dict[tuple[str, str], VariantMetadata] = {}
        self._lock = threading.Lock()
        self._background = Background(_THREADS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up what was started and is no longer needed."""
        self._background.close()

    def _clean(self, text: str) -> str:
        return take_credentials(as_url(text), self._credentials, os.environ)

    @property
    def names(self) -> tuple[str, ...]:
        """The sources' names in the user's order, for people, without credentials."""
        links = (file_path(url) or url for url in self._find_links)
        return (*map(str, links), *self._indexes)

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        """Start fetching several projects side by side; never raises.

        :param then: called in another thread with each, once it is there
        """
        for name in names:
            self._background.start(partial(_get_ahead, self._project(name), name, then))

    def begin(self, names: Sequence[NormalizedName]) -> None:
        """Start fetching several projects side by side, to go on with other work meanwhile.

        Returns when all is done that is work here, and not waiting for a server: it would be
        done in turn with the other work, and the server asked that much later.

        :raises SourceError: if a certificate, or the proxy, cannot be used
        """
        for url in self._indexes:
            index = IndexSource(url, self._client, self._outlines)
            if any(map(index.will_ask, names)):
                self._client.make_ready(url)
        self.prefetch(names)

    def project(self, name: NormalizedName) -> Project | None:
        """Return the project from the first source that has it, None if none has.

        :raises SourceError: if a source that may have it cannot be read
        """
        return self._project(name).result()

    def _project(self, name: NormalizedName) -> Outcome[Project | None]:
        with self._lock:
            if name not in self._projects:
                self._projects[name] = Outcome(partial(self._find, name))
            return self._projects[name]

    def _find(self, name: NormalizedName) -> Project | None:
        found: list[Project] = []
        for source in self._sources.result():
            project = source.project(name)
            if project is not None:
                found.append(project)
                if not self._joins:
                    break
        return join_projects(found) if found else None

    @property
    def asks_indexes(self) -> bool:
        """Whether the user lets any index be asked."""
        return bool(self._indexes)

    def prefetch_at(self, address: str, name: NormalizedName, *, page: bool = False) -> None:
        """Start fetching what a place has of a project; never raises."""
        self._background.start(self._place(address, name, page=page).run)

    def project_at(
        self, address: str, name: NormalizedName, *, page: bool = False
    ) -> Project | None:
        """Return what a place has of a project, None if it has nothing of it.

        :param address: of a simple index, without credentials
        :param page: whether the address is that of a page of links instead
        :raises SourceError: if it cannot be read
        """
        return self._place(address, name, page=page).result()

    def _place(self, address: str, name: NormalizedName, *, page: bool) -> Outcome[Project | None]:
        find = self._find_on_page if page else self._find_at_index
        with self._lock:
            if (address, name) not in self._places:
                self._places[address, name] = Outcome(partial(find, address, name))
            return self._places[address, name]

    def _find_at_index(self, url: str, name: NormalizedName) -> Project | None:
        return self._dated(IndexSource(url, self._client, self._outlines)).project(name)

    def _find_on_page(self, url: str, name: NormalizedName) -> Project | None:
        path = file_path(url)
        if path is not None:
            if not path.is_file():
                return None
            return self._dated(PageSource(url, read_page(path), url)).project(name)
        try:
            page = self._client.get(url, accept="text/html", maximum=MAXIMUM_PAGE)
        except HttpStatusError as error:
            if error.status in ABSENT:
                return None
            raise
        return self._dated(PageSource(url, page_text(page), page.url)).project(name)

    def _open_all(self) -> list[_Source]:
        return [
            *(self._open_links(url) for url in self._find_links),
            *(self._dated(IndexSource(url, self._client, self._outlines)) for url in self._indexes),
        ]

    def _dated(self, source: _Source) -> _Source:
        return source if self._limits is None else DatedSource(source, self._limits)

    def _open_links(self, url: str) -> _Source:
        path = file_path(url)
        if path is None:
            page = self._client.get(url, accept="text/html", maximum=MAXIMUM_PAGE)
            return PageSource(url, page_text(page), page.url)
        if path.is_dir():
            return FolderSource(str(path), path)
        return PageSource(str(path), read_page(path), url)

    def single(self, address: str) -> Release:
        """Return the release that consists of one wheel named by path or URL.

        :param address: as the user gave it; a hash in the fragment is checked
        :raises InvalidWheelName: if its last part is no wheel's name
        """
        file = self.named(address)
        name = WheelName.parse(file.filename)
        selector = _selector_beside(name, file.url) if name.suffix else None
        return Release(name.name, name.version, file.url, (Wheel(file, name),), selector=selector)

    def named(self, address: str) -> File:
        """Return the file that a path or URL names.

        :param address: as the user gave it; a hash in the fragment is checked
        :raises InvalidWheelName: if its last part is no file name
        """
        url = take_credentials(as_url(address), self._credentials)
        split = split_url(url)
        clean = split._replace(fragment="").geturl()
        filename = unquote(split.path).rpartition("/")[2]
        if not is_plain_name(filename):
            raise InvalidWheelName(ascii(filename)[1:-1], "it is no file name")
        return File(filename, clean, parse_fragment(split.fragment))

    def variants(self, release: Release) -> VariantData:
        """Return the combined variant metadata of a release (never raises for bad metadata)."""
        with self._lock:
            known = self._variants.get(id(release))
            if known is None:
                known = release, Outcome(partial(load_variant_data, release, self))
                self._variants[id(release)] = known
        return known[1].result()

    def index_metadata(self, file: File) -> VariantMetadata:
        """Read an index-level file of variant metadata; one that others equal is fetched once.

        :raises InvalidMetadata: if it is malformed
        :raises SourceError: if it cannot be had, or its hash does not match
        """
        digest = strongest(file.hashes)
        known = None if digest is None else self._documents.get(digest)
        if known is None:
            known = read_metadata(self.content(file), where=file.filename)
            if digest is not None:
                self._documents[digest] = known
        return known

    def content(self, file: File) -> bytes:
        """Return a small file whole, its hash checked.

        :raises SourceError: if it cannot be had, or its hash does not match
        """
        path = file_path(file.url)
        if path is not None:
            if path.is_file() and path.stat().st_size > _LARGEST_DOCUMENT:
                raise SourceError(f"`{path}` is too long", where=str(path))
            data = b"".join(read_chunks(path))
            check_digests([data], file.hashes, str(path))
            return data
        return self._client.get(file.url, maximum=_LARGEST_DOCUMENT, hashes=file.hashes).body

    def metadata(self, wheel: Wheel) -> bytes:
        """Return the core metadata (``METADATA``) of a wheel, fetching as little as can be.

        :raises SourceError: if it cannot be had
        """
        file = wheel.file
        seen = self._contents.seen_metadata(file)
        if seen is not None:
            return seen
        if file.metadata_hashes is not None and file_path(file.url) is None:
            name = f"{file.filename}.metadata"
            try:
                return self.content(File(name, f"{file.url}.metadata", file.metadata_hashes))
            except HttpStatusError as error:
                if error.status not in ABSENT:
                    raise
        return self._contents.look(file).result()["METADATA"]

    def announce(self, wheels: Iterable[Wheel]) -> None:
        """Start looking into several wheels side by side; never raises."""
        for wheel in wheels:
            if not wheel.file.url.startswith("file:"):
                self._background.start(self._contents.look(wheel.file).run)

    def variant_json(self, wheel: Wheel) -> bytes | None:
        """Return the ``variant.json`` inside a wheel, None if it has none.

        :raises SourceError: if it cannot be had
        """
        return self._contents.look(wheel.file).result().get("variant.json")

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """Return the ``variant.json`` inside a wheel, None if it has none.

        :raises RangesNotSupported: if the whole wheel would have to be fetched for it
        :raises SourceError: if it cannot be had
        """
        return self._contents.look(wheel.file, whole=False).result().get("variant.json")

    def fetch(self, file: File) -> Path:
        """Return a local path of a file, downloaded and hash-checked if need be.

        :raises SourceError: if it cannot be had, or its hash does not match
        """
        return self._downloads.fetch(file)

    def public_address(self, file: File) -> str | None:
        """Return where anybody can fetch a file as it is, None if there is no such place."""
        if not file.url.startswith(("https:", "http:")) or not self._client.is_public(file.url):
            return None
        return file.url

    def open(self, file: File, headers: Mapping[str, str]) -> AbstractContextManager[Body]:
        """Open a remote file to read it piece by piece.

        :param headers: of the request, as ``Range``
        :raises SourceError: if it is no remote file, or cannot be had
        """
        return self._client.open(file.url, headers)

    def rewritten(self, file: File) -> Path | None:  # noqa: ARG002 -- one of many sources
        """Return None: here, every file is what its source has."""
        return None


def _selector_beside(name: WheelName, url: str) -> File | None:
    """Return the selector file in the folder of a wheel on disk, None if there is none."""
    wheel = file_path(url)
    if wheel is None:
        return None
    path = wheel.with_name("-".join(name.filename.split("-")[:2]) + SELECTOR_SUFFIX)
    return File(path.name, path.absolute().as_uri()) if path.is_file() else None


def _get_ahead(
    project: Outcome[Project | None],
    name: NormalizedName,
    then: Callable[[NormalizedName], None] | None,
) -> None:
    project.run()
    if then is not None:
        then(name)

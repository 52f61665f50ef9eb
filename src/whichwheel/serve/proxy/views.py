"""What each of several machines sees of the same sources."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.choose.choosing import Preferences, choose
from whichwheel.publish.pages import IndexFile, project_html, project_json
from whichwheel.publish.plain_wheel import has_variant_markers
from whichwheel.resolve.failures import UnusableMetadata
from whichwheel.resolve.resolution import Pin
from whichwheel.serve.proxy.digests import LocalDigests
from whichwheel.serve.proxy.file_address import FileAddress
from whichwheel.serve.proxy.making import MadeWheels
from whichwheel.serve.proxy.negotiating import Form
from whichwheel.serve.proxy.offering import Offer, may_be_offered, offer_of, offered
from whichwheel.serve.proxy.remembering import Page, Remembered
from whichwheel.serve.proxy.renewing import Generation
from whichwheel.serve.proxy.resolved_metadata import (
    AS_IT_IS,
    Resolved,
    resolved_alone,
    resolved_side_by_side,
)
from whichwheel.serve.proxy.singly import Singly
from whichwheel.sources.errors import SourceError
from whichwheel.sources.ports import PassingSources
from whichwheel.sources.release import File, Project, Release, VariantData, Wheel
from whichwheel.spec.errors import WhichwheelError
from whichwheel.target.target import Target

__all__ = ["Found", "View", "Views"]

_READERS = 16
_MEMORY = 64 * 1024 * 1024
_NO_DATA = VariantData(None, "none")


def _nobody(_message: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class View:
    """One machine that is chosen for, and what its user wants.

    :param name: as in ``/for/NAME/simple/``; empty for the one at ``/simple/``
    :param pins: projects of which one wheel is offered and nothing else, whatever there is
    :param is_strict: whether a project is not shown whose variant metadata cannot be used
    :param for_locks: whether the client writes a lock, and so has to learn the hash of each
        file. What it will most probably take is made for it at once; where a page cannot tell
        a hash, the metadata is not offered apart from the file. Where a variant is chosen,
        nothing is offered for other platforms: its dependencies are not theirs
    """

    name: str
    target: Target
    preferences: Preferences
    pins: Mapping[NormalizedName, Pin] = field(default_factory=dict)
    is_strict: bool = False
    for_locks: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was asked for by its address.

    :param metadata: what its core metadata has to become; None if it stays as it is
    """

    offer: Offer
    metadata: bytes | None = None

    @property
    def is_remote(self) -> bool:
        """Whether a server has the file as it is."""
        is_url = self.offer.file.url.startswith(("http:", "https:"))
        return is_url and not self.offer.is_relabelled


class Views:
    """Makes pages and finds files; safe to use from several threads.

    :param made: the wheels that were made anew
    :param link: whether pages may link to where files are
    :param memory: what pages may take, in bytes
    :param warn: told in a sentence what is wrong with a release
    """

    def __init__(
        self,
        views: Iterable[View],
        made: MadeWheels,
        *,
        link: bool = True,
        memory: int = _MEMORY,
        warn: Callable[[str], None] = _nobody,
    ) -> None:
        self._warn = warn
        self._views = {view.name: view for view in views}
        self._link = link
        self._fetching = Singly()
        self.made = made
        self._pages = Remembered(memory)
        self._digests = LocalDigests()
        # A target finds out about its machine when it is first asked, and not twice at once.
        self._judging = threading.Lock()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="metadata")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the views."""
        return tuple(self._views)

    def view(self, name: str) -> View | None:
        """Return a view by its name."""
        return self._views.get(name)

    def close(self) -> None:
        """End what is at work in the background."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def page(
        self, view: View, name: NormalizedName, form: Form, generation: Generation
    ) -> Page | None:
        """Return a project's page, None if no source has the project.

        :raises SourceError: if a source that may have it cannot be read
        :raises UnusableMetadata: if its variant metadata cannot be used, and the view is strict
        """
        # Both content types of HTML have the same body.
        kind = Form.JSON if form is Form.JSON else Form.HTML
        make = partial(self._make_page, view, name, kind, generation.sources)
        return self._pages.get((view.name, name, kind), generation.number, make)

    def fetched(self, file: File, sources: PassingSources) -> Path:
        """Return the local path of a file; several who ask at once have it fetched once.

        :raises SourceError: if it cannot be had
        """
        with self._fetching.at(f"{file.url} {file.filename}"):
            return sources.fetch(file)

    def metadata(self, found: Found, sources: PassingSources) -> bytes | None:
        """Return the core metadata of a file as a client sees it, None if it is no wheel.

        :raises SourceError: if it cannot be had
        """
        wheel = found.offer.wheel
        if found.metadata is not None or wheel is None:
            return found.metadata
        if wheel.own is not wheel.name:
            wheel = Wheel(wheel.file, wheel.own)
        return sources.metadata(wheel)

    def find(self, view: View, address: FileAddress, sources: PassingSources) -> Found | None:
        """Return the file that an address stands for, None if it is not there any more.

        Which label is asked for is the client's business: a lock file may remember what another
        choice offered.

        :raises SourceError: if a source cannot be read
        """
        pinned = _pinned(view, address.project, sources)
        if pinned is not None and _is_at(pinned, address):
            return Found(pinned, resolved_alone(pinned, sources))
        project = sources.project(address.project)
        release = None if project is None else project.releases.get(address.version)
        if release is None:
            return None
        for file in release.sdists:
            if address.label is None and file.filename == address.source_name:
                return Found(Offer(file.filename, file))
        for wheel in release.wheels:
            if (wheel.file.filename, wheel.name.label) == (address.source_name, address.label):
                if not may_be_offered(wheel, address.filename):
                    return None
                return self._found(view, release, wheel, address.filename, sources)
        return None

    def _found(
        self, view: View, release: Release, wheel: Wheel, filename: str, sources: PassingSources
    ) -> Found:
        """Return a wheel under the name that it was asked for by."""
        offer = Offer(filename, wheel.file, wheel)
        if wheel.name.label is None or wheel.presented is not None:
            return Found(offer)
        if not has_variant_markers(sources.metadata(wheel)):
            return Found(offer)
        data = self._data(view, release, sources)
        with self._judging:
            choice = choose(release, data, view.target, view.preferences)
        offer = replace(offer, context=offer_of(wheel, choice).context)
        return Found(offer, resolved_alone(offer, sources))

    def _data(self, view: View, release: Release, sources: PassingSources) -> VariantData:
        if not (release.has_variants and view.preferences.variants):
            return _NO_DATA
        data = sources.variants(release)
        faults = tuple(warning.message for warning in data.warnings)
        if view.is_strict and (faults or data.unusable is not None):
            raise UnusableMetadata(release.name, release.version, faults or (data.unusable or "",))
        for fault in faults:
            self._warn(fault)
        return data

    def _make_page(
        self, view: View, name: NormalizedName, form: Form, sources: PassingSources
    ) -> Page | None:
        offers = self._offers(view, name, sources)
        if offers is None:
            return None
        resolved = resolved_side_by_side([offer for _, offer in offers], sources, self._readers)
        digests = self._digests.of([offer.file for _, offer in offers])
        newest = max((version for version, _ in offers if not version.is_prerelease), default=None)
        files = []
        for version, offer in offers:
            read = resolved.get(offer.filename, AS_IT_IS)
            file = digests.get(offer.file.url, offer.file)
            address = FileAddress.of(name, version, offer)
            if offer.is_relabelled or read.metadata is not None:
                is_wanted = view.for_locks and version == newest and _fits(offer, view.target)
                now = is_wanted or name in view.pins
                content = self._made_content(offer, read, sources, now=now)
                listed = self._listed_as_made(offer, address, read, content)
            else:
                listed = self._listed(offer, file, address, read, sources)
            if view.for_locks and not listed.hashes:
                listed = replace(listed, metadata_hashes=None)
            files.append(listed)
        if form is Form.JSON:
            versions = sorted({_shown(version, offer) for version, offer in offers})
            body = project_json(name, versions, files, readable=False)
        else:
            body = project_html(name, files)
        return Page(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')

    def _offers(
        self, view: View, name: NormalizedName, sources: PassingSources
    ) -> Sequence[tuple[Version, Offer]] | None:
        """Return the files of a project that are offered, the oldest first."""
        pinned = _pinned(view, name, sources)
        if pinned is not None:
            return [(view.pins[name].version, pinned)]
        project = sources.project(name)
        if project is None:
            return None
        self._read_ahead(view, project, sources)
        return [
            (version, offer)
            for version in sorted(project.releases)
            for offer in self._of_release(view, project.releases[version], sources)
        ]

    def _of_release(
        self, view: View, release: Release, sources: PassingSources
    ) -> tuple[Offer, ...]:
        data = self._data(view, release, sources)
        with self._judging:
            return offered(release, data, view.target, view.preferences, alone=view.for_locks)

    def _read_ahead(self, view: View, project: Project, sources: PassingSources) -> None:
        """Read the variant metadata of all releases side by side."""
        releases = [release for release in project.releases.values() if release.has_variants]
        if len(releases) > 1 and view.preferences.variants:
            list(self._readers.map(sources.variants, releases))

    def _listed(
        self,
        offer: Offer,
        file: File,
        address: FileAddress,
        read: Resolved,
        sources: PassingSources,
    ) -> IndexFile:
        """Return a file as the page lists it; what is not known of it yet is left out.

        :param file: that of the offer, with its hash if that had to be found out
        :param address: the one that the file has here, if it has no better one
        """
        public = None
        if offer.wheel is None or (offer.filename == file.filename and file.metadata_hashes):
            public = sources.public_address(file) if self._link else None
        listed = IndexFile(
            offer.filename,
            f"../../files/{address.path}" if public is None else public,
            file.hashes,
            file.size,
            file.requires_python,
            file.metadata_hashes,
            file.yanked,
            file.upload_time,
        )
        if offer.wheel is None or public is not None:
            return listed
        if read.failed:
            return replace(listed, hashes={}, size=None, metadata_hashes=None)
        return replace(listed, metadata_hashes=file.metadata_hashes or {})

    def _listed_as_made(
        self, offer: Offer, address: FileAddress, read: Resolved, content: tuple[str, int] | None
    ) -> IndexFile:
        """Return a wheel that is made here as the page lists it.

        :param content: its hash and size, if they are known
        """
        digest, size = (None, None) if content is None else content
        metadata_hashes = {}
        if read.metadata is not None:
            metadata_hashes["sha256"] = hashlib.sha256(read.metadata).hexdigest()
        return IndexFile(
            offer.filename,
            f"../../files/{address.path}",
            {} if digest is None else {"sha256": digest},
            size,
            offer.file.requires_python,
            metadata_hashes,
            offer.file.yanked,
            offer.file.upload_time,
        )

    def _made_content(
        self, offer: Offer, read: Resolved, sources: PassingSources, *, now: bool
    ) -> tuple[str, int] | None:
        """Return the hash and the size of a wheel that is made here, None if it is not yet.

        :param now: whether it is made to find out, as the one that a client will take
        """
        file = offer.file
        if read.metadata is not None:
            made = self.made.known(file, offer.filename, read.metadata)
            if made is None and now:
                with suppress(WhichwheelError):  # who asks for the file is told
                    made = self.made.make(file, offer.filename, read.metadata, sources.fetch)
            return None if made is None else (made.sha256, made.size)
        path = sources.rewritten(file)
        if path is None and now:
            with suppress(SourceError):
                path = self.fetched(file, sources)
        return None if path is None else self._digests.of_path(path)


def _pinned(view: View, name: NormalizedName, sources: PassingSources) -> Offer | None:
    """Return the one file that is offered of a pinned project, None if the project is not pinned.

    The resolution had sources of its own. What these have to make themselves, they get to know.
    """
    pin = view.pins.get(name)
    if pin is None:
        return None
    offer = offer_of(pin.wheel, pin.choice)
    if offer.is_relabelled:
        project = sources.project(name)
        if project is None or project.releases.get(pin.version) is None:
            return None
    return offer


def _fits(offer: Offer, target: Target) -> bool:
    return offer.wheel is not None and not offer.wheel.name.tags.isdisjoint(target.tags)


def _shown(version: Version, offer: Offer) -> Version:
    """Return the version that a client reads in the name of a file."""
    return version if offer.wheel is None else offer.wheel.own.version


def _is_at(offer: Offer, address: FileAddress) -> bool:
    return FileAddress.of(address.project, address.version, offer) == address

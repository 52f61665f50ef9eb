"""What the floors above ask of a source."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from packaging.utils import NormalizedName

from whichwheel.sources.release import File, Project, Release, VariantData, Wheel

if TYPE_CHECKING:
    from whichwheel.sources.network.http import Body

__all__ = ["PassingSources", "PlaceSources", "Progress", "Sources"]


class Progress(Protocol):
    """Told about long work; the default does nothing."""

    def start(self, what: str, total: int | None) -> None:
        """Announce one piece of work, as ``download torch-2.9.0...whl`` of ``total`` bytes."""

    def advance(self, what: str, amount: int) -> None:
        """Report more of it as done."""

    def finish(self, what: str) -> None:
        """Report it as done whole."""


class Sources(Protocol):
    """Several sources in the user's order; the first that has a project wins."""

    @property
    def names(self) -> tuple[str, ...]:
        """The sources' names in the user's order, for people, without credentials."""
        ...

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        """Start fetching several projects side by side; never raises.

        :param then: called in another thread with each, once it is there; must not raise. Sources
            that have all at hand need not call it
        """
        ...

    def project(self, name: NormalizedName) -> Project | None:
        """Return the project from the first source that has it, None if none has.

        :raises SourceError: if a source that may have it cannot be read
        """
        ...

    def single(self, address: str) -> Release:
        """Return the release that consists of one wheel named by path or URL.

        :param address: as the user gave it; a hash in its fragment is checked
        :raises InvalidWheelName: if its last part is no wheel's name
        """
        ...

    def variants(self, release: Release) -> VariantData:
        """Return the combined variant metadata of a release (never raises for bad metadata)."""
        ...

    def metadata(self, wheel: Wheel) -> bytes:
        """Return the core metadata (``METADATA``) of a wheel, fetching as little as can be.

        :raises SourceError: if it cannot be had
        """
        ...

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """Return the ``variant.json`` inside a wheel, None if it has none.

        :raises RangesNotSupported: if the whole wheel would have to be fetched for it
        :raises SourceError: if it cannot be had
        """
        ...

    def fetch(self, file: File) -> Path:
        """Return a local path of a file, downloaded and hash-checked if need be.

        :raises SourceError: if it cannot be had, or its hash does not match
        """
        ...


class PassingSources(Sources, Protocol):
    """Sources whose files can be handed on to somebody else without keeping them."""

    def named(self, address: str) -> File:
        """Return the file that a path or URL names, whatever kind of file it is.

        :param address: as the user gave it; a hash in its fragment is checked
        """
        ...

    def public_address(self, file: File) -> str | None:
        """Return where anybody can fetch a file as it is, None if there is no such place.

        That is so for a local file, and for one that takes a secret or a setting of the user's.
        """
        ...

    def open(self, file: File, headers: Mapping[str, str]) -> "AbstractContextManager[Body]":
        """Open a remote file to read it piece by piece.

        :param headers: of the request, as ``Range``
        :raises SourceError: if it is no remote file, or cannot be had
        """
        ...

    def rewritten(self, file: File) -> Path | None:
        """Return the local path of a file that exists nowhere else, None if it is not made yet.

        That is so for a wheel that an overlay presents under another project's name.
        """
        ...


class PlaceSources(PassingSources, Protocol):
    """Sources that can also look into a place that is none of the user's sources."""

    @property
    def asks_indexes(self) -> bool:
        """Whether the user lets any index be asked."""
        ...

    def prefetch_at(self, address: str, name: NormalizedName, *, page: bool = False) -> None:
        """Start fetching what a place has of a project; never raises."""
        ...

    def project_at(
        self, address: str, name: NormalizedName, *, page: bool = False
    ) -> Project | None:
        """Return what a place has of a project, None if it has nothing of it.

        :param address: of a simple index, without credentials
        :param page: whether the address is that of a page of links instead
        :raises SourceError: if it cannot be read
        """
        ...

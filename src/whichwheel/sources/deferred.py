"""Sources that are opened when they are first asked."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from packaging.utils import NormalizedName

from whichwheel.sources.release import File, Project, Release, VariantData, Wheel
from whichwheel.spec.errors import WhichwheelError

if TYPE_CHECKING:
    from whichwheel.sources.collection import SourceCollection
    from whichwheel.sources.network.http import Body

__all__ = ["DeferredSources"]


class DeferredSources:
    """Opens sources at the first question; a run with nothing to do asks none.

    Opening loads the HTTP client and reads configuration, which costs more than the rest of such
    a run. Implements :class:`whichwheel.sources.ports.PlaceSources`; close it when done.

    :param opener: opens the sources
    """

    def __init__(self, opener: Callable[[], "SourceCollection"]) -> None:
        self._opener = opener
        self._opened: SourceCollection | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened is not None:
            self._opened.close()

    def begin(self, names: Iterable[NormalizedName]) -> None:
        """Start fetching projects, as :meth:`SourceCollection.begin`; never raises.

        For no names, nothing is opened. What goes wrong is told to whoever asks.
        """
        wanted = tuple(names)
        if wanted:
            with suppress(WhichwheelError):
                self._sources().begin(wanted)

    @property
    def is_open(self) -> bool:
        """Whether anything was asked."""
        return self._opened is not None

    def _sources(self) -> "SourceCollection":
        with self._lock:
            if self._opened is None:
                self._opened = self._opener()
            return self._opened

    @property
    def names(self) -> tuple[str, ...]:
        """As :attr:`Sources.names`."""
        return self._sources().names

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        """As :meth:`Sources.prefetch`; for no names, nothing is opened."""
        wanted = tuple(names)
        if wanted:
            self._sources().prefetch(wanted, then=then)

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`."""
        return self._sources().project(name)

    def single(self, address: str) -> Release:
        """As :meth:`Sources.single`."""
        return self._sources().single(address)

    def variants(self, release: Release) -> VariantData:
        """As :meth:`Sources.variants`."""
        return self._sources().variants(release)

    def metadata(self, wheel: Wheel) -> bytes:
        """As :meth:`Sources.metadata`."""
        return self._sources().metadata(wheel)

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """As :meth:`Sources.own_variants`."""
        return self._sources().own_variants(wheel)

    def fetch(self, file: File) -> Path:
        """As :meth:`Sources.fetch`."""
        return self._sources().fetch(file)

    def named(self, address: str) -> File:
        """As :meth:`PassingSources.named`."""
        return self._sources().named(address)

    def public_address(self, file: File) -> str | None:
        """As :meth:`PassingSources.public_address`."""
        return self._sources().public_address(file)

    def open(self, file: File, headers: Mapping[str, str]) -> "AbstractContextManager[Body]":
        """As :meth:`PassingSources.open`."""
        return self._sources().open(file, headers)

    def rewritten(self, file: File) -> Path | None:
        """As :meth:`PassingSources.rewritten`."""
        return self._sources().rewritten(file)

    @property
    def asks_indexes(self) -> bool:
        """As :attr:`PlaceSources.asks_indexes`."""
        return self._sources().asks_indexes

    def prefetch_at(self, address: str, name: NormalizedName, *, page: bool = False) -> None:
        """As :meth:`PlaceSources.prefetch_at`."""
        self._sources().prefetch_at(address, name, page=page)

    def project_at(
        self, address: str, name: NormalizedName, *, page: bool = False
    ) -> Project | None:
        """As :meth:`PlaceSources.project_at`."""
        return self._sources().project_at(address, name, page=page)

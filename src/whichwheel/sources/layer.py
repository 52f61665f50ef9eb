"""A layer over other sources: passes on what it does not change."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.ports import Sources
from whichwheel.sources.release import (
    File,
    LazyReleases,
    Project,
    Release,
    VariantData,
    Wheel,
)

__all__ = ["ChangedReleases", "SourcesLayer"]


class SourcesLayer:
    """Implements :class:`whichwheel.sources.ports.Sources` over others, changing nothing.

    Those who derive from it change a little.

    :param below: the other sources
    """

    def __init__(self, below: Sources) -> None:
        self._below = below
        self._changed: dict[int, tuple[Release, Release]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """As :attr:`Sources.names`."""
        return self._below.names

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        """As :meth:`Sources.prefetch`."""
        self._below.prefetch(names, then=then)

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`."""
        return self._below.project(name)

    def single(self, address: str) -> Release:
        """As :meth:`Sources.single`."""
        return self._below.single(address)

    def variants(self, release: Release) -> VariantData:
        """As :meth:`Sources.variants`, also of a release that was changed here."""
        known = self._changed.get(id(release))
        return self._below.variants(release if known is None else known[1])

    def metadata(self, wheel: Wheel) -> bytes:
        """As :meth:`Sources.metadata`."""
        return self._below.metadata(wheel)

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """As :meth:`Sources.own_variants`."""
        return self._below.own_variants(wheel)

    def fetch(self, file: File) -> Path:
        """As :meth:`Sources.fetch`."""
        return self._below.fetch(file)

    def _with_releases(
        self,
        project: Project,
        change: Callable[[Release], Release] = lambda release: release,
        *,
        keep: Callable[[Version], bool] = lambda _version: True,
    ) -> Project:
        """Return a project with other releases, each made when it is first asked for.

        :param change: makes the release that is offered of the one below
        :param keep: whether a version is offered at all
        """
        releases = ChangedReleases(
            project.releases, lambda each: self._note(change(each), each), keep
        )
        return replace(project, releases=releases)

    def _note(self, changed: Release, release: Release) -> Release:
        self._changed[id(changed)] = changed, release
        return changed


class ChangedReleases(LazyReleases):
    """Releases, each made of the one below when it is first asked for.

    :param change: makes the release that is offered
    :param keep: whether a version is offered at all
    """

    def __init__(
        self,
        below: Mapping[Version, Release],
        change: Callable[[Release], Release],
        keep: Callable[[Version], bool] = lambda _version: True,
    ) -> None:
        super().__init__(version for version in below if keep(version))
        self._below = below
        self._change = change

    def _make(self, version: Version) -> Release:
        return self._change(self._below[version])

    def is_yanked(self, version: Version) -> bool:
        """As :meth:`LazyReleases.is_yanked`; below, that may be known at less cost."""
        if isinstance(self._below, LazyReleases):
            return self._below.is_yanked(version)
        return super().is_yanked(version)

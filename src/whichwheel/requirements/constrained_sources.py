"""Sources that show only the versions that constraints allow, should a project be needed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.sources.ports import Sources
from whichwheel.sources.release import File, Project, Release, VariantData, Wheel

__all__ = ["ConstrainedSources"]


class ConstrainedSources:
    """Implements :class:`whichwheel.sources.ports.Sources` over others.

    :param constraints: as in a file of constraints, name and versions; those whose marker does
        not hold are left aside
    :param environment: marker values without ``extra``
    """

    def __init__(
        self, sources: Sources, constraints: Iterable[str], environment: Mapping[str, str]
    ) -> None:
        self._sources = sources
        self._allowed: dict[NormalizedName, SpecifierSet] = {}
        for text in constraints:
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is not None and not marker.evaluate({**environment, "extra": ""}):
                continue
            name = canonicalize_name(requirement.name)
            self._allowed[name] = self._allowed.get(name, SpecifierSet()) & requirement.specifier

    @property
    def names(self) -> tuple[str, ...]:
        """As :attr:`Sources.names`."""
        return self._sources.names

    def prefetch(self, names: Iterable[NormalizedName]) -> None:
        """As :meth:`Sources.prefetch`."""
        self._sources.prefetch(names)

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`, with the allowed versions alone."""
        project = self._sources.project(name)
        allowed = self._allowed.get(name)
        if project is None or not allowed:
            return project
        return replace(project, releases=_Allowed(project.releases, allowed))

    def single(self, address: str) -> Release:
        """As :meth:`Sources.single`."""
        return self._sources.single(address)

    def variants(self, release: Release) -> VariantData:
        """As :meth:`Sources.variants`."""
        return self._sources.variants(release)

    def metadata(self, wheel: Wheel) -> bytes:
        """As :meth:`Sources.metadata`."""
        return self._sources.metadata(wheel)

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """As :meth:`Sources.own_variants`."""
        return self._sources.own_variants(wheel)

    def fetch(self, file: File) -> Path:
        """As :meth:`Sources.fetch`."""
        return self._sources.fetch(file)


class _Allowed(Mapping[Version, Release]):
    """The releases that a specifier allows, still made only when they are asked for."""

    def __init__(self, releases: Mapping[Version, Release], allowed: SpecifierSet) -> None:
        self._releases = releases
        # A pinned pre-release is meant; others are left to the resolution.
        self._order = [
            version for version in releases if allowed.contains(version, prereleases=True)
        ]
        self._known = frozenset(self._order)

    def __iter__(self) -> Iterator[Version]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, version: object) -> bool:
        return version in self._known

    def __getitem__(self, version: Version) -> Release:
        if version not in self._known:
            raise KeyError(version)
        return self._releases[version]

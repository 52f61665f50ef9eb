"""Sources in which some projects have one version only, so that targets agree on it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.lock.document import LockedPackage
from whichwheel.lock.locked_sources import locked_release
from whichwheel.sources.errors import SourceError
from whichwheel.sources.hashes import strongest
from whichwheel.sources.layer import SourcesLayer
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import Project, Release, VariantData, Wheel

__all__ = ["KeptReleases", "NarrowedSources", "Versions"]

#: The one version of some projects that may be taken.
Versions = Mapping[NormalizedName, Version]


class KeptReleases:
    """The releases of an earlier lock that stay as they are, whatever was published since.

    :param packages: its entries
    :param source: its name, for people
    """

    def __init__(self, packages: Iterable[LockedPackage], source: str) -> None:
        self._packages: dict[tuple[NormalizedName, Version | None], LockedPackage] = {}
        for package in packages:
            self._packages.setdefault((package.name, package.version), package)
        self._source = source
        self._made: dict[tuple[NormalizedName, Version], Release | None] = {}
        self._data: dict[int, VariantData] = {}

    def find(self, name: NormalizedName, version: Version, sources: Sources) -> Release | None:
        """Return a release as it is locked, None if it is not.

        :param sources: know more of the same files, as where their core metadata is
        """
        key = (name, version)
        if key not in self._made:
            package = self._packages.get(key)
            self._made[key] = None if package is None else self._make(package, sources)
        return self._made[key]

    def variants(self, release: Release) -> VariantData | None:
        """Return the variant metadata of such a release, None if it is none of them."""
        return self._data.get(id(release))

    def _make(self, package: LockedPackage, sources: Sources) -> Release | None:
        release = locked_release(package, self._source)
        if release is None:
            return None
        offered = _offered(package, sources)
        wheels = tuple(_same(wheel, offered) for wheel in release.wheels)
        made = replace(release, wheels=wheels)
        self._data[id(made)] = VariantData(package.metadata, "lock")
        return made


def _offered(package: LockedPackage, sources: Sources) -> Mapping[str, Wheel]:
    try:
        project = sources.project(package.name)
    except SourceError:
        return {}  # what is locked is there all the same
    version = package.version
    if project is None or version is None or version not in project.releases:
        return {}
    return {wheel.file.filename: wheel for wheel in project.releases[version].wheels}


def _same(wheel: Wheel, offered: Mapping[str, Wheel]) -> Wheel:
    """Return a wheel with all that is known of it, if it is still offered."""
    other = offered.get(wheel.file.filename)
    if other is None:
        return wheel
    known, locked = strongest(other.file.hashes), strongest(wheel.file.hashes)
    if other.file.url != wheel.file.url or (known is not None and known != locked):
        return wheel
    file = replace(
        wheel.file,
        requires_python=other.file.requires_python,
        metadata_hashes=other.file.metadata_hashes,
    )
    return Wheel(file, wheel.name)


class NarrowedSources(SourcesLayer):
    """Implements :class:`whichwheel.sources.ports.Sources` over others.

    :param below: the other sources
    :param versions: the one version of some projects that may be taken, if it is there
    :param kept: releases that stay as they are
    """

    def __init__(self, below: Sources, versions: Versions, kept: KeptReleases) -> None:
        super().__init__(below)
        self._versions = versions
        self._kept = kept

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`, with one version where there is one to agree on."""
        version = self._versions.get(name)
        if version is None:
            return super().project(name)
        kept = self._kept.find(name, version, self._below)
        if kept is not None:
            return Project(name, kept.source, {version: kept})
        project = super().project(name)
        if project is None or version not in project.releases:
            return project
        return replace(project, releases={version: project.releases[version]})

    def variants(self, release: Release) -> VariantData:
        """As :meth:`Sources.variants`."""
        kept = self._kept.variants(release)
        return super().variants(release) if kept is None else kept

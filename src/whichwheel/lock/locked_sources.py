"""A lock as the only source: nothing is there but what it names, and all of it is checked."""

from collections.abc import Callable, Iterable
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.lock.document import LockedPackage
from whichwheel.lock.errors import LockedFileGone, SizeMismatch
from whichwheel.sources.errors import HashMismatch, HttpStatusError, SourceError
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import File, Project, Release, VariantData, Wheel

__all__ = ["LockedSources", "UnpackedMetadata", "locked_release"]

#: Returns the core metadata of a wheel that lies unpacked on this machine, by its SHA-256.
UnpackedMetadata = Callable[[str], bytes | None]

_NO_DATA = VariantData(None, "none")


def locked_release(package: LockedPackage, source: str) -> Release | None:
    """Return an entry of a lock as a release, None if it has no wheels.

    :param source: the name of the lock, where the entry names no index
    """
    wheels = package.wheels
    if not wheels and package.archive is not None:
        wheels = (package.archive,)
    if not wheels:
        return None
    version = package.version or wheels[0].name.version
    return Release(package.name, version, package.index or source, wheels)


class LockedSources:
    """Implements :class:`whichwheel.sources.ports.Sources` for some entries of a lock.

    :param source: the name of the lock, for people
    :param below: fetches the files; None if nothing will be fetched
    :param unpacked: the core metadata of a wheel that lies unpacked on this machine, by SHA-256
    :param requirements: whether wheels are asked what they need; else the lock says all
    """

    def __init__(
        self,
        packages: Iterable[LockedPackage],
        source: str,
        below: Sources | None,
        *,
        unpacked: UnpackedMetadata | None = None,
        requirements: bool = False,
    ) -> None:
        self._source = source
        self._below = below
        self._unpacked = unpacked
        self._requirements = requirements
        self._releases: dict[NormalizedName, dict[Version, Release]] = {}
        self._singles: dict[str, Release] = {}
        self._data: dict[int, VariantData] = {}
        for package in packages:
            release = locked_release(package, source)
            if release is None:
                continue
            self._releases.setdefault(package.name, {}).setdefault(release.version, release)
            if package.archive is not None:
                self._singles[package.archive.file.url] = release
            if package.metadata is not None:
                self._data[id(release)] = VariantData(package.metadata, "lock")

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the lock."""
        return (self._source,)

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        """Do nothing: all is here."""

    def project(self, name: NormalizedName) -> Project | None:
        """Return what the lock has of a project."""
        releases = self._releases.get(name)
        if releases is None:
            return None
        newest_first = dict(sorted(releases.items(), reverse=True))
        return Project(name, self._source, newest_first)

    def single(self, address: str) -> Release:
        """Return the release of an archive that the lock names.

        :raises SourceError: if it names none at this address
        """
        url = address.partition("#")[0]
        found = self._singles.get(url)
        if found is None:
            raise SourceError(f"`{url}` is not in the lock", where=url)
        return found

    def variants(self, release: Release) -> VariantData:
        """Return the variant metadata that the lock has."""
        return self._data.get(id(release), _NO_DATA)

    def metadata(self, wheel: Wheel) -> bytes:
        """Return the core metadata of a wheel; without requirements where the lock says all."""
        if not self._requirements:
            name = wheel.name
            return f"Metadata-Version: 2.1\nName: {name.name}\nVersion: {name.version}\n".encode()
        if self._unpacked is not None:
            known = self._unpacked(wheel.file.hashes.get("sha256", ""))
            if known is not None:
                return known
        if self._below is None:
            raise SourceError(f"`{wheel.file.filename}` is not at hand", where=wheel.file.url)
        try:
            return self._below.metadata(wheel)
        except SourceError as error:
            raise _gone(wheel.file, wheel.name.name, error) from None

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """Return the ``variant.json`` inside a wheel, None if it has none."""
        return None if self._below is None else self._below.own_variants(wheel)

    def fetch(self, file: File) -> Path:
        """Return a local path of a file, its hash and its size checked.

        :raises LockedFileGone: if it cannot be had
        :raises HashMismatch: if it is another file
        :raises SizeMismatch: if it has another size
        """
        if self._below is None:
            raise SourceError(f"`{file.filename}` is not at hand", where=file.url)
        try:
            path = self._below.fetch(file)
        except HashMismatch:
            raise
        except SourceError as error:
            raise _gone(file, NormalizedName(file.filename.partition("-")[0]), error) from None
        size = path.stat().st_size
        if file.size is not None and size != file.size:
            raise SizeMismatch(file.filename, file.size, size)
        return path


def _gone(file: File, name: NormalizedName, error: SourceError) -> Exception:
    missing = isinstance(error, HttpStatusError) or file.url.startswith("file:")
    return LockedFileGone(file.filename, name, error.message) if missing else error

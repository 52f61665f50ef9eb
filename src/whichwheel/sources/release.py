"""A release: all files of one project version from one source."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import WheelName

__all__ = [
    "Barred",
    "File",
    "LazyReleases",
    "Presented",
    "Project",
    "Release",
    "SourceWarning",
    "VariantData",
    "Wheel",
]


@dataclass(frozen=True, slots=True)
class File:
    """One file that a source offers.

    :param filename: checked: a plain name without any path part
    :param url: absolute, ``https://...`` or ``file://...``, without credentials
    :param hashes: hexadecimal digests by algorithm, as the source gives them
    :param requires_python: the specifier as the source gives it, unchecked
    :param yanked: the reason, possibly empty, or None if the file is not yanked
    :param metadata_hashes: digests of the separate metadata file (PEP 658, PEP 714); None if
        there is none, empty if there is one without digest
    :param size: in bytes, where the source says it
    :param upload_time: as the source gives it, in ISO 8601, unchecked
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    requires_python: str | None = None
    yanked: str | None = None
    metadata_hashes: Mapping[str, str] | None = None
    size: int | None = None
    upload_time: str | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """What a wheel really is that an overlay presents as a variant.

    :param own: the name that it has
    :param file: as its source lists it
    :param source: the name of that source, for people
    :param overlay: the project that the overlay is about
    :param twins: all projects that stand for each other, the plain one first
    :param extras: those whose dependencies it always has
    :param by_name: whether the user asked for it by its own name
    :param relabelled: whether it is fetched rewritten into what it is presented as
    """

    own: WheelName
    file: File
    source: str
    overlay: NormalizedName
    twins: tuple[NormalizedName, ...]
    extras: tuple[NormalizedName, ...] = ()
    by_name: bool = False
    relabelled: bool = False


@dataclass(frozen=True, slots=True)
class Barred:
    """Why a wheel may not be taken, whatever the target.

    :param why: as a clause
    :param hint: what the user can do
    :param is_late: whether the user wants things as they were before it was there
    """

    why: str
    hint: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file that is a wheel, with its parsed name.

    :param name: the name it is offered under
    :param presented: what it really is, if an overlay offers it under another name
    :param is_built: whether it does not exist yet, and is built from sources when it is fetched
    :param barred: set if it may not be taken
    """

    file: File
    name: WheelName
    presented: Presented | None = None
    is_built: bool = False
    barred: Barred | None = None

    @property
    def own(self) -> WheelName:
        """The name under which it is installed."""
        if self.presented is None or self.presented.relabelled:
            return self.name
        return self.presented.own


@dataclass(frozen=True, slots=True)
class SourceWarning:
    """Something a source got wrong that did not stop us.

    :param kind: stable word for programs, as ``metadata-malformed``
    :param message: one sentence that names the file
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class VariantData:
    """The combined variant metadata of a release, and how it was come by.

    :param metadata: None where there is none, or none that can be used
    :param origin: ``index`` (the ``*-variants.json``), ``selector`` (the
        ``*-wheel-selector.toml``), ``wheels`` (read from inside them), ``overlay`` or
        ``none``
    :param warnings: what was wrong, each with its file
    :param unusable: why the variants other than ``null`` cannot be judged, if so
    """

    metadata: VariantMetadata | None
    origin: str
    warnings: tuple[SourceWarning, ...] = ()
    unusable: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """All files of one project version from one source.

    :param source: the source's name, for people: an index URL without credentials, or a path
    :param variants_json: the index-level variant metadata file, if the source has one
    :param warnings: files that were left out, with the reason
    :param selector: the selector file, if the source has one
    :param late_sdists: how many source distributions are left out as late
    """

    name: NormalizedName
    version: Version
    source: str
    wheels: tuple[Wheel, ...] = ()
    sdists: tuple[File, ...] = ()
    variants_json: File | None = None
    warnings: tuple[SourceWarning, ...] = ()
    selector: File | None = None
    late_sdists: int = 0

    @property
    def is_late(self) -> bool:
        """Whether none of its files was there yet at the moment that the user goes back to."""
        if self.sdists or not (self.wheels or self.late_sdists):
            return False
        return all(wheel.barred is not None and wheel.barred.is_late for wheel in self.wheels)

    @property
    def has_variants(self) -> bool:
        """Whether any wheel carries a variant label."""
        return any(wheel.name.label is not None for wheel in self.wheels)


class LazyReleases(Mapping[Version, Release], ABC):
    """Releases by version, each made when it is first asked for, as that is costly.

    :param versions: in order
    """

    def __init__(self, versions: Iterable[Version]) -> None:
        self._order = dict.fromkeys(versions)
        self._made: dict[Version, Release] = {}

    @abstractmethod
    def _make(self, version: Version) -> Release:
        """Make the release of one of the versions."""

    def __iter__(self) -> Iterator[Version]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, version: object) -> bool:
        return version in self._order

    def __getitem__(self, version: Version) -> Release:
        if version not in self._order:
            raise KeyError(version)
        release = self._made.get(version)
        if release is None:
            # Of what two threads make at once, all take the same.
            release = self._made.setdefault(version, self._make(version))
        return release

    def is_yanked(self, version: Version) -> bool:
        """Whether all wheels of a version were taken back (PEP 592)."""
        wheels = self[version].wheels
        return bool(wheels) and all(wheel.file.yanked is not None for wheel in wheels)


@dataclass(frozen=True, slots=True)
class Project:
    """All releases of one project in the source that won.

    :param releases: by version, newest first
    :param warnings: files that were left out, with the reason
    :param skipped: names of later sources that have the project too, if they were asked
    :param hidden_by: what leaves other releases out, for people: as "the constraint `foo<2`"
    """

    name: NormalizedName
    source: str
    releases: Mapping[Version, Release]
    warnings: tuple[SourceWarning, ...] = ()
    skipped: tuple[str, ...] = ()
    hidden_by: str = ""

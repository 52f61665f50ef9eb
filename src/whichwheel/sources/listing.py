"""The files of one project as a page lists them, parsed version by version when asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

from packaging.utils import (
    InvalidSdistFilename,
    NormalizedName,
    canonicalize_name,
    parse_sdist_filename,
)
from packaging.version import InvalidVersion, Version

from whichwheel.sources.errors import SourceError
from whichwheel.sources.release import File, LazyReleases, Project, Release, SourceWarning, Wheel
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.selector.values import SELECTOR_SUFFIX
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["Grouped", "Link", "Section", "is_plain_name", "links_of", "list_project"]

_VARIANTS_SUFFIX = "-variants.json"
_SDIST_SUFFIXES = (".tar.gz", ".zip")
#: Separators, and what Windows does not take in a file name.
_NOT_IN_NAMES = lazy_pattern(r'[/\\:*?"<>|]')


def is_plain_name(filename: str) -> bool:
    """Whether a name may become that of a file, on any system, and may be printed.

    >>> is_plain_name("foo-1.0.tar.gz"), is_plain_name("../foo-1.0.tar.gz")
    (True, False)
    """
    return (
        filename not in {"", ".", ".."}
        and filename.isprintable()
        and _NOT_IN_NAMES.search(filename) is None
    )


@dataclass(frozen=True, slots=True)
class Link:
    """A file that a page names, not yet looked at in full.

    :param filename: the last part of its URL, without any separator
    :param read: makes the file of it; raises SourceError if its address cannot be used
    :param is_current: whether it is known not to be yanked without looking at it in full
    :param span: where on its page it begins and ends, if it can be read from that part alone
    """

    filename: str
    read: Callable[[], File]
    is_current: bool = False
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The links of one version.

    :param links: makes them
    :param is_current: whether it is known that none of its wheels was yanked
    """

    links: Callable[[], Sequence[Link]]
    is_current: bool


@dataclass(frozen=True, slots=True)
class Grouped:
    """The links of a project on a page.

    :param warnings: files that were left out, with the reason
    """

    by_version: Mapping[Version, Section]
    warnings: tuple[SourceWarning, ...] = ()

    @classmethod
    def of(cls, name: NormalizedName, source: str, links: Iterable[Link]) -> "Grouped":
        """Group a page's links by version.

        :param source: the source's name, for people
        """
        by_version: dict[Version, list[Link]] = {}
        warnings: list[SourceWarning] = []
        for link in links:
            try:
                version = _version_of(name, link.filename)
            except ValueError as error:
                if link.filename.endswith(".whl"):
                    warnings.append(_left_out("file-name-invalid", link, source, str(error)))
                continue
            if version is not None:
                by_version.setdefault(version, []).append(link)
        sections = {version: _section(links) for version, links in by_version.items()}
        return cls(sections, tuple(warnings))

    def project(self, name: NormalizedName, source: str) -> Project | None:
        """Return the project, None if there is no file of it."""
        if not self.by_version:
            return None
        return Project(name, source, _Releases(name, source, self.by_version), self.warnings)


def _section(links: list[Link]) -> Section:
    wheels = (link for link in links if link.filename.endswith(".whl"))
    return Section(lambda: links, all(link.is_current for link in wheels))


def list_project(name: NormalizedName, source: str, links: Iterable[Link]) -> Project | None:
    """Group a page's links by version.

    :param source: the source's name, for people
    :returns: None if the page has no file of the project
    """
    return Grouped.of(name, source, links).project(name, source)


def links_of(name: NormalizedName, version: Version, links: Iterable[Link]) -> Iterator[Link]:
    """Yield the links that are about one version of a project."""
    for link in links:
        with suppress(ValueError):
            if _version_of(name, link.filename) == version:
                yield link


def _version_of(name: NormalizedName, filename: str) -> Version | None:
    """Return the version that a file belongs to, None if it is no file of the project.

    :raises ValueError: if its name is that of a file of the project, and malformed
    """
    if filename.endswith(".whl"):
        project, _, rest = filename.partition("-")
        if _normalized(project) != name:
            return None
        return _version(rest.partition("-")[0])
    ending = _ending(filename)
    if ending is not None:
        # A project's own spelling may have hyphens, a version has none.
        project, _, version = filename.removesuffix(ending).rpartition("-")
        return _version(version) if _normalized(project) == name else None
    if filename.endswith(_SDIST_SUFFIXES):
        try:
            found, parsed = parse_sdist_filename(filename)
        except InvalidSdistFilename:
            return None
        return parsed if found == name else None
    return None


def _ending(filename: str) -> str | None:
    """Return how the name of a file ends that speaks of a release's wheels, None for others."""
    return next(
        (end for end in (_VARIANTS_SUFFIX, SELECTOR_SUFFIX) if filename.endswith(end)), None
    )


# Thousands of files share a few names and versions.
_normalized = lru_cache(maxsize=1024)(canonicalize_name)


@lru_cache(maxsize=4096)
def _version(text: str) -> Version:
    try:
        # Wheel names write `-` of a local version as `_`, which Version takes.
        return Version(text)
    except InvalidVersion:
        raise ValueError(f"`{text}` is not a version") from None


class _Releases(LazyReleases):
    """The releases of a project, newest first, each made when it is first asked for."""

    def __init__(
        self, name: NormalizedName, source: str, by_version: Mapping[Version, Section]
    ) -> None:
        super().__init__(sorted(by_version, reverse=True))
        self._name = name
        self._source = source
        self._sections = by_version

    def _make(self, version: Version) -> Release:
        wheels: dict[str, Wheel] = {}
        sdists: dict[str, File] = {}
        beside: dict[str, File] = {}
        warnings = []
        for link in self._sections[version].links():
            try:
                file = link.read()
            except SourceError as error:
                warnings.append(_left_out("address-invalid", link, self._source, error.message))
                continue
            if link.filename.endswith(".whl"):
                known = wheels.get(link.filename)
                if known is not None:
                    if known.file.hashes != file.hashes:
                        warnings.append(_twice(link.filename, self._source))
                    continue
                try:
                    wheels[link.filename] = Wheel(file, WheelName.parse(link.filename))
                except InvalidWheelName as error:
                    warnings.append(_left_out("file-name-invalid", link, self._source, error.why))
            elif (ending := _ending(link.filename)) is not None:
                if beside.setdefault(ending, file).hashes != file.hashes:
                    warnings.append(_twice(link.filename, self._source))
            else:
                sdists.setdefault(link.filename, file)
        return Release(
            self._name,
            version,
            self._source,
            tuple(wheels.values()),
            tuple(sdists.values()),
            beside.get(_VARIANTS_SUFFIX),
            tuple(warnings),
            beside.get(SELECTOR_SUFFIX),
        )

    def is_yanked(self, version: Version) -> bool:
        """As :meth:`LazyReleases.is_yanked`, without making a release where that is clear."""
        if version not in self._made and self._sections[version].is_current:
            return False
        return super().is_yanked(version)


def _left_out(kind: str, link: Link, source: str, why: str) -> SourceWarning:
    return SourceWarning(kind, f"`{link.filename}` on `{source}` is left out: {why}")


def _twice(filename: str, source: str) -> SourceWarning:
    return SourceWarning(
        "file-name-twice",
        f"`{source}` lists `{filename}` twice with different hashes; the first is taken",
    )

"""Sources in which what may be built is offered like wheels, after all wheels that are there.

So is what the user named by path or URL and is no wheel: the one wheel that it makes.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from packaging.tags import Tag
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.building.backend import Kind
from whichwheel.building.errors import BuildFailed
from whichwheel.building.git import GitRepository
from whichwheel.building.policy import BuildPolicy
from whichwheel.building.source_builder import Made
from whichwheel.building.source_trees import Archive, Commit, Folder, SourceTree
from whichwheel.requirements.locations import SourceLocation
from whichwheel.sources.layer import SourcesLayer
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import File, Project, Release, SourceWarning, Wheel
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.header_fields import header_fields
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import WheelName

__all__ = ["BuiltSources", "NotToBeBuilt", "Taken", "WheelBuilder"]

_NO_SOURCES = SourceWarning(
    "no-sources", "its wheels are left out by `--no-binary`, and it has no sources"
)
#: What is built here fits here.
_ANYWHERE = frozenset({Tag("py3", "none", "any")})


class WheelBuilder(Protocol):
    """Turns sources into wheels."""

    def commit(self, repository: GitRepository, revision: str | None, subdirectory: str) -> Commit:
        """Return the sources that a revision stands for."""
        ...

    def metadata(self, source: SourceTree, release: Made | None = None) -> bytes:
        """Return the core metadata of the wheel that sources make."""
        ...

    def wheel(self, source: SourceTree, release: Made | None = None) -> Path:
        """Return the wheel that sources make."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """Sources that the user named, and which project they turned out to be.

    :param wheel: the name of the wheel that they make, as far as it is known
    :param digest: the SHA-256 of an archive
    :param commit: of a repository
    """

    location: SourceLocation
    wheel: WheelName
    digest: str | None = None
    commit: str | None = None


class NotToBeBuilt(WhichwheelError):
    """Sources that the user named, of a project that the user wants never built."""

    def __init__(self, shown: str, name: str | None) -> None:
        whose = "nothing" if name is None else f"nothing of `{name}`"
        super().__init__(
            f"cannot take `{shown}`: it has to be built, and `--only-binary` says that {whose} is",
            hint="leave out `--only-binary`, or give a wheel",
        )


class BuiltSources(SourcesLayer):
    """Implements :class:`whichwheel.sources.ports.Sources` over others.

    :param below: the other sources
    :param policy: whose sources may be built
    :param builder: opened when something is built for the first time
    :param named: returns the file that a path or URL names
    :param on_output: told every line that git prints
    """

    def __init__(
        self,
        below: Sources,
        policy: BuildPolicy,
        builder: Callable[[], WheelBuilder],
        *,
        named: Callable[[str], File] | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(below)
        self._policy = policy
        self._open_builder = builder
        self._builder: WheelBuilder | None = None
        self._lock = threading.Lock()
        self._projects: dict[NormalizedName, Project | None] = {}
        self._offered: dict[str, tuple[File, WheelName]] = {}
        self._named = named
        self._on_output = on_output
        self._taken: dict[str, tuple[SourceTree, Release]] = {}

    def take(self, location: SourceLocation, *, editable: bool = False) -> Taken:
        """Find out which project sources are that the user named; they are trusted to be built.

        :param editable: whether the wheel is to lead back to the folder
        :raises NotToBeBuilt: if the user wants the project never built
        :raises BuildFailed: if the project's code fails, or it is not the project that was named
        :raises WhichwheelError: if the sources cannot be had
        """
        self._check_wanted(location, location.name)
        tree, digest = self._tree(location, editable=editable)
        metadata = self._build().metadata(tree)
        name, version = _identity(metadata, location.public)
        if location.name not in {None, name}:
            raise BuildFailed(f"`{location.name}`", f"`{location.public}` is the project `{name}`")
        self._check_wanted(location, name)
        wheel = WheelName(location.filename, name, version, (), _ANYWHERE, None)
        file = File(wheel.filename, location.address)
        release = Release(name, version, location.public, (Wheel(file, wheel, is_built=True),))
        self._taken[location.address] = tree, release
        commit = tree.commit if isinstance(tree, Commit) else None
        return Taken(location, wheel, digest, commit)

    def _check_wanted(self, location: SourceLocation, name: NormalizedName | None) -> None:
        never = self._policy.never
        if never.everything or (name is not None and name in never):
            raise NotToBeBuilt(location.public, None if never.everything else name)

    def _tree(self, location: SourceLocation, *, editable: bool) -> tuple[SourceTree, str | None]:
        """Return sources, and the digest of an archive."""
        if location.kind == "git":
            repository = GitRepository(location.url, self._on_output)
            found = self._build().commit(repository, location.revision, location.subdirectory)
            return found, None
        if location.kind == "folder" and location.path is not None:
            kind: Kind = "editable" if editable else "wheel"
            return Folder(location.path, location.subdirectory, kind), None
        if self._named is None:
            raise LookupError(location.url)
        file = self._named(location.url)
        path = self._below.fetch(replace(file, hashes={**file.hashes, **location.hashes}))
        archive = Archive(path, location.subdirectory, is_named=True)
        return archive, archive.digest

    def single(self, address: str) -> Release:
        """As :meth:`Sources.single`; of sources that were taken, what they make."""
        taken = self._taken.get(address)
        return super().single(address) if taken is None else taken[1]

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`, with what may be built among the wheels."""
        if name not in self._projects:
            project = super().project(name)
            if project is not None and self._policy.allows(name):
                project = self._with_releases(project, self._offer)
            elif project is not None and name in self._policy.never:
                # Nobody is to hint at sources that are not built, whatever is said.
                project = self._with_releases(project, lambda each: replace(each, sdists=()))
            self._projects[name] = project
        return self._projects[name]

    def _offer(self, release: Release) -> Release:
        """Return a release with one wheel that is to be built, if it has sources."""
        wheels = () if self._policy.demands(release.name) else release.wheels
        source = next((file for file in release.sdists if file.filename.endswith(".tar.gz")), None)
        source = source or next(iter(release.sdists), None)
        if source is None:
            warnings = release.warnings
            if len(wheels) < len(release.wheels):
                warnings = (*warnings, _NO_SOURCES)
            return replace(release, wheels=wheels, warnings=warnings)
        name = WheelName(source.filename, release.name, release.version, (), _ANYWHERE, None)
        # The digest is that of the sources; of the wheel nothing is known yet.
        offered = replace(source, hashes={}, metadata_hashes=None, size=None)
        self._offered[offered.url] = source, name
        wheels = (*wheels, Wheel(offered, name, is_built=True))
        return replace(release, wheels=wheels)

    def metadata(self, wheel: Wheel) -> bytes:
        """As :meth:`Sources.metadata`; of what is to be built, its backend is asked."""
        if not wheel.is_built:
            return super().metadata(wheel)
        tree, release = self._source(wheel.file.url)
        return self._build().metadata(tree, release)

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """As :meth:`Sources.own_variants`."""
        return None if wheel.is_built else super().own_variants(wheel)

    def fetch(self, file: File) -> Path:
        """As :meth:`Sources.fetch`; what is to be built is built."""
        offered = self._offered.get(file.url)
        is_offered = offered is not None and file.filename == offered[0].filename
        if not is_offered and file.url not in self._taken:
            return super().fetch(file)
        tree, release = self._source(file.url)
        return self._build().wheel(tree, release)

    def _source(self, url: str) -> tuple[SourceTree, Made]:
        taken = self._taken.get(url)
        if taken is not None:
            return taken[0], (taken[1].name, taken[1].version)
        source, name = self._offered[url]
        return Archive(self._below.fetch(source)), (name.name, name.version)

    def _build(self) -> WheelBuilder:
        with self._lock:
            if self._builder is None:
                self._builder = self._open_builder()
            return self._builder


def _identity(metadata: bytes, shown: str) -> Made:
    """Return the name and the version that core metadata gives.

    :raises BuildFailed: if it gives none
    """
    fields: dict[str, str] = {}
    for name, value in header_fields(metadata):
        fields.setdefault(name, value)
    try:
        return (
            canonicalize_name(fields.get("name", ""), validate=True),
            Version(fields.get("version", "")),
        )
    except ValueError as error:  # no name, no version, or a number with thousands of digits
        raise BuildFailed(f"the metadata of `{shown}`", str(error)) from None

"""Sources in which what may be built is offered like wheels, after all wheels that are there."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.building.policy import BuildPolicy
from whichwheel.sources.layer import SourcesLayer
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import File, Project, Release, SourceWarning, Wheel
from whichwheel.spec.wheel_name import WheelName

__all__ = ["BuiltSources", "WheelBuilder"]

_NO_SOURCES = SourceWarning(
    "no-sources", "its wheels are left out by `--no-binary`, and it has no sources"
)
#: What is built here fits here.
_ANYWHERE = frozenset({Tag("py3", "none", "any")})


class WheelBuilder(Protocol):
    """Turns sources into wheels."""

    def metadata(self, source: Path, name: NormalizedName, version: Version) -> bytes:
        """Return the core metadata of the wheel that sources make."""
        ...

    def wheel(self, source: Path, name: NormalizedName, version: Version) -> Path:
        """Return the wheel that sources make."""
        ...


class BuiltSources(SourcesLayer):
    """Implements :class:`whichwheel.sources.ports.Sources` over others.

    :param below: the other sources
    :param policy: whose sources may be built
    :param builder: opened when something is built for the first time
    """

    def __init__(
        self, below: Sources, policy: BuildPolicy, builder: Callable[[], WheelBuilder]
    ) -> None:
        super().__init__(below)
        self._policy = policy
        self._open_builder = builder
        self._builder: WheelBuilder | None = None
        self._lock = threading.Lock()
        self._projects: dict[NormalizedName, Project | None] = {}
        self._offered: dict[str, tuple[File, WheelName]] = {}

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
        source, name = self._offered[wheel.file.url]
        return self._build().metadata(self._below.fetch(source), name.name, name.version)

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """As :meth:`Sources.own_variants`."""
        return None if wheel.is_built else super().own_variants(wheel)

    def fetch(self, file: File) -> Path:
        """As :meth:`Sources.fetch`; what is to be built is built."""
        offered = self._offered.get(file.url)
        if offered is None or file.filename != offered[0].filename:
            return super().fetch(file)
        source, name = offered
        return self._build().wheel(self._below.fetch(source), name.name, name.version)

    def _build(self) -> WheelBuilder:
        with self._lock:
            if self._builder is None:
                self._builder = self._open_builder()
            return self._builder

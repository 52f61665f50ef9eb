"""Sources that show only the versions that constraints allow, should a project be needed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.sources.layer import SourcesLayer
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import Project

__all__ = ["ConstrainedSources"]


class ConstrainedSources(SourcesLayer):
    """Implements :class:`whichwheel.sources.ports.Sources` over others.

    :param below: the other sources
    :param constraints: as in a file of constraints, name and versions; those whose marker does
        not hold are left aside
    :param environment: marker values without ``extra``
    :param located: by project, the path or URL of the one wheel that will do
    """

    def __init__(
        self,
        below: Sources,
        constraints: Iterable[str],
        environment: Mapping[str, str],
        located: Mapping[NormalizedName, str] | None = None,
    ) -> None:
        super().__init__(below)
        self._located = located or {}
        self._allowed: dict[NormalizedName, SpecifierSet] = {}
        for text in constraints:
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is not None and not marker.evaluate({**environment, "extra": ""}):
                continue
            name = canonicalize_name(requirement.name)
            self._allowed[name] = self._allowed.get(name, SpecifierSet()) & requirement.specifier

    def refuses(self, name: NormalizedName, version: Version) -> bool:
        """Whether a version, as one that is installed, is none of those that are allowed."""
        allowed = self._allowed.get(name)
        return allowed is not None and not allowed.contains(version, prereleases=True)

    def _found(self, name: NormalizedName) -> Project | None:
        address = self._located.get(name)
        if address is None:
            return super().project(name)
        release = self.single(address)
        return Project(name, release.source, {release.version: release})

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`, with the allowed versions alone."""
        project = self._found(name)
        allowed = self._allowed.get(name)
        if project is None or not allowed:
            return project
        # A pinned pre-release is meant; others are left to the resolution.
        constrained = self._with_releases(
            project, keep=lambda version: allowed.contains(version, prereleases=True)
        )
        return replace(constrained, hidden_by=f"the constraint `{name}{allowed}`")

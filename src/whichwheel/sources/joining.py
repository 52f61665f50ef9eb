"""What several sources have of one project, as one: the strategy ``best-match``."""

from collections.abc import Sequence

from packaging.version import Version

from whichwheel.sources.release import LazyReleases, Project, Release

__all__ = ["join_projects"]


def join_projects(projects: Sequence[Project]) -> Project:
    """Return the versions of all, each with the files of the first source that has it.

    Files of two sources are not mixed within a version: their variant metadata need not agree
    (PEP 825, Installing wheels from multiple sources).

    :param projects: of one name, at least one, in the user's order
    """
    if len(projects) == 1:
        return projects[0]
    return Project(
        projects[0].name,
        ", ".join(project.source for project in projects),
        _JoinedReleases(projects),
        tuple(warning for project in projects for warning in project.warnings),
    )


class _JoinedReleases(LazyReleases):
    """The releases of several sources, newest first."""

    def __init__(self, projects: Sequence[Project]) -> None:
        self._first = {
            version: project.releases
            for project in reversed(projects)
            for version in project.releases
        }
        super().__init__(sorted(self._first, reverse=True))

    def _make(self, version: Version) -> Release:
        return self._first[version][version]

    def is_yanked(self, version: Version) -> bool:
        """As :meth:`LazyReleases.is_yanked`; below, that may be known at less cost."""
        below = self._first[version]
        if isinstance(below, LazyReleases):
            return below.is_yanked(version)
        return super().is_yanked(version)

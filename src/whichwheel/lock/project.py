"""What a project says that it needs."""

from pathlib import Path

from whichwheel.requirements.project_file import nearest_project, project_dependencies
from whichwheel.spec.values import dataclass

__all__ = ["ProjectRequirements", "find_project"]


@dataclass(frozen=True, slots=True)
class ProjectRequirements:
    """``[project] dependencies`` of the nearest project.

    :param path: its ``pyproject.toml``
    :param dependencies: as written
    """

    path: Path
    dependencies: tuple[str, ...]


def find_project(folder: Path, *, is_package: bool = True) -> ProjectRequirements | None:
    """Read what the nearest project needs, going up; None if there is no project.

    :param is_package: whether it has to have a table ``project``
    :raises InvalidProjectFile: if its file does not say it
    """
    path = nearest_project(folder)
    if path is None:
        return None
    return ProjectRequirements(path, project_dependencies(path, is_package=is_package))

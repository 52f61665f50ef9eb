"""What a project says that it needs."""

from pathlib import Path

from whichwheel.requirements.project_file import InvalidProjectFile, load_project, nearest_project
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


def find_project(folder: Path) -> ProjectRequirements | None:
    """Read what the nearest project needs, going up; None if there is no project.

    :raises InvalidProjectFile: if its file does not say it
    """
    path = nearest_project(folder)
    if path is None:
        return None
    project = load_project(path).get("project")
    if not isinstance(project, dict):
        raise InvalidProjectFile(path, "it has no table `project`")
    if "dependencies" in (project.get("dynamic") or ()):
        why = "its dependencies are only known when it is built (`dynamic`)"
        raise InvalidProjectFile(path, why)
    listed = project.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise InvalidProjectFile(path, "`dependencies` is no list of texts")
    return ProjectRequirements(path, tuple(listed))

"""What a project says that it needs."""

from dataclasses import dataclass
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.walking import shown

__all__ = ["InvalidProject", "ProjectRequirements", "find_project"]

_PYPROJECT = "pyproject.toml"
_LARGEST = 4 * 1024 * 1024


class InvalidProject(WhichwheelError, ValueError):
    """A ``pyproject.toml`` that does not say what the project needs.

    :param path: the file
    :param why: what is wrong
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"`{path}` does not say what the project needs: {why}",
            hint="give the requirements on the command line: `whichwheel lock numpy torch`",
        )
        self.path = path
        self.why = why


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

    :raises InvalidProject: if its file does not say it
    """
    for within in (folder, *folder.parents):
        path = within / _PYPROJECT
        if path.is_file():
            return _read(path)
    return None


def _read(path: Path) -> ProjectRequirements:
    import tomllib  # noqa: PLC0415 -- start-up speed

    try:
        with path.open("rb") as file:
            document = tomllib.loads(file.read(_LARGEST).decode("utf-8"))
    except OSError as error:
        raise InvalidProject(path, f"it cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidProject(path, f"it is not TOML: {shown(str(error))}") from None
    project = document.get("project")
    if not isinstance(project, dict):
        raise InvalidProject(path, "it has no table `project`")
    if "dependencies" in (project.get("dynamic") or ()):
        raise InvalidProject(path, "its dependencies are only known when it is built (`dynamic`)")
    listed = project.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise InvalidProject(path, "`dependencies` is no list of texts")
    return ProjectRequirements(path, tuple(listed))

"""The ``pyproject.toml`` of a project: where it is, and its tables."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.walking import shown
from whichwheel.target.regular_file import open_regular_file

__all__ = [
    "PYPROJECT",
    "InvalidProjectFile",
    "load_project",
    "nearest_project",
    "project_dependencies",
]

PYPROJECT = "pyproject.toml"
_LARGEST = 4 * 1024 * 1024


class InvalidProjectFile(WhichwheelError, ValueError):
    """A ``pyproject.toml`` that does not say what the project needs.

    :param path: the file
    :param why: what is wrong
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"`{path}` does not say what the project needs: {why}",
            hint="requirements on the command line take its place",
        )
        self.path = path
        self.why = why


def nearest_project(folder: Path) -> Path | None:
    """Return the nearest ``pyproject.toml``, going up; None if there is none."""
    folder = folder.absolute()
    for within in (folder, *folder.parents):
        path = within / PYPROJECT
        if path.is_file():
            return path
    return None


def load_project(path: Path) -> Mapping[str, object]:
    """Return the tables of a ``pyproject.toml``.

    :raises InvalidProjectFile: if it cannot be read
    """
    try:
        with open_regular_file(path) as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        why = f"it cannot be read: {error.strerror or error}"
        raise InvalidProjectFile(path, why) from None
    if len(content) > _LARGEST:
        # What would be cut off might be a dependency.
        raise InvalidProjectFile(path, f"it is larger than {_LARGEST >> 20} MiB")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidProjectFile(path, f"it is not TOML: {shown(str(error))}") from None


def project_dependencies(path: Path, *, is_package: bool = True) -> tuple[str, ...]:
    """Return ``[project] dependencies`` of a ``pyproject.toml``, as written.

    :param is_package: whether it has to have a table ``project``
    :raises InvalidProjectFile: if it cannot be read, or does not say what they are
    """
    tables = load_project(path)
    if not is_package and "project" not in tables:
        return ()
    project = tables.get("project")
    if not isinstance(project, dict):
        raise InvalidProjectFile(path, "it has no table `project`")
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or not all(isinstance(text, str) for text in dynamic):
        raise InvalidProjectFile(path, "`dynamic` is no list of texts")
    if "dependencies" in dynamic:
        why = "its dependencies are only known when it is built (`dynamic`)"
        raise InvalidProjectFile(path, why)
    listed = project.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise InvalidProjectFile(path, "`dependencies` is no list of texts")
    return tuple(listed)

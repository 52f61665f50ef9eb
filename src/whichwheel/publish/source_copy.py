"""Copy a source tree for one build, without what other builds left in it."""

import os
import shutil
from pathlib import Path

from whichwheel.publish.errors import PublishError

__all__ = ["copy_source"]

#: Left out anywhere: what tools put there, and what would leak from one build into another.
_NEVER = frozenset(
    {
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
    }
)
#: Left out at the top, where build backends put their work and their results.
_NEVER_AT_TOP = frozenset({"build", "dist"})


def copy_source(project: Path, destination: Path, *, leave_out: tuple[Path, ...] = ()) -> None:
    """Copy a source tree into a new folder.

    Left out are version control data, caches, virtual environments, ``*.egg-info``, and
    ``build`` and ``dist`` at the top. A build that asks git for its version still can: a
    ``.git`` file points to the repository. Links that stay inside the tree remain links;
    what others point to is copied.

    :param project: the root of the tree
    :param destination: a folder that does not exist yet
    :param leave_out: further folders, as the one that the wheels go to
    :raises PublishError: if something cannot be read or copied
    """
    root = project.resolve()
    skipped = {path.resolve() for path in (*leave_out, destination)}
    try:
        _copy_folder(root, destination, root, skipped, ())
        _point_to_git(root, destination)
    except OSError as error:
        raise PublishError(
            f"cannot copy the source tree `{project}`: {error.filename}: {error.strerror}"
        ) from error


def _copy_folder(
    folder: Path, destination: Path, root: Path, skipped: set[Path], above: tuple[Path, ...]
) -> None:
    destination.mkdir()
    real = folder.resolve()
    if real in above:
        raise PublishError(f"`{folder}` is a link that leads into a circle")
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            target = destination / entry.name
            if _is_left_out(entry, at_top=folder == root):
                continue
            if entry.is_dir() and path.resolve() in skipped:
                continue
            if entry.is_symlink() and _keep_link(path, target, root):
                continue
            if entry.is_dir():
                _copy_folder(path, target, root, skipped, (*above, real))
            elif entry.is_file():
                shutil.copy2(path, target)


def _is_left_out(entry: os.DirEntry[str], *, at_top: bool) -> bool:
    return (
        entry.name in _NEVER
        or (at_top and entry.name in _NEVER_AT_TOP)
        or entry.name.endswith(".egg-info")
        or (entry.is_dir() and Path(entry.path, "pyvenv.cfg").exists())
    )


def _keep_link(path: Path, target: Path, root: Path) -> bool:
    """Recreate a link; False if what it points to is to be copied instead."""
    link = path.readlink()
    if link.is_absolute() or not path.resolve().is_relative_to(root):
        # A link to nothing cannot be copied; it is as useless in the copy.
        return not path.exists()
    try:
        target.symlink_to(link, target_is_directory=path.is_dir())
    except (NotImplementedError, OSError):
        # Windows lets only some users create links.
        return not path.exists()
    return True


def _point_to_git(root: Path, destination: Path) -> None:
    """Let git find the repository from the copy, as it does from a linked working tree."""
    git = root / ".git"
    if git.is_dir():
        (destination / ".git").write_text(f"gitdir: {git}\n", encoding="utf-8")
    elif git.is_file():
        text = git.read_text(encoding="utf-8").strip()
        linked = root / text.removeprefix("gitdir:").strip()
        (destination / ".git").write_text(f"gitdir: {linked.resolve()}\n", encoding="utf-8")

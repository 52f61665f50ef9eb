"""What goes when distributions are uninstalled: the files in their ``RECORD``, and no others."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from whichwheel.environment.boundary import Boundary
from whichwheel.environment.changed import Changed, changed_files
from whichwheel.environment.errors import CannotRemove
from whichwheel.environment.ownership import owners_of, path_key, recorded_paths
from whichwheel.environment.plan import Installed
from whichwheel.environment.site import Environment
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass

__all__ = ["Removal", "check_removable", "plan_files"]

_CACHED = lazy_pattern(r"(?P<stem>.+?)\.[^.]+(\.opt-[^.]+)?\.pyc")


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to disappear.

    :param files: each once, absolute
    :param folders: to be removed where that leaves them empty, deepest first
    :param changed: those of the files that somebody changed since they were installed
    """

    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    changed: tuple[Changed, ...] = ()


def check_removable(installed: Installed) -> None:
    """Check that a distribution says which files are its own.

    An editable install is removable: its ``RECORD`` names the few files that point to the
    project's folder, and the folder itself is left alone.

    :raises CannotRemove: if it was put there by ``distutils``, or has no ``RECORD``
    """
    path = installed.metadata_directory
    if path.suffix != ".dist-info":
        raise CannotRemove(
            installed.name,
            f"`{path}` was written by a tool that keeps no account of files",
            hint="remove it with the tool that installed it",
        )
    if not (path / "RECORD").is_file():
        by = f"; it was installed by `{installed.installer}`" if installed.installer else ""
        raise CannotRemove(
            installed.name,
            f"`{path}` has no `RECORD`{by}",
            hint="remove it with the tool that installed it",
        )


def plan_files(removed: Sequence[Installed], environment: Environment) -> Removal:
    """Collect what disappears with some distributions.

    Files that another distribution names too stay. What a ``RECORD`` names outside of the
    environment, or of the interpreter itself, is left alone.

    :raises CannotRemove: as :func:`check_removable` does
    """
    boundary = environment.boundary()
    files: dict[str, Path] = {}
    for each in removed:
        check_removable(each)
        paths = recorded_paths(each)
        if paths is None:
            raise CannotRemove(
                each.name,
                f"`{each.metadata_directory / 'RECORD'}` cannot be read",
                hint="install it again over itself with `pip install --force-reinstall`",
            )
        for path in paths:
            if boundary.holds(Path(path)):
                files[path_key(path)] = Path(path)
    gone = frozenset(each.metadata_directory for each in removed)
    others = [each for each in environment.distributions() if each.metadata_directory not in gone]
    for key in owners_of(files.keys(), others):
        del files[key]
    existing = {path_key(p): p for p in files.values() if os.path.lexists(p) and not _is_folder(p)}
    changed = tuple(changed_files(removed, existing))
    existing.update((path_key(path), path) for path in _bytecode(existing.values()))
    return Removal(
        files=tuple(existing.values()),
        folders=tuple(_folders(existing.values(), environment, boundary)),
        changed=changed,
    )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _bytecode(files: Iterable[Path]) -> Iterator[Path]:
    """Yield the compiled forms of those files that are Python source."""
    stems: dict[Path, set[str]] = {}
    for file in files:
        if file.suffix == ".py":
            stems.setdefault(file.parent, set()).add(file.stem)
    for folder, names in stems.items():
        cache = folder / "__pycache__"
        try:
            compiled = [path.name for path in cache.iterdir()]
        except OSError:
            continue
        for name in compiled:
            match = _CACHED.fullmatch(name)
            if match is not None and match["stem"] in names:
                yield cache / name


def _folders(files: Iterable[Path], environment: Environment, boundary: Boundary) -> Iterator[Path]:
    """Yield the folders that may be left empty, deepest first."""
    paths = environment.interpreter.paths
    kept = {
        path_key(folder)
        for key in ("purelib", "platlib", "scripts", "data")
        for folder in (paths[key], *paths[key].parents)
    }
    found: set[Path] = set()
    for file in files:
        for folder in file.parents:
            if folder in found or path_key(folder) in kept or not boundary.holds(folder):
                break
            found.add(folder)
    yield from sorted(found, key=lambda folder: len(folder.parts), reverse=True)

"""Copies of exactly those modules that a dispatch package needs, found in the source itself."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from whichwheel.publish.errors import PublishError

__all__ = ["Closure", "licence_files", "module_closure"]

_LICENCES = ("license", "licence", "copying", "notice", "authors")


@dataclass(frozen=True, slots=True)
class Closure:
    """Modules and all that they import.

    :param files: content by path, as ``whichwheel/spec/errors.py``
    :param left_out: for each top-level package that was not wanted, a module that imports it
    """

    files: Mapping[str, bytes]
    left_out: Mapping[str, str] = field(default_factory=dict)


def module_closure(roots: Iterable[str], packages: Mapping[str, Iterable[str]]) -> Closure:
    """Find out which modules of some packages are needed to import others.

    What is imported inside a function counts, what only a type checker sees does not.

    :param roots: names of modules
    :param packages: the top-level packages to look into, with the data files that come along,
        as paths in the package
    :raises PublishError: if a package cannot be found as files
    """
    folders = {name: _folder(name) for name in packages}
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    waiting = list(roots)
    seen = set()
    while waiting:
        name = waiting.pop()
        top, *rest = name.split(".")
        if name in seen:
            continue
        seen.add(name)
        path = _module_file(folders[top], rest)
        if path is None:
            continue  # a name in a module, and no module
        waiting += [".".join([top, *rest[:length]]) for length in range(len(rest))]
        content = path.read_bytes()
        files[PurePosixPath(top, *path.relative_to(folders[top]).parts).as_posix()] = content
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for imported in _imports(ast.parse(content), package):
            first = imported.partition(".")[0]
            if first in folders:
                waiting.append(imported)
            elif first not in sys.stdlib_module_names:
                left_out.setdefault(first, name)
    for top, data in packages.items():
        if not any(file.startswith(f"{top}/") for file in files):
            continue
        for relative in data:
            files[f"{top}/{relative}"] = (folders[top] / relative).read_bytes()
    return Closure(dict(sorted(files.items())), left_out)


def _folder(name: str) -> Path:
    spec = find_spec(name)
    found = None if spec is None else spec.submodule_search_locations
    folder = Path(next(iter(found))) if found else None
    if folder is None or not folder.is_dir():
        raise PublishError(
            f"the package `{name}` cannot be copied: it is not installed as files",
            hint="install whichwheel into a virtual environment of its own",
        )
    return folder


def _module_file(folder: Path, parts: list[str]) -> Path | None:
    path = folder.joinpath(*parts)
    if (path / "__init__.py").is_file():
        return path / "__init__.py"
    module = path.with_name(f"{path.name}.py")
    return module if parts and module.is_file() else None


def _imports(node: ast.AST, package: str) -> Iterator[str]:
    """Yield the names of modules that code imports; some may be names in modules.

    :param package: the package that relative imports start from
    """
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".") if node.level else []
        base = [*parts[: len(parts) - node.level + 1], *(node.module or "").split(".")]
        module = ".".join(part for part in base if part)
        yield module
        yield from (f"{module}.{alias.name}" for alias in node.names)
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and _is_for_types(node.test):
        children = iter(node.orelse)
    for child in children:
        yield from _imports(child, package)


def _is_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def licence_files(distribution: str) -> Mapping[str, bytes]:
    """Return the licence files of an installed distribution, by file name.

    :raises PublishError: if it has none: it could not be passed on then
    """
    from importlib.metadata import PackageNotFoundError, files  # noqa: PLC0415 -- heavy

    found: dict[str, bytes] = {}
    try:
        listed = files(distribution) or []
    except PackageNotFoundError:
        listed = []
    for path in listed:
        in_metadata = any(part.endswith(".dist-info") for part in path.parts[:1])
        if in_metadata and path.name.lower().startswith(_LICENCES):
            found[path.name] = path.read_binary()
    if not found:
        raise PublishError(f"the licence of `{distribution}` cannot be found")
    return dict(sorted(found.items()))

"""What a project needs, as the tool that looks after it would lock it: extras and groups too."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from whichwheel.requirements.project_file import InvalidProjectFile, load_project, nearest_project

__all__ = ["ProjectNeeds", "find_needs", "poetry_requirement", "read_needs"]

_MOST_NESTED = 50

_CARET = re.compile(r"\^\s*(\d+(?:\.\d+)*)(.*)")
_TILDE = re.compile(r"~(?!=)\s*(\d+(?:\.\d+)*)(.*)")
_BARE = re.compile(r"\d[\w.*+!-]*")


@dataclass(frozen=True, slots=True)
class ProjectNeeds:
    """What one ``pyproject.toml`` says.

    :param dependencies: requirements of the project itself
    :param extras: further ones by extra
    :param groups: further ones by dependency group
    :param sources: tables that name indexes for a tool, as ``tool.uv.index``
    """

    path: Path
    dependencies: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] | None = None
    groups: Mapping[str, tuple[str, ...]] | None = None
    sources: tuple[str, ...] = ()

    @property
    def everything(self) -> tuple[str, ...]:
        """All requirements, as the lock of a project covers them."""
        listed = [*self.dependencies]
        for more in (self.extras or {}, self.groups or {}):
            for requirements in more.values():
                listed += requirements
        return tuple(dict.fromkeys(listed))


def find_needs(folder: Path) -> ProjectNeeds | None:
    """Read the nearest project, going up; None if there is none.

    :raises InvalidProjectFile: if its file does not say what it needs
    """
    path = nearest_project(folder)
    return None if path is None else read_needs(path)


def read_needs(path: Path) -> ProjectNeeds:
    """Read a ``pyproject.toml``.

    :raises InvalidProjectFile: if it does not say what the project needs
    """
    return _Reader(path, load_project(path)).needs()


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path, document: Mapping[str, object]) -> None:
        self._path = path
        self._document = document
        self._poetry = self._table("tool", "poetry")

    def needs(self) -> ProjectNeeds:
        project = self._table("project")
        dynamic = project.get("dynamic")
        if isinstance(dynamic, list) and "dependencies" in dynamic and not self._poetry:
            why = "its dependencies are only known when it is built (`dynamic`)"
            raise InvalidProjectFile(self._path, why)
        extras = _tables(project.get("optional-dependencies"))
        name = str(project.get("name", ""))
        return ProjectNeeds(
            self._path,
            self._others(
                (
                    *self._texts(project.get("dependencies", []), "project.dependencies"),
                    *_poetry_requirements(self._poetry.get("dependencies")),
                ),
                name,
            ),
            {
                extra: self._others(self._texts(listed, f"extra {extra}"), name)
                for extra, listed in extras.items()
            },
            {group: self._others(listed, name) for group, listed in self._groups().items()},
            tuple(self._sources()),
        )

    def _table(self, *keys: str) -> Mapping[str, object]:
        found: object = self._document
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def _texts(self, listed: object, where: str) -> tuple[str, ...]:
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise InvalidProjectFile(self._path, f"`{where}` is no list of texts")
        return tuple(listed)

    def _others(self, requirements: tuple[str, ...], name: str) -> tuple[str, ...]:
        """Leave out what names the project itself, as ``name[extra]`` in an extra."""
        own = canonicalize_name(name)
        return tuple(
            text
            for text in requirements
            if not own or canonicalize_name(re.split(r"[^\w.-]", text, maxsplit=1)[0]) != own
        )

    def _groups(self) -> dict[str, tuple[str, ...]]:
        listed = _tables(self._document.get("dependency-groups"))
        groups = {name: tuple(self._group(name, listed, ())) for name in listed}
        uv = self._table("tool", "uv").get("dev-dependencies")
        if uv is not None:
            groups["dev (uv)"] = self._texts(uv, "tool.uv.dev-dependencies")
        for name, texts in _tables(self._table("tool", "pdm").get("dev-dependencies")).items():
            # An editable one is a folder or a checkout, and no wheel.
            own = self._texts(texts, f"tool.pdm.dev-dependencies.{name}")
            groups[f"{name} (pdm)"] = tuple(text for text in own if not text.startswith("-e"))
        for name, table in _tables(self._poetry.get("group")).items():
            if isinstance(table, dict):
                found = tuple(_poetry_requirements(table.get("dependencies")))
                groups[f"{name} (poetry)"] = found
        old = tuple(_poetry_requirements(self._poetry.get("dev-dependencies")))
        return {**groups, "dev (poetry)": old} if old else groups

    def _group(
        self, name: str, listed: Mapping[str, object], through: tuple[str, ...]
    ) -> Iterator[str]:
        """Yield what a dependency group holds, with what it includes (PEP 735)."""
        items = listed.get(name)
        if name in through or len(through) > _MOST_NESTED or not isinstance(items, list):
            raise InvalidProjectFile(self._path, f"the dependency group `{name}` is no list")
        for item in items:
            included = item.get("include-group") if isinstance(item, dict) else None
            if isinstance(item, str):
                yield item
            elif isinstance(included, str):
                normalized = {canonicalize_name(each): each for each in listed}
                there = normalized.get(canonicalize_name(included), included)
                yield from self._group(there, listed, (*through, name))

    def _sources(self) -> Iterator[str]:
        for keys in (
            ("tool", "uv", "index"),
            ("tool", "uv", "extra-index-url"),
            ("tool", "uv", "find-links"),
            ("tool", "uv", "pip", "index-url"),
            ("tool", "uv", "pip", "extra-index-url"),
            ("tool", "uv", "pip", "find-links"),
            ("tool", "pdm", "source"),
            ("tool", "poetry", "source"),
        ):
            named = self._table(*keys[:-1]).get(keys[-1])
            if keys == ("tool", "uv", "index") and isinstance(named, list):
                # Of two defaults, that of the variable is taken.
                named = [i for i in named if not (isinstance(i, dict) and i.get("default") is True)]
            if named:
                yield ".".join(keys)


def _tables(found: object) -> Mapping[str, object]:
    return found if isinstance(found, dict) else {}


def _poetry_requirements(table: object) -> Iterator[str]:
    """Yield the requirements of a table of poetry, as ``numpy = "^2.0"``."""
    for name, entries in _tables(table).items():
        if canonicalize_name(name) == "python":
            continue
        for entry in entries if isinstance(entries, list) else [entries]:
            if isinstance(entry, str):
                yield poetry_requirement(name, entry)
            elif isinstance(entry, dict) and isinstance(entry.get("version"), str):
                extras = entry.get("extras")
                listed = ",".join(map(str, extras)) if isinstance(extras, list) else ""
                markers = entry.get("markers")
                marker = f"; {markers}" if isinstance(markers, str) else ""
                named = f"{name}[{listed}]" if listed else name
                yield poetry_requirement(named, entry["version"]) + marker


def poetry_requirement(name: str, constraint: str) -> str:
    """Return a requirement from a name and a constraint as poetry and ``name@version`` have it.

    >>> poetry_requirement("numpy", "^2.1")
    'numpy>=2.1,<3'
    """
    parts = [part.strip() for part in constraint.split(",")]
    return name + ",".join(filter(None, map(_specifier, parts)))


def _specifier(part: str) -> str:
    """Return one part of a constraint as PEP 440 writes it."""
    caret, tilde = _CARET.fullmatch(part), _TILDE.fullmatch(part)
    if part in {"*", "latest", ""}:
        return ""
    if caret is not None:
        numbers = [int(number) for number in caret[1].split(".")]
        # The first number that is not zero may not change.
        place = next((n for n, number in enumerate(numbers) if number), len(numbers) - 1)
        return f">={caret[1]}{caret[2]},<{_next(numbers, place)}"
    if tilde is not None:
        numbers = [int(number) for number in tilde[1].split(".")]
        return f">={tilde[1]}{tilde[2]},<{_next(numbers, min(1, len(numbers) - 1))}"
    return f"=={part}" if _BARE.fullmatch(part) else part


def _next(numbers: list[int], place: int) -> str:
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1]))

"""What a command of another installer asks for, so that it can be resolved before it runs."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from whichwheel.requirements.requirement_files import RequirementFiles
from whichwheel.serve.running.commands import PROJECT_LETTERS, Tool, ToolCommand
from whichwheel.serve.running.projects import find_needs, poetry_requirement, read_needs
from whichwheel.spec.errors import WhichwheelError

__all__ = ["Asked", "NothingAsked", "what_is_asked"]

_AT_VERSION = re.compile(r"([A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)@([^\s/:]+)")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|[A-Za-z]+\+[a-z]+:")
_EXTRAS = re.compile(r"(.*?)\[([^\[\]]*)\]$")


class NothingAsked(WhichwheelError):
    """A command that does not say what it installs, or not so that we understand it.

    :param command: as given
    """

    def __init__(self, command: str, why: str) -> None:
        super().__init__(
            f"`--resolve` finds nothing to resolve in `{command}`: {why}",
            hint="`pip install`, `uv add`, `uv sync`, `pipx install`, `pdm add`, `poetry install` "
            "and the like say what they need; without `--resolve` any command will do",
        )
        self.command = command


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command asks for.

    :param requirements: as :func:`whichwheel.resolve.requested.parse_requested` reads them
    :param constraints: what the versions have to meet, should they be needed
    :param upgrade: whether newer versions are wanted of what is installed
    :param fresh: whether it is for an environment of its own, in which nothing is yet
    :param prereleases: whether pre-releases are wanted
    :param dependencies: whether what is asked for is wanted with its dependencies
    :param left_out: what the tool gets by itself: checkouts, source archives, files elsewhere
    """

    requirements: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    upgrade: bool = False
    fresh: bool = False
    prereleases: bool = False
    dependencies: bool = True
    left_out: tuple[str, ...] = ()


def what_is_asked(command: ToolCommand, folder: Path) -> Asked:
    """Read what a command asks for.

    :param folder: the one it runs in
    :raises NothingAsked: if nothing is found
    :raises RequirementFileError: if a file that it names cannot be read
    :raises InvalidProjectFile: if the project's file does not say what it needs
    """
    shown = f"{command.tool} {command.verb}".strip()
    reader = _READERS.get((command.tool, command.verb))
    if command.tool is Tool.UVX:
        reader = _tool_run
    if reader is None:
        raise NothingAsked(shown, "it is no command that installs packages")
    gathered = _Gathered(folder)
    reader(command, gathered)
    asked = gathered.asked(command)
    if not asked.requirements:
        left = ", ".join(f"`{each}`" for each in asked.left_out)
        why = f"{left} can only be built" if left else "it names no package"
        raise NothingAsked(shown, why)
    return asked


class _Gathered:
    """What was found so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = RequirementFiles()
        self.fresh = False
        self._found: list[str] = []
        self._left_out: list[str] = []

    def take(self, text: str) -> None:
        """Take a requirement, the path or URL of a wheel, or a folder with a project."""
        text = text.strip()
        path, extras = text, ""
        with_extras = _EXTRAS.fullmatch(text)
        if with_extras is not None:
            path, extras = with_extras[1], with_extras[2]
        at = _AT_VERSION.fullmatch(text)
        if path.lower().endswith(".whl") or " @ " in text:
            if path.lower().endswith(".whl") and " @ " not in text and not _URL.match(path):
                text = str(self.folder / path) + (f"[{extras}]" if extras else "")
            self._wheel(text)
        elif at is not None:
            self._found.append(poetry_requirement(at[1], at[2]))
        elif _URL.match(text):
            self._left_out.append(text.rpartition("@")[2] if "@" in text else text)
        elif path.startswith((".", "~")) or "/" in path or "\\" in path:
            self._path(path, extras)
        elif text and not text.startswith("-"):
            self._found.append(text)

    def _wheel(self, text: str) -> None:
        if text.partition("#")[0].partition("[")[0].rstrip().lower().endswith(".whl"):
            self._found.append(text)
        else:
            self._left_out.append(text.partition("@")[0].strip())

    def _path(self, path: str, extras: str) -> None:
        whole = self.folder / os.path.expanduser(path)  # noqa: PTH111 -- `~nobody` stays so
        project = whole / "pyproject.toml"
        if not project.is_file():
            self._left_out.append(path)
            return
        needs = read_needs(project)
        self._found += needs.dependencies
        wanted = {canonicalize_name(each.strip()) for each in extras.split(",") if each.strip()}
        for extra, requirements in (needs.extras or {}).items():
            if canonicalize_name(extra) in wanted:
                self._found += requirements

    def project(self, folder: Path | None = None) -> None:
        """Take all that the nearest project locks."""
        needs = find_needs(folder or self.folder)
        if needs is not None:
            self._found += needs.everything

    def asked(self, command: ToolCommand) -> Asked:
        for text in self.files.requirements:
            self.take(text)
        for path in self.files.editable:
            self.take(_as_path(path))
        left_out = [*self._left_out, *self.files.elsewhere, *self.files.locks]
        return Asked(
            tuple(dict.fromkeys(self._found)),
            tuple(_named(self.files.constraints)),
            upgrade=command.has("-U", "--upgrade") or command.verb == "update",
            fresh=self.fresh,
            prereleases=command.has("--pre") or self.files.prereleases,
            dependencies=not command.has("--no-deps"),
            left_out=tuple(left_out),
        )


def _named(texts: list[str]) -> Iterator[str]:
    """Leave out what is no requirement with a name and versions."""
    for text in texts:
        try:
            requirement = Requirement(text)
        except ValueError:
            continue
        if requirement.url is None:
            yield text


def _as_path(text: str) -> str:
    """Mark as a path what is one for certain."""
    return text if "/" in text or "+" in text else f"./{text}"


def _pip(command: ToolCommand, gathered: _Gathered) -> None:
    for text in command.operands:
        gathered.take(text)
    for path in command.values("-e", "--editable"):
        gathered.take(_as_path(path))
    for path in command.values("-r", "--requirement", "--requirements"):
        gathered.files.read(path, within=gathered.folder)
    for path in command.values("-c", "--constraint", "--constraints"):
        gathered.files.read(path, constraint=True, within=gathered.folder)
    # What is downloaded or built goes into no environment.
    gathered.fresh = command.verb in {"download", "wheel", "lock"} or command.has(
        "-t", "--target", "--prefix", "--root", "-I", "--ignore-installed"
    )


def _compile(command: ToolCommand, gathered: _Gathered) -> None:
    for path in command.operands:
        if Path(path).name == "pyproject.toml":
            gathered.project((gathered.folder / path).parent)
        else:
            gathered.files.read(path, within=gathered.folder)
    for path in command.values("-c", "--constraint", "--constraints"):
        gathered.files.read(path, constraint=True, within=gathered.folder)
    gathered.fresh = True


def _project(command: ToolCommand, gathered: _Gathered) -> None:
    named = command.values("--project", "--directory", *PROJECT_LETTERS.get(command.tool, ()))
    gathered.project(gathered.folder / named[-1] if named else None)
    gathered.fresh = True


def _add(command: ToolCommand, gathered: _Gathered) -> None:
    _project(command, gathered)
    for text in command.operands:
        gathered.take(text)
    for path in command.values("-r", "--requirements"):
        gathered.files.read(path, within=gathered.folder)
    for path in command.values("-c", "--constraints"):
        gathered.files.read(path, constraint=True, within=gathered.folder)


def _application(command: ToolCommand, gathered: _Gathered) -> None:
    """Take an application that gets an environment of its own, and what is put beside it."""
    gathered.fresh = True
    for text in (*command.operands, *command.values("--with", "--preinstall")):
        for each in text.split(",") if "[" not in text else [text]:
            gathered.take(each)
    for path in command.values("--with-requirements"):
        gathered.files.read(path, within=gathered.folder)


def _tool_run(command: ToolCommand, gathered: _Gathered) -> None:
    """Take what one application needs that is run at once."""
    gathered.fresh = True
    named = command.values("--from", "--spec") or list(command.operands[:1])
    for text in (*named, *command.values("--with")):
        gathered.take(text)


_READERS: dict[tuple[Tool, str], Callable[[ToolCommand, _Gathered], None]] = {
    **{(Tool.PIP, verb): _pip for verb in ("install", "download", "wheel", "lock")},
    (Tool.UV, "pip install"): _pip,
    (Tool.UV, "pip compile"): _compile,
    (Tool.UV, "pip sync"): _compile,
    **{(Tool.UV, verb): _project for verb in ("sync", "lock", "run", "export")},
    (Tool.UV, "add"): _add,
    (Tool.UV, "tool install"): _application,
    (Tool.UV, "tool run"): _tool_run,
    (Tool.PIPX, "install"): _application,
    (Tool.PIPX, "run"): _tool_run,
    **{(Tool.PDM, verb): _project for verb in ("install", "lock", "sync", "update")},
    (Tool.PDM, "add"): _add,
    **{(Tool.POETRY, verb): _project for verb in ("install", "lock", "sync", "update")},
    (Tool.POETRY, "add"): _add,
}

"""Which Python a command of another installer installs for."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from whichwheel.serve.running.commands import PROJECT_LETTERS, Tool, ToolCommand
from whichwheel.target.detection.child import ChildFailed, run_child
from whichwheel.target.regular_file import open_regular_file

__all__ = ["interpreter_of"]

#: Seconds that a tool may take to say which Python it would use.
_LIMIT = 20.0
_HEAD = 1024
_SHEBANG = re.compile(rb"#!\s*(\S+)(?:[ \t]+(\S+))?")
#: How scripts begin whose interpreter's path has blanks, or is too long for the system.
_EXEC = re.compile(rb"'''exec'\s+(?:\"([^\"]+)\"|(\S+))")


def interpreter_of(
    command: ToolCommand, executable: str, environ: Mapping[str, str], folder: Path
) -> Path | None:
    """Return the interpreter, or the folder of the environment, that a command is about.

    :param executable: what the command's program was found to be
    :param folder: the one that it runs in
    :return: None for the active environment
    """
    return _Search(command, executable, environ, folder).found()


class _Search:
    """Looks where each tool looks, as far as that is documented; else the tool itself is asked."""

    def __init__(
        self, command: ToolCommand, executable: str, environ: Mapping[str, str], folder: Path
    ) -> None:
        self._command = command
        self._executable = executable
        self._environ = environ
        self._folder = folder

    def found(self) -> Path | None:
        command = self._command
        if command.prefix is not None:
            return self._conda_environment(command.prefix)
        given = command.values("--python", *_PYTHON_LETTERS.get(command.tool, ()))
        if given:
            return self._given(given[-1])
        look = {
            Tool.PIP: self._of_pip,
            Tool.UV: self._of_uv,
            Tool.UVX: self._of_uv_tool,
            Tool.PDM: self._of_pdm,
            Tool.POETRY: self._of_poetry,
            Tool.PIPX: self._of_pipx,
            Tool.HATCH: self._behind_script,
        }.get(command.tool)
        return None if look is None else look()

    def _given(self, text: str) -> Path | None:
        path = self._folder / os.path.expanduser(text)  # noqa: PTH111 -- `~nobody` stays so
        if path.exists():
            return path
        on_path = self._which(text)
        if on_path is not None:
            return on_path
        if self._command.tool in {Tool.UV, Tool.UVX}:
            return self._ask("python", "find", text)
        return self._which(f"python{text}")

    def _which(self, name: str) -> Path | None:
        found = shutil.which(name, path=self._environ.get("PATH", os.defpath))
        return None if found is None else Path(found)

    def _behind_script(self) -> Path | None:
        """Return the interpreter of a script such as ``pip``."""
        script = Path(self._executable)
        if os.name == "nt":
            # The launcher lies beside it, or in the folder `Scripts` below it.
            beside = (script.with_name("python.exe"), script.parent.parent / "python.exe")
            return next((path for path in beside if path.is_file()), None)
        found = self._in_shebang(script)
        if found is None or "py" not in found.name or not found.is_file():
            # A shim of pyenv's kind; there is one for the interpreter, too.
            found = script.with_name("python")
        return found if found.is_file() else None

    def _in_shebang(self, script: Path) -> Path | None:
        try:
            with open_regular_file(script) as file:
                head = file.read(_HEAD)
        except OSError:
            return None
        shebang = _SHEBANG.match(head)
        if shebang is None:
            return None
        path = Path(os.fsdecode(shebang[1]))
        handed_on = _EXEC.search(head)
        if path.name == "env" and shebang[2]:
            return self._which(os.fsdecode(shebang[2]))
        if path.name in {"sh", "bash"} and handed_on is not None:
            return Path(os.fsdecode(handed_on[1] or handed_on[2]))
        return path

    def _of_pip(self) -> Path | None:
        return Path(self._executable) if self._command.is_module else self._behind_script()

    def _of_pipx(self) -> Path | None:
        default = self._environ.get("PIPX_DEFAULT_PYTHON")
        return self._given(default) if default else self._behind_script()

    def _of_uv(self) -> Path | None:
        if self._command.verb.startswith("tool"):
            return self._of_uv_tool()
        if self._command.verb.startswith("pip"):
            return self._of_uv_pip()
        root = self._project()
        if root is not None:
            existing = root / (self._environ.get("UV_PROJECT_ENVIRONMENT") or ".venv")
            if _is_environment(existing):
                return existing
        return self._ask("python", "find", "--system")

    def _of_uv_pip(self) -> Path | None:
        environ = self._environ
        if self._command.has("--system") or environ.get("UV_SYSTEM_PYTHON"):
            return self._which("python3") or self._which("python")
        if environ.get("VIRTUAL_ENV") or environ.get("CONDA_PREFIX"):
            return None
        return next(self._environments(), None) or self._ask("python", "find")

    def _of_uv_tool(self) -> Path | None:
        chosen = self._environ.get("UV_PYTHON")
        if chosen:
            return self._given(chosen)
        return self._ask("python", "find", "--no-project", "--system")

    def _of_pdm(self) -> Path | None:
        root = self._project()
        if root is None:
            return None
        try:
            with open_regular_file(root / ".pdm-python") as file:
                chosen = Path(os.fsdecode(file.read(_HEAD)).strip())
        except OSError:
            chosen = root / ".venv"
        if chosen.is_file() or _is_environment(chosen):
            return chosen
        return None

    def _of_poetry(self) -> Path | None:
        if self._environ.get("VIRTUAL_ENV") or self._environ.get("CONDA_PREFIX"):
            return None
        root = self._project()
        if root is not None and _is_environment(root / ".venv"):
            return root / ".venv"
        return self._ask("env", "info", "--executable") or self._behind_script()

    def _project(self) -> Path | None:
        start = self._within.absolute()
        folders = (start, *start.parents)
        return next((each for each in folders if (each / "pyproject.toml").is_file()), None)

    @property
    def _within(self) -> Path:
        """The folder from which the tool looks for a project."""
        letters = PROJECT_LETTERS.get(self._command.tool, ())
        named = self._command.values("--project", "--directory", *letters)
        return self._folder / named[-1] if named else self._folder

    def _environments(self) -> Iterator[Path]:
        start = self._folder.absolute()
        for folder in (start, *start.parents):
            if _is_environment(folder / ".venv"):
                yield folder / ".venv"

    def _ask(self, *arguments: str) -> Path | None:
        """Ask the tool itself, in the folder that the command runs in."""
        program: Sequence[str] = [self._executable]
        if self._command.is_module:
            program = [self._executable, "-m", self._command.tool]
        try:
            output = run_child(
                [*program, *arguments], limit=_LIMIT, environ=self._environ, folder=self._within
            )
        except ChildFailed:
            return None
        path = Path(os.fsdecode(output).strip())
        return path if path.is_file() else None

    def _conda_environment(self, named: str) -> Path | None:
        """Return the folder of an environment of conda, by path or name."""
        path = self._folder / named
        if len(Path(named).parts) > 1:
            return path if path.is_dir() else None
        roots = [
            *filter(None, (self._environ.get("CONDA_ENVS_PATH") or "").split(os.pathsep)),
            os.path.expanduser("~/.conda/envs"),  # noqa: PTH111 -- where there is no home, none,
        ]
        for program in (self._environ.get("CONDA_EXE"), self._environ.get("MAMBA_EXE")):
            if program:
                roots.insert(0, str(Path(program).parent.parent / "envs"))
        if self._environ.get("MAMBA_ROOT_PREFIX"):
            roots.insert(0, str(Path(self._environ["MAMBA_ROOT_PREFIX"]) / "envs"))
        return next((Path(r) / named for r in roots if (Path(r) / named).is_dir()), None)


_PYTHON_LETTERS = {Tool.UV: ("-p",), Tool.UVX: ("-p",)}


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()

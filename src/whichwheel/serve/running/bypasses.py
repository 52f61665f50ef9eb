"""What makes a command look for packages elsewhere than in the proxy, in sentences for people."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from whichwheel.requirements.project_file import InvalidProjectFile
from whichwheel.requirements.requirement_files import RequirementFileError, RequirementFiles
from whichwheel.serve.running.commands import Tool, ToolCommand
from whichwheel.serve.running.projects import find_needs
from whichwheel.serve.running.settings import read_toml

__all__ = ["bypasses"]

_OPTIONS = {
    Tool.PIP: (
        *("-i", "--index-url", "--pypi-url", "--extra-index-url"),
        *("-f", "--find-links", "--no-index", "--proxy"),
    ),
    Tool.UV: (
        *("-i", "--index-url", "--extra-index-url", "--index", "--default-index"),
        *("-f", "--find-links", "--no-index", "--torch-backend"),
    ),
    Tool.PIPX: ("-i", "--index-url"),
    Tool.POETRY: ("--source",),
}
_OPTIONS[Tool.UVX] = _OPTIONS[Tool.UV]
_UV_KEYS = ("index", "extra-index-url", "find-links")
_PLUGIN = "poetry_plugin_pypi_mirror"


def bypasses(
    command: ToolCommand, executable: str, environ: Mapping[str, str], folder: Path
) -> list[str]:
    """Return what keeps a command, or a part of what it installs, from the proxy.

    :param executable: what the command's program was found to be
    :param folder: the one that it runs in
    """
    tool = command.tool
    found = list(_options(command))
    if tool in {Tool.PIP, Tool.UV, Tool.PIPX}:
        found += _files(command, folder)
    if tool in {Tool.UV, Tool.UVX}:
        found += _uv_files(environ, folder)
    if tool in {Tool.UV, Tool.PDM, Tool.POETRY} and not command.verb.startswith("tool"):
        found += _project(tool, folder)
    if tool is Tool.PDM:
        found += _pdm_settings(environ)
    if tool is Tool.POETRY and _lacks_plugin(executable, is_module=command.is_module):
        found.append(
            "poetry lets its own index be replaced by a plugin alone, and has none here: it will "
            "not ask this one. `poetry self add poetry-plugin-pypi-mirror` adds it"
        )
    return found


def _options(command: ToolCommand) -> Iterator[str]:
    for name in _OPTIONS.get(command.tool, ()):
        if command.has(name):
            yield (
                f"`{name}` is given to {command.tool} itself, which looks there beside this "
                "index or in its place: give it before `--`"
            )
    if command.tool is Tool.PIP and command.has("--isolated"):
        yield "`--isolated` makes pip ignore all variables: it will not ask this index"
    if command.tool is Tool.PIPX and any(
        re.search(r"(^|\s)(-i|-f|--(extra-)?index-url|--find-links|--no-index)\b", text)
        for text in command.values("--pip-args")
    ):
        yield "`--pip-args` tells pip where to look, beside this index or in its place"


def _files(command: ToolCommand, folder: Path) -> Iterator[str]:
    files = RequirementFiles()
    for name in command.values("-r", "--requirement", "--requirements"):
        try:
            files.read(name, within=folder)
        except RequirementFileError:
            # The tool says so itself.
            continue
    for place in files.sources:
        yield f"{place} names where to look, which is asked beside this index or in its place"
    for lock in files.locks:
        yield f"`{lock}` is a lock, and says itself where its files are: nothing is chosen anew"


def _project(tool: Tool, folder: Path) -> Iterator[str]:
    try:
        needs = find_needs(folder)
    except InvalidProjectFile:
        return
    for table in () if needs is None else needs.sources:
        if needs is not None and table.startswith(f"tool.{tool}."):
            yield f"`{needs.path}` names `{table}`, which {tool} asks beside this index"


def _uv_files(environ: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Look into the files of uv's settings, the project's and the user's."""
    if environ.get("UV_NO_CONFIG"):
        return
    folder = folder.absolute()
    within = (folder, *folder.parents)
    places = [next((each / "uv.toml" for each in within if (each / "uv.toml").is_file()), None)]
    if environ.get("UV_CONFIG_FILE"):
        places = [Path(environ["UV_CONFIG_FILE"])]
    elif sys.platform == "win32":
        places.append(Path(environ.get("APPDATA", "")) / "uv" / "uv.toml")
    else:
        config = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", ""), ".config")  # noqa: PTH118
        places.append(Path(config) / "uv" / "uv.toml")
    for path in filter(None, places):
        document = read_toml(path)
        pip = document.get("pip")
        for key in _UV_KEYS:
            named = document.get(key)
            if key == "index" and isinstance(named, list):
                named = [each for each in named if not _is_default(each)]
            if named or (isinstance(pip, dict) and pip.get(key)):
                yield f"`{path}` names `{key}`, which uv asks beside this index"


def _is_default(index: object) -> bool:
    return isinstance(index, dict) and index.get("default") is True


def _pdm_settings(environ: Mapping[str, str]) -> Iterator[str]:
    from platformdirs import user_config_path  # noqa: PLC0415 -- start-up time

    named = environ.get("PDM_CONFIG_FILE")
    path = Path(named) if named else user_config_path("pdm", appauthor=False) / "config.toml"
    stored = read_toml(path).get("pypi")
    for name, table in stored.items() if isinstance(stored, dict) else ():
        if isinstance(table, dict) and table.get("url"):
            yield f"`{path}` names the index `{name}`, which pdm asks beside this one"


def _lacks_plugin(executable: str, *, is_module: bool) -> bool:
    """Whether poetry's environment is found, and the plugin is not in it."""
    program = Path(executable)
    if not is_module:
        # The script is often a link into the environment that poetry has of its own.
        program = program.resolve()
    root = program.parent.parent
    folders = [*root.glob("lib/python*/site-packages"), *root.glob("Lib/site-packages")]
    if not any((folder / "poetry").is_dir() for folder in folders):
        return False
    return not any((folder / _PLUGIN).is_dir() for folder in folders)

"""Command lines of other installers, taken apart as far as we have to understand them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath, PureWindowsPath

__all__ = ["PROJECT_LETTERS", "Tool", "ToolCommand", "recognise"]


class Tool(StrEnum):
    """Who a command belongs to."""

    PIP = "pip"
    UV = "uv"
    UVX = "uvx"
    PIPX = "pipx"
    PDM = "pdm"
    POETRY = "poetry"
    HATCH = "hatch"
    CONDA = "conda"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ToolCommand:
    """A command line of an installer.

    :param program: the word that names the installer, or the interpreter that it is a module of
    :param verb: what it is to do, as ``install``, or ``pip install`` of uv; empty if nothing
    :param options: each with its value, None for one without; long or short as given
    :param operands: what is no option
    :param is_module: whether the program is an interpreter, as in ``python -m pip``
    :param prefix: the name or folder of the environment that conda is to run it in
    """

    tool: Tool
    program: str
    verb: str = ""
    options: tuple[tuple[str, str | None], ...] = ()
    operands: tuple[str, ...] = ()
    is_module: bool = False
    prefix: str | None = None

    @property
    def adds_to_environment(self) -> bool:
        """Whether it adds to what is installed, and does not make an environment of its own."""
        if self.tool is Tool.PIP and self.verb != "install":
            return False
        if self.tool in {Tool.UV, Tool.PIP}:
            apart = self.has("-t", "--target", "--prefix", "--root")
            return self.verb in {"install", "pip install"} and not apart
        return self.tool is Tool.OTHER

    @property
    def writes_addresses(self) -> bool:
        """Whether it may write a lock that says where files are."""
        if self.tool is Tool.UV:
            return self.verb in _LOCKING[Tool.UV] or self.has("--generate-hashes")
        return self.tool is Tool.PIP and self.verb == "lock"

    @property
    def writes_lock(self) -> bool:
        """Whether it may write a lock, for which it takes what one wheel needs for what all need.

        PDM looks into the wheel that fits.
        """
        return self.writes_addresses or self.verb in _LOCKING.get(self.tool, ())

    def values(self, *names: str) -> list[str]:
        """Return the values of an option, in order."""
        return [value for name, value in self.options if name in names and value is not None]

    def has(self, *names: str) -> bool:
        """Whether an option is given, with a value or without."""
        return any(name in names for name, _ in self.options)


# Options that take a value, of the commands that install, from the tools' own help.
_PIP = """
    --abi --all-releases --build-constraint --build-option --cache-dir --cert --client-cert
    --config-settings --constraint --default-timeout --dest --destination-dir
    --destination-directory --editable --exists-action --extra-index-url --find-links
    --global-option --group --implementation --index-url --keyring-provider --local-log --log
    --log-file --no-binary --only-binary --only-final --platform --prefix --progress-bar --proxy
    --pypi-url --python --python-version --refresh-package --report --requirement
    --requirements-from-script --resume-retries --retries --root --root-user-action --source
    --source-dir --source-directory --src --target --timeout --trusted-host --upgrade-strategy
    --uploaded-prior-to --use-deprecated --use-feature --wheel-dir
    -C -c -d -e -f -i -r -t -w
"""
_UV = """
    --allow-insecure-host --annotation-style --bounds --branch --build-constraint
    --build-constraints --cache-dir --cert --color --config-file --config-setting
    --config-settings --config-settings-package --constraint --constraints
    --custom-compile-command --default-index --directory --editable --env-file --exclude-newer
    --exclude-newer-package --exclude --excludes --extra --extra-index-url --find-links
    --fork-strategy --format --from --group --index --index-strategy --index-url
    --keyring-provider --link-mode --marker --no-binary --no-binary-package
    --no-build-isolation-package --no-build-package --no-editable-package --no-emit-package
    --no-extra --no-group --no-install-package --no-sources-package --only-binary --only-group
    --optional --output-file --output-format --override --overrides --package --prefix
    --prerelease --prerelease-package --project --python --python-platform --python-version
    --refresh-package --reinstall-package --requirement --requirements --resolution --rev
    --script --tag --target --torch-backend --upgrade-group --upgrade-package --with
    --with-editable --with-executables-from --with-requirements
    -C -P -b -c -e -f -i -m -o -p -r -t -w
"""
_PIPX = """
    --app --backend --cooldown --fetch-python --include-resources-from --index-url --lock
    --output --pip-args --preinstall --python --python-args --requirement --spec --suffix
    --upgrade-strategy --with -i -r
"""
_PDM = """
    --config-setting --editable --exclude-newer --exclude-newer-override --group
    --implementation --lockfile --override --platform --project --python --skip --strategy
    --with --without -C -G -L -S -e -k -p
"""
_POETRY = """
    --directory --extras --group --markers --only --optional --platform --project --python
    --source --with --without -C -E -G -P
"""
_CONDA = "--name --prefix --cwd -n -p"
_HATCH = "--env --project --data-dir --cache-dir --config -e -p"

_VALUED = {
    Tool.PIP: frozenset(_PIP.split()),
    Tool.UV: frozenset(_UV.split()),
    Tool.UVX: frozenset(_UV.split()),
    Tool.PIPX: frozenset(_PIPX.split()),
    Tool.PDM: frozenset(_PDM.split()),
    Tool.POETRY: frozenset(_POETRY.split()),
    Tool.CONDA: frozenset(_CONDA.split()),
    Tool.HATCH: frozenset(_HATCH.split()),
    Tool.OTHER: frozenset[str](),
}
#: Short options that name a project's folder.
PROJECT_LETTERS = {Tool.PDM: ("-p",), Tool.POETRY: ("-C", "-P")}
#: Verbs that another verb follows.
_DOUBLE = {Tool.UV: frozenset({"pip", "tool"}), Tool.POETRY: frozenset({"self"})}
#: What runs what comes after it, and takes the first operand for a command.
_RUNNING = {
    (Tool.UV, "run"),
    (Tool.UV, "tool run"),
    (Tool.PIPX, "run"),
    (Tool.PDM, "run"),
    (Tool.POETRY, "run"),
    (Tool.HATCH, "run"),
    (Tool.CONDA, "run"),
}

#: What looks after the lock of a project.
_LOCKING = {
    Tool.UV: frozenset({"add", "export", "lock", "remove", "run", "sync", "tree", "version"}),
    Tool.POETRY: frozenset({"add", "install", "lock", "remove", "sync", "update"}),
}

_PIP_NAME = re.compile(r"pip\d*(\.\d+)?")
_PYTHON_NAME = re.compile(r"(python|pypy)w?\d*(\.\d+)?t?|py")
_CONDA_NAMES = frozenset({"conda", "mamba", "micromamba"})
#: Options of Python that a value follows.
_PYTHON_VALUED = frozenset({"-W", "-X", "--check-hash-based-pycs"})


def recognise(command: Sequence[str]) -> ToolCommand:
    """Take a command line apart.

    One that belongs to no installer is ``OTHER``, with nothing but its program.

    >>> recognise(["python3", "-m", "pip", "install", "-qr", "a.txt", "numpy"]).values("-r")
    ['a.txt']
    """
    program, arguments = command[0], list(command[1:])
    name = _name(program)
    if _PYTHON_NAME.fullmatch(name):
        module, rest = _module(arguments)
        tool = _tool(module)
        if module in {"pip", "uv", "pipx", "pdm", "poetry", "hatch"}:
            return _parsed(tool, program, rest, is_module=True)
        return ToolCommand(Tool.OTHER, program)
    tool = _tool(name)
    if tool is Tool.OTHER:
        return ToolCommand(tool, program)
    found = _parsed(tool, program, arguments)
    if tool is Tool.CONDA and found.verb == "run" and found.operands:
        inner = recognise(found.operands)
        named = found.values("-n", "--name", "-p", "--prefix")
        return replace(inner, prefix=named[-1] if named else None)
    return found


def _name(program: str) -> str:
    kind = PureWindowsPath if "\\" in program else PurePath
    name = kind(program).name.lower()
    for suffix in (".exe", ".cmd", ".bat"):
        name = name.removesuffix(suffix)
    return name


def _tool(name: str) -> Tool:
    if _PIP_NAME.fullmatch(name):
        return Tool.PIP
    if name in _CONDA_NAMES:
        return Tool.CONDA
    return Tool(name) if name in set(Tool) else Tool.OTHER


def _module(arguments: list[str]) -> tuple[str, list[str]]:
    """Return the module that Python is to run, and its arguments."""
    place = 0
    while place < len(arguments):
        word = arguments[place]
        if word == "-m":
            return (
                (arguments[place + 1], arguments[place + 2 :])
                if arguments[place + 1 :]
                else ("", [])
            )
        if word.startswith("-m") and not word.startswith("--"):
            return word[2:], arguments[place + 1 :]
        if not word.startswith("-") or word == "-c":
            break
        # `-Im pip` is `-I -m pip`.
        if re.fullmatch(r"-[A-Za-z]+m", word):
            return (
                (arguments[place + 1], arguments[place + 2 :])
                if arguments[place + 1 :]
                else ("", [])
            )
        place += 2 if word in _PYTHON_VALUED else 1
    return "", []


def _parsed(
    tool: Tool, program: str, arguments: list[str], *, is_module: bool = False
) -> ToolCommand:
    valued = _VALUED[tool]
    verb: list[str] = []
    wanted = 0 if tool is Tool.UVX else 1
    options: list[tuple[str, str | None]] = []
    operands: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        runs = tool is Tool.UVX or (tool, " ".join(verb)) in _RUNNING
        if runs and (operands or not word.startswith("-")):
            operands.append(word)
        elif word == "--":
            operands += waiting
        elif word.startswith("--"):
            options.append(_long(word, valued, waiting))
        elif word.startswith("-") and word != "-":
            options += _short(word, valued, waiting)
        elif len(verb) < wanted:
            verb.append(word)
            if word in _DOUBLE.get(tool, ()) and len(verb) == 1:
                wanted = 2
        else:
            operands.append(word)
    return ToolCommand(tool, program, " ".join(verb), tuple(options), tuple(operands), is_module)


def _long(word: str, valued: frozenset[str], waiting: Iterator[str]) -> tuple[str, str | None]:
    name, separator, value = word.partition("=")
    if separator:
        return name, value
    return name, next(waiting, None) if name in valued else None


def _short(
    word: str, valued: frozenset[str], waiting: Iterator[str]
) -> Iterator[tuple[str, str | None]]:
    """Yield the options of ``-qU``, ``-rfile`` or ``-r file``."""
    for place in range(1, len(word)):
        name = f"-{word[place]}"
        if name in valued:
            rest = word[place + 1 :]
            yield name, rest.removeprefix("=") if rest else next(waiting, None)
            return
        yield name, None

"""The Python that an environment belongs to, asked about itself."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.tags import Tag

from whichwheel.spec.errors import WhichwheelError
from whichwheel.target.detection.child import ChildFailed, run_child
from whichwheel.target.interpreters.inspection import describe_interpreter
from whichwheel.target.interpreters.interpreter_cache import InterpreterCache

__all__ = ["Interpreter", "InterpreterError", "inspect_interpreter"]

#: Seconds that an interpreter may take; a cold start from a network drive takes several.
_LIMIT = 20.0
_PATHS = ("purelib", "platlib", "scripts", "data", "headers")


class InterpreterError(WhichwheelError):
    """An interpreter that does not exist, does not run, or does not answer.

    :param executable: the interpreter, or the environment's folder
    :param why: what is wrong with it
    """

    def __init__(self, executable: Path, why: str, *, hint: str | None = None) -> None:
        super().__init__(
            f"the Python interpreter `{executable}` cannot be used: {why}",
            hint=hint or "name a Python executable or an environment's folder with `--python`",
        )
        self.executable = executable
        self.why = why


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What one Python interpreter says of itself.

    :param executable: absolute path, not resolved through a virtual environment's link
    :param version: full version, as ``3.12.4``
    :param implementation: ``cpython``, ``pypy``
    :param tags: its platform compatibility tags, best first
    :param environment: its environment marker values, without ``extra``
    :param paths: install locations by scheme key: purelib, platlib, scripts, data, headers
        (``headers`` is the folder in which each project gets one of its own)
    :param prefix: ``sys.prefix``
    :param externally_managed: the message of an ``EXTERNALLY-MANAGED`` file outside a virtual
        environment (PEP 668), else None
    """

    executable: Path
    version: str
    implementation: str
    tags: tuple[Tag, ...]
    environment: Mapping[str, str]
    paths: Mapping[str, Path]
    prefix: Path
    externally_managed: str | None = None


def inspect_interpreter(
    executable: Path | None,
    *,
    environ: Mapping[str, str] = os.environ,
    cache: InterpreterCache | None = None,
) -> Interpreter:
    """Ask an interpreter about itself.

    Our own answers in process, another one in a child process whose answer is kept on disk.

    :param executable: an interpreter, by path or by a name on ``PATH``, or the folder of an
        environment; None for the active environment: that of ``VIRTUAL_ENV``, else of
        ``CONDA_PREFIX``, else the one we run in
    :param environ: the environment variables to go by
    :param cache: where answers are kept; None for the user's cache folder
    :raises InterpreterError: if there is no such interpreter, or it gives no usable answer
    """
    path = _active(environ) if executable is None else _find(executable, environ)
    if path is None or _is_ours(path):
        own = Path(sys.executable) if path is None else path
        return _read(own, describe_interpreter())
    cache = cache or InterpreterCache.of_user()
    kept = cache.get(path)
    if kept is not None:
        try:
            return _read(path, kept)
        except InterpreterError:
            kept = None
    description = _ask(path)
    interpreter = _read(path, description)
    cache.put(path, description)
    return interpreter


def _active(environ: Mapping[str, str]) -> Path | None:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if not folder:
            continue
        found = _in_environment(Path(folder))
        if found is None:
            raise InterpreterError(
                Path(folder),
                f"`{variable}` names it, but no Python is there",
                hint=f"unset `{variable}`, or name an interpreter with `--python`",
            )
        return _absolute(found)
    return None


def _find(executable: Path, environ: Mapping[str, str]) -> Path:
    if executable.is_dir():
        found = _in_environment(executable)
        if found is None:
            raise InterpreterError(executable, "the folder holds no Python environment")
        return _absolute(found)
    if executable.is_file():
        return _absolute(executable)
    if len(executable.parts) == 1:
        from shutil import which  # noqa: PLC0415 -- start-up speed

        on_path = which(str(executable), path=environ.get("PATH"))
        if on_path is not None:
            return _absolute(Path(on_path))
    raise InterpreterError(executable, "it does not exist")


def _in_environment(folder: Path) -> Path | None:
    if os.name == "nt":
        # The second is where conda puts it.
        candidates = (folder / "Scripts" / "python.exe", folder / "python.exe")
    else:
        candidates = (folder / "bin" / "python", folder / "bin" / "python3")
    return next((path for path in candidates if path.is_file()), None)


def _absolute(path: Path) -> Path:
    # Not resolved: behind its link a virtual environment's interpreter is another one.
    return Path(os.path.abspath(path))  # noqa: PTH100 -- `absolute` keeps `..`


def _is_ours(path: Path) -> bool:
    if os.path.normcase(path) == os.path.normcase(sys.executable):
        return True
    # `bin/python` and `bin/python3.12` of the environment that we run in.
    ours = _absolute(Path(sys.executable)).parent
    try:
        return path.parent.samefile(ours) and path.samefile(sys.executable)
    except OSError:
        return False


def _ask(path: Path) -> Mapping[str, object]:
    import packaging  # noqa: PLC0415 -- only its folder, and only here

    script = Path(__file__).with_name("inspection.py")
    packaging_folder = Path(packaging.__file__ or "").parent
    command = [str(path), "-I", "-B", str(script), str(packaging_folder)]
    try:
        output = run_child(command, limit=_LIMIT)
    except ChildFailed as error:
        raise InterpreterError(path, error.why) from None
    try:
        answer = json.loads(output)
    except ValueError:
        raise InterpreterError(path, "it does not answer as Python does") from None
    if not isinstance(answer, dict):
        raise InterpreterError(path, "it does not answer as Python does")
    return answer


def _read(path: Path, description: Mapping[str, object]) -> Interpreter:
    try:
        paths = _texts_by_name(description["paths"])
        stdlib = None if description["is_virtual"] else Path(_text(description["stdlib"]))
        return Interpreter(
            executable=path,
            version=_text(description["version"]),
            implementation=_text(description["implementation"]),
            tags=tuple(_tag(text) for text in _texts(description["tags"])),
            environment=_texts_by_name(description["environment"]),
            paths={key: Path(paths[key]) for key in _PATHS},
            prefix=Path(_text(description["prefix"])),
            externally_managed=None if stdlib is None else _externally_managed(stdlib),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InterpreterError(path, f"its answer is not understood: {error!r}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(value)
    return [_text(item) for item in value]


def _texts_by_name(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return {_text(key): _text(item) for key, item in value.items()}


def _tag(text: str) -> Tag:
    interpreter, abi, platform = text.split("-")
    return Tag(interpreter, abi, platform)


def _externally_managed(stdlib: Path) -> str | None:
    """Return the message that keeps installers out of an interpreter (PEP 668)."""
    marker = stdlib / "EXTERNALLY-MANAGED"
    if not marker.is_file():
        return None
    from configparser import ConfigParser, Error  # noqa: PLC0415 -- start-up speed

    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(marker.read_text(encoding="utf-8"))
        message = parser.get("externally-managed", "Error", fallback="")
    except (OSError, ValueError, Error):
        message = ""
    return message or f"`{marker}` says that another package manager looks after this Python"

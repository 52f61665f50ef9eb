"""What is known of the Python that an environment belongs to."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.tags import Tag

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass
from whichwheel.target.interpreters.inspection import describe_interpreter

__all__ = ["Interpreter", "InterpreterError", "read_description", "running_interpreter"]

_LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
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
    :param is_virtual: whether it is in a virtual environment
    """

    executable: Path
    version: str
    implementation: str
    tags: tuple[Tag, ...]
    environment: Mapping[str, str]
    paths: Mapping[str, Path]
    prefix: Path
    externally_managed: str | None = None
    is_virtual: bool = False


def running_interpreter(executable: Path | None = None) -> Interpreter:
    """Return what the Python that we run in says of itself.

    :param executable: another path of it, as in a virtual environment; None for its own
    """
    return read_description(executable or Path(sys.executable), describe_interpreter())


def read_description(path: Path, description: Mapping[str, object]) -> Interpreter:
    """Read what an interpreter said of itself.

    :param path: the interpreter
    :param description: as `describe_interpreter` gives it
    :raises InterpreterError: if it is of another shape
    """
    try:
        paths = _texts_by_name(description["paths"])
        is_virtual = description["is_virtual"] is True
        stdlib = None if is_virtual else Path(_text(description["stdlib"]))
        return Interpreter(
            executable=path,
            version=_text(description["version"]),
            implementation=_text(description["implementation"]),
            tags=tuple(_tag(text) for text in _texts(description["tags"])),
            environment=_texts_by_name(description["environment"]),
            paths={key: Path(paths[key]) for key in _PATHS},
            prefix=Path(_text(description["prefix"])),
            externally_managed=None if stdlib is None else _externally_managed(stdlib),
            is_virtual=is_virtual,
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


def _error_keys() -> Iterator[str]:
    """Yield the keys of the message, that in the user's own language first (PEP 668)."""
    spoken = next(filter(None, map(os.environ.get, _LANGUAGE_VARIABLES)), "")
    language = spoken.partition(".")[0].partition("@")[0]
    if language:
        yield f"Error-{language}"
        yield f"Error-{language.partition('_')[0]}"
    yield "Error"


def _externally_managed(stdlib: Path) -> str | None:
    """Return the message that keeps installers out of an interpreter (PEP 668)."""
    marker = stdlib / "EXTERNALLY-MANAGED"
    if not marker.is_file():
        return None
    from configparser import ConfigParser, Error  # noqa: PLC0415 -- start-up speed

    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(marker.read_text(encoding="utf-8"))
        said = dict(parser.items("externally-managed"))
        keys = (parser.optionxform(key) for key in _error_keys())
        message = next((said[key] for key in keys if said.get(key)), "")
    except (OSError, ValueError, Error):
        message = ""
    return message or f"`{marker}` says that another package manager looks after this Python"

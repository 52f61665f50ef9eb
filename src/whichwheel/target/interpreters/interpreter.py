"""An interpreter asked about itself: the active one, or another by its path."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.detection.child import ChildFailed, run_child
from whichwheel.target.interpreters.description import (
    Interpreter,
    InterpreterError,
    read_description,
    running_interpreter,
)
from whichwheel.target.interpreters.interpreter_cache import InterpreterCache

__all__ = ["inspect_interpreter"]

#: Seconds that an interpreter may take; a cold start from a network drive takes several.
_LIMIT = 20.0


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
        return running_interpreter(path)
    cache = cache or InterpreterCache.of_user()
    kept = cache.get(path)
    if kept is not None:
        try:
            return read_description(path, kept)
        except InterpreterError:
            kept = None
    description = _ask(path)
    interpreter = read_description(path, description)
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

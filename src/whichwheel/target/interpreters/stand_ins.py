"""Scripts on ``PATH`` that stand in for interpreters, as those of pyenv do."""

import ast
from pathlib import Path

from whichwheel.target.detection.child import ChildFailed, run_child
from whichwheel.target.interpreters.description import InterpreterError

__all__ = ["behind"]

_LIMIT = 20.0
_ASK = "import sys; sys.stdout.write(ascii(sys.executable))"


def behind(path: Path) -> Path:
    """Return the interpreter that a script calls here and now; what is no script is one itself.

    Which one it calls depends on variables and on the current folder, so that nothing about it may
    be kept, and nothing installed for it may name it.

    :raises InterpreterError: if it calls none
    """
    if not _is_script(path):
        return path
    try:
        answer = run_child([str(path), "-I", "-c", _ASK], limit=_LIMIT)
        found = Path(str(ast.literal_eval(answer.decode("ascii"))))
    except ChildFailed as error:
        raise InterpreterError(path, error.why) from None
    except (ValueError, SyntaxError):
        raise InterpreterError(path, "it does not answer as Python does") from None
    if not found.is_absolute() or not found.is_file():
        raise InterpreterError(path, "it does not say which interpreter it calls")
    return found


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False

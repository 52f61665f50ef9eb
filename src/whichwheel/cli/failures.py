"""Every way in which a run can end other than well, as one message and an exit code."""

import os
import re
import sys

import click

from whichwheel.cli.console import Console
from whichwheel.cli.ending import AskedToEnd
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass

__all__ = [
    "COULD_NOT",
    "ERROR_FORMAT",
    "INTERRUPTED",
    "WRONG_USE",
    "CommandFailed",
    "Failure",
    "WrongUse",
    "report_failure",
]

ERROR_FORMAT = "whichwheel-error/1"

COULD_NOT = 1
WRONG_USE = 2
#: What a shell reports for a program that Ctrl-C ended.
INTERRUPTED = 130

_WORD_START = lazy_pattern(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Failure:
    """What to tell of an exception.

    :param kind: stable word for programs
    :param code: the exit code
    """

    kind: str
    message: str
    hint: str | None = None
    code: int = COULD_NOT


class WrongUse(WhichwheelError):
    """An argument that could not be understood; the exit code says so.

    :param cause: what is wrong with it
    """

    def __init__(self, cause: WhichwheelError) -> None:
        super().__init__(cause.message, hint=cause.hint)
        self.cause = cause


class CommandFailed(WhichwheelError):
    """A command of the user's that cannot be run.

    :param cause: why not
    :param code: the exit code that a shell would report
    """

    def __init__(self, cause: WhichwheelError, code: int) -> None:
        super().__init__(cause.message, hint=cause.hint)
        self.cause = cause
        self.code = code


def report_failure(error: BaseException, console: Console) -> int:
    """Tell of an exception that ended the run, and return the exit code.

    With ``--json`` a document goes to standard output too.
    """
    failure = _failure(error)
    if console.json:
        console.document(
            {
                "format": ERROR_FORMAT,
                "error": {
                    "kind": failure.kind,
                    "message": failure.message,
                    "hint": failure.hint,
                },
            }
        )
    if failure.kind == "internal" and console.verbose:
        import traceback  # noqa: PLC0415 -- only here

        sys.stderr.write("".join(traceback.format_exception(error)))
    details = error.details if console.verbose and isinstance(error, WhichwheelError) else ()
    console.error("\n".join([failure.message, *details]), failure.hint)
    return failure.code


def _failure(error: BaseException) -> Failure:
    match error:
        case WrongUse():
            failure = Failure(_kind(error.cause), error.message, error.hint, WRONG_USE)
        case CommandFailed():
            failure = Failure(_kind(error.cause), error.message, error.hint, error.code)
        case WhichwheelError():
            failure = Failure(_kind(error), error.message, error.hint)
        case click.ClickException():
            message = _sentence(error.format_message())
            failure = Failure("usage", message, _usage_hint(error), WRONG_USE)
        case AskedToEnd():
            failure = Failure("interrupted", str(error), None, error.code)
        case KeyboardInterrupt() | click.Abort():
            failure = Failure("interrupted", "interrupted", None, INTERRUPTED)
        case OSError():
            failure = Failure("system", _system_message(error))
        case MemoryError():
            failure = Failure("memory", "there is not enough memory")
        case _:
            found = " ".join(f"{type(error).__name__}: {error}".split())
            failure = Failure(
                "internal",
                f"internal error: {found}",
                "this is a defect of whichwheel; please report it with what `-v` prints",
            )
    return failure


def _kind(error: WhichwheelError) -> str:
    """Return the name of an error's class as a word for programs: ``hash-mismatch``."""
    return _WORD_START.sub("-", type(error).__name__).lower()


def _sentence(text: str) -> str:
    """Return a message of the option parser in the form of our own."""
    text = text.strip().removesuffix(".")
    text = re.sub(r"'([^']*)'", r"`\1`", text)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _usage_hint(error: click.ClickException) -> str | None:
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return None
    if isinstance(error, click.NoSuchOption):
        from whichwheel.cli.words_of_others import called_here  # noqa: PLC0415 -- only here

        known = called_here(error.option_name)
        if known is not None:
            return known
    return f"`{error.ctx.command_path} --help` lists what there is"


def _system_message(error: OSError) -> str:
    why = (error.strerror or str(error) or type(error).__name__).lower()
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if name is not None]
    return f"{' and '.join(f'`{name}`' for name in names)}: {why}" if names else why

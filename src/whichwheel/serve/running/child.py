"""Run the user's command: its own streams, its own signals, its own exit code."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Self

from whichwheel.spec.errors import WhichwheelError

if TYPE_CHECKING:
    from subprocess import Popen

__all__ = ["CommandNotRunnable", "find_command", "run_command"]

#: What shells report for a command that is not there, and for one that cannot be run.
_NOT_FOUND = 127
_NOT_RUNNABLE = 126
#: What they report for one that a signal ended, beside the signal's number.
_SIGNALLED = 128

_Handler = Callable[[int, FrameType | None], object] | int | None


class CommandNotRunnable(WhichwheelError):
    """A command cannot be started.

    :param command: its first word
    :param exit_code: what a shell would report
    """

    def __init__(self, command: str, why: str, *, exit_code: int, hint: str | None = None) -> None:
        super().__init__(f"cannot run `{command}`: {why}", hint=hint)
        self.command = command
        self.exit_code = exit_code


def find_command(name: str, environ: Mapping[str, str]) -> str:
    """Return what a command's first word stands for.

    On Windows that is the file with its suffix, as ``pip.exe`` or ``poetry.cmd``.

    :param environ: whose ``PATH`` is searched
    :raises CommandNotRunnable: if there is no such command
    """
    found = shutil.which(name, path=environ.get("PATH", os.defpath))
    if found is not None:
        return found
    if os.path.dirname(name) and Path(name).exists():  # noqa: PTH120 -- `./x` is told from `x`
        why = "it is a folder" if Path(name).is_dir() else "it is not executable"
        raise CommandNotRunnable(name, why, exit_code=_NOT_RUNNABLE)
    raise CommandNotRunnable(
        name,
        "there is no such command",
        exit_code=_NOT_FOUND,
        hint="what follows `--` is run as it stands; no shell reads it",
    )


def run_command(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end, and return its exit code as a shell would.

    Signals that would end us go to the command instead, and its answer is waited for.

    :param command: a file and its arguments
    :raises CommandNotRunnable: if it cannot be started
    """
    from subprocess import Popen  # noqa: PLC0415 -- start-up time

    with _Signals() as signals:
        try:
            child = Popen(  # noqa: S603 -- the user's command, and no shell
                list(command), env=dict(environ)
            )
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise CommandNotRunnable(command[0], why, exit_code=_NOT_RUNNABLE) from None
        except ValueError as error:
            # A null character.
            raise CommandNotRunnable(command[0], str(error), exit_code=_NOT_RUNNABLE) from None
        signals.hand_to(child)
        code = child.wait()
    return code if code >= 0 else _SIGNALLED - code


class _Signals:
    """Takes the signals that would end us, and hands them on.

    What a terminal sends on Ctrl-C reaches the command by itself: handed on as well, it would
    come twice, and installers take the second for the wish to stop without cleaning up.
    """

    def __init__(self) -> None:
        self._child: Popen[bytes] | None = None
        self._early: list[int] = []
        self._interrupts = 0
        self._before: dict[int, _Handler] = {}

    def __enter__(self) -> Self:
        for number in _forwarded():
            before = signal.getsignal(number)
            # What is ignored from the start, as under `nohup`, stays ignored, for the child too.
            if before is not signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def hand_to(self, child: "Popen[bytes]") -> None:
        """Hand signals to a child, those first that came before it was there."""
        self._child = child
        for number in self._early:
            # It was not there yet when these came, from a terminal or not.
            self._send(number)

    def _take(self, number: int, _: FrameType | None) -> None:
        if self._child is None:
            self._early.append(number)
        else:
            self._hand_on(number)

    def _hand_on(self, number: int) -> None:
        if sys.platform == "win32":
            # The console sends its events to every process that is attached to it.
            return
        if number == signal.SIGINT:
            self._interrupts += 1
            if self._interrupts == 1 and _in_foreground():
                return
        self._send(number)

    def _send(self, number: int) -> None:
        if sys.platform != "win32" and self._child is not None:
            self._child.send_signal(number)


def _forwarded() -> Iterator[int]:
    yield signal.SIGINT
    if sys.platform == "win32":
        yield signal.SIGBREAK
    else:
        yield from (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def _in_foreground() -> bool:
    """Whether a terminal sends its signals to us, and to what we started."""
    if sys.platform == "win32":
        return False
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)

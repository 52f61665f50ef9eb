"""A child process with a time limit: what may hang or crash does so there."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

from whichwheel.spec.errors import WhichwheelError

__all__ = ["ChildFailed", "run_child"]

_SECONDS_TO_DIE = 1.0
_LONGEST_COMPLAINT = 300


class ChildFailed(WhichwheelError):
    """A child process did not start, failed, or was ended at its time limit.

    :param why: what happened, as a clause
    :param timed_out: whether the time limit ended it
    """

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.timed_out = timed_out


def run_child(
    command: Sequence[str], *, limit: float, environ: Mapping[str, str] | None = None
) -> bytes:
    """Run a command and return its standard output.

    :param limit: seconds until it is ended
    :param environ: its environment variables; None for ours
    :raises ChildFailed: if it does not start, fails, or runs into the limit
    """
    try:
        child = Popen(  # noqa: S603 -- the caller chose the command, no shell reads it
            list(command),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=None if environ is None else _complete(environ),
            start_new_session=os.name == "posix",
        )
    except OSError as error:
        raise ChildFailed(f"it does not start: {error.strerror or error}") from None
    try:
        output, complaint = child.communicate(timeout=limit)
    except TimeoutExpired:
        _end(child)
        raise ChildFailed(f"it gave no answer within {limit:g} s", timed_out=True) from None
    except BaseException:
        _end(child)
        raise
    if child.returncode != 0:
        raise ChildFailed(_failure(child.returncode, complaint))
    return output


def _complete(environ: Mapping[str, str]) -> dict[str, str]:
    # Without it no Windows process can load its libraries.
    needed = {key: os.environ[key] for key in ("SYSTEMROOT",) if key in os.environ}
    return needed | dict(environ)


def _end(child: "Popen[bytes]") -> None:
    if sys.platform == "win32":
        # A virtual environment's `python.exe` keeps its own child in a job that dies with it.
        child.kill()
    else:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except PermissionError:
            child.kill()
    try:
        child.wait(_SECONDS_TO_DIE)
    except TimeoutExpired:
        # It hangs inside the kernel, where no signal reaches it. Leaving it behind is all that
        # can be done; a set return code keeps the interpreter from waiting for it or warning.
        child.returncode = -signal.SIGTERM
        if sys.platform == "win32":
            return  # the threads that read its pipes hang with it
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()


def _failure(code: int, complaint: bytes) -> str:
    lines = [line for line in complaint.decode("utf-8", "replace").splitlines() if line.strip()]
    last = lines[-1].strip()[:_LONGEST_COMPLAINT] if lines else ""
    if code < 0:
        ended = f"it was ended by signal {-code}"
    elif sys.platform == "win32" and code > 0xFFFF:  # noqa: PLR2004 -- an NTSTATUS
        ended = f"it crashed with code 0x{code:08X}"
    else:
        ended = f"it ended with code {code}"
    return f"{ended}: {last}" if last else ended

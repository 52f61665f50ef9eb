"""A child process with limits: what may hang, crash or never stop talking does so there."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import IO

from whichwheel.spec.errors import WhichwheelError

__all__ = ["LARGEST_OUTPUT", "ChildFailed", "run_child"]

#: Bytes of output that are read if nothing else is said.
LARGEST_OUTPUT = 16 * 1024 * 1024

_SECONDS_TO_DIE = 1.0
_LOOK_EVERY = 0.05
_LONGEST_COMPLAINT = 300
_CHUNK = 65536


class ChildFailed(WhichwheelError):
    """A child process did not start, failed, or was ended at one of its limits.

    :param why: what happened, as a clause
    :param timed_out: whether the time limit ended it
    """

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.timed_out = timed_out


def run_child(  # noqa: PLR0913 -- all that a child gets and may do
    command: Sequence[str],
    *,
    limit: float,
    environ: Mapping[str, str] | None = None,
    request: bytes = b"",
    folder: Path | None = None,
    largest: int = LARGEST_OUTPUT,
) -> bytes:
    """Run a command and return its standard output.

    What it leaves running is ended with it, as far as the system lets us.

    :param limit: seconds until it is ended
    :param environ: its environment variables; None for ours
    :param request: its standard input
    :param folder: the folder it runs in; None for ours
    :param largest: bytes of output after which it is ended
    :raises ChildFailed: if it does not start, fails, or runs into a limit
    """
    until = time.monotonic() + limit
    try:
        child = Popen(  # noqa: S603 -- the caller chose the command, no shell reads it
            list(command),
            stdin=PIPE if request else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=None if environ is None else _complete(environ),
            cwd=folder,
            bufsize=0,
            start_new_session=os.name == "posix",
        )
    except OSError as error:
        raise ChildFailed(f"it does not start: {error.strerror or error}") from None
    pipes = _Pipes(child, request, largest)
    try:
        ended = _wait(child, pipes, until)
    finally:
        _end(child)
        pipes.close()
    if pipes.too_long:
        raise ChildFailed(f"it answered with more than {_amount(largest)}")
    if not ended:
        raise ChildFailed(f"it gave no answer within {limit:g} s", timed_out=True)
    if child.returncode != 0:
        raise ChildFailed(_failure(child.returncode, pipes.complaint))
    return pipes.output


def _complete(environ: Mapping[str, str]) -> dict[str, str]:
    # Without it no Windows process can load its libraries.
    needed = {key: os.environ[key] for key in ("SYSTEMROOT",) if key in os.environ}
    return needed | dict(environ)


class _Pipes:
    """The child's standard streams, each served by a thread.

    A process that the child leaves behind may hold them open after its end: nobody waits for
    that, and a thread that still reads then is left to itself.

    :param largest: bytes of output after which the child is killed
    """

    def __init__(self, child: "Popen[bytes]", request: bytes, largest: int) -> None:
        self.too_long = False
        self.output_ended = threading.Event()
        self._child = child
        self._largest = largest
        self._taken = bytearray()
        self._tail = bytearray()
        self._served: list[tuple[threading.Thread, IO[bytes]]] = []
        if child.stdin is not None:
            self._serve(self._write, child.stdin, request)
        if child.stdout is not None:
            self._serve(self._take, child.stdout)
        if child.stderr is not None:
            self._serve(self._listen, child.stderr)

    def _serve(self, serve: Callable[..., None], pipe: IO[bytes], *more: object) -> None:
        thread = threading.Thread(target=serve, args=(pipe, *more), name="child", daemon=True)
        self._served.append((thread, pipe))
        thread.start()

    @property
    def output(self) -> bytes:
        """What the child wrote to standard output."""
        return bytes(self._taken)

    @property
    def complaint(self) -> bytes:
        """The end of what it wrote to standard error."""
        return bytes(self._tail)

    def close(self) -> None:
        """Close what nobody uses any more, once the child has ended."""
        until = time.monotonic() + _SECONDS_TO_DIE
        for thread, pipe in self._served:
            thread.join(max(0.0, until - time.monotonic()))
            if not thread.is_alive():
                with suppress(OSError):
                    pipe.close()

    @staticmethod
    def _write(pipe: IO[bytes], request: bytes) -> None:
        left = memoryview(request)
        # A child that does not read to the end has its reasons.
        with suppress(OSError):
            while left:
                left = left[os.write(pipe.fileno(), left) :]
        with suppress(OSError):
            pipe.close()

    def _take(self, pipe: IO[bytes]) -> None:
        with suppress(OSError):
            while chunk := os.read(pipe.fileno(), _CHUNK):
                self._taken += chunk
                if len(self._taken) > self._largest:
                    self.too_long = True
                    _kill(self._child)
                    break
        self.output_ended.set()

    def _listen(self, pipe: IO[bytes]) -> None:
        with suppress(OSError):
            while chunk := os.read(pipe.fileno(), _CHUNK):
                self._tail = (self._tail + chunk)[-_CHUNK:]


def _wait(child: "Popen[bytes]", pipes: _Pipes, until: float) -> bool:
    """Wait for the end of the child, and return whether it came in time."""
    # The end of its output is heard at once; its own end has to be looked for.
    while not pipes.output_ended.wait(_LOOK_EVERY):
        if child.poll() is not None:
            return True
        if time.monotonic() >= until:
            return False
    try:
        child.wait(max(0.0, until - time.monotonic()))
    except TimeoutExpired:
        return False
    return True


def _kill(child: "Popen[bytes]") -> None:
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


def _end(child: "Popen[bytes]") -> None:
    """End the child if it runs, and what it started."""
    _kill(child)
    try:
        child.wait(_SECONDS_TO_DIE)
    except TimeoutExpired:
        # It hangs inside the kernel, where no signal reaches it. Leaving it behind is all that
        # can be done; a set return code keeps the interpreter from waiting for it or warning.
        child.returncode = -signal.SIGTERM


def _amount(size: int) -> str:
    mebibyte = 1024 * 1024
    return f"{size // mebibyte} MiB" if size % mebibyte == 0 else f"{size} bytes"


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

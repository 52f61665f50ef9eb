"""Runs of the command line that are killed at a chosen step, in a child forked from a warm parent.

Audit events (PEP 578) tell of every change that a process makes to the file system, whoever makes
it and whether it is journalled or not. The Nth of them in a folder is the last thing that a run
does: it is killed just before.
"""

import gc
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from support.command import child_environment
from whichwheel.__main__ import main
from whichwheel.cli.application import run

__all__ = ["Mortal", "Mortals"]

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CHANGING = frozenset(
    {"os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.remove", "os.truncate"}
)


@dataclass(frozen=True)
class Mortal:
    """What became of one run.

    :param code: the exit code; negative for the signal that killed it
    :param steps: how many changes were made; those before the kill, if it was killed
    """

    code: int
    steps: int
    stdout: str
    stderr: str


class Mortals:
    """Makes such runs, one at a time.

    :param home: the home folder of the runs
    :param warm: a command line to run first, so that later ones find everything imported
    """

    def __init__(self, home: Path, warm: Sequence[str | Path] = ("--help",)) -> None:
        self._home = home
        self._warm = warm

    def __enter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True)
        tests = Path(__file__).parent.parent
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "support.dying", *map(str, self._warm)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._home,
            env=child_environment(self._home, {"PYTHONPATH": str(tests)}),
        )
        assert self._answer() == {"warm": 0}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def run(
        self,
        *arguments: str | Path,
        within: Path,
        at: int | None = None,
        after: float | None = None,
        by: int = signal.SIGKILL,
    ) -> Mortal:
        """Run a command line.

        :param within: the folder in which changes count
        :param at: the number of the change before which it is killed
        :param after: the seconds after which it is
        :param by: the signal that it gets then
        """
        assert self._process.stdin is not None
        asked = {
            "arguments": [str(each) for each in arguments],
            "within": str(within),
            "at": at,
            "after": after,
            "by": int(by),
        }
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return Mortal(**self._answer())  # type: ignore[arg-type]

    def _answer(self) -> dict[str, object]:
        assert self._process.stdout is not None
        answer = json.loads(self._process.stdout.readline())
        assert isinstance(answer, dict)
        return answer


class _Steps:
    """Counts changes in a folder, and ends the process at one of them."""

    def __init__(self, within: str, at: int | None, by: int, note: int) -> None:
        self._within, self._at, self._by, self._note = within, at, by, note
        # Several threads may make changes: no number may be given twice, or passed over.
        self._numbers = itertools.count(1)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if not (isinstance(flags, int) and flags & _WRITING and self._is_inside(path)):
                return
        elif event not in _CHANGING or not any(map(self._is_inside, arguments)):
            return
        number = next(self._numbers)
        os.pwrite(self._note, b"%9d" % number, 0)
        if number == self._at:
            os.kill(os.getpid(), self._by)

    def _is_inside(self, argument: object) -> bool:
        if not isinstance(argument, str | bytes | os.PathLike):
            return False
        path = os.fsdecode(argument)
        # What is removed with its whole folder is named by its last part alone.
        return path.startswith(self._within) or os.sep not in path


def _serve() -> None:
    """Answer requests until there are no more: lines of JSON, in and out."""
    null = os.open(os.devnull, os.O_WRONLY)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(null, 1)
    print(json.dumps({"warm": run(sys.argv[1:])}), file=answers, flush=True)
    # What is never looked at again is never copied either.
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), file=answers, flush=True)


def _run(asked: dict[str, object]) -> dict[str, object]:
    files = [os.memfd_create(name) for name in ("stdout", "stderr", "steps")]
    child = os.fork()
    if child == 0:
        _die(asked, *files)
    after = asked["after"]
    if isinstance(after, float | int):
        time.sleep(after)
        os.kill(child, int(str(asked["by"])))
    _, status = os.waitpid(child, 0)
    texts = []
    for file in files:
        with os.fdopen(file, "rb") as reader:
            reader.seek(0)
            texts.append(reader.read().decode())
    steps = int(texts[2] or "0")
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "steps": steps, "stdout": texts[0], "stderr": texts[1]}


def _die(asked: dict[str, object], stdout: int, stderr: int, steps: int) -> None:
    code = 70
    try:
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        sys.argv = ["whichwheel", *asked["arguments"]]  # type: ignore[misc]
        at = asked["at"]
        hook = _Steps(
            str(asked["within"]), at if isinstance(at, int) else None, int(str(asked["by"])), steps
        )
        sys.addaudithook(hook)
        code = main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()

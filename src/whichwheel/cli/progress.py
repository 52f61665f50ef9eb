"""Progress of long work on standard error: bars on a terminal, lines with `-v`, else nothing."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from whichwheel.cli.console import Console
from whichwheel.sources.ports import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

__all__ = ["shown_progress"]

_MEBIBYTE = 1 << 20


@contextmanager
def shown_progress(console: Console) -> Iterator[Progress]:
    """Return what long work reports to, for as long as the work lasts."""
    if console.verbose:
        yield _ProgressLines(console.detail)
    elif console.progress and not console.quiet and sys.stderr.isatty():
        bars = _ProgressBars()
        try:
            yield bars
        finally:
            bars.close()
    else:
        yield _NoProgress()


class _NoProgress:
    def start(self, what: str, total: int | None) -> None:
        pass

    def advance(self, what: str, amount: int) -> None:
        pass

    def finish(self, what: str) -> None:
        pass


class _ProgressLines:
    """One line for each piece of work that is done."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._amounts: dict[str, int] = {}

    def start(self, what: str, total: int | None) -> None:
        del total
        with self._lock:
            self._started[what] = time.perf_counter()

    def advance(self, what: str, amount: int) -> None:
        with self._lock:
            self._amounts[what] = self._amounts.get(what, 0) + amount

    def finish(self, what: str) -> None:
        with self._lock:
            started = self._started.pop(what, None)
            amount = self._amounts.pop(what, 0)
            if started is None:
                return
            size = f", {_bytes(amount)}" if amount and _is_download(what) else ""
            self._say(f"{what}{size}: {time.perf_counter() - started:.2f} s")


class _ProgressBars:
    """One bar for each piece of work under way; nothing of them stays on the screen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._amounts: dict[str, int] = {}

    def start(self, what: str, total: int | None) -> None:
        with self._lock:
            if self._bars is None:
                self._bars = _open_bars()
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=total, amount="")

    def advance(self, what: str, amount: int) -> None:
        with self._lock:
            task = self._tasks.get(what)
            if self._bars is None or task is None:
                return
            done = self._amounts[what] = self._amounts.get(what, 0) + amount
            self._bars.update(
                task, completed=done, amount=_bytes(done) if _is_download(what) else ""
            )

    def finish(self, what: str) -> None:
        with self._lock:
            task = self._tasks.pop(what, None)
            self._amounts.pop(what, None)
            if self._bars is not None and task is not None:
                self._bars.remove_task(task)

    def close(self) -> None:
        """Take all bars off the screen."""
        with self._lock:
            if self._bars is not None:
                self._bars.stop()
                self._bars = None
                self._tasks.clear()


def _open_bars() -> "Bars":
    from rich.console import Console as RichConsole  # noqa: PLC0415 -- start-up time
    from rich.progress import (  # noqa: PLC0415 -- start-up time
        BarColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as Bars  # noqa: PLC0415 -- start-up time

    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeElapsedColumn(),
        console=RichConsole(stderr=True, highlight=False),
        transient=True,
        # Results go to standard output as they are, bars or not.
        redirect_stdout=False,
    )
    bars.start()
    return bars


def _is_download(what: str) -> bool:
    return what.startswith("download ")


def _bytes(amount: int) -> str:
    return f"{amount / _MEBIBYTE:.1f} MiB"

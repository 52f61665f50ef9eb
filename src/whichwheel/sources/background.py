"""Work done beside the main thread, which never keeps the program from ending.

The standard library's thread pools are waited for at exit: after an error elsewhere, a server
that hangs would hold the program back until its time limit.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Background", "Outcome"]

_Result = TypeVar("_Result")


class Outcome(Generic[_Result]):
    """What a piece of work gives or fails with; it is done once, whoever asks first.

    :param work: called once, and again only after an interrupt
    """

    def __init__(self, work: Callable[[], _Result]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._results: list[_Result] = []
        self._error: Exception | None = None

    def run(self) -> None:
        """Do the work, unless it was done; wait if another thread is at it.

        What the work raises is for those who ask. An interrupt is for this thread alone: the work
        is then as if nobody had begun.
        """
        with self._lock:
            if self._results or self._error is not None:
                return
            try:
                self._results.append(self._work())
            except Exception as error:  # noqa: BLE001 -- raised to whoever asks
                self._error = error

    @property
    def is_there(self) -> bool:
        """Whether the work was done, and did not fail."""
        return bool(self._results)

    def result(self) -> _Result:
        """Return what the work gives, doing it here if nobody began.

        :raises Exception: what the work raised
        """
        if not self._results:
            self.run()
        if self._error is not None:
            raise self._error
        return self._results[0]


class Background:
    """A few threads that are started when there is work and no other is idle.

    :param number: most threads
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._threads = 0
        self._idle = 0
        self._closed = False
        self._waiting: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition(threading.Lock())

    def start(self, run: Callable[[], None]) -> None:
        """Have something run soon, unless it is closed.

        :param run: must not raise
        """
        with self._changed:
            if self._closed:
                return
            self._waiting.append(run)
            if self._idle:
                self._idle -= 1
                self._changed.notify()
            elif self._threads < self._number:
                self._threads += 1
                threading.Thread(target=self._work, name="sources", daemon=True).start()

    def _work(self) -> None:
        while (run := self._next()) is not None:
            run()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                self._idle += 1  # until somebody who has work takes it off
                self._changed.wait()
            return self._waiting.popleft()

    def close(self) -> None:
        """Give up what has not begun, and end the threads when they are done."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

"""Moments in which an interrupt has to wait."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["uninterrupted"]

if sys.platform == "win32":
    _SIGNALS = (signal.SIGINT, signal.SIGBREAK, signal.SIGTERM)
else:
    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let what would end the run come too late: it is dropped.

    For what takes moments, and after which there is nothing left to interrupt. Only the main
    thread is ever interrupted; in another one this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # One that is not handled here ends the process, and the next run puts it right.
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = [number for number, handler in handlers.items() if callable(handler)]
    try:
        for number in handled:
            signal.signal(number, _drop)
        yield
    finally:
        for number in handled:
            signal.signal(number, handlers[number])


def _drop(number: int, frame: FrameType | None) -> None:
    del number, frame

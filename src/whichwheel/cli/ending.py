"""Being asked to end: as by Ctrl-C, what was begun is undone first."""

import signal
import sys
from types import FrameType

__all__ = ["SIGNALLED", "AskedToEnd", "end_when_asked"]

#: What a shell adds to the number of the signal that ended a program.
SIGNALLED = 128


class AskedToEnd(KeyboardInterrupt):
    """Somebody asked this process to end, otherwise than by Ctrl-C.

    :param number: of the signal
    """

    def __init__(self, number: int) -> None:
        super().__init__("asked to end")
        self.number = number

    @property
    def code(self) -> int:
        """The exit code that a shell would report."""
        return SIGNALLED + self.number


def end_when_asked() -> None:
    """Raise :class:`AskedToEnd` in this process when it is asked to end."""
    names = ("SIGTERM",) if sys.platform == "win32" else ("SIGTERM", "SIGHUP")
    for name in names:
        number = signal.Signals[name]
        # `nohup` has it ignored.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    raise AskedToEnd(number)

"""What a command says: results on standard output, all else on standard error."""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from whichwheel.report.style import Role, Style, printable

__all__ = ["Console"]

_PIPE_WIDTH = 100


class Console:
    """The two output streams of one run, and how much is wanted on them.

    :ivar json: whether results are JSON documents
    :ivar quiet: 0; 1 for results, warnings and errors alone; 2 to leave warnings out too
    :ivar verbose: whether details are wanted
    :ivar progress: whether progress may be shown on a terminal
    :ivar arguments: the command line of the run
    """

    def __init__(self) -> None:
        self.json = False
        self.quiet = 0
        self.verbose = False
        self.progress = True
        self.arguments: tuple[str, ...] = ()
        self._said: set[str] = set()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # What an encoding lacks is escaped: a message is worth more than its looks.
                stream.reconfigure(errors="backslashreplace")

    @property
    def style(self) -> Style:
        """How results look."""
        return _style(sys.stdout)

    @property
    def width(self) -> int:
        """Columns for results: those of the terminal, ``COLUMNS``, or 100."""
        if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
            return _PIPE_WIDTH
        from shutil import get_terminal_size  # noqa: PLC0415 -- start-up time

        return get_terminal_size((_PIPE_WIDTH, 24)).columns

    @property
    def has_told(self) -> bool:
        """Whether there was a note or a warning."""
        return bool(self._said)

    def result(self, lines: Iterable[str]) -> None:
        """Print what was asked for; only our own colours reach a terminal as they are."""
        style = self.style
        sys.stdout.writelines(f"{style.safe(line)}\n" for line in lines)

    def document(self, document: Mapping[str, object]) -> None:
        """Print a JSON document as the one result."""
        from whichwheel.report.json_text import json_text  # noqa: PLC0415 -- start-up time

        sys.stdout.write(json_text(document) + "\n")

    def closing(self, line: str) -> None:
        """Print the line that says what was done, unless nobody wants to know."""
        if not self.quiet and not self.json:
            self.result([line])

    def note(self, message: str) -> None:
        """Tell something once that is no fault."""
        if not self.quiet:
            self._once("note", message, None)

    def detail(self, message: str) -> None:
        """Tell what only ``-v`` asks for."""
        if self.verbose:
            sys.stderr.write(printable(message) + "\n")

    def warning(self, message: str) -> None:
        """Tell once that something is not as it should be."""
        if self.quiet < 2:  # noqa: PLR2004 -- `-qq`
            self._once("warning", message, Role.NOTE)

    def error(self, message: str, hint: str | None = None) -> None:
        """Tell why the command could not."""
        sys.stdout.flush()
        self._say("error", message, Role.BAD)
        if hint is not None:
            self._say("hint", hint, Role.STRONG)

    def _once(self, kind: str, message: str, role: Role | None) -> None:
        if message not in self._said:
            self._said.add(message)
            self._say(kind, message, role)

    def _say(self, kind: str, message: str, role: Role | None) -> None:
        sys.stderr.write(f"{_style(sys.stderr).paint(kind, role)}: {printable(message)}\n")


def _style(stream: TextIO) -> Style:
    """Colours for a terminal that shows them, unless ``NO_COLOR`` is set (no-color.org)."""
    if os.environ.get("NO_COLOR") or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return Style()
    if os.name == "nt":
        # An empty command makes the console of Windows 10 and newer obey escape sequences.
        os.system("")  # noqa: S605, S607
    return Style(colour=True)

"""A TOML file that a person wrote: read within bounds, and its keys found again by line."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.key_lines import MOST_KEY_PARTS, long_key_line
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass
from whichwheel.target.regular_file import NotRegular, open_regular_file

if TYPE_CHECKING:
    from whichwheel.spec.key_lines import KeyPath

__all__ = ["LARGEST", "InvalidToml", "TomlFile", "load_toml", "parse_toml"]

#: Bytes that a file may have.
LARGEST = 1024 * 1024

_POSITION = lazy_pattern(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class InvalidToml(WhichwheelError, ValueError):
    """A file that cannot be read, or is not TOML.

    :param path: the file
    :param why: what is wrong, as a clause with ``it`` for the file
    :param line: where, from 1; None if the whole file is concerned
    """

    def __init__(self, path: Path, why: str, line: int | None = None) -> None:
        at = "" if line is None else f", line {line}"
        super().__init__(f"the file `{path}`{at} is not usable: {why}")
        self.path = path
        self.why = why
        self.line = line


@dataclass(frozen=True, slots=True)
class TomlFile:
    """What a TOML file holds.

    :param path: the file, as it was named
    :param text: its text, to find lines in
    :param table: the same, parsed
    """

    path: Path
    text: str = field(repr=False)
    table: Mapping[str, object]

    def line_of(self, keys: Sequence[str]) -> int | None:
        """Return the line, from 1, of a key, else of the table next round it that has one."""
        from whichwheel.spec.key_lines import line_of  # noqa: PLC0415 -- start-up speed

        return line_of(tuple(keys), _lines(self.text))


@lru_cache(maxsize=4)
def _lines(text: str) -> "Mapping[KeyPath, int]":
    from whichwheel.spec.key_lines import lines_of_keys  # noqa: PLC0415 -- as above

    return lines_of_keys(text)


def load_toml(path: Path) -> TomlFile:
    """Read a TOML file.

    :raises InvalidToml: if it cannot be read, is too large, or is not TOML
    """
    try:
        with open_regular_file(path) as file:
            content = file.read(LARGEST + 1)
    except NotRegular:
        raise InvalidToml(path, "it is not a file") from None
    except OSError as error:
        raise InvalidToml(path, f"it cannot be read: {error.strerror or error}") from None
    return parse_toml(path, content)


def parse_toml(path: Path, content: bytes) -> TomlFile:
    """Parse the content of a TOML file.

    :raises InvalidToml: if it is too large, or is not TOML
    """
    from tomllib import TOMLDecodeError, loads  # noqa: PLC0415 -- start-up speed

    if len(content) > LARGEST:
        raise InvalidToml(path, f"it is larger than {LARGEST} bytes")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content.count(b"\n", 0, error.start)
        raise InvalidToml(path, "it is not TOML, which is UTF-8", before + 1) from None
    line = long_key_line(text)
    if line is not None:
        raise InvalidToml(path, f"a key has more than {MOST_KEY_PARTS} parts", line)
    try:
        return TomlFile(path, text, loads(text))
    except TOMLDecodeError as error:
        why, line = _syntax_fault(str(error), text)
        raise InvalidToml(path, f"it is not TOML: {why}", line) from None
    except RecursionError:
        raise InvalidToml(path, "it is not TOML that can be read: it is nested too deep") from None
    except ValueError:
        # The parser's own limit, told without the line.
        why = "a number has thousands of digits"
        raise InvalidToml(path, f"it is not TOML that can be read: {why}") from None


def _syntax_fault(message: str, text: str) -> tuple[str, int | None]:
    """Take the position out of a message of the parser."""
    position = _POSITION.search(message)
    why = message[: position.start()] if position is not None else message
    why = why[:1].lower() + why[1:]
    if position is None:
        return why, None
    if position[1] is None:
        return why, text.rstrip().count("\n") + 1
    return f"{why} (column {position[2]})", int(position[1])

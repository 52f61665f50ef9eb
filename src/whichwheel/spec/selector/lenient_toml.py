"""TOML whose inline tables may span lines and end in a comma, as TOML 1.1 has it.

The selector file was proposed that way, and readers of TOML 1.0 refuse it. What they would
refuse is overwritten by spaces, so that every other character stays in its place and positions
in messages stay true.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import NoReturn

from whichwheel.spec.errors import WhichwheelError

__all__ = ["LARGEST", "InvalidSelectorToml", "parse_lenient_toml"]

#: Largest text that is read, in bytes.
LARGEST = 256 * 1024
_DEEPEST = 16
_MOST_DOTS = 64
#: What stands before a token: a comma after an item of a table, or none of the marks.
_LAST_COMMA, _OTHER = "last comma", "other"

_TOKEN = re.compile(
    r'''(?P<string> """(?:[^\\]|\\.)*?"{3,5} | \'\'\'.*?\'{3,5}
           | "(?:[^"\\\n]|\\[^\n])*+" | '[^'\n]*+' )
      | (?P<comment> \#[^\n]*+ )
      | (?P<mark> [][{},.\n] )''',
    re.VERBOSE | re.DOTALL,
)
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class InvalidSelectorToml(WhichwheelError, ValueError):
    """A text that is no TOML, even when read leniently.

    :param why: what is wrong
    :param line: where, from 1; None if the whole is concerned
    """

    def __init__(self, why: str, line: int | None = None) -> None:
        super().__init__(why if line is None else f"line {line}: {why}")
        self.why = why
        self.line = line


def parse_lenient_toml(data: bytes) -> Mapping[str, object]:
    r"""Read TOML 1.0, and inline tables over several lines with commas at their end.

    :param data: UTF-8, at most :data:`LARGEST` bytes
    :raises InvalidSelectorToml: if it is too large, nested too deep, or no TOML even so

    >>> parse_lenient_toml(b"a = {\n  b = [1, 2], # both\n  c = 3,\n}\n")
    {'a': {'b': [1, 2], 'c': 3}}
    """
    if len(data) > LARGEST:
        raise InvalidSelectorToml(f"it is larger than {LARGEST} bytes")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidSelectorToml("it is not UTF-8", line) from None
    strict = _as_toml_1_0(text)
    try:
        return _loads(text, text)
    except InvalidSelectorToml:
        if strict == text:
            raise
    return _loads(strict, text)


def _loads(text: str, original: str) -> Mapping[str, object]:
    """Parse a text that is as long as the original, in whose lines faults are told."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
    except RecursionError:
        raise InvalidSelectorToml("it is nested too deep") from None
    except ValueError:
        raise InvalidSelectorToml("a number has thousands of digits") from None
    position = _POSITION.search(message)
    why = message[: position.start()] if position is not None else message
    line = None
    if position is not None:
        end = _offset(text, int(position[1]), int(position[2])) if position[1] else len(text)
        line = original[:end].rstrip().count("\n") + 1 if end else 1
    raise InvalidSelectorToml(f"it is not TOML: {why[:1].lower()}{why[1:]}", line)


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column


def _as_toml_1_0(text: str) -> str:
    """Overwrite line breaks, comments and last commas of inline tables by spaces.

    :raises InvalidSelectorToml: if it is nested too deep, or a key has too many parts
    """
    rewriting = _Rewriting(text)
    for token in _TOKEN.finditer(text):
        rewriting.take(token)
    return "".join(rewriting.written)


class _Rewriting:
    """One pass over a text, token by token; each character keeps its place."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.written = list(text)
        self._open: list[str] = []
        # The last thing that is neither blank nor comment: a mark, or a text.
        self._before, self._before_at = "", 0
        self._end = 0
        self._dots = 0

    def take(self, token: re.Match[str]) -> None:
        """Go on by one token."""
        start = token.start()
        if self._text[self._end : start].strip():
            self._before = _OTHER
        self._end = token.end()
        in_table = bool(self._open) and self._open[-1] == "{"
        mark = token["mark"]
        if token["comment"] is not None or mark == "\n":
            if in_table:
                self.written[start : self._end] = " " * (self._end - start)
            elif mark is not None:
                self._dots = 0
            return
        if mark == "}" and in_table and self._before == _LAST_COMMA:
            self.written[self._before_at] = " "
        self._count(mark, start)
        follows_item = mark == "," and in_table and self._before not in {"{", _LAST_COMMA}
        self._before = _LAST_COMMA if follows_item else mark or _OTHER
        self._before_at = start

    def _count(self, mark: str | None, at: int) -> None:
        if mark == ".":
            self._dots += 1
        elif mark is not None:
            self._dots = 0
        if mark in {"{", "["}:
            self._open.append(mark)
        elif mark in {"}", "]"} and self._open:
            self._open.pop()
        if self._dots > _MOST_DOTS:
            self._refuse(f"a key has more than {_MOST_DOTS} dots", at)
        if len(self._open) > _DEEPEST:
            self._refuse(f"it is nested deeper than {_DEEPEST} levels", at)

    def _refuse(self, why: str, at: int) -> NoReturn:
        raise InvalidSelectorToml(why, self._text.count("\n", 0, at) + 1)

"""The line on which each key of a TOML document stands, which its parser does not tell."""

import re
from collections.abc import Mapping

from whichwheel.spec.patterns import lazy_pattern

__all__ = ["MOST_KEY_PARTS", "KeyPath", "line_of", "lines_of_keys", "long_key_line"]

#: Keys and positions in lists, from the outermost.
KeyPath = tuple[str | int, ...]

#: Of a dotted key. The parser's work grows with the square of their number.
MOST_KEY_PARTS = 64

_KEY = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
_DOTTED = lazy_pattern(rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*")
_HEADER = lazy_pattern(r"\[\[?[ \t]*")
_SPACE = lazy_pattern(r"(?:\s|#[^\n]*)*+")
_TOKEN = lazy_pattern(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}\n]"
    r"|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)


# Strings that nobody ends are passed over once, so that no text takes long.
_WORD = lazy_pattern(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)"
    r'|(?P<key>"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?|[A-Za-z0-9_-]++)"
    r"|(?P<space>[ \t]++)|(?P<dot>\.)|#[^\n]*+|.",
    re.DOTALL,
)


def long_key_line(text: str) -> int | None:
    """Return the line of a key of too many parts, None if there is none.

    :param text: any text, which need not be TOML
    """
    if all(line.count(".") < MOST_KEY_PARTS for line in text.split("\n")):
        return None
    parts, after_dot = 0, False
    for word in _WORD.finditer(text):
        if word["key"]:
            parts = parts + 1 if after_dot else 1
            if parts > MOST_KEY_PARTS:
                return text.count("\n", 0, word.start()) + 1
        if not word["space"]:
            after_dot = word["dot"] is not None
    return None


def lines_of_keys(text: str) -> Mapping[KeyPath, int]:
    """Return the lines, from 1, of all tables and of all keys that begin a statement.

    :param text: a document that the parser took
    """
    lines: dict[KeyPath, int] = {}
    last: dict[KeyPath, int] = {}
    table: KeyPath = ()
    line, seen = 1, 0
    position = _end(_SPACE, text, 0)
    while position < len(text):
        line += text.count("\n", seen, position)
        seen = position
        header = _HEADER.match(text, position)
        key = _DOTTED.match(text, header.end() if header else position)
        if key is None:
            break  # nothing that is known; what was found stands
        parts = _parts(key[0])
        if header is None:
            path = table + parts
        else:
            table = (*_entered(parts[:-1], last), parts[-1])
            if header[0].startswith("[["):
                last[table] = last.get(table, -1) + 1
                table += (last[table],)
            path = table
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], line)
        position = _end(_SPACE, text, _after_statement(text, key.end(), in_value=header is None))
    return lines


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """Return the line of a key, else of the nearest one round it, else None."""
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return None


def _parts(dotted: str) -> KeyPath:
    """Return the keys of a dotted key, read as the parser reads them."""
    import tomllib  # noqa: PLC0415 -- start-up time

    found: list[str] = []
    table: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        found.append(key)
    return tuple(found)


def _entered(parts: KeyPath, last: Mapping[KeyPath, int]) -> KeyPath:
    """Put in the position of the last table where a key names a list of tables."""
    path: KeyPath = ()
    for part in parts:
        path += (part,)
        if path in last:
            path += (last[path],)
    return path


def _after_statement(text: str, position: int, *, in_value: bool) -> int:
    """Return where the line ends on which a statement ends."""
    depth = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return len(text)
        if token[0] == "\n" and depth <= 0:
            return position
        if in_value and token[0] in {"[", "{"}:
            depth += 1
        elif in_value and token[0] in {"]", "}"}:
            depth -= 1
        position = token.end()
    return position


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position

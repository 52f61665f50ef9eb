"""How the value of a setting is read from a configuration file: checked, as its option takes it.

Each is given the reader of the table, the value and the keys that lead to it, and tells a fault of
a value that is none.
"""

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whichwheel.target.described.table_reader import TableReader

__all__ = [
    "Read",
    "one_of",
    "read_count",
    "read_flag",
    "read_hosts",
    "read_limit",
    "read_limits",
    "read_path",
    "read_place",
    "read_places",
    "read_projects",
    "read_seconds",
    "read_url",
]

# Patterns are compiled where a file says something.
_URL = r"[A-Za-z][A-Za-z0-9+.-]+://"
_TEXT = r"[^\0-\x1f\x7f]{1,4000}"
_HOST = r"[A-Za-z0-9._:\[\]-]{1,260}"
_PROJECT = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?|:all:|:none:"

#: Reads one value; None, with a fault, for one that is none.
Read = Callable[["TableReader", object, tuple[str, ...]], object]


def read_flag(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    _expected(reader, value, keys, "true or false")
    return None


def read_seconds(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read a time span above 0, in seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return value
    _expected(reader, value, keys, "a number of seconds above 0")
    return None


def read_count(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read a whole number, 0 or more."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    _expected(reader, value, keys, "a whole number, 0 or more")
    return None


def read_limit(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read a moment, as text; ``false`` for none."""
    from datetime import date  # noqa: PLC0415 -- start-up time

    if value is False:
        return "false"
    if isinstance(value, date):
        # TOML has dates and times of its own.
        return value.isoformat()
    expected = "a moment as `2026-03-01` or `7 days`"
    return reader.text(value, keys, re.compile(_TEXT), expected)


def read_limits(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read moments by project, each as ``name=moment``."""
    said = {
        name: read_limit(reader, moment, (*keys, name))
        for name, moment in reader.table(value, keys).items()
    }
    return tuple(f"{name}={moment}" for name, moment in said.items() if moment is not None)


def read_url(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read a URL, of which the option says whether it is one."""
    return reader.text(value, keys, re.compile(_TEXT), "a URL")


def one_of(*words: str) -> Read:
    """Return what reads one of these words."""
    expected = " or ".join(f"`{word}`" for word in words)
    pattern = "|".join(words)
    return lambda reader, value, keys: reader.text(value, keys, re.compile(pattern), expected)


def read_path(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read a path; a relative one is from the folder of the file."""
    text = reader.text(value, keys, re.compile(_TEXT), "a path")
    return None if text is None else _beside(text, reader)


def read_place(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read a URL, or a path."""
    text = reader.text(value, keys, re.compile(_TEXT), "a URL or a path")
    return None if text is None else _beside(text, reader)


def read_places(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    """Read several URLs or paths."""
    texts = reader.texts(value, keys, re.compile(_TEXT), "URLs or paths")
    return tuple(_beside(text, reader) for text in texts)


def _texts_of(pattern: str, expected: str) -> Read:
    return lambda reader, value, keys: reader.texts(value, keys, re.compile(pattern), expected)


def _beside(text: str, reader: "TableReader") -> str:
    """Return a URL as it is, and a path from the folder of the file that names it."""
    if re.match(_URL, text):
        return text
    home = os.path.expanduser(text)  # noqa: PTH111 -- an unknown `~user` stays
    return str(reader.place.path.parent.absolute() / home)


def _expected(reader: "TableReader", value: object, keys: tuple[str, ...], what: str) -> None:
    from whichwheel.spec.walking import shown  # noqa: PLC0415 -- only for faults
    from whichwheel.target.described.target_faults import kind_of  # noqa: PLC0415 -- as above

    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    found = f"`{shown(str(value))}`" if number else kind_of(value)
    reader.fault(keys, f"is {found}, expected {what}")


read_projects = _texts_of(_PROJECT, "names of projects, or `:all:`")
read_hosts = _texts_of(_HOST, "names of hosts")

"""TOML values on one line each, so that a diff shows what changed.

Libraries that write TOML spread tables over many lines, or wrap them by their width.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

__all__ = ["key_text", "list_lines", "quoted", "value_text"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 100


def list_lines(key: str, values: Sequence[str]) -> list[str]:
    """Write a list: one value that is short on one line, else a line for each."""
    one = f"{key} = [{', '.join(values)}]"
    if len(values) < 2 and len(one) <= _LONGEST and not any("{" in each for each in values):  # noqa: PLR2004
        return [one]
    return [f"{key} = [", *(f"    {each}," for each in values), "]"]


def value_text(value: object) -> str:
    """Write any value on one line.

    >>> value_text({"size": 3, "hashes": {"sha256": "ab"}})
    '{size = 3, hashes = {sha256 = "ab"}}'
    """
    if isinstance(value, Mapping):
        pairs = (f"{key_text(key)} = {value_text(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int() | float():
            return repr(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
        case _:
            raise TypeError(value)


def key_text(key: str) -> str:
    """Write a key, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else quoted(key)


def quoted(text: str) -> str:
    """Write a text as a basic string."""
    # TOML's basic strings are JSON's, but for one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

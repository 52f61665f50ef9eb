"""JSON read with distrust: one meaning for every text, and a bound on size and depth."""

import json
import math
import re

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.walking import shown

__all__ = ["MAXIMUM_DEPTH", "MAXIMUM_SIZE", "InvalidJson", "parse_strict_json"]

#: Deepest nesting of objects and arrays that is read.
MAXIMUM_DEPTH = 32
#: Largest text that is read, in bytes.
MAXIMUM_SIZE = 32 * 1024 * 1024

# Possessive, and content with the end of the data: an open string is passed over once.
_STRING = lazy_pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_SURROGATE = lazy_pattern(rb"\\u[dD][89a-fA-F]")
_ONE_BRACKET = bytes.maketrans(b"[]", b"{}")
_NO_MARK = bytes(byte for byte in range(256) if byte not in b'[]{}"')


class InvalidJson(WhichwheelError, ValueError):
    """A text that is no JSON, or whose meaning readers would not agree on.

    :param path: JSON path of the fault, ``$`` where it concerns the whole
    :param why: what is wrong
    """

    def __init__(self, why: str, path: str = "$") -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


def parse_strict_json(data: bytes, *, maximum_size: int = MAXIMUM_SIZE) -> object:
    """Read UTF-8 JSON, refusing what RFC 8259 leaves to each reader.

    :param data: the text
    :param maximum_size: in bytes
    :raises InvalidJson: for a byte order mark, other encodings, half a surrogate pair,
        duplicate keys, ``NaN`` and infinities, nesting over :data:`MAXIMUM_DEPTH`, or a text
        over the maximum size

    >>> parse_strict_json(b'{"a": 1}')
    {'a': 1}
    """
    if len(data) > maximum_size:
        raise InvalidJson(f"it is {len(data)} bytes long, and at most {maximum_size} are read")
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidJson("it starts with a byte order mark")
    _check_depth(data)
    try:
        value: object = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise InvalidJson(f"it is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"it is not JSON: {error.msg.lower()} (line {error.lineno}, column {error.colno})"
        ) from None
    except ValueError as error:
        if isinstance(error, InvalidJson):
            raise
        # What int() refuses.
        raise InvalidJson("it holds a number of thousands of digits") from None
    if _SURROGATE.search(data):
        _check_encodable(value)
    return value


def _check_encodable(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidJson("a text in it holds half a surrogate pair") from None


def _check_depth(data: bytes) -> None:
    if b"\\" in data:
        data = _STRING.sub(b"", data)
    # What is left of a string without brackets is a pair of quotes.
    marks = data.translate(_ONE_BRACKET, _NO_MARK).replace(b'""', b"")
    brackets = _STRING.sub(b"", marks) if b'"' in marks else marks
    # Each round takes away the innermost pairs, so the rounds count the depth.
    for _ in range(MAXIMUM_DEPTH):
        if not brackets:
            return
        brackets = brackets.replace(b"{}", b"")
    if b"{}" in brackets or len(brackets) > MAXIMUM_DEPTH:
        raise InvalidJson(f"it is nested deeper than {MAXIMUM_DEPTH} levels, or is not balanced")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidJson(f"the key `{shown(key)}` occurs twice in one object")
            seen.add(key)
    return result


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise InvalidJson(f"the number `{text[:20]}` is too large")
    return number


def _refuse_constant(text: str) -> object:
    raise InvalidJson(f"`{text}` is not JSON")

"""Walk through parsed JSON or TOML and note every fault with its path."""

import json
import re
from collections.abc import Collection, Mapping

from whichwheel.spec.metadata import MetadataFault
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["Walk", "below", "shown"]

_TYPE_NAMES: Mapping[type, str] = {
    type(None): "nothing",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}
_EMPTY: Mapping[str, object] = {}
_PLAIN_KEY = lazy_pattern(r"[A-Za-z0-9_$-]{1,80}")
_LONGEST_SHOWN = 80
_MOST_SUGGESTED = 20


def shown(text: str) -> str:
    r"""Return a text fit for a message: short, and without what a terminal would obey.

    >>> shown("v1\n")
    'v1\\n'
    """
    cut = (
        text
        if len(text) <= _LONGEST_SHOWN
        else text[: _LONGEST_SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def below(path: str, key: str) -> str:
    """Return the JSON path of a key of the table at ``path``.

    >>> below("$.variants", "cu128"), below("$.variants", "cuda12.8")
    ('$.variants.cu128', '$.variants["cuda12.8"]')
    """
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{json.dumps(shown(key))}]"


class Walk:
    """Takes values out of a document; what has the wrong type is noted and left out.

    :param newer: whether the document is newer than we are, and unknown keys are no faults
    """

    __slots__ = ("_newer", "faults")

    def __init__(self, *, newer: bool = False) -> None:
        self._newer = newer
        #: All faults so far, in the order of the walk.
        self.faults: list[MetadataFault] = []

    def fault(self, path: str, message: str) -> None:
        """Note one fault."""
        self.faults.append(MetadataFault(path, message))

    def _wrong_type(self, value: object, path: str, expected: str) -> None:
        found = _TYPE_NAMES.get(type(value), f"a {type(value).__name__}")
        self.fault(path, f"found {found}, expected {expected}")

    def table(self, value: object, path: str) -> Mapping[str, object]:
        """Return a table, or an empty one and a fault."""
        if isinstance(value, Mapping):
            return value
        self._wrong_type(value, path, "a table")
        return _EMPTY

    def only(self, table: Mapping[str, object], known: Collection[str], path: str) -> None:
        """Note every key that is not known, with a suggestion."""
        if self._newer:
            return
        for key in table:
            if key not in known:
                # Comparing is slow, and of hundreds of unknown keys none is a slip of the pen.
                is_slip = len(self.faults) < _MOST_SUGGESTED and len(key) <= _LONGEST_SHOWN
                hint = _meant(key, known) if is_slip else ""
                self.fault(below(path, key), f"unknown key{hint}")

    def text(self, value: object, path: str) -> str | None:
        """Return a text that is not empty, or None and a fault."""
        if isinstance(value, str) and value:
            return value
        if value == "":
            self.fault(path, "found an empty text")
        else:
            self._wrong_type(value, path, "a text")
        return None

    def boolean(self, value: object, path: str) -> bool:
        """Return a boolean, or False and a fault."""
        if isinstance(value, bool):
            return value
        self._wrong_type(value, path, "a boolean")
        return False

    def strings(
        self, value: object, path: str, pattern: re.Pattern[str] | None, *, empty: bool = False
    ) -> tuple[str, ...]:
        """Return a list of different texts that all match; note every one that does not.

        :param empty: whether the list may be empty
        """
        if not isinstance(value, list):
            self._wrong_type(value, path, "a list of texts")
            return ()
        if not value and not empty:
            self.fault(path, "found an empty list")
        result: dict[str, None] = {}
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self._wrong_type(item, f"{path}[{index}]", "a text")
            elif pattern is not None and not pattern.fullmatch(item):
                self.fault(
                    f"{path}[{index}]", f"`{shown(item)}` does not match `^{pattern.pattern}$`"
                )
            elif item in result:
                self.fault(f"{path}[{index}]", f"`{shown(item)}` occurs twice")
            else:
                result[item] = None
        return tuple(result)


def _meant(key: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

    close = get_close_matches(key, known, 1)
    return f"; did you mean `{close[0]}`?" if close else ""

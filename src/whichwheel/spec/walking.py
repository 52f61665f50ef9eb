"""Walk through parsed JSON or TOML and note every fault with its path."""

import difflib
import re
from collections.abc import Collection, Mapping

from whichwheel.spec.metadata import MetadataFault

__all__ = ["Walk"]

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


class Walk:
    """Takes values out of a document; what has the wrong type is noted and left out.

    :param faults: all faults so far, in the order of the walk
    """

    __slots__ = ("faults",)

    def __init__(self) -> None:
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
        for key in table:
            if key not in known:
                close = difflib.get_close_matches(key, known, 1)
                hint = f"; did you mean `{close[0]}`?" if close else ""
                self.fault(f"{path}.{key}", f"unknown key{hint}")

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
                self.fault(f"{path}[{index}]", f"`{item}` does not match `^{pattern.pattern}$`")
            elif item in result:
                self.fault(f"{path}[{index}]", f"`{item}` occurs twice")
            else:
                result[item] = None
        return tuple(result)

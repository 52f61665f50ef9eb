"""Patterns that are compiled when they are first used.

A short run loads a hundred modules that have patterns, and uses a few of them; compiling all took
a twentieth of its time.
"""

import re
from typing import TYPE_CHECKING

__all__ = ["lazy_pattern"]

if TYPE_CHECKING:
    from re import compile as lazy_pattern
else:

    def lazy_pattern(text: str, flags: int = 0) -> "_Pattern":
        """Return what behaves as the pattern that :func:`re.compile` returns."""
        return _Pattern(text, flags)


class _Pattern:
    """Stands for a pattern; a method that was used once is the pattern's own from then on."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        # It is compiled once, as `re` keeps it.
        found: object = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found

    def __repr__(self) -> str:
        return repr(re.compile(self._text, self._flags))

"""Texts in which ``*`` stands for any characters and ``?`` for one."""

import re
from functools import lru_cache

__all__ = ["has_wildcards", "matches"]


def has_wildcards(text: str) -> bool:
    """Return whether a text stands for more than itself."""
    return "*" in text or "?" in text


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Return whether the whole of a text is what a pattern stands for.

    >>> matches("lib*.so.?", "libmpi.so.1")
    True
    >>> matches("libmpi.so", "libmpi.so.1")
    False
    """
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 -- for the cache
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    if not rest:
        expression = first
    else:
        # Atomic groups: what `*` once took is never given back, so no text takes long.
        middle = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
        expression = f"{first}{middle}.*{rest[-1]}"
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG)
    return re.compile(expression, flags)

"""What an extra brings, made part of what a package always needs."""

import re
from collections.abc import Collection

from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.spec.patterns import lazy_pattern

__all__ = ["with_extras"]

# The last branch swallows literals, so that nothing inside one is taken for a comparison.
_COMPARISON = lazy_pattern(
    r"""
    \bextra\b \s* (?P<operator>==|!=|\bnot\s+in\b|\bin\b) \s* (?P<right>'[^']*'|"[^"]*")
    | (?P<left>'[^']*'|"[^"]*") \s* (?P<turned>==|!=) \s* \bextra\b
    | '[^']*' | "[^"]*"
    """,
    re.VERBOSE,
)
_ALWAYS = 'python_version >= "0"'
_NEVER = 'python_version < "0"'


def with_extras(requirement: str, extras: Collection[NormalizedName]) -> str:
    """Return a requirement that also holds where no extra is asked for, if one of some has it.

    The rest of its marker counts as before, and so do other extras.

    :param requirement: a dependency specifier, as in ``Requires-Dist``
    :param extras: those whose dependencies are always needed

    >>> with_extras('cuda-runtime>=12; extra == "cuda"', ["cuda"])
    'cuda-runtime>=12'
    >>> with_extras('cuda-runtime; extra == "other"', ["cuda"])
    'cuda-runtime; extra == "other"'
    """
    head, marker = _parted(requirement)
    # Where no comparison holds for an extra, the marker itself says as much.
    ways = [text for extra in extras if _ALWAYS in (text := _answered(marker, extra))]
    if not ways:
        return requirement
    if any(_is_always(text) for text in ways):
        return head
    # `and` binds tighter than `or`, so each way and the marker itself stay what they are.
    return f"{head} ; {' or '.join(f'({text})' for text in (*dict.fromkeys(ways), marker))}"


def _parted(requirement: str) -> tuple[str, str]:
    """Return what stands before the marker, and the marker."""
    # A URL may hold a semicolon, and ends with white space.
    mark = " ;" if re.match(r"[^;\"']*@\s*\w+:", requirement) else ";"
    head, _, marker = requirement.partition(mark)
    return head.rstrip(), marker.strip()


def _answered(marker: str, extra: str) -> str:
    """Put an answer in the place of every comparison with an extra."""

    def answer(found: re.Match[str]) -> str:
        literal = found["right"] or found["left"]
        if literal is None:
            return found[0]
        operator = " ".join((found["operator"] or found["turned"]).split())
        wanted = canonicalize_name(literal[1:-1])
        if operator in {"==", "!="}:
            holds = (wanted == extra) is (operator == "==")
        else:
            names = {canonicalize_name(part) for part in re.split(r"[\s,]+", literal[1:-1])}
            holds = (extra in names) is (operator == "in")
        return _ALWAYS if holds else _NEVER

    return _COMPARISON.sub(answer, marker)


def _is_always(marker: str) -> bool:
    return marker.strip("() ") == _ALWAYS

"""The regular expressions of overlays, kept to those that are matched in little time."""

import re
import warnings
from math import comb

from whichwheel.spec.patterns import lazy_pattern

__all__ = ["LONGEST_LOCAL", "LONGEST_PATTERN", "local_pattern"]

#: Characters that an expression may have.
LONGEST_PATTERN = 200

#: Characters that a local version may have to be matched with one.
LONGEST_LOCAL = 64

#: Ways in which a text may have to be divided before it is known not to match.
_MOST_WAYS = 2**20

_TOKEN = lazy_pattern(
    r"""
    (?P<open>\((?:\?:|\?P<\w+>)?(?!\?))
    | (?P<close>\))
    | (?P<other>\|)
    | (?P<repeat>[*+?]|\{(?P<least>\d*)(?P<to>,?)(?P<most>\d*)\})[?+]?
    | (?P<refused>\(\? | \\[1-9])
    | \[\^?\]?(?:\\.|[^\]\\])*\]
    | \\. | .
    """,
    re.VERBOSE | re.DOTALL,
)


def local_pattern(text: str) -> re.Pattern[str]:
    """Compile an expression that whole local versions are matched with.

    What is repeated is one character, or a class of them; a group may only be optional. Without
    look-around and references to groups, the number of ways to match can be told beforehand.

    :raises ValueError: saying, as the end of a sentence, why it cannot be used
    """
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"is longer than {LONGEST_PATTERN} characters")
    try:
        with warnings.catch_warnings():
            # What may mean something else in a later Python.
            warnings.simplefilter("error")
            pattern = re.compile(text, re.ASCII)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if _ways(text) > _MOST_WAYS:
        raise ValueError("repeats too much, which may take for ever to match: say how often")
    return pattern


def _ways(text: str) -> int:
    """Return in how many ways a local version may have to be matched, at most.

    :param text: a valid expression
    :raises ValueError: if it has what is not counted
    """
    # Of each open group the ways of its branches, the last one growing.
    groups = [[1]]
    before = 1
    stretches = 0
    closed = False
    for token in _TOKEN.finditer(text):
        if token["refused"]:
            raise ValueError(f"has `{token[0]}`: groups are `(...)`, `(?:...)` or `(?P<name>...)`")
        if token["repeat"]:
            if token["repeat"] == "?":
                groups[-1][-1] += before
            elif closed:
                raise ValueError("repeats a group, which may take for ever to match")
            elif (lengths := _lengths(token)) is None:
                stretches += 1
            else:
                groups[-1][-1] *= lengths
            closed = False
            continue
        closed = False
        if token["open"]:
            groups.append([1])
        elif token["close"]:
            inside = sum(groups.pop())
            before = groups[-1][-1]
            groups[-1][-1] *= inside
            closed = True
        elif token["other"]:
            groups[-1].append(1)
        else:
            before = groups[-1][-1]
    return sum(groups[0]) * comb(LONGEST_LOCAL + stretches, stretches)


def _lengths(repetition: re.Match[str]) -> int | None:
    """Return how many lengths a repetition may have, None if there is no end."""
    if repetition["most"]:
        return int(repetition["most"]) - int(repetition["least"] or 0) + 1
    return 1 if repetition["least"] and not repetition["to"] else None

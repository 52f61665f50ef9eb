"""Regular expressions of overlays: none that may take for ever."""

import time

import pytest

from whichwheel.sources.overlays.local_patterns import LONGEST_LOCAL, local_pattern


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cpu",
        r"cu(?P<major>\d\d)(?P<minor>\d)",
        r"cu\d+torch\d+\.\d+cxx11abi(?:true|false)",
        r"rocm[0-9.]*(?:\.git[0-9a-f]+)?",
        r"[]a-z]{1,8}(?:-)?x{3}",
        r"\d+?\.\d{2,}",
    ],
)
def test_what_is_matched_at_once_is_taken(text: str) -> None:
    assert local_pattern(text).pattern == text


@pytest.mark.parametrize(
    "text",
    [
        "(a|a)*b",
        "(?:a+|b)+c",
        "((a+)b?)+c",
        "(?:a+b?){2,}",
        "(?:a){2}",
        r"(?:.?.?.?.?)*x",
        "(?:a{1,30}){1,30}b",
        "a*a*a*a*a*a*a*a*a*a*b",
        "a?" * 40 + "b",
        "(?:a|a)" * 25,
        "(?:a|b|(?:c|c)?)?" * 11,
        "a{0,60}a{0,60}a{0,60}a{0,60}a{0,60}b",
        r"(a*)\1*b",
        "(?P<x>a)(?P=x)",
        "(?=a+)a",
        "(?x:a +)",
        "(?:a+(?#x))+b",
        "[[a]b]",
        "(",
        "a" * 201,
    ],
)
def test_what_may_take_for_ever_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"repeats|has `|regular expression|longer"):
        local_pattern(text)


@pytest.mark.parametrize(
    "text", ["a*a*a*a*b", "(?:a|a)" * 19 + "b", "a?" * 19 + "b", "a*a*a*[ab]?c"]
)
def test_the_worst_that_is_taken_is_quick(text: str) -> None:
    pattern = local_pattern(text)
    started = time.perf_counter()
    assert pattern.fullmatch("a" * LONGEST_LOCAL) is None
    assert time.perf_counter() - started < 1

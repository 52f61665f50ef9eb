"""What stands for a pattern behaves as the pattern."""

import re

import pytest

from whichwheel.spec.patterns import lazy_pattern


def test_it_behaves_as_the_pattern() -> None:
    lazy, real = (
        make(r"(?P<word>[a-z]+)\d*", re.IGNORECASE) for make in (lazy_pattern, re.compile)
    )
    for tried in ("Abc1", "1", ""):
        for _ in range(2):
            assert (lazy.fullmatch(tried) is None) is (real.fullmatch(tried) is None)
            assert lazy.findall(tried) == real.findall(tried)
    assert lazy.sub("x", "a1 b") == "x x"
    assert (lazy.pattern, lazy.flags, lazy.groupindex) == (
        real.pattern,
        real.flags,
        real.groupindex,
    )
    assert repr(lazy) == repr(real)


def test_what_patterns_do_not_have_it_does_not_have() -> None:
    lazy = lazy_pattern("x")
    with pytest.raises(AttributeError, match="bogus"):
        lazy.bogus  # type: ignore[attr-defined]  # noqa: B018 -- what is refused


def test_a_faulty_one_is_refused_when_it_is_used() -> None:
    lazy = lazy_pattern("(")
    with pytest.raises(re.error):
        lazy.match("x")

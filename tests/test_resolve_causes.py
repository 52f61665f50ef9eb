"""What a person is told who asks for what cannot be had together."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.resolutions import Box, level
from support.wheels import WheelSpec
from whichwheel.resolve.failures import Conflict, NoSuchVersion, ProjectNotFound


def wheel(name: str, version: str, *requires: str) -> WheelSpec:
    return WheelSpec(name, version, requires=requires)


def clash(folder: Path, wheels: Iterator[WheelSpec] | list[WheelSpec], *asked: str) -> Conflict:
    with pytest.raises(Conflict) as caught:
        Box.of(folder, *wheels).resolve(*asked)
    assert caught.value.causes == tuple(
        line.removeprefix("  ") for line in caught.value.message.splitlines()[1:]
    )
    return caught.value


def test_a_long_chain_is_one_sentence(tmp_path: Path) -> None:
    links = [wheel(one, "1", other) for one, other in zip("abcde", "bcdef", strict=True)]
    told = clash(
        tmp_path, [*links, wheel("f", "1", "g>=2"), wheel("g", "1"), wheel("g", "2")], "a", "g<2"
    )
    chain = "`a 1` needs " + ", which needs ".join(f"`{each}`" for each in (*"bcdef", "g>=2"))
    assert told.causes == (
        "you ask for `a` and `g<2`",
        chain,
        "so no version of `g` suits both",
    )
    assert told.hint is not None
    assert told.hint.startswith("relax `g<2`, or ")


def test_many_versions_with_the_same_requirement_are_told_once(tmp_path: Path) -> None:
    wheels = [wheel("app", f"1.{minor}", "lib<2") for minor in range(30)]
    told = clash(tmp_path, [*wheels, wheel("lib", "1"), wheel("lib", "2")], "app", "lib>=2")
    assert told.causes == (
        "you ask for `app` and `lib>=2`",
        "every version of `app` needs `lib<2`",
        "so no version of `lib` suits both",
    )


def test_many_versions_with_a_requirement_each_are_told_together(tmp_path: Path) -> None:
    wheels = [wheel("app", f"1.{minor}", f"lib=={minor}") for minor in range(30)]
    libs = [wheel("lib", str(major)) for major in range(60)]
    told = clash(tmp_path, [*wheels, *libs], "app", "lib>=40")
    assert told.causes == (
        "you ask for `app` and `lib>=40`",
        "every version of `app` needs `lib` 0 to 29",
        "so no version of `lib` suits both",
    )
    assert len(told.details) > 30, "the whole proof is there for those who ask"


def test_of_two_conflicts_one_is_told(tmp_path: Path) -> None:
    wheels = [wheel("a", "1", "x<2"), wheel("b", "1", "y<2")]
    wheels += [wheel(name, version) for name in "xy" for version in "12"]
    told = clash(tmp_path, wheels, "a", "b", "x>=2", "y>=2")
    assert len(told.causes) == 3
    assert len({"`x>=2`" in told.message, "`y>=2`" in told.message}) == 2


def test_what_nobody_asked_for_by_version_may_be_left_out(tmp_path: Path) -> None:
    wheels = [wheel("a", "1", "x<2"), wheel("b", "1", "x>=2"), wheel("x", "1"), wheel("x", "2")]
    told = clash(tmp_path, wheels, "a", "b")
    assert told.hint is not None
    assert told.hint.startswith("leave out `a` or `b`, or ")


def test_a_pre_release_that_would_do_is_named(tmp_path: Path) -> None:
    wheels = [wheel("a", "1", "b!=1.0"), wheel("c", "1", "b<2")]
    wheels += [wheel("b", version) for version in ("1.0", "1.1rc1", "2.0")]
    told = clash(tmp_path, wheels, "a", "c")
    assert told.hint is not None
    assert told.hint.startswith("allow `b 1.1rc1` with `--pre`, or ")


def test_a_requirement_that_no_version_meets_is_told_with_the_newest(tmp_path: Path) -> None:
    wheels = [wheel("a", str(version), "b>=20") for version in range(5)]
    told = clash(tmp_path, [*wheels, wheel("b", "6"), wheel("b", "7")], "a")
    [_, cause] = told.causes
    assert cause.startswith("every version of `a` needs `b>=20`, and `")
    assert cause.endswith("has no such version: the newest is 7")


def test_variants_are_named_where_they_matter(tmp_path: Path) -> None:
    wheels = [
        WheelSpec("foo", "1", label=each, properties=level(each), requires=[f"bar<{most}"])
        for each, most in (("v3", 2), ("v2", 3))
    ]
    bars = [wheel("bar", version) for version in "123"]
    told = clash(tmp_path, [*wheels, *bars], "foo", "bar>=3")
    assert "`v3` of `foo 1` needs `bar<2`" in told.causes
    assert "`v2` of `foo 1` needs `bar<3`" in told.causes


def test_one_letter_beside_a_project_that_is_there_is_noticed(tmp_path: Path) -> None:
    box = Box.of(tmp_path, wheel("requests", "1", "reqests"))
    with pytest.raises(ProjectNotFound, match="which `requests` needs") as caught:
        box.resolve("requests")
    assert caught.value.near == ("requests",)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean `requests`?")


def test_the_versions_that_there_are_are_told(tmp_path: Path) -> None:
    box = Box.of(tmp_path, *(wheel("b", str(version)) for version in range(8)))
    with pytest.raises(NoSuchVersion, match=r"the newest are `7`, `6`, `5`, `4`, `3` and 3 older"):
        box.resolve("b>=20")

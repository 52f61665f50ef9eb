from pathlib import Path

import pytest

from support.resolutions import Box, level
from support.wheels import WheelSpec
from whichwheel.resolve.failures import NoSuchVersion, ProjectNotFound


def test_the_newest_version_with_a_wheel_that_fits_is_explained(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "1.0"),
        WheelSpec("foo", "2.0", label="v4", properties=level("v4")),
        WheelSpec("foo", "2.0", requires=["dependencies-are-not-looked-at"]),
        WheelSpec("foo", "3.0", label="v4", properties=level("v4")),
        WheelSpec("foo", "4.0", tag="cp39-cp39-win_amd64"),
    )
    choice = box.explain("foo[x]; os_name == 'nothing'")
    assert str(choice.version) == "2.0"
    assert choice.chosen is not None
    assert {warning.kind for warning in choice.warnings} == {"version-fallback", "plain-fallback"}
    assert choice.warnings[0].message == (
        "`foo 2.0` is taken, and not 4.0 and 1 more newer: nothing of it is for Python 3.12.4"
    )
    assert box.sources.read == []
    assert box.sources.judged == ["foo 3.0", "foo 2.0"]


def test_where_nothing_fits_the_newest_version_is_explained(tmp_path: Path) -> None:
    wheels = [
        WheelSpec("foo", version, label="v4", properties=level("v4")) for version in ("1", "2")
    ]
    choice = Box.of(tmp_path, *wheels).explain("foo")
    assert str(choice.version) == "2"
    assert choice.chosen is None


def test_the_specifier_and_prereleases_are_heeded(tmp_path: Path) -> None:
    box = Box.of(tmp_path, *(WheelSpec("foo", version) for version in ("1.0", "2.0", "3.0rc1")))
    assert str(box.explain("foo").version) == "2.0"
    assert str(box.explain("foo<2").version) == "1.0"
    assert str(box.explain("foo>=3.0rc1").version) == "3.0rc1"
    box.sources.yanked = {"foo-2.0-py3-none-any.whl": ""}
    assert str(box.explain("foo").version) == "1.0"
    assert box.explain("foo==2.0").chosen is not None
    assert box.explain("foo>=2.0,<3").chosen is None


def test_what_there_is_not_is_told(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo"))
    with pytest.raises(ProjectNotFound):
        box.explain("nope")
    with pytest.raises(NoSuchVersion):
        box.explain("foo>1")

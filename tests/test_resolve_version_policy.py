"""The newest version, or the newest with a build for the target."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from support.resolutions import Box, found, installed_package, level
from support.wheels import WheelSpec
from whichwheel.resolve.fallback_failure import FellBack
from whichwheel.resolve.options import ResolveOptions, VersionPolicy

BEST = ResolveOptions(version_policy=VersionPolicy.BEST_BUILD, version_policy_from="here")
FAILING = ResolveOptions(version_policy=VersionPolicy.BEST_BUILD, fail_on_fallback=True)


def _build(version: str, value: str = "v3", *, requires: Sequence[str] = ()) -> WheelSpec:
    return WheelSpec("foo", version, label=value, properties=level(value), requires=requires)


def _plain(version: str) -> WheelSpec:
    return WheelSpec("foo", version)


def test_the_newest_version_with_a_build_is_taken_and_the_newer_are_named(tmp_path: Path) -> None:
    box = Box.of(tmp_path, _build("1.0"), _build("2.0", "v2"), _plain("3.0"), _plain("4.0"))
    resolution = box.resolve("foo", options=BEST)
    assert found(resolution) == {"foo": "2.0 v2"}
    (warning,) = resolution.warnings
    assert warning.kind == "version-policy"
    assert "`foo 2.0` is taken for its build" in warning.message
    assert "`best-build` (`here`)" in warning.message
    assert "4.0, has none for the box, nor has one more newer version: only the" in warning.message
    assert found(box.resolve("foo")) == {"foo": "4.0"}


def test_without_any_build_the_newest_version_is_taken(tmp_path: Path) -> None:
    box = Box.of(tmp_path, _build("1.0", "v4"), _plain("1.0"), _plain("2.0"))
    resolution = box.resolve("foo", options=FAILING)
    assert (found(resolution), resolution.warnings) == ({"foo": "2.0"}, ())


def test_a_label_without_properties_is_no_build_for_the_target(tmp_path: Path) -> None:
    null = WheelSpec("foo", "2.0", label="null", namespaces=["x86_64"])
    box = Box.of(tmp_path, _build("1.0"), null)
    assert found(box.resolve("foo", options=BEST)) == {"foo": "1.0 v3"}


def test_a_build_that_cannot_be_had_with_the_rest_is_told(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        _build("1.0", requires=["bar<2"]),
        _plain("2.0"),
        WheelSpec("bar", "1.0"),
        WheelSpec("bar", "2.0"),
        WheelSpec("jam", requires=["bar>=2"]),
    )
    resolution = box.resolve("foo", "jam", options=BEST)
    assert found(resolution) == {"bar": "2.0", "foo": "2.0", "jam": "1.0"}
    (warning,) = resolution.warnings
    assert warning.kind == "version-fallback"
    assert warning.message == (
        "the plain wheel of `foo 2.0` is taken; 1.0, the newest version with a build for the box, "
        "is not: needs `bar<2`, but `jam 1.0` needs `bar>=2`"
    )
    with pytest.raises(FellBack, match="the newest version with a build"):
        box.resolve("foo", "jam", options=FAILING)


def test_a_newer_build_that_cannot_be_had_is_a_fallback(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        _build("1.0"),
        _build("2.0", requires=["bar>=2"]),
        _plain("3.0"),
        WheelSpec("bar", "1.0"),
        WheelSpec("bar", "2.0"),
    )
    resolution = box.resolve("foo", "bar<2", options=BEST)
    assert found(resolution) == {"bar": "1.0", "foo": "1.0 v3"}
    (warning,) = resolution.warnings
    assert warning.kind == "version-fallback"
    assert "2.0, is not: needs `bar>=2`" in warning.message


def test_an_installed_version_stays_whatever_the_policy(tmp_path: Path) -> None:
    box = Box.of(tmp_path, _build("1.0"), _plain("2.0"))
    installed = installed_package("foo", "2.0")
    assert found(box.resolve("foo", options=BEST, installed=[installed])) == {}
    upgrading = ResolveOptions(version_policy=VersionPolicy.BEST_BUILD, upgrade=True)
    resolution = box.resolve("foo", options=upgrading, installed=[installed])
    assert found(resolution) == {"foo": "1.0 v3"}


def test_explaining_goes_by_the_same_policy(tmp_path: Path) -> None:
    box = Box.of(tmp_path, _build("1.0"), _plain("2.0"))
    explained = box.explain("foo", options=BEST)
    assert explained.chosen is not None
    assert explained.chosen.name.label == "v3"
    assert [warning.kind for warning in explained.warnings] == ["version-policy"]

"""A plan names what changes, and nothing else."""

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.environments import install, new_environment, pin_of
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.errors import NotInstalled
from whichwheel.environment.plan import Plan
from whichwheel.environment.planning import make_plan, plan_removal
from whichwheel.environment.site import Environment
from whichwheel.resolve.resolution import Kept, Pin, Resolution

A, B, C = (canonicalize_name(name) for name in ("aa", "bb", "cc"))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment that holds aa 1.0, bb 1.0 and cc 1.0."""
    environment = new_environment(tmp_path)
    install(environment, tmp_path / "cache", *(pin(tmp_path, name) for name in (A, B, C)))
    return environment


def pin(folder: Path, name: str, version: str = "1.0", label: str | None = None) -> Pin:
    return pin_of(build_wheel(folder / "wheels", WheelSpec(name, version, label=label)))


def words(plan: Plan) -> dict[str, list[str]]:
    return {
        "add": [each.name for each in plan.add],
        "remove": [each.name for each in plan.remove],
        "replace": [
            f"{each.old.name} {each.old.version} -> {each.new.version} {each.new.wheel.name.label}"
            for each in plan.replace
        ],
        "keep": [each.name for each in plan.keep],
    }


def test_equal_name_version_and_label_stay(environment: Environment, tmp_path: Path) -> None:
    resolution = Resolution(
        (
            pin(tmp_path, "zz"),
            pin(tmp_path, "cc", label="null"),
            pin(tmp_path, "bb", "2.0"),
            pin(tmp_path, "aa"),
            pin(tmp_path, "dd"),
        )
    )
    assert words(make_plan(resolution, environment)) == {
        "add": ["dd", "zz"],
        "remove": [],
        "replace": ["bb 1.0 -> 2.0 None", "cc 1.0 -> 1.0 null"],
        "keep": ["aa"],
    }


def test_what_is_not_named_stays_unless_the_plan_is_exact(
    environment: Environment, tmp_path: Path
) -> None:
    (environment.interpreter.paths["purelib"] / "legacy-1.0.egg-info").write_text("")
    resolution = Resolution((pin(tmp_path, "aa"),), (Kept(B, Version("1.0")),))
    assert make_plan(resolution, environment).is_empty
    plan = make_plan(resolution, environment, exact=True)
    assert words(plan) == {"add": [], "remove": ["cc"], "replace": [], "keep": ["aa", "bb"]}


def test_a_package_is_put_anew_on_demand(environment: Environment, tmp_path: Path) -> None:
    resolution = Resolution((pin(tmp_path, "aa"), pin(tmp_path, "bb")))
    plan = make_plan(resolution, environment, reinstall=frozenset({A}))
    assert words(plan)["replace"] == ["aa 1.0 -> 1.0 None"]
    assert words(plan)["keep"] == ["bb"]


def test_a_removal_names_each_package_once(environment: Environment) -> None:
    plan = plan_removal([B, A, B], environment)
    assert words(plan) == {"add": [], "remove": ["aa", "bb"], "replace": [], "keep": []}


def test_a_removal_of_what_is_not_there_suggests_names(environment: Environment) -> None:
    names = [A, canonicalize_name("ccc"), canonicalize_name("nothing-like-it")]
    with pytest.raises(NotInstalled) as caught:
        plan_removal(names, environment)
    assert caught.value.names == ("ccc", "nothing-like-it")
    assert caught.value.hint == "did you mean `cc`?"
    assert caught.value.message == "`ccc`, `nothing-like-it` are not installed"

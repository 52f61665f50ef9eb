"""What an environment holds depends on what is installed, not on how it came to be."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.environments import install, new_environment, pin_of, tree, uninstall
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.errors import FileConflict
from whichwheel.environment.site import Environment
from whichwheel.resolve.resolution import Pin

NAMES = ("aa", "bb", "cc")
#: A version and a label; together with the name they say what a wheel holds.
BUILDS = (("1.0", None), ("2.0", None), ("1.0", "v3"))
#: To install a build of a package, or (None) to uninstall the package.
STEPS = st.tuples(st.sampled_from(NAMES), st.sampled_from([None, *BUILDS]))


def spec(name: str, version: str, label: str | None) -> WheelSpec:
    mine = f"{name} {version} {label}"
    data = f"{name}-{version}.data"
    files = {
        "shared/__init__.py": "",
        f"shared/{name}/mine.py": mine,
        f"{name}/v{version[0]}/deep/{label}.py": mine,
        f"{data}/data/share/common/{name}": mine,
        f"{data}/headers/{name}.h": mine,
        f"{data}/scripts/{name}-{version[0]}": f"#!python\n# {mine}",
    }
    if (name, label) in {("aa", "v3"), ("bb", "v3")}:
        # The two cannot be installed together.
        files["shared/clash.py"] = name
    entry_points = f"[console_scripts]\n{name} = {name}:main\n" if version == "1.0" else ""
    properties = {"x86_64": {"level": ["v3"]}} if label else {}
    return WheelSpec(
        name, version, label=label, properties=properties, files=files, entry_points=entry_points
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Path]:
    folder = tmp_path_factory.mktemp("laws")
    return new_environment(folder), folder


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=8))
def test_history_leaves_no_trace(
    place: tuple[Environment, Path], steps: Sequence[tuple[str, tuple[str, str | None] | None]]
) -> None:
    environment, folder = place
    cache = folder / "cache"
    empty = tree(environment)
    pins: dict[str, Pin] = {}
    for name, build in steps:
        before = tree(environment)
        if build is None:
            if pins.pop(name, None) is not None:
                uninstall(environment, cache, name)
            continue
        pin = pin_of(build_wheel(folder / "wheels", spec(name, *build)))
        try:
            install(environment, cache, pin)
            pins[name] = pin
        except FileConflict:
            assert tree(environment) == before
    assert {(each.name, each.version, each.label) for each in environment.installed().values()} == {
        (pin.name, pin.version, pin.wheel.name.label) for pin in pins.values()
    }
    by_steps = tree(environment)
    if pins:
        uninstall(environment, cache, *pins)
    assert tree(environment) == empty
    if pins:
        install(environment, cache, *pins.values())
        assert tree(environment) == by_steps
        uninstall(environment, cache, *pins)

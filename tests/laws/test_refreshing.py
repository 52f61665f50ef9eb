"""A refresh gives what a fresh install would, whatever machine the environment comes from."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.environments import new_environment, uninstall
from support.folder_sources import FolderSources
from support.targets import written_target
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.applying import apply_plan
from whichwheel.environment.checking.checking import check_environment
from whichwheel.environment.checking.finding import FindingKind
from whichwheel.environment.planning import make_plan
from whichwheel.environment.refreshing import plan_refresh
from whichwheel.environment.site import Environment
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolving import resolve
from whichwheel.target.target import Target

NAMES = ("aa", "bb", "cc", "dd")
#: What builds are for: a level of the processor, the GPU's interface, or both.
PROPERTIES: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = {
    "v2": {"x86_64": {"level": ["v2"]}},
    "v3": {"x86_64": {"level": ["v3"]}},
    "gpu1": {"acme": {"interface": ["1"]}},
    "gpu2": {"acme": {"interface": ["2"]}},
    "gpu1_v3": {"acme": {"interface": ["1"]}, "x86_64": {"level": ["v3"]}},
}
MARKERS = (
    "",
    '; "acme" in variant_namespaces',
    '; "acme :: interface :: 2" in variant_properties',
    '; "x86_64 :: level :: v3" in variant_properties',
    '; "acme" not in variant_namespaces',
)
LEVELS = ((), ("v2",), ("v3", "v2"))
INTERFACES = ((), ("1",), ("2", "1"))


@st.composite
def worlds(draw: st.DrawFn) -> list[WheelSpec]:
    """Packages of one version each, with a build for every machine among their builds."""
    specs = []
    for place, name in enumerate(NAMES):
        # Only to what comes later: a ring is a case of its own.
        needs = [
            f"{other}{draw(st.sampled_from(MARKERS))}"
            for other in NAMES[place + 1 :]
            if draw(st.booleans())
        ]
        labels = draw(st.lists(st.sampled_from(sorted(PROPERTIES)), unique=True, max_size=3))
        specs += [
            WheelSpec(
                name,
                label=label,
                properties=PROPERTIES[label],
                namespaces=["acme", "x86_64"],
                requires=needs,
            )
            for label in labels
        ]
        last = draw(st.sampled_from([None, "null"]))
        specs.append(WheelSpec(name, label=last, namespaces=["acme", "x86_64"], requires=needs))
    return specs


MACHINES = st.tuples(st.sampled_from(LEVELS), st.sampled_from(INTERFACES))


def machine(levels: Sequence[str], interfaces: Sequence[str]) -> Target:
    """Return a machine that may lack a GPU, and levels."""
    return written_target(
        {
            "x86_64": {"level": levels} if levels else {},
            "acme": {"interface": interfaces} if interfaces else {},
        }
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Path]:
    folder = tmp_path_factory.mktemp("refreshing")
    return new_environment(folder), folder


def state(environment: Environment) -> dict[str, tuple[str, str | None, bool]]:
    """Return what is installed."""
    return {
        name: (str(each.version), each.label, each.requested)
        for name, each in environment.installed().items()
    }


@settings(max_examples=60, deadline=None)
@given(
    world=worlds(),
    wanted=st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=2),
    machines=st.lists(MACHINES, min_size=2, max_size=4),
)
def test_a_refresh_gives_what_a_fresh_install_would(
    place: tuple[Environment, Path],
    world: Sequence[WheelSpec],
    wanted: Sequence[str],
    machines: Sequence[tuple[Sequence[str], Sequence[str]]],
) -> None:
    environment, folder = place
    wheels = Path(mkdtemp(dir=folder))
    for spec in world:
        build_wheel(wheels, spec)
    sources = FolderSources(wheels)
    requests = [parse_requested(name) for name in wanted]
    options = ResolveOptions()
    try:
        for number, levels_and_interfaces in enumerate(machines):
            target = machine(*levels_and_interfaces)
            fresh = resolve(requests, target=target, sources=sources, options=options, installed={})
            if number == 0:
                plan = make_plan(fresh, environment)
            else:
                plan = plan_refresh(environment, target=target, sources=sources, options=options)
            kept = {each.name: each.metadata_directory.stat().st_ino for each in plan.keep}
            apply_plan(plan, environment, sources, cache_directory=folder / "cache")
            assert state(environment) == {
                pin.name: (str(pin.version), pin.wheel.name.label, pin.name in wanted)
                for pin in fresh.pins
            }
            now = environment.installed()
            assert {name: now[name].metadata_directory.stat().st_ino for name in kept} == kept
            again = plan_refresh(environment, target=target, sources=sources, options=options)
            assert again.is_empty
            checked = check_environment(environment, target, options=options, sources=sources)
            # That a plain wheel serves where no variant fits is only a note.
            assert {each.kind for each in checked.findings} <= {FindingKind.FALLBACK}
    finally:
        if names := list(environment.installed()):
            uninstall(environment, folder / "cache", *names)
        shutil.rmtree(wheels)

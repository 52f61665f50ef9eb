"""A target file holds all that a choice depends on."""

import tempfile
from pathlib import Path

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from whichwheel.target.described.comparing import compare_targets
from whichwheel.target.described.described_machine import DescribedMachine
from whichwheel.target.described.target_file import read_target_file
from whichwheel.target.described.target_writing import target_to_toml
from whichwheel.target.facts import Fact, FactValue, Origin
from whichwheel.target.gpus import ALL_GPUS, GpuPolicy
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.governing import Governance
from whichwheel.target.support import Support
from whichwheel.target.tags import (
    default_abi,
    described_environment,
    described_tags,
    parse_platform,
)
from whichwheel.target.target import Target

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=8)
values = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.", min_size=1, max_size=8)
platforms = st.sampled_from(
    ["manylinux_2_28_x86_64", "musllinux_1_2_aarch64", "macosx_14_0_arm64", "win_amd64"]
)
lines = st.text(min_size=1, max_size=30).filter(lambda text: "\n" not in text and text.strip())
capabilities = st.tuples(st.integers(1, 40), st.integers(0, 9)).map("{0[0]}.{0[1]}".format)


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    found: list[Fact] = []

    def add(key: str, value: FactValue) -> None:
        origin = draw(st.sampled_from(Origin))
        found.append(Fact(key, value, origin, draw(lines)))

    if draw(st.booleans()):
        add("x86_64.level", draw(st.sampled_from(["v1", "v2", "v3", "v4"])))
    if draw(st.booleans()):
        flags = st.lists(st.sampled_from(["avx2", "sse4_2", "amx_tile", "unheard_of"]), min_size=1)
        add("x86_64.flags", tuple(draw(flags)))
    if draw(st.booleans()):
        add("aarch64.version", draw(st.sampled_from(["8a", "8.4a", "9.0a"])))
    if draw(st.booleans()):
        add("nvidia.driver_cuda_version", f"{draw(st.integers(9, 40))}.{draw(st.integers(0, 30))}")
        if draw(st.booleans()):
            add("nvidia.compute_capabilities", tuple(draw(st.lists(capabilities, max_size=3))))
        add("nvidia.gpus", (draw(lines.filter(lambda text: text.isprintable())),))
    elif draw(st.booleans()):
        add("nvidia.present", value=False)
    return found


@st.composite
def targets(draw: st.DrawFn) -> Target:
    platform = parse_platform(draw(platforms))
    minor = draw(st.integers(9, 15))
    implementation = draw(st.sampled_from(["cpython", "pypy"]))
    abi = draw(st.sampled_from([default_abi((3, minor), implementation), f"cp3{minor}t"]))
    version = f"3.{minor}.{draw(st.integers(0, 20))}"
    environment = dict(described_environment(version, platform, implementation=implementation))
    environment["platform_release"] = draw(st.text(max_size=10))
    exact = draw(
        st.dictionaries(
            names,
            st.dictionaries(
                names, st.lists(values, unique=True, min_size=1).map(tuple), max_size=2
            ),
            max_size=2,
        )
    )
    enabled = frozenset(draw(st.lists(names, max_size=2)))
    disabled = frozenset(draw(st.lists(names | st.just("nvidia"), max_size=2))) - enabled
    governance = Governance(environment, exact, enabled, disabled)
    gpus = draw(st.sampled_from([None, ALL_GPUS, GpuPolicy(each=False)]))
    return Target(
        name=draw(st.text(min_size=1, max_size=20).filter(str.strip)),
        python_version=version,
        implementation=implementation,
        tags=described_tags((3, minor), platform, implementation=implementation, abi=abi),
        environment=environment,
        machine=DescribedMachine(governance, draw(facts()), gpus=gpus, gpus_from="a test"),
    )


@given(target=targets())
def test_writing_and_reading_a_target_is_the_identity_on_answers(target: Target) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "target.toml"
        path.write_text(target_to_toml(target), encoding="utf-8", newline="")
        again = read_target_file(path)
    assert again.name == target.name
    assert again.tags == target.tags
    assert again.environment == target.environment
    assert (again.python_version, again.implementation) == (
        target.python_version,
        target.implementation,
    )
    before, after = target.machine.facts(), again.machine.facts()
    assert {key: fact.value for key, fact in after.items()} == {
        key: fact.value for key, fact in before.items()
    }
    assert isinstance(target.machine, DescribedMachine)
    assert isinstance(again.machine, DescribedMachine)
    assert again.machine.governance == target.machine.governance
    for namespace in (*PROVIDERS, *target.machine.governance.exact):
        first = target.machine.support(namespace, None)
        second = again.machine.support(namespace, None)
        if namespace in target.machine.governance.disabled:
            assert first == second
            continue
        assert isinstance(first, Support)
        assert isinstance(second, Support)
        # Order decides between wheels, so the order must survive as well.
        assert [*second.features.items()] == [*first.features.items()]


@given(target=targets())
def test_writing_is_the_same_after_one_round(target: Target) -> None:
    def answers(text: str) -> str:
        return "\n".join(line.partition("  # ")[0] for line in text.splitlines())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "target.toml"
        written = target_to_toml(target)
        path.write_text(written, encoding="utf-8", newline="")
        assert answers(target_to_toml(read_target_file(path))) == answers(written)


@st.composite
def tables(draw: st.DrawFn, *, whole: bool) -> dict[str, object]:
    """Draw what a table of a target says; a whole one says what every target needs."""
    said: dict[str, object] = {}
    if whole or draw(st.booleans()):
        said["python"] = f"3.{draw(st.integers(9, 15))}"
    if whole or draw(st.booleans()):
        said["platform"] = draw(platforms)
    switched = draw(st.lists(names, unique=True, max_size=4))
    if draw(st.booleans()):
        said["enable"] = switched[:2]
    if draw(st.booleans()):
        said["disable"] = switched[2:]
    if draw(st.booleans()):
        said["gpus"] = draw(st.sampled_from(["all", "any"]))
    if draw(st.booleans()):
        said["markers"] = {"platform_release": draw(values)}
    given: dict[str, dict[str, object]] = {}
    for fact in draw(facts()):
        topic, _, name = fact.key.partition(".")
        given.setdefault(topic, {})[name] = (
            list(fact.value) if isinstance(fact.value, tuple) else fact.value
        )
    said["facts"] = given
    said["properties"] = draw(
        st.dictionaries(
            names | st.just("nvidia"),
            st.dictionaries(names, st.lists(values, unique=True, min_size=1), max_size=2),
            max_size=2,
        )
    )
    return said


def chain(folder: Path, *said: dict[str, object]) -> Target:
    """Write tables of which each extends the next, and read the first."""
    for number, table in enumerate(said):
        more = {} if number == len(said) - 1 else {"extends": f"{number + 1}.toml"}
        (folder / f"{number}.toml").write_text(tomli_w.dumps({**table, **more}), "utf-8")
    return read_target_file(folder / "0.toml")


@given(low=tables(whole=True), middle=tables(whole=False), high=tables(whole=False))
def test_what_a_chain_says_can_be_written_as_one_table(
    low: dict[str, object], middle: dict[str, object], high: dict[str, object]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = chain(folder, high, middle, low)
        flat = folder / "flat.toml"
        flat.write_text(target_to_toml(target), encoding="utf-8", newline="")
        assert compare_targets(target, read_target_file(flat)).same


@given(table=tables(whole=True))
def test_a_table_that_says_nothing_changes_nothing(table: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = chain(folder, table)
        assert compare_targets(chain(folder, {}, table), alone).same

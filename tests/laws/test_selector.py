"""Selector files: what is chosen is what the file's own algorithm chooses."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from whichwheel.choose.choosing import Preferences, choose
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.metadata import Provider
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.selector.functions import KNOWN_FUNCTIONS
from whichwheel.spec.selector.meaning import understand
from whichwheel.spec.selector.values import SelectorVariable, WheelSelector
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.facts import Facts
from whichwheel.target.providers.governing import Governance
from whichwheel.target.support import Refusal, Support
from whichwheel.target.target import Target

LEVELS = KNOWN_FUNCTIONS["cpuversion:get_x86_64_psABI_version"]
SUFFIXES = ("a", "b", "v3", "z_1", "a.b")
VALUES = ("low", "mid", "high", "x86-64-v2")

rows = st.lists(st.sampled_from(("", *SUFFIXES)), unique=True, max_size=4).map(tuple)


def tables(values: tuple[str, ...] = VALUES) -> st.SearchStrategy[Mapping[str, tuple[str, ...]]]:
    """Any table; every third one is a chain, as real ones are."""
    chains = st.permutations(SUFFIXES).map(
        lambda order: {value: (*reversed(order[:place]), "") for place, value in enumerate(values)}
    )
    anything = st.dictionaries(st.sampled_from(values), rows, min_size=1)
    return st.one_of(anything, anything, chains)


class Given:
    """A machine of which only properties are known."""

    def __init__(self, properties: VariantProperties) -> None:
        self._governance = Governance({}, properties)

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        return self._governance.support(namespace, provider, lambda _: Facts())

    def facts(self) -> Facts:
        return Facts()

    def known_facts(self) -> Facts:
        return Facts()


def chosen(
    selector: WheelSelector, suffixes: set[str], properties: VariantProperties
) -> str | None:
    """The suffix of the wheel that is chosen, None if none is."""
    wheels = []
    for suffix in sorted(suffixes):
        name = f"foo-1.0-py3-none-any{'+' * bool(suffix)}{suffix}.whl"
        wheels.append(Wheel(File(name, f"https://index.example/{name}"), WheelName.parse(name)))
    release = Release(canonicalize_name("foo"), Version("1.0"), "test", tuple(wheels))
    meaning = understand(selector, {suffix for suffix in suffixes if suffix})
    target = Target(
        "test", "3.12.0", "cpython", (Tag("py3", "none", "any"),), {}, Given(properties)
    )
    data = VariantData(meaning.metadata, "selector")
    wheel = choose(release, data, target, Preferences()).chosen
    return None if wheel is None else wheel.name.suffix


def by_the_file(table: Mapping[str, tuple[str, ...]], value: str, there: set[str]) -> str | None:
    """The algorithm as it was proposed."""
    for suffix in table[value]:
        if suffix in there:
            return suffix
    return None


existing = st.sets(st.sampled_from(("", *SUFFIXES)))


@given(tables(), existing, st.data())
def test_any_table_of_a_given_value_is_followed(
    table: Mapping[str, tuple[str, ...]], there: set[str], data: st.DataObject
) -> None:
    selector = WheelSelector((SelectorVariable("mood", "moods:mood", (), table),))
    value = data.draw(st.sampled_from(sorted(table)))
    given_value = value.replace("-", "_")
    found = chosen(selector, there, {"mood": {"value": (given_value,)}})
    assert found == by_the_file(table, value, there)


@given(tables(tuple(LEVELS.levels.values())), existing, st.integers(1, 4))
def test_any_table_of_levels_is_followed_on_every_processor(
    table: Mapping[str, tuple[str, ...]], there: set[str], level: int
) -> None:
    selector = WheelSelector((SelectorVariable("cpu", LEVELS.name, (), table),))
    supported = tuple(f"v{number}" for number in range(level, 0, -1))
    found = chosen(selector, there, {"x86_64": {"level": supported}})
    listed = [value for value in (LEVELS.levels[each] for each in supported) if value in table]
    if listed:
        # A level that is not listed counts as the next lower one.
        assert found == by_the_file(table, listed[0], there)
    else:
        assert found == ("" if "" in there else None)


@given(tables(), existing)
def test_without_a_value_only_the_wheel_without_suffix_is_taken(
    table: Mapping[str, tuple[str, ...]], there: set[str]
) -> None:
    selector = WheelSelector((SelectorVariable("mood", "moods:mood", (), table),))
    expected = "" if "" in there else None
    assert chosen(selector, there, {}) == expected
    assert chosen(selector, there, {"mood": {"value": ("other",)}}) == expected


@given(st.data())
def test_of_several_variables_the_first_counts_most(data: st.DataObject) -> None:
    table = {
        "low": data.draw(st.permutations(("a", "b", "")).map(tuple)),
        "high": data.draw(rows.map(lambda row: tuple(s for s in row if s in {"", "a", "b"}))),
    }
    other = {"one": data.draw(st.permutations(("x", "y", "")).map(tuple)), "two": ("", "x")}
    first, second = (
        data.draw(st.sampled_from(sorted(table))),
        data.draw(st.sampled_from(("one", "two"))),
    )
    whole = ["+".join(filter(None, (s, t))) for s in ("a", "b", "") for t in ("x", "y", "")]
    there = data.draw(st.sets(st.sampled_from(whole)))
    selector = WheelSelector(
        (SelectorVariable("v", None, (), table), SelectorVariable("w", None, (), other))
    )
    found = chosen(selector, there, {"v": {"value": (first,)}, "w": {"value": (second,)}})
    expected = next(
        (
            name
            for s in table[first]
            for t in other[second]
            if (name := "+".join(filter(None, (s, t)))) in there
        ),
        None,
    )
    assert found == expected

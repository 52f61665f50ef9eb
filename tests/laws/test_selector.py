"""Selector files: what is chosen is what the file's own algorithm chooses."""

import contextlib
import json
import tomllib
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from whichwheel.choose.choosing import Preferences, choose
from whichwheel.publish.converting import selector_of, variants_of
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.metadata import Provider
from whichwheel.spec.ordering import order_variants
from whichwheel.spec.properties import VariantProperties, parse_label
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.selector.functions import KNOWN_FUNCTIONS
from whichwheel.spec.selector.lenient_toml import InvalidSelectorToml, parse_lenient_toml
from whichwheel.spec.selector.meaning import understand
from whichwheel.spec.selector.reading import read_selector
from whichwheel.spec.selector.values import InvalidSelector, SelectorVariable, WheelSelector
from whichwheel.spec.selector.writing import write_selector
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName
from whichwheel.spec.writing import write_metadata
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


#: What a conversion may lose without choosing otherwise where one value is known.
HARMLESS = {"function", "requires", "values"}


def _same_after_conversion(selector: WheelSelector) -> Mapping[str, tuple[str, ...]] | None:
    """The table after selector, JSON and selector again; None if anything was lost."""
    metadata, lost = variants_of(read_selector(write_selector(selector), where="s"))
    again, lost_again = selector_of(read_metadata(write_metadata(metadata), where="v"))
    if {loss.kind for loss in (*lost, *lost_again)} - HARMLESS:
        return None
    return again.variables[0].wheel_tags if again.variables else {}


@given(tables(("low", "mid", "high", "top")), existing)
def test_where_nothing_is_lost_a_value_chooses_the_same_after_conversion(
    table: Mapping[str, tuple[str, ...]], there: set[str]
) -> None:
    converted = _same_after_conversion(
        WheelSelector((SelectorVariable("mood", "moods:mood", (), table),))
    )
    if converted is None:
        return
    for value in table:
        found = by_the_file({value: ("",), **converted}, value, there)
        assert found == by_the_file(table, value, there)


@given(tables(tuple(LEVELS.levels.values())), existing)
def test_where_nothing_is_lost_a_level_chooses_the_same_after_conversion(
    table: Mapping[str, tuple[str, ...]], there: set[str]
) -> None:
    selector = WheelSelector((SelectorVariable("cpu", LEVELS.name, LEVELS.requires, table),))
    converted = _same_after_conversion(selector)
    if converted is None:
        return
    for value in table:
        found = by_the_file({value: ("",), **converted}, value, there)
        assert found == by_the_file(table, value, there)


def test_chains_of_levels_lose_nothing() -> None:
    table = {
        "x86-64": ("",),
        "x86-64-v2": ("",),
        "x86-64-v3": ("b", ""),
        "x86-64-v4": ("a", "b", ""),
    }
    selector = WheelSelector((SelectorVariable("cpu", LEVELS.name, LEVELS.requires, table),))
    assert _same_after_conversion(selector) == table
    assert variants_of(selector)[1] == ()


@given(st.data())
def test_what_is_chosen_from_the_json_is_what_the_file_chooses_or_a_loss_says_so(
    data: st.DataObject,
) -> None:
    table = data.draw(tables(tuple(LEVELS.levels.values())))
    selector = WheelSelector((SelectorVariable("cpu", LEVELS.name, LEVELS.requires, table),))
    metadata, lost = variants_of(selector)
    if lost:
        return
    for level in range(1, 5):
        supported = tuple(f"v{number}" for number in range(level, 0, -1))
        order = order_variants(metadata, {"x86_64": {"level": supported}})
        listed = [value for value in map(LEVELS.levels.__getitem__, supported) if value in table]
        assert (*order, "") == (table[listed[0]] if listed else ("",))


@given(
    st.recursive(
        st.integers(-(2**63), 2**63 - 1)
        | st.booleans()
        | st.text("ab#{}[],=\n\"'\\é𐀀", max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text("ab -#{},\n\"'\\é", max_size=5), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_tables_over_several_lines_are_read_as_what_they_hold(value: object) -> None:
    text = f"value = {_spread(value)}\n\n[after]\nkey = 1\n"
    assert parse_lenient_toml(text.encode("utf-8", "surrogatepass")) == {
        "value": value,
        "after": {"key": 1},
    }


def _spread(value: object) -> str:
    """TOML 1.1 that uses all its freedom: line breaks, comments, commas at the end."""
    if isinstance(value, dict):
        comment = "# } ] { \" '"
        items = "".join(
            f"  {_text(key)} = {_spread(item)}, {comment}\n" for key, item in value.items()
        )
        return f"{{ # begins\n{items}}}"
    if isinstance(value, list):
        return "[\n" + "".join(f"  {_spread(item)}, # ]\n" for item in value) + "]"
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            ("a", "=", "{", "}", "[", "]", ",", "\n", "#", '"', "'", '"""', "'''", ".", "1", " ")
        ),
        max_size=30,
    ).map("".join)
)
def test_what_is_toml_is_read_as_tomllib_reads_it_and_the_rest_is_refused(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    try:
        expected = tomllib.loads(text.replace("\r\n", "\n").removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        expected = None
    try:
        found = parse_lenient_toml(data)
    except InvalidSelectorToml as error:
        assert expected is None
        line = error.line
    else:
        assert expected is None or found == expected
        line = None
    assert line is None or 1 <= line <= text.count("\n") + 1


@given(st.binary(max_size=200))
def test_any_bytes_are_a_selector_or_refused_as_one(data: bytes) -> None:
    with contextlib.suppress(InvalidSelector):
        assert read_selector(data, where="any-1.0-wheel-selector.toml").variables


@given(st.text("ab1_.+é/\\-", max_size=12))
def test_any_suffix_is_a_label_without_paths_or_refused(suffix: str) -> None:
    try:
        name = WheelName.parse(f"foo-1.0-py3-none-any+{suffix}.whl")
    except InvalidWheelName:
        return
    assert name.label is not None
    assert name.suffix == suffix
    assert name.label == parse_label(suffix.replace("+", "."))
    assert name.without_label == "foo-1.0-py3-none-any.whl"

"""A rule is data: reading it never runs into anything but its own error, nor does evaluating it."""

import fnmatch
import json
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from whichwheel.spec.key_lines import KeyPath, line_of, lines_of_keys
from whichwheel.target.detection.facts_document import facts_document, read_facts
from whichwheel.target.providers.provider import FactKind
from whichwheel.target.rules.faults import InvalidRuleFile
from whichwheel.target.rules.rule import Rule
from whichwheel.target.rules.rule_file import read_rules, rules_from_table
from whichwheel.target.rules.rule_provider import detect_rule, rule_provider
from whichwheel.target.rules.surroundings import Surroundings
from whichwheel.target.rules.wildcards import matches

names = st.text("abcxyz019_", min_size=1, max_size=6)
values = st.text("abcxyz019_.", min_size=1, max_size=6)
patterns = st.text("ab.*?/-\\", min_size=1, max_size=8)
parts = st.text("ab*?. \u00e9", min_size=1, max_size=4).filter(
    lambda part: part.strip() and ".." not in part and "**" not in part
)
places = st.builds(
    lambda base, below: "/".join([base, *below]),
    st.sampled_from(["", "~", "{prefix}", "${A}", "C:"]),
    st.lists(parts, min_size=1, max_size=3).filter(lambda below: set(below) != {"."}),
)
sysfs = places.map(lambda place: "/sys/" + place.partition("/")[2])
leaves = st.one_of(
    st.just(True),
    st.fixed_dictionaries({"file": places}),
    st.fixed_dictionaries(
        {"file-matches": st.fixed_dictionaries({"path": places, "pattern": patterns})}
    ),
    st.builds(lambda name: {"library": f"lib{name}.so*"}, names),
    st.fixed_dictionaries({"environment": st.sampled_from(["A", "HOME", "NONE"])}),
    st.fixed_dictionaries(
        {"environment": st.fixed_dictionaries({"variable": st.just("A"), "value": patterns})}
    ),
    st.fixed_dictionaries({"sysfs": sysfs}),
    st.fixed_dictionaries({"cpu-flag": names}),
    st.builds(lambda name: {"registry": {"key": f"HKLM\\{name}"}}, names),
)
checks = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=5,
)
features = st.dictionaries(
    names.map(lambda name: f"f{name}"),
    st.dictionaries(values, checks, min_size=1, max_size=3),
    min_size=1,
    max_size=2,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "not", "file", "library", "path", "pattern", "environment", "sysfs"]
            )
            | names,
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
environs = st.dictionaries(
    st.sampled_from(["A", "HOME", "LD_LIBRARY_PATH", "PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"]),
    st.text("ab/.:;\\\0\udc80 C", max_size=8),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top: Path = tmp_path_factory.mktemp("machine")
    (top / "outside").mkdir()
    (top / "outside/secret").write_text("a\n")
    (top / "root/a/b").mkdir(parents=True)
    (top / "root/a/libaa.so.1").write_text("a\nab\n")
    (top / "root/a/b/a").write_bytes(b"\xff\xfe\0a\n")
    (top / "root/sys").mkdir()
    (top / "root/sys/a").write_text("b")
    return top / "root"


def rule_with(listed: object, first: bool = False) -> Rule:  # noqa: FBT001, FBT002 -- drawn
    assert isinstance(listed, dict)
    chosen = list(listed) if first else []
    (rule,) = rules_from_table({"namespace": "n", "first": chosen, "values": listed}, "a law")
    return rule


def surroundings(root: Path, environ: Mapping[str, str], system: str) -> Surroundings:
    return Surroundings(
        environ, prefixes=["/a", environ.get("A", "/")], root=root, system=system, machine="x86_64"
    )


@given(features, st.booleans(), environs, st.sampled_from(["linux", "darwin", "win32", "aix"]))
def test_evaluating_a_readable_rule_never_raises_and_keeps_the_order_of_values(
    root: Path,
    listed: Mapping[str, Mapping[str, object]],
    first: bool,  # noqa: FBT001 -- drawn
    environ: Mapping[str, str],
    system: str,
) -> None:
    rule = rule_with(listed, first)
    provider = rule_provider(rule)
    facts = detect_rule(rule, surroundings(root, environ, system))
    found = provider.properties(facts)
    assert [name for name in listed if name in found] == list(found)
    for name, held in found.items():
        assert [value for value in listed[name] if value in held] == list(held)
        assert not first or len(held) == 1
    assert provider.phrase(facts)
    assert provider.why is not None
    for name, each in listed.items():
        for value in (*each, "other"):
            clause = provider.why(facts, name, value)
            assert clause.isprintable()
            assert not clause.endswith(".")
    assert read_facts(json.loads(json.dumps(facts_document(facts)))) == facts
    fields = {provider.key(field.name): field for field in provider.fields}
    for fact in facts.values():
        field = fields[fact.key]
        held = fact.value if isinstance(fact.value, tuple) else ()
        assert all(field.pattern.fullmatch(text) for text in held)
        assert (field.kind is FactKind.FLAG) == isinstance(fact.value, bool)
        assert fact.source.isprintable()


@given(checks, environs)
def test_the_checks_obey_the_laws_of_logic(
    root: Path, check: object, environ: Mapping[str, str]
) -> None:
    def holds(written: object) -> bool:
        rule = rule_with({"f": {"v": written}})
        return bool(detect_rule(rule, surroundings(root, environ, "linux")).texts("n.f"))

    plain = holds(check)
    assert holds({"not": check}) is not plain
    assert holds({"any": [check, {"not": True}]}) is plain
    assert holds({"all": [check, True]}) is plain
    assert not holds({"all": [check, {"not": check}]})
    assert holds([check, {"not": check}])


@given(
    st.lists(st.sampled_from(["..", "outside", "a", ".", "", "~"]), max_size=5),
    st.sampled_from(["secret", "outside/secret", "s*t", "*/secret"]),
    st.sampled_from(["${A}", "~", "{prefix}"]),
)
def test_nothing_outside_of_the_root_is_ever_found(
    root: Path, steps: list[str], below: str, start: str
) -> None:
    folder = "/" + "/".join(steps)
    environ = {"A": folder, "HOME": folder, "LD_LIBRARY_PATH": folder}
    machine = Surroundings(environ, prefixes=[folder], root=root, system="linux")
    rule = rule_with({"f": {"v": {"file": f"{start}/{below}"}}})
    assert not detect_rule(rule, machine).texts("n.f")


def outcome(table: Mapping[str, object]) -> tuple[Rule, ...] | InvalidRuleFile:
    try:
        return rules_from_table(table, "a law")
    except InvalidRuleFile as error:
        return error


@given(st.dictionaries(st.sampled_from(["namespace", "values", "first", "rule"]), anything))
def test_reading_any_table_gives_rules_or_their_own_error(table: Mapping[str, object]) -> None:
    found = outcome(table)
    if isinstance(found, InvalidRuleFile):
        assert found.faults
        assert found.message.isprintable()
    else:
        assert all(rule.features for rule in found)


@given(anything)
def test_reading_any_check_gives_a_rule_or_its_own_error(written: object) -> None:
    found = outcome({"namespace": "n", "values": {"f": {"v": written}}})
    if isinstance(found, InvalidRuleFile):
        assert all(fault.path.startswith("values.f.v") for fault in found.faults)
    else:
        assert found[0].features[0].values[0].check.wanted()


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_reading_any_file_gives_rules_or_their_own_error(content: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.toml"
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        path.write_bytes(raw)
        with pytest.raises(InvalidRuleFile):
            read_rules(path)


@given(
    st.dictionaries(
        st.text("ab .'\"=[#\u00e9", min_size=1, max_size=4),
        st.recursive(
            st.integers() | st.text("a\"'#[]{}=\\ \n", max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text("ab.", min_size=1, max_size=3), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=4,
    ),
    st.booleans(),
)
def test_every_key_is_found_on_the_line_where_it_is_written(
    table: Mapping[str, object],
    many: bool,  # noqa: FBT001 -- drawn
) -> None:
    text = tomli_w.dumps(table, multiline_strings=many)
    assert tomllib.loads(text) == table
    known = lines_of_keys(text)
    lines = text.split("\n")
    assert all(key in known for key in table_keys(table))
    for path, number in known.items():
        written = str(path[-1] if isinstance(path[-1], str) else path[-2])
        plain = written.replace('"', '\\"')
        assert plain in lines[number - 1]
        assert line_of((*path, "below"), {path: number}) == number


def table_keys(table: Mapping[str, object]) -> Iterator[KeyPath]:
    for key in table:
        yield (key,)


@given(st.text("ab*?.[", max_size=7), st.text("ab.[", max_size=7))
def test_wildcards_mean_what_they_mean_in_a_shell(pattern: str, text: str) -> None:
    shell = pattern.replace("[", "[[]")
    assert matches(pattern, text) is fnmatch.fnmatchcase(text, shell)

import ctypes.util
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from support.listings import rebuild
from whichwheel.target.detection.detection_cache import DetectionCache
from whichwheel.target.detection.detector import Detector
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.governing import Governance
from whichwheel.target.rules.faults import InvalidRuleFile
from whichwheel.target.rules.libraries import cached_libraries
from whichwheel.target.rules.rule import Rule
from whichwheel.target.rules.rule_file import read_rules, rules_from_table
from whichwheel.target.rules.rule_provider import detect_rule, rule_provider
from whichwheel.target.rules.shipped_rules import shipped_rules
from whichwheel.target.rules.surroundings import Surroundings
from whichwheel.target.support import Support

Registry = Callable[[str, str], str | None]


def rule_of(checks: object) -> Rule:
    """Return a rule with one value, `yes`, for which the checks have to hold."""
    table = {"namespace": "site", "values": {"has": {"yes": checks}}}
    (rule,) = rules_from_table(table, "a test")
    return rule


def holds(checks: object, surroundings: Surroundings) -> bool:
    facts = detect_rule(rule_of(checks), surroundings)
    assert facts.texts("site.has") in {(), ("yes",)}
    return bool(facts.texts("site.has"))


def linux(root: Path, environ: Mapping[str, str] | None = None) -> Surroundings:
    return Surroundings(
        environ or {}, prefixes=["/env"], root=root, system="linux", machine="x86_64"
    )


def windows(root: Path, registry: Registry | None = None) -> Surroundings:
    return Surroundings(
        {"USERPROFILE": "C:\\Users\\me", "PATH": "C:\\tools;relative"},
        prefixes=["C:\\env"],
        root=root,
        system="win32",
        machine="amd64",
        registry=registry or (lambda _key, _name: None),
    )


def test_the_two_rules_of_the_documentation_take_ten_lines_each(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        """\
namespace = "mpi"
[values.implementation]
openmpi = { library = ["libmpi.so.40", "libmpi.40.dylib"] }
mpich = { library = ["libmpich.so.12", "libmpi.12.dylib"] }
intelmpi = { library = "libmpi.so.12", environment = "I_MPI_ROOT" }
"""
    )
    (rule,) = read_rules(path)
    assert [value.value for value in rule.features[0].values] == ["openmpi", "mpich", "intelmpi"]
    rebuild(tmp_path, "/usr/lib64/libmpich.so.12\n/usr/lib64/libmpi.so.12\n")
    facts = detect_rule(rule, linux(tmp_path, {"I_MPI_ROOT": "/opt/intel"}))
    assert rule_provider(rule).properties(facts) == {"implementation": ("mpich", "intelmpi")}


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        (True, True),
        ({"file": "/etc/os-release"}, True),
        ({"file": "/etc"}, True),
        ({"file": "/etc/none"}, False),
        ({"file": "/etc/*-release"}, True),
        ({"file": "/e?c/os-*"}, True),
        ({"file": ["/none", "/etc/os-release"]}, True),
        ({"file": "{prefix}/conda-meta"}, True),
        ({"file": "~/.config/site"}, True),
        ({"file": "${SITE}/config"}, True),
        ({"file": "${UNSET}/config"}, False),
        ({"file": "/dangling"}, False),
        ({"file": "C:/Windows"}, False),
        ({"file-matches": {"path": "/etc/os-release", "pattern": "ID=debian"}}, True),
        ({"file-matches": {"path": "/etc/os-release", "pattern": "ID=deb"}}, False),
        ({"file-matches": {"path": "/etc/os-*", "pattern": 'VERSION="1?*'}}, True),
        ({"file-matches": {"path": "/etc", "pattern": "*"}}, False),
        ({"file-matches": {"path": "/pipe", "pattern": "*"}}, False),
        ({"file-matches": {"path": "/long", "pattern": "needle"}}, False),
        ({"library": "libhere.so.1"}, True),
        ({"library": "libhere.so.?"}, True),
        ({"library": "libhere.so"}, False),
        ({"library": ["libnone.so", "libenv*.so"]}, True),
        ({"library": "libfolder.so"}, False),
        ({"environment": "SITE"}, True),
        ({"environment": "EMPTY"}, False),
        ({"environment": {"variable": "SITE", "value": "/sit?"}}, True),
        ({"environment": {"variable": "SITE", "value": "sit"}}, False),
        ({"sysfs": "/sys/class/dmi/id/sys_vendor"}, True),
        ({"sysfs": {"path": "/sys/class/dmi/id/sys_vendor", "value": "NVIDIA*"}}, True),
        ({"sysfs": {"path": "/sys/class/*/id/sys_vendor", "value": "Dell"}}, False),
        ({"sysfs": "/sys/outside"}, False),
        ({"registry": {"key": "HKLM\\SOFTWARE\\Site"}}, False),
        ({"cpu-flag": "avx2"}, True),
        ({"cpu-flag": "sse3"}, True),
        ({"cpu-flag": ["amx_tile", "avx512f"]}, False),
        ({"all": [{"file": "/etc"}, {"environment": "SITE"}]}, True),
        ({"all": [{"file": "/etc"}, {"environment": "EMPTY"}]}, False),
        ({"file": "/etc", "environment": "EMPTY"}, False),
        ({"any": [{"file": "/none"}, {"environment": "SITE"}]}, True),
        ([{"file": "/none"}, {"environment": "SITE"}], True),
        ({"not": {"file": "/none"}}, True),
        ({"not": {"file": "/etc"}}, False),
        ({"not": {"any": [{"file": "/none"}, {"not": True}]}}, True),
    ],
)
def test_each_check_looks_at_the_system(tmp_path: Path, checks: object, expected: bool) -> None:  # noqa: FBT001 -- a parameter
    rebuild(
        tmp_path,
        "/env/conda-meta/history\n/env/lib/libenvironment.so\n/usr/lib64/libhere.so.1\n"
        "/lib/libfolder.so/a\n/dangling -> /nowhere\n/site/config\n/home/me/.config/site/a\n"
        "/sys/outside -> /etc/os-release\n",
    )
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=debian\n  VERSION="12"  \r\nNAME=x\n')
    (tmp_path / "long").write_text("x" * 70_000 + "\nneedle\n")
    os.mkfifo(tmp_path / "pipe")
    vendor = tmp_path / "sys/class/dmi/id/sys_vendor"
    vendor.parent.mkdir(parents=True)
    vendor.write_text("NVIDIA Corp\n")
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("flags\t\t: sse2 pni avx2\n")
    environ = {"SITE": "/site", "EMPTY": "", "HOME": "/home/me"}
    assert holds(checks, linux(tmp_path, environ)) is expected


def test_the_windows_registry_is_a_check_there(tmp_path: Path) -> None:
    values = {("HKLM\\SOFTWARE\\Site", "Edition"): "Server 2022", ("HKCU\\X", ""): "1"}
    machine = windows(tmp_path, lambda key, name: values.get((key, name)))
    registry = {"key": "HKLM\\SOFTWARE\\Site", "name": "Edition"}
    assert holds({"registry": registry}, machine)
    assert holds({"registry": {**registry, "value": "Server 20??"}}, machine)
    assert not holds({"registry": {**registry, "value": "Home"}}, machine)
    assert holds({"registry": [{"key": "HKLM\\None"}, {"key": "HKCU\\X"}]}, machine)


def test_windows_compares_names_without_case_and_looks_where_it_loads_from(tmp_path: Path) -> None:
    rebuild(
        tmp_path,
        "/env/Library/bin/Some.DLL\n/tools/tool.dll\n/Windows/System32/msmpi.dll\n/Users/me/a.txt\n",
    )
    machine = windows(tmp_path)
    assert holds({"all": [{"library": "some.dll"}, {"library": "TOOL.dll"}]}, machine)
    assert holds({"library": "msmpi.dll"}, machine)
    assert holds({"file": "c:/windows/SYSTEM32/msmpi.dll"}, machine)
    assert holds({"file": "~/A.txt"}, machine)
    assert not holds({"file": "/tools"}, machine)
    assert not holds({"sysfs": "/sys/tools"}, machine)


def test_a_library_of_another_architecture_does_not_count(tmp_path: Path) -> None:
    header = b"\x7fELF" + bytes([1, 1]) + bytes(10) + b"\x03\x00" + b"\x03\x00"
    old = tmp_path / "usr/lib/libtwo.so.1"
    old.parent.mkdir(parents=True)
    old.write_bytes(header)
    assert not holds({"library": "libtwo.so.1"}, linux(tmp_path))
    new = tmp_path / "usr/lib64/libtwo.so.1"
    new.parent.mkdir()
    new.write_bytes(
        header.replace(b"\x01\x01", b"\x02\x01", 1).replace(b"\x03\x00" * 2, b"\x03\0>\0")
    )
    facts = detect_rule(rule_of({"library": "libtwo.so.1"}), linux(tmp_path))
    assert facts.texts("site.has_found") == ("library `libtwo.so.1` in /usr/lib64",)


@pytest.mark.skipif(shutil.which("ldconfig", path="/sbin:/usr/sbin") is None, reason="ldconfig")
@pytest.mark.parametrize("form", ["new", "compat"])
def test_the_loader_s_own_cache_is_read(tmp_path: Path, form: str) -> None:
    libraries = sorted(Path("/usr/lib").glob("*-linux-gnu/libgcc_s.so.1"))
    if not libraries:
        pytest.skip("no library to put into a cache")
    folder = tmp_path / "opt/strange"
    folder.mkdir(parents=True)
    shutil.copyfile(libraries[0], folder / "libgcc_s.so.1")
    conf = tmp_path / "conf"
    conf.write_text(f"{folder}\n")
    (tmp_path / "etc").mkdir()
    cache = tmp_path / "etc/ld.so.cache"
    tool = shutil.which("ldconfig", path="/sbin:/usr/sbin")
    assert tool is not None
    subprocess.run([tool, "-X", "-c", form, "-C", cache, "-f", conf], check=True)
    listed = list(cached_libraries(cache.read_bytes()))
    assert ("libgcc_s.so.1", str(folder / "libgcc_s.so.1")) in listed
    # As the cache names it, which is outside of the folder that stands for the root.
    moved = cache.read_bytes().replace(str(tmp_path).encode(), b"/" * len(str(tmp_path)))
    cache.write_bytes(moved)
    surroundings = Surroundings({}, prefixes=[], root=tmp_path, system="linux")
    assert holds({"library": "libgcc_s.so.1"}, surroundings)
    assert holds({"library": "libgcc_s.so.*"}, surroundings)
    assert list(cached_libraries(moved[:200])) == []
    assert list(cached_libraries(b"ld.so-1.7.0\0" + bytes(100))) == []


@pytest.mark.skipif(sys.platform != "linux", reason="compares with the loader of Linux")
def test_what_the_loader_finds_by_name_is_found_on_this_machine() -> None:
    name = ctypes.util.find_library("c")
    if name is None:
        pytest.skip("the loader tells nothing")
    assert holds({"library": name}, Surroundings(os.environ))


@pytest.mark.parametrize(
    "checks",
    [
        {"file": "/*/*/nope"},
        {"file-matches": {"path": "/etc/hosts", "pattern": "x"}},
        {"library": "libnope*.so"},
        {"sysfs": "/sys/*/*"},
    ],
)
def test_looking_ends_at_its_time_limit(checks: object) -> None:
    surroundings = Surroundings({}, system="linux", limit=-1.0)
    with pytest.raises(TimeoutError, match="looking took longer"):
        detect_rule(rule_of(checks), surroundings)


def test_only_the_first_that_holds_counts_where_the_rule_says_so() -> None:
    table = {
        "namespace": "site",
        "first": ["tier"],
        "values": {
            "tier": {"gold": {"environment": "GOLD"}, "silver": True, "bronze": True},
            "all": {"b": True, "a": True},
        },
    }
    (rule,) = rules_from_table(table, "a test")
    provider = rule_provider(rule)
    facts = detect_rule(rule, Surroundings({}))
    assert provider.properties(facts) == {"tier": ("silver",), "all": ("b", "a")}
    assert list(provider.properties(facts)) == ["tier", "all"]
    assert provider.phrase(facts) == "tier silver, all b, a (detected)"
    assert provider.why is not None
    assert provider.why(facts, "tier", "bronze") == (
        "`silver` comes before it, and only the first that is there counts"
    )
    assert provider.why(facts, "tier", "silver") == (
        "`silver` needs nothing, so every machine has it"
    )
    assert provider.why(facts, "tier", "gold") == (
        "`gold` needs environment variable `GOLD`, and that was not found"
    )


def test_what_always_holds_is_assumed_of_described_machines() -> None:
    provider = rule_provider(rule_of(True))
    facts = provider.defaults({"platform_machine": "x86_64"})
    assert provider.properties(facts) == {"has": ("yes",)}
    assert facts["site.has"].origin is Origin.DEFAULT
    nothing = rule_provider(rule_of({"file": "/etc"}))
    assert nothing.properties(nothing.defaults({})) == {}
    assert nothing.phrase(nothing.defaults({})) == "no site has (default)"


def test_a_feature_may_be_called_present() -> None:
    table = {"namespace": "npu", "values": {"present": {"true": {"file": "/none/npu"}}}}
    (rule,) = rules_from_table(table, "a test")
    provider = rule_provider(rule)
    assert [field.name for field in provider.fields] == [
        "present",
        "present_found",
        "present_versions",
    ]
    assert provider.properties(provider.detect({})) == {}


def test_the_value_of_a_variable_is_never_shown() -> None:
    checks = {"environment": {"variable": "TOKEN", "value": "s*"}}
    facts = detect_rule(rule_of(checks), Surroundings({"TOKEN": "secret"}))
    assert facts.texts("site.has_found") == ("environment variable `TOKEN` as `s*`",)
    assert "secret" not in repr(facts)


def test_several_rules_may_stand_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[rule]]\nnamespace = "one"\nvalues.a.b = true\n\n'
        '[[rule]]\nnamespace = "two"\ndescription = "the second"\n[rule.values.c]\n"12.8" = true\n'
    )
    one, two = read_rules(path)
    assert (one.namespace, two.namespace, two.description) == ("one", "two", "the second")
    assert two.features[0].values[0].value == "12.8"
    assert one.where == str(path)


def test_a_rule_answers_in_place_of_a_built_in_provider(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    table = {"namespace": "mpi", "values": {"implementation": {"mine": {"file": "${ROOT}/mine"}}}}
    (rule,) = rules_from_table(table, "a test")
    detector = Detector({"ROOT": str(tmp_path)})

    def found(provider: object) -> Facts:
        assert provider is known
        outcome = detector.outcome(known)
        assert isinstance(outcome, Facts)
        return outcome

    known = rule_provider(rule)
    answer = Governance({}, rules={"mpi": known}).support("mpi", None, found)
    assert isinstance(answer, Support)
    assert answer.features == {"implementation": ("mine",)}


def test_the_detection_cache_forgets_when_what_was_looked_at_changes(tmp_path: Path) -> None:
    rule = rule_of(
        {
            "library": "libnew.so.1",
            "file": "${ROOT}/licence*",
            "file-matches": {"path": "${ROOT}/release", "pattern": "new"},
        }
    )
    environ = {"LD_LIBRARY_PATH": str(tmp_path), "ROOT": str(tmp_path)}
    release = tmp_path / "release"
    release.write_text("older")
    cache = DetectionCache(tmp_path / "cache", identity=lambda: ("this machine",))
    (tmp_path / "cache").mkdir()

    def outcome() -> tuple[str, ...]:
        found = Detector(environ, cache=cache).outcome(rule_provider(rule))
        assert isinstance(found, Facts)
        return found.texts("site.has")

    assert outcome() == ()
    for name in ("libnew.so.1", "licence.key"):
        (tmp_path / name).touch()
        assert outcome() == ()
    release.write_text("new")
    assert outcome() == ("yes",)
    provider = rule_provider(rule)
    assert cache.facts(provider, environ) is not None
    assert cache.facts(rule_provider(rule_of(True)), environ) is None
    assert cache.facts(provider, {**environ, "ROOT": "/"}) is None
    (tmp_path / "licence.key").unlink()
    assert outcome() == ()


def test_given_facts_stand_in_the_order_given() -> None:
    provider = rule_provider(rule_of(True))
    facts = Facts([Fact("site.has", ("z", "yes", "z", "No!"), Origin.GIVEN, "box.toml")])
    assert provider.properties(facts) == {"has": ("z", "yes")}
    assert provider.phrase(facts) == "has z, yes, z, No! (given)"


def test_the_shipped_rules_are_readable_and_of_their_namespace() -> None:
    for namespace, path in shipped_rules().items():
        (rule,) = read_rules(path)
        assert rule.namespace == namespace
        assert rule.description
        assert len(path.read_text().splitlines()) < 30


@pytest.mark.parametrize("page", ["reference/rules.rst", "how-to/write-a-rule.rst"])
def test_the_rules_that_the_documentation_shows_are_readable(page: str) -> None:
    text = (Path(__file__).parents[1] / "docs" / page).read_text("utf-8")
    blocks = re.findall(r"code-block:: toml\n\n((?:   .*\n|\n)+)", text)
    rules = [block for block in map(textwrap.dedent, blocks) if "namespace" in block]
    assert rules
    for rule in rules:
        assert rules_from_table(tomllib.loads(rule), page)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("namespace = 3\nvalues.a.b = true", "line 1: `namespace` is a number, expected a text"),
        ('namespace = "MPI"\nvalues.a.b = true', "line 1: `namespace` is `MPI`, and a namespace"),
        ('namespace = "MPI"\nvalues.a.b = true', "did you mean `mpi`?"),
        ("values.a.b = true", "`namespace` is missing"),
        ('namespace = "a"', "`values` is missing"),
        ('namespace = "a"\nvalues = []', "line 2: `values` is a list"),
        ('namespace = "a"\n[values.b]', "line 2: `values.b` is empty"),
        ('namespace = "a"\nvalues.B.c = true', "line 2: `values.B` is `B`, and a feature"),
        ('namespace = "a"\nvalues.b.C = true', "line 2: `values.b.C` is `C`, and a value"),
        (
            'namespace = "a"\nvalue.b.c = true',
            "line 2: `value` is not known, did you mean `values`",
        ),
        ('namespace = "a"\nvalues.b.c = false', "is false, expected `true` or a table of checks"),
        ('namespace = "a"\nvalues.b.c = {}', "`values.b.c` is empty, expected at least one check"),
        ('namespace = "a"\nvalues.b.c = []', "`values.b.c` is an empty list"),
        ('namespace = "a"\n[values.b]\n12.8 = true', 'in quotes, as `"12.8" = true`'),
        ('namespace = "a"\nvalues.b.c.libary = "x.so"', "is not a check, did you mean `library`?"),
        ('namespace = "a"\nvalues.b.c.wether = "x"', "known are `file`, `file-matches`"),
        ('namespace = "a"\nvalues.b.c.command = "ls"', "they never run anything"),
        ('namespace = "a"\nvalues.b.c.library = "mpi"', "expected the name of a library's file"),
        ('namespace = "a"\nvalues.b.c.library = "../libmpi.so"', "expected the name of a library"),
        ('namespace = "a"\nvalues.b.c.library = "*.so"', "does not start with a wildcard"),
        ('namespace = "a"\nvalues.b.c.library = []', "is an empty list, expected at least one"),
        ('namespace = "a"\nvalues.b.c.library = ["x.so", "x.so"]', "`x.so` again"),
        ('namespace = "a"\nvalues.b.c.file = "etc/passwd"', "`etc/passwd`: it is not absolute"),
        ('namespace = "a"\nvalues.b.c.file = "/a/../b"', "it leads upwards"),
        ('namespace = "a"\nvalues.b.c.file = "/a/**/b"', "it has `**`"),
        ('namespace = "a"\nvalues.b.c.file = "/a/${B}"', "braces that are not at its start"),
        ('namespace = "a"\nvalues.b.c.file = "/"', "it names nothing below its start"),
        ('namespace = "a"\nvalues.b.c.file = "/a\\u0000b"', "printable characters"),
        ('namespace = "a"\nvalues.b.c.file = 1', "is a number, expected a path"),
        ('namespace = "a"\nvalues.b.c.sysfs = "/etc/passwd"', "expected a path below `/sys`"),
        ('namespace = "a"\nvalues.b.c.file-matches = "/x"', "a table with `path`, `pattern`"),
        ('namespace = "a"\nvalues.b.c.file-matches = {path = "/x"}', "pattern` is missing"),
        ('namespace = "a"\nvalues.b.c.environment = {name = "X"}', "variable` is missing"),
        ('namespace = "a"\nvalues.b.c.environment = "A B"', "the name of an environment variable"),
        ('namespace = "a"\nvalues.b.c.registry = {key = "SOFTWARE"}', "expected a key as `HKLM"),
        ('namespace = "a"\nvalues.b.c.cpu-flag = "AVX2"', "a processor flag as Linux has it"),
        (
            'namespace = "a"\nvalues.b.c.all = {file = "/x"}',
            "is a table, expected a list of tables",
        ),
        ('namespace = "a"\nvalues.b.c.not = 1979-05-27', "is a date or time, expected"),
        ('namespace = "a"\nfirst = ["bb"]\nvalues.b.c = true', "line 2: `first[0]` is `bb`, no"),
        ('namespace = "a"\nfirst = ["b", "b"]\nvalues.b.c = true', "`first[1]` is `b` again"),
        ('namespace = "a"\nfirst = "b"\nvalues.b.c = true', "`first` is a text, expected a list"),
        ('namespace = "a"\nvalues.b.c = true\nvalues.b_found.c = true', "what a fact of `b` is"),
        ('namespace = "a"\ndescription = "x\\ny"\nvalues.b.c = true', "is not one line of text"),
        ("rule = []", "`rule` is an empty list, expected tables as `[[rule]]`"),
        ('[[rule]]\nnamespace = "a"\nvalues.b.c = true\n' * 2, "line 5: `rule[1].namespace`"),
        ('namespace = "a"\nvalues.b.c = true\nvalues.b.c = true', "line 3: not TOML"),
        ("namespace = \n", "line 1: not TOML: Invalid value"),
        ('{"namespace": "a"}', "not TOML"),
        ("\x00", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
    ],
)
def test_a_bad_rule_is_one_message_with_the_place_and_what_was_expected(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(InvalidRuleFile) as raised:
        read_rules(path)
    assert expected in raised.value.message
    assert raised.value.message.startswith(f"the rules in `{path}` are not usable: ")
    assert "\n" not in raised.value.message
    assert raised.value.hint


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '# """ not a text [ either\nnamespace = "Site"\n\n[values.has]\n'
        'text = { file-matches = { path = "/x", pattern = "\\"# [" } }\n'
        "yes = [\n  { library = \"x\" }, # one\n  { file = 'y' },\n]\n"
        '"no.no" = { libraries = """\nmany\nlines = 1""" }\n'
    )
    with pytest.raises(InvalidRuleFile) as raised:
        read_rules(path)
    assert [(fault.line, fault.path) for fault in raised.value.faults] == [
        (2, "namespace"),
        (6, "values.has.yes[0].library"),
        (6, "values.has.yes[1].file"),
        (10, 'values.has."no.no".libraries'),
    ]


def test_a_file_that_is_too_large_missing_or_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(b"#" * 10_000_000)
    with pytest.raises(InvalidRuleFile, match="larger than 1048576 bytes"):
        read_rules(path)
    path.write_bytes(b'namespace = "\xff"')
    with pytest.raises(InvalidRuleFile, match="not TOML"):
        read_rules(path)
    with pytest.raises(InvalidRuleFile, match="cannot be read: No such file"):
        read_rules(tmp_path / "none.toml")
    with pytest.raises(InvalidRuleFile, match="cannot be read"):
        read_rules(tmp_path)


def test_what_is_too_much_is_refused() -> None:
    deep: object = True
    for _ in range(20):
        deep = {"not": deep}
    for checks, words in (
        (deep, "nested deeper than 8 levels"),
        ({"file": [f"/{number}" for number in range(65)]}, "has 65 entries, expected at most 64"),
        ({"any": [True] * 65}, "at most 64"),
        ({"environment": {"variable": "A", "value": "x" * 201}}, "1 to 200 printable"),
    ):
        with pytest.raises(InvalidRuleFile, match=words):
            rule_of(checks)
    for values, words in (
        ({f"v{number}": True for number in range(257)}, "has 257 values"),
        ({"v" * 101: True}, "longer than 100 characters"),
    ):
        with pytest.raises(InvalidRuleFile, match=words):
            rules_from_table({"namespace": "a", "values": {"b": values}}, "a test")
    with pytest.raises(InvalidRuleFile, match="and 30 more"):
        rules_from_table({f"k{number}": 1 for number in range(48)}, "a test")


def test_patterns_take_no_long_time_on_any_text(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a" * 65_000)
    pattern = "*a" * 90 + "b*a"
    checks = {"file-matches": {"path": "/text", "pattern": pattern}}
    assert not holds(checks, linux(tmp_path))

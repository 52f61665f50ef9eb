"""Selector files beside wheels with suffixes, and `whichwheel convert`, from the outside."""

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from support.command import Completed
from support.index import write_project
from support.server import serve
from support.workplace import Workplace

#: As it was proposed; TOML 1.0 refuses the table over several lines.
PROPOSED = """\
# python-flint-0.6.0-wheel-selector.toml
[wheel-selector]
variables = ["x86_64_version"]

[selector.x86_64_version]
requires = ["cpuversion >= 1.0"]
function = ["cpuversion:get_x86_64_psABI_version"]
wheel_tags = {
    x86-64    = [""],
    x86-64-v2 = [""],
    x86-64-v3 = ["x86_64_v3", ""],
    x86-64-v4 = ["x86_64_v4", "x86_64_v3", ""],
}
"""
UNKNOWN = PROPOSED.replace("cpuversion:get_x86_64_psABI_version", "mycpu:version")
NAME = "python_flint-0.6.0-wheel-selector.toml"
LEVELS = {level: ", ".join(f"v{n}" for n in range(level, 0, -1)) for level in range(1, 5)}


def _level(level: int) -> tuple[str, str]:
    return "--set", f"x86_64 :: level :: {LEVELS[level]}"


def _value(value: str) -> tuple[str, str]:
    return "--set", f"x86_64_version :: value :: {value}"


def _build(workplace: Workplace, suffix: str = "", *, build: str = "") -> Path:
    path = workplace.build(
        "python-flint",
        version="0.6.0",
        build=build,
        files={"python_flint/__init__.py": f"built_for = {suffix!r}\n"},
    )
    return path.rename(path.with_name(f"{path.stem}+{suffix}.whl")) if suffix else path


def _flint(
    workplace: Workplace,
    text: str = PROPOSED,
    suffixes: tuple[str, ...] = ("x86_64_v3", "x86_64_v4"),
) -> Path:
    for suffix in suffixes:
        _build(workplace, suffix)
    _build(workplace)
    selector = workplace.wheels / NAME
    selector.write_bytes(text.encode("utf-8", "surrogateescape"))
    return selector


def _site(workplace: Workplace) -> Path:
    return Path(workplace.environment.interpreter.paths["purelib"])


def _label(done: Completed) -> str | None:
    assert done.code == 0, done.stderr
    packages: Any = done.document["packages"]
    label = packages[0]["chosen"]["label"]
    assert label is None or isinstance(label, str)
    return label


def _installed(workplace: Workplace) -> dict[str, str | None]:
    done = workplace.run("list", "--python", workplace.python, "--json")
    packages: Any = done.document["packages"]
    return {each["name"]: each["label"] for each in packages}


@pytest.mark.parametrize(
    ("level", "label"), [(1, None), (2, None), (3, "x86_64_v3"), (4, "x86_64_v4")]
)
def test_the_file_as_it_was_proposed_is_followed(
    workplace: Workplace, level: int, label: str | None
) -> None:
    _flint(workplace)
    assert _label(workplace.explain("python-flint", *_level(level), "--json")) == label
    done = workplace.install("python-flint", *_level(level))
    assert done.code == 0
    assert _installed(workplace) == {"python-flint": label}
    built_for = _site(workplace) / "python_flint" / "__init__.py"
    assert built_for.read_text("utf-8") == f"built_for = {label or ''!r}\n"


def test_what_was_installed_is_known_kept_checked_and_refreshed(workplace: Workplace) -> None:
    _flint(workplace)
    assert workplace.install("python-flint", *_level(3)).code == 0
    again = workplace.install("python-flint", *_level(3))
    assert again.stdout == "nothing to do: 1 package is installed already\n"
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    checked = workplace.run("check", *where, *_level(3))
    assert (checked.code, checked.stderr) == (0, "")
    assert "all is well" in checked.stdout
    refreshed = workplace.run("refresh", *where, *_level(4))
    assert "python-flint 0.6.0 (x86_64_v4)" in refreshed.stdout
    unfit = workplace.run("check", *where, *_level(3))
    assert unfit.code == 1
    assert "does not fit: `x86_64 :: level` must be `v4`" in unfit.stdout
    assert workplace.run("uninstall", "python-flint", "--python", workplace.python).code == 0
    assert _installed(workplace) == {}


@pytest.mark.parametrize("form", ["html", "json"])
def test_an_index_may_list_the_file(workplace: Workplace, form: str) -> None:
    selector = _flint(workplace)
    write_project(
        workplace.folder,
        "python-flint",
        [*sorted(workplace.wheels.glob("*.whl")), selector],
        form=form,
    )
    with serve(workplace.folder) as server:
        index = ("--index-url", f"{server.url}simple/", "--python", workplace.python)
        explained = workplace.run("explain", "python-flint", *index, *_level(4), "--json")
        assert _label(explained) == "x86_64_v4"
        done = workplace.run("install", "python-flint", *index, *_level(4))
        assert (done.code, done.stderr) == (0, "")
    assert _installed(workplace) == {"python-flint": "x86_64_v4"}


def test_a_selector_with_the_wrong_hash_or_gone_leaves_the_plain_wheel(
    workplace: Workplace,
) -> None:
    selector = _flint(workplace)
    wheels = sorted(workplace.wheels.glob("*.whl"))
    write_project(workplace.folder, "python-flint", [*wheels, selector])
    selector.write_text(PROPOSED.replace("v4", "v3"), "utf-8")
    with serve(workplace.folder) as server:
        index = ("--index-url", f"{server.url}simple/", "--python", workplace.python, *_level(4))
        changed = workplace.run("explain", "python-flint", *index, "--json")
        assert _label(changed) is None
        assert "has the wrong sha256 hash" in changed.stderr
        selector.unlink()
        gone = workplace.run("explain", "python-flint", *index, "--json", "--refresh")
        assert _label(gone) is None
        assert "answered with HTTP status 404" in gone.stderr


def test_a_wheel_named_by_its_path_has_the_file_beside_it(workplace: Workplace) -> None:
    selector = _flint(workplace)
    wheel = workplace.wheels / "python_flint-0.6.0-py3-none-any+x86_64_v3.whl"
    refused = workplace.install(wheel, *_level(2))
    assert refused.code == 1
    assert "`x86_64 :: level` must be `v3`" in refused.stderr
    assert workplace.install(wheel, *_level(3)).code == 0
    assert _installed(workplace) == {"python-flint": "x86_64_v3"}
    selector.unlink()
    alone = workplace.install(wheel, *_level(3), "--reinstall")
    assert alone.code == 1
    assert "has no `*-wheel-selector.toml`" in alone.stderr


def test_variants_json_comes_before_the_file(workplace: Workplace) -> None:
    selector = _flint(workplace)
    text = '{"$schema": "https://variants-schema.example/v0.1.1.json", "default-priorities": '
    text += '{"namespace": ["x86_64"]}, "variants": {"x86_64_v4": {"x86_64": {"level": ["v2"]}}}}'
    selector.with_name("python_flint-0.6.0-variants.json").write_text(text, "utf-8")
    document = workplace.explain("python-flint", *_level(2), "--json")
    assert _label(document) == "x86_64_v4"
    assert workplace.install("python-flint", *_level(2)).code == 0
    assert _installed(workplace) == {"python-flint": "x86_64_v4"}


def test_an_unknown_function_is_not_run_and_its_value_can_be_given(workplace: Workplace) -> None:
    ran = workplace.folder / "ran"
    code = f"open({str(ran)!r}, 'w')\ndef version(): ...\n"
    (_site(workplace) / "mycpu.py").write_text(code, "utf-8")
    _flint(workplace, UNKNOWN)
    without = workplace.explain("python-flint")
    assert without.code == 0
    assert "python_flint-0.6.0-py3-none-any.whl" in without.stdout
    assert "no provider is known for the namespace `x86_64_version`" in without.stderr
    assert '`--set "x86_64_version :: value :: x86_64"`' in without.stderr
    for value, label in (
        ("x86_64_v4", "x86_64_v4"),
        ("x86_64_v3", "x86_64_v3"),
        ("x86_64_v2", None),
        ("other", None),
    ):
        done = workplace.explain("python-flint", *_value(value), "--json")
        assert _label(done) == label
    target = workplace.folder / "box.toml"
    target.write_text(
        'python = "3.12"\nplatform = "manylinux_2_28_x86_64"\n'
        'properties.x86_64_version.value = ["x86_64_v3"]\n',
        "utf-8",
    )
    where = ("--no-index", "--find-links", workplace.wheels, "--for", target, "--json")
    assert _label(workplace.run("explain", "python-flint", *where)) == "x86_64_v3"
    assert workplace.install("python-flint", *_value("x86_64_v4")).code == 0
    assert _installed(workplace) == {"python-flint": "x86_64_v4"}
    assert not ran.exists()


def test_a_rule_of_the_user_gives_the_value_too(workplace: Workplace) -> None:
    _flint(workplace, UNKNOWN)
    rule = workplace.folder / "rule.toml"
    rule.write_text(
        'namespace = "x86_64_version"\n\n[values.value]\n'
        'x86_64_v4 = { environment = { variable = "CPU_KIND", value = "four" } }\n'
        'x86_64_v3 = { environment = { variable = "CPU_KIND", value = "three" } }\n',
        "utf-8",
    )
    (workplace.folder / "whichwheel.toml").write_text(
        '[providers]\nrules = ["rule.toml"]\n', "utf-8"
    )
    done = workplace.explain("python-flint", "--json", env={"CPU_KIND": "three"})
    assert _label(done) == "x86_64_v3"


@pytest.mark.skipif(sys.platform == "win32", reason="the executable is a script of POSIX")
def test_a_trusted_executable_gives_the_value_too(workplace: Workplace) -> None:
    _flint(workplace, UNKNOWN)
    program = workplace.folder / "bin" / "whichwheel-provider-x86_64_version"
    program.parent.mkdir()
    answer = {
        "protocol": "whichwheel-provider/1",
        "features": [{"name": "value", "values": ["x86_64_v4", "x86_64_v3"]}],
    }
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n", "utf-8")
    program.chmod(0o755)
    env = {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    assert _label(workplace.explain("python-flint", "--json", env=env)) is None
    trusted = workplace.run("providers", "trust", program.name, "--yes", env=env)
    assert trusted.code == 0, trusted.stderr
    assert _label(workplace.explain("python-flint", "--json", env=env)) == "x86_64_v4"


def test_pip_gets_the_wheel_through_run(workplace: Workplace) -> None:
    _flint(workplace)
    where = ("--no-index", "--find-links", workplace.wheels)
    target = workplace.folder / "box.toml"
    target.write_text(
        f'python = "{sys.version_info[0]}.{sys.version_info[1]}"\n'
        'platform = "manylinux_2_28_x86_64"\nfacts.x86_64.level = "v3"\n',
        "utf-8",
    )
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q")
    done = workplace.run(
        *("run", "--for", target, *where, "--", *pip, "-d", "got", "--no-deps", "python-flint"),
    )
    assert done.code == 0, done.stderr
    (got,) = (workplace.folder / "got").iterdir()
    with zipfile.ZipFile(got) as wheel:
        assert wheel.read("python_flint/__init__.py") == b"built_for = 'x86_64_v3'\n"


def test_a_table_may_put_the_plain_wheel_first_or_leave_it_out(workplace: Workplace) -> None:
    table = PROPOSED.partition("wheel_tags")[0].replace("cpuversion:get_", "moods:")
    _flint(
        workplace,
        f'{table}wheel_tags = {{ calm = ["", "x86_64_v3"], wild = ["x86_64_v4"], odd = [] }}',
    )
    assert _label(workplace.explain("python-flint", *_value("calm"), "--json")) is None
    assert _label(workplace.explain("python-flint", *_value("wild"), "--json")) == "x86_64_v4"
    none = workplace.explain("python-flint", *_value("odd"))
    assert none.code == 1
    assert (
        "the selector file does not list the wheel without suffix for "
        "`x86_64_version :: value :: odd`"
    ) in " ".join(none.stdout.split())
    calm = workplace.explain("python-flint", *_value("calm"))
    assert "the selector file puts it later for" in calm.stdout


def test_several_variables_and_build_numbers(workplace: Workplace) -> None:
    text = """
[wheel-selector]
variables = ["cpu", "blas"]
[selector.cpu]
function = "cpuversion:get_x86_64_psABI_version"
wheel_tags = {x86-64 = [""], x86-64-v3 = ["v3", ""],}
[selector.blas]
wheel_tags = {mkl = ["mkl", ""], other = [""]}
"""
    _flint(workplace, text, ("v3", "mkl", "v3+mkl"))
    _build(workplace, "v3+mkl", build="2")
    for level, blas, label in (
        (4, "mkl", "v3.mkl"),
        (4, "other", "v3"),
        (1, "mkl", "mkl"),
        (1, "other", None),
    ):
        given = (*_level(level), "--set", f"blas :: value :: {blas}")
        assert _label(workplace.explain("python-flint", *given, "--json")) == label
    best: Any = workplace.explain(
        "python-flint", *_level(3), "--set", "blas :: value :: mkl", "--json"
    ).document["packages"]
    chosen = best[0]["chosen"]["filename"]
    assert chosen == "python_flint-0.6.0-2-py3-none-any+v3+mkl.whl"


def test_a_lock_keeps_the_order_of_the_file(workplace: Workplace) -> None:
    _flint(workplace, UNKNOWN)
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    lock = workplace.folder / "pylock.toml"
    given = _value("x86_64_v4")
    assert workplace.run("lock", "python-flint", *where, *given, "-o", lock).code == 0
    for value, label in (("x86_64_v4", "x86_64_v4"), ("x86_64_v3", "x86_64_v3")):
        synced = workplace.run("sync", lock, "--python", workplace.python, *_value(value))
        assert synced.code == 0, synced.stderr
        assert _installed(workplace) == {"python-flint": label}
    text = lock.read_text("utf-8")
    lock.write_text(text.replace('feature = "x86_64_version', 'feature = "'), "utf-8")
    bad = workplace.run("sync", lock, "--python", workplace.python, *given)
    assert bad.code == 1
    assert "`tool.whichwheel.rankings` cannot be read" in bad.stderr


def test_a_wheel_named_by_its_path_can_be_locked(workplace: Workplace) -> None:
    _flint(workplace)
    lock = workplace.folder / "pylock.toml"
    wheel = workplace.wheels / "python_flint-0.6.0-py3-none-any+x86_64_v3.whl"
    given = ("--python", workplace.python, *_level(4))
    assert workplace.run("lock", wheel, "--no-index", *given, "-o", lock).code == 0
    assert workplace.run("sync", lock, *given).code == 0
    assert _installed(workplace) == {"python-flint": "x86_64_v3"}


_HEAD = '[wheel-selector]\nvariables = ["v"]\n'
MALFORMED = {
    "empty": ("", "$.wheel-selector: found nothing, expected a table"),
    "no TOML": ("= 1\n", "line 1: it is not TOML"),
    "true line": (PROPOSED + "x = = 1\n", "line 14: it is not TOML"),
    "open table": (PROPOSED.rstrip("}\n"), "it is not TOML"),
    "not UTF-8": ("a = 1\n# \udcff\n", "line 2: it is not UTF-8"),
    "too large": ("#" * 300_000, "larger than 262144 bytes"),
    "too deep": ("a = " + "[" * 50_000, "nested deeper than 16 levels"),
    "long key": ("a" + ".a" * 50_000 + " = 1", "more than 64 dots"),
    "long key over lines": ("a = {b" + ".\nb" * 20_000 + " = 1}", "more than 64 dots"),
    "same key twice": (_HEAD + 'variables = ["v"]\n', "it is not TOML"),
    "no variables": ("[wheel-selector]\nvariables = []\n[selector]\n", "found an empty list"),
    "variable without table": (_HEAD, "$.selector"),
    "unlisted table": (
        _HEAD + '[selector.v]\nwheel_tags = {a = [""]}\n[selector.w]\n',
        "$.selector.w: is not listed",
    ),
    "unknown key": (
        _HEAD + '[selector.v]\nwheel_tag = {a = [""]}\n',
        "$.selector.v.wheel_tag: unknown key; did you mean `wheel_tags`?",
    ),
    "path in a suffix": (
        _HEAD + '[selector.v]\nwheel_tags = {a = ["../../x"]}\n',
        "`../../x` is not a suffix",
    ),
    "plus in a suffix": (_HEAD + '[selector.v]\nwheel_tags = {a = ["+x"]}\n', "starts with `+`"),
    "reserved suffix": (_HEAD + '[selector.v]\nwheel_tags = {a = ["null"]}\n', "is reserved"),
    "suffix twice": (_HEAD + '[selector.v]\nwheel_tags = {a = ["x", "x"]}\n', "occurs twice"),
    "no list": (_HEAD + '[selector.v]\nwheel_tags = {a = "x"}\n', "expected a list of texts"),
    "no requirement": (
        _HEAD + '[selector.v]\nrequires = ["a b"]\nwheel_tags = {a = [""]}\n',
        "`a b` is not a dependency specifier",
    ),
    "no function": (
        _HEAD + '[selector.v]\nfunction = ["os.system(1)"]\nwheel_tags = {a = [""]}\n',
        "$.selector.v.function[0]",
    ),
    "two functions": (
        _HEAD + '[selector.v]\nfunction = ["a:b", "c:d"]\nwheel_tags = {a = [""]}\n',
        "found 2 functions",
    ),
    "reserved variable": (
        PROPOSED.replace("x86_64_version", "abi_dependency"),
        "has another meaning",
    ),
    "all faults at once": (
        _HEAD + '[selector.v]\nfunction = 3\nwheel_tags = {a = ["A"], b = 1}\n',
        "$.selector.v.wheel_tags.b: found a number",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_told_and_leaves_the_plain_wheel(
    workplace: Workplace, case: str
) -> None:
    text, message = MALFORMED[case]
    _flint(workplace, text)
    done = workplace.explain("python-flint", *_level(4), "--json")
    assert _label(done) is None
    assert f"the selector file `{NAME}` is not usable" in done.stderr
    assert message in done.stderr
    assert "only `null` and plain wheels are considered" in done.stderr
    converted = workplace.run("convert", workplace.wheels / NAME)
    assert converted.code == 1
    assert message in converted.stderr
    assert "Traceback" not in done.stderr + converted.stderr


def test_with_strict_a_malformed_file_stops_the_install(workplace: Workplace) -> None:
    _flint(workplace, "= 1")
    before = workplace.tree()
    strict = workplace.install("python-flint", "--strict")
    assert strict.code == 1
    assert "is not usable: line 1: it is not TOML" in strict.stderr
    assert workplace.tree() == before
    assert workplace.install("python-flint").code == 0
    assert _installed(workplace) == {"python-flint": None}


@pytest.mark.parametrize(
    "suffix",
    ["", ".", "..", "é", "A", "x y", "null", "x++y", "+", "x" * 101, "\u202ex", "x-y-z", "$(id)"],
)
def test_an_odd_suffix_leaves_the_wheel_out(workplace: Workplace, suffix: str) -> None:
    wheel = _build(workplace)
    try:
        wheel.rename(wheel.with_name(f"{wheel.stem}+{suffix}.whl"))
    except OSError:
        pytest.skip("this file system has no such names")
    _flint(workplace)
    assert _label(workplace.explain("python-flint", *_level(4), "--json")) == "x86_64_v4"
    plain = workplace.explain("python-flint", *_level(1), "--json")
    assert _label(plain) is None
    chosen: Any = plain.document["packages"]
    assert chosen[0]["chosen"]["filename"] == "python_flint-0.6.0-py3-none-any.whl"


@pytest.mark.parametrize("form", ["html", "json"])
def test_a_path_in_a_suffix_reaches_no_file(workplace: Workplace, form: str) -> None:
    selector = _flint(workplace)
    folder = write_project(
        workplace.folder,
        "python-flint",
        [*sorted(workplace.wheels.glob("*.whl")), selector],
        form=form,
    )
    page = folder / f"index.{form}"
    for trick in ("any+../../../../evil", "any+..%2F..%2Fevil", "any+..\\..\\evil"):
        text = page.read_text("utf-8").replace("any+x86_64_v4", trick.replace("\\", "\\\\"))
        (folder / f"index.{form}").write_text(text, "utf-8")
        with serve(workplace.folder) as server:
            index = ("--index-url", f"{server.url}simple/", "--python", workplace.python)
            done = workplace.run("install", "python-flint", *index, *_level(4), "--reinstall")
        assert "Traceback" not in done.stderr
        assert not [each for each in workplace.folder.rglob("*evil*") if each.is_file()]
        assert _installed(workplace) in ({"python-flint": "x86_64_v3"}, {"python-flint": None})
        page.write_text(text.replace(trick.replace("\\", "\\\\"), "any+x86_64_v4"), "utf-8")


def test_suffixes_that_only_one_side_knows(workplace: Workplace) -> None:
    _flint(workplace, suffixes=("x86_64_v3", "stray"))  # the file has `x86_64_v4` besides
    done = workplace.install("python-flint", *_level(4))
    assert done.code == 0
    assert _installed(workplace) == {"python-flint": "x86_64_v3"}
    assert (
        "does not say when wheels with the suffix `+stray` are taken; they are not considered"
    ) in done.stderr
    explained = workplace.explain("python-flint", *_level(4))
    assert "does not list the label `stray`" in explained.stdout


def test_two_suffixes_of_one_label_are_both_left_aside(workplace: Workplace) -> None:
    text = """
[wheel-selector]
variables = ["v", "w"]
[selector.v]
wheel_tags = {on = ["a", "a.b", ""]}
[selector.w]
wheel_tags = {on = ["b", ""]}
"""
    _flint(workplace, text, ("a+b", "a.b"))
    done = workplace.explain(
        "python-flint", "--set", "v :: value :: on", "--set", "w :: value :: on", "--json"
    )
    assert _label(done) is None
    assert "`+a+b`" in done.stderr
    assert "`+a.b`" in done.stderr


def test_suffixes_without_a_file_are_refused_with_the_reason(workplace: Workplace) -> None:
    _flint(workplace).unlink()
    done = workplace.install("python-flint", *_level(4))
    assert done.code == 0
    assert "has no `*-wheel-selector.toml` that says when they are taken" in done.stderr
    assert _installed(workplace) == {"python-flint": None}


def test_a_wheel_of_another_release_under_a_suffix_is_not_installed(workplace: Workplace) -> None:
    _flint(workplace)
    impostor = workplace.build("evil", version="6.6.6")
    impostor.replace(workplace.wheels / "python_flint-0.6.0-py3-none-any+x86_64_v4.whl")
    before = workplace.tree()
    done = workplace.install("python-flint", *_level(4), "--strict")
    assert done.code == 1
    assert workplace.tree() == before
    assert workplace.install("python-flint", *_level(4)).code in {0, 1}
    assert "evil" not in _installed(workplace)


def test_convert_makes_variants_of_wheels_and_file(workplace: Workplace) -> None:
    selector = _flint(workplace)
    dry = workplace.run("convert", selector, "--rename", workplace.wheels, "--dry-run")
    assert (dry.code, dry.stderr) == (0, "")
    assert '"x86_64_v4"' in dry.stdout
    assert (
        "0.6.0-py3-none-any+x86_64_v4.whl -> python_flint-0.6.0-py3-none-any-x86_64_v4"
        in dry.stdout
    )
    assert "would write" in dry.stdout
    assert not (workplace.wheels / "python_flint-0.6.0-variants.json").exists()
    done = workplace.run("convert", selector, "--rename", workplace.wheels, "--strict")
    assert (done.code, done.stderr) == (0, "")
    assert sorted(path.name for path in workplace.wheels.iterdir()) == [
        "python_flint-0.6.0-py3-none-any-x86_64_v3.whl",
        "python_flint-0.6.0-py3-none-any-x86_64_v4.whl",
        "python_flint-0.6.0-py3-none-any.whl",
        "python_flint-0.6.0-variants.json",
        "python_flint-0.6.0-wheel-selector.toml",
    ]
    selector.unlink()
    assert workplace.install("python-flint", *_level(4)).code == 0
    assert _installed(workplace) == {"python-flint": "x86_64_v4"}
    back = workplace.run("convert", workplace.wheels / "python_flint-0.6.0-variants.json", "--json")
    assert back.code == 0
    assert back.document["lost"] == []
    assert 'x86-64-v4 = ["x86_64_v4", "x86_64_v3", ""]' in selector.read_text("utf-8")
    assert list(back.document) == ["format", "output", "written", "content", "lost", "wheels"]


def test_convert_says_what_is_lost(workplace: Workplace) -> None:
    selector = _flint(workplace, UNKNOWN)
    strict = workplace.run("convert", selector, "--strict")
    assert strict.code == 1
    assert "lost: `mycpu:version` is not named" in strict.stderr
    output = workplace.wheels / "python_flint-0.6.0-variants.json"
    assert not output.exists()
    done = workplace.run("convert", selector, "--json")
    assert done.code == 0
    kinds = {loss["kind"] for loss in _losses(done)}
    assert kinds == {"function", "requires", "value", "order"}
    assert done.stderr.count("warning: lost: ") == len(_losses(done))
    taken = workplace.run("convert", selector)
    assert taken.code == 1
    assert "exists already" in taken.stderr
    assert workplace.run("convert", selector, "--force").code == 0


def _losses(done: Completed) -> list[dict[str, str]]:
    losses: Any = done.document["lost"]
    assert isinstance(losses, list)
    return losses


def test_convert_back_names_what_a_selector_cannot_say(workplace: Workplace) -> None:
    path = workplace.folder / "foo-1.0-variants.json"
    path.write_text(
        '{"$schema": "https://variants-schema.example/v0.1.1.json", "default-priorities": '
        '{"namespace": ["nvidia", "blas_lapack"]}, "variants": {"null": {}, '
        '"cu": {"nvidia": {"cuda_version_lower_bound": ["12.8"]}}, '
        '"mkl": {"blas_lapack": {"library": ["mkl"]}}, '
        '"cu.mkl": {"nvidia": {"cuda_version_lower_bound": ["12.8"]}, '
        '"blas_lapack": {"library": ["mkl"]}}, '
        '"both": {"nvidia": {"cuda_version_lower_bound": ["12.8"]}, '
        '"blas_lapack": {"library": ["mkl"]}}}}',
        "utf-8",
    )
    done = workplace.run("convert", path)
    assert done.code == 0
    for words in (
        "`null` is left out",
        "`both` is left out: it has several features",
        "no function is known that computes `blas_lapack :: library`",
    ):
        assert words in done.stderr
    text = (workplace.folder / "foo-1.0-wheel-selector.toml").read_text("utf-8")
    assert 'variables = ["nvidia", "blas_lapack"]' in text
    assert 'mkl = ["mkl", ""]' in text


def test_convert_with_wrong_files(workplace: Workplace) -> None:
    selector = _flint(workplace)
    odd = selector.rename(workplace.wheels / "odd.toml")
    nameless = workplace.run("convert", odd)
    assert nameless.code == 1
    assert "hint: name it with `-o`" in nameless.stderr
    assert workplace.run("convert", odd, "-o", odd).code == 1
    whose = workplace.run("convert", odd, "-o", "x.json", "--rename", workplace.wheels)
    assert whose.code == 1
    assert "does not tell whose wheels are meant" in whose.stderr
    assert workplace.run("convert", workplace.wheels / "none.toml").code == 1
    wheel = next(workplace.wheels.glob("*+x86_64_v3.whl"))
    assert workplace.run("convert", wheel).code == 1
    output = workplace.folder / NAME.replace("wheel-selector.toml", "variants.json")
    wheel.write_bytes(b"no wheel")
    broken = workplace.run("convert", odd, "-o", output, "--rename", workplace.wheels)
    assert broken.code == 1
    assert "is broken" in broken.stderr
    assert wheel.exists()
    assert not output.exists()


def test_an_index_is_told_what_to_do_with_suffixes(workplace: Workplace) -> None:
    _flint(workplace)
    done = workplace.run("index", workplace.wheels)
    assert done.code == 1
    assert "`whichwheel convert --rename` makes a variant wheel of it" in done.stderr
    assert (workplace.wheels / "index.html").exists()

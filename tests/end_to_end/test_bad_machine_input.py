"""Bad input about machines: one message that names its place, in time, and nothing obeyed."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.command import Completed
from support.workplace import Workplace
from whichwheel.target.sealed_json import sealed, unsealed

HEAD = b'python = "3.12"\nplatform = "manylinux_2_28_x86_64"\n'
RULE = b'namespace = "fabric"\n[values.kind]\n'
#: What a terminal would obey, but for the end of a line.
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
LONGEST_MESSAGE = 4000
posix = pytest.mark.skipif(sys.platform == "win32", reason="these files are those of POSIX")


def says_one_thing(done: Completed, *words: str) -> bool:
    """Whether a run failed with one short error and one hint, and nothing else."""
    first, *others = done.stderr.splitlines()
    return (
        done.code in {1, 2}
        and first.startswith("error: ")
        and all(word in first for word in words)
        and [line.partition(" ")[0] for line in others] == ["hint:"]
        and "internal error" not in first
        and len(first) < LONGEST_MESSAGE
        and not CONTROLS.search(done.stdout + done.stderr)
    )


def configuration_folder(workplace: Workplace) -> Path:
    folder = workplace.folder / "home" / "config" / "whichwheel"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


TARGETS: dict[str, tuple[bytes, str]] = {
    "wrong type": (b"python = 3\nplatform = []\n", "line 2: `platform` is a list"),
    "empty list": (HEAD + b"tags = []\n", "line 3: `tags` is empty"),
    "upper case": (HEAD + b'enable = ["NVIDIA"]\n', "did you mean `nvidia`?"),
    "duplicate": (HEAD + b'enable = ["amd", "amd"]\n', "line 3: `enable[1]` is `amd`"),
    "duplicate key": (HEAD + HEAD, "line 3: it is not TOML"),
    "not UTF-8": (HEAD + b'name = "\xff"\n', "line 3: it is not TOML"),
    "null character": (b'python = "3\x00"\n', "line 1: it is not TOML"),
    "10 MB": (HEAD + b"#" * 10_000_000, "larger than 1048576 bytes"),
    "deep lists": (HEAD + b"name = " + b"[" * 50_000, "nested too deep"),
    "deep tables": (HEAD + b"name = " + b"{a=" * 50_000, "nested too deep"),
    "long dotted key": (HEAD + b"a." * 50_000 + b"a = 1\n", "line 3: a key has more than 64 parts"),
    "quoted dotted key": (HEAD + b"'a' . " * 50_000 + b"a = 1\n", "line 3: a key has more than 64"),
    "large number": (HEAD + b"name = " + b"1" * 5000, "thousands of digits"),
    "tags without end": (
        HEAD + b'tags = ["' + b"-".join([b".".join([b"a"] * 300)] * 3) + b'"]\n',
        "line 3: `tags` stands for 27000000 tags",
    ),
    "escapes in keys": (HEAD + b'"\\u001b[31m" = 1\n', "line 3: `\\x1b[31m` is not known"),
    "escapes in values": (HEAD + b'gpus = "\\u009b31m"\n', "line 3: `gpus` is `\\x9b31m`"),
    "circle": (b'extends = "./bad.toml"\n', "leads back to itself: `bad` -> `bad`"),
    "extends a device": (b'extends = "/dev/zero"\n', "line 1: `extends` is `/dev/zero`"),
    "extends no path": (b'extends = "./a\\u0000.toml"\n', "line 1: `extends` is `./a\\x00.toml`"),
}


@pytest.mark.parametrize("fault", TARGETS)
def test_a_bad_target_file_is_one_message_with_its_line(workplace: Workplace, fault: str) -> None:
    content, expected = TARGETS[fault]
    (workplace.folder / "bad.toml").write_bytes(content)
    done = workplace.run("platform", "--for", "./bad.toml")
    assert says_one_thing(done, "`bad.toml`", expected), done.stderr
    checked = workplace.run("target", "check", "bad.toml")
    assert (checked.code, checked.stderr) == (1, "")
    assert checked.stdout.startswith("bad.toml:")
    assert not CONTROLS.search(checked.stdout)


CONFIGURATIONS: dict[str, tuple[str, bytes, str]] = {
    "ours is no table": (
        "pyproject.toml",
        b"[tool]\nwhichwheel = 5\n",
        "line 2: `tool.whichwheel`",
    ),
    "targets": ("pyproject.toml", b"[tool.whichwheel]\ntargets = []\n", "line 2: `tool.which"),
    "not UTF-8": ("pyproject.toml", b"# whichwheel\n\xff", "line 2: it is not TOML"),
    "unknown key": ("whichwheel.toml", b"targts = {}\n", "line 1: `targts` is not known, did you"),
    "escapes": ("whichwheel.toml", b'[targets."\\u001b[31m"]\n', "line 1: `targets.\\x1b[31m`"),
    "slashes": ("whichwheel.toml", b'[targets."a/b"]\n', "line 1: `targets.a/b` is no name"),
    "switches": ("whichwheel.toml", b'[providers]\nenable = ["A"]\n', "line 2: `providers.enable["),
    "10 MB": ("whichwheel.toml", b"#" * 10_000_000, "larger than 1048576 bytes"),
}


@pytest.mark.parametrize("fault", CONFIGURATIONS)
def test_a_bad_configuration_is_one_message_with_its_line(workplace: Workplace, fault: str) -> None:
    name, content, expected = CONFIGURATIONS[fault]
    (workplace.folder / name).write_bytes(content)
    for arguments in (("target", "list"), ("platform",), ("providers",)):
        done = workplace.run(*arguments)
        assert says_one_thing(done, f"{name}`", expected), done.stderr


RULES: dict[str, tuple[bytes, str]] = {
    "wrong type": (b"namespace = 3\nvalues = []\n", "line 1: `namespace` is a number"),
    "empty list": (RULE + b"a = []\n", "line 3: `values.kind.a` is an empty list"),
    "upper case": (RULE + b"A = true\n", "line 3: `values.kind.A`"),
    "duplicate key": (RULE + b"a = true\na = true\n", "not TOML"),
    "not UTF-8": (b'namespace = "\xff"\n', "line 1: not TOML"),
    "10 MB": (b"#" * 10_000_000, "larger than 1048576 bytes"),
    "deep lists": (RULE + b"a = " + b"[" * 50_000, "nested too deep"),
    "deep checks": (RULE + b"a = " + b"{not=" * 99 + b"true" + b"}" * 99, "nested deeper than 8"),
    "long dotted key": (b"a." * 50_000 + b"a = 1\n", "line 1: a key has more than 64 parts"),
    "large number": (RULE + b"a = " + b"1" * 5000, "thousands of digits"),
    "a library's path": (RULE + b'a = {library = "../libx.so"}\n', "line 3: `values.kind.a.libr"),
    "a command": (RULE + b'a = {command = "id"}\n', "rules only look, they never run anything"),
    "escapes": (RULE + b'a = {file = "/\\u001b[31m"}\n', "`/\\x1b[31m`"),
}


@pytest.mark.parametrize("fault", RULES)
def test_a_bad_rule_is_one_message_with_its_line(workplace: Workplace, fault: str) -> None:
    content, expected = RULES[fault]
    folder = configuration_folder(workplace) / "rules"
    folder.mkdir()
    (folder / "bad.toml").write_bytes(content)
    done = workplace.run("providers")
    assert says_one_thing(done, "bad.toml`", expected), done.stderr


def make_pipe(path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(path)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "a pipe": make_pipe,
    "a folder": Path.mkdir,
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}


@posix
@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_told_and_not_waited_for(workplace: Workplace, kind: str) -> None:
    make = NO_FILES[kind]
    make(workplace.folder / "bad.toml")
    done = workplace.run("platform", "--for", "./bad.toml")
    assert says_one_thing(done, "`bad.toml`"), done.stderr
    project = workplace.folder / "whichwheel.toml"
    project.write_text('[providers]\nrules = ["bad.toml"]\n')
    assert says_one_thing(workplace.run("providers"), "bad.toml`")
    project.unlink()
    if kind != "a link to itself":
        make(project)
        assert says_one_thing(workplace.run("providers"), "whichwheel.toml`")
        project.rename(workplace.folder / "aside")
    folder = configuration_folder(workplace)
    make(folder / "trust.json")
    assert says_one_thing(workplace.run("providers"), "trust.json`")


@posix
@pytest.mark.parametrize("kind", NO_FILES)
def test_a_trusted_executable_that_is_no_file_any_more_is_not_waited_for(
    workplace: Workplace, kind: str
) -> None:
    path = trusted_executable(workplace)
    path.unlink()
    NO_FILES[kind](path)
    done = workplace.run("platform")
    assert done.code == 0
    (warning,) = done.stderr.splitlines()
    assert warning.startswith(f"warning: `{path}` cannot be a provider: ")
    (way,) = executables(workplace)
    assert way["state"] == "gone"


def trusted_executable(workplace: Workplace) -> Path:
    answer = '{"protocol": "whichwheel-provider/1", "features": []}'
    path = workplace.folder / "whichwheel-provider-taste"
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    done = workplace.run("providers", "trust", f"./{path.name}", "--yes")
    assert done.code == 0, done.stderr
    return path


def executables(workplace: Workplace) -> list[dict[str, Any]]:
    listed: Any = workplace.run("providers", "--json").document["providers"]
    return [each for each in listed if each["kind"] == "executable"]


ANSWER = '{"protocol": "whichwheel-provider/1", "features": [{"name": "a", "values": ["b"]}]}'
UPPER = "echo '" + ANSWER.replace('"b"', '"B"') + "'"
TWICE = "echo '" + ANSWER.replace('"b"', '"b", "b"') + "'"
LONG_KEY = "k" * 100_000
ANSWERS: dict[str, tuple[str, str]] = {
    "not JSON": ("echo hello", "it is not JSON"),
    "a partial line": (f"printf '{ANSWER[:30]}'", "it is not JSON"),
    "10 MB": ("head -c 10000000 /dev/zero", "more than 1 MiB"),
    "an exit code": ("printf 'bad \\033[31m\\302\\2331m end' >&2; exit 3", "code 3: bad \\x1b"),
    "a signal": ("kill -SEGV $$", "signal 11"),
    "a version to come": (f"echo '{ANSWER.replace('/1', '/2')}'", "`whichwheel-provider/1`"),
    "another namespace": (f'echo \'{ANSWER[:-1]}, "namespace": "x"}}\'', "it answered for `x`"),
    "upper case": (UPPER, "$.features[0].values[0]: `B`"),
    "duplicates": (TWICE, "`b` occurs twice"),
    "a long key twice": (f'k=\'"{LONG_KEY}": 1\'; echo "{{$k, $k}}"', "occurs twice"),
    "a left child": ("setsid sleep 20 &", "it gave no answer"),
    "no answer": ("\n#", "it gave no answer"),
}


@posix
@pytest.mark.parametrize("fault", ANSWERS)
def test_a_bad_answer_is_one_warning_that_names_its_provider(
    workplace: Workplace, fault: str
) -> None:
    body, expected = ANSWERS[fault]
    path = workplace.folder / "whichwheel-provider-taste"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    done = workplace.run("providers", "trust", f"./{path.name}", "--yes")
    assert done.code == 0
    for stderr in (done.stderr, workplace.run("platform").stderr):
        (warning,) = stderr.splitlines()
        assert warning.startswith(f"warning: the provider `{path.name}` failed: "), warning
        assert expected in warning
        assert len(warning) < LONGEST_MESSAGE
        assert not CONTROLS.search(warning)


@pytest.mark.parametrize("value", ["x", "\x1b[31m", "9" * 5000, "0," * 20_000])
@pytest.mark.parametrize(
    "variable",
    [
        "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION",
        "NV_VARIANT_PROVIDER_FORCE_SM_ARCH",
        "AMD_VARIANT_PROVIDER_FORCE_ROCM_VERSION",
        "INTEL_VARIANT_PROVIDER_FORCE_DEVICE_IP",
    ],
)
def test_an_override_that_cannot_be_read_is_one_message_with_its_name(
    workplace: Workplace, variable: str, value: str
) -> None:
    done = workplace.run("platform", env={variable: value})
    assert says_one_thing(done, f"`{variable}`", "expected"), done.stderr


TRUST: dict[str, tuple[dict[str, object], str]] = {
    "name": ({"name": "../../x"}, "$.executables[0].name"),
    "path": ({"path": "bin/x"}, "$.executables[0].path"),
    "no path": ({"path": "/bin/\0"}, "$.executables[0].path"),
    "hash": ({"sha256": "F" * 64}, "$.executables[0].sha256"),
    "namespaces": ({"namespaces": ["a", "a"]}, "$.executables[0].namespaces[1]"),
    "type": ({"namespaces": "taste"}, "$.executables[0].namespaces"),
    "key": ({"\x1b[31m": 1}, '$.executables[0]["\\\\x1b[31m"]'),
}


@posix
@pytest.mark.parametrize("fault", TRUST)
def test_a_bad_entry_of_the_trust_file_is_one_message_with_its_path(
    workplace: Workplace, fault: str
) -> None:
    change, expected = TRUST[fault]
    trusted_executable(workplace)
    file = configuration_folder(workplace) / "trust.json"
    document = json.loads(file.read_text())
    document["executables"][0] |= change
    file.write_text(json.dumps(document))
    before = file.read_bytes()
    for arguments in (
        ("providers",),
        ("providers", "trust", "./whichwheel-provider-taste", "--yes"),
        ("providers", "untrust", "taste"),
    ):
        done = workplace.run(*arguments)
        assert says_one_thing(done, "trust.json`", expected), done.stderr
    assert file.read_bytes() == before


@posix
@pytest.mark.parametrize(
    "content", [b"", b'{"format": "which', b"\xff", b"[" * 5000, b"[]", b" " * 10_000_000]
)
def test_a_trust_file_that_is_no_document_trusts_nothing(
    workplace: Workplace, content: bytes
) -> None:
    path = trusted_executable(workplace)
    path.write_text("#!/bin/sh\ntouch ran\n")
    file = configuration_folder(workplace) / "trust.json"
    file.write_bytes(content)
    assert says_one_thing(workplace.run("providers"), "trust.json`")
    done = workplace.run("platform")
    assert done.code == 0
    assert [line.startswith("warning: the trust file") for line in done.stderr.splitlines()] == [
        True
    ]
    assert not list(workplace.folder.rglob("ran"))


CACHED: dict[str, Callable[[dict[str, Any]], object]] = {
    "no table": lambda entry: [entry],
    "huge time": lambda entry: {**entry, "at": 10**400},
    "no time": lambda entry: {**entry, "at": None},
    "time to come": lambda entry: {**entry, "at": entry["at"] + 1e6},
    "no answer": lambda entry: {**entry, "answer": None},
    "wrong shape": lambda entry: {**entry, "answer": [[]]},
    "wrong type": lambda entry: {**entry, "answer": _values(entry, 5)},
    "wrong text": lambda entry: {**entry, "answer": _values(entry, "\x1b[31m")},
    "wrong list": lambda entry: {**entry, "answer": _values(entry, ["\x1b[31m"])},
    "foreign facts": lambda entry: {**entry, "answer": [["other.key", "9", "detected", "x"]]},
}


def _values(entry: dict[str, Any], value: object) -> list[list[object]]:
    return [[key, value, *more] for key, _, *more in entry["answer"]]


@pytest.mark.parametrize("fault", CACHED)
def test_a_damaged_detection_cache_is_as_good_as_empty(workplace: Workplace, fault: str) -> None:
    first = workplace.run("platform", "--json")
    assert first.code == 0, first.stderr
    files = list((workplace.folder / "home").rglob("detections/*.json"))
    if not files:
        pytest.skip("this system does not tell when it was started")
    for file in files:
        entry = unsealed(file.read_bytes())
        assert isinstance(entry, dict)
        file.write_bytes(sealed(CACHED[fault](entry)))
    again = workplace.run("platform", "--json")
    assert (again.code, again.stderr) == (0, "")
    assert again.stdout == first.stdout


@posix
@pytest.mark.parametrize("kind", NO_FILES)
def test_a_cache_of_what_is_no_file_is_not_waited_for(workplace: Workplace, kind: str) -> None:
    arguments = ("platform", "--python", workplace.python)
    assert workplace.run(*arguments).code == 0
    for file in (workplace.folder / "home" / "cache").rglob("*.json"):
        file.unlink()
        NO_FILES[kind](file)
    done = workplace.run(*arguments)
    assert (done.code, done.stderr) == (0, "")


ESCAPES = HEAD + (
    b'name = "\\u001b[31mred\\u009b1m\\u202e"\ndescription = "\\u001b]0;title\\u0007"\n'
    b'[markers]\nplatform_release = "\\u009b1m"\n'
    b'[facts.nvidia]\ndriver_cuda_version = "13.0"\ncompute_capabilities = ["9.0"]\n'
    b'gpus = ["\\u001b[31mH100\\u009b1m"]\n'
)


@posix
def test_no_escape_of_a_file_or_of_its_name_reaches_the_terminal(workplace: Workplace) -> None:
    folder = workplace.folder / "folder\x1b[31m"
    folder.mkdir()
    file = folder / "lab.toml"
    file.write_bytes(ESCAPES)
    path = folder / "whichwheel-provider-taste"
    trusted_executable(workplace).rename(path)
    for arguments in (
        ("platform", "--for", file),
        ("target", "show", file),
        ("target", "check", file),
        ("target", "diff", file, "aws-p5"),
        ("platform", "--for", file, "--json"),
        ("providers", "trust", path, "--yes"),
        ("providers", "-v"),
        ("providers", "untrust", path),
        ("platform", "--for", "\x1b[31m"),
        ("platform", "--set", "a :: b :: \x1b[31m"),
        ("platform", "--why", "\x9b31m"),
        ("platform", "--gpus", "\x1b[31m"),
        ("platform", "--enable", "\x1b[31m"),
        ("providers", "trust", "\x1b[31m", "--yes"),
    ):
        done = workplace.run(*arguments)
        assert not CONTROLS.search(done.stdout + done.stderr), arguments
        assert "internal error" not in done.stderr
    written = workplace.run("platform", "--for", file, "--toml")
    assert not CONTROLS.search(written.stdout)
    file.write_text(written.stdout, encoding="utf-8")
    assert workplace.run("target", "check", file).code == 0
    document: Any = workplace.run("platform", "--for", file, "--json").document
    assert document["target"]["name"] == "\x1b[31mred\x9b1m\u202e"


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ("platform", "--for", "~nobody-at-all/x.toml"),
        ("platform", "--python", "~nobody-at-all/bin/python"),
        ("providers", "trust", "~nobody-at-all/whichwheel-provider-x", "--yes"),
        ("providers", "trust", f"./whichwheel-provider-{'a' * 5000}", "--yes"),
        ("providers", "untrust", "~nobody-at-all"),
    ],
)
def test_a_path_that_leads_nowhere_is_one_message(
    workplace: Workplace, arguments: tuple[str, ...]
) -> None:
    done = workplace.run(*arguments)
    assert done.code == 1
    assert done.stderr.count("error: ") == 1
    assert "internal error" not in done.stderr

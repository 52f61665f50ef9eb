import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.plugins import CLASSES, FUNCTIONS, INSTANCE, Trusting, build_plugin, digest
from whichwheel.plugins.errors import PinChanged
from whichwheel.plugins.outside import TrustedProviders
from whichwheel.spec.metadata import Provider
from whichwheel.target.detection.detection_cache import DetectionCache
from whichwheel.target.facts import Origin
from whichwheel.target.support import Refusal, RefusalKind, Support

BOTH = {"kind": ("sweet", "salty"), "shape": ("round",)}
KIND = {"kind": ("sweet", "salty")}


@pytest.fixture
def trusting(tmp_path: Path) -> Trusting:
    return Trusting(tmp_path)


def asked(
    providers: TrustedProviders,
    *requires: str,
    plugin_api: str | None = None,
    namespace: str = "taste",
) -> Support | Refusal | None:
    requires = requires or ("taste-provider",)
    provider = Provider(requires=requires, plugin_api=plugin_api)
    return providers.support(namespace, provider, requires)


def features(answer: Support | Refusal | None) -> Mapping[str, tuple[str, ...]]:
    assert isinstance(answer, Support), answer
    return answer.features


def refused(answer: Support | Refusal | None, kind: RefusalKind = RefusalKind.FAILED) -> str:
    assert isinstance(answer, Refusal)
    assert answer.kind is kind
    return answer.message


@pytest.mark.parametrize(
    ("source", "plugin_api", "entry_point", "expected"),
    [
        (FUNCTIONS, None, None, BOTH),
        (FUNCTIONS, "taste_provider", None, BOTH),
        (CLASSES, "taste_provider:Outer.Plugin", None, KIND),
        (CLASSES, "taste_provider:Outer.Static", None, {"kind": ("salty",)}),
        (CLASSES, None, "taste_provider:Outer.Plugin", KIND),
        (INSTANCE, "taste_provider:Plugin", None, KIND),
        (INSTANCE, None, "taste_provider:Plugin", KIND),
    ],
)
def test_both_generations_of_the_plugin_api_are_understood(
    trusting: Trusting,
    source: str,
    plugin_api: str | None,
    entry_point: str | None,
    expected: Mapping[str, tuple[str, ...]],
) -> None:
    build_plugin(trusting.wheels, source, entry_point=entry_point)
    trusting.trust_package()
    answer = asked(trusting.providers(), plugin_api=plugin_api)
    assert features(answer) == expected
    assert list(features(answer)) == list(expected)
    assert isinstance(answer, Support)
    assert answer.origin is Origin.DETECTED
    assert answer.facts == "as `taste-provider 1.0` says"
    fact = answer.evidence["taste.provider"]
    assert (fact.value, fact.source) == (
        "taste-provider 1.0",
        "plugin package `taste-provider 1.0`",
    )
    assert trusting.told == []


def test_why_says_what_the_plugin_lists(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    answer = asked(trusting.providers())
    assert isinstance(answer, Support)
    assert answer.why is not None
    assert answer.why("kind", "sweet") == "`taste-provider 1.0` lists it"
    assert answer.why("kind", "sour").endswith("lists `sweet`, `salty` and no `sour`")
    assert answer.why("size", "x").endswith("supports no `size` here")


def test_nothing_is_fetched_or_run_without_trust(trusting: Trusting, tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    build_plugin(trusting.wheels, f"open({str(marker)!r}, 'w')\n{FUNCTIONS}")
    assert asked(trusting.providers()) is None
    assert trusting.providers().support("taste", None, ()) is None
    assert trusting.opened == 0
    build_plugin(trusting.wheels, FUNCTIONS, name="other-provider")
    trusting.trust_package("other-provider")
    assert asked(trusting.providers()) is None
    assert not marker.exists()
    # Looking at it before it is trusted runs nothing either.
    trusting.trust_package()
    assert not marker.exists()
    assert features(asked(trusting.providers())) == BOTH
    assert marker.exists()


def test_every_package_that_the_metadata_names_has_to_be_trusted(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    build_plugin(trusting.wheels, "HELP = 1\n", name="helper")
    trusting.trust_package()
    both = ("taste-provider", "helper>=1")
    message = refused(asked(trusting.providers(), *both), RefusalKind.UNKNOWN)
    assert "`helper>=1`" in message
    assert '`whichwheel providers trust "helper>=1"`' in message
    trusting.trust_package("helper")
    assert features(asked(trusting.providers(), *both)) == BOTH
    assert trusting.told == []


@pytest.mark.parametrize(
    ("requirement", "word"),
    [
        ("taste-provider>=2", "`taste-provider>=2`, and `taste-provider 1.0` is trusted"),
        ("taste-provider[gpu]", "`taste-provider[gpu]`, and `taste-provider` is trusted"),
        ("taste-provider @ https://index.example/x.whl", "a URL"),
    ],
)
def test_what_is_trusted_has_to_satisfy_the_metadata(
    trusting: Trusting, requirement: str, word: str
) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    message = refused(asked(trusting.providers(), requirement), RefusalKind.UNKNOWN)
    assert word in message
    assert asked(trusting.providers(), "Taste.Provider>=1,<2") is not None


def test_the_pinned_version_stays_when_a_newer_one_appears(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    build_plugin(trusting.wheels, CLASSES, version="1.1")
    assert features(asked(trusting.providers())) == BOTH
    trusting.trust_package()
    assert trusting.trust.read().packages["taste-provider"].version == "1.1"  # type: ignore[index]


def test_dependencies_are_pinned_and_installed_too(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, "WORD = 'bitter'\n", name="words")
    source = FUNCTIONS.replace('"sweet", "salty"', "words.WORD")
    build_plugin(trusting.wheels, f"import words\n{source}", requires=["words>=1"])
    trusting.trust_package()
    assert features(asked(trusting.providers()))["kind"] == ("bitter",)
    (entry,) = trusting.trust.read().packages.values()
    assert [wheel.name for wheel in entry.wheels] == ["taste-provider", "words"]


def test_variant_wheels_are_never_used_for_a_plugin(trusting: Trusting) -> None:
    from support.wheels import WheelSpec, build_wheel  # noqa: PLC0415 -- only here

    build_plugin(trusting.wheels, FUNCTIONS)
    build_wheel(
        trusting.wheels,
        WheelSpec(
            "taste-provider",
            label="fast",
            properties={"x86_64": {"level": ["v1"]}},
            files={"taste_provider/__init__.py": CLASSES},
        ),
    )
    trusting.trust_package()
    (entry,) = trusting.trust.read().packages.values()
    assert entry.wheels[0].filename == "taste_provider-1.0-py3-none-any.whl"


def test_an_environment_in_the_cache_needs_no_source(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    assert features(asked(trusting.providers())) == BOTH
    before = trusting.opened
    shutil.rmtree(trusting.wheels)
    assert features(asked(trusting.providers())) == BOTH
    assert trusting.opened == before


def test_a_cleared_cache_is_made_anew_from_the_pins(trusting: Trusting) -> None:
    wheel = build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    asked(trusting.providers())
    shutil.rmtree(trusting.cache)
    build_plugin(trusting.wheels, CLASSES, version="2.0")
    assert features(asked(trusting.providers())) == BOTH
    shutil.rmtree(trusting.cache)
    wheel.unlink()
    message = refused(asked(trusting.providers()))
    assert wheel.name in message


def test_a_damaged_environment_is_made_anew(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    asked(trusting.providers())
    (module,) = (trusting.cache / "plugins-1").rglob("site-packages/taste_provider/__init__.py")
    module.unlink()
    module.write_text("raise SystemExit('changed')\n")
    assert features(asked(trusting.providers())) == BOTH


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_an_environment_that_others_could_write_is_made_anew(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    asked(trusting.providers())
    folder = trusting.cache / "plugins-1"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # As whole as the one that was made, but by somebody else.
    (module,) = (
        path for path in folder.rglob("taste_provider/__init__.py") if "site-" in str(path)
    )
    status = module.stat()
    changed = module.read_text().replace("sweet", "sour!")
    module.unlink()
    module.write_text(changed)
    os.utime(module, ns=(status.st_atime_ns, status.st_mtime_ns))
    folder.chmod(0o777)
    assert features(asked(trusting.providers())) == BOTH
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can give a folder away"
)
def test_an_environment_of_another_user_is_never_run(trusting: Trusting) -> None:
    if sys.platform != "win32":
        build_plugin(trusting.wheels, FUNCTIONS)
        trusting.trust_package()
        asked(trusting.providers())
        os.chown(trusting.cache / "plugins-1", 1234, 1234)
        message = refused(asked(trusting.providers()))
        assert "belongs to another user" in message


def test_a_changed_hash_is_told_with_both_values(trusting: Trusting, tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    wheel = build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package()
    pinned = digest(wheel)
    build_plugin(trusting.wheels, f"open({str(marker)!r}, 'w')\n{FUNCTIONS}")
    found = digest(wheel)
    message = refused(asked(trusting.providers()))
    assert message == (
        f"`{wheel.name}` is not the file that was trusted: expected sha256 `{pinned}`, "
        f"found `{found}`"
    )
    assert trusting.told == [message]
    assert not marker.exists()
    with pytest.raises(PinChanged) as caught:
        trusting.trust_package()
    assert (caught.value.expected, caught.value.found) == (pinned, found)
    assert caught.value.hint is not None
    assert "providers untrust taste-provider" in caught.value.hint


def test_without_providers_in_the_metadata_a_known_namespace_is_enough(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, FUNCTIONS)
    trusting.trust_package(namespaces=["taste"])
    providers = trusting.providers()
    assert providers.namespaces() == ("taste",)
    assert features(providers.support("taste", None, ())) == BOTH
    assert providers.support("smell", None, ()) is None


def test_the_plugin_api_that_the_user_named_rules(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, CLASSES)
    trusting.trust_package(plugin_api="taste_provider:Outer.Static")
    answer = asked(trusting.providers(), plugin_api="taste_provider:Outer.Plugin")
    assert features(answer) == {"kind": ("salty",)}


MISBEHAVIOUR = {
    "raises": ("raise ValueError('no luck')", "it raised `ValueError: no luck`"),
    "exits": ("import sys\n    sys.exit(3)", "it ended the program with code 3"),
    "exits at once": ("import os\n    os._exit(5)", "it ended with code 5"),
    "exits at once, and well": ("import os\n    os._exit(0)", "it gave no answer"),
    "returns nothing": ("return None", "returned a `NoneType`, expected a list"),
    "returns a table": ("return {'kind': ['sweet']}", "returned a `dict`, expected a list"),
    "yields": ("yield Config('kind', ['sweet'])", "returned a `generator`, expected a list"),
    "lists texts": ("return ['sweet']", "is a `str` without `name`"),
    "numbers": ("return [Config('kind', [1])]", "values[0]: found a number, expected a text"),
    "one text": ("return [Config('kind', 'sweet')]", "found a text, expected a list of texts"),
    "a set": ("return [Config('kind', {'sweet'})]", "it answered with a `set`"),
    "upper case": ("return [Config('kind', ['Sweet'])]", "`Sweet` does not match `^[a-z0-9_.]+$`"),
    "bad feature": ("return [Config('a-b', ['x'])]", "`a-b` does not match `^[a-z0-9_]+$`"),
    "no feature": ("return [Config('', ['x'])]", "$.features[0].name: found an empty text"),
    "values twice": ("return [Config('kind', ['x', 'x'])]", "`x` occurs twice"),
    "feature twice": (
        "return [Config('kind', ['x']), Config('kind', ['y'])]",
        "`kind` occurs twice",
    ),
    "10 MB": ("return [Config('kind', ['x' * 10_000_000])]", "answered with more than 1 MiB"),
    "circles": ("a = []\n    a.append(a)\n    return [Config('kind', a)]", "it raised `ValueError"),
    "half a pair": ("return [Config('kind', [chr(0xD800)])]", "half a surrogate pair"),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_what_a_plugin_does_wrong_is_one_message_that_names_it(
    trusting: Trusting, name: str
) -> None:
    body, word = MISBEHAVIOUR[name]
    source = FUNCTIONS.partition("def get_supported_configs")[0]
    build_plugin(trusting.wheels, f"{source}\ndef get_supported_configs():\n    {body}\n")
    trusting.trust_package()
    providers = trusting.providers()
    message = refused(asked(providers))
    assert message.startswith("the provider `taste-provider 1.0` failed: ")
    assert word in message
    assert "\n" not in message
    assert len(message) < 600
    # It is asked once, and told once.
    assert refused(asked(providers)) == message
    assert trusting.told == [message]


@pytest.mark.parametrize(
    ("plugin_api", "word"),
    [
        ("no such thing", "expected the form `module:object`"),
        ("taste_provider:", "expected the form `module:object`"),
        ("taste_provider:Missing", "`taste_provider:Missing` does not exist"),
        ("taste_provider.missing", "`taste_provider.missing` is no module of the package"),
        ("antigravity", "`antigravity` is no module of the package"),
        ("os:system", "`os:system` is no module of the package"),
        ("taste_provider:Config", "`taste_provider:Config` has no `get_supported_configs`"),
    ],
)
def test_a_plugin_api_that_is_none_runs_nothing_else(
    trusting: Trusting, plugin_api: str, word: str
) -> None:
    build_plugin(trusting.wheels, FUNCTIONS, entry_point="taste_provider")
    trusting.trust_package()
    assert word in refused(asked(trusting.providers(), plugin_api=plugin_api))


def test_an_error_while_a_plugin_is_imported_is_told_as_it_is(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, f"import not_there\n{FUNCTIONS}")
    trusting.trust_package()
    assert "No module named 'not_there'" in refused(asked(trusting.providers()))


def test_a_plugin_that_judges_wheels_is_told_apart(trusting: Trusting) -> None:
    source = INSTANCE.replace("dynamic = False", "dynamic = True")
    build_plugin(trusting.wheels, source, entry_point="taste_provider:Plugin")
    trusting.trust_package()
    assert "`dynamic`" in refused(asked(trusting.providers()))


def test_an_empty_list_is_a_true_answer(trusting: Trusting) -> None:
    source = FUNCTIONS.replace('["sweet", "salty"]', "[]")
    build_plugin(trusting.wheels, source)
    build_plugin(
        trusting.wheels, "def get_supported_configs():\n    return []\n", name="none-provider"
    )
    trusting.trust_package()
    trusting.trust_package("none-provider")
    assert features(asked(trusting.providers())) == {"shape": ("round",)}
    assert features(asked(trusting.providers(), "none-provider")) == {}
    assert trusting.told == []


def test_what_a_plugin_prints_is_not_its_answer(trusting: Trusting) -> None:
    noise = (
        "import os, sys, subprocess, atexit\n"
        "print('{\"features\": []}', flush=True)\n"
        "os.write(1, b'[1, 2]')\n"
        "subprocess.run([sys.executable, '-c', 'print(1)'])\n"
        "sys.stderr.write('oops\\n' * 1_000_000)\n"
        "sys.stdout.write('more' * 1_000_000)\n"
        "atexit.register(lambda: __import__('time').sleep(60))\n"
    )
    build_plugin(trusting.wheels, noise + FUNCTIONS)
    trusting.trust_package()
    assert features(asked(trusting.providers())) == BOTH
    assert trusting.told == []


def test_a_plugin_that_hangs_is_ended(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, f"import time\ntime.sleep(60)\n{FUNCTIONS}")
    trusting.trust_package()
    providers = trusting.providers(limit=1.0)
    started = time.monotonic()
    message = refused(asked(providers))
    assert message.endswith("failed: it gave no answer within 1 s")
    assert time.monotonic() - started < 30  # the environment is made in that time, too
    started = time.monotonic()
    assert refused(asked(providers)) == message
    assert time.monotonic() - started < 0.5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_plugin_that_dies_by_a_signal_is_told(trusting: Trusting) -> None:
    build_plugin(trusting.wheels, f"import os\nos.kill(os.getpid(), 9)\n{FUNCTIONS}")
    trusting.trust_package()
    assert refused(asked(trusting.providers())).endswith("it was ended by signal 9")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")
def test_a_plugin_that_forks_answers_once_and_leaves_nothing(
    trusting: Trusting, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    forks = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        f"    open({str(note)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "os.fork()\n"
        f"while not os.path.exists({str(note)!r}):\n"
        "    time.sleep(0.01)\n"
    )
    build_plugin(trusting.wheels, forks + FUNCTIONS)
    trusting.trust_package()
    assert features(asked(trusting.providers())) == BOTH
    for _ in range(100):
        try:
            os.kill(int(note.read_text() or "0") or os.getpid(), signal.SIGCONT)
            state = Path(f"/proc/{note.read_text()}/stat")
            if state.exists() and state.read_text().rpartition(") ")[2].startswith("Z"):
                break
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("a process is left")


def test_a_plugin_sees_next_to_nothing_of_the_user(trusting: Trusting, tmp_path: Path) -> None:
    source = (
        "import os, sys\n"
        + FUNCTIONS.partition("def get_supported_configs")[0]
        + "def get_supported_configs():\n"
        "    names = sorted(name.lower() for name in os.environ)\n"
        "    return [\n"
        "        Config('names', names),\n"
        "        Config('left', ['in_' + str(len(os.listdir('.')))]),\n"
        "        Config('input', ['s' + str(len(sys.stdin.read()))]),\n"
        "        Config('isolated', ['i' + str(sys.flags.isolated)]),\n"
        "    ]\n"
    )
    build_plugin(trusting.wheels, source)
    trusting.trust_package()
    environ = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "SECRET_TOKEN": "x",
        "PYTHONPATH": str(tmp_path),
        "CUDA_VISIBLE_DEVICES": "0",
        "TASTE_VARIANT_PROVIDER_FORCE_KIND": "sweet",
    }
    found = features(asked(trusting.providers(environ=environ)))
    names = set(found["names"])
    assert names >= {"path", "cuda_visible_devices", "taste_variant_provider_force_kind"}
    assert not names & {"home", "secret_token", "pythonpath"}
    assert found["left"] == ("in_0",)
    assert found["input"] == ("s0",)
    assert found["isolated"] == ("i1",)


def test_answers_are_kept_while_nothing_that_bears_on_them_changes(
    trusting: Trusting, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    build_plugin(trusting.wheels, f"open({str(count)!r}, 'a').write('x')\n{FUNCTIONS}")
    trusting.trust_package()
    kept = DetectionCache(tmp_path / "detections", identity=lambda: ("this machine",))

    def ask(*, refresh: bool = False, **environ: str) -> int:
        providers = trusting.providers(kept=kept, environ=environ, refresh=refresh)
        assert features(asked(providers)) == BOTH
        return len(count.read_text())

    assert ask() == 1
    assert ask() == 1
    assert ask(SOMETHING="else") == 1
    assert ask(CUDA_VISIBLE_DEVICES="1") == 2
    assert ask(CUDA_VISIBLE_DEVICES="1") == 2
    assert ask(refresh=True) == 3
    other = DetectionCache(tmp_path / "detections", identity=lambda: ("another machine",))
    assert features(asked(trusting.providers(kept=other))) == BOTH
    assert len(count.read_text()) == 4


def test_a_failure_is_not_kept(trusting: Trusting, tmp_path: Path) -> None:
    switch = tmp_path / "well"
    source = f"import os\nif not os.path.exists({str(switch)!r}): raise OSError\n{FUNCTIONS}"
    build_plugin(trusting.wheels, source)
    trusting.trust_package()
    kept = DetectionCache(tmp_path / "detections", identity=lambda: ("this machine",))
    refused(asked(trusting.providers(kept=kept)))
    switch.touch()
    assert features(asked(trusting.providers(kept=kept))) == BOTH


def test_a_broken_trust_file_trusts_nothing_and_is_told(trusting: Trusting) -> None:
    trusting.trust.path.parent.mkdir()
    trusting.trust.path.write_text("{")
    trusting.trust.path.chmod(0o600)
    providers = trusting.providers()
    assert "trust.json" in refused(asked(providers))
    assert providers.namespaces() == ()
    assert len(trusting.told) == 1

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from support.plugins import Trusting, digest
from whichwheel.plugins.errors import NoExecutable
from whichwheel.plugins.executables import find_executables, locate_executable
from whichwheel.plugins.trust import TrustedExecutable
from whichwheel.target.support import Refusal, RefusalKind, Support

if sys.platform == "win32":
    pytest.skip("the executables of these tests are scripts of POSIX", allow_module_level=True)

EXAMPLES = Path(__file__).parents[1] / "examples" / "providers"
ANSWER = '{"protocol": "whichwheel-provider/1", "features": [{"name": "kind", "values": ["x"]}]}'


@pytest.fixture
def trusting(tmp_path: Path) -> Trusting:
    return Trusting(tmp_path)


def script(folder: Path, body: str, name: str = "taste") -> Path:
    path = folder / f"whichwheel-provider-{name}"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def trust(trusting: Trusting, path: Path, *namespaces: str) -> None:
    name, found = locate_executable(str(path), {})
    entry = TrustedExecutable(name, found, digest(found), namespaces or ("taste",), "2026-11-01")
    trusting.trust.add_executable(entry)


def answer(
    trusting: Trusting, namespace: str = "taste", environ: dict[str, str] | None = None
) -> Support:
    found = trusting.providers(environ=environ).support(namespace, None, ())
    assert isinstance(found, Support), found
    return found


def failure(trusting: Trusting, *, limit: float = 10.0) -> str:
    found = trusting.providers(limit=limit).support("taste", None, ())
    assert isinstance(found, Refusal)
    assert found.kind is RefusalKind.FAILED
    assert trusting.told == [found.message]
    return found.message


def test_an_executable_gets_a_request_and_answers(trusting: Trusting, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    path = script(tmp_path, f"cat > {seen}; echo '{ANSWER}'")
    assert trusting.providers().support("taste", None, ()) is None
    assert not seen.exists()
    trust(trusting, path)
    found = answer(trusting)
    assert found.features == {"kind": ("x",)}
    assert found.evidence["taste.provider"].source == "executable `whichwheel-provider-taste`"
    request = json.loads(seen.read_text())
    assert request["protocol"] == "whichwheel-provider/1"
    assert request["namespace"] == "taste"
    assert seen.read_text().count("\n") == 1
    assert trusting.providers().namespaces() == ("taste",)


def test_what_it_found_is_evidence(trusting: Trusting, tmp_path: Path) -> None:
    facts = ANSWER[:-1] + ', "facts": {"tongue": "human 1.0"}}'
    trust(trusting, script(tmp_path, f"echo '{facts}'"))
    found = answer(trusting)
    assert found.facts == "tongue human 1.0 (detected by `whichwheel-provider-taste`)"
    assert found.evidence["taste.tongue"].value == "human 1.0"


def test_another_file_in_its_place_is_not_run(trusting: Trusting, tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    path = script(tmp_path, f"echo '{ANSWER}'")
    trust(trusting, path)
    pinned = digest(path)
    script(tmp_path, f"touch {marker}; echo '{ANSWER}'")
    message = failure(trusting)
    assert pinned in message
    assert digest(path) in message
    assert not marker.exists()


def test_an_executable_that_is_gone_is_told(trusting: Trusting, tmp_path: Path) -> None:
    path = script(tmp_path, "true")
    trust(trusting, path)
    path.unlink()
    assert "no such file" in failure(trusting)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("true", "it gave no answer"),
        ("echo nonsense", "it is not JSON"),
        (f"printf '{ANSWER[:-9]}'", "cannot be read"),
        ("echo '{\"features\": []}'", "$.protocol: expected `whichwheel-provider/1`"),
        (f'echo \'{ANSWER[:-1]}, "namespace": "smell"}}\'', "it answered for `smell`"),
        ('echo \'{"protocol": "whichwheel-provider/1", "error": "no tongue"}\'', "no tongue"),
        ("echo 'first'>&2; echo 'the tongue is gone'>&2; exit 4", "code 4: the tongue is gone"),
        (f"echo '{ANSWER}'; exit 1", "it ended with code 1"),
        ("kill -9 $$", "it was ended by signal 9"),
        ("head -c 10000000 /dev/zero", "it answered with more than 1 MiB"),
        ("yes", "it answered with more than 1 MiB"),
    ],
)
def test_what_an_executable_does_wrong_is_one_message(
    trusting: Trusting, tmp_path: Path, body: str, why: str
) -> None:
    trust(trusting, script(tmp_path, body))
    message = failure(trusting)
    assert why in message
    assert message.startswith("the provider `whichwheel-provider-taste` failed: ")


def test_an_executable_that_hangs_is_ended_with_what_it_started(
    trusting: Trusting, tmp_path: Path
) -> None:
    trust(trusting, script(tmp_path, "sleep 60 & sleep 60"))
    started = time.monotonic()
    assert failure(trusting, limit=0.5).endswith("it gave no answer within 0.5 s")
    assert time.monotonic() - started < 5


def test_what_cannot_be_started_is_told(trusting: Trusting, tmp_path: Path) -> None:
    path = script(tmp_path, "")
    path.write_text("#!/nowhere/interpreter\n")
    trust(trusting, path)
    assert "it does not start" in failure(trusting)


def test_only_absolute_folders_and_proper_names_are_found(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        script(folder, "true", "taste")
    script(second, "true", "smell")
    script(second, "true", "Loud")
    (second / "whichwheel-provider-plain").write_text("not executable")
    (second / "whichwheel-provider-folder").mkdir()
    path = os.pathsep.join(["", ".", os.path.relpath(second), str(first), "/gone", str(second)])
    found = find_executables({"PATH": path})
    assert found == {
        "taste": first / "whichwheel-provider-taste",
        "smell": second / "whichwheel-provider-smell",
    }
    assert find_executables({}) == {}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("whichwheel-provider-absent", "there is no such program on `PATH`"),
        ("./whichwheel-provider-absent", "there is no such file"),
        ("/bin/sh", "its name does not start with `whichwheel-provider-`"),
    ],
)
def test_what_is_no_provider_cannot_be_located(name: str, word: str) -> None:
    with pytest.raises(NoExecutable, match=word):
        locate_executable(name, {"PATH": "/bin"})


def test_a_file_that_cannot_be_executed_cannot_be_located(tmp_path: Path) -> None:
    path = tmp_path / "whichwheel-provider-plain"
    path.write_text("")
    with pytest.raises(NoExecutable, match="cannot be executed"):
        locate_executable(str(path), {})


def test_the_example_in_shell_answers(trusting: Trusting) -> None:
    trust(trusting, EXAMPLES / "whichwheel-provider-fpga", "fpga")
    assert answer(trusting, "fpga").features == {}
    forced = {"FPGA_VARIANT_PROVIDER_FORCE_BOARD": "U280 u250 u280"}
    assert answer(trusting, "fpga", forced).features == {"board": ("u280", "u250")}


@pytest.mark.skipif(
    shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") is None,
    reason="the system has no Python of its own",
)
def test_the_example_in_python_answers(trusting: Trusting) -> None:
    path = EXAMPLES / "whichwheel-provider-libc-features"
    trust(trusting, path, "libc_features")
    found = answer(trusting, "libc_features")
    assert set(found.features) <= {"function"}
    assert "libc" in found.facts
    assert trusting.told == []

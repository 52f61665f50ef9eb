"""Providers of others through the command line: shown, trusted, asked, and trusted no longer."""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.command import Completed, child_environment
from support.index import write_project
from support.plugins import FUNCTIONS, INSTANCE, build_plugin, digest
from support.server import Server, serve
from support.workplace import Workplace

ANSWER = (
    '{"protocol": "whichwheel-provider/1", "features": [{"name": "kind", "values": ["salty"]}]}'
)
EVERYTHING = {"taste": {"requires": ["taste-provider>=1"]}}


@pytest.fixture
def kitchen(workplace: Workplace) -> Workplace:
    """Soup whose tastes a plugin package governs; the plugin lies in a folder of its own."""
    for taste in ("sweet", "salty"):
        workplace.build(
            "soup",
            label=taste,
            properties={"taste": {"kind": [taste]}},
            namespaces=["taste"],
            providers=EVERYTHING,
        )
    workplace.build("soup", label="null", namespaces=["taste"], providers=EVERYTHING)
    return workplace


@pytest.fixture
def index(kitchen: Workplace) -> Iterator[Server]:
    with serve(kitchen.folder) as server:
        yield server


def publish(kitchen: Workplace, *wheels: Path, name: str = "taste-provider") -> None:
    write_project(kitchen.folder, name, wheels)


def trust(kitchen: Workplace, index: Server, *arguments: str) -> Completed:
    where = ("--index-url", f"{index.url}simple/")
    return kitchen.run("providers", "trust", *where, *arguments)


def trust_file(kitchen: Workplace) -> Path:
    return next((kitchen.folder / "home").rglob("trust.json"))


def chosen(kitchen: Workplace, *arguments: str) -> str:
    document: Any = kitchen.explain("soup", "--json", *arguments).document
    return str(document["packages"][0]["chosen"]["label"])


def marking(marker: Path) -> str:
    return f"open({str(marker)!r}, 'w').write('it ran')\n{FUNCTIONS}"


def test_a_plugin_is_trusted_once_and_then_chooses(kitchen: Workplace, index: Server) -> None:
    wheel = build_plugin(kitchen.folder / "plugins", FUNCTIONS)
    publish(kitchen, wheel)
    assert chosen(kitchen) == "null"
    done = trust(kitchen, index, "taste-provider>=1,<2", "--yes")
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines()[0] == "taste-provider 1.0"
    assert digest(wheel) in done.stdout
    assert "sweet, salty" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("trusted `taste-provider 1.0`; ")
    assert chosen(kitchen) == "sweet"
    asked = len(index.requests)
    shown = kitchen.explain("soup")
    assert "taste-provider 1.0" in shown.stdout
    assert len(index.requests) == asked
    done = kitchen.run("providers", "untrust", "taste-provider")
    assert (done.code, "trusted no longer" in done.stdout) == (0, True)
    assert chosen(kitchen) == "null"
    assert kitchen.run("providers", "untrust", "taste-provider").code == 1


def test_nothing_runs_without_trust(kitchen: Workplace, index: Server) -> None:
    marker = kitchen.folder / "marker"
    publish(kitchen, build_plugin(kitchen.folder / "plugins", marking(marker)))
    source = ("-i", f"{index.url}simple/")
    assert kitchen.run("explain", "soup", "-f", kitchen.wheels, *source).code == 0
    assert kitchen.run("providers").code == 0
    done = trust(kitchen, index, "taste-provider", "--dry-run")
    assert (done.code, done.stdout.splitlines()[-1]) == (0, "nothing was changed")
    done = trust(kitchen, index, "taste-provider")
    assert done.code == 1
    assert "no terminal to ask on" in done.stderr
    assert "hint: give your consent with `--yes`" in done.stderr
    assert not marker.exists()
    assert not list((kitchen.folder / "home").rglob("trust.json"))
    # Nor is consent taken from a variable.
    where = ("--index-url", f"{index.url}simple/")
    env = {"WHICHWHEEL_YES": "1"}
    assert kitchen.run("providers", "trust", "taste-provider", *where, env=env).code == 1
    assert not marker.exists()
    assert trust(kitchen, index, "taste-provider", "--yes").code == 0
    assert marker.exists()


def test_trust_is_never_read_from_a_project(kitchen: Workplace, index: Server) -> None:
    marker = kitchen.folder / "marker"
    publish(kitchen, build_plugin(kitchen.folder / "plugins", marking(marker)))
    assert trust(kitchen, index, "taste-provider", "--yes").code == 0
    marker.unlink()
    kept = trust_file(kitchen)
    for place in (kitchen.folder / "trust.json", kitchen.folder / "whichwheel" / "trust.json"):
        place.parent.mkdir(exist_ok=True)
        shutil.copy(kept, place)
    kept.unlink()
    assert chosen(kitchen, "--no-detect-cache") == "null"
    assert not marker.exists()


def test_the_document_of_trust_is_whole(kitchen: Workplace, index: Server) -> None:
    helper = build_plugin(kitchen.folder / "plugins", "", name="helper")
    wheel = build_plugin(
        kitchen.folder / "plugins",
        INSTANCE,
        requires=["helper"],
        entry_point="taste_provider:Plugin",
    )
    publish(kitchen, wheel)
    publish(kitchen, helper, name="helper")
    done = trust(kitchen, index, "Taste_Provider", "--yes", "--json")
    document: Any = done.document
    assert document["format"] == "whichwheel-providers-trust/1"
    assert document["trusted"] is True
    assert (document["name"], document["version"]) == ("taste-provider", "1.0")
    assert document["namespaces"] == ["taste"]
    assert document["answers"] == {"taste": {"kind": ["sweet", "salty"]}}
    assert [each["sha256"] for each in document["wheels"]] == [digest(wheel), digest(helper)]
    listed: Any = kitchen.run("providers", "--json").document
    assert listed["format"] == "whichwheel-providers/1"
    (plugin,) = (each for each in listed["providers"] if each["kind"] == "plugin package")
    assert plugin["namespaces"] == ["taste"]
    assert plugin["state"] == "trusted"
    assert plugin["details"]["installed"] is True
    assert plugin["details"]["wheels"][0]["sha256"] == digest(wheel)
    document = kitchen.run("providers", "untrust", "taste.provider", "--json").document
    assert document == {"format": "whichwheel-providers-untrust/1", "removed": ["taste-provider"]}


def test_a_pin_that_changes_on_the_index_is_refused(kitchen: Workplace, index: Server) -> None:
    marker = kitchen.folder / "marker"
    wheel = build_plugin(kitchen.folder / "plugins", FUNCTIONS)
    publish(kitchen, wheel)
    pinned = digest(wheel)
    assert trust(kitchen, index, "taste-provider", "--yes").code == 0
    publish(kitchen, build_plugin(kitchen.folder / "plugins", marking(marker)))
    assert chosen(kitchen, "--no-detect-cache") == "sweet"
    shutil.rmtree(kitchen.folder / "home" / "cache")
    done = kitchen.explain("soup")
    beginning = f"warning: `{wheel.name}` is not the file that was trusted"
    (warning,) = [line for line in done.stderr.splitlines() if line.startswith(beginning)]
    assert pinned in warning
    assert digest(wheel) in warning
    assert "soup 1.0 (null)" in done.stdout
    done = trust(kitchen, index, "taste-provider", "--yes")
    assert done.code == 1
    assert pinned in done.stderr
    assert digest(wheel) in done.stderr
    assert not marker.exists()


def test_a_plugin_that_fails_is_one_warning_that_names_it(
    kitchen: Workplace, index: Server
) -> None:
    source = "def get_supported_configs():\n    raise ValueError('no tongue')\n"
    publish(kitchen, build_plugin(kitchen.folder / "plugins", source))
    done = trust(kitchen, index, "taste-provider", "--yes")
    assert done.code == 0
    assert "`taste-provider 1.0` failed: it raised `ValueError: no tongue`" in done.stderr
    done = kitchen.install("soup")
    assert done.code == 0
    warnings = [line for line in done.stderr.splitlines() if "no tongue" in line]
    assert len([line for line in warnings if line.startswith("warning: the provider")]) == 1
    assert "Traceback" not in done.stderr


def test_a_version_that_the_metadata_does_not_want_says_what_to_do(
    kitchen: Workplace, index: Server
) -> None:
    publish(kitchen, build_plugin(kitchen.folder / "plugins", FUNCTIONS, version="0.9"))
    assert trust(kitchen, index, "taste-provider", "--yes").code == 0
    done = kitchen.explain("soup")
    assert done.code == 0
    assert 'whichwheel providers trust "taste-provider>=1"' in " ".join(done.stdout.split())


def test_providers_are_turned_off(kitchen: Workplace, index: Server) -> None:
    publish(kitchen, build_plugin(kitchen.folder / "plugins", FUNCTIONS))
    assert trust(kitchen, index, "taste-provider", "--yes", "--namespace", "taste").code == 0
    assert chosen(kitchen, "--unset", "taste") == "null"
    states = {
        tuple(each["namespaces"]): (each["state"], each["change"])
        for each in _listed(kitchen, "--unset", "taste", "--unset", "nvidia", "--enable", "mood")
    }
    assert states["taste",][0] == "off"
    assert states["nvidia",] == ("off", "--enable nvidia")
    assert states["x86_64",] == ("on", "--unset x86_64")
    assert states["mood",] == ("on", "--unset mood")


def _listed(kitchen: Workplace, *arguments: str, env: dict[str, str] | None = None) -> list[Any]:
    document: Any = kitchen.run("providers", "list", "--json", *arguments, env=env).document
    return list(document["providers"])


@pytest.mark.skipif(sys.platform == "win32", reason="the executable is a script of POSIX")
def test_an_executable_is_found_trusted_and_asked(kitchen: Workplace) -> None:
    folder = kitchen.folder / "bin"
    folder.mkdir()
    path = folder / "whichwheel-provider-taste"
    path.write_text(f"#!/bin/sh\necho '{ANSWER}'\n")
    path.chmod(0o755)
    env = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    assert chosen(kitchen) == "null"

    def state() -> str:
        (way,) = (each for each in _listed(kitchen, env=env) if each["kind"] == "executable")
        assert way["namespaces"] == ["taste"]
        return str(way["state"])

    assert state() == "not trusted"
    done = kitchen.run("providers", "trust", path.name, env=env)
    assert done.code == 1
    done = kitchen.run("providers", "trust", path.name, "--yes", env=env)
    assert done.code == 0, done.stderr
    assert str(path) in done.stdout
    assert digest(path) in done.stdout
    assert state() == "trusted"
    assert chosen(kitchen) == "salty"
    path.write_text(path.read_text().replace("salty", "sweet"))
    assert state() == "changed"
    done = kitchen.explain("soup")
    assert "is not the file that was trusted" in done.stderr
    assert "soup 1.0 (null)" in done.stdout
    assert kitchen.run("providers", "untrust", str(path)).code == 0
    assert state() == "not trusted"


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("trust",), 2, "missing argument"),
        (("trust", "a b c", "--yes"), 2, "`a b c` cannot be trusted"),
        (("trust", "soup; python_version > '3'", "-y"), 2, "a marker"),
        (("trust", "soup @ https://index.example/soup-1.0-py3-none-any.whl", "-y"), 1, "`PATH`|no"),
        (("trust", "absent-provider", "-y", "--no-index"), 1, "absent-provider"),
        (("trust", "./nowhere", "-y"), 1, "there is no such file"),
        (("trust", "./whichwheel-provider-x", "--plugin-api", "a:b"), 2, "only with a package"),
        (("trust", "soup", "--plugin-api", "a b"), 2, "`a b`"),
        (("trust", "soup", "--namespace", "A"), 2, "`A` is not a namespace"),
        (("untrust",), 2, "missing argument"),
        (("untrust", "soup"), 1, "`soup` is not trusted"),
        (("list", "--unset", "A-b"), 2, "`A-b` is not a namespace"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_what_cannot_be_trusted_is_one_message(
    kitchen: Workplace, arguments: tuple[str, ...], code: int, word: str
) -> None:
    done = kitchen.run("providers", *arguments)
    assert done.code == code, done.stderr
    assert any(each in done.stderr for each in word.split("|"))
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_a_trust_file_that_is_broken_is_told(kitchen: Workplace, index: Server) -> None:
    publish(kitchen, build_plugin(kitchen.folder / "plugins", FUNCTIONS))
    assert trust(kitchen, index, "taste-provider", "--yes").code == 0
    path = trust_file(kitchen)
    document = json.loads(path.read_text())
    document["packages"][0]["wheels"][0]["sha256"] = "none"
    path.write_text(json.dumps(document))
    for arguments in (("providers",), ("providers", "untrust", "x")):
        done = kitchen.run(*arguments)
        assert done.code == 1
        assert "$.packages[0].wheels[0].sha256" in done.stderr
    done = kitchen.explain("soup")
    assert "trust.json" in done.stderr
    assert "soup 1.0 (null)" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the tests know terminals of POSIX alone")
@pytest.mark.parametrize(("reply", "code"), [("y", 0), ("n", 1)])
def test_on_a_terminal_the_question_says_what_it_is_about(
    kitchen: Workplace, index: Server, reply: str, code: int
) -> None:
    marker = kitchen.folder / "marker"
    publish(kitchen, build_plugin(kitchen.folder / "plugins", marking(marker)))
    main, side = os.openpty()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "whichwheel", "providers", "trust", "taste-provider"),
            *("--index-url", f"{index.url}simple/"),
        ],
        stdin=side,
        stdout=side,
        stderr=side,
        env=child_environment(kitchen.folder / "home", {"NO_COLOR": "1"}),
        start_new_session=True,
    )
    os.close(side)
    shown = _until(main, "[y/N]")
    for word in ("taste-provider 1.0", "publisher", f"{index.url}simple", "may do", "trust `taste"):
        assert word in shown
    assert not marker.exists()
    os.write(main, f"{reply}\n".encode())
    shown = _until(main, None)
    os.close(main)
    assert process.wait(timeout=30) == code, shown
    assert marker.exists() == (code == 0)
    assert ("trusted `taste-provider 1.0`" if code == 0 else "nothing was changed") in shown


def _until(terminal: int, word: str | None) -> str:
    """Read what a terminal shows until a word comes, or to the end."""
    shown = bytearray()
    until = time.monotonic() + 60
    while word is None or word not in shown.decode(errors="replace"):
        assert time.monotonic() < until, shown
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
    return shown.decode(errors="replace")


def test_a_rule_is_listed_with_its_file_and_one_that_is_missing_says_where_rules_are_named(
    workplace: Workplace,
) -> None:
    rule = workplace.folder / "site.toml"
    rule.write_text('namespace = "site"\n[values]\nkind.any = true\n', "utf-8")
    (workplace.folder / "whichwheel.toml").write_text('[providers]\nrules = ["site.toml"]\n')
    assert "rule in site.toml" in workplace.run("providers").stdout
    document: Any = workplace.run("providers", "--json").document
    assert document["providers"][0]["details"] == {"file": str(rule)}
    rule.unlink()
    done = workplace.run("platform")
    assert done.code == 1
    assert "the file cannot be read" in done.stderr
    assert "below `[providers]`" in done.stderr


def test_commands_are_shown_on_one_line_however_narrow_the_terminal(workplace: Workplace) -> None:
    program = workplace.folder / "bin" / "whichwheel-provider-a-rather-long-name"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = workplace.run("providers", env={"PATH": path, "COLUMNS": "60"})
    assert f"  whichwheel providers trust {program.name}" in done.stdout.splitlines()


def test_the_way_back_can_be_pasted_whatever_the_path(workplace: Workplace) -> None:
    program = workplace.folder / "my tools" / "whichwheel-provider-taste"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{ANSWER}'\n", "utf-8")
    program.chmod(0o755)
    done = workplace.run("providers", "trust", program, "--yes")
    assert f"`whichwheel providers untrust '{program}'` takes that back" in done.stdout

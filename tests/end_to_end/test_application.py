"""What holds for every command: help, wrong use, failures, speed of starting."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from support.command import child_environment, run_whichwheel
from support.server import Behaviour, serve
from support.workplace import Workplace
from whichwheel import __version__

COMMANDS = ("install", "uninstall", "list", "explain", "platform", "build", "relabel", "index")

_LOADED = """
import sys
from whichwheel.__main__ import main
sys.argv[1:] = {arguments!r}
code = main()
heavy = {{"rich", "urllib3", "asyncio", "importlib.metadata"}}
print(*sorted(heavy & sys.modules.keys()), code, file=sys.stderr)
"""


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed_without_loading_anything(tmp_path: Path, option: str) -> None:
    done = run_whichwheel(option, home=tmp_path)
    assert (done.code, done.stdout, done.stderr) == (0, f"whichwheel {__version__}\n", "")
    program = (
        "import sys; before = set(sys.modules); from whichwheel.__main__ import main; "
        f"sys.argv[1:] = [{option!r}]; main(); "
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stderr.split()
    assert "whichwheel._version" in loaded
    assert not [name for name in loaded if name.startswith(("click", "whichwheel.cli"))]


def test_the_help_lists_every_command_and_loads_none(tmp_path: Path) -> None:
    done = run_whichwheel("--help", home=tmp_path)
    assert done.code == 0
    for command in COMMANDS:
        assert f"  {command} " in done.stdout
    assert run_whichwheel(home=tmp_path).stdout == done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(tmp_path: Path, command: str) -> None:
    done = run_whichwheel(command, "--help", home=tmp_path)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: whichwheel {command} ")
    assert "--json" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["instal"], "no such command"),
        (["install"], "give requirements, or a file of them"),
        (["install", "x", "--no-such"], "no such option"),
        (["install", "one two"], "`one two`"),
        (["install", "./absent-1.0-py3-none-any.whl"], "there is no such file"),
        (["install", "x", "--variant", "x"], "is not of the form `name=label`"),
        (["install", "x", "--variant", "x=.."], "is not a variant label"),
        (["relabel", "x.whl", "--label", "../y"], "is not a variant label"),
        (["relabel", "x.whl", "--label", "y", "-p", "a :: b"], "is not a variant property"),
        (["relabel", "x.whl"], "give either `--label` or `--plain`"),
        (["build", "--all", "--variant", "x"], "exclude each other"),
    ],
)
def test_wrong_use_gets_one_message_and_code_2(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = run_whichwheel(*arguments, home=tmp_path)
    assert (done.code, done.stdout) == (2, "")
    first, *rest = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert all(line.startswith("hint: ") for line in rest)


def test_a_failure_is_a_document_too(workplace: Workplace) -> None:
    done = workplace.install("no-such-project", "--json")
    assert done.code == 1
    error: Any = done.document["error"]
    assert done.document["format"] == "whichwheel-error/1"
    assert error["kind"] == "project-not-found"
    assert f"error: {error['message']}\n" in done.stderr
    assert f"hint: {error['hint']}\n" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["install", "bread"],
        ["install", "bread", "--json"],
        ["explain", "bread", "--json"],
    ],
    ids=" ".join,
)
def test_what_is_quick_loads_nothing_heavy(workplace: Workplace, arguments: list[str]) -> None:
    workplace.build("bread")
    workplace.install("bread")
    options = ["--no-index", "-f", str(workplace.wheels), "--python", workplace.python]
    program = _LOADED.format(arguments=[*arguments, *options])
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=child_environment(workplace.folder / "home"),
    )
    assert done.stderr == "0\n"


def test_the_machine_and_the_list_load_nothing_heavy(workplace: Workplace) -> None:
    for command in ("list", "platform"):
        program = _LOADED.format(arguments=[command, "--json", "--python", workplace.python])
        done = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env=child_environment(workplace.folder / "home"),
        )
        assert done.stderr == "0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (signal.SIGINT, 130, "error: interrupted\n"),
        (signal.SIGTERM, 143, "error: asked to end\n"),
        (signal.SIGHUP, 129, "error: asked to end\n"),
    ],
)
def test_an_interrupt_ends_with_one_line_and_changes_nothing(
    workplace: Workplace, number: int, code: int, told: str
) -> None:
    before = workplace.tree()
    asked = threading.Event()
    with serve(workplace.folder) as server:
        server.default = Behaviour(delay=8, seen=asked)
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "whichwheel", "install", "bread"),
                *("--index-url", server.url, "--python", workplace.python),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(workplace.folder / "home"),
        )
        assert asked.wait(30)
        os.kill(process.pid, number)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (code, "", told)
    assert workplace.tree() == before

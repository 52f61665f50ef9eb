"""What the command line says when what is asked for cannot be had together."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command import child_environment
from support.index import write_project
from support.server import serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import Workplace

_OTHERWISE = "add a source of other versions with `--extra-index-url` or `--find-links`"


@pytest.fixture
def shop(workplace: Workplace) -> Workplace:
    """Thirty versions of a web framework that need one core, which needs a new log."""
    for minor in range(30):
        workplace.build("web", version=f"1.{minor}", requires=["core>=2"])
    workplace.build("core", version="1.0")
    workplace.build("core", version="2.0", requires=["log>=3"])
    for version in ("2.0", "3.0"):
        workplace.build("log", version=version)
    return workplace


def test_the_causes_are_told_in_order_and_the_proof_to_those_who_ask(shop: Workplace) -> None:
    done = shop.install("web", "log<3")
    assert done.code == 1
    assert done.stderr.splitlines() == [
        "error: these requirements contradict one another:",
        "  you ask for `web` and `log<3`",
        "  every version of `web` needs `core>=2`, which needs `log>=3`",
        "  so no version of `log` suits both",
        f"hint: relax `log<3`, or {_OTHERWISE}",
    ]
    told = shop.install("web", "log<3", "--verbose").stderr
    assert "step by step:" in told
    assert "so not all of this can be had" in told


def test_a_constraint_is_named(shop: Workplace) -> None:
    path = shop.folder / "constraints.txt"
    path.write_text("log<3\n")
    done = shop.install("web", "-c", path)
    assert done.code == 1
    assert "needs `log>=3`, and the constraint `log<3` allows none of these" in done.stderr
    assert "hint: relax the constraint `log<3`, or " in done.stderr
    path.write_text("log>7\n")
    done = shop.install("log", "-c", path)
    assert "has no version of `log` that the constraint `log>7` allows" in done.stderr


def test_a_python_that_is_too_new_is_told(shop: Workplace) -> None:
    shop.build("old", requires=["ancient"])
    shop.build("ancient", requires_python="<3.8")
    told = shop.install("old").stderr
    assert "no wheel of `ancient`, which `old` needs, fits this machine" in told
    assert "requires Python `<3.8`, and this machine has" in told


def test_a_version_that_was_yanked_is_told_with_the_way_to_take_it(
    workplace: Workplace, tmp_path: Path
) -> None:
    path = build_wheel(tmp_path / "files", WheelSpec("foo", "1.0"))
    write_project(tmp_path, "foo", [path], yanked={path.name: "it burns"})
    with serve(tmp_path) as server:
        where = ("--index-url", f"{server.url}simple", "--python", workplace.python)
        done = workplace.run("install", "foo", *where)
    assert done.code == 1
    assert "it burns" in done.stderr
    assert "pin it: `foo==1.0`" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_ends_a_hopeless_search(workplace: Workplace) -> None:
    holes = 10
    for pigeon in range(holes + 1):
        for hole in range(holes):
            workplace.build(
                f"pigeon{pigeon}", version=str(hole), requires=[f"hole{hole}=={pigeon}"]
            )
            workplace.build(f"hole{hole}", version=str(pigeon))
    where = ("--no-index", "--find-links", str(workplace.wheels))
    names = [f"pigeon{pigeon}" for pigeon in range(holes + 1)]
    command = [sys.executable, "-m", "whichwheel", "install", *where, "--dry-run", *names]
    with subprocess.Popen(
        [*command, "--python", str(workplace.python)],
        stderr=subprocess.PIPE,
        text=True,
        env=child_environment(workplace.folder),
    ) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=10)
    assert process.returncode == 130
    assert told.splitlines()[-1] == "error: interrupted"

"""The environment that whichwheel runs in itself is told of, and never made unfit to run it."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

import whichwheel
from support.command import Completed, child_environment
from support.workplace import Workplace

_SOURCES = Path(whichwheel.__file__).parent.parent


def _own(workplace: Workplace, *arguments: str | Path) -> Completed:
    """Run whichwheel in the environment of a test, so that this one is its own."""
    folders = [str(_SOURCES), sysconfig.get_path("purelib")]
    home = workplace.folder / "home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [workplace.python, "-m", "whichwheel", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
        env=child_environment(home, {"PYTHONPATH": os.pathsep.join(folders)}),
    )
    return Completed(done.returncode, done.stdout, done.stderr)


def _where(workplace: Workplace) -> tuple[str | Path, ...]:
    return ("--no-index", "--find-links", workplace.wheels)


@pytest.fixture
def own(workplace: Workplace) -> Workplace:
    """An environment with a whichwheel that needs flour, which needs grain."""
    workplace.build("whichwheel", version="99.0", requires=["flour>=2"])
    workplace.build("flour", version="2.0", requires=["grain"])
    workplace.build("flour", version="1.0")
    workplace.build("flour", version="3.0")
    workplace.build("grain")
    workplace.build("soup")
    assert workplace.install("whichwheel", "flour<3").code == 0
    return workplace


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("install", "flour<2"), "would not run with `flour 1.0`: whichwheel needs `flour>=2`"),
        (("install", "--dry-run", "flour<2"), "would not run with `flour 1.0`"),
        (("uninstall", "flour"), "would not run without `flour`: whichwheel needs `flour>=2`"),
        (
            ("uninstall", "grain"),
            "would not run without `grain`: `flour`, which whichwheel needs, needs `grain`",
        ),
    ],
)
def test_nothing_stops_whichwheel_itself(
    own: Workplace, arguments: tuple[str, ...], why: str
) -> None:
    before = own.tree()
    command, *rest = arguments
    sources = _where(own) if command == "install" else ()
    done = _own(own, command, *sources, *rest)
    assert done.code == 1, done.stdout
    assert f"error: whichwheel runs in this environment itself, and {why}" in done.stderr
    assert "hint: name another environment with `--python`" in done.stderr
    assert own.tree() == before


def test_what_leaves_it_running_is_done_and_the_environment_told(own: Workplace) -> None:
    prefix = own.environment.interpreter.prefix
    done = _own(own, "install", *_where(own), "soup", "flour>=3")
    assert done.code == 0, done.stderr
    assert done.stderr == (
        "note: no environment is named, active or nearby: this is about the one that whichwheel "
        f"runs in, `{prefix}`\n"
    )
    assert _own(own, "uninstall", "grain", "whichwheel").code == 0


def test_who_names_it_is_not_told(own: Workplace) -> None:
    done = _own(own, "uninstall", "--python", own.python, "whichwheel")
    assert (done.code, done.stderr) == (0, "")


def test_another_environment_is_not_ours_to_guard(own: Workplace) -> None:
    done = own.install("flour<2")
    assert done.code == 0
    assert "warning: `whichwheel 99.0`, which stays, needs `flour>=2`" in done.stderr

"""An environment is as before or as wanted, at whatever instant a run dies."""

import csv
import importlib.metadata
import io
import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.dying import Mortal, Mortals
from support.environments import run_in
from support.workplace import Workplace
from whichwheel.environment.site import LOCK_NAME, WORK_PREFIX

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and knows Linux's files")

_INSTANTS = 50
_BAKE = "[console_scripts]\nbake = bread:bake\n"
_TOOL = "#!python\nprint('knead')\n"

_UNDONE = "note: an earlier run was cut off; "
_OVER = "note: an earlier run was cut off when it was done; "

#: What other programs see of an environment: names and versions.
Seen = dict[str, str]
#: Every file, folder and link, with its mode and content.
Tree = dict[str, tuple[int, bytes]]


@dataclass(frozen=True)
class Stage:
    """An environment that can be set back, and runs that change it."""

    place: Workplace
    mortals: Mortals

    @property
    def prefix(self) -> Path:
        return self.place.environment.interpreter.prefix

    @property
    def site(self) -> Path:
        return self.place.environment.interpreter.paths["purelib"]

    @property
    def saved(self) -> Path:
        return self.place.folder / "saved"

    def save(self) -> None:
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.prefix, self.saved, symlinks=True)

    def reset(self) -> None:
        shutil.rmtree(self.prefix)
        shutil.copytree(self.saved, self.prefix, symlinks=True)

    def run(
        self,
        *words: str,
        at: int | None = None,
        after: float | None = None,
        by: int = signal.SIGKILL,
        within: Path | None = None,
    ) -> Mortal:
        command, *rest = words
        where: list[str | Path] = ["--python", self.place.python]
        if command not in {"list", "uninstall"}:
            where += ["--no-index", "--find-links", self.place.wheels]
        return self.mortals.run(
            command, *where, *rest, within=within or self.prefix, at=at, after=after, by=by
        )

    def run_cache(self, command: str) -> Mortal:
        return self.mortals.run("cache", command, within=self.prefix)

    def tree(self) -> Tree:
        found: Tree = {}
        for path in sorted(self.prefix.rglob("*")):
            if path.name == LOCK_NAME:
                continue
            content = b""
            if path.is_symlink():
                content = os.fsencode(path.readlink())
            elif path.is_file():
                content = path.read_bytes()
            found[path.relative_to(self.prefix).as_posix()] = (path.lstat().st_mode, content)
        return found

    def seen(self) -> Seen:
        """What every other tool goes by; it has to be readable at all times."""
        found = {}
        for each in importlib.metadata.distributions(path=[str(self.site)]):
            assert each.metadata["Name"], "half a distribution is in sight"
            assert each.files is not None
            found[each.metadata["Name"]] = each.version
        return found

    def half_done(self) -> list[Path]:
        return list(self.site.glob(f"{WORK_PREFIX}*"))

    def check_records(self) -> None:
        for record in self.site.glob("*.dist-info/RECORD"):
            for path, *_ in csv.reader(io.StringIO(record.read_text())):
                assert (self.site / path).is_file(), path


@pytest.fixture
def stage(workplace: Workplace) -> Iterator[Stage]:
    """An environment with something of everything in it."""
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    for version, modules in (("1.0", ("crumb", "crust")), ("2.0", ("crumb", "rind"))):
        workplace.build(
            "bread",
            version=version,
            entry_points=_BAKE,
            files={
                "bread/__init__.py": f"version = {version!r}\ndef bake(): print(version)\n",
                **{f"bread/{name}.py": f"version = {version!r}\n" for name in modules},
                f"bread-{version}.data/data/share/bread/{modules[1]}.txt": version,
                f"bread-{version}.data/scripts/knead": _TOOL,
            },
            requires=["salt"] if version == "2.0" else [],
        )
        workplace.build(
            "pantry-one", version=version, files={"pantry/one.py": f"version = {version!r}\n"}
        )
    workplace.build("pantry-two", files={"pantry/two.py": "version = '1.0'\n"})
    workplace.build("salt")
    workplace.build_tastes("soup")
    first = ("bread==1.0", "pantry-one==1.0", "pantry-two", "soup", "--variant", "soup=salty")
    assert workplace.install(*first).code == 0
    site = workplace.environment.interpreter.paths["purelib"]
    # Of the user: a file of his own, and one that he changed.
    (site / "bread" / "notes.txt").write_text("mine")
    with (site / "pantry_one" / "__init__.py").open("a") as file:
        file.write("mine = True\n")
    with Mortals(workplace.folder / "home", ["install", "bread==2.0", "salt", *where]) as mortals:
        stage = Stage(workplace, mortals)
        assert stage.run("install", "bread==1.0").code == 0
        assert stage.run("uninstall", "salt").code == 0
        stage.save()
        yield stage


_ALL = ("install", "--upgrade", "bread", "pantry-one", "soup")
_COMMANDS = {
    "install": _ALL,
    "refresh": ("refresh",),
    "uninstall": ("uninstall", "bread", "pantry-two"),
}


def _outcomes(stage: Stage, words: tuple[str, ...]) -> tuple[Tree, Tree, int]:
    """Return both states that are right, and how many steps lie between them."""
    stage.reset()
    old = stage.tree()
    done = stage.run(*words)
    assert done.code == 0, done.stderr
    stage.check_records()
    assert not stage.half_done()
    new = stage.tree()
    assert old != new
    return old, new, done.steps


def test_both_states_work(stage: Stage) -> None:
    """What the other tests compare with does what it should."""
    show = "import bread, pantry.one, pantry.two, soup; print(bread.version, soup.label)"
    assert run_in(stage.place.environment, "python", "-c", show) == "1.0 salty"
    _outcomes(stage, _ALL)
    assert run_in(stage.place.environment, "python", "-c", show) == "2.0 sweet"
    assert run_in(stage.place.environment, "bake") == "2.0"
    assert run_in(stage.place.environment, "knead") == "knead"
    assert (stage.site / "bread" / "notes.txt").read_text() == "mine"
    kept = stage.site / "whichwheel-kept" / "pantry-one-1.0" / "pantry_one" / "__init__.py"
    assert kept.read_text().endswith("mine = True\n")
    assert stage.run("uninstall", "pantry-two").code == 0
    assert not (stage.site / "pantry" / "two.py").exists()
    assert (stage.site / "pantry" / "one.py").exists()


@pytest.mark.parametrize(
    ("name", "chunk", "chunks"),
    [
        # The longest one is divided, so that its parts can run side by side.
        *(("install", chunk, 4) for chunk in range(4)),
        ("refresh", 0, 1),
        ("uninstall", 0, 1),
    ],
)
def test_a_kill_at_any_step_leaves_the_old_state_or_the_new(
    stage: Stage, name: str, chunk: int, chunks: int
) -> None:
    words = _COMMANDS[name]
    old, new, steps = _outcomes(stage, words)
    states = set()
    for at in range(chunk + 1, steps + 1, chunks):
        stage.reset()
        died = stage.run(*words, at=at)
        assert died.code == -signal.SIGKILL
        stage.seen()
        cut_off = any((work / "journal").exists() for work in stage.half_done())
        after = stage.run("list")
        assert after.code == 0, after.stderr
        assert after.stderr.startswith((_UNDONE, _OVER)) == cut_off, after.stderr
        assert after.stderr.count("\n") == cut_off
        assert not stage.half_done()
        state = stage.tree()
        assert state in (old, new), at
        assert after.stderr.startswith(_OVER) == (cut_off and state == new)
        states.add(state == new)
    assert False in states


def test_the_same_command_goes_on_after_a_kill(stage: Stage) -> None:
    _, new, steps = _outcomes(stage, _ALL)
    for at in range(1, steps + 1, steps // 8):
        stage.reset()
        assert stage.run(*_ALL, at=at).code == -signal.SIGKILL
        again = stage.run(*_ALL)
        assert again.code == 0, again.stderr
        assert stage.tree() == new


def test_a_kill_at_any_step_of_the_recovery_is_recovered_from(stage: Stage) -> None:
    old, _, steps = _outcomes(stage, _ALL)
    # The last step after which everything still has to be undone.
    for at in range(steps, 0, -3):
        stage.reset()
        stage.run(*_ALL, at=at)
        stage.run("list")
        if stage.tree() == old:
            break
    stage.reset()
    stage.run(*_ALL, at=at)
    stage.save()
    recovery = stage.run("list")
    assert recovery.stderr.startswith(_UNDONE)
    assert recovery.steps > 10
    for first in range(1, recovery.steps + 1, 2):
        stage.reset()
        assert stage.run("list", at=first).code == -signal.SIGKILL
        if first % 5 == 1:
            # And a third time, as things are when they go wrong.
            stage.run("list", at=1 + first % 3)
        assert stage.run("list").code == 0
        assert stage.tree() == old, first


@pytest.mark.parametrize("chunk", range(4))
def test_a_kill_at_any_instant_leaves_the_old_state_or_the_new(stage: Stage, chunk: int) -> None:
    chance = random.Random(chunk)  # noqa: S311 - nothing is to be kept secret
    words = list(_COMMANDS.values())[chunk % len(_COMMANDS)]
    old, new, _ = _outcomes(stage, words)
    longest = 0.15
    for _ in range(_INSTANTS):
        stage.reset()
        stage.run(*words, after=chance.uniform(0, longest))
        stage.seen()
        assert stage.run("list").code == 0
        assert not stage.half_done()
        assert stage.tree() in (old, new)


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (signal.SIGINT, 130, "error: interrupted\n"),
        (signal.SIGTERM, 143, "error: asked to end\n"),
    ],
)
def test_an_interrupt_at_any_step_leaves_the_old_state_at_once(
    stage: Stage, number: int, code: int, told: str
) -> None:
    old, new, steps = _outcomes(stage, _ALL)
    late = 0
    for at in range(1, steps + 1, 3):
        stage.reset()
        ended = stage.run(*_ALL, at=at, by=number)
        assert not stage.half_done()
        if ended.code == 0:
            # It came when all was done, and only leftovers were cleared away.
            late += 1
            assert stage.tree() == new
        else:
            assert (ended.code, ended.stderr) == (code, told), at
            assert stage.tree() == old, at
    assert 0 < late < steps // 2


def test_a_kill_while_the_cache_is_filled_leaves_one_that_works(stage: Stage) -> None:
    cache = stage.place.folder / "home" / "cache" / "whichwheel"
    _, new, _ = _outcomes(stage, _ALL)
    shutil.rmtree(cache)
    stage.reset()
    steps = stage.run(*_ALL, within=cache).steps
    for at in range(1, steps, steps // 12):
        shutil.rmtree(cache)
        stage.reset()
        assert stage.run(*_ALL, at=at, within=cache).code == -signal.SIGKILL
        assert stage.run(*_ALL).code == 0
        assert stage.tree() == new, at
        assert stage.run_cache("verify").code == 0
        # What was cut off is known as such, and goes when it is a day old.
        assert stage.run_cache("clean").code == 0
        left = [path for path in cache.rglob("*") if path.is_file()]
        assert [path for path in left if path.name != ".lock"] == [], at

"""Installs that had nothing to do leave a note, by which the next one is answered at once."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.workplace import Workplace

NOTHING = "nothing to do: 2 packages are installed already\n"


def _notes(workplace: Workplace) -> list[Path]:
    return [path for path in workplace.folder.rglob("settled-*/*") if path.is_file()]


@pytest.fixture
def settled(workplace: Workplace) -> Workplace:
    """Two plain packages, and a run that had nothing to do a while after they were installed."""
    workplace.build("soup", requires=["bread"])
    workplace.build("bread")
    assert workplace.install("soup").code == 0
    assert not _notes(workplace)
    time.sleep(0.2)
    assert workplace.install("soup").stdout == NOTHING
    time.sleep(0.2)
    return workplace


def _is_answered_by_the_note(workplace: Workplace) -> bool:
    (note,) = _notes(workplace)
    text = note.read_text("utf-8")
    note.write_text("by the note\n" + text.partition("\n")[2], "utf-8")
    done = workplace.install("soup")
    assert (done.code, done.stderr) == (0, "")
    if done.stdout == "by the note\n":
        return True
    assert done.stdout == NOTHING
    return False


def test_the_same_run_again_is_answered_by_the_note(settled: Workplace) -> None:
    before = settled.tree()
    assert settled.install("soup").stdout == NOTHING
    assert _is_answered_by_the_note(settled)
    assert settled.tree() == before
    assert settled.install("soup", "--quiet").stdout == ""
    assert settled.install("bread").stdout == NOTHING.replace("2 packages are", "1 package is")


def _site(workplace: Workplace) -> Path:
    return workplace.environment.interpreter.paths["purelib"]


def _touch(path: Path) -> None:
    os.utime(path, (1_000_000_000, 1_000_000_000))


CHANGES: dict[str, Callable[[Workplace], object]] = {
    "a file appears": lambda place: (_site(place) / "other.pth").write_text(""),
    "metadata": lambda place: _touch(_site(place) / "bread-1.0.dist-info" / "METADATA"),
    "a record": lambda place: _touch(_site(place) / "bread-1.0.dist-info" / "whichwheel.json"),
    "configuration": lambda place: (place.folder / "whichwheel.toml").write_text(""),
    "a project": lambda place: (place.folder / "pyproject.toml").write_text(""),
    "the environment": lambda place: _touch(place.environment.interpreter.prefix / "pyvenv.cfg"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_note_holds_no_longer_than_what_it_is_about(
    settled: Workplace, change: Callable[[Workplace], object]
) -> None:
    change(settled)
    assert not _is_answered_by_the_note(settled)


def test_what_was_removed_is_installed_again(settled: Workplace) -> None:
    assert settled.run("uninstall", "bread", "--python", settled.python).code == 0
    assert "installed 1 package" in settled.install("soup").stdout
    shutil.rmtree(_site(settled) / "bread-1.0.dist-info")
    assert "installed 1 package" in settled.install("soup").stdout


def test_a_note_of_other_circumstances_is_passed_over(settled: Workplace) -> None:
    (note,) = _notes(settled)
    note.write_text("by the note\n" + note.read_text("utf-8").partition("\n")[2], "utf-8")
    assert settled.install("soup", env={"ANYTHING": "else"}).stdout == NOTHING


@pytest.mark.parametrize("damage", ["", "by the note", "by the note\nnonsense\n0 /", "\xff"])
def test_a_damaged_note_is_no_note(settled: Workplace, damage: str) -> None:
    (note,) = _notes(settled)
    note.write_bytes(damage.encode("latin-1"))
    assert settled.install("soup").stdout == NOTHING


def test_what_has_to_be_looked_at_leaves_no_note(workplace: Workplace) -> None:
    workplace.build_tastes("broth")
    workplace.build("soup")
    assert workplace.install("soup", "broth").code == 0
    time.sleep(0.2)
    # A variant may no longer fit tomorrow.
    assert workplace.install("soup").code == 0
    assert workplace.run("uninstall", "broth", "--python", workplace.python).code == 0
    time.sleep(0.2)
    for options in (["--upgrade"], ["--json"], ["--verbose"], ["--dry-run"], ["--reinstall"]):
        assert workplace.install("soup", *options).code == 0
        assert not _notes(workplace), options
    (workplace.folder / "wanted.txt").write_text("soup\n")
    assert workplace.install("-r", workplace.folder / "wanted.txt").code == 0
    assert not _notes(workplace)
    # Another Python of that version may come to be nearer.
    versions = {"VIRTUAL_ENV": str(workplace.environment.interpreter.prefix)}
    wanted = ".".join(map(str, sys.version_info[:2]))
    done = workplace.run("install", "soup", "--python", wanted, env=versions)
    assert done.stdout == NOTHING.replace("2 packages are", "1 package is")
    assert not _notes(workplace)

"""A change of files happens whole, or not at all."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from support.environments import new_environment, tree
from whichwheel.environment.errors import ChangeFailed
from whichwheel.environment.recovering import Recovered, recover
from whichwheel.environment.site import Environment
from whichwheel.environment.transaction import Transaction
from whichwheel.target.interpreters.interpreter import inspect_interpreter

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the paths are written the POSIX way")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    environment = new_environment(tmp_path)
    for name in ("old/a.py", "old/deep/b.py", "kept/c.py"):
        path = site(environment) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"old {name}")
    return environment


def site(environment: Environment) -> Path:
    return environment.interpreter.paths["purelib"]


def change(
    environment: Environment,
    transaction: Transaction,
    trouble: type[BaseException] | Path | None = None,
) -> None:
    """Remove one package, put a new one in its place and merge into a third.

    :param trouble: what to raise at the end, or what to remove, though it does not exist
    """
    home = site(environment)
    for name in ("old/a.py", "new/deep/x.py", "kept/c.py"):
        path = transaction.stage / "purelib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"new {name}")
    transaction.remove(
        [home / "old/a.py", home / "old/deep/b.py"], [home / "old/deep", home / "old"]
    )
    transaction.place(transaction.stage / "purelib", home)
    if isinstance(trouble, Path):
        transaction.remove([trouble])
    elif trouble is not None:
        raise trouble


def test_a_finished_change_leaves_no_trace_of_itself(environment: Environment) -> None:
    with Transaction(site(environment), environment.boundary()) as transaction:
        change(environment, transaction)
    found = {
        path.relative_to(site(environment)).as_posix(): path.read_text()
        for path in site(environment).rglob("*")
        if path.is_file()
    }
    names = ("old/a.py", "new/deep/x.py", "kept/c.py")
    assert found == {name: f"new {name}" for name in names}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_any_exception_undoes_everything(
    environment: Environment, interruption: type[BaseException]
) -> None:
    before = tree(environment)
    with (
        pytest.raises(interruption),
        Transaction(site(environment), environment.boundary()) as transaction,
    ):
        change(environment, transaction, interruption)
    assert tree(environment) == before


def test_a_failure_of_the_system_names_the_file(environment: Environment) -> None:
    before = tree(environment)
    missing = site(environment) / "missing.py"
    with (
        pytest.raises(ChangeFailed) as caught,
        Transaction(site(environment), environment.boundary()) as transaction,
    ):
        change(environment, transaction, missing)
    assert caught.value.path == missing
    assert tree(environment) == before


def test_nothing_outside_of_the_environment_is_touched(
    environment: Environment, tmp_path: Path
) -> None:
    outside = tmp_path / "outside" / "file"
    outside.parent.mkdir()
    outside.write_text("mine")
    (site(environment) / "link").symlink_to(outside.parent, target_is_directory=True)
    before = tree(environment)
    interpreter = environment.interpreter.executable
    for path in (outside, site(environment) / "link" / "file", interpreter):
        with (
            pytest.raises(ChangeFailed),
            Transaction(site(environment), environment.boundary()) as transaction,
        ):
            transaction.remove([path])
    with pytest.raises(ChangeFailed, match="leads out"):
        place_through_link(environment)
    assert tree(environment) == before
    assert outside.read_text() == "mine"


def place_through_link(environment: Environment) -> None:
    with Transaction(site(environment), environment.boundary()) as transaction:
        (transaction.stage / "root" / "link").mkdir(parents=True)
        (transaction.stage / "root" / "link" / "file").write_text("theirs")
        transaction.place(transaction.stage / "root", site(environment))


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from support.environments import *
from whichwheel.environment.site import Environment
from whichwheel.environment.transaction import Transaction
from whichwheel.target.interpreters.interpreter import inspect_interpreter
import test_environment_transaction as here
environment = Environment(inspect_interpreter(Path({prefix!r}), environ={{}}))
with Transaction(here.site(environment), environment.boundary()) as transaction:
    here.change(environment, transaction)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_in_the_midst(environment: Environment, tmp_path: Path) -> None:
    tests = Path(__file__).parent
    script = KILLED.format(
        path=[str(tests), str(tests.parent / "src")], prefix=str(environment.interpreter.prefix)
    )
    variables = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "home-cache")}
    done = subprocess.run([sys.executable, "-c", script], check=False, env=variables)
    assert done.returncode == -signal.SIGKILL


def test_the_next_run_undoes_what_a_killed_one_left(
    environment: Environment, tmp_path: Path
) -> None:
    before = tree(environment)
    kill_in_the_midst(environment, tmp_path)
    assert tree(environment) != before
    recover(site(environment), environment.boundary())
    assert tree(environment) == before


def test_a_copy_of_a_half_changed_environment_is_put_right_by_itself(
    environment: Environment, tmp_path: Path
) -> None:
    before = tree(environment)
    kill_in_the_midst(environment, tmp_path)
    broken = tree(environment)
    prefix = environment.interpreter.prefix
    shutil.copytree(prefix, tmp_path / "copy", symlinks=True)
    copy = Environment(inspect_interpreter(tmp_path / "copy", environ={}))
    assert recover(site(copy), copy.boundary()) is Recovered.UNDONE
    assert tree(copy) == before
    assert tree(environment) == broken
    prefix.rename(tmp_path / "moved")
    moved = Environment(inspect_interpreter(tmp_path / "moved", environ={}))
    recover(site(moved), moved.boundary())
    assert tree(moved) == before


def test_a_journal_cannot_make_us_change_other_files(
    environment: Environment, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    work = site(environment) / ".whichwheel-change-bad"
    work.mkdir()
    for target in (str(work / "x"), "../../../../stolen"):
        victim.write_text("mine")
        (work / "x").write_text("theirs")
        (work / "journal").write_text(
            f'["moved", "{work / "y"}", "{victim}"]\n["moved", "{victim}", "{target}"]\n'
        )
        with pytest.raises(ChangeFailed):
            recover(site(environment), environment.boundary())
        assert victim.read_text() == "mine"


def test_a_journal_cannot_change_folders_elsewhere(
    environment: Environment, tmp_path: Path
) -> None:
    """A wheel that another installer unpacked may hold one, and is nothing that was ever run."""
    private, empty = tmp_path / "private", tmp_path / "empty"
    private.mkdir(mode=0o700)
    empty.mkdir()
    work = site(environment) / ".whichwheel-change-evil"
    for name, target in (("link", private), ("void", empty)):
        (site(environment) / name).symlink_to(target, target_is_directory=True)
    below = os.path.relpath(tmp_path, site(environment))
    steps: list[list[str | int]] = [
        ["emptied", f"{below}/new", 0o777],
        ["emptied", f"{below}/private", 0o777],
        ["emptied", "link", 0o777],
        ["emptied", "link/new", 0o777],
        ["made", f"{below}/empty"],
        ["made", "void"],
    ]
    for step in steps:
        work.mkdir(exist_ok=True)
        (work / "journal").write_text(json.dumps(step) + "\n")
        with suppress(ChangeFailed):
            recover(site(environment), environment.boundary())
        assert private.stat().st_mode & 0o777 == 0o700
        assert empty.is_dir()
        assert not (tmp_path / "new").exists()
        assert not list(private.iterdir())


def test_a_journal_cannot_fetch_files_through_a_link_beside_it(
    environment: Environment, tmp_path: Path
) -> None:
    outside = tmp_path / "outside" / "file"
    outside.parent.mkdir()
    outside.write_text("mine")
    work = site(environment) / ".whichwheel-change-evil"
    (work / "old").mkdir(parents=True)
    (work / "old" / "link").symlink_to(outside.parent, target_is_directory=True)
    (work / "journal").write_text(
        json.dumps(["moved", "taken", f"{work.name}/old/link/file"]) + "\n"
    )
    with suppress(ChangeFailed):
        recover(site(environment), environment.boundary())
    assert outside.read_text() == "mine"


def test_a_cut_off_journal_is_read_as_far_as_it_goes(environment: Environment) -> None:
    before = tree(environment)
    with Transaction(site(environment), environment.boundary()) as transaction:
        change(environment, transaction)
        [work] = site(environment).glob(".whichwheel-change-*")
        journal = (work / "journal").read_bytes()
        copied = work.with_name(".whichwheel-change-copy")
        work.rename(copied)
        # As after a kill while the next step was being noted: it was not taken.
        (copied / "journal").write_bytes(
            journal.replace(work.name.encode(), copied.name.encode()) + b'["mov'
        )
        work.mkdir()
    recover(site(environment), environment.boundary())
    assert tree(environment) == before


def test_what_a_finished_run_could_not_delete_is_deleted(environment: Environment) -> None:
    before = tree(environment)
    work = site(environment) / ".whichwheel-change-done"
    (work / "old").mkdir(parents=True)
    source, target = site(environment) / "gone.py", work / "old" / "1"
    target.write_text("old")
    (work / "journal").write_text(f'["moved", "{source}", "{target}"]\n["done"]\n')
    recover(site(environment), environment.boundary())
    assert tree(environment) == before

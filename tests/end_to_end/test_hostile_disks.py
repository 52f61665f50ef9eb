"""Disks that are full, read-only, in the way, or two: one message, and nothing half done."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command import child_environment
from support.disks import small_disk
from support.dying import Mortal, Mortals
from support.environments import new_environment, tree
from support.index import write_project
from support.server import Behaviour, serve
from support.workplace import Workplace
from whichwheel.environment.site import WORK_PREFIX, Environment

_BLOCK = 4096
_MEBIBYTE = 1 << 20


@pytest.fixture
def mortals(workplace: Workplace) -> Iterator[Mortals]:
    """Runs that take little time each, and two versions of something to install."""
    for version in ("1.0", "2.0"):
        files = {f"bread/part_{number}.py": f"# {version}\n" * 900 for number in range(4)}
        size = 3000 * int(float(version)) ** 3
        more = {f"bread-{version}.data/data/share/bread.txt": version * size}
        workplace.build("bread", version=version, files={**files, **more})
    with Mortals(workplace.folder / "home", ["install", "--help"]) as running:
        yield running


def _install(
    mortals: Mortals,
    workplace: Workplace,
    environment: Environment,
    *words: str | Path,
) -> Mortal:
    python = environment.interpreter.executable
    where = ("--no-index", "--find-links", workplace.wheels, "--python", python)
    return mortals.run("install", *where, *words, within=environment.interpreter.prefix)


def _one_message(ended: Mortal) -> str:
    """Return what a run says that could not."""
    assert ended.code == 1, ended.stderr
    assert ended.stdout == ""
    first, *rest = ended.stderr.splitlines()
    assert first.startswith("error: ")
    assert [line.partition(":")[0] for line in rest] in ([], ["hint"]), ended.stderr
    assert "internal" not in first
    return first


@pytest.mark.parametrize("link_mode", ["hardlink", "copy"])
def test_an_environment_on_a_disk_that_fills_up(
    workplace: Workplace, mortals: Mortals, link_mode: str
) -> None:
    """With the cache elsewhere, or on the same disk, where files take no room again."""
    with small_disk(workplace.folder / "disk", 8 * _MEBIBYTE) as disk:
        environment = new_environment(disk.folder)
        cache = disk.folder / "cache" if link_mode == "hardlink" else workplace.folder / "cache"
        words = ("--link-mode", link_mode, "--cache-dir", cache)
        assert _install(mortals, workplace, environment, "bread==2.0", *words).code == 0
        assert _install(mortals, workplace, environment, "bread==1.0", *words).code == 0
        before = tree(environment)
        failed = 0
        for blocks in range(60):
            disk.leave(blocks * _BLOCK)
            ended = _install(mortals, workplace, environment, "bread==2.0", *words)
            if ended.code == 0:
                break
            failed += 1
            assert "no space left on device" in _one_message(ended).lower()
            assert tree(environment) == before, blocks
            disk.free()
        assert failed > 3
        disk.free()
        assert tree(environment) != before
        assert _install(mortals, workplace, environment, "bread==2.0", *words).code == 0


def test_a_cache_on_a_disk_that_fills_up(workplace: Workplace, mortals: Mortals) -> None:
    with small_disk(workplace.folder / "disk", 8 * _MEBIBYTE) as disk:
        before = workplace.tree()
        words = ("bread", "--cache-dir", disk.folder / "cache")
        failed = 0
        for blocks in range(100):
            disk.leave(blocks * _BLOCK)
            ended = _install(mortals, workplace, workplace.environment, *words)
            if ended.code == 0:
                break
            failed += 1
            assert "no space left on device" in _one_message(ended).lower()
            assert workplace.tree() == before
            shutil.rmtree(disk.folder / "cache", ignore_errors=True)
        assert failed > 5
        disk.free()
        assert mortals.run("cache", "verify", *words[1:], within=disk.folder).code == 0


def test_a_read_only_environment(workplace: Workplace, mortals: Mortals) -> None:
    with small_disk(workplace.folder / "disk", 8 * _MEBIBYTE) as disk:
        environment = new_environment(disk.folder)
        assert _install(mortals, workplace, environment, "bread==1.0").code == 0
        disk.read_only()
        said = _one_message(_install(mortals, workplace, environment, "bread==2.0"))
        assert "cannot be changed" in said
        # What asks for no change needs no permission.
        assert _install(mortals, workplace, environment, "bread").code == 0
        python = environment.interpreter.executable
        for command in (["list"], ["check"], ["freeze"]):
            shown = mortals.run(*command, "--python", python, within=disk.folder)
            assert shown.code == 0, shown.stderr
        removed = mortals.run("uninstall", "bread", "--python", python, within=disk.folder)
        assert "cannot be changed" in _one_message(removed)


def test_an_environment_left_half_changed_that_turns_read_only(
    workplace: Workplace, mortals: Mortals
) -> None:
    with small_disk(workplace.folder / "disk", 8 * _MEBIBYTE) as disk:
        environment = new_environment(disk.folder)
        python = environment.interpreter.executable
        work = environment.interpreter.paths["purelib"] / f"{WORK_PREFIX}other"
        work.mkdir()
        (work / "journal").touch()
        disk.read_only()
        shown = mortals.run("list", "--python", python, within=disk.folder)
        assert shown.code == 0
        assert shown.stderr.startswith("warning: ")
        disk.read_only(False)
        shown = mortals.run("list", "--python", python, within=disk.folder)
        assert "again as it was" in shown.stderr
        assert not work.exists()


def test_a_read_only_cache(workplace: Workplace, mortals: Mortals) -> None:
    with small_disk(workplace.folder / "disk", 8 * _MEBIBYTE) as disk:
        cache = disk.folder / "cache"
        words = ("--cache-dir", cache)
        assert _install(mortals, workplace, workplace.environment, "bread==1.0", *words).code == 0
        before = workplace.tree()
        disk.read_only()
        said = _one_message(
            _install(mortals, workplace, workplace.environment, "bread==2.0", *words)
        )
        assert "the cache cannot be used" in said
        assert workplace.tree() == before
        # What it holds can be used all the same.
        again = _install(
            mortals, workplace, workplace.environment, "bread==1.0", "--reinstall", *words
        )
        assert again.code == 0, again.stderr


def test_an_environment_and_a_cache_on_two_file_systems(
    workplace: Workplace, mortals: Mortals
) -> None:
    with small_disk(workplace.folder / "disk", 8 * _MEBIBYTE) as disk:
        environment = new_environment(disk.folder)
        assert _install(mortals, workplace, environment, "bread==1.0").code == 0
        before = tree(environment)
        assert "hardlink" in _one_message(
            _install(mortals, workplace, environment, "bread==2.0", "--link-mode", "hardlink")
        )
        assert tree(environment) == before
        assert _install(mortals, workplace, environment, "bread==2.0").code == 0


def test_an_environment_of_several_file_systems(workplace: Workplace, mortals: Mortals) -> None:
    """As in containers: every file has to be copied, and is there whole or not at all."""
    environment = workplace.environment
    share = environment.interpreter.prefix / "share"
    with small_disk(share, 2 * _MEBIBYTE) as disk:
        assert _install(mortals, workplace, environment, "bread==1.0").code == 0
        before = tree(environment)
        upgraded = _install(mortals, workplace, environment, "bread==2.0")
        assert upgraded.code == 0, upgraded.stderr
        after = tree(environment)
        assert (share / "bread.txt").read_text() == "2.0" * 24000
        python = environment.interpreter.executable
        where = ("--no-index", "--find-links", workplace.wheels, "--python", python)
        for at in range(1, upgraded.steps, 4):
            assert _install(mortals, workplace, environment, "bread==1.0").code == 0
            mortals.run(
                "install", *where, "bread==2.0", within=environment.interpreter.prefix, at=at
            )
            assert mortals.run("list", "--python", python, within=share).code == 0
            assert tree(environment) in (before, after)
        assert _install(mortals, workplace, environment, "bread==1.0").code == 0
        disk.leave(_BLOCK)
        _one_message(_install(mortals, workplace, environment, "bread==2.0"))
        disk.free()
        assert tree(environment) == before


def test_a_cache_that_is_a_file(workplace: Workplace) -> None:
    workplace.build("bread")
    place = workplace.folder / "file"
    place.write_text("mine")
    for option in (place, place / "below"):
        done = workplace.install("bread", "--cache-dir", option)
        assert done.code in {1, 2}
        assert done.stderr.startswith("error: ")
        assert str(place) in done.stderr
        assert "internal" not in done.stderr
    assert place.read_text() == "mine"
    # The user's own cache is no other.
    (workplace.folder / "home" / "cache").parent.mkdir(exist_ok=True)
    (workplace.folder / "home" / "cache").write_text("mine")
    done = workplace.install("bread")
    assert (done.code, done.stdout) == (1, "")
    assert "`--cache-dir`" in done.stderr
    assert workplace.install("bread", "--no-cache").code == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has other variables")
def test_no_home(workplace: Workplace) -> None:
    workplace.build("bread")
    variables = child_environment(workplace.folder / "home")
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "USERPROFILE"):
        del variables[name]
    where = ["--no-index", "--find-links", str(workplace.wheels), "--python", workplace.python]
    command = [sys.executable, "-m", "whichwheel", "install", "bread", "--dry-run", *where]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=variables)
    assert done.returncode == 0, done.stderr
    variables["HOME"] = "/nonexistent/home"
    command = [sys.executable, "-m", "whichwheel", "install", "bread", *where]
    if os.geteuid() == 0:
        command += ["--cache-dir", str(workplace.folder / "cache")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=variables)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="no such names")
@pytest.mark.parametrize(
    "name", ["with spaces", "pâté 食べ物", "two\nlines", "-dash", "quote'\"s", "p" * 180]
)
def test_odd_names_of_folders(workplace: Workplace, mortals: Mortals, name: str) -> None:
    folder = workplace.folder / name
    folder.mkdir()
    environment = new_environment(folder)
    words = ("--cache-dir", folder / "cache")
    for version in ("1.0", "2.0"):
        done = _install(mortals, workplace, environment, f"bread=={version}", *words)
        assert done.code == 0, done.stderr
    python, prefix = environment.interpreter.executable, environment.interpreter.prefix
    steps = 0
    while True:
        steps += 7
        killed = mortals.run("uninstall", "bread", "--python", python, within=prefix, at=steps)
        if killed.code >= 0:
            break
        shown = mortals.run("list", "--python", python, within=folder)
        assert shown.code == 0, shown.stderr
        assert "bread" in shown.stdout or not list(prefix.rglob("part_1.py"))
    assert not list(prefix.rglob("part_1.py"))


@pytest.mark.skipif(sys.platform != "linux", reason="limits differ")
def test_names_that_are_too_long_leave_everything_as_it_was(
    workplace: Workplace, mortals: Mortals
) -> None:
    """A path can be too long for the working folder, and for where it would go."""
    site = workplace.environment.interpreter.paths["purelib"]
    long = 4090 - len(str(site / "bread" / "end.py"))
    deep = "/".join(["bread", *("d" * 199 for _ in range(long // 200)), "d" * (long % 200 - 1)])
    workplace.build("bread", version="3.0", files={f"{deep}/end.py": ""})
    assert _install(mortals, workplace, workplace.environment, "bread==1.0").code == 0
    before = workplace.tree()
    said = _one_message(_install(mortals, workplace, workplace.environment, "bread==3.0"))
    assert "name too long" in said.lower()
    assert workplace.tree() == before


@pytest.mark.skipif(os.name == "nt", reason="there, what is open cannot be moved")
def test_a_file_that_is_open_stays_readable(workplace: Workplace, mortals: Mortals) -> None:
    site = workplace.environment.interpreter.paths["purelib"]
    assert _install(mortals, workplace, workplace.environment, "bread==1.0").code == 0
    with (site / "bread" / "part_1.py").open() as file:
        assert _install(mortals, workplace, workplace.environment, "bread==2.0").code == 0
        assert file.readline() == "# 1.0\n"
    assert (site / "bread" / "part_1.py").read_text().startswith("# 2.0\n")


def _changed(workplace: Workplace) -> tuple[Path, Path]:
    """Change an installed module and a data file; return them."""
    interpreter = workplace.environment.interpreter
    module = interpreter.paths["purelib"] / "bread" / "part_1.py"
    data = interpreter.prefix / "share" / "bread.txt"
    for path in (module, data):
        # A new file, as editors write one: the cache must not be changed through a link.
        new = path.with_suffix(".new")
        new.write_text(f"mine, once {path.name}")
        new.replace(path)
    return module, data


@pytest.mark.parametrize("command", ["upgrade", "uninstall", "reinstall"])
def test_what_the_user_changed_is_kept_and_named(
    workplace: Workplace, mortals: Mortals, command: str
) -> None:
    site = workplace.environment.interpreter.paths["purelib"]
    assert _install(mortals, workplace, workplace.environment, "bread==1.0").code == 0
    module, data = _changed(workplace)
    if command == "uninstall":
        done = workplace.run("uninstall", "bread", "--json", "--python", workplace.python)
    else:
        words = ["bread==2.0"] if command == "upgrade" else ["bread==1.0", "--reinstall"]
        done = workplace.install("--json", *words)
    assert done.code == 0, done.stderr
    kept = site / "whichwheel-kept" / "bread-1.0"
    for path, place in (
        (module, kept / "bread" / "part_1.py"),
        (data, kept / "share" / "bread.txt"),
    ):
        assert place.read_text() == f"mine, once {path.name}"
        told = f"`{path}` was changed since it was installed; it is kept as `{place}`"
        assert {"kind": "kept-file", "message": told} in done.document["warnings"]  # type: ignore[operator]
        assert f"warning: {told}\n" in done.stderr
        assert path.exists() == (command != "uninstall")
    assert len(done.stderr.splitlines()) == 2
    assert sorted(path.name for path in kept.rglob("*") if path.is_file()) == [
        "bread.txt",
        "part_1.py",
    ]
    # And once more, where something is kept already.
    if command == "reinstall":
        _changed(workplace)
        assert workplace.install("bread==1.0", "--reinstall").code == 0
        assert (kept / "bread" / "part_1.py.2").exists()


def test_what_comes_back_as_the_user_made_it_is_not_kept(
    workplace: Workplace, mortals: Mortals
) -> None:
    site = workplace.environment.interpreter.paths["purelib"]
    assert _install(mortals, workplace, workplace.environment, "bread==1.0").code == 0
    # The next version has the same correction.
    (site / "bread" / "part_1.py").unlink()
    (site / "bread" / "part_1.py").write_text("# 2.0\n" * 900)
    done = _install(mortals, workplace, workplace.environment, "bread==2.0")
    assert (done.code, done.stderr) == (0, "")
    assert not (site / "whichwheel-kept").exists()


def test_an_interrupt_during_several_downloads_ends_at_once(workplace: Workplace) -> None:
    """Also while other threads wait for a server that says nothing."""
    asked = threading.Event()
    for name in ("bread", "salt", "milk"):
        # Too long to come whole with a look inside.
        files = {f"{name}/noise": os.urandom(100_000)}
        write_project(workplace.folder, name, [workplace.build(name, files=files)])
    with serve(workplace.folder) as server:
        where = ("--index-url", f"{server.url}simple/", "--python", workplace.python)
        words = ("install", "bread", "salt", "milk", *where)
        # From now on all that is missing is the wheels.
        assert workplace.run(*words, "--dry-run").code == 0
        for wheel in workplace.wheels.iterdir():
            server.set(f"wheels/{wheel.name}", Behaviour(delay=25, seen=asked))
        process = subprocess.Popen(
            [sys.executable, "-m", "whichwheel", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(workplace.folder / "home"),
        )
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=15)
    assert (process.returncode, output, errors) == (130, "", "error: interrupted\n")

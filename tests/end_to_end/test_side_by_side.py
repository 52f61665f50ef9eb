"""Several runs at once, on one environment, on one cache, or on both."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from support.command import child_environment
from support.environments import new_environment
from support.index import write_project
from support.server import Server, serve
from support.workplace import Workplace
from whichwheel.environment.lock_file import holding
from whichwheel.environment.site import LOCK_NAME, WORK_PREFIX, Environment

_AT_ONCE = 8
_NAMES = tuple(f"part-{number}" for number in range(_AT_ONCE))


@pytest.fixture
def server(workplace: Workplace) -> Iterator[Server]:
    """An index of eight projects that share a namespace and need one more."""
    files = {name: {f"parts/{name.replace('-', '_')}.py": name} for name in _NAMES}
    for name in _NAMES:
        wheels = [
            workplace.build(
                name,
                version=version,
                files={**files[name], "parts/shared.py": "#"},
                requires=["base"],
            )
            for version in ("1.0", "2.0")
        ]
        write_project(workplace.folder, name, wheels)
    write_project(workplace.folder, "base", [workplace.build("base")])
    with serve(workplace.folder) as running:
        yield running


def _start(workplace: Workplace, *words: str | Path) -> subprocess.Popen[str]:
    home = workplace.folder / "home"
    home.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "whichwheel", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=child_environment(home),
    )


def _install(
    workplace: Workplace,
    server: Server,
    names: Sequence[str],
    environment: Environment | None = None,
) -> subprocess.Popen[str]:
    python = (environment or workplace.environment).interpreter.executable
    where = ("--index-url", f"{server.url}simple/", "--python", python)
    return _start(workplace, "install", *where, *names)


def _finish(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Return what each of them said, all of which have to end well."""
    said = []
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert {line.partition(":")[0] for line in errors.splitlines()} <= {"note"}, errors
        said.append(output + errors)
    return said


def _check(workplace: Workplace, *environments: Environment, versions: str = "1.0") -> None:
    for environment in environments or (workplace.environment,):
        python = environment.interpreter.executable
        done = workplace.run("check", "--verify", "--python", python)
        assert done.code == 0, done.stdout + done.stderr
        assert not list(environment.interpreter.paths["purelib"].glob(f"{WORK_PREFIX}*"))
        installed = {each.name: str(each.version) for each in environment.distributions()}
        assert installed == {**dict.fromkeys(_NAMES, versions), "base": "1.0"}


def test_different_packages_into_one_environment(workplace: Workplace, server: Server) -> None:
    _finish([_install(workplace, server, [f"{name}==1.0"]) for name in _NAMES])
    _check(workplace)


def test_the_same_packages_into_one_environment(workplace: Workplace, server: Server) -> None:
    wanted = [f"{name}==1.0" for name in _NAMES]
    said = _finish([_install(workplace, server, wanted) for _ in range(_AT_ONCE)])
    # One did it all, and the others found it done.
    assert sum("installed" in each and "already" not in each for each in said) == 1
    _check(workplace)


def test_versions_that_fight_over_one_environment(workplace: Workplace, server: Server) -> None:
    versions = ("1.0", "2.0") * (_AT_ONCE // 2)
    wanted = [[f"{name}=={version}" for name in _NAMES] for version in versions]
    _finish([_install(workplace, server, names) for names in wanted])
    [version] = {
        str(each.version) for each in workplace.environment.distributions() if each.name != "base"
    }
    _check(workplace, versions=version)


def test_many_environments_from_one_empty_cache(workplace: Workplace, server: Server) -> None:
    environments = [new_environment(workplace.folder, f"env-{each}") for each in range(_AT_ONCE)]
    wanted = [f"{name}==1.0" for name in _NAMES]
    _finish([_install(workplace, server, wanted, each) for each in environments])
    _check(workplace, *environments)
    assert workplace.run("cache", "verify").code == 0
    cache = workplace.folder / "home" / "cache" / "whichwheel"
    assert not list(cache.rglob(".new-*")) + list(cache.rglob(".building-*"))


def test_installs_while_the_cache_is_cleared(workplace: Workplace, server: Server) -> None:
    environments = [new_environment(workplace.folder, f"env-{each}") for each in range(4)]
    wanted = [f"{name}==1.0" for name in _NAMES]
    installs = [_install(workplace, server, wanted, each) for each in environments]
    cleaners = []
    while any(process.poll() is None for process in installs):
        now = [_start(workplace, "cache", command) for command in ("clean", "prune")]
        for process in now:
            process.wait(60)
        cleaners += now
    _finish(installs)
    _finish(cleaners)
    _check(workplace, *environments)


def test_checks_of_a_cache_that_is_filled_find_nothing_wrong(
    workplace: Workplace, server: Server
) -> None:
    wanted = [f"{name}==1.0" for name in _NAMES]
    install = _install(workplace, server, wanted)
    checks = []
    while install.poll() is None:
        checks.append(_start(workplace, "cache", "verify"))
        checks[-1].wait(60)
    _finish([install, *checks])
    _check(workplace)


@pytest.mark.skipif(sys.platform == "win32", reason="holds the file as POSIX does")
def test_who_waits_says_so_once(workplace: Workplace, server: Server) -> None:
    site = workplace.environment.interpreter.paths["purelib"]
    prefix = workplace.environment.interpreter.prefix
    with holding(site / LOCK_NAME):
        process = _install(workplace, server, ["part-0==1.0"])
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told == f"note: waiting for another whichwheel to finish with `{prefix}`\n"
        assert process.poll() is None
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "installed" in output


def test_a_list_waits_for_a_change(workplace: Workplace, server: Server) -> None:
    """What is read in the midst of a change is neither the old state nor the new."""
    assert _finish([_install(workplace, server, ["part-0==1.0"])])
    site = workplace.environment.interpreter.paths["purelib"]
    away = workplace.folder / "away"
    with holding(site / LOCK_NAME):
        (site / f"{WORK_PREFIX}other").mkdir()
        (site / "part_0-1.0.dist-info").rename(away)
        process = _start(workplace, "list", "--python", workplace.python)
        assert process.stderr is not None
        assert "waiting" in process.stderr.readline()
        away.rename(site / "part_0-1.0.dist-info")
        shutil.rmtree(site / f"{WORK_PREFIX}other")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "part-0" in output

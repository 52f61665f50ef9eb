"""`whichwheel cache`, on a cache that real installs filled."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command import Completed
from support.server import Server, serve
from support.workplace import Workplace

DAY = 24 * 3600


@pytest.fixture
def server(workplace: Workplace) -> Iterator[Server]:
    workplace.build("bread", version="1.0")
    workplace.build_tastes("soup")
    assert workplace.run("index", workplace.wheels).code == 0
    with serve(workplace.wheels) as running:
        yield running


@pytest.fixture
def cache(workplace: Workplace, server: Server) -> Path:
    """A cache after one install from a server."""
    folder = workplace.folder / "cache"
    assert _install(workplace, server, folder).code == 0
    return folder


def _install(workplace: Workplace, server: Server, cache: Path) -> Completed:
    where = ("--index-url", server.url, "--cache-dir", cache, "--python", workplace.python)
    return workplace.run("install", "bread", "soup", "--reinstall", *where)


def _cache(workplace: Workplace, *arguments: str | Path) -> Completed:
    return workplace.run("cache", *arguments, "--cache-dir", workplace.folder / "cache")


def _age(folder: Path, days: float) -> None:
    then = time.time() - days * DAY
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_said(workplace: Workplace) -> None:
    done = workplace.run("cache", "dir")
    assert done.code == 0
    assert Path(done.stdout.strip()).is_relative_to(workplace.folder / "home")


@pytest.mark.usefixtures("cache")
def test_what_is_kept_is_shown(workplace: Workplace) -> None:
    done = _cache(workplace, "info")
    assert "downloaded wheels" in done.stdout
    shelves = {
        shelf["name"]: shelf
        for shelf in json.loads(_cache(workplace, "info", "--json").stdout)["shelves"]
    }
    assert shelves["files"]["entries"] == shelves["unpacked"]["entries"] == 2
    assert shelves["files"]["size"] > 0
    assert time.time() - shelves["files"]["oldest-use"] < DAY


def test_nothing_kept_is_no_fault(workplace: Workplace) -> None:
    for command in ("info", "verify", "prune", "clean"):
        done = _cache(workplace, command)
        assert (done.code, done.stderr) == (0, "")
    assert not (workplace.folder / "cache").exists()


def test_prune_takes_what_was_not_used_for_long(workplace: Workplace, cache: Path) -> None:
    assert "nothing to remove" in _cache(workplace, "prune").stdout
    _age(cache / "files", 100)
    before = _files(cache)
    assert "would remove 2 entries" in _cache(workplace, "prune", "--dry-run").stdout
    assert _files(cache) == before
    assert "removed 2 entries" in _cache(workplace, "prune").stdout
    assert before - _files(cache) == {name for name in before if name.startswith("files/")}


def test_prune_keeps_to_a_size_and_takes_the_oldest_first(
    workplace: Workplace, cache: Path
) -> None:
    _age(cache, 2)
    _age(cache / "unpacked-1", 1)
    unpacked = (path for path in (cache / "unpacked-1").rglob("*") if path.is_file())
    kept = sum(path.stat().st_size for path in unpacked)
    done = _cache(workplace, "prune", "--at-most", f"{kept // 1000 + 1}kB")
    assert done.code == 0
    assert not (cache / "files").exists() or not _files(cache / "files")
    assert len(list((cache / "unpacked-1").iterdir())) == 2


def test_what_another_run_may_be_at_stays(workplace: Workplace, cache: Path) -> None:
    before = _files(cache)
    for how in (("--at-most", "0"), ("--older-than", "0")):
        done = _cache(workplace, "prune", *how)
        assert "nothing to remove" in done.stdout
        assert _files(cache) == before


def test_prune_takes_what_runs_that_were_cut_off_left(workplace: Workplace, cache: Path) -> None:
    building = cache / "unpacked-1" / ".building-abc"
    building.mkdir()
    (building / "half").write_text("half")
    fresh = cache / "files" / ".new-xyz"
    fresh.write_text("half")
    _age(building, 3)
    os.utime(building, (0, 0))
    assert "removed 1 entry" in _cache(workplace, "prune", "--older-than", "1000").stdout
    assert not building.exists()
    assert fresh.exists()


def test_clean_takes_one_project_and_it_is_fetched_again(
    workplace: Workplace, server: Server, cache: Path
) -> None:
    assert "removed 2 entries" in _cache(workplace, "clean", "Bread").stdout
    assert not any("bread" in name for name in _files(cache / "files"))
    assert any("soup" in name for name in _files(cache / "files"))
    server.requests.clear()
    assert _install(workplace, server, cache).code == 0
    fetched = [request.path for request in server.requests if request.path.endswith(".whl")]
    assert [name.rpartition("/")[2].partition("-")[0] for name in fetched] == ["bread"]


def test_clean_takes_everything_of_ours_and_nothing_else(
    workplace: Workplace, server: Server, cache: Path
) -> None:
    (cache / "letter.txt").write_text("mine")
    (cache / "files" / "letter.txt").write_text("mine")
    (cache / "unpacked-1" / "photos").mkdir()
    elsewhere = workplace.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "letter.txt").write_text("mine")
    free = next(f"{n:02x}" for n in range(256) if not (cache / "http" / f"{n:02x}").exists())
    (cache / "http" / free).symlink_to(elsewhere)
    assert _cache(workplace, "clean").code == 0
    assert _files(cache) == {"letter.txt", "files/letter.txt"}
    assert (cache / "unpacked-1" / "photos").is_dir()
    assert (elsewhere / "letter.txt").is_file()
    assert _install(workplace, server, cache).code == 0


def test_damage_is_found_named_and_repaired_by_the_next_run(
    workplace: Workplace, server: Server, cache: Path
) -> None:
    assert "0 damaged" in _cache(workplace, "verify").stdout
    wheel = next((cache / "files").rglob("bread*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"?")
    module = next((cache / "unpacked-1").rglob("soup/__init__.py"))
    stamps = module.stat()
    module.write_bytes(b"#" * stamps.st_size)
    os.utime(module, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    page = next(path for path in (cache / "http").rglob("*") if path.is_file())
    page.write_bytes(page.read_bytes()[:-1])
    done = _cache(workplace, "verify")
    assert done.code == 1
    assert "3 damaged" in done.stdout
    assert "(bread-1.0-py3-none-any.whl)" in done.stdout
    assert _cache(workplace, "verify").code == 0
    assert _install(workplace, server, cache).code == 0
    assert _cache(workplace, "verify").code == 0


def test_what_was_kept_without_a_digest_is_not_called_damaged(
    workplace: Workplace, server: Server
) -> None:
    bread = next(workplace.wheels.glob("bread*.whl"))
    where = ("--cache-dir", workplace.folder / "cache", "--python", workplace.python)
    address = f"{server.url}{bread.name}"
    assert workplace.run("install", "--no-index", *where, address).code == 0
    found = json.loads(_cache(workplace, "verify", "--json").stdout)
    assert found["damaged"] == 0
    assert found["unknown"] >= 1


@pytest.mark.parametrize("size", ["much", "-1MB", "10 parsecs", "1e9"])
def test_a_size_that_is_none(size: str, workplace: Workplace) -> None:
    done = _cache(workplace, "prune", f"--at-most={size}")
    assert done.code == 2
    assert "is no size" in done.stderr

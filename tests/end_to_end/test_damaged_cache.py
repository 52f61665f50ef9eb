"""A cache that is damaged at random places gives what a fresh one gives."""

import os
import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.dying import Mortal, Mortals
from support.environments import tree
from support.index import write_project
from support.server import serve
from support.workplace import Workplace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")

_ROUNDS = 10
_DAY = 24 * 3600


class Kitchen:
    """An index, an environment, and a cache that an install filled."""

    def __init__(self, workplace: Workplace, mortals: Mortals, url: str) -> None:
        self.place, self.mortals, self.url = workplace, mortals, url
        self.saved = workplace.folder / "saved"

    @property
    def cache(self) -> Path:
        return self.place.folder / "home" / "cache" / "whichwheel"

    def install(self) -> Mortal:
        where = ("--index-url", self.url, "--python", self.place.python)
        return self.mortals.run(
            "install", "bread", "soup", "--reinstall", *where, within=self.cache
        )

    def files(self) -> list[Path]:
        return sorted(path for path in self.cache.rglob("*") if path.is_file())

    def age(self) -> None:
        """Let what was checked of late be so no longer."""
        then = time.time() - 3 * _DAY
        for path in self.cache.rglob("checked"):
            os.utime(path, (then, then))


@pytest.fixture
def kitchen(workplace: Workplace) -> Iterator[Kitchen]:
    files = {f"bread/part_{number}.py": f"number = {number}\n" * 50 for number in range(6)}
    write_project(workplace.folder, "bread", [workplace.build("bread", files=files)])
    workplace.build_tastes("soup")
    write_project(workplace.folder, "soup", sorted(workplace.wheels.glob("soup-*")))
    with (
        serve(workplace.folder) as server,
        Mortals(workplace.folder / "home", ["install", "--help"]) as mortals,
    ):
        kitchen = Kitchen(workplace, mortals, f"{server.url}simple/")
        for _ in range(2):
            done = kitchen.install()
            assert done.code == 0, done.stderr
        yield kitchen


def _damage(files: list[Path], chance: random.Random) -> str:
    """Do something to a file, or to two, mostly so that size and time do not tell."""
    path = chance.choice(files)
    state = path.stat()
    kind = chance.choice(["flip", "flip", "flip", "cut", "delete", "garbage", "swap"])
    data = bytearray(path.read_bytes())
    if kind == "flip" and data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    elif kind == "cut":
        path.write_bytes(data[: chance.randrange(len(data) + 1)])
    elif kind == "delete":
        path.unlink()
        return f"{kind} {path}"
    elif kind == "garbage":
        path.write_bytes(chance.randbytes(len(data)))
    elif kind == "swap":
        alike = [each for each in files if each.is_file() and each.stat().st_size == state.st_size]
        other = chance.choice(alike)
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    return f"{kind} {path}"


@pytest.mark.parametrize("seed", range(4))
def test_damage_anywhere_is_found_and_mended(kitchen: Kitchen, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
    fresh = tree(kitchen.place.environment)
    shutil.copytree(kitchen.cache, kitchen.saved)
    for _ in range(_ROUNDS):
        shutil.rmtree(kitchen.cache)
        shutil.copytree(kitchen.saved, kitchen.cache)
        kitchen.age()
        files = kitchen.files()
        told = [_damage([each for each in files if each.is_file()], chance) for _ in range(3)]
        done = kitchen.install()
        assert done.code == 0, (told, done.stderr)
        assert tree(kitchen.place.environment) == fresh, told


def test_every_file_of_the_cache_may_be_garbage(kitchen: Kitchen) -> None:
    fresh = tree(kitchen.place.environment)
    for content in (b"", b"\0" * 100, b"{}", b"[" * 100_000, "ü\ud800".encode(errors="ignore")):
        for path in kitchen.files():
            path.unlink()
            path.write_bytes(content)
        done = kitchen.install()
        assert (done.code, done.stderr) == (0, "")
        assert tree(kitchen.place.environment) == fresh
    verified = kitchen.mortals.run("cache", "verify", within=kitchen.cache)
    assert "internal" not in verified.stderr


def test_folders_in_the_place_of_files_do_no_harm(kitchen: Kitchen) -> None:
    fresh = tree(kitchen.place.environment)
    for path in kitchen.files():
        path.unlink()
        path.mkdir()
    done = kitchen.install()
    assert "internal" not in done.stderr
    assert tree(kitchen.place.environment) == fresh
    assert kitchen.mortals.run("cache", "clean", within=kitchen.cache).code == 0


@pytest.mark.parametrize("years", [-30, 30])
def test_a_clock_that_jumped_makes_nothing_last(kitchen: Kitchen, years: int) -> None:
    """The cache lies in the past or in the future of the clock as it is now."""
    fresh = tree(kitchen.place.environment)
    then = time.time() + years * 365 * _DAY
    for path in (
        *kitchen.cache.rglob("*"),
        *kitchen.place.environment.interpreter.prefix.rglob("*"),
    ):
        if not path.is_symlink():
            os.utime(path, (then, then))
    done = kitchen.install()
    assert (done.code, done.stderr) == (0, "")
    assert tree(kitchen.place.environment) == fresh
    for command in (["info"], ["verify"], ["prune"], ["clean"]):
        shown = kitchen.mortals.run("cache", *command, within=kitchen.cache)
        assert "internal" not in shown.stderr
        assert shown.code == 0 or command == ["verify"]


def test_a_download_without_a_hash_is_fetched_anew_when_it_is_damaged(workplace: Workplace) -> None:
    """The server would say that it is still the same."""
    write_project(workplace.folder, "bread", [workplace.build("bread")], hashes=False)
    with serve(workplace.folder) as server:
        where = ("--index-url", f"{server.url}simple/", "--python", workplace.python)
        assert workplace.run("install", "bread", *where).code == 0
        fresh = workplace.tree()
        cache = workplace.folder / "home" / "cache" / "whichwheel"
        shutil.rmtree(cache / "unpacked-1")
        [wheel] = (cache / "files").rglob("bread-*.whl")
        data = bytearray(wheel.read_bytes())
        data[len(data) // 2] ^= 1
        wheel.write_bytes(data)
        done = workplace.run("install", "bread", "--reinstall", *where)
        assert done.code == 0, done.stderr
        assert workplace.tree() == fresh
        assert workplace.run("cache", "verify").code == 0
        wheel.with_name(f"{wheel.name}.etag").write_bytes(b"\xff\n\xff")
        assert workplace.run("cache", "verify").code == 1
        assert workplace.run("install", "bread", "--reinstall", *where).code == 0

"""The cache of unpacked wheels heals itself and is safe to share."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.environments import install, new_environment, pin_of, run_in
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.wheel_cache import UnpackedWheel, WheelCache
from whichwheel.sources.errors import BrokenWheel, HashMismatch


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    files = {"some-1.0.data/scripts/tool": "#!/bin/sh\n", "some/deep/er.py": "x = 1\n"}
    return build_wheel(tmp_path / "wheels", WheelSpec("some", files=files))


def contents(wheel: UnpackedWheel) -> dict[str, bytes]:
    return {file.path: (wheel.folder / file.path).read_bytes() for file in wheel.files}


def test_a_wheel_is_unpacked_once(tmp_path: Path, wheel: Path) -> None:
    cache = WheelCache(tmp_path / "cache")
    first = cache.unpack(wheel, {})
    with zipfile.ZipFile(wheel) as archive:
        expected = {name: archive.read(name) for name in archive.namelist()}
    del expected["some-1.0.dist-info/RECORD"]
    assert contents(first) == expected
    stamp = first.folder.stat().st_mtime_ns
    again = cache.unpack(wheel, {})
    assert again == first
    assert again.folder.stat().st_mtime_ns == stamp
    assert cache.find(first.folder.parent.name) == first
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [first.folder.parent.name]


@pytest.mark.skipif(os.name == "nt", reason="file modes are POSIX")
def test_modes_follow_the_umask_and_the_archive(tmp_path: Path, wheel: Path) -> None:
    before = os.umask(0o027)
    try:
        unpacked = WheelCache(tmp_path / "cache").unpack(wheel, {})
    finally:
        os.umask(before)
    modes = {
        file.path: (unpacked.folder / file.path).stat().st_mode & 0o777 for file in unpacked.files
    }
    assert modes["some/deep/er.py"] == 0o640
    assert modes["some-1.0.data/scripts/tool"] == 0o750


def remove(path: Path) -> None:
    path.unlink()


def lengthen(path: Path) -> None:
    path.write_text("something longer than it was")


def edit(path: Path) -> None:
    # As long as before: only the time tells.
    path.write_text("x = 2\n")
    os.utime(path, ns=(1, 1))


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [remove, lengthen, edit, replace_by_folder])
def test_a_damaged_entry_is_noticed_and_rebuilt(
    tmp_path: Path, wheel: Path, damage: Callable[[Path], None]
) -> None:
    cache = WheelCache(tmp_path / "cache")
    first = cache.unpack(wheel, {})
    before = contents(first)
    damage(first.folder / "some/deep/er.py")
    assert cache.find(first.folder.parent.name) is None
    assert contents(cache.unpack(wheel, {})) == before
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "another/1"}', '{"format": 1}'])
def test_a_damaged_manifest_is_noticed_and_rebuilt(
    tmp_path: Path, wheel: Path, content: str
) -> None:
    cache = WheelCache(tmp_path / "cache")
    first = cache.unpack(wheel, {})
    (first.folder.parent / "manifest.json").write_text(content)
    assert cache.find(first.folder.parent.name) is None
    assert cache.unpack(wheel, {}).files[0].path == first.files[0].path


def test_a_change_of_an_installed_file_does_not_reach_the_next_environment(
    tmp_path: Path, wheel: Path
) -> None:
    cache = tmp_path / "cache"
    first, second = new_environment(tmp_path, "first"), new_environment(tmp_path, "second")
    install(first, cache, pin_of(wheel))
    with (first.interpreter.paths["purelib"] / "some/deep/er.py").open("a") as file:
        file.write("x = 2\n")
    install(second, cache, pin_of(wheel))
    program = "import some.deep.er; print(some.deep.er.x)"
    assert run_in(first, "python", "-c", program) == "2"
    assert run_in(second, "python", "-c", program) == "1"


UNPACK = """
import sys
from pathlib import Path
from whichwheel.environment.wheel_cache import WheelCache
for _ in range(5):
    print(WheelCache(Path(sys.argv[2])).unpack(Path(sys.argv[1]), {}).filename)
"""


def test_several_processes_unpack_the_same_wheel(tmp_path: Path, wheel: Path) -> None:
    folder = tmp_path / "cache"
    command = [sys.executable, "-c", UNPACK, str(wheel), str(folder)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [child.communicate(timeout=60)[0] for child in children]
    assert outputs == [f"{wheel.name}\n" * 5] * 3
    [entry] = folder.iterdir()
    assert WheelCache(folder).find(entry.name) is not None


def change_record(wheel: Path, change: str | None) -> None:
    """Write the wheel's RECORD anew: None leaves it away, a word drops the lines that hold it."""
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    record = "some-1.0.dist-info/RECORD"
    lines = members.pop(record).decode().splitlines(keepends=True)
    if change is not None:
        members[record] = "".join(line for line in lines if change not in line).encode()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(("change", "words"), [(None, "no `RECORD`"), ("deep", "does not list")])
def test_a_wheel_with_a_bad_record_is_broken(
    tmp_path: Path, wheel: Path, change: str | None, words: str
) -> None:
    change_record(wheel, change)
    with pytest.raises(BrokenWheel, match=words):
        WheelCache(tmp_path / "cache").unpack(wheel, {})
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_wheel_whose_file_differs_from_its_record_is_broken(tmp_path: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["some/deep/er.py"] = b"x = 2\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(BrokenWheel, match="hash"):
        WheelCache(tmp_path / "cache").unpack(wheel, {})
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_wheel_that_is_not_the_promised_one_is_refused(tmp_path: Path, wheel: Path) -> None:
    with pytest.raises(HashMismatch):
        WheelCache(tmp_path / "cache").unpack(wheel, {"sha256": "0" * 64})


@pytest.mark.parametrize("key", ["", "../../etc", "A" * 64, "0" * 63])
def test_only_a_hash_is_a_key(tmp_path: Path, key: str) -> None:
    assert WheelCache(tmp_path).find(key) is None

"""A file gets from the cache into an environment in the best way that works."""

import os
from pathlib import Path

import pytest

from whichwheel.environment.errors import LinkFailed
from whichwheel.environment.links import Linker, LinkMode

#: On Linux a file system of its own.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the test names its file by its own folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text("content")
    path.chmod(0o750)
    os.utime(path, ns=(10**18, 10**18))
    return path


@pytest.mark.parametrize("mode", [None, LinkMode.HARDLINK, LinkMode.COPY])
def test_content_mode_and_time_are_the_same(
    source: Path, tmp_path: Path, mode: LinkMode | None
) -> None:
    target = tmp_path / "target"
    Linker(mode).link(source, target)
    assert target.read_text() == "content"
    assert target.stat().st_mtime_ns == 10**18
    assert target.stat().st_mode == source.stat().st_mode


def test_a_copy_is_a_file_of_its_own(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    Linker(LinkMode.COPY).link(source, target)
    assert not target.samefile(source)


@pytest.mark.parametrize("mode", [None, *LinkMode])
def test_an_existing_file_is_never_written(
    source: Path, tmp_path: Path, mode: LinkMode | None
) -> None:
    victim, target = tmp_path / "victim", tmp_path / "target"
    victim.write_text("mine")
    target.symlink_to(victim)
    with pytest.raises(FileExistsError):
        Linker(mode).link(source, target)
    assert victim.read_text() == "mine"
    assert target.is_symlink()


def test_a_clone_works_or_says_that_it_cannot(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    failure: LinkFailed | None = None
    try:
        Linker(LinkMode.CLONE).link(source, target)
    except LinkFailed as error:
        failure = error
    assert target.exists() is (failure is None)
    if failure is not None:
        assert failure.mode == "clone"
        assert "--link-mode" in (failure.hint or "")


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="there is no second file system")
def test_across_file_systems_a_copy_is_made(source: Path, tmp_path: Path) -> None:
    other = SHARED_MEMORY / f"{tmp_path.parent.name}-{tmp_path.name}-{os.getpid()}"
    if other.parent.stat().st_dev == source.stat().st_dev:
        pytest.skip("there is no second file system")
    linker = Linker()
    try:
        linker.link(source, other)
        assert other.read_text() == "content"
        assert linker.mode is LinkMode.COPY
        other.unlink()
        with pytest.raises(LinkFailed):
            Linker(LinkMode.HARDLINK).link(source, other)
    finally:
        other.unlink(missing_ok=True)


def test_a_missing_source_is_not_blamed_on_the_way_of_linking(tmp_path: Path) -> None:
    linker = Linker()
    with pytest.raises(FileNotFoundError):
        linker.link(tmp_path / "missing", tmp_path / "target")
    assert linker.mode is LinkMode.CLONE

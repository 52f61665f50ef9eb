"""One run at a time holds a file."""

import sys
import threading
from pathlib import Path

import pytest

from whichwheel.environment.lock_file import holding


def test_the_same_thread_never_waits_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holding(path), holding(path):
        assert path.exists()
    with holding(path):
        pass
    assert path.exists()


def test_another_thread_waits_and_says_so_once(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    waits, order = threading.Event(), []

    def second() -> None:
        with holding(path, waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with holding(path):
        thread.start()
        assert waits.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_a_failure_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(RuntimeError), holding(path):
        raise RuntimeError
    told: list[str] = []
    with holding(path, lambda: told.append("waiting")):
        assert told == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX opens files so")
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), holding(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()

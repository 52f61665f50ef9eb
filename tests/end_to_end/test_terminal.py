"""What is seen on a terminal."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from support.command import child_environment
from support.index import write_project
from support.server import Behaviour, serve
from support.workplace import Workplace

if sys.platform == "win32":
    pytest.skip("the tests know pseudo-terminals of POSIX alone", allow_module_level=True)


def _on_a_terminal(
    workplace: Workplace, *arguments: str, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run with both streams on a pseudo-terminal; return the exit code and what it showed."""
    main, side = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "whichwheel", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=side,
        stderr=side,
        env=child_environment(workplace.folder / "home", {"TERM": "xterm-256color", **(env or {})}),
    )
    os.close(side)
    shown = bytearray()
    while True:
        try:
            data = os.read(main, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(main)
    return process.wait(timeout=30), shown.decode()


def test_downloads_and_unpacking_have_bars_that_leave_nothing_behind(workplace: Workplace) -> None:
    wheel = workplace.build("bread", files={"bread/crumbs.bin": os.urandom(1 << 20)})
    write_project(workplace.folder, "bread", [wheel])
    with serve(workplace.folder) as server:
        server.set(f"wheels/{wheel.name}", Behaviour(delay=0.3, ranges=False))
        arguments = ("install", "bread", "-i", f"{server.url}simple/", "--python", workplace.python)
        code, shown = _on_a_terminal(workplace, *arguments, "--dry-run", "--no-progress")
        assert code == 0, shown
        assert "download" not in shown
        code, shown = _on_a_terminal(workplace, *arguments, "--no-cache")
    assert code == 0, shown
    assert f"download {wheel.name}" in shown
    assert "\x1b[?25h" in shown  # the cursor is back
    assert shown.splitlines()[-1].rpartition("\x1b[?25h")[2].startswith("installed 1 package in ")


def test_colours_appear_on_a_terminal_unless_unwanted(workplace: Workplace) -> None:
    workplace.build("bread")
    arguments = ("explain", "bread", "--no-index", "-f", str(workplace.wheels))
    code, shown = _on_a_terminal(workplace, *arguments)
    assert code == 0, shown
    assert "\x1b[32mchosen\x1b[0m" in shown
    code, shown = _on_a_terminal(workplace, *arguments, env={"NO_COLOR": "1"})
    assert (code, "\x1b" in shown) == (0, False)
    code, shown = _on_a_terminal(workplace, "explain", "absent", *arguments[2:])
    assert code == 1
    assert shown.startswith("\x1b[31merror\x1b[0m: ")

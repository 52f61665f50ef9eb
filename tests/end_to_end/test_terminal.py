"""What is seen on a terminal."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping

import pytest

from support.command import child_environment
from support.index import write_project
from support.server import Behaviour, Exchange, serve
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


def test_ctrl_c_at_a_progress_bar_leaves_a_terminal_that_works(workplace: Workplace) -> None:
    wheel = workplace.build("bread", files={"bread/crumbs.bin": os.urandom(1 << 20)})
    write_project(workplace.folder, "bread", [wheel])
    before = workplace.tree()
    over = threading.Event()

    def stall(exchange: Exchange) -> bool:
        if not exchange.path.endswith(".whl") or "range" in exchange.sent:
            return False
        exchange.answer(data=exchange.data[:1000], length=len(exchange.data))
        over.wait(60)
        exchange.hang_up()
        return True

    main, side = os.openpty()
    with serve(workplace.folder) as server:
        server.interfere = stall
        words = ("install", "bread", "-i", f"{server.url}simple/", "--python", workplace.python)
        process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, *words],
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
            env=child_environment(workplace.folder / "home", {"TERM": "xterm-256color"}),
        )
        os.close(side)
        shown = b""
        while b"download bread" not in shown:
            shown += os.read(main, 4096)
        os.write(main, b"\x03")
        while True:
            try:
                shown += os.read(main, 4096)
            except OSError:
                break
        code = process.wait(20)
        over.set()
    os.close(main)
    assert code == 130
    last = shown.decode().rpartition("\x1b[?25h")[2]  # the cursor is back
    # The lines of the bars are cleared then, if any were drawn yet.
    assert last.replace("\x1b[1A\x1b[2K", "").strip() == "\x1b[31merror\x1b[0m: interrupted"
    assert workplace.tree() == before


#: Runs the command with the terminal of its standard input as its own, so that Ctrl-C reaches it.
_AT_TERMINAL = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("whichwheel", run_name="__main__", alter_sys=True)
"""

"""Start-up: the command that says its version, and the import of the public API."""

import json
import subprocess
import sys
from pathlib import Path

from measuring import Cost, Row, child_environment, command_cost, interleaved, print_table

__all__ = ["rows"]

REPEATS = 31
WANTED = 2.0

OURS = "import whichwheel; [getattr(whichwheel, name) for name in whichwheel.__all__]"
PEER = "import packaging.tags, packaging.markers"
_TIMED = """
import json, time
wall, cpu = time.perf_counter(), time.process_time()
{statement}
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def _import_cost(statement: str) -> Cost:
    """Time an import inside a fresh interpreter, without the interpreter's own start."""
    program = _TIMED.format(statement=statement)
    output = subprocess.run(
        [sys.executable, "-c", program],
        env=child_environment(),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return Cost(*json.loads(output))


def _console_command() -> list[str]:
    script = Path(sys.executable).with_name(
        "whichwheel.exe" if sys.platform == "win32" else "whichwheel"
    )
    return [str(script)] if script.is_file() else [sys.executable, "-m", "whichwheel"]


def _rows(work: str, ours: Cost, peer: Cost) -> list[Row]:
    return [
        Row(
            f"{work}, CPU",
            ours.cpu,
            peer.cpu,
            f"at most {WANTED:.0f}x",
            ours.cpu <= WANTED * peer.cpu,
        ),
        Row(f"{work}, wall", ours.wall, peer.wall),
    ]


def rows() -> list[Row]:
    """Measure both."""
    for statement in (OURS, PEER):
        _import_cost(statement)  # compiled from now on
    costs = interleaved(
        {
            "version": lambda: command_cost([*_console_command(), "--version"]),
            "pass": lambda: command_cost([sys.executable, "-c", "pass"]),
            "ours": lambda: _import_cost(OURS),
            "peer": lambda: _import_cost(PEER),
        },
        REPEATS,
    )
    return [
        *_rows("`whichwheel --version` beside `python -c pass`", costs["version"], costs["pass"]),
        *_rows("public API beside `packaging.tags` and `.markers`", costs["ours"], costs["peer"]),
    ]


if __name__ == "__main__":
    print_table(rows())

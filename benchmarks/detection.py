"""Detection: what the cache saves where a driver is slow, and what it costs by itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Row, interleaved, print_table, thread_cost
from whichwheel.target.detection.detection_cache import DetectionCache
from whichwheel.target.detection.detector import Detector
from whichwheel.target.interpreters.interpreter import inspect_interpreter
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.this_machine import this_machine

__all__ = ["rows"]

REPEATS = 31
#: Seconds that the stand-in for a sleeping driver takes.
SLEEP = 1.5
WANTED = 0.002
WANTED_RATIO = 100

_DRIVER = f"""
#include <unistd.h>
int cuDriverGetVersion(int *version) {{ usleep({SLEEP} * 1000000); *version = 12080; return 0; }}
int cuInit(unsigned flags) {{ return 100; }}
"""


def _slow_driver(folder: Path) -> Mapping[str, str] | None:
    """Build a CUDA driver library that takes its time; None where there is no compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    source = folder / "driver.c"
    source.write_text(_DRIVER)
    library = folder / "libcuda.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", library, source], check=True)
    return {**os.environ, "LD_LIBRARY_PATH": str(folder)}


def rows() -> list[Row]:
    """Measure."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        return [*_all_facts(folder), *_slow(folder)]


def _all_facts(folder: Path) -> list[Row]:
    interpreter = inspect_interpreter(None)
    cache = DetectionCache(folder / "all")

    def facts(kept: DetectionCache | None) -> None:
        target = this_machine(interpreter, detector=Detector(cache=kept))
        assert len(target.machine.facts()) >= len(PROVIDERS)

    facts(cache)
    costs = interleaved(
        {
            "kept": lambda: thread_cost(lambda: facts(cache)),
            "anew": lambda: thread_cost(lambda: facts(None)),
        },
        {"kept": REPEATS, "anew": 5},
    )
    kept, anew = costs["kept"].wall, costs["anew"].wall
    return [
        Row(
            f"facts of {len(PROVIDERS)} providers, kept / detected",
            kept,
            anew,
            "under 2 ms",
            kept < WANTED,
            "faster",
        )
    ]


def _slow(folder: Path) -> list[Row]:
    environ = _slow_driver(folder)
    if environ is None:
        return []
    cache = DetectionCache(folder / "slow")

    def facts(kept: DetectionCache | None) -> None:
        Detector(environ, cache=kept).outcome(PROVIDERS["nvidia"])

    facts(cache)
    costs = interleaved(
        {
            "kept": lambda: thread_cost(lambda: facts(cache)),
            "anew": lambda: thread_cost(lambda: facts(None)),
        },
        {"kept": REPEATS, "anew": 2},
    )
    kept, anew = costs["kept"].wall, costs["anew"].wall
    return [
        Row(
            f"a driver that takes {SLEEP} s, kept / detected",
            kept,
            anew,
            f"over {WANTED_RATIO}x",
            anew > WANTED_RATIO * kept,
            "faster",
        )
    ]


if __name__ == "__main__":
    print_table(rows())

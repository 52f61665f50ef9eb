"""Measure two things side by side, and show them as the rows of one table."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Cost",
    "Row",
    "child_environment",
    "command_cost",
    "interleaved",
    "print_table",
    "thread_cost",
]

if sys.platform == "win32":

    def _children_cpu() -> float:
        """CPU time of other processes is not to be had here; rows show wall time only."""
        return float("nan")

else:
    import resource

    def _children_cpu() -> float:
        """Return the CPU seconds of all processes that were waited for."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Row:
    """One line of the table.

    :param ours: seconds
    :param peer: seconds, or None where there is no peer, or it is not installed
    :param wanted: in words
    :param met: whether the figure reaches what is wanted; None where nothing is wanted
    :param factor: whether the ratio is how many times faster we are, or how much longer we take
    """

    work: str
    ours: float
    peer: float | None
    wanted: str = ""
    met: bool | None = None
    factor: str = "longer"

    @property
    def ratio(self) -> float | None:
        """How many times faster, or longer, we are than the peer."""
        if self.peer is None:
            return None
        return self.peer / self.ours if self.factor == "faster" else self.ours / self.peer


def child_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which modules are compiled once, as where they are installed."""
    kept = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **(more or {})}


def thread_cost(work: Callable[[], object]) -> Cost:
    """Run a function in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def command_cost(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    *,
    fails: bool = False,
) -> Cost:
    """Run a command to its end.

    :param fails: whether it must fail, where otherwise it must succeed
    """
    wall, cpu = time.perf_counter(), _children_cpu()
    done = subprocess.run(
        command,
        env=child_environment(env),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    cost = Cost(time.perf_counter() - wall, _children_cpu() - cpu)
    if bool(done.returncode) is not fails:
        what = "did not fail" if fails else "failed"
        sys.exit(f"`{' '.join(command)}` {what}:\n{done.stdout}{done.stderr}")
    return cost


def interleaved(
    runs: Mapping[str, Callable[[], Cost]], repeats: Mapping[str, int] | int
) -> dict[str, Cost]:
    """Run each of several things many times, in turn, and return the medians.

    Turn by turn, because the machine has slow moments, which then strike all sides alike.

    :param repeats: how often, for all or by name
    """
    times = {name: repeats if isinstance(repeats, int) else repeats[name] for name in runs}
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for turn in range(max(times.values())):
        for name, run in runs.items():
            # One with fewer repeats has its turns spread over those of the others.
            if turn * times[name] // max(times.values()) >= len(costs[name]):
                costs[name].append(run())
    return {
        name: Cost(
            statistics.median(cost.wall for cost in found),
            statistics.median(cost.cpu for cost in found),
        )
        for name, found in costs.items()
    }


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows with aligned columns."""
    table = [("work", "ours", "peer", "ratio", "wanted", "")]
    for row in rows:
        ratio = row.ratio
        table.append(
            (
                row.work,
                _seconds(row.ours),
                "" if row.peer is None else _seconds(row.peer),
                "" if ratio is None else f"{_digits(ratio)}x {row.factor}",
                row.wanted,
                "" if row.met is None else ("yes" if row.met else "NO"),
            )
        )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = zip(line, widths, strict=True)
        print("  ".join(cell.ljust(width) for cell, width in cells).rstrip())


def _digits(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"  # noqa: PLR2004


def _seconds(value: float) -> str:
    return f"{_digits(value)} s" if value >= 1 else f"{_digits(value * 1000)} ms"

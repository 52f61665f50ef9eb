"""Installs beside uv and pip: all caches warm, each into an environment of its own.

The packages come from an index on loopback, except for numpy and scipy, which come from the index
that pip is configured with. Environments and caches share a file system, so that files are linked.
"""

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from loopback import serve_pages
from measuring import Cost, Row, child_environment, interleaved, print_table
from packages import LABELS, OURS, PIP, UV, Package, Place, chain

__all__ = ["rows"]

REPEATS = 7
INSTALLED = 60
PACKAGES = 30
REAL = ("numpy", "scipy")


def _costs(place: Place, tools: Sequence[str], run: Callable[[str], Cost]) -> dict[str, Cost]:
    tools = [tool for tool in tools if tool in place.commands]
    for tool in tools:
        run(tool)  # fills the caches
        run(tool)
    return interleaved({tool: partial(run, tool) for tool in tools}, REPEATS)


def _rows(work: str, costs: Mapping[str, Cost], reach: float, faster: float | None) -> list[Row]:
    ours = costs[OURS].wall
    found = []
    if UV in costs:
        uv = costs[UV].wall
        met = ours <= reach * uv
        found.append(Row(f"{work}, beside uv", ours, uv, f"at most {reach:g}x", met))
    if PIP in costs:
        pip = costs[PIP].wall
        wanted, done = "", None
        if faster is not None:
            wanted, done = f"{faster:g}x faster", pip >= faster * ours
        found.append(Row(f"{work}, beside pip", ours, pip, wanted, done, "faster"))
    return found


def _nothing(home: Path) -> list[Row]:
    packages = chain("there", INSTALLED)
    names = [package.name for package in packages]
    with serve_pages({k: v for each in packages for k, v in each.pages().items()}) as url:
        place = Place(home, f"{url}/")
        into = place.environment()
        place.install(OURS, names, into)
        tools = OURS, UV, PIP
        again = _costs(place, tools, lambda tool: place.install(tool, names[:1], into))
        # Each command line is a new one, which no note of an earlier run answers.
        anew = (f"{names[0]}>=0.{number}" for number in count())
        first = _costs(place, tools, lambda tool: place.install(tool, [next(anew)], into))
    work = f"nothing to do, {INSTALLED} packages installed"
    return [
        *_rows(work, again, 3, None),
        *_rows(f"{work}, asked for the first time", first, 3, None),
    ]


def _one(home: Path) -> list[Row]:
    package = Package("single", labels=LABELS)
    with serve_pages(package.pages()) as url:
        place = Place(home, f"{url}/")

        def check(tool: str, site: Path) -> None:
            label = (site / "single" / "__init__.py").read_text("utf-8")
            assert (label == "label = None\n") == (tool == PIP), (tool, label)

        costs = _costs(
            place, (OURS, UV, PIP), lambda tool: place.fresh(tool, ["single"], partial(check, tool))
        )
    return _rows("one package of 6 variants (pip: its plain wheel)", costs, 3, 5)


def _many(home: Path) -> list[Row]:
    packages = chain("many", PACKAGES, labels=LABELS)
    with serve_pages({k: v for each in packages for k, v in each.pages().items()}) as url:
        place = Place(home, f"{url}/")

        def check(site: Path) -> None:
            assert len(list(site.glob("many_*.dist-info"))) == PACKAGES

        costs = _costs(place, (OURS, UV), lambda tool: place.fresh(tool, [packages[0].name], check))
    return _rows(f"{PACKAGES} packages x 6 variants", costs, 2, None)


def _real(home: Path) -> list[Row]:
    place = Place(home, None)

    def check(site: Path) -> None:
        assert all((site / name / "__init__.py").is_file() for name in REAL)

    work = " + ".join(REAL)
    first = subprocess.run(
        [*place.commands[OURS], str(place.environment()), *REAL],
        env=child_environment(place.env),
        capture_output=True,
        check=False,
    )
    if first.returncode:
        print(f"{work}: left out, the index that pip is configured with cannot be reached")
        return []
    costs = _costs(place, (OURS, UV, PIP), lambda tool: place.fresh(tool, REAL, check))
    return _rows(work, costs, 1.5, None)


def rows() -> list[Row]:
    """Measure all, each in a folder of its own."""
    found = []
    for measure in (_nothing, _one, _many, _real):
        with tempfile.TemporaryDirectory() as folder:
            found += measure(Path(folder))
    return found


if __name__ == "__main__":
    print_table(rows())

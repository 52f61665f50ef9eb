"""Installs with nothing kept, beside uv: what is asked of an index, when, and how often.

All comes from an index on loopback, once as it is and once with a round trip added to each request.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from install import LABELS, OURS, UV
from install import _chain as chain
from install import _Place as Place
from loopback import project_pages, serve_pages
from measuring import Cost, Row, child_environment, command_cost, interleaved, print_table

__all__ = ["rows"]

REPEATS = 9
PACKAGES = 30
ROUND_TRIP = 0.02  # seconds
VERSIONS, VARIANTS = 100, 50
MOST_WALL, MOST_CPU = 1.2, 2.0


def _cold(place: Place, cost: Callable[[], Cost]) -> Cost:
    shutil.rmtree(place.env["XDG_CACHE_HOME"], ignore_errors=True)
    return cost()


def _beside(place: Place, run: Callable[[str], Cost]) -> dict[str, Cost]:
    """Measure both tools, each with nothing kept."""
    tools = [tool for tool in (OURS, UV) if tool in place.commands]
    if UV not in tools:
        print("uv is not installed: fetching shows our side only")
    costs = {tool: partial(_cold, place, partial(run, tool)) for tool in tools}
    return interleaved(costs, REPEATS)


def _row(work: str, ours: float, peer: float | None, wanted: str, reach: float | None) -> Row:
    met = None if peer is None or reach is None else ours <= reach * peer
    return Row(work, ours, peer, wanted if peer is not None else "", met)


def _wall(costs: Mapping[str, Cost]) -> tuple[float, float | None]:
    return costs[OURS].wall, costs[UV].wall if UV in costs else None


def _cold_installs(home: Path) -> list[Row]:
    packages = chain("cold", PACKAGES, labels=LABELS)
    first = packages[0].name
    pages = {path: page for each in packages for path, page in each.pages().items()}
    work = f"{PACKAGES} packages x 6 variants, cold"
    found: list[Row] = []

    def check(site: Path) -> None:
        assert len(list(site.glob("cold_*.dist-info"))) == PACKAGES

    for delay, wanted, reach in (
        (0.0, f"at most {MOST_WALL:g}x", MOST_WALL),
        (ROUND_TRIP, "faster than uv", 1.0),
    ):
        asked: list[str] = []
        trip = f", {delay * 1000:.0f} ms round trip" if delay else ""
        with serve_pages(pages, delay=delay, asked=asked) as url:
            place = Place(home, f"{url}/")
            requests = {}
            for tool in place.commands.keys() & {OURS, UV}:
                asked.clear()
                _cold(place, partial(place.fresh, tool, [first], check))
                requests[tool] = len(asked)
            print(f"{work}{trip}: requests {_listed(requests)}")
            costs = _beside(place, lambda tool, to=place: to.fresh(tool, [first], check))
        found.append(_row(f"{work}{trip}, install, beside uv, wall", *_wall(costs), wanted, reach))
    return found


def _listed(requests: Mapping[str, int]) -> str:
    return ", ".join(f"{tool} {number}" for tool, number in sorted(requests.items()))


def _unfit_pages() -> dict[str, bytes]:
    """Return a project of many versions, each with many variants, of which none fits."""
    properties = {
        f"l{number}": {"x86_64": {"level": [f"v{number + 10}"]}} for number in range(VARIANTS)
    }
    document = json.dumps(
        {
            "$schema": "https://variants-schema.example/v0.1.1.json",
            "default-priorities": {"namespace": ["x86_64"]},
            "variants": properties,
        }
    ).encode()
    pages: dict[str, bytes] = {}
    listed = b""
    for number in range(VERSIONS):
        names = [f"unfit-1.{number}-py3-none-any-{label}.whl" for label in properties]
        made = project_pages("unfit", f"1.{number}", names, document)
        listed += made["/simple/unfit/"]
        pages |= made
    return {**pages, "/simple/unfit/": listed}


def _none_fits(home: Path) -> list[Row]:
    asked: list[str] = []
    with serve_pages(_unfit_pages(), asked=asked) as url:
        place = Place(home, f"{url}/")
        into = place.environment()
        requests: dict[str, int] = {}

        def run(tool: str) -> Cost:
            asked.clear()
            cost = _failing(place, tool, ["unfit"], into)
            requests[tool] = len(asked)
            return cost

        costs = _beside(place, run)
    work = f"{VERSIONS} versions x {VARIANTS} variants, none fits, cold"
    print(f"{work}: requests {_listed(requests)}")
    peer = costs.get(UV)
    fewer = peer is not None and requests[OURS] < requests[UV]
    return [
        Row(
            f"{work}, requests {_listed(requests)}; CPU",
            costs[OURS].cpu,
            None if peer is None else peer.cpu,
            f"fewer requests, at most {MOST_CPU:g}x",
            None if peer is None else fewer and costs[OURS].cpu <= MOST_CPU * peer.cpu,
        ),
        Row(f"{work}, wall", *_wall(costs)),
    ]


def _failing(place: Place, tool: str, names: Sequence[str], into: Path) -> Cost:
    """Run an installer that must find nothing."""
    command = [*place.commands[tool], str(into), *names]
    return command_cost(command, place.env, fails=True)


def rows() -> list[Row]:
    """Measure all, each in a folder of its own."""
    found = []
    for measure in (_cold_installs, _none_fits):
        with tempfile.TemporaryDirectory() as folder:
            found += measure(Path(folder))
    return found


if __name__ == "__main__":
    print_table(rows())

"""Installs with nothing kept, beside uv: what is asked of an index, when, and how often.

All comes from an index on loopback, once as it is and once with a round trip added to each request.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from loopback import project_pages, serve_pages
from measuring import Cost, Row, command_cost, interleaved, print_table
from packages import LABELS, OURS, UV, Place, chain

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
            costs = _beside(place, partial(_fresh, place, first, check))
        found.append(_row(f"{work}{trip}, install, beside uv, wall", *_wall(costs), wanted, reach))
    return found


def _fresh(place: Place, name: str, check: Callable[[Path], None], tool: str) -> Cost:
    return place.fresh(tool, [name], check)


def _listed(requests: Mapping[str, int]) -> str:
    return ", ".join(f"{tool} {number}" for tool, number in sorted(requests.items()))


def _unfit_pages(*, alike: bool) -> dict[str, bytes]:
    """Return a project of many versions, each with many variants, of which none fits.

    :param alike: whether all versions have equal documents, as where nothing changed between them
    """
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
        own = b"" if alike else b" " * number
        made = project_pages("unfit", f"1.{number}", names, document + own)
        listed += made["/simple/unfit/"]
        pages |= made
    return {**pages, "/simple/unfit/": listed}


def _none_fits(home: Path, *, alike: bool) -> list[Row]:
    asked: list[str] = []
    with serve_pages(_unfit_pages(alike=alike), asked=asked) as url:
        place = Place(home, f"{url}/")
        into = place.environment()
        requests: dict[str, int] = {}

        def run(tool: str) -> Cost:
            asked.clear()
            cost = _failing(place, tool, ["unfit"], into)
            requests[tool] = len(asked)
            return cost

        costs = _beside(place, run)
    shape = "described alike" if alike else "each described anew"
    work = f"{VERSIONS} versions x {VARIANTS} variants, {shape}, none fits, cold"
    peer = costs.get(UV)
    found = [Row(f"{work}, wall", *_wall(costs))]
    if peer is not None:
        ours, theirs = requests[OURS], requests[UV]
        reach = MOST_CPU * peer.cpu
        fewer = ours < theirs if alike else ours <= theirs
        wanted = f"{'fewer' if alike else 'no more'} requests, at most {MOST_CPU:g}x"
        met = fewer and costs[OURS].cpu <= reach
        what = f"{work}, {ours} requests beside {theirs}, CPU"
        found.insert(0, Row(what, costs[OURS].cpu, peer.cpu, wanted, met))
    return found


def _failing(place: Place, tool: str, names: Sequence[str], into: Path) -> Cost:
    """Run an installer that must find nothing."""
    command = [*place.commands[tool], str(into), *names]
    return command_cost(command, place.env, fails=True)


def rows() -> list[Row]:
    """Measure all, each in a folder of its own."""
    found = []
    measures: list[Callable[[Path], list[Row]]] = [
        _cold_installs,
        partial(_none_fits, alike=True),
        partial(_none_fits, alike=False),
    ]
    for measure in measures:
        with tempfile.TemporaryDirectory() as folder:
            found += measure(Path(folder))
    return found


if __name__ == "__main__":
    print_table(rows())

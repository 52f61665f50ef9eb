"""Agreement: a set of packages whose builds differ in what they were made for."""

import random
from collections.abc import Iterator

from generated import Build, GeneratedSources, generated_target
from measuring import Row, interleaved, print_table, thread_cost
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.axes.axis import Axis
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolution import Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.spec.properties import VariantFeature, VariantProperties

__all__ = ["rows"]

REPEATS = 7
WANTED = 1.0
PACKAGES = 200
AXES = 3
VALUES = 4
#: Of each package, so many builds; each is made for one value of some axes.
BUILDS = 6
CLAIMING = 0.6


def _axes() -> Axes:
    named = [Axis(f"axis{n}", (VariantFeature("bench", f"axis{n}"),)) for n in range(AXES)]
    return Axes({axis.name: axis for axis in named})


def _builds(rng: random.Random) -> Iterator[Build]:
    """Yield builds of packages that need one another; one combination of values serves all.

    It is not the one that packages prefer.
    """
    shared = [f"v{rng.randrange(1, VALUES)}" for _ in range(AXES)]
    for number in range(PACKAGES):
        for version in ("2.0", "1.0"):
            later = range(number + 1, min(number + 8, PACKAGES))
            needs = [f"pack{other}" for other in rng.sample(later, min(2, len(later)))]
            for label in range(BUILDS):
                stated: dict[str, tuple[str, ...]] = {}
                for axis in range(AXES):
                    if rng.random() < CLAIMING:
                        value = shared[axis] if label == 0 else f"v{rng.randrange(VALUES)}"
                        stated[f"axis{axis}"] = (value,)
                properties: VariantProperties = {"bench": stated} if stated else {}
                own = f"b{label}" if stated else "null"
                yield Build(f"pack{number}", version, own, properties, needs)


def rows() -> list[Row]:
    """Measure, and print how many rounds the solver needed."""
    target = generated_target({f"axis{n}": [f"v{m}" for m in range(VALUES)] for n in range(AXES)})
    seeded = random.Random(20261121)
    builds = list({build.filename: build for build in _builds(seeded)}.values())
    options = ResolveOptions(axes=_axes())
    requested = [parse_requested(f"pack{number}") for number in range(PACKAGES)]

    def solve() -> Resolution:
        return resolve(
            requested,
            target=target,
            sources=GeneratedSources(builds),
            options=options,
            installed={},
        )

    resolution = solve()
    assert len(resolution.pins) == PACKAGES
    ours = interleaved({"ours": lambda: thread_cost(solve)}, REPEATS)["ours"]
    return [
        Row(
            f"agree: {PACKAGES} packages, {AXES} axes of {VALUES} values, {len(builds)} builds; "
            f"{resolution.steps} solver rounds",
            ours.cpu,
            None,
            f"under {WANTED:.0f} s",
            ours.cpu < WANTED,
        )
    ]


if __name__ == "__main__":
    print_table(rows())

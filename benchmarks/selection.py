"""Parse, filter and order the variants of one release, beside the reference library."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Protocol, cast

from measuring import Row, interleaved, print_table, thread_cost
from whichwheel import order_variants, read_metadata, read_metadata_object

__all__ = ["release", "rows", "supported"]

SCHEMA = "https://variants-schema.wheelnext.dev/peps/850/v0.2.0.json"
WANTED_FACTOR = 100
WANTED_LARGE = 0.020


class Described(Protocol):
    """What the library answers for one variant."""

    label: str


class Library(Protocol):
    """The one function of the library that is measured."""

    def get_variants_by_priority(self, *, variants_json: object) -> list[Described]:
        """Return the variants that fit, best first."""
        ...


def _library() -> Library | None:
    try:
        return cast("Library", import_module("variantlib.api"))
    except ImportError:
        return None


def supported(namespaces: int, features: int, values: int) -> dict[str, dict[str, list[str]]]:
    """Return what the target supports: everything there is."""
    return {
        f"ns{namespace}": {
            f"f{feature}": [f"v{value}" for value in range(values)] for feature in range(features)
        }
        for namespace in range(namespaces)
    }


def release(labels: int, namespaces: int, features: int, values: int) -> dict[str, object]:
    """Return metadata of a release: every variant has every feature, with one to three values."""
    rng = random.Random(labels)
    world = supported(namespaces, features, values)
    return {
        "$schema": SCHEMA,
        "default-priorities": {"namespace": list(world)},
        "providers": {
            name: {"static-properties": table, "feature-order": list(table)}
            for name, table in world.items()
        },
        "variants": {
            f"l{label}": {
                namespace: {
                    feature: sorted(rng.sample(known, rng.randint(1, 3)))
                    for feature, known in table.items()
                }
                for namespace, table in world.items()
            }
            for label in range(labels)
        },
    }


def _measure(
    labels: int, shape: tuple[int, int, int], library: Library | None
) -> tuple[float, float, float | None]:
    """Return the CPU seconds of ours from the parsed document, from bytes, and the peer's."""
    data = json.dumps(release(labels, *shape)).encode()
    document = json.loads(data)
    target: Mapping[str, Mapping[str, tuple[str, ...]]] = {
        namespace: {feature: tuple(values) for feature, values in table.items()}
        for namespace, table in supported(*shape).items()
    }

    def ours() -> Sequence[str]:
        return order_variants(read_metadata_object(document, where="the benchmark"), target)

    def from_bytes() -> Sequence[str]:
        return order_variants(read_metadata(data, where="the benchmark"), target)

    runs: dict[str, Callable[[], object]] = {"ours": ours, "bytes": from_bytes}
    repeats = {"ours": 31, "bytes": 15}
    if library is not None:

        def peer() -> Sequence[str]:
            found = library.get_variants_by_priority(variants_json=document)
            return [variant.label for variant in found if variant.label != "null"]

        assert ours() == from_bytes() == peer()
        runs["peer"] = peer
        repeats["peer"] = 3 if labels >= WANTED_FACTOR else 9
    costs = interleaved({name: partial(thread_cost, run) for name, run in runs.items()}, repeats)
    return costs["ours"].cpu, costs["bytes"].cpu, costs["peer"].cpu if "peer" in costs else None


def rows() -> list[Row]:
    """Measure every size."""
    library = _library()
    if library is None:
        print("variantlib is not installed: selection shows our side only")
    found = []
    for labels in (10, 100, 1000, 10_000):
        ours, from_bytes, peer = _measure(labels, (3, 5, 10), library)
        wants = labels >= 1000  # noqa: PLR2004 -- smaller ones are dominated by fixed costs
        found.append(
            Row(
                f"order {labels} labels of 3 x 5 x 10, from the parsed document",
                ours,
                peer,
                f"{WANTED_FACTOR}x faster" if wants else "",
                peer / ours >= WANTED_FACTOR if wants and peer is not None else None,
                "faster",
            )
        )
        found.append(Row(f"order {labels} labels of 3 x 5 x 10, from bytes", from_bytes, None))
    ours, _, peer = _measure(10, (10, 20, 50), library)
    found.append(
        Row(
            "order 10 labels of 10 x 20 x 50, from the parsed document",
            ours,
            peer,
            "under 20 ms",
            ours < WANTED_LARGE,
            "faster",
        )
    )
    return found


if __name__ == "__main__":
    print_table(rows())

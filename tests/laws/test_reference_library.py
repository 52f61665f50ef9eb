"""The order is that of the reference library, where it is installed."""

from importlib import import_module
from typing import Protocol, cast

import pytest

from support.strategies import World, random_world
from whichwheel.spec.metadata import Provider, VariantMetadata
from whichwheel.spec.ordering import order_variants
from whichwheel.spec.reading import read_metadata_object
from whichwheel.spec.writing import metadata_document

CASES = 150


class Described(Protocol):
    """What the library answers for one variant."""

    label: str


class Library(Protocol):
    """The one function that is asked."""

    def get_variants_by_priority(self, *, variants_json: object) -> list[Described]: ...


@pytest.fixture(scope="module")
def library() -> Library:
    pytest.importorskip("variantlib")
    return cast("Library", import_module("variantlib.api"))


def document(world: World) -> dict[str, object]:
    """The release with everything that the target supports as static properties."""
    providers = {
        namespace: Provider(static_properties=features)
        for namespace, features in world.supported.items()
    }
    # The library takes no second variant without properties.
    variants = {
        label: properties
        for label, properties in world.metadata.variants.items()
        if any(properties.values())
    }
    return metadata_document(VariantMetadata(world.metadata.namespaces, variants, providers))


def test_random_releases_are_ordered_as_by_the_reference_library(library: Library) -> None:
    fitting = 0
    for seed in range(CASES):
        world = random_world(seed)
        whole = document(world)
        read = read_metadata_object(whole, where="x")
        ours = order_variants(read, world.supported)
        theirs = [found.label for found in library.get_variants_by_priority(variants_json=whole)]
        # The library adds a `null` variant to every release.
        assert ours == theirs[:-1], f"seed {seed}"
        assert theirs[-1] == "null"
        fitting += len(ours)
    assert fitting > CASES

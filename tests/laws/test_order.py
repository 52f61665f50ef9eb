"""The order on integer keys is the one that PEP 825 describes (Variant ordering)."""

from functools import cmp_to_key

from hypothesis import given

from support.strategies import World, properties, random_world, worlds
from whichwheel.spec.ordering import VariantOrder, order_variants
from whichwheel.spec.properties import VariantProperties

Triple = tuple[str, str, str]


class Reference:
    """Steps 1 to 7 word by word: lists, positions looked up in them, a pairwise comparison."""

    def __init__(self, world: World) -> None:
        self.namespace_order = list(world.metadata.namespaces)
        self.feature_order = {
            namespace: list(world.supported.get(namespace, {}))
            for namespace in self.namespace_order
        }
        self.value_order = world.supported
        self.variants = world.metadata.variants

    def fits(self, variant: VariantProperties) -> bool:
        return all(
            any(value in self.value_order.get(namespace, {}).get(feature, ()) for value in values)
            for namespace, features in variant.items()
            for feature, values in features.items()
        )

    def best_values(self, variant: VariantProperties) -> list[Triple]:
        return [
            (namespace, feature, next(v for v in self.value_order[namespace][feature] if v in vs))
            for namespace, features in variant.items()
            for feature, vs in features.items()
        ]

    def position(self, triple: Triple) -> tuple[int, int, int]:
        namespace, feature, value = triple
        return (
            self.namespace_order.index(namespace),
            self.feature_order[namespace].index(feature),
            self.value_order[namespace][feature].index(value),
        )

    def compare(self, left: str, right: str) -> int:
        lefts, rights = (
            sorted(self.best_values(self.variants[label]), key=self.position)
            for label in (left, right)
        )
        for mine, theirs in zip(lefts, rights, strict=False):
            if mine != theirs:
                return -1 if self.position(mine) < self.position(theirs) else 1
        if len(lefts) != len(rights):
            return -1 if len(lefts) > len(rights) else 1
        return -1 if left < right else int(left > right)

    def order(self) -> list[str]:
        fitting = [label for label, variant in self.variants.items() if self.fits(variant)]
        return sorted(fitting, key=cmp_to_key(self.compare))


@given(worlds())
def test_the_order_is_that_of_the_norm(world: World) -> None:
    assert order_variants(world.metadata, world.supported) == Reference(world).order()


def test_the_order_is_that_of_the_norm_in_three_thousand_larger_cases() -> None:
    fitting = 0
    for seed in range(3000):
        world = random_world(seed)
        expected = Reference(world).order()
        assert order_variants(world.metadata, world.supported) == expected, f"seed {seed}"
        fitting += len(expected)
    assert fitting > 6000


@given(worlds())
def test_the_key_of_a_variant_tells_its_best_properties(world: World) -> None:
    order = VariantOrder(world.metadata, world.supported)
    reference = Reference(world)
    for variant in world.metadata.variants.values():
        key = order.sort_key(variant)
        assert (key is not None) is reference.fits(variant)
        if key is not None:
            best = sorted(reference.best_values(variant), key=reference.position)
            assert [(p.namespace, p.feature, p.value) for p in order.best_values(key)] == best


@given(worlds(), properties(("cpu", "gpu", "unheard_of")))
def test_a_variant_that_does_not_fit_says_every_feature_that_keeps_it(
    world: World, variant: VariantProperties
) -> None:
    order = VariantOrder(world.metadata, world.supported)
    expected = {
        (namespace, feature)
        for namespace, features in variant.items()
        for feature, values in features.items()
        if not set(values) & set(world.supported.get(namespace, {}).get(feature, ()))
    }
    found = order.unsupported(variant)
    assert {(item.feature.namespace, item.feature.name) for item in found} == expected
    assert (order.sort_key(variant) is None) is bool(expected)


@given(worlds())
def test_the_order_does_not_depend_on_the_order_of_the_labels(world: World) -> None:
    variants = dict(reversed(list(world.metadata.variants.items())))
    again = type(world.metadata)(world.metadata.namespaces, variants)
    assert order_variants(again, world.supported) == order_variants(world.metadata, world.supported)

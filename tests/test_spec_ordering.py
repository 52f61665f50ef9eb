"""The order of variants, step by step."""

from collections.abc import Mapping

import pytest

from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.ordering import VariantOrder, order_variants
from whichwheel.spec.properties import VariantFeature, VariantProperties

SUPPORTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "gpu": {"arch": ("90", "80", "75"), "bound": ("12.8", "12.0")},
    "cpu": {"level": ("v4", "v3", "v2"), "avx": ("on",)},
}


def order(variants: Mapping[str, VariantProperties], *namespaces: str) -> list[str]:
    return order_variants(VariantMetadata(namespaces or ("gpu", "cpu"), variants), SUPPORTED)


def test_the_namespace_that_the_release_puts_first_decides_first() -> None:
    variants: Mapping[str, VariantProperties] = {
        "gpu": {"gpu": {"arch": ("75",)}},
        "cpu": {"cpu": {"level": ("v4",)}},
    }
    assert order(variants, "gpu", "cpu") == ["gpu", "cpu"]
    assert order(variants, "cpu", "gpu") == ["cpu", "gpu"]


def test_then_the_feature_that_the_target_puts_first() -> None:
    assert order({"b": {"gpu": {"bound": ("12.8",)}}, "a": {"gpu": {"arch": ("75",)}}}) == [
        "a",
        "b",
    ]


def test_then_the_best_of_the_values_that_the_target_supports() -> None:
    assert order(
        {
            "old": {"gpu": {"arch": ("75", "80")}},
            "new": {"gpu": {"arch": ("100", "75", "90")}},
            "newest": {"gpu": {"arch": ("100", "120")}},
        }
    ) == ["new", "old"]


def test_of_two_variants_of_which_one_has_more_that_one_comes_first() -> None:
    assert order(
        {
            "null": {},
            "a": {"gpu": {"arch": ("90",)}},
            "b": {"gpu": {"arch": ("90",)}, "cpu": {"level": ("v2",)}},
        }
    ) == ["b", "a", "null"]


def test_equals_come_in_the_order_of_their_labels() -> None:
    same: VariantProperties = {"gpu": {"arch": ("90",)}}
    assert order({"b": same, "a.1": same, "a": same, "null": {}}) == ["a", "a.1", "b", "null"]


def test_a_namespace_that_is_not_listed_comes_last() -> None:
    variants: Mapping[str, VariantProperties] = {
        "abi": {"abi_dependency": {"lib-torch": ("2.9",)}},
        "cpu": {"cpu": {"level": ("v2",)}},
    }
    supported = {"abi_dependency": {"lib-torch": ("2.9",)}, **SUPPORTED}
    assert order_variants(VariantMetadata(("gpu", "cpu"), variants), supported) == ["cpu", "abi"]


@pytest.mark.parametrize(
    "variant",
    [
        {"tpu": {"present": ("true",)}},
        {"gpu": {"clock": ("1",)}},
        {"gpu": {"arch": ("100",)}},
        {"gpu": {"arch": ()}},
        {"gpu": {"arch": ("90",), "bound": ("13",)}},
    ],
)
def test_one_feature_that_is_not_supported_excludes_a_variant(variant: VariantProperties) -> None:
    found = VariantOrder(VariantMetadata(("gpu", "cpu", "tpu"), {}), SUPPORTED)
    assert found.sort_key(variant) is None
    assert len(found.unsupported(variant)) == 1


def test_a_namespace_without_features_asks_for_nothing() -> None:
    assert order({"a": {"tpu": {}}, "null": {}}) == ["a", "null"]


def test_what_is_missing_is_told_with_what_there_is() -> None:
    found = VariantOrder(VariantMetadata(("gpu", "cpu"), {}), SUPPORTED).unsupported(
        {"gpu": {"arch": ("100", "120"), "bound": ("12.0",)}, "tpu": {"present": ("true",)}}
    )
    assert [(item.feature, item.wanted, item.supported) for item in found] == [
        (VariantFeature("gpu", "arch"), ("100", "120"), ("90", "80", "75")),
        (VariantFeature("tpu", "present"), ("true",), ()),
    ]


def test_a_value_that_the_target_names_twice_counts_where_it_stands_first() -> None:
    metadata = VariantMetadata(
        ("cpu",), {"x": {"cpu": {"level": ("v4",)}}, "y": {"cpu": {"level": ("v3",)}}}
    )
    assert order_variants(metadata, {"cpu": {"level": ("v4", "v3", "v4")}}) == ["x", "y"]


def test_the_priorities_of_the_drafts_go_before_those_of_the_target() -> None:
    metadata = VariantMetadata(
        ("gpu",),
        {
            "arch": {"gpu": {"arch": ("90",)}},
            "bound12.0": {"gpu": {"bound": ("12.0",)}},
            "bound12.8": {"gpu": {"bound": ("12.8",)}},
        },
        feature_priorities={"gpu": ("clock", "bound")},
        value_priorities={"gpu": {"bound": ("13.0", "12.0")}},
    )
    assert order_variants(metadata, SUPPORTED) == ["bound12.0", "bound12.8", "arch"]
    supported = VariantOrder(metadata, SUPPORTED).supported["gpu"]
    assert list(supported.items()) == [("bound", ("12.0", "12.8")), ("arch", ("90", "80", "75"))]

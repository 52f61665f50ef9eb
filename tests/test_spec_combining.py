"""Combining the metadata of the wheels of one release."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from whichwheel.spec.combining import combine
from whichwheel.spec.metadata import InvalidMetadata, Provider, VariantMetadata
from whichwheel.spec.properties import VariantProperties

V3: VariantProperties = {"cpu": {"level": ("v3",)}}


def part(label: str, namespaces: Sequence[str] = ("cpu",), **more: Provider) -> VariantMetadata:
    return VariantMetadata(tuple(namespaces), {label: V3}, more)


def paths(*parts: VariantMetadata) -> list[str]:
    with pytest.raises(InvalidMetadata) as caught:
        combine(parts, where="a-1.0")
    assert "a-1.0" in str(caught.value)
    return [fault.path for fault in caught.value.faults]


def test_the_variants_unite_and_the_longer_list_of_namespaces_wins() -> None:
    whole = combine([part("b", ("cpu", "gpu")), part("a"), part("b")], where="x")
    assert list(whole.variants) == ["a", "b"]
    assert whole.namespaces == ("cpu", "gpu")


def test_value_sets_are_equal_in_any_order() -> None:
    one = VariantMetadata(("cpu",), {"a": {"cpu": {"level": ("v3", "v2")}}})
    other = VariantMetadata(("cpu",), {"a": {"cpu": {"level": ("v2", "v3")}}})
    assert combine([one, other], where="x").variants == {"a": {"cpu": {"level": ("v2", "v3")}}}


def test_lists_of_namespaces_that_branch_contradict_each_other() -> None:
    assert paths(part("a", ("cpu", "gpu")), part("b", ("cpu", "mpi"))) == [
        "$.default-priorities.namespace"
    ]
    assert paths(part("a", ("cpu", "gpu")), part("b", ("gpu",))) == [
        "$.default-priorities.namespace"
    ]


def test_every_contradiction_is_told() -> None:
    one = VariantMetadata(
        ("cpu", "gpu"),
        {"cuda12.6": V3, "same": V3},
        {
            "cpu": Provider(static_properties={"level": ("v3",), "avx": ("on",)}),
            "gpu": Provider(requires=("gpu-provider",)),
        },
        {"gpu": ("arch",)},
        {"gpu": {"arch": ("90",)}},
    )
    other = VariantMetadata(
        ("gpu",),
        {"cuda12.6": {}, "same": V3},
        {
            # The same table, but the order of features is one of preference.
            "cpu": Provider(static_properties={"avx": ("on",), "level": ("v3",)}),
            "gpu": Provider(requires=("gpu-provider>=2",)),
        },
        {"gpu": ("bound",)},
        {"gpu": {"arch": ("80",)}},
    )
    expected = [
        "$.default-priorities.feature.gpu",
        "$.default-priorities.namespace",
        "$.default-priorities.property.gpu",
        "$.providers.cpu",
        "$.providers.gpu",
        '$.variants["cuda12.6"]',
    ]
    assert paths(one, other) == paths(other, one) == expected


def test_a_provider_that_only_one_part_names_holds_for_all() -> None:
    provider = Provider(builtin="abi_dependency")
    whole = combine([part("a"), part("b", cpu=provider)], where="x")
    assert whole.providers == {"cpu": provider}


def test_the_newest_format_version_is_kept() -> None:
    old, new = (replace(part("a"), format_version=version) for version in ("0.1.9", "0.1.10"))
    assert combine([old, new], where="x").format_version == "0.1.10"


def test_nothing_cannot_be_combined() -> None:
    assert paths() == ["$"]

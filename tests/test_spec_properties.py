"""Properties, features and labels: read leniently, printed in one way."""

import pytest

from whichwheel.spec.properties import (
    InvalidLabel,
    InvalidProperty,
    VariantFeature,
    VariantProperty,
    parse_label,
)


@pytest.mark.parametrize("between", ["::", " :: ", ":: ", "\t::\n", "  ::"])
def test_any_whitespace_may_stand_round_the_separator(between: str) -> None:
    read = VariantProperty.parse(f" x86_64{between}level{between}v3 ")
    assert read == VariantProperty("x86_64", "level", "v3")
    assert str(read) == "x86_64 :: level :: v3"
    assert str(VariantFeature.parse(f"x86_64{between}level")) == "x86_64 :: level"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected 3 parts"),
        ("a :: b", "expected 3 parts (namespace :: feature :: value), found 2"),
        ("a :: b :: c :: d", "found 4"),
        ("a : b : c", "found 1"),
        ("A :: b :: c", "the namespace `A` may hold only `a-z`, `0-9` and `_`"),
        ("a :: b.c :: d", "the feature `b.c`"),
        ("a :: b :: C", "the value `C` may hold only `a-z`, `0-9`, `_` and `.`"),
        ("a :: b :: ", "the value ``"),
        ("a ::  :: c", "the feature ``"),
        ("a-b :: c :: d", "the namespace `a-b`"),
        ("\u0061\u0301 :: b :: c", "the namespace"),
        ("a :: b :: 1 2", "the value `1 2`"),
    ],
)
def test_what_is_no_property_is_refused_with_the_part_at_fault(text: str, why: str) -> None:
    with pytest.raises(InvalidProperty) as caught:
        VariantProperty.parse(text)
    assert why in str(caught.value)
    assert caught.value.text == text


def test_a_feature_has_two_parts() -> None:
    with pytest.raises(InvalidProperty, match="expected 2 parts"):
        VariantFeature.parse("a :: b :: c")


def test_properties_sort_by_their_parts() -> None:
    texts = ["b :: a :: 1", "a :: b :: 1", "a :: a :: 2", "a :: a :: 1"]
    assert [str(item) for item in sorted(map(VariantProperty.parse, texts))] == texts[::-1]


@pytest.mark.parametrize("text", ["null", "cu128", "x86_64_v3", "cuda12.6", "0", ".a", "a.."])
def test_a_label_is_what_pep_825_allows(text: str) -> None:
    assert parse_label(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (".", "it names no file"),
        ("..", "it names no file"),
        ("CU128", "it has other characters"),
        ("a-b", "it has other characters"),
        ("a/b", "it has other characters"),
        ("a\n", "it has other characters"),
        ("\u0661", "it has other characters"),
        ("a b", "it has other characters"),
    ],
)
def test_what_is_no_label_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidLabel, match=why):
        parse_label(text)

import pytest

from whichwheel.spec.markers import (
    InvalidRequirement,
    InvalidVariantMarker,
    VariantContext,
    parse_requirement,
    variant_context,
)
from whichwheel.spec.properties import VariantProperty

CONTEXT = VariantContext("foobar", frozenset({VariantProperty("foo", "bar", "baz")}))
NULL = VariantContext("null", frozenset())


def holds(text: str, context: VariantContext) -> bool:
    marker = parse_requirement(text).bind(context).marker
    return marker is None or marker.evaluate()


@pytest.mark.parametrize(
    ("text", "foobar", "null", "plain"),
    [
        ('dep1; variant_label == "foobar"', True, False, False),
        ('dep2; variant_label != "null"', True, False, True),
        ('dep3; variant_label == ""', False, False, True),
        ('dep4; "foo" in variant_namespaces', True, False, False),
        ('dep5; "foo :: bar" in variant_features', True, False, False),
        ('dep6; "foo :: bar :: baz" in variant_properties', True, False, False),
        ('dep7; "foo::bar::baz" in variant_properties', True, False, False),
    ],
)
def test_the_examples_of_the_standard(text: str, *, foobar: bool, null: bool, plain: bool) -> None:
    assert holds(text, CONTEXT) is foobar
    assert holds(text, NULL) is null
    assert holds(text, VariantContext.none()) is plain


def test_properties_that_the_target_does_not_support_are_left_out() -> None:
    context = variant_context(
        "cu",
        {"nvidia": {"sm_arch": ("110_real", "120_real")}},
        {"nvidia": {"sm_arch": ["120_real"]}},
    )
    assert context.properties == {VariantProperty("nvidia", "sm_arch", "120_real")}


def test_a_marker_that_always_holds_is_gone_and_the_rest_stays() -> None:
    requirement = parse_requirement(
        'dep>=1; variant_label == "foobar" and (os_name == "nt" or extra == "X")'
    )
    assert str(requirement.bind(CONTEXT)) == 'dep>=1; os_name == "nt" or extra == "x"'
    assert not holds('dep; variant_label == "foobar" and os_name == "nt"', NULL)


def test_a_name_or_literal_that_looks_like_a_marker_is_none() -> None:
    requirement = parse_requirement('variant_label>=1; os_name == "variant_label == 1"')
    assert not requirement.has_variant_markers
    assert requirement.requirement.name == "variant_label"


@pytest.mark.parametrize(
    ("comparison", "why"),
    [
        ('variant_label >= "a"', "has no operator `>=`"),
        ('variant_features == "a :: b"', "is a set"),
        ('variant_features in "a :: b"', "belongs right of `in`"),
        ("variant_label == os_name", "is compared with literals"),
        ('"a" ~= variant_namespaces', "is a set"),
    ],
)
def test_a_misused_marker_is_named(comparison: str, why: str) -> None:
    with pytest.raises(InvalidVariantMarker, match=why) as caught:
        parse_requirement(f'dep; os_name == "nt" and {comparison}')
    assert caught.value.comparison == comparison


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dep >< 1",
        'dep; variant_colour == "x"',
        "dep; variant_label",
        'dep; (variant_label == "a"',
        'dep; variant_label == "a" and os_name == "variant comparison 7"',
        f'dep; {"(" * 5000}variant_label == "a"{")" * 5000}',
    ],
)
def test_what_is_no_requirement_is_told(text: str) -> None:
    with pytest.raises(InvalidRequirement) as caught:
        parse_requirement(text)
    assert caught.value.text == text

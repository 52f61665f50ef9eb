"""Reading, writing and combining variant metadata."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.strategies import arbitrary_json, documents, metadata
from whichwheel.spec.combining import combine
from whichwheel.spec.metadata import InvalidMetadata, VariantMetadata
from whichwheel.spec.reading import read_metadata, read_metadata_object
from whichwheel.spec.writing import write_metadata


@given(metadata())
def test_what_is_written_reads_as_the_same_and_writes_the_same_bytes(
    given: VariantMetadata,
) -> None:
    written = write_metadata(given)
    read = read_metadata(written, where="x")
    assert _as_sets(read) == _as_sets(given)
    assert write_metadata(read) == written


@given(metadata())
def test_the_bytes_do_not_depend_on_the_order_of_labels_namespaces_and_values(
    given: VariantMetadata,
) -> None:
    shuffled = replace(
        given,
        variants={
            label: {
                namespace: {
                    feature: tuple(reversed(values))
                    for feature, values in reversed(list(features.items()))
                }
                for namespace, features in reversed(list(properties.items()))
            }
            for label, properties in reversed(list(given.variants.items()))
        },
        providers=dict(reversed(list(given.providers.items()))),
    )
    assert write_metadata(shuffled) == write_metadata(given)


def _read(read: Callable[[], VariantMetadata]) -> VariantMetadata | InvalidMetadata:
    try:
        return read()
    except InvalidMetadata as error:
        return error


def _check(outcome: VariantMetadata | InvalidMetadata) -> None:
    if isinstance(outcome, VariantMetadata):
        assert write_metadata(outcome)
        return
    assert outcome.faults
    assert "here.json" in outcome.message
    assert outcome.message.isprintable()
    assert all(fault.path.startswith("$") for fault in outcome.faults)


@given(st.binary(max_size=60) | documents() | arbitrary_json.map(lambda x: json.dumps(x).encode()))
def test_any_bytes_are_metadata_or_refused_with_faults(data: bytes) -> None:
    _check(_read(lambda: read_metadata(data, where="here.json")))


@given(st.binary(max_size=6), documents(), st.data())
def test_damaged_metadata_is_refused_or_read(
    junk: bytes, document: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(document)))
    length = data.draw(st.integers(0, 4))
    damaged = document[:place] + junk + document[place + length :]
    _check(_read(lambda: read_metadata(damaged, where="here.json")))


@given(arbitrary_json)
def test_any_parsed_json_is_metadata_or_refused_with_faults(document: object) -> None:
    _check(_read(lambda: read_metadata_object(document, where="here.json")))


@st.composite
def parts_of_one_release(draw: st.DrawFn) -> list[VariantMetadata]:
    """Draw parts that agree: one release, taken apart."""
    whole = draw(metadata())
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        wanted = draw(st.sets(st.sampled_from(sorted(whole.variants)))) if whole.variants else set()
        parts.append(
            replace(
                whole,
                namespaces=whole.namespaces[: draw(st.integers(1, len(whole.namespaces)))],
                variants={label: whole.variants[label] for label in wanted},
            )
        )
    return parts


@given(parts_of_one_release())
def test_parts_that_agree_combine_to_their_union_in_any_order(parts: list[VariantMetadata]) -> None:
    whole = combine(parts, where="x")
    assert set(whole.variants) == {label for part in parts for label in part.variants}
    assert whole.namespaces == max((part.namespaces for part in parts), key=len)
    for order in itertools.permutations(parts):
        assert combine(order, where="x") == whole
        assert write_metadata(combine(order, where="x")) == write_metadata(whole)


def _outcome(parts: list[VariantMetadata]) -> VariantMetadata | frozenset[str]:
    try:
        return combine(parts, where="x")
    except InvalidMetadata as error:
        return frozenset(fault.path for fault in error.faults)


@given(st.lists(metadata(), min_size=1, max_size=3))
def test_combining_is_commutative_and_idempotent_also_in_its_errors(
    parts: list[VariantMetadata],
) -> None:
    outcome = _outcome(parts)
    for order in itertools.permutations(parts):
        assert _outcome(list(order)) == outcome
    assert _outcome([*parts, *parts]) == outcome
    if isinstance(outcome, VariantMetadata):
        assert combine([outcome, outcome], where="x") == outcome


@given(st.lists(metadata(), min_size=2, max_size=4), st.data())
def test_combining_is_associative(parts: list[VariantMetadata], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(parts) - 1))
    try:
        whole = combine(parts, where="x")
    except InvalidMetadata:
        with pytest.raises(InvalidMetadata):
            combine([combine(parts[:cut], where="x"), combine(parts[cut:], where="x")], where="x")
    else:
        halves = combine(parts[:cut], where="x"), combine(parts[cut:], where="x")
        assert combine(halves, where="x") == whole


@given(st.lists(metadata(), min_size=1, max_size=3))
def test_parts_are_as_before_whether_combined_or_not(parts: list[VariantMetadata]) -> None:
    before = [write_metadata(part) for part in parts]
    _outcome(parts)
    assert [write_metadata(part) for part in parts] == before


def _as_sets(given: VariantMetadata) -> VariantMetadata:
    return replace(
        given,
        variants={
            label: {
                namespace: {feature: tuple(sorted(values)) for feature, values in features.items()}
                for namespace, features in properties.items()
            }
            for label, properties in given.variants.items()
        },
    )

"""Combine the metadata of several wheels of one release (PEP 825, Metadata consistency)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from whichwheel.spec.metadata import InvalidMetadata, MetadataFault, Provider, VariantMetadata
from whichwheel.spec.walking import below

__all__ = ["combine"]

_Value = TypeVar("_Value")


def combine(parts: Iterable[VariantMetadata], *, where: str) -> VariantMetadata:
    """Combine metadata of one release: the union of the variants, the longest namespace list.

    The result does not depend on the order of the parts, and nothing is combined if any two
    contradict each other.

    :param parts: at least one
    :param where: what the parts belong to, for messages
    :raises InvalidMetadata: with every contradiction
    """
    listed = list(parts)
    if not listed:
        raise InvalidMetadata(where, (MetadataFault("$", "there is no metadata to combine"),))
    faults: set[MetadataFault] = set()
    longest = max((part.namespaces for part in listed), key=lambda names: (len(names), names))
    for part in listed:
        if longest[: len(part.namespaces)] != part.namespaces:
            faults.add(
                MetadataFault(
                    "$.default-priorities.namespace",
                    f"`{list(part.namespaces)}` is not the beginning of `{list(longest)}`",
                )
            )
    variants: dict[str, Mapping[str, Mapping[str, frozenset[str]]]] = {}
    for part in listed:
        for label, properties in part.variants.items():
            as_sets = {
                namespace: {feature: frozenset(values) for feature, values in features.items()}
                for namespace, features in properties.items()
            }
            if variants.setdefault(label, as_sets) != as_sets:
                faults.add(
                    MetadataFault(below("$.variants", label), "two wheels give it other properties")
                )
    providers = _agreeing(faults, "$.providers", [part.providers for part in listed], _signature)
    features = _agreeing(
        faults, "$.default-priorities.feature", [part.feature_priorities for part in listed]
    )
    values = _agreeing(
        faults, "$.default-priorities.property", [part.value_priorities for part in listed]
    )
    if faults:
        raise InvalidMetadata(where, tuple(sorted(faults, key=str)))
    newest = max(listed, key=lambda part: tuple(map(int, part.format_version.split("."))))
    return replace(
        newest,
        namespaces=longest,
        variants={
            label: {
                namespace: {feature: tuple(sorted(values)) for feature, values in features.items()}
                for namespace, features in sorted(properties.items())
            }
            for label, properties in sorted(variants.items())
        },
        providers=providers,
        feature_priorities=features,
        value_priorities=values,
    )


def _agreeing(
    faults: set[MetadataFault],
    path: str,
    tables: list[Mapping[str, _Value]],
    signature: Callable[[_Value], object] = lambda value: value,
) -> dict[str, _Value]:
    """Unite tables whose values for one namespace must be the same."""
    union: dict[str, _Value] = {}
    for table in tables:
        for namespace, value in table.items():
            if signature(union.setdefault(namespace, value)) != signature(value):
                faults.add(MetadataFault(below(path, namespace), "two wheels disagree on it"))
    return dict(sorted(union.items()))


def _signature(provider: Provider) -> object:
    # Equal tables can differ in the order of their keys, which here is one of preference.
    static = provider.static_properties
    return provider, None if static is None else tuple(static)

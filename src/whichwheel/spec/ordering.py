"""Which variants fit, and which is best (PEP 825, Variant ordering).

The order is computed on integers: one per feature of a variant, made from the positions of
its namespace, its feature and its best value. Work is linear in the variants.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import getitem

from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantFeature, VariantProperties, VariantProperty

__all__ = ["SortKey", "SupportedProperties", "UnsupportedFeature", "VariantOrder", "order_variants"]

#: ``{namespace: {feature: (value, ...)}}``, features and values best first.
SupportedProperties = Mapping[str, Mapping[str, tuple[str, ...]]]

#: The sort key of a variant: smaller is better.
SortKey = tuple[int, ...]

_BITS = 24
_END = 1 << (3 * _BITS)
_UNSUPPORTED = -1


@dataclass(frozen=True, slots=True)
class UnsupportedFeature:
    """A feature of a variant none of whose values the target supports.

    :param wanted: the values that the variant would do with
    :param supported: the values that the target has, best first
    """

    feature: VariantFeature
    wanted: tuple[str, ...]
    supported: tuple[str, ...]


class _BestPlaces(dict[tuple[str, ...], int]):
    """The place of the best of some values of one feature, steps 4 and 5.

    Computed once per set of values, since variants repeat them.
    """

    __slots__ = ("_places",)

    def __init__(self, places: Mapping[str, int]) -> None:
        self._places = places

    def __missing__(self, values: tuple[str, ...]) -> int:
        places = [self._places[value] for value in values if value in self._places]
        place = self[values] = min(places, default=_UNSUPPORTED)
        return place


class _FeaturePlaces(dict[str, _BestPlaces]):
    """By feature; one that the target does not have supports no value."""

    def __missing__(self, feature: str) -> _BestPlaces:
        places = self[feature] = _BestPlaces({})
        return places


class _NamespacePlaces(dict[str, _FeaturePlaces]):
    """By namespace; one that the target does not have supports no feature."""

    def __missing__(self, namespace: str) -> _FeaturePlaces:
        places = self[namespace] = _FeaturePlaces()
        return places


class VariantOrder:
    """The order of the variants of one release for one target.

    :param metadata: the combined metadata of the release; its namespace order is step 1
    :param supported: what the target supports; its feature and value orders are steps 2 and 3
    """

    __slots__ = ("_names", "_places", "supported")

    def __init__(self, metadata: VariantMetadata, supported: SupportedProperties) -> None:
        self.supported = _prefer(metadata, supported)
        names = dict.fromkeys(metadata.namespaces)
        # `abi_dependency` may stand in variants without being listed (providers draft).
        names.update(dict.fromkeys(namespace for namespace in supported if namespace not in names))
        self._names = tuple(names)
        self._places = _NamespacePlaces()
        for place, namespace in enumerate(names):
            features = self._places[namespace] = _FeaturePlaces()
            for index, (feature, values) in enumerate(self.supported.get(namespace, {}).items()):
                base = (place << _BITS | index) << _BITS
                features[feature] = _BestPlaces({v: base | i for i, v in enumerate(values)})

    def sort_key(self, properties: VariantProperties) -> SortKey | None:
        """Return the key to sort a variant by, or None if it does not fit.

        Steps 4 to 7: the best supported value of every feature, as sorted positions. The end
        of the list sorts after every position, so that of two lists the longer one wins.
        """
        positions: list[int] = []
        for namespace, features in properties.items():
            places = self._places[namespace]
            positions += map(getitem, map(places.__getitem__, features), features.values())
        positions.sort()
        if positions and positions[0] == _UNSUPPORTED:
            return None
        positions.append(_END)
        return tuple(positions)

    def property_at(self, position: int) -> VariantProperty:
        """Return the property that a position of a sort key stands for."""
        mask = (1 << _BITS) - 1
        namespace = self._names[position >> (2 * _BITS)]
        features = self.supported[namespace]
        feature = list(features)[position >> _BITS & mask]
        return VariantProperty(namespace, feature, features[feature][position & mask])

    def best_values(self, key: SortKey) -> tuple[VariantProperty, ...]:
        """Return the properties behind a sort key, most important first (step 6)."""
        return tuple(self.property_at(position) for position in key[:-1])

    def unsupported(self, properties: VariantProperties) -> tuple[UnsupportedFeature, ...]:
        """Return every feature that keeps a variant from fitting."""
        return tuple(
            UnsupportedFeature(
                VariantFeature(namespace, feature),
                values,
                self.supported.get(namespace, {}).get(feature, ()),
            )
            for namespace, features in properties.items()
            for feature, values in features.items()
            if self._places[namespace][feature][values] == _UNSUPPORTED
        )


def order_variants(metadata: VariantMetadata, supported: SupportedProperties) -> list[str]:
    """Return the labels that fit, best first (PEP 825, Variant ordering, steps 1 to 7).

    >>> metadata = VariantMetadata(
    ...     ("x86_64",),
    ...     {"null": {}, "v2": {"x86_64": {"level": ("v2",)}},
    ...      "v4": {"x86_64": {"level": ("v4",)}}},
    ... )
    >>> order_variants(metadata, {"x86_64": {"level": ("v3", "v2", "v1")}})
    ['v2', 'null']
    """
    order = VariantOrder(metadata, supported)
    keyed = [
        (key, label)
        for label, properties in metadata.variants.items()
        if (key := order.sort_key(properties)) is not None
    ]
    keyed.sort()
    return [label for _, label in keyed]


def _prefer(metadata: VariantMetadata, supported: SupportedProperties) -> SupportedProperties:
    """Put first what a draft format's priorities list (PEP 817, default priorities)."""
    if not metadata.feature_priorities and not metadata.value_priorities:
        return supported
    result = {}
    for namespace, features in supported.items():
        names = _first(metadata.feature_priorities.get(namespace, ()), features)
        values = metadata.value_priorities.get(namespace, {})
        result[namespace] = {
            feature: tuple(_first(values.get(feature, ()), features[feature])) for feature in names
        }
    return result


def _first(preferred: Iterable[str], available: Iterable[str]) -> list[str]:
    rest = dict.fromkeys(available)
    first = [name for name in dict.fromkeys(preferred) if name in rest]
    return first + [name for name in rest if name not in first]

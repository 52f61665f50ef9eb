"""Which variants fit, and which is best (PEP 825, Variant ordering).

The order is computed on integers: one per feature of a variant, made from the positions of
its namespace, its feature and its best value. Work is linear in the variants.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantFeature, VariantProperties, VariantProperty

__all__ = ["SupportedProperties", "UnsupportedFeature", "VariantOrder", "order_variants"]

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


class VariantOrder:
    """The order of the variants of one release for one target.

    :param metadata: the combined metadata of the release; its namespace order is step 1
    :param supported: what the target supports; its feature and value orders are steps 2 and 3
    """

    __slots__ = ("_keys", "_namespaces", "supported")

    def __init__(self, metadata: VariantMetadata, supported: SupportedProperties) -> None:
        self.supported = _prefer(metadata, supported)
        names = dict.fromkeys(metadata.namespaces)
        # `abi_dependency` may stand in variants without being listed (providers draft).
        names.update(dict.fromkeys(namespace for namespace in supported if namespace not in names))
        self._namespaces = {namespace: index for index, namespace in enumerate(names)}
        self._keys: dict[str, dict[str, dict[tuple[str, ...], int]]] = {}

    def sort_key(self, properties: VariantProperties) -> SortKey | None:
        """Return the key to sort a variant by, or None if it does not fit.

        Steps 4 to 7: the best supported value of every feature, as sorted positions. The end
        of the list sorts after every position, so that of two lists the longer one wins.
        """
        keys = self._keys
        key = []
        for namespace, features in properties.items():
            by_feature = keys.get(namespace)
            if by_feature is None:
                by_feature = keys[namespace] = {}
            for feature, values in features.items():
                known = by_feature.get(feature)
                if known is None:
                    known = by_feature[feature] = {}
                position = known.get(values)
                if position is None:
                    position = known[values] = self._position(namespace, feature, values)
                if position == _UNSUPPORTED:
                    return None
                key.append(position)
        key.sort()
        key.append(_END)
        return tuple(key)

    def _position(self, namespace: str, feature: str, values: tuple[str, ...]) -> int:
        features = self.supported.get(namespace, {})
        wanted = frozenset(values)
        for index, value in enumerate(features.get(feature, ())):
            if value in wanted:
                place = self._namespaces[namespace] << _BITS | list(features).index(feature)
                return place << _BITS | index
        return _UNSUPPORTED

    def best_values(self, properties: VariantProperties) -> tuple[VariantProperty, ...]:
        """Return the best supported value of every feature, most important feature first.

        This is the sorted list of step 6; features without supported value are left out.
        """
        mask = (1 << _BITS) - 1
        found = [
            (position, namespace, feature)
            for namespace, features in properties.items()
            for feature, values in features.items()
            if (position := self._position(namespace, feature, values)) != _UNSUPPORTED
        ]
        return tuple(
            VariantProperty(namespace, feature, self.supported[namespace][feature][position & mask])
            for position, namespace, feature in sorted(found)
        )

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
            if self._position(namespace, feature, values) == _UNSUPPORTED
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

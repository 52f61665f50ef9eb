"""Which variants fit, and which is best (PEP 825, Variant ordering).

The order is computed on integers: one per feature of a variant, the place of its best value
among all that the target supports. Work is linear in the variants.
"""

from collections.abc import Iterable, Mapping
from itertools import count

from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantFeature, VariantProperties, VariantProperty
from whichwheel.spec.values import dataclass

__all__ = ["SortKey", "SupportedProperties", "UnsupportedFeature", "VariantOrder", "order_variants"]

#: ``{namespace: {feature: (value, ...)}}``, features and values best first.
SupportedProperties = Mapping[str, Mapping[str, tuple[str, ...]]]

#: The sort key of a variant: smaller is better.
SortKey = tuple[int, ...]

_UNSUPPORTED = 1 << 29
_NOTHING: Mapping[str, "_Bests"] = {}


@dataclass(frozen=True, slots=True)
class UnsupportedFeature:
    """A feature of a variant none of whose values the target supports.

    :param wanted: the values that the variant would do with
    :param supported: the values that the target has, best first
    """

    feature: VariantFeature
    wanted: tuple[str, ...]
    supported: tuple[str, ...]


class _Bests(dict[tuple[str, ...], int]):
    """The number of the best of some values of one feature, steps 4 and 5.

    Found out once for each set of values, since variants repeat them.
    """

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers

    def __missing__(self, values: tuple[str, ...]) -> int:
        best = _UNSUPPORTED
        get = self._numbers.get
        for value in values:
            number = get(value, _UNSUPPORTED)
            if number < best:  # noqa: PLR1730 -- this is where the time goes
                best = number
        self[values] = best
        return best


class VariantOrder:
    """The order of the variants of one release for one target.

    All properties that the target supports are numbered, best first; a variant is known by the
    numbers of its best properties.

    :param metadata: the combined metadata of the release; its namespace order is step 1
    :param supported: what the target supports; its feature and value orders are steps 2 and 3
    """

    __slots__ = ("_bests", "_properties", "supported")

    def __init__(self, metadata: VariantMetadata, supported: SupportedProperties) -> None:
        self.supported = _prefer(metadata, supported)
        self._properties: list[tuple[str, str, str]] = []
        self._bests: dict[str, dict[str, _Bests]] = {}
        # `abi_dependency` may stand in variants without being listed (providers draft).
        for namespace in dict.fromkeys((*metadata.namespaces, *supported)):
            bests = self._bests[namespace] = {}
            for feature, listed in self.supported.get(namespace, {}).items():
                values = dict.fromkeys(listed)
                numbers = zip(values, count(len(self._properties)), strict=False)
                bests[feature] = _Bests(dict(numbers))
                self._properties += [(namespace, feature, value) for value in values]

    def sort_key(self, properties: VariantProperties) -> SortKey | None:
        """Return the key to sort a variant by, or None if it does not fit.

        Steps 4 to 7: the number of the best supported value of every feature, sorted. The end
        of the list sorts after every number, so that of two lists the longer one wins.
        """
        numbers: list[int] = []
        try:
            for namespace, features in properties.items():
                bests = self._bests.get(namespace, _NOTHING)
                for feature, values in features.items():
                    numbers.append(bests[feature][values])
        except KeyError:  # a feature that the target does not have
            return None
        numbers.sort()
        if numbers and numbers[-1] == _UNSUPPORTED:
            return None
        numbers.append(len(self._properties))
        return tuple(numbers)

    def property_at(self, number: int) -> VariantProperty:
        """Return the property that a number in a sort key stands for."""
        return VariantProperty(*self._properties[number])

    def best_values(self, key: SortKey) -> tuple[VariantProperty, ...]:
        """Return the properties behind a sort key, most important first (step 6)."""
        return tuple(map(self.property_at, key[:-1]))

    def unsupported(self, properties: VariantProperties) -> tuple[UnsupportedFeature, ...]:
        """Return every feature that keeps a variant from fitting."""

        def supports(namespace: str, feature: str, values: tuple[str, ...]) -> bool:
            bests = self._bests.get(namespace, _NOTHING).get(feature)
            return bests is not None and bests[values] != _UNSUPPORTED

        return tuple(
            UnsupportedFeature(
                VariantFeature(namespace, feature),
                values,
                self.supported.get(namespace, {}).get(feature, ()),
            )
            for namespace, features in properties.items()
            for feature, values in features.items()
            if not supports(namespace, feature, values)
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
    sort_key = order.sort_key
    keyed: list[tuple[*SortKey, str]] = [
        # Of two keys neither begins the other, so labels meet only where the keys are equal.
        (*key, label)
        for label, properties in metadata.variants.items()
        if (key := sort_key(properties)) is not None
    ]
    keyed.sort()
    return [key[-1] for key in keyed]


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

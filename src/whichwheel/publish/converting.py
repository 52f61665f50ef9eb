"""Selector files into variant metadata and back, and what is lost on the way.

PEP 825 leaves it to providers which values a machine supports and in what order; a selector
file orders suffixes for each value itself. So each has what the other cannot say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from whichwheel.spec.abi_dependency import ABI_NAMESPACE
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.ordering import order_variants
from whichwheel.spec.properties import LABEL_PATTERN, VariantFeature, VariantProperties
from whichwheel.spec.selector.functions import KnownFunction, function_for
from whichwheel.spec.selector.meaning import (
    OWN_FEATURE,
    VariableMeaning,
    label_of,
    meanings_of,
)
from whichwheel.spec.selector.values import SelectorVariable, WheelSelector

__all__ = ["Loss", "selector_of", "variants_of"]

_MOST_COMBINATIONS = 1000


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that the other format cannot say.

    :param kind: ``function``, ``requires``, ``order``, ``plain``, ``value``, ``values``,
        ``combination``, ``label`` or ``provider``
    :param message: one sentence without full stop
    """

    kind: str
    message: str


def variants_of(selector: WheelSelector) -> tuple[VariantMetadata, tuple[Loss, ...]]:
    """Return a selector file as variant metadata (PEP 825), and what is lost.

    Every suffix that the file names is a label, and so is every combination of suffixes of
    several variables.
    """
    meanings = meanings_of(selector)
    losses: list[Loss] = []
    properties: list[dict[str, tuple[str, ...]]] = []
    for meaning in meanings:
        stands_for = _properties_of(meaning)
        properties.append(stands_for)
        losses += _losses_of(meaning, stands_for)
    choices = [("", *stands_for) for stands_for in properties]
    combinations: Iterable[tuple[str, ...]] = product(*choices)
    if prod(map(len, choices)) > _MOST_COMBINATIONS:
        number = len(meanings)
        combinations = (
            (*[""] * place, suffix, *[""] * (number - place - 1))
            for place, listed in enumerate(choices)
            for suffix in listed
        )
        what = f"there are more than {_MOST_COMBINATIONS} combinations of suffixes"
        losses.append(Loss("combination", f"{what}: only single ones become labels"))
    variants: dict[str, VariantProperties] = {}
    for parts in combinations:
        label = label_of(parts)
        if not label:
            continue
        stands = {
            meaning.feature.namespace: {meaning.feature.name: values[part]}
            for meaning, values, part in zip(meanings, properties, parts, strict=True)
            if part
        }
        if variants.setdefault(label, stands) != stands:
            losses.append(Loss("label", f"two combinations of suffixes have the label `{label}`"))
    namespaces = tuple(meaning.feature.namespace for meaning in meanings)
    return VariantMetadata(namespaces, variants), tuple(losses)


def _properties_of(meaning: VariableMeaning) -> dict[str, tuple[str, ...]]:
    """Return the values that each suffix stands for: all, or the one that brings it.

    The latter needs a provider that gives a machine's value and all below it, as one of levels.
    """
    every = dict(meaning.values_by_suffix)
    first = meaning.first_values
    if first is None or (meaning.function is None and not [*_other_orders(meaning, every)]):
        return every
    return {suffix: (value,) for suffix, value in first.items()}


def _losses_of(
    meaning: VariableMeaning, properties: Mapping[str, tuple[str, ...]]
) -> Iterator[Loss]:
    variable, feature, function = meaning.variable, meaning.feature, meaning.function
    if function is None and variable.function is not None:
        yield Loss(
            "function",
            f"`{variable.function}` is not named: the provider of `{feature.namespace}` has to "
            f"give `{feature}`",
        )
    if variable.requires and (function is None or variable.requires != function.requires):
        listed = ", ".join(f"`{text}`" for text in variable.requires)
        yield Loss("requires", f"{listed} of `{variable.name}` is left out: nothing is installed")
    for value in meaning.unusable:
        yield Loss("value", f"the value `{value}` of `{variable.name}` is left out")
    if function is None:
        spelt = [value for value in variable.wheel_tags if value not in meaning.rows]
        respelt = [value for value in spelt if value not in meaning.unusable]
        if respelt:
            listed = ", ".join(f"`{value}`" for value in respelt)
            yield Loss(
                "value", f"values of `{feature}` are written with `a-z`, `0-9`, `_`, `.`: {listed}"
            )
    for value, listed_suffixes in meaning.rows.items():
        if not listed_suffixes or listed_suffixes[-1]:
            place = "also" if not listed_suffixes or "" not in listed_suffixes else "only last"
            yield Loss(
                "plain", f"for `{feature} :: {value}` the wheel without suffix is taken {place}"
            )
    if function is None and properties != meaning.values_by_suffix:
        ordered = [values[0] for values in properties.values()]
        listed = ", ".join(f"`{value}`" for value in reversed(ordered))
        yield Loss(
            "order",
            f"the provider of `{feature}` has to give the machine's value and all after it in "
            f"{listed}, in this order",
        )
    else:
        yield from _other_orders(meaning, properties)


def _other_orders(
    meaning: VariableMeaning, properties: Mapping[str, tuple[str, ...]]
) -> Iterator[Loss]:
    """Yield each value for which PEP 825 orders otherwise than the file."""
    feature = meaning.feature
    metadata = _of_one_feature(feature, properties)
    for value, listed in meaning.rows.items():
        taken = [suffix for suffix in listed if suffix]
        found = order_variants(metadata, _supported(feature, meaning.function, value))
        if found != taken:
            yield Loss(
                "order",
                f"for `{feature} :: {value}` the order is {_quoted(found)}, and was "
                f"{_quoted(taken)}",
            )


def _of_one_feature(
    feature: VariantFeature, properties: Mapping[str, tuple[str, ...]]
) -> VariantMetadata:
    return VariantMetadata(
        (feature.namespace,),
        {
            label: {feature.namespace: {feature.name: values}}
            for label, values in properties.items()
        },
    )


def _supported(
    feature: VariantFeature, function: KnownFunction | None, value: str
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return what a machine supports that has one value; a level brings all below it."""
    values: tuple[str, ...] = (value,)
    if function is not None:
        levels = list(function.levels)
        values = tuple(reversed(levels[: levels.index(value) + 1]))
    return {feature.namespace: {feature.name: values}}


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts) or "none"


def selector_of(metadata: VariantMetadata) -> tuple[WheelSelector, tuple[Loss, ...]]:
    """Return variant metadata as a selector file, and what is lost.

    Each feature becomes a variable, the most important namespace first. A label of one feature
    is a suffix; one of several, whose parts between dots are such labels, a combination.
    """
    losses: list[Loss] = [
        Loss("provider", f"the provider of `{namespace}` is left out")
        for namespace in sorted(metadata.providers)
    ]
    if metadata.feature_priorities or metadata.value_priorities:
        losses.append(Loss("order", "the priorities of features and values are left out"))
    features = _features_of(metadata)
    stands_for: dict[VariantFeature, dict[str, tuple[str, ...]]] = {each: {} for each in features}
    for label, properties in sorted(metadata.variants.items()):
        why = _take_label(label, properties, features, stands_for)
        if why is not None:
            losses.append(Loss("label", f"`{label}` is left out: {why}"))
    variables = []
    for feature in features:
        suffixes = stands_for[feature]
        if not suffixes:
            continue
        alone = sum(each.namespace == feature.namespace for each in features) == 1
        name = feature.namespace if alone else f"{feature.namespace}_{feature.name}"
        variable, lost = _variable_of(name, feature, suffixes)
        variables.append(variable)
        losses += lost
    return WheelSelector(tuple(variables)), tuple(losses)


def _features_of(metadata: VariantMetadata) -> tuple[VariantFeature, ...]:
    used = {
        VariantFeature(namespace, feature)
        for properties in metadata.variants.values()
        for namespace, features in properties.items()
        for feature in features
        if namespace != ABI_NAMESPACE
    }
    order = {namespace: place for place, namespace in enumerate(metadata.namespaces)}
    return tuple(sorted(used, key=lambda each: (order.get(each.namespace, len(order)), each)))


def _take_label(
    label: str,
    properties: VariantProperties,
    features: Sequence[VariantFeature],
    stands_for: Mapping[VariantFeature, dict[str, tuple[str, ...]]],
) -> str | None:
    """Note what a label, or each part of it, stands for; return why that cannot be."""
    if ABI_NAMESPACE in properties:
        return f"a selector knows nothing of `{ABI_NAMESPACE}`"
    own = [each for each in features if each.name in properties.get(each.namespace, {})]
    if not own:
        return "without properties there is only the wheel without suffix"
    parts = [label] if len(own) == 1 else label.split(".")
    if len(parts) != len(own) or not all(map(LABEL_PATTERN.fullmatch, parts)):
        return "it has several features, and is not made of a label for each of them"
    values = [tuple(sorted(properties[each.namespace][each.name])) for each in own]
    for feature, part, stated in zip(own, parts, values, strict=True):
        if stands_for[feature].get(part, stated) != stated:
            return f"`{part}` stands for something else in another label"
    if any(part in stands_for[each] for each, part in product(features, parts) if each not in own):
        return "a part of it is a label of another feature too"
    for feature, part, stated in zip(own, parts, values, strict=True):
        stands_for[feature][part] = stated
    return None


def _variable_of(
    name: str, feature: VariantFeature, suffixes: Mapping[str, tuple[str, ...]]
) -> tuple[SelectorVariable, list[Loss]]:
    function = function_for(feature)
    losses: list[Loss] = []
    metadata = _of_one_feature(feature, suffixes)
    values = list(dict.fromkeys(value for listed in suffixes.values() for value in listed))
    if function is None:
        losses.append(Loss("function", f"no function is known that computes `{feature}`"))
        if feature.name != OWN_FEATURE:
            losses.append(Loss("value", f"`{feature}` is the value of `{name}`"))
        if len(values) > 1:
            losses.append(
                Loss("values", f"a machine has one value of `{name}`, not several in an order")
            )
        written = {value: value for value in sorted(values)}
    else:
        written = dict(function.levels)
        unknown = [value for value in values if value not in written]
        losses += [Loss("value", f"no function gives `{feature} :: {each}`") for each in unknown]
    rows = {
        text: (*order_variants(metadata, _supported(feature, function, value)), "")
        for value, text in written.items()
    }
    variable = SelectorVariable(
        name,
        None if function is None else function.name,
        () if function is None else function.requires,
        rows,
    )
    return variable, losses

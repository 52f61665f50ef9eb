"""What a selector file means: variant metadata for the wheels that stand beside it.

Each variable becomes a feature. Where the values of a provider are levels, and each level takes
what the one below takes and one suffix more, a suffix stands for the level that brings it, and
PEP 825's own order is that of the file. Any other table is kept as a :class:`Ranking`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from whichwheel.spec.metadata import Ranking, VariantMetadata
from whichwheel.spec.properties import VALUE_PATTERN, VariantFeature, VariantProperties
from whichwheel.spec.selector.functions import KNOWN_FUNCTIONS, KnownFunction
from whichwheel.spec.selector.reading import namespace_of
from whichwheel.spec.selector.values import SelectorVariable, WheelSelector, split_suffix

__all__ = ["OWN_FEATURE", "SelectorMeaning", "VariableMeaning", "understand", "understand_variable"]

#: The one feature of a namespace that is named after a variable.
OWN_FEATURE = "value"

Rows = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class VariableMeaning:
    """One variable as a feature.

    :param function: the known function whose feature it is; None if it has its own namespace
    :param rows: by value of the feature, the suffixes, best first
    :param unusable: the values of the file that no value of the feature stands for
    """

    variable: SelectorVariable
    feature: VariantFeature
    function: KnownFunction | None
    rows: Rows
    unusable: tuple[str, ...] = ()

    @property
    def first_values(self) -> Mapping[str, str] | None:
        """The value that brings each suffix, where each row adds at most one to the row before.

        None if the rows are no such chain, or an empty suffix does not end each of them.
        """
        before: tuple[str, ...] = ("",)
        first: dict[str, str] = {}
        for value, listed in self.rows.items():
            if listed != before:
                if listed[1:] != before or listed[0] in first:
                    return None
                first[listed[0]] = value
            before = listed
        return first

    def values_of(self, suffix: str) -> tuple[str, ...]:
        """Return the values that take a suffix."""
        return tuple(value for value, listed in self.rows.items() if suffix in listed)


@dataclass(frozen=True, slots=True)
class SelectorMeaning:
    """What a selector file says of the suffixes that there are.

    :param metadata: their properties by label, and their order
    :param unknown: the suffixes that the file says nothing of
    :param unusable: by variable, the values that no property can stand for
    """

    metadata: VariantMetadata
    unknown: tuple[str, ...]
    unusable: Mapping[str, tuple[str, ...]]


def understand(selector: WheelSelector, suffixes: Iterable[str]) -> SelectorMeaning:
    """Return the variant metadata of a release that has a selector file.

    :param suffixes: those of its wheels, without ``+``
    """
    meanings = _meanings(selector)
    choices = tuple(meaning.variable.suffixes for meaning in meanings)
    unknown: list[str] = []
    labels: dict[str, tuple[str, ...]] = {}
    twice: set[str] = set()
    for suffix in sorted(set(suffixes)):
        parts = split_suffix(suffix, choices)
        label = suffix.replace("+", ".")
        if parts is None:
            unknown.append(suffix)
        elif label in labels:
            twice.add(label)
            unknown.append(suffix)
        else:
            labels[label] = parts
    for label in twice:
        # Two suffixes that are one label: neither is safe to take for the other.
        unknown += ["+".join(part for part in labels.pop(label) if part)]
    firsts = [meaning.first_values for meaning in meanings]
    by_level = all(
        meaning.function is not None and first is not None
        for meaning, first in zip(meanings, firsts, strict=True)
    )
    variants: dict[str, VariantProperties] = {}
    rankings: tuple[Ranking, ...] = ()
    if by_level:
        for label, parts in labels.items():
            variants[label] = _properties(
                (meaning, (first[part],) if part in first else ())
                for meaning, first, part in zip(meanings, firsts, parts, strict=True)
                if first is not None and part
            )
    else:
        for label, parts in labels.items():
            variants[label] = _properties(
                (meaning, meaning.values_of(part))
                for meaning, part in zip(meanings, parts, strict=True)
                if part
            )
        rankings = tuple(
            _ranking(meaning, {label: parts[place] for label, parts in labels.items()})
            for place, meaning in enumerate(meanings)
        )
    # A suffix that stands only with values that cannot be had is never taken.
    dead = [label for label, properties in variants.items() if _is_dead(properties)]
    for label in dead:
        del variants[label]
        unknown.append("+".join(part for part in labels[label] if part))
    return SelectorMeaning(
        VariantMetadata(
            tuple(meaning.feature.namespace for meaning in meanings), variants, rankings=rankings
        ),
        tuple(sorted(unknown)),
        {meaning.variable.name: meaning.unusable for meaning in meanings if meaning.unusable},
    )


def _meanings(selector: WheelSelector) -> list[VariableMeaning]:
    meanings: list[VariableMeaning] = []
    taken = {namespace_of(variable.name) for variable in selector.variables}
    for variable in selector.variables:
        function = KNOWN_FUNCTIONS.get(variable.function or "")
        own = namespace_of(variable.name)
        if function is not None:
            namespace = function.feature.namespace
            if namespace in taken - {own}:
                function = None
            taken.add(namespace)
        meanings.append(understand_variable(variable, function))
    return meanings


def understand_variable(
    variable: SelectorVariable, function: KnownFunction | None
) -> VariableMeaning:
    """Return the feature that a variable becomes.

    :param function: the one that computes it, if it is known; else the namespace is named after
        the variable
    """
    rows: dict[str, tuple[str, ...]] = {}
    unusable = []
    for written, listed in variable.wheel_tags.items():
        value = namespace_of(written) if function is None else function.level(written)
        if value is None or value in rows or not VALUE_PATTERN.fullmatch(value):
            unusable.append(written)
        else:
            rows[value] = listed
    if function is None:
        own = VariantFeature(namespace_of(variable.name), OWN_FEATURE)
        return VariableMeaning(variable, own, None, rows, tuple(unusable))
    # A level that the file does not list counts as the next lower one that it does.
    filled: dict[str, tuple[str, ...]] = {}
    below: tuple[str, ...] = ("",)
    for level in function.levels:
        below = filled[level] = rows.get(level, below)
    return VariableMeaning(variable, function.feature, function, filled, tuple(unusable))


def _properties(
    parts: Iterable[tuple[VariableMeaning, tuple[str, ...]]],
) -> dict[str, dict[str, tuple[str, ...]]]:
    return {meaning.feature.namespace: {meaning.feature.name: values} for meaning, values in parts}


def _is_dead(properties: VariantProperties) -> bool:
    return any(not values for features in properties.values() for values in features.values())


def _ranking(meaning: VariableMeaning, part_of: Mapping[str, str]) -> Ranking:
    """Return the places of labels, and of plain wheels, for each value."""
    parts = {"": "", **part_of}
    by_value = {}
    for value, listed in meaning.rows.items():
        places = {suffix: place for place, suffix in enumerate(listed)}
        by_value[value] = {label: places[part] for label, part in parts.items() if part in places}
    return Ranking(
        meaning.feature,
        by_value,
        {label: 0 for label, part in parts.items() if not part},
    )

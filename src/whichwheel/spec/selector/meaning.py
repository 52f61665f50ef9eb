"""What a selector file means: variant metadata for the wheels that stand beside it.

Each variable becomes a feature. Where the values of a provider are levels, and each level takes
what the one below takes and one suffix more, a suffix stands for the level that brings it, and
PEP 825's own order is that of the file. Any other table is kept as a :class:`Ranking`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from whichwheel.spec.metadata import Ranking, VariantMetadata
from whichwheel.spec.properties import VALUE_PATTERN, VariantFeature, VariantProperties
from whichwheel.spec.selector.functions import KNOWN_FUNCTIONS, KnownFunction
from whichwheel.spec.selector.reading import namespace_of
from whichwheel.spec.selector.values import SelectorVariable, WheelSelector, split_suffix
from whichwheel.spec.values import dataclass

__all__ = [
    "OWN_FEATURE",
    "SelectorMeaning",
    "VariableMeaning",
    "label_of",
    "meanings_of",
    "understand",
]

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

    @property
    def values_by_suffix(self) -> Mapping[str, tuple[str, ...]]:
        """The values that take each suffix."""
        found: dict[str, list[str]] = {}
        for value, listed in self.rows.items():
            for suffix in listed:
                found.setdefault(suffix, []).append(value)
        return {suffix: tuple(values) for suffix, values in found.items() if suffix}


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
    meanings = meanings_of(selector)
    labels, unknown = _labels(meanings, sorted(set(suffixes)))
    firsts = [meaning.first_values for meaning in meanings]
    by_level = all(
        meaning.function is not None and first is not None
        for meaning, first in zip(meanings, firsts, strict=True)
    )
    values = [
        {suffix: (value,) for suffix, value in first.items()}
        if by_level and first is not None
        else meaning.values_by_suffix
        for meaning, first in zip(meanings, firsts, strict=True)
    ]
    variants: dict[str, VariantProperties] = {}
    for label, parts in labels.items():
        if all(not part or part in known for part, known in zip(parts, values, strict=True)):
            variants[label] = {
                meaning.feature.namespace: {meaning.feature.name: known[part]}
                for meaning, part, known in zip(meanings, parts, values, strict=True)
                if part
            }
        else:
            # It stands only with values that cannot be had.
            unknown.append("+".join(part for part in parts if part))
    rankings: tuple[Ranking, ...] = ()
    if not by_level:
        rankings = tuple(
            _ranking(meaning, {label: parts[place] for label, parts in labels.items()})
            for place, meaning in enumerate(meanings)
        )
    namespaces = tuple(meaning.feature.namespace for meaning in meanings)
    return SelectorMeaning(
        VariantMetadata(namespaces, variants, rankings=rankings),
        tuple(sorted(unknown)),
        {meaning.variable.name: meaning.unusable for meaning in meanings if meaning.unusable},
    )


def _labels(
    meanings: Sequence[VariableMeaning], suffixes: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return the parts of each suffix by label, and the suffixes that nothing is known of."""
    choices = [frozenset(meaning.variable.suffixes) for meaning in meanings]
    labels: dict[str, tuple[str, ...]] = {}
    unknown: list[str] = []
    # Two suffixes that are one label: neither is safe to take for the other.
    count = Counter(label_of(suffix.split("+")) for suffix in suffixes)
    for suffix in suffixes:
        parts = split_suffix(suffix, choices)
        label = label_of(suffix.split("+"))
        if parts is None or count[label] > 1:
            unknown.append(suffix)
        else:
            labels[label] = parts
    return labels, unknown


def label_of(parts: Iterable[str]) -> str:
    """Return the label of a wheel whose suffix has some parts.

    >>> label_of(["x86_64_v3", "", "mkl"])
    'x86_64_v3.mkl'
    """
    return ".".join(part for part in parts if part)


def meanings_of(selector: WheelSelector) -> list[VariableMeaning]:
    """Return what each variable becomes.

    Of two variables that one known function computes, the second has a namespace of its own.
    """
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
        meanings.append(_understand(variable, function))
    return meanings


def _understand(variable: SelectorVariable, function: KnownFunction | None) -> VariableMeaning:
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


def _ranking(meaning: VariableMeaning, part_of: Mapping[str, str]) -> Ranking:
    """Return the places of labels, and of plain wheels, for each value."""
    labels_of: dict[str, list[str]] = {"": [""]}
    for label, part in part_of.items():
        labels_of.setdefault(part, []).append(label)
    by_value = {
        value: {
            label: place
            for place, suffix in enumerate(listed)
            for label in labels_of.get(suffix, ())
        }
        for value, listed in meaning.rows.items()
    }
    return Ranking(meaning.feature, by_value, dict.fromkeys(labels_of[""], 0))

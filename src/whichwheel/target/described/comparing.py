"""Two targets side by side: the facts, tags and supported properties that differ."""

from collections.abc import Mapping, Sequence

from whichwheel.spec.values import dataclass
from whichwheel.target.description import described_namespaces
from whichwheel.target.facts import Fact, Facts
from whichwheel.target.support import Refusal, Support
from whichwheel.target.tags import described_platform
from whichwheel.target.target import Target

__all__ = [
    "Comparison",
    "FactDifference",
    "Given",
    "PropertyDifference",
    "compare_targets",
    "comparison_document",
]


@dataclass(frozen=True, slots=True)
class Given:
    """A value that two targets do not share; None where one has none."""

    key: str
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class FactDifference:
    """A fact that two targets do not share; None where one has none."""

    key: str
    first: Fact | None
    second: Fact | None


@dataclass(frozen=True, slots=True)
class PropertyDifference:
    """What of one feature only one of two targets supports.

    :param first: the values that only the first supports, best first
    :param second: the values that only the second supports, best first
    :param reordered: whether the shared values have another order of preference
    """

    namespace: str
    feature: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    reordered: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two targets.

    :param values: Python, platform and marker values
    :param first_tags: the compatibility tags that only the first takes, best first
    :param second_tags: those that only the second takes
    :param reordered_tags: whether the shared ones have another order
    :param refusals: of namespaces about which one of the two can say nothing, why
    """

    values: tuple[Given, ...]
    first_tags: tuple[str, ...]
    second_tags: tuple[str, ...]
    reordered_tags: bool
    facts: tuple[FactDifference, ...]
    properties: tuple[PropertyDifference, ...]
    refusals: tuple[Given, ...]

    @property
    def same(self) -> bool:
        """Whether the two get the same choices, for the same reasons."""
        return not (
            self.values
            or self.first_tags
            or self.second_tags
            or self.reordered_tags
            or self.facts
            or self.properties
            or self.refusals
        )


def compare_targets(first: Target, second: Target) -> Comparison:
    """Compare two targets, detecting what was not asked for yet.

    Where a fact comes from does not count, nor do the names of the targets.
    """
    tags = [tuple(map(str, target.tags)) for target in (first, second)]
    namespaces = tuple(dict.fromkeys((*described_namespaces(first), *described_namespaces(second))))
    answers = [
        (name, first.machine.support(name, None), second.machine.support(name, None))
        for name in namespaces
    ]
    return Comparison(
        values=_values(first, second),
        first_tags=_only(*tags),
        second_tags=_only(tags[1], tags[0]),
        reordered_tags=_reordered(*tags),
        facts=_facts(first.machine.facts(), second.machine.facts()),
        properties=tuple(
            difference for name, one, other in answers for difference in _features(name, one, other)
        ),
        refusals=tuple(
            Given(name, _message(one), _message(other))
            for name, one, other in answers
            if _message(one) != _message(other)
        ),
    )


def comparison_document(comparison: Comparison) -> dict[str, object]:
    """Return a comparison in JSON values."""
    return {
        "same": comparison.same,
        "values": [_pair(each) for each in comparison.values],
        "tags": {
            "first": list(comparison.first_tags),
            "second": list(comparison.second_tags),
            "reordered": comparison.reordered_tags,
        },
        "facts": [
            {"key": each.key, "first": _fact(each.first), "second": _fact(each.second)}
            for each in comparison.facts
        ],
        "properties": [
            {
                "namespace": each.namespace,
                "feature": each.feature,
                "first": list(each.first),
                "second": list(each.second),
                "reordered": each.reordered,
            }
            for each in comparison.properties
        ],
        "refusals": [_pair(each) for each in comparison.refusals],
    }


def _values(first: Target, second: Target) -> tuple[Given, ...]:
    one, other = (_all_values(target) for target in (first, second))
    return tuple(
        Given(key, one.get(key), other.get(key))
        for key in {**one, **other}
        if one.get(key) != other.get(key)
    )


def _all_values(target: Target) -> Mapping[str, str]:
    platform = described_platform(target.tags)
    return {
        "python": target.python_version,
        "implementation": target.implementation,
        "platform": "" if platform is None else platform.text,
        **{
            f"markers.{key}": value
            for key, value in target.environment.items()
            if value != target.python_version and key != "python_version"
        },
    }


def _facts(one: Facts, other: Facts) -> tuple[FactDifference, ...]:
    found = []
    for key in dict.fromkeys((*one, *other)):
        first, second = one.get(key), other.get(key)
        if first is None or second is None or first.value != second.value:
            found.append(FactDifference(key, first, second))
    return tuple(found)


def _features(
    namespace: str, one: Support | Refusal, other: Support | Refusal
) -> list[PropertyDifference]:
    first, second = (
        answer.features if isinstance(answer, Support) else {} for answer in (one, other)
    )
    found = []
    for feature in dict.fromkeys((*first, *second)):
        pair = first.get(feature, ()), second.get(feature, ())
        difference = PropertyDifference(
            namespace, feature, _only(*pair), _only(pair[1], pair[0]), _reordered(*pair)
        )
        if difference.first or difference.second or difference.reordered:
            found.append(difference)
    return found


def _only(these: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(each for each in these if each not in known)


def _reordered(these: Sequence[str], others: Sequence[str]) -> bool:
    shared = set(these) & set(others)
    return [each for each in these if each in shared] != [each for each in others if each in shared]


def _message(answer: Support | Refusal) -> str | None:
    return answer.message if isinstance(answer, Refusal) else None


def _pair(given: Given) -> dict[str, object]:
    return {"key": given.key, "first": given.first, "second": given.second}


def _fact(fact: Fact | None) -> dict[str, object] | None:
    if fact is None:
        return None
    value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
    return {"value": value, "origin": str(fact.origin), "source": fact.source}

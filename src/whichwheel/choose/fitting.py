"""Whether the variants of one release fit one target, label by label."""

from collections.abc import Mapping
from dataclasses import replace

from whichwheel.choose import reasons
from whichwheel.choose.choice import Reason
from whichwheel.sources.release import VariantData
from whichwheel.spec.abi_dependency import abi_order, is_abi_namespace
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.ordering import SortKey, UnsupportedFeature, VariantOrder
from whichwheel.spec.properties import (
    NULL_LABEL,
    VariantFeature,
    VariantProperties,
    VariantProperty,
)
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.support import Refusal, RefusalKind, Support
from whichwheel.target.target import Target

__all__ = ["VariantFit"]

_NO_METADATA = VariantMetadata(namespaces=(), variants={})
#: The place of what the release's own order does not speak of, as `null`.
_LAST = 1 << 29


class VariantFit:
    """The verdict on every label of one release, asking the target only for what is used.

    :param supported: what the target answered, by namespace
    :param deciding_facts: the facts behind each answer, for people
    :param origins: whether those facts were detected, given, or are defaults
    :param evidence: the facts themselves
    :param order: the order of the labels
    :param ranked_values: the properties that the release's own order goes by, if it has one
    """

    def __init__(self, data: VariantData, target: Target) -> None:
        self._data = data
        self._metadata = data.metadata or _NO_METADATA
        self._target = target
        self._refused: dict[str, Refusal] = {}
        self.supported: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self.deciding_facts: dict[str, str] = {}
        self.origins: dict[str, Origin] = {}
        self.evidence: dict[str, Facts] = {}
        self._answers: dict[str, Support] = {}
        self._against: dict[str, tuple[Reason, ...]] = {}
        self._why: dict[tuple[VariantFeature, str], str] = {}
        self.ranked_values: tuple[str, ...] = ()
        self._ask()
        self._narrow()
        self.order = VariantOrder(self._metadata, self.supported)
        self._keys: dict[str, SortKey | None] = {}

    def _ask(self) -> None:
        used: dict[str, None] = {}
        for properties in self._metadata.variants.values():
            used.update(dict.fromkeys(properties))
        used.update(dict.fromkeys(each.feature.namespace for each in self._metadata.rankings))
        for namespace in used:
            provider = self._metadata.providers.get(namespace)
            answer = self._target.machine.support(namespace, provider)
            if isinstance(answer, Refusal):
                self._refused[namespace] = answer
            else:
                if is_abi_namespace(namespace, self._metadata.providers):
                    answer = self._any_abi(answer)
                self._answers[namespace] = answer
                self.supported[namespace] = answer.features
                self.deciding_facts[namespace] = answer.facts
                self.origins[namespace] = answer.origin
                self.evidence[namespace] = answer.evidence

    def _narrow(self) -> None:
        """Support no more than the best value of each feature that the release ranks by.

        What none of its wheels uses is asked all the same: plain wheels may depend on it.
        """
        said = []
        places: list[Mapping[str, int]] = []
        for ranking in self._metadata.rankings:
            namespace, feature = ranking.feature.namespace, ranking.feature.name
            features = self.supported.get(namespace, {})
            first = features.get(feature, ())[:1]
            if first:
                self.supported[namespace] = {**features, feature: first}
                said.append(str(VariantProperty(namespace, feature, first[0])))
            places.append(ranking.places(first))
        self._places = tuple(places)
        self.ranked_values = tuple(said)

    @property
    def is_ranked(self) -> bool:
        """Whether the release has an order of its own, plain wheels included."""
        return bool(self._places)

    def places(self, label: str | None) -> tuple[int, ...]:
        """Return the places of a label that fits, or of plain wheels, in that order."""
        return tuple(places.get(label or "", _LAST) for places in self._places)

    def refusals_of_plain(self) -> tuple[Reason, ...]:
        """Return the reason why the release's own order has no place for plain wheels."""
        if all("" in places for places in self._places):
            return ()
        return (reasons.no_place("", self.ranked_values, self._target.name),)

    def _any_abi(self, answer: Support) -> Support:
        """Support every version that a build was made for: which it will be is not known here.

        What the user said of the namespace rules nevertheless.
        """
        if answer.origin is Origin.GIVEN:
            return answer
        values: dict[str, dict[str, None]] = {}
        for properties in self._metadata.variants.values():
            for feature, stated in properties.get(answer.namespace, {}).items():
                values.setdefault(feature, {}).update(dict.fromkeys(stated))
        features = {feature: abi_order(stated) for feature, stated in values.items()}
        return replace(answer, features=features, why=_why_no_release)

    @property
    def is_known(self) -> bool:
        """Whether there is metadata, or a reason why there is none."""
        return self._data.metadata is not None or self._data.unusable is not None

    def properties(self, label: str) -> VariantProperties:
        """Return what a label stands for; nothing, if that is not known."""
        return self._metadata.variants.get(label, {})

    def sort_key(self, label: str) -> SortKey:
        """Return the key of a label that fits."""
        key = self._key(label)
        if key is None:
            raise KeyError(label)
        return key

    def _key(self, label: str) -> SortKey | None:
        if label not in self._keys:
            # `null` means no properties, listed or not.
            known = self._metadata.variants.get(label, {})
            self._keys[label] = self.order.sort_key({} if label == NULL_LABEL else known)
        return self._keys[label]

    def refusals(self, label: str) -> tuple[Reason, ...]:
        """Return every reason against a label other than ``null``; none if it fits."""
        known = self._against.get(label)
        if known is None:
            known = self._against[label] = self._find_refusals(label)
        return known

    def _find_refusals(self, label: str) -> tuple[Reason, ...]:
        if self._data.metadata is None:
            return (reasons.metadata_unusable(self._data.unusable),)
        properties = self._metadata.variants.get(label)
        if properties is None:
            return (reasons.label_unknown(label, self._data.origin),)
        if self._key(label) is not None:
            if all(label in places for places in self._places):
                return ()
            return (reasons.no_place(label, self.ranked_values, self._target.name),)
        refused = [self._refused[name] for name in properties if name in self._refused]
        missing = self.order.unsupported(
            {name: features for name, features in properties.items() if name not in self._refused}
        )
        return (
            *(reasons.provider(self._with_way(refusal)) for refusal in refused),
            *(
                reasons.property_not_supported(item, self._why_not(item), self._target.name)
                for item in missing
            ),
        )

    def _with_way(self, refusal: Refusal) -> Refusal:
        """Add how to give the value of a variable whose function is not known here."""
        for ranking in self._metadata.rankings:
            feature = ranking.feature
            if feature.namespace == refusal.namespace and refusal.kind is RefusalKind.UNKNOWN:
                value = next(iter(ranking.by_value), "VALUE")
                way = f'(give its value, as `--set "{feature} :: {value}"`)'
                return replace(refusal, message=f"{refusal.message} {way}")
        return refusal

    def _why_not(self, item: UnsupportedFeature) -> str:
        """Return the fact that speaks against a feature, else all that decided."""
        answer = self._answers.get(item.feature.namespace)
        if answer is None or answer.why is None:
            return "" if answer is None else answer.facts
        # The same few values are refused in thousands of wheels.
        wanted = (item.feature, item.wanted[0])
        if wanted not in self._why:
            words = answer.why(item.feature.name, item.wanted[0])
            origin = f" ({answer.origin})"
            self._why[wanted] = words if words.endswith(origin) else words + origin
        return self._why[wanted]


def _why_no_release(_feature: str, value: str) -> str:
    return f"`{value}` is no release of up to three numbers"

"""What the wishes of a user make of the variants of one release."""

from collections.abc import Iterable

from whichwheel.choose import reasons
from whichwheel.choose.choice import Reason
from whichwheel.choose.wishes import ProjectWishes, Wish
from whichwheel.sources.release import Release, VariantData
from whichwheel.spec.properties import NULL_LABEL, VariantProperties

__all__ = ["GrantedWishes"]

_NOTHING: VariantProperties = {}


class GrantedWishes:
    """The wishes that concern one release, label by label; None stands for the plain wheels.

    :param wishes: those that count for its project
    """

    def __init__(self, wishes: ProjectWishes, release: Release, data: VariantData) -> None:
        self._variants = {} if data.metadata is None else data.metadata.variants
        self._wishes = wishes
        labels = dict.fromkeys(wheel.name.label for wheel in release.wheels)
        # What is required of all projects concerns those releases that have it.
        self._requires = tuple(
            wish
            for wish in wishes.requires
            if wish.project is not None or any(self._is_about(wish, label) for label in labels)
        )
        self._refusals: dict[str | None, tuple[Reason, ...]] = {}
        self._ranks: dict[str | None, tuple[bool, ...]] = {}

    def refusals(self, label: str | None) -> tuple[Reason, ...]:
        """Return every wish that speaks against a label; none if there is none."""
        if label not in self._refusals:
            properties = self._properties(label)
            banned = (
                reasons.banned(wish, properties)
                for wish in self._wishes.bans
                if self._is_about(wish, label)
            )
            missed = (
                reasons.not_as_required(wish)
                for wish in self._requires
                if self._is_known(wish, label) and not self._is_about(wish, label)
            )
            self._refusals[label] = (*banned, *missed)
        return self._refusals[label]

    def rank(self, label: str | None) -> tuple[bool, ...]:
        """Return a key by which labels sort as preferred: for each wish, whether it is missed."""
        if label not in self._ranks:
            self._ranks[label] = tuple(
                not self._is_about(wish, label) for wish in self._wishes.prefers
            )
        return self._ranks[label]

    def between(self, better: tuple[bool, ...], worse: tuple[bool, ...]) -> Wish | None:
        """Return the preference at which two keys differ, None if they are the same."""
        for wish, mine, theirs in zip(self._wishes.prefers, better, worse, strict=True):
            if mine != theirs:
                return wish
        return None

    def granted(
        self, best: tuple[bool, ...], others: Iterable[tuple[bool, ...]]
    ) -> tuple[Wish, ...]:
        """Return the preferences that the best has, and one of the others has not."""
        keys = list(others)
        return tuple(
            wish
            for place, wish in enumerate(self._wishes.prefers)
            if not best[place] and any(key[place] for key in keys)
        )

    def _is_known(self, wish: Wish, label: str | None) -> bool:
        """Whether it can be said what a wish makes of a label; else the label fits nowhere."""
        if wish.subject.label is not None or label is None or label == NULL_LABEL:
            return True
        return label in self._variants

    def _is_about(self, wish: Wish, label: str | None) -> bool:
        return wish.matches(label, self._properties(label))

    def _properties(self, label: str | None) -> VariantProperties:
        # `null` means no properties, listed or not.
        if label is None or label == NULL_LABEL:
            return _NOTHING
        return self._variants.get(label, _NOTHING)

"""Why the wheels of a release do not fit, summed up by label."""

from collections.abc import Iterator

from whichwheel.choose.choice import Choice, Judgement, ReasonKind, Status
from whichwheel.spec.values import dataclass

__all__ = ["RefusedLabels", "refusals_by_label"]

#: Reasons that are the user's own.
_WISHED = (ReasonKind.NOT_ALLOWED, ReasonKind.BANNED, ReasonKind.NOT_AS_REQUIRED)
#: Reasons that settle a wheel whatever its variant, the hardest first.
_OVERRIDING = (
    *_WISHED,
    ReasonKind.PLATFORM_TAGS,
    ReasonKind.PYTHON_VERSION,
    ReasonKind.YANKED,
)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RefusedLabels:
    """Labels that were refused for one and the same reason.

    :param labels: None stands for the plain wheels
    :param kinds: the kinds of the reasons
    :param why: one sentence
    """

    labels: tuple[str | None, ...]
    kinds: frozenset[ReasonKind]
    why: str

    def __str__(self) -> str:
        shown = [
            "the plain wheel" if label is None else f"`{label}`" for label in self.labels[:_SHOWN]
        ]
        more = len(self.labels) - _SHOWN
        return f"{', '.join(shown)}{f' and {more} more' if more > 0 else ''}: {self.why}"

    @property
    def concerns_platform(self) -> bool:
        """Whether the wheels were never for this platform or Python, whatever their variant."""
        return bool(self.kinds & {ReasonKind.PLATFORM_TAGS, ReasonKind.PYTHON_VERSION})

    @property
    def is_by_wish(self) -> bool:
        """Whether the user did not want these wheels."""
        return not self.kinds.isdisjoint(_WISHED)


def refusals_by_label(choice: Choice) -> tuple[RefusedLabels, ...]:
    """Sum up the refused labels of a release.

    A label of which any wheel fits is left out. Of several refused wheels the one that came
    closest speaks for its label; labels with the same reason are told together, those that
    came closest first.
    """
    fitting = {judged.wheel.name.label for judged in choice.ranked}
    closest: dict[str | None, tuple[int, frozenset[ReasonKind], str]] = {}
    for label, distance, kinds, why in _verdicts(choice):
        if label in fitting:
            continue
        if label not in closest or distance < closest[label][0]:
            closest[label] = distance, kinds, why
    together: dict[tuple[int, frozenset[ReasonKind], str], list[str | None]] = {}
    for label, verdict in closest.items():
        together.setdefault(verdict, []).append(label)
    return tuple(
        RefusedLabels(tuple(labels), kinds, why)
        for (_, kinds, why), labels in sorted(together.items(), key=lambda item: item[0][0])
    )


def _verdicts(
    choice: Choice,
) -> Iterator[tuple[str | None, int, frozenset[ReasonKind], str]]:
    for judged in choice.judgements:
        if judged.status is Status.REFUSED:
            distance, kinds, why = _verdict(judged)
            yield judged.wheel.name.label, distance, kinds, why


def _verdict(judged: Judgement) -> tuple[int, frozenset[ReasonKind], str]:
    """Return how far a wheel is from fitting, and why it does not."""
    by_kind = {reason.kind: reason for reason in reversed(judged.reasons)}
    for hardness, kind in enumerate(_OVERRIDING):
        if kind in by_kind and kind in _WISHED:
            # Wishes may stand against each other: the user has to see them all.
            wished = [reason for reason in judged.reasons if reason.kind in _WISHED]
            why = "; ".join(dict.fromkeys(reason.message for reason in wished))
            return len(_OVERRIDING) - hardness, frozenset(each.kind for each in wished), why
        if kind in by_kind:
            return len(_OVERRIDING) - hardness, frozenset({kind}), by_kind[kind].message
    why = "; ".join(dict.fromkeys(reason.message for reason in judged.reasons))
    return 0, frozenset(by_kind), why

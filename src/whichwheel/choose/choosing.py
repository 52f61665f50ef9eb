"""Judge every wheel of one release for one target."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import NamedTuple

from packaging.tags import Tag
from packaging.utils import NormalizedName

from whichwheel.choose import reasons
from whichwheel.choose.choice import Choice, Judgement, Reason, Status
from whichwheel.choose.fitting import VariantFit
from whichwheel.choose.granting import GrantedWishes
from whichwheel.choose.wishes import NO_WISHES, Wishes
from whichwheel.sources.release import Release, VariantData, Wheel
from whichwheel.spec.ordering import SortKey
from whichwheel.spec.properties import NULL_LABEL, VariantProperties
from whichwheel.spec.specifiers import python_fits
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

__all__ = ["Preferences", "choose"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user said beyond the requirements.

    :param labels: the variant label picked by hand, by project
    :param variants: False to leave all variant wheels aside
    :param yanked: projects whose yanked releases may be chosen (pinned exactly, PEP 592)
    :param wishes: what is preferred, banned and required among variants
    :param narrowing: says what else speaks against a variant, by its properties; None if nothing
    """

    labels: Mapping[NormalizedName, str] = field(default_factory=dict)
    variants: bool = True
    yanked: frozenset[NormalizedName] = frozenset()
    wishes: Wishes = NO_WISHES
    narrowing: Callable[[VariantProperties], Reason | None] | None = None


class _Candidate(NamedTuple):
    """A wheel that fits; the fields up to ``wheel`` are compared in their order.

    :param is_built: whether it is still to be built, which comes after all that is there
    :param places: where the release's own order puts it, if it has one
    :param wished: how it is preferred, which comes before all else
    """

    is_plain: bool
    is_built: bool
    places: tuple[int, ...]
    key: SortKey
    label: str
    tag_rank: int
    build: tuple[int, str]
    wheel: Wheel
    wished: tuple[bool, ...] = ()

    @property
    def order(
        self,
    ) -> tuple[bool, bool, tuple[int, ...], SortKey, str, int, tuple[int, str], str]:
        return (
            self.is_plain,
            self.is_built,
            self.places,
            self.key,
            self.label,
            self.tag_rank,
            self.build,
            self.wheel.file.filename,
        )


def choose(
    release: Release,
    data: VariantData,
    target: Target,
    preferences: Preferences,
    *,
    fit: VariantFit | None = None,
) -> Choice:
    """Judge every wheel of one release for one target.

    Variants come in PEP 825's order (Variant ordering), plain wheels after them, unless the
    user prefers others; within one label the better platform tag wins, then the higher build
    number.

    :param data: the release's combined variant metadata
    :param fit: how that fits the target, if it is known from a release described alike
    """
    fit = fit or VariantFit(data, target)
    said = preferences.wishes.about(release.name)
    wishes = None if said is None else GrantedWishes(said, release, data)
    bench = _Bench(release, target, preferences, fit, wishes)
    candidates: list[_Candidate] = []
    refused: list[Judgement] = []
    for wheel in release.wheels:
        against = bench.refusals(wheel)
        if against:
            refused.append(Judgement(wheel, Status.REFUSED, None, against))
        else:
            candidates.append(bench.candidate(wheel))
    if wishes is None:
        candidates.sort(key=lambda candidate: candidate.order)
    else:
        candidates.sort(key=lambda candidate: (candidate.wished, candidate.order))
    return Choice(
        release.name,
        release.version,
        release.source,
        (*_rank(candidates, fit, target, wishes), *refused),
        properties={} if data.metadata is None else data.metadata.variants,
        supported=fit.supported,
        deciding_facts=fit.deciding_facts,
        origins=fit.origins,
        evidence=fit.evidence,
        warnings=data.warnings,
    )


def _rank(
    candidates: list[_Candidate],
    fit: VariantFit,
    target: Target,
    wishes: GrantedWishes | None,
) -> list[Judgement]:
    judged = []
    for rank, candidate in enumerate(candidates):
        if rank == 0:
            status, reason = Status.CHOSEN, _why_best(candidate, fit, target)
            if wishes is not None:
                others = (other.wished for other in candidates)
                reason = reasons.with_wishes(reason, wishes.granted(candidate.wished, others))
        else:
            best = candidates[0]
            wish = wishes.between(best.wished, candidate.wished) if wishes is not None else None
            status = Status.OUTRANKED
            if wish is not None:
                reason = reasons.outranked_by_wish(best.wheel.file.filename, wish)
            else:
                reason = _why_outranked(best, candidate, fit, target)
        judged.append(Judgement(candidate.wheel, status, rank, (reason,)))
    return judged


class _Bench:
    """The tests that a wheel must pass, each computed once for what wheels share."""

    def __init__(
        self,
        release: Release,
        target: Target,
        preferences: Preferences,
        fit: VariantFit,
        wishes: GrantedWishes | None,
    ) -> None:
        self._target = target
        self._preferences = preferences
        self._fit = fit
        self._wishes = wishes
        self._name = release.name
        self._ranks = target.tag_ranks
        self._best_tags: dict[frozenset[Tag], int | None] = {}
        self._pythons: dict[str, bool] = {}

    def candidate(self, wheel: Wheel) -> _Candidate:
        label = wheel.name.label
        number, suffix = wheel.name.build or (-1, "")
        return _Candidate(
            is_plain=label is None and not self._fit.is_ranked,
            is_built=wheel.is_built,
            places=self._fit.places(label),
            key=() if label is None else self._fit.sort_key(label),
            label=label or "",
            tag_rank=self._tag_rank(wheel.name.tags) or 0,
            build=(-number, _reversed(suffix)),
            wheel=wheel,
            wished=() if self._wishes is None else self._wishes.rank(label),
        )

    def refusals(self, wheel: Wheel) -> tuple[Reason, ...]:
        """Return every reason against a wheel; none if it fits."""
        file, label = wheel.file, wheel.name.label
        against = []
        not_allowed = self._not_allowed(label)
        if not_allowed is not None:
            against.append(not_allowed)
        if self._tag_rank(wheel.name.tags) is None:
            against.append(reasons.platform_tags(wheel.name.tags, self._target))
        if file.requires_python is not None and not self._python_fits(file.requires_python):
            against.append(reasons.python_version(file.requires_python, self._target))
        if file.yanked is not None and self._name not in self._preferences.yanked:
            against.append(reasons.yanked(file.yanked))
        if wheel.barred is not None:
            against.append(reasons.barred(wheel.barred))
        if self._wishes is not None:
            against += self._wishes.refusals(label)
        if label is not None and (narrowed := self._narrowed(label)) is not None:
            against.append(narrowed)
        if label is None and self._fit.is_ranked:
            return (*against, *self._fit.refusals_of_plain())
        if label is None or label == NULL_LABEL or (against and not self._fit.is_known):
            # Where nothing else could fit, the metadata was not asked for, and says nothing.
            return tuple(against)
        # One label's verdict serves all its wheels; the common case has no other reason.
        against_label = self._fit.refusals(label)
        return (*against, *against_label) if against else against_label

    def _not_allowed(self, label: str | None) -> Reason | None:
        if label is not None and not self._preferences.variants:
            return reasons.variants_off()
        picked = self._preferences.labels.get(self._name)
        if picked is not None and label != picked:
            return reasons.other_label_picked(picked)
        return None

    def _narrowed(self, label: str) -> Reason | None:
        narrowing = self._preferences.narrowing
        return None if narrowing is None else narrowing(self._fit.properties(label))

    def _tag_rank(self, tags: frozenset[Tag]) -> int | None:
        try:
            return self._best_tags[tags]
        except KeyError:
            ranks = [self._ranks[tag] for tag in tags if tag in self._ranks]
            rank = self._best_tags[tags] = min(ranks, default=None)
            return rank

    def _python_fits(self, specifier: str) -> bool:
        fits = self._pythons.get(specifier)
        if fits is None:
            fits = python_fits(specifier, self._target.python_version)
            self._pythons[specifier] = fits
        return fits


def _reversed(suffix: str) -> str:
    """Return a text that sorts the other way round, as a higher build suffix is the better."""
    return "".join(chr(0x10FFFF - ord(letter)) for letter in suffix) + chr(0x10FFFF)


def _why_best(best: _Candidate, fit: VariantFit, target: Target) -> Reason:
    if best.is_built:
        return reasons.best_from_sources(best.wheel.file.filename)
    is_plain = best.wheel.name.label is None
    if is_plain or best.label == NULL_LABEL:
        return reasons.best_without_properties(
            is_plain=is_plain, tag=str(target.tags[best.tag_rank])
        )
    properties = fit.order.best_values(best.key)
    return reasons.best_variant(properties, fit.deciding_facts)


def _why_outranked(best: _Candidate, other: _Candidate, fit: VariantFit, target: Target) -> Reason:
    by = best.wheel.file.filename
    if (best.is_plain, best.is_built) != (other.is_plain, other.is_built):
        return (reasons.outranked_as_sources if other.is_built else reasons.outranked_as_plain)(by)
    if best.places != other.places:
        return reasons.outranked_by_release(by, fit.ranked_values)
    if best.key != other.key:
        # Each key ends in the same mark, greater than all places: neither begins the other.
        pairs = zip(best.key, other.key, strict=False)
        mine, theirs = next(pair for pair in pairs if pair[0] != pair[1])
        own = fit.order.property_at(theirs) if theirs != other.key[-1] else None
        return reasons.outranked_at_property(by, fit.order.property_at(mine), own)
    if best.label != other.label:
        return reasons.outranked_by_label(by, best.label, other.label)
    if best.tag_rank != other.tag_rank:
        return reasons.outranked_by_tag(
            by, str(target.tags[best.tag_rank]), str(target.tags[other.tag_rank])
        )
    return reasons.outranked_by_build(by)

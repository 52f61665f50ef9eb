"""What of a release a client sees that knows tags and nothing of variants.

Such a client takes, of the files that it is offered, the one whose tag is the best for it. So it
takes the right build if that is offered under a name without label, and all that it would take
before that is not offered.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from packaging.tags import Tag, compatible_tags, cpython_tags

from whichwheel.choose.choice import Choice
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.markers import VariantContext, variant_context
from whichwheel.spec.properties import NULL_LABEL
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.target import Target

__all__ = ["Offer", "everything", "may_be_offered", "offer_of", "offered"]

#: How far a build number is raised at most to tell names apart: nearly always by one.
_MOST_RAISED = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """One file as it is offered.

    :param filename: the name it is offered under
    :param file: what the source has
    :param wheel: the wheel that it is; None for a source distribution
    :param context: what its variant markers are answered with; None if it can have none
    """

    filename: str
    file: File
    wheel: Wheel | None = None
    context: VariantContext | None = None

    @property
    def is_relabelled(self) -> bool:
        """Whether the file does not exist before it is fetched."""
        presented = None if self.wheel is None else self.wheel.presented
        return presented is not None and presented.relabelled


def everything(release: Release) -> tuple[Offer, ...]:
    """Return the offer of a release without variants: all its files as they are."""
    wheels = _allowed(release).wheels
    return (*(Offer(wheel.file.filename, wheel.file, wheel) for wheel in wheels), *_sdists(release))


def _allowed(release: Release) -> Release:
    """Return a release without what nobody may take."""
    if all(wheel.barred is None for wheel in release.wheels):
        return release
    return replace(release, wheels=tuple(each for each in release.wheels if each.barred is None))


def offered(
    release: Release,
    data: VariantData,
    target: Target,
    preferences: Preferences,
    *,
    alone: bool = False,
) -> tuple[Offer, ...]:
    """Return what a client on the target is to see of a release.

    The wheel chosen for the target is offered, and nothing that a client there would take
    before it. Another interpreter on the same platform gets the best build it can have, as far
    as that does not stand in the way. For other platforms, where nothing is known of the
    machine, plain wheels stay as they are.

    :param data: the release's combined variant metadata
    :param alone: whether nothing is offered for other platforms where a variant is chosen. uv
        takes the dependencies of one wheel for those of all, and of which one is its own choice
    """
    release = _allowed(release)
    if not release.has_variants:
        return everything(release)
    chosen = _choose(release, data, target, preferences)
    names = _offered_names(release.wheels)
    wanted = _wanted(release, data, target, preferences, chosen)
    if alone and chosen.chosen is not None and chosen.chosen.name.label is not None:
        platforms = _platforms(target.tags)
        wanted = [wheel for wheel in wanted if _is_for(wheel, platforms)]
    offers = [_offer(wheel, names, chosen) for wheel in wanted]
    return (*_one_of_each_name(offers), *_sdists(release))


def _offered_names(wheels: Iterable[Wheel]) -> Mapping[str, str]:
    """Return under which name each variant wheel of a release is offered, by its own name.

    Where several wheels differ in their label alone, as from a plain one, the name gets a
    build number that ends in the label: what clients keep by its name stays one file. A wheel
    that is a variant only by what an overlay says keeps the name it has.
    """
    wheels = sorted(wheels, key=lambda wheel: wheel.name.filename)
    sharing = Counter(wheel.name.without_label for wheel in wheels)
    taken = {wheel.name.filename for wheel in wheels if wheel.name.label is None}
    names: dict[str, str] = {}
    for wheel in wheels:
        name = wheel.name
        if name.label is None:
            continue
        if wheel.own is not name:
            names[name.filename] = wheel.own.filename
            taken.add(wheel.own.filename)
            continue
        plain = name.without_label
        number, suffix = name.build or (0, "")
        while sharing[name.without_label] > 1 and (plain == name.without_label or plain in taken):
            number += 1
            plain = _with_build(name, f"{number}{suffix}_{name.label}")
        taken.add(plain)
        names[name.filename] = plain
    return names


def may_be_offered(wheel: Wheel, filename: str) -> bool:
    """Whether a wheel can have been offered under a name, whatever else its release had then."""
    name = wheel.name
    if filename in {wheel.file.filename, wheel.own.filename, name.without_label}:
        return True
    number, suffix = name.build or (0, "")
    raised = range(number + 1, number + _MOST_RAISED + 1)
    builds = (f"{each}{suffix}_{name.label}" for each in raised if name.label is not None)
    return any(filename == _with_build(name, build) for build in builds)


def _with_build(name: WheelName, build: str) -> str:
    parts = name.without_label.split("-")
    return "-".join((*parts[:2], build, *parts[-3:]))


def _sdists(release: Release) -> tuple[Offer, ...]:
    return tuple(Offer(file.filename, file) for file in release.sdists)


def offer_of(wheel: Wheel, choice: Choice) -> Offer:
    """Return the offer of one of the wheels of a release, whether or not it is the best.

    :param choice: the release, judged
    """
    siblings = (judged.wheel for judged in choice.judgements)
    return _offer(wheel, _offered_names(siblings), choice)


def _offer(wheel: Wheel, names: Mapping[str, str], choice: Choice) -> Offer:
    label = wheel.name.label
    if label is None:
        return Offer(wheel.file.filename, wheel.file, wheel)
    if wheel.presented is not None:
        # It was published as a plain wheel, whose metadata speaks of no variants.
        return Offer(names[wheel.name.filename], wheel.file, wheel)
    context = variant_context(label, choice.properties.get(label, {}), choice.supported)
    return Offer(names[wheel.name.filename], wheel.file, wheel, context)


def _one_of_each_name(offers: Iterable[Offer]) -> Iterable[Offer]:
    """Return the first offer of each name: two files must never share one."""
    first: dict[str, Offer] = {}
    for offer in offers:
        first.setdefault(offer.filename, offer)
    return first.values()


def _choose(
    release: Release, data: VariantData, target: Target, preferences: Preferences
) -> Choice:
    """Choose as ever; among yanked wheels, which a client takes if it has to, as a last resort."""
    choice = choose(release, data, target, preferences)
    if choice.chosen is None and any(wheel.file.yanked is not None for wheel in release.wheels):
        return choose(release, data, target, _with_yanked(release, preferences))
    return choice


def _with_yanked(release: Release, preferences: Preferences) -> Preferences:
    return replace(preferences, yanked=preferences.yanked | {release.name})


def _wanted(
    release: Release,
    data: VariantData,
    target: Target,
    preferences: Preferences,
    chosen: Choice,
) -> list[Wheel]:
    """Return the wheels that are offered, in the order of the release."""
    platforms = _platforms(target.tags)
    here: list[Wheel] = []
    elsewhere: list[Wheel] = []
    for wheel in release.wheels:
        (here if _is_for(wheel, platforms) else elsewhere).append(wheel)
    best = chosen.chosen
    hidden = _before(best, here, _ranks(target.tags))
    taken = set() if best is None else {best.name.filename}
    ranking = _ranking(replace(release, wheels=tuple(here)), data, target, preferences)
    seen: set[str] = set()
    for tags in _interpreters(here, target):
        ranks = _ranks(tags)
        own = _best(ranking, ranks)
        if own is not None and own.name.filename not in hidden:
            taken.add(own.name.filename)
            seen |= _before(own, here, ranks)
    plain = {wheel.name.filename for wheel in here if wheel.name.label is None}
    taken |= plain - hidden - seen
    taken |= {wheel.name.filename for wheel in elsewhere if wheel.name.label is None}
    taken |= {
        wheel.name.filename
        for wheel in elsewhere
        if wheel.name.label == NULL_LABEL
        and preferences.variants
        and wheel.name.without_label not in taken
    }
    return [wheel for wheel in release.wheels if wheel.name.filename in taken]


def _is_for(wheel: Wheel, platforms: Container[str]) -> bool:
    return any(tag.platform in platforms for tag in wheel.name.tags)


def _before(best: Wheel | None, wheels: Iterable[Wheel], ranks: Mapping[Tag, int]) -> set[str]:
    """Return the wheels that a client would take before the best one, or as gladly.

    :param best: None if the client is to take none
    """
    limit = None if best is None else _rank(best, ranks)
    last_resort = best is not None and best.file.yanked is not None
    hidden = set()
    for wheel in wheels:
        rank = _rank(wheel, ranks)
        if wheel is best or rank is None:
            continue
        if limit is None or rank <= limit or (last_resort and wheel.file.yanked is None):
            hidden.add(wheel.name.filename)
    return hidden


def _rank(wheel: Wheel, ranks: Mapping[Tag, int]) -> int | None:
    return min((ranks[tag] for tag in wheel.name.tags if tag in ranks), default=None)


def _ranking(
    release: Release, data: VariantData, target: Target, preferences: Preferences
) -> Sequence[Wheel]:
    """Rank wheels for the machine, whichever interpreter of it they are for."""
    by_name = {wheel.name.filename: wheel for wheel in release.wheels}
    platforms = _platforms(target.tags)
    tags = {tag for wheel in release.wheels for tag in wheel.name.tags}
    anyone = replace(
        target,
        tags=tuple(
            sorted(
                (tag for tag in tags if tag.platform in platforms),
                key=lambda tag: (platforms[tag.platform], str(tag)),
            )
        ),
    )
    unbound = replace(
        release,
        wheels=tuple(
            replace(wheel, file=replace(wheel.file, requires_python=None))
            for wheel in release.wheels
        ),
    )
    choice = choose(unbound, data, anyone, _with_yanked(release, preferences))
    ranked = [by_name[judged.wheel.name.filename] for judged in choice.ranked]
    return sorted(ranked, key=lambda wheel: wheel.file.yanked is not None)


def _best(ranking: Sequence[Wheel], ranks: Mapping[Tag, int]) -> Wheel | None:
    """Return the best wheel for one interpreter: of the best label, that with the best tag."""
    first = next((wheel for wheel in ranking if _rank(wheel, ranks) is not None), None)
    if first is None:
        return None
    alike = (
        wheel
        for wheel in ranking
        if wheel.name.label == first.name.label
        and (wheel.file.yanked is None) is (first.file.yanked is None)
    )
    found = [(rank, wheel) for wheel in alike if (rank := _rank(wheel, ranks)) is not None]
    # Of equal tags the higher build number comes first, as in the ranking.
    return min(found, key=lambda pair: pair[0])[1]


def _interpreters(wheels: Iterable[Wheel], target: Target) -> Iterable[tuple[Tag, ...]]:
    """Return the tags of each interpreter, other than the target's, that wheels are for."""
    platforms = tuple(_platforms(target.tags))
    own = target.tags[0] if target.tags else None
    found: dict[tuple[str, str], None] = {}
    for wheel in wheels:
        for tag in wheel.name.tags:
            if own is None or (tag.interpreter, tag.abi) != (own.interpreter, own.abi):
                found[tag.interpreter, tag.abi] = None
    return (_interpreter_tags(interpreter, abi, platforms) for interpreter, abi in sorted(found))


@lru_cache(maxsize=256)
def _interpreter_tags(interpreter: str, abi: str, platforms: tuple[str, ...]) -> tuple[Tag, ...]:
    """Return the tags of an interpreter, best first, as it would say itself.

    :param platforms: those of the machine, best first
    """
    special = tuple(name for name in platforms if name != "any")
    version = interpreter[2:]
    numbers = (int(version[:1]), int(version[1:])) if version.isdecimal() and version[1:] else None
    if interpreter.startswith("cp") and numbers is not None:
        abis = [interpreter if abi in {"abi3", "none"} else abi]
        return (
            *cpython_tags(numbers, abis, special),
            *compatible_tags(numbers, interpreter, special),
        )
    own = tuple(Tag(interpreter, abi, platform) for platform in platforms)
    if interpreter.startswith("py") or numbers is None:
        return own
    return (*own, *compatible_tags(numbers, interpreter, special))


@lru_cache(maxsize=64)
def _platforms(tags: tuple[Tag, ...]) -> Mapping[str, int]:
    """Return the platforms of a machine with their rank, the best first."""
    names = dict.fromkeys(tag.platform for tag in tags)
    return {name: rank for rank, name in enumerate(names)}


@lru_cache(maxsize=256)
def _ranks(tags: tuple[Tag, ...]) -> Mapping[Tag, int]:
    return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}

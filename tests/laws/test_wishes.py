"""Wishes reorder and narrow what fits, and never admit what does not."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.strategies import FEATURES, NAMESPACES, VALUES, World, worlds
from support.targets import written_target
from whichwheel.choose.choice import Choice, ReasonKind
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.choose.wishes import (
    ContradictingWishes,
    Level,
    ProjectWishes,
    Subject,
    Wish,
    Wishes,
    WishKind,
)
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.wheel_name import WheelName

NAME = canonicalize_name("foo")
OTHER = canonicalize_name("bar")


@dataclass(frozen=True)
class Case:
    """A release, and what a user says of it."""

    world: World
    plain: bool
    wishes: tuple[Wish, ...]

    def choose(self, wishes: Wishes | None = None) -> Choice:
        """Judge the release with these wishes alone."""
        labels: list[str | None] = [*self.world.metadata.variants]
        wheels = tuple(map(_wheel, [*labels, None] if self.plain else labels))
        release = Release(NAME, Version("1.0"), "https://index.example/simple", wheels)
        data = VariantData(self.world.metadata, "index")
        preferences = Preferences() if wishes is None else Preferences(wishes=wishes)
        return choose(release, data, written_target(self.world.supported), preferences)

    def matches(self, wish: Wish, label: str | None) -> bool:
        """Whether a wish is about a label, read from its words."""
        subject = wish.subject
        if subject.label is not None:
            return label == subject.label or (label is None and subject.label == "plain")
        held = self.world.metadata.variants.get(label or "null", {}) if label else {}
        return any(
            namespace == subject.namespace
            and subject.feature in {None, feature}
            and subject.value in {None, value}
            for namespace, features in held.items()
            for feature, values in features.items()
            for value in values
        )

    def of_kind(self, kind: WishKind, wishes: Wishes) -> list[Wish]:
        """The wishes of a kind that count, the most important first."""
        said = wishes.about(NAME)
        by_kind = {} if said is None else _by_kind(said)
        return list(by_kind.get(kind, ()))

    def all_labels(self) -> list[str | None]:
        """All labels of the release, None for its plain wheel."""
        return [*self.world.metadata.variants, *([None] if self.plain else [])]


def _by_kind(said: ProjectWishes) -> dict[WishKind, tuple[Wish, ...]]:
    return {
        WishKind.PREFER: said.prefers,
        WishKind.BAN: said.bans,
        WishKind.REQUIRE: said.requires,
    }


def _wheel(label: str | None) -> Wheel:
    filename = "-".join(["foo-1.0-py3-none-any", *([label] if label else [])]) + ".whl"
    return Wheel(File(filename, f"https://index.example/{filename}"), WheelName.parse(filename))


def _labels(choice: Choice) -> list[str | None]:
    return [judged.wheel.name.label for judged in choice.ranked]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a release and wishes of which many are about it."""
    world = draw(worlds())
    labels = st.sampled_from([*world.metadata.variants, "plain", "gone"])
    subjects = st.one_of(
        st.builds(Subject, st.sampled_from(NAMESPACES)),
        st.builds(Subject, st.sampled_from(NAMESPACES), st.sampled_from(FEATURES)),
        st.builds(
            Subject,
            st.sampled_from(NAMESPACES),
            st.sampled_from(FEATURES),
            st.sampled_from(VALUES),
        ),
        st.builds(Subject, label=labels),
    )
    wishes = st.builds(
        Wish,
        st.sampled_from(WishKind),
        subjects,
        st.sampled_from(Level),
        st.just("here"),
        st.sampled_from([None, NAME, OTHER]),
    )
    return Case(world, draw(st.booleans()), tuple(draw(st.lists(wishes, max_size=5))))


def _only(case: Case, *kinds: WishKind) -> Wishes:
    return Wishes(tuple(wish for wish in case.wishes if wish.kind in kinds))


@given(cases())
def test_without_a_wish_that_counts_everything_is_as_before(case: Case) -> None:
    usual = case.choose()
    assert case.choose(Wishes()) == usual
    elsewhere = tuple(replace(wish, project=OTHER) for wish in case.wishes)
    assert case.choose(Wishes(elsewhere)) == usual


@given(cases())
def test_preferring_permutes_what_fits(case: Case) -> None:
    usual = _labels(case.choose())
    wishes = _only(case, WishKind.PREFER)
    prefers = case.of_kind(WishKind.PREFER, wishes)
    expected = sorted(usual, key=lambda label: [not case.matches(wish, label) for wish in prefers])
    assert _labels(case.choose(wishes)) == expected


@given(cases())
def test_banning_removes_exactly_what_is_banned(case: Case) -> None:
    wishes = _only(case, WishKind.BAN)
    bans = case.of_kind(WishKind.BAN, wishes)
    expected = [
        label
        for label in _labels(case.choose())
        if not any(case.matches(ban, label) for ban in bans)
    ]
    assert _labels(case.choose(wishes)) == expected


@given(cases())
def test_requiring_keeps_exactly_what_is_required_where_there_is_any(case: Case) -> None:
    wishes = _only(case, WishKind.REQUIRE)
    requires = [
        wish
        for wish in case.of_kind(WishKind.REQUIRE, wishes)
        if wish.project is not None or any(case.matches(wish, label) for label in case.all_labels())
    ]
    expected = [
        label
        for label in _labels(case.choose())
        if all(case.matches(wish, label) for wish in requires)
    ]
    assert _labels(case.choose(wishes)) == expected


@given(cases())
def test_wishes_together_never_admit_what_does_not_fit(case: Case) -> None:
    usual = case.choose()
    choice = case.choose(Wishes(case.wishes))
    assert set(_labels(choice)) <= set(_labels(usual))
    by_wish = {ReasonKind.BANNED, ReasonKind.NOT_AS_REQUIRED}
    for judged in choice.judgements:
        if judged.rank is None and judged.wheel.name.label in _labels(usual):
            assert {reason.kind for reason in judged.reasons} <= by_wish
            assert all(reason.facts["origin"] == "here" for reason in judged.reasons)


@given(cases())
def test_what_one_level_says_without_contradiction_counts_whole(case: Case) -> None:
    said = tuple(replace(wish, level=Level.PROJECT, project=NAME) for wish in case.wishes)
    try:
        wishes = Wishes.of(said)
    except ContradictingWishes:
        return
    counting = wishes.about(NAME)
    found = {} if counting is None else _by_kind(counting)
    assert set(said) == {wish for each in found.values() for wish in each}


@given(cases())
def test_what_is_told_of_an_installed_build_agrees_with_the_choice(case: Case) -> None:
    wishes = Wishes(case.wishes)
    said = wishes.about(NAME)
    refused = {
        judged.wheel.name.label
        for judged in case.choose(wishes).judgements
        if any(
            reason.kind in {ReasonKind.BANNED, ReasonKind.NOT_AS_REQUIRED}
            for reason in judged.reasons
        )
    }
    if said is None:
        assert not refused
        return
    for label in case.all_labels():
        properties = {} if label is None else case.world.metadata.variants[label]
        if said.refuse(label, properties):
            assert label in refused
        if label in refused:
            assert said.may_refuse(label, properties)

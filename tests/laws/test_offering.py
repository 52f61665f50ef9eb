"""What a client that knows only tags takes of an offer, whatever the release and the machine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.tags import Tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.targets import written_target
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.serve.proxy.offering import Offer, may_be_offered, offered
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.target import Target

NAME = canonicalize_name("foo")
TAGS = (
    "cp312-cp312-linux_x86_64",
    "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp311-cp311-manylinux_2_17_x86_64",
    "cp313-cp313t-manylinux_2_17_x86_64",
    "cp310-abi3-manylinux_2_17_x86_64",
    "cp312-cp312-win_amd64",
    "py3-none-manylinux_2_17_x86_64",
    "py2.py3-none-any",
    "py3-none-any",
)
LABELS: Mapping[str, VariantProperties] = {
    "v3": {"x86_64": {"level": ("v3",)}},
    "v2": {"x86_64": {"level": ("v2",)}},
    "gpu": {"gpu": {"arch": ("9.0",)}},
    "1": {"gpu": {"arch": ("9.0", "8.0")}},
    "null": {},
}
PLATFORMS = ("linux_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def target(supported: dict[str, dict[str, list[str]]]) -> Target:
    tags = (
        *(Tag("cp312", "cp312", platform) for platform in PLATFORMS),
        *(Tag(f"cp3{minor}", "abi3", each) for minor in (12, 11, 10) for each in PLATFORMS),
        *(Tag("py3", "none", platform) for platform in PLATFORMS),
        Tag("py3", "none", "any"),
    )
    return replace(written_target(supported), tags=tags)


def wheel(tag: str, label: str | None, build: str, python: str | None, yanked: str | None) -> Wheel:
    parts = ["foo-1.0", build, tag, label or ""]
    filename = "-".join(part for part in parts if part) + ".whl"
    file = File(
        filename,
        f"https://files.example/{filename}",
        {"sha256": filename.encode().hex()},
        requires_python=python,
        yanked=yanked,
    )
    return Wheel(file, WheelName.parse(filename))


@st.composite
def releases(draw: st.DrawFn) -> Release:
    wheels = draw(
        st.lists(
            st.builds(
                wheel,
                st.sampled_from(TAGS),
                st.sampled_from([None, *LABELS]),
                st.sampled_from(["", "", "1", "2b"]),
                st.sampled_from([None, None, ">=3.9", "<3.12"]),
                st.sampled_from([None, None, None, "", "broken"]),
            ),
            max_size=14,
            unique_by=lambda each: each.name.filename,
        )
    )
    sdists = (File("foo-1.0.tar.gz", "https://files.example/foo-1.0.tar.gz"),)
    return Release(NAME, Version("1.0"), "index", tuple(wheels), sdists)


MACHINES = st.fixed_dictionaries(
    {},
    optional={
        "x86_64": st.sampled_from([{"level": ["v3", "v2"]}, {"level": ["v2"]}, {}]),
        "gpu": st.sampled_from([{"arch": ["9.0", "8.0"]}, {"arch": ["8.0"]}, {}]),
    },
)
PREFERENCES = st.sampled_from(
    [
        Preferences(),
        Preferences(variants=False),
        Preferences(labels={NAME: "gpu"}),
        Preferences(labels={NAME: "v2"}),
        Preferences(yanked=frozenset({NAME})),
    ]
)


def data_of(release: Release) -> VariantData:
    labels = {each.name.label for each in release.wheels if each.name.label is not None}
    variants: dict[str, VariantProperties] = {label: LABELS[label] for label in sorted(labels)}
    if not variants:
        return VariantData(None, "none")
    return VariantData(VariantMetadata(("gpu", "x86_64"), variants), "index")


def taken(offers: Sequence[Offer], tags: Sequence[Tag], python: str) -> Offer | None:
    """What pip takes: what is not yanked, then the best tag, then the higher build number."""
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    fitting = []
    for offer in offers:
        if offer.wheel is None:
            continue
        name = WheelName.parse(offer.filename)
        assert name.label is None
        wanted = offer.file.requires_python
        found = [ranks[tag] for tag in name.tags if tag in ranks]
        if found and (wanted != "<3.12" or python < "3.12"):
            key = (offer.file.yanked is None, -min(found), name.build)
            fitting.append((key, offer))
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def true_choice(release: Release, machine: Target, preferences: Preferences) -> Wheel | None:
    data = data_of(release)
    chosen = choose(release, data, machine, preferences).chosen
    if chosen is None:
        again = replace(preferences, yanked=frozenset({NAME}))
        chosen = choose(release, data, machine, again).chosen
    return chosen


@given(releases(), MACHINES, PREFERENCES)
@settings(max_examples=400, deadline=None)
def test_a_client_that_knows_only_tags_takes_what_is_chosen(
    release: Release, supported: dict[str, dict[str, list[str]]], preferences: Preferences
) -> None:
    if not release.has_variants:
        return
    machine = target(supported)
    offers = offered(release, data_of(release), machine, preferences)
    found = taken(offers, machine.tags, "3.12")
    assert (None if found is None else found.wheel) == true_choice(release, machine, preferences)


@given(releases(), MACHINES, PREFERENCES)
@settings(max_examples=300, deadline=None)
def test_no_name_stands_for_two_files_and_none_for_another_file_than_the_release_has(
    release: Release, supported: dict[str, dict[str, list[str]]], preferences: Preferences
) -> None:
    offers = offered(release, data_of(release), target(supported), preferences)
    names = [offer.filename for offer in offers]
    assert len(names) == len(set(names))
    own = {each.file.filename: each.file for each in release.wheels}
    for offer in offers:
        if offer.filename in own:
            assert offer.file == own[offer.filename]
        if offer.wheel is not None:
            assert WheelName.parse(offer.filename).tags == offer.wheel.name.tags
            assert may_be_offered(offer.wheel, offer.filename)


@given(releases(), MACHINES, MACHINES)
@settings(max_examples=200, deadline=None)
def test_a_name_stands_for_the_same_file_on_every_machine(
    release: Release,
    one: dict[str, dict[str, list[str]]],
    other: dict[str, dict[str, list[str]]],
) -> None:
    here = {
        offer.filename: offer.file
        for offer in offered(release, data_of(release), target(one), Preferences())
    }
    for offer in offered(release, data_of(release), target(other), Preferences()):
        assert here.get(offer.filename, offer.file) == offer.file


@given(releases(), MACHINES)
@settings(max_examples=200, deadline=None)
def test_no_plain_wheel_is_offered_for_the_tags_of_a_chosen_variant(
    release: Release, supported: dict[str, dict[str, list[str]]]
) -> None:
    machine = target(supported)
    chosen = true_choice(release, machine, Preferences())
    if chosen is None or chosen.name.label is None:
        return
    offers = offered(release, data_of(release), machine, Preferences())
    for offer in offers:
        if offer.wheel is not None and offer.wheel.name.label is None:
            assert offer.wheel.name.tags != chosen.name.tags


@given(releases(), MACHINES)
@settings(max_examples=200, deadline=None)
def test_other_platforms_see_plain_wheels_and_no_variants_but_null(
    release: Release, supported: dict[str, dict[str, list[str]]]
) -> None:
    offers = offered(release, data_of(release), target(supported), Preferences())
    seen = {offer.wheel.name.filename for offer in offers if offer.wheel is not None}
    for each in release.wheels:
        if all(tag.platform == "win_amd64" for tag in each.name.tags):
            if each.name.label is None:
                assert each.name.filename in seen
            elif each.name.label != "null":
                assert each.name.filename not in seen


@given(releases(), MACHINES)
@settings(max_examples=100, deadline=None)
def test_sources_and_what_is_yanked_stay_what_they_are(
    release: Release, supported: dict[str, dict[str, list[str]]]
) -> None:
    offers = offered(release, data_of(release), target(supported), Preferences())
    assert [offer.file for offer in offers if offer.wheel is None] == list(release.sdists)
    by_name = {each.file.filename: each.file for each in release.wheels}
    for offer in offers:
        if offer.wheel is not None:
            assert offer.file == by_name[offer.file.filename]

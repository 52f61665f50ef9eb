"""Laws of overlays: no file is lost, the first build wins, and nothing else is rewritten."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.overlays.matching import match_build, presented_name
from whichwheel.sources.overlays.overlay import Overlay, OverlayBuild
from whichwheel.sources.overlays.presenting import (
    Place,
    Presentation,
    PresentedReleases,
    place_of,
)
from whichwheel.sources.overlays.rewriting import presented_metadata
from whichwheel.sources.release import File, Project, Release, VariantData, Wheel
from whichwheel.spec.extras import with_extras
from whichwheel.spec.properties import VariantLabel
from whichwheel.spec.wheel_name import WheelName

PLAIN, TWIN = NormalizedName("torch"), NormalizedName("torch-cpu")
_VERSIONS = st.sampled_from(["1.0", "1.1", "2.0"])
_LOCALS = st.sampled_from(["", "", "+cpu", "+cu126", "+cu128"])
_PLATFORMS = st.sampled_from(["manylinux_2_28_x86_64", "win_amd64", "macosx_12_0_arm64"])


@st.composite
def _projects(draw: st.DrawFn, name: NormalizedName) -> Project | None:
    stem = name.replace("-", "_")
    keys = draw(st.sets(st.tuples(_VERSIONS, _LOCALS, _PLATFORMS), max_size=8))
    releases: dict[Version, list[Wheel]] = {}
    for version, local, platform in sorted(keys):
        filename = f"{stem}-{version}{local}-py3-none-{platform}.whl"
        file = File(filename, f"https://index.example/{name}/{filename}")
        releases.setdefault(Version(version + local), []).append(
            Wheel(file, WheelName.parse(filename))
        )
    made = {
        version: Release(name, version, "https://index.example/", tuple(wheels))
        for version, wheels in releases.items()
    }
    return Project(name, "https://index.example/", made) if made else None


@st.composite
def _builds(draw: st.DrawFn) -> OverlayBuild:
    label = draw(st.sampled_from(["null", "a", "b"]))
    local = draw(st.sampled_from([None, "", "cpu", r"cu\d+", "cu128|cpu"]))
    project = draw(st.sampled_from([PLAIN, TWIN]))
    return OverlayBuild(
        label,
        project,
        versions=draw(st.sampled_from([None, SpecifierSet(">=1.1"), SpecifierSet("<2")])),
        local=None if local is None else re.compile(local),
        platforms=draw(st.sampled_from([(), ("manylinux*",), ("win*", "macosx*")])),
        extras=draw(st.sampled_from([(), (NormalizedName("gpu"),)])),
        properties=() if label == "null" else (f"ns :: feature :: {label}",),
        also_plain=project == PLAIN and draw(st.booleans()),
    )


def _present(
    builds: list[OverlayBuild], plain: Project | None, twin: Project | None
) -> tuple[PresentedReleases, dict[int, VariantData]]:
    overlay = Overlay(
        PLAIN,
        "",
        date(2026, 11, 21),
        (),
        safe=False,
        namespaces=("ns",),
        builds=tuple(builds),
        where=Path("mine.toml"),
    )
    places = {place_of(build): twin if build.project == TWIN else plain for build in builds}
    kept: dict[int, VariantData] = {}

    def keep(release: Release, data: VariantData) -> None:
        kept[id(release)] = data

    releases = PresentedReleases(
        Presentation(overlay, tuple(builds)), plain, places, lambda *_: None, keep
    )
    return releases, kept


def _files(project: Project | None) -> Iterator[Wheel]:
    for release in () if project is None else project.releases.values():
        yield from release.wheels


@given(st.lists(_builds(), max_size=4), _projects(PLAIN), _projects(TWIN))
def test_presenting_never_loses_a_file(
    builds: list[OverlayBuild], plain: Project | None, twin: Project | None
) -> None:
    releases, _ = _present(builds, plain, twin)
    offered = {wheel.file.url for release in releases.values() for wheel in release.wheels}
    assert {wheel.file.url for wheel in _files(plain)} <= offered
    names = {wheel.name.name for release in releases.values() for wheel in release.wheels}
    assert names <= {PLAIN}


@given(st.lists(_builds(), max_size=4), _projects(PLAIN), _projects(TWIN))
def test_the_first_build_that_takes_a_file_wins(
    builds: list[OverlayBuild], plain: Project | None, twin: Project | None
) -> None:
    releases, kept = _present(builds, plain, twin)
    for version, release in releases.items():
        assert release.version == version
        for wheel in release.wheels:
            own = wheel.name if wheel.presented is None else wheel.presented.own
            matches = [
                match
                for build in builds
                if (match := match_build(build, own.name, own.version, own.tags)) is not None
            ]
            if wheel.presented is None:
                assert all(match.build.also_plain for match in matches)
                continue
            extras = wheel.presented.extras
            first = next(match for match in matches if match.build.extras == extras)
            assert wheel.name.label == first.label
            metadata = kept[id(release)].metadata
            assert metadata is not None
            assert metadata.variants[first.label] == first.properties
            assert wheel.name.version == Version(own.version.public)


@given(st.lists(_builds(), max_size=4), _projects(PLAIN), _projects(TWIN))
def test_no_two_wheels_of_a_release_have_one_name(
    builds: list[OverlayBuild], plain: Project | None, twin: Project | None
) -> None:
    releases, _ = _present(builds, plain, twin)
    for release in releases.values():
        seen = [(wheel.name.filename, wheel.file.url) for wheel in release.wheels]
        assert len(seen) == len(set(seen))


_OWN = WheelName.parse("torch_cpu-1.0+cpu-py3-none-any.whl")
_PRESENTED = presented_name(_OWN, PLAIN, VariantLabel("null"))
_LINES = st.sampled_from(
    [
        "Summary: Name: not this one",
        "Requires-Dist: numpy>=1",
        'Requires-Dist: cudnn; extra == "gpu"',
        'Requires-Dist: other; extra == "more"',
        "Description: folded\n  Version: 7\n  Name: none",
        "Keywords: version, name",
        "License-File: LICENSE",
    ]
)


@given(
    st.lists(_LINES),
    st.sampled_from(["\n", "\r\n"]),
    st.text(max_size=30),
    st.sampled_from([[], [NormalizedName("gpu")]]),
)
def test_rewriting_metadata_keeps_all_other_lines(
    lines: list[str], ending: str, body: str, extras: list[NormalizedName]
) -> None:
    head = ["Metadata-Version: 2.3", "Name: torch-cpu", "Version: 1.0+cpu", *lines]
    text = "\n".join(head).replace("\n", ending) + ending * 2
    before = text.encode() + body.encode()
    after = presented_metadata(before, _OWN, _PRESENTED, extras)
    expected = before.replace(b"Name: torch-cpu", b"Name: torch", 1)
    expected = expected.replace(b"Version: 1.0+cpu", b"Version: 1.0", 1)
    if extras:
        cut = len(expected) - len(body.encode())
        expected = expected[:cut].replace(b'cudnn; extra == "gpu"', b"cudnn") + expected[cut:]
    assert after == expected


_ATOMS = st.sampled_from(
    [
        'extra == "gpu"',
        "extra == 'GPU'",
        '"gpu" == extra',
        'extra != "gpu"',
        'extra == "more"',
        'sys_platform == "linux"',
        'python_version < "3"',
        'platform_machine != "extra == gpu"',
    ]
)
_MARKERS = st.recursive(
    _ATOMS,
    lambda inner: st.builds(
        lambda left, how, right, closed: (
            f"({left} {how} {right})" if closed else f"{left} {how} {right}"
        ),
        inner,
        st.sampled_from(["and", "or"]),
        inner,
        st.booleans(),
    ),
    max_leaves=6,
)


def _holds(line: str, extra: str) -> bool:
    marker = Requirement(line).marker
    return marker is None or marker.evaluate({"sys_platform": "linux", "extra": extra})


@given(_MARKERS, st.sampled_from([["gpu"], ["more"], ["gpu", "more"], []]))
def test_what_an_extra_brings_is_always_needed(marker: str, extras: list[str]) -> None:
    line = f"cudnn>=9; {marker}"
    always = with_extras(line, [NormalizedName(extra) for extra in extras])
    for extra in ("", "gpu", "more", "other"):
        assert _holds(always, extra) == any(_holds(line, each) for each in (extra, *extras))


def test_a_place_is_one_for_all_builds_of_it() -> None:
    assert place_of(OverlayBuild("null", TWIN)) == Place(TWIN)

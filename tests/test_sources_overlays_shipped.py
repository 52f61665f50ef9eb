"""The overlays that come with the package, against the names of files that really exist."""

from datetime import date
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from whichwheel.sources.overlays.matching import match_build
from whichwheel.sources.overlays.overlay import Overlay
from whichwheel.sources.overlays.overlay_reading import shipped_overlays
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.providers.catalogue import CATALOGUE

DATA = Path(__file__).parent / "data" / "overlays"
NAMES = tuple(shipped_overlays())
RECORDED = [
    pytest.param(path.stem, *line.split("\t"), id=line.partition("\t")[0])
    for path in sorted(DATA.glob("*.txt"))
    for line in path.read_text().splitlines()
]


def made_of(overlay: Overlay, wheel: WheelName) -> str:
    """Say what becomes of a file, in the words of the recordings."""
    found = []
    by_name = False
    plain = wheel.name == overlay.project and wheel.version.local is None
    for build in overlay.builds:
        match = match_build(build, wheel.name, wheel.version, wheel.tags)
        if match is None:
            continue
        plain = plain and build.also_plain
        if build.extras:
            found.append(f"{match.label} with {','.join(build.extras)}")
        elif not by_name:
            found.append(match.label + (" by hand" if build.by_hand else ""))
            by_name = True
    return ", ".join([*found, "plain"] if plain else found) or "none"


def test_every_overlay_has_recordings() -> None:
    assert {path.stem for path in DATA.glob("*.txt")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_overlay_says_when_it_was_checked_and_against_what(name: str) -> None:
    overlay = shipped_overlays()[canonicalize_name(name)]
    assert overlay.project == name == overlay.where.stem
    assert overlay.dated >= date(2026, 11, 21)
    assert overlay.sources
    assert all(source.startswith("https://") for source in overlay.sources)
    assert overlay.summary[0].islower() or overlay.summary.split()[0].isalpha()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_on_unasked_takes_everything_from_where_the_plain_wheels_are(name: str) -> None:
    overlay = shipped_overlays()[canonicalize_name(name)]
    elsewhere = [build for build in overlay.builds if build.index or build.page]
    assert not (overlay.safe and elsewhere)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_on_unasked_keeps_every_plain_wheel(name: str) -> None:
    overlay = shipped_overlays()[canonicalize_name(name)]
    if overlay.safe:
        taken = [build for build in overlay.builds if build.project == overlay.project]
        assert all(build.also_plain for build in taken)


@pytest.mark.parametrize("name", NAMES)
def test_all_properties_are_of_built_in_providers(name: str) -> None:
    overlay = shipped_overlays()[canonicalize_name(name)]
    assert set(overlay.namespaces) <= set(CATALOGUE)


@pytest.mark.parametrize("name", NAMES)
def test_no_build_but_those_by_hand_is_without_a_file(name: str) -> None:
    overlay = shipped_overlays()[canonicalize_name(name)]
    wheels = [
        WheelName.parse(line.partition("\t")[0])
        for line in (DATA / f"{name}.txt").read_text().splitlines()
    ]
    without = [
        build.label
        for build in overlay.builds
        if build.index is None
        and not any(match_build(build, each.name, each.version, each.tags) for each in wheels)
    ]
    assert without == []


@pytest.mark.parametrize(("overlay", "filename", "expected"), RECORDED)
def test_real_files_become_what_they_are(overlay: str, filename: str, expected: str) -> None:
    wheel = WheelName.parse(filename)
    assert made_of(shipped_overlays()[canonicalize_name(overlay)], wheel) == expected

"""Overlays as files: what is read, and what is refused with its place."""

from pathlib import Path

import pytest

from whichwheel.sources.overlays.overlay import InvalidOverlay
from whichwheel.sources.overlays.overlay_reading import LARGEST, read_overlay, shipped_overlays

GOOD = r"""
format = 1
project = "torch"
summary = "builds of torch"
dated = 2026-11-21
sources = ["https://vendor.example/install"]
safe = true
namespaces = ["nvidia"]

[[builds]]
label = "cu{major}{minor}"
local = 'cu(?P<major>\d\d)(?P<minor>\d)'
index = "https://vendor.example/whl/cu128"
properties = ["nvidia :: cuda_version_lower_bound :: {major}.{minor}"]

[[builds]]
label = "null"
local = "cpu"
versions = ">=2"
platforms = ["manylinux*_x86_64"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "torch.toml"
    path.write_text(text, "utf-8")
    return path


def test_an_overlay_is_read(tmp_path: Path) -> None:
    overlay = read_overlay(write(tmp_path, GOOD))
    assert (overlay.project, overlay.safe, overlay.twins) == ("torch", True, ("torch",))
    first, second = overlay.builds
    assert first.label == "cu{major}{minor}"
    assert first.index == "https://vendor.example/whl/cu128"
    assert second.versions is not None
    assert "2.9" in second.versions


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "`format` is `2`, expected 1"),
        ('"torch"', '"Torch"', "expected it in its canonical form `torch`"),
        ("summary =", "sumary =", "did you mean `summary`?"),
        ("2026-11-21", '"yesterday"', "`dated` is a text, expected a date"),
        ("safe = true", 'safe = "yes"', "`safe` is a text, expected true or false"),
        ('label = "null"', 'label = "no-label"', "line 17: `builds[1].label` is `no-label`"),
        ("cu{major}{minor}", "cu{mayor}", "did you mean `major`?"),
        ("(?P<major>", "(?P<major", "`builds[0].local` is no regular expression"),
        (r"(?P<minor>\d)", r"(?P<minor>(\d+)+)", "which may take for ever"),
        (":: {major}.{minor}", "", "`builds[0].properties[0]` is"),
        ('["nvidia"]', '["nvidia", "amd"]', "`namespaces[1]` is `amd`, which no build has"),
        ('["nvidia"]', '["amd"]', "which `namespaces` does not list"),
        ("vendor.example/whl", "me:secret@vendor.example/whl", "holds a user or a password"),
        ('index = "https://', 'page = "https://{version}.', "lets a version name the host"),
        ("https://vendor.example/whl", "ftp://vendor.example/whl", "expected `https://...`"),
        (">=2", "two", "expected versions as"),
        ('local = "cpu"', 'properties = ["nvidia :: x :: y"]', "the label `null`, which has none"),
        ('local = "cpu"', "by-hand = true", "under another name than the plain one"),
        ("[[builds]]", "[[builds", "is not TOML"),
    ],
)
def test_every_fault_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidOverlay) as caught:
        read_overlay(write(tmp_path, GOOD.replace(old, new)))
    assert said in caught.value.message
    assert "secret" not in caught.value.message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("summary", "sumary").replace('"torch"', "7").replace("cpu", "(")
    with pytest.raises(InvalidOverlay) as caught:
        read_overlay(write(tmp_path, text))
    assert len(caught.value.faults) == 4


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOverlay, match="not a file"):
        read_overlay(tmp_path)
    with pytest.raises(InvalidOverlay, match="cannot be read"):
        read_overlay(tmp_path / "none.toml")
    with pytest.raises(InvalidOverlay, match="larger"):
        read_overlay(write(tmp_path, "#" * (LARGEST + 1)))


def test_all_shipped_overlays_can_be_read() -> None:
    for name, overlay in shipped_overlays().items():
        assert overlay.project == name
        assert overlay.sources

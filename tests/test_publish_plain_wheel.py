"""Variant wheels under plain names, their variant markers answered."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.wheels import WheelSpec, build_wheel
from whichwheel.publish.errors import OutputExists
from whichwheel.publish.plain_wheel import resolved_metadata, write_plain
from whichwheel.sources.errors import BrokenWheel, SourceError
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.markers import VariantContext, variant_context

PROPERTIES = {"nvidia": {"cuda_version_lower_bound": ("12.8",)}}
CU128 = variant_context("cu128", PROPERTIES, PROPERTIES)


def of(*requires: str, rest: str = "") -> bytes:
    lines = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    return f"Metadata-Version: 2.3\nName: foo\nVersion: 1.0\n{lines}{rest}".encode()


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("dep; variant_label == 'cu128'", ["dep"]),
        ("dep; variant_label == 'cu126'", []),
        ("dep>=2; 'nvidia' in variant_namespaces", ["dep>=2"]),
        ("dep[x]; 'nvidia' not in variant_namespaces", []),
        (
            "dep; variant_label == 'cu128' and sys_platform == 'linux'",
            ['dep; sys_platform == "linux"'],
        ),
        ("dep; variant_label == 'cu126' and sys_platform == 'linux'", []),
        (
            "dep; variant_label == 'cu126' or extra == 'all'",
            ['dep; extra == "all"'],
        ),
        (
            "dep @ https://index.example/dep.whl ; variant_label == 'cu128'",
            ["dep @ https://index.example/dep.whl"],
        ),
    ],
)
def test_a_marker_of_the_variant_is_answered(written: str, resolved: list[str]) -> None:
    assert resolved_metadata(of("a", written, "z"), CU128, "foo") == of("a", *resolved, "z")


def test_a_wheel_without_label_has_no_variant() -> None:
    written = of("gpu; variant_label == 'cu128'", "cpu; variant_label == ''")
    assert resolved_metadata(written, VariantContext.none(), "foo") == of("cpu")


@pytest.mark.parametrize(
    "metadata",
    [
        of("dep"),
        of("variant_tools>=1"),
        of("dep; sys_platform == 'linux'"),
        of(rest="\nUse `variant_label` so:\nRequires-Dist: dep; variant_label == 'x'\n"),
        of(rest="Summary: Requires-Dist: dep; variant_label == 'x'\n"),
        b"",
        b"\xff\xfe",
    ],
)
def test_metadata_without_such_markers_is_left_alone(metadata: bytes) -> None:
    assert resolved_metadata(metadata, CU128, "foo") is None


def test_all_else_stays_byte_by_byte() -> None:
    before = b"Name: foo\r\nSummary: \xff odd\r\n  continued\r\n"
    after = b"Version: 1.0\r\n\r\n\xff variant_label\r\n\r\nRequires-Dist: x\r\n"
    written = before + b"requires-dist:dep;\r\n\tvariant_label == 'cu128'\r\n" + after
    assert resolved_metadata(written, CU128, "foo") == before + b"requires-dist: dep\r\n" + after


def test_what_it_answers_has_nothing_left_to_answer() -> None:
    once = resolved_metadata(of("dep; variant_label == 'cu128'"), CU128, "foo")
    assert once is not None
    assert resolved_metadata(once, CU128, "foo") is None


@pytest.mark.parametrize(
    "written", ["dep; variant_label > 'cu128'", "dep; (variant_label == 'cu128'", "; variant_x"]
)
def test_what_cannot_be_read_is_told(written: str) -> None:
    with pytest.raises(BrokenWheel, match="in its metadata"):
        resolved_metadata(of(written), CU128, "foo")


def variant(folder: Path) -> Path:
    return build_wheel(
        folder,
        WheelSpec(
            "foo",
            label="cu128",
            properties=PROPERTIES,
            requires=["dep; variant_label == 'cu128'"],
            files={"foo-1.0.dist-info/RECORD.jws": b"signed"},
        ),
    )


def test_a_wheel_that_needs_no_change_is_the_same_wheel(tmp_path: Path) -> None:
    wheel = variant(tmp_path)
    destination = tmp_path / "out" / "foo-1.0-py3-none-any.whl"
    write_plain(wheel, destination, metadata=None)
    assert destination.read_bytes() == wheel.read_bytes()


def test_new_metadata_makes_a_sound_wheel_that_keeps_the_rest(tmp_path: Path) -> None:
    wheel = variant(tmp_path)
    destination = tmp_path / "out" / "foo-1.0-1_cu128-py3-none-any.whl"
    metadata = of("dep")
    write_plain(wheel, destination, metadata=metadata)
    with WheelArchive(destination) as archive, WheelArchive(wheel) as original:
        archive.verify()
        assert archive.metadata == metadata
        assert archive.variant_json == original.variant_json
        names = {info.filename for info in archive.members}
        assert names == {info.filename for info in original.members} - {
            "foo-1.0.dist-info/RECORD.jws"
        }
    again = tmp_path / "again" / destination.name
    write_plain(wheel, again, metadata=metadata)
    assert again.read_bytes() == destination.read_bytes()


def test_pip_installs_it(tmp_path: Path) -> None:
    wheel = variant(tmp_path)
    destination = tmp_path / "out" / "foo-1.0-py3-none-any.whl"
    write_plain(wheel, destination, metadata=of())
    site = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--target", str(site)]
    done = subprocess.run([*command, destination], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cu128" in (site / "foo" / "__init__.py").read_text()


@pytest.mark.parametrize("metadata", [None, of()])
def test_nothing_is_written_over_unasked(tmp_path: Path, metadata: bytes | None) -> None:
    wheel = variant(tmp_path)
    destination = tmp_path / "foo-1.0-py3-none-any.whl"
    destination.write_bytes(b"mine")
    with pytest.raises(OutputExists):
        write_plain(wheel, destination, metadata=metadata)
    assert destination.read_bytes() == b"mine"
    write_plain(wheel, destination, metadata=metadata, force=True)
    assert zipfile.is_zipfile(destination)
    with pytest.raises(OutputExists, match="over itself"):
        write_plain(wheel, wheel, metadata=metadata, force=True)


def test_a_wheel_that_is_not_as_its_record_says_is_not_rewritten(tmp_path: Path) -> None:
    wheel = variant(tmp_path)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("foo/__init__.py", "evil")
    destination = tmp_path / "foo-1.0-py3-none-any.whl"
    with pytest.raises(BrokenWheel):
        write_plain(wheel, destination, metadata=of())
    assert not destination.exists()


def test_a_wheel_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot read the wheel"):
        write_plain(tmp_path / "a-1-py3-none-any.whl", tmp_path / "b.whl", metadata=None)

"""Wheels that change their label: what they gain, and all that they keep."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile

from support.wheels import WheelSpec, build_wheel, variant_json
from whichwheel.publish.errors import CannotRelabel, OutputExists, PublishError
from whichwheel.publish.relabel import relabel
from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import NULL_LABEL, VariantProperty, parse_label
from whichwheel.spec.reading import metadata_from_table, read_metadata

V3 = VariantProperty("x86_64", "level", "v3")
LABEL = parse_label("x86_64_v3")

TABLE = metadata_from_table(
    {
        "default-priorities": {"namespace": ["x86_64", "blas"]},
        "providers": {
            "x86_64": {"requires": ["provider-variant-x86-64"]},
            "blas": {"static-properties": {"library": ["mkl", "openblas"]}},
        },
        "variants": {
            "x86_64_v3": {"x86_64": {"level": ["v3"]}},
            "mkl": {"blas": {"library": ["mkl"]}},
        },
    },
    where="test",
)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def metadata_of(path: Path) -> VariantMetadata:
    with WheelArchive(path) as archive:
        archive.verify()
        data = archive.variant_json
    assert data is not None
    return read_metadata(data, where=path.name)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A wheel with members that a rewriter might lose."""
    path = build_wheel(tmp_path / "in", WheelSpec("demo", files={"demo/data.bin": b"\0" * 5000}))
    rewritten = path.with_name("rewritten.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(rewritten, "w") as new:
        for info in old.infolist():
            if not info.filename.endswith("RECORD"):
                new.writestr(info, old.read(info))
        script = zipfile.ZipInfo("demo-1.0.data/scripts/run", (2020, 2, 3, 4, 5, 6))
        script.external_attr = 0o100755 << 16
        script.compress_type = zipfile.ZIP_STORED
        data = b"#!python\nprint('hi')\n"
        new.writestr(script, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record = old.read("demo-1.0.dist-info/RECORD").decode()
        record = f"{script.filename},sha256={digest},{len(data)}\n" + record
        new.writestr(zipfile.ZipInfo("demo-1.0.dist-info/RECORD"), record)
    rewritten.replace(path)
    return path


def test_properties_given_by_hand_make_a_variant_wheel(plain: Path, tmp_path: Path) -> None:
    made = relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path / "out")
    assert made.path.name == "demo-1.0-py3-none-any-x86_64_v3.whl"
    assert made.warnings == ()
    metadata = metadata_of(made.path)
    assert metadata.namespaces == ("x86_64",)
    assert metadata.variants == {"x86_64_v3": {"x86_64": {"level": ("v3",)}}}


def test_namespaces_given_by_hand_keep_the_order_of_first_appearance(
    plain: Path, tmp_path: Path
) -> None:
    given = [VariantProperty("z", "f", "2"), V3, VariantProperty("z", "f", "1")]
    made = relabel(plain, label=parse_label("many"), properties=given, output_directory=tmp_path)
    metadata = metadata_of(made.path)
    assert metadata.namespaces == ("z", "x86_64")
    assert metadata.variants["many"]["z"] == {"f": ("1", "2")}


def test_the_table_gives_properties_priorities_and_providers(plain: Path, tmp_path: Path) -> None:
    made = relabel(plain, label=LABEL, table=TABLE, output_directory=tmp_path)
    metadata = metadata_of(made.path)
    assert metadata.namespaces == ("x86_64", "blas")
    assert set(metadata.variants) == {"x86_64_v3"}
    assert set(metadata.providers) == {"x86_64", "blas"}
    assert metadata.format_version == "0.2.0"


def test_a_null_wheel_names_the_namespaces_of_its_release(plain: Path, tmp_path: Path) -> None:
    made = relabel(plain, label=NULL_LABEL, table=TABLE, output_directory=tmp_path)
    assert metadata_of(made.path).variants == {"null": {}}
    with pytest.raises(CannotRelabel, match="namespaces of its release"):
        relabel(plain, label=NULL_LABEL, output_directory=tmp_path / "other")


def test_there_and_back_gives_equal_contents_modes_and_times(plain: Path, tmp_path: Path) -> None:
    there = relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path)
    back = relabel(there.path, label=None, output_directory=tmp_path / "back")
    assert back.path.name == plain.name
    before, after = contents(plain), contents(back.path)
    record = "demo-1.0.dist-info/RECORD"
    assert sorted(before.pop(record).splitlines()) == sorted(after.pop(record).splitlines())
    assert before == after
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(back.path) as new:
        for info in old.infolist():
            kept = new.getinfo(info.filename)
            assert (kept.external_attr, kept.date_time) == (info.external_attr, info.date_time)
            assert kept.compress_type == info.compress_type
        assert new.namelist()[-1] == record


def test_the_same_input_gives_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    one = relabel(plain, label=LABEL, table=TABLE, output_directory=tmp_path / "one")
    two = relabel(plain, label=LABEL, table=TABLE, output_directory=tmp_path / "two")
    assert one.path.read_bytes() == two.path.read_bytes()
    # A wheel that came the other way round is the same too.
    other = relabel(one.path, label=parse_label("mkl"), table=TABLE, output_directory=tmp_path)
    again = relabel(other.path, label=LABEL, table=TABLE, output_directory=tmp_path / "three")
    assert again.path.read_bytes() == one.path.read_bytes()


def test_a_variant_keeps_its_properties_under_another_label(plain: Path, tmp_path: Path) -> None:
    first = relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path)
    second = relabel(first.path, label=parse_label("fast"), output_directory=tmp_path)
    assert metadata_of(second.path).variants == {"fast": {"x86_64": {"level": ("v3",)}}}


def test_other_hashes_become_sha256(tmp_path: Path) -> None:
    path = build_wheel(tmp_path / "in", WheelSpec("demo"))
    record = "demo-1.0.dist-info/RECORD"
    strong = path.with_name("strong.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(strong, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == record:
                code = hashlib.sha512(old.read("demo/__init__.py")).digest()
                text = base64.urlsafe_b64encode(code).rstrip(b"=").decode()
                rows = data.decode().splitlines(keepends=True)
                rows[0] = f"demo/__init__.py,sha512={text},\n"
                data = "".join(rows).encode()
            new.writestr(info, data)
    strong.replace(path)
    made = relabel(path, label=LABEL, properties=[V3], output_directory=tmp_path)
    with WheelArchive(made.path) as archive:
        archive.verify()
        assert {value[0][:7] for value in archive.record().values()} == {"sha256=", ""}


def test_the_new_wheel_installs(plain: Path, tmp_path: Path) -> None:
    from installer import install  # noqa: PLC0415 -- the function's name is too common up there

    made = relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path)
    schemes = {
        name: str(tmp_path / "env" / name)
        for name in ("purelib", "platlib", "headers", "scripts", "data")
    }
    named = tmp_path / plain.name
    named.write_bytes(made.path.read_bytes())
    with WheelFile.open(named) as source:
        source.validate_record()
        install(
            source,
            SchemeDictionaryDestination(schemes, interpreter="python", script_kind="posix"),
            additional_metadata={},
        )
    assert (tmp_path / "env/scripts/run").stat().st_mode & 0o100


def test_source_date_epoch_bounds_times(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "500000000")
    made = relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path)
    with zipfile.ZipFile(made.path) as archive:
        times = {info.filename: info.date_time for info in archive.infolist()}
    assert times["demo-1.0.data/scripts/run"] == (1985, 11, 5, 0, 53, 20)
    assert times["demo/data.bin"] == (1980, 1, 1, 0, 0, 0)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(PublishError, match="not a number of seconds"):
        relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path / "other")


def test_signatures_of_record_are_dropped_with_a_warning(tmp_path: Path) -> None:
    path = build_wheel(tmp_path / "in", WheelSpec("demo"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("demo-1.0.dist-info/RECORD.jws", "{}")
    made = relabel(path, label=LABEL, properties=[V3], output_directory=tmp_path)
    assert "demo-1.0.dist-info/RECORD.jws" not in contents(made.path)
    assert len(made.warnings) == 1
    assert "RECORD.jws" in made.warnings[0]


def test_an_existing_file_is_replaced_only_with_force(plain: Path, tmp_path: Path) -> None:
    made = relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path)
    made.path.write_bytes(b"precious")
    with pytest.raises(OutputExists):
        relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path)
    assert made.path.read_bytes() == b"precious"
    relabel(plain, label=LABEL, properties=[V3], output_directory=tmp_path, force=True)
    assert set(metadata_of(made.path).variants) == {"x86_64_v3"}


def test_a_wheel_is_never_written_over_itself(plain: Path) -> None:
    before = plain.read_bytes()
    with pytest.raises(OutputExists, match="over itself"):
        relabel(plain, label=None, output_directory=plain.parent, force=True)
    assert plain.read_bytes() == before


@pytest.mark.parametrize(
    ("label", "properties", "table", "message"),
    [
        ("null", [V3], None, "`null` has no properties"),
        (None, [V3], None, "a plain wheel has no properties"),
        ("x86_64_v3", [], None, "nothing says which properties"),
        ("x86_64_v4", [], TABLE, "has no variant `x86_64_v4`; it has `mkl`, `x86_64_v3`"),
        ("mkl", [V3], TABLE, "other properties: `blas :: library :: mkl`"),
        ("new", [VariantProperty("gpu", "arch", "a")], TABLE, "namespace `gpu` is not listed"),
        ("new", [VariantProperty("blas", "library", "x")], TABLE, "not among the `static-prop"),
    ],
)
def test_what_does_not_go_together_is_explained(  # noqa: PLR0913, PLR0917 -- a table
    plain: Path,
    tmp_path: Path,
    label: str | None,
    properties: list[VariantProperty],
    table: VariantMetadata | None,
    message: str,
) -> None:
    out = tmp_path / "out"
    with pytest.raises(CannotRelabel, match=message):
        relabel(
            plain,
            label=None if label is None else parse_label(label),
            properties=properties,
            table=table,
            output_directory=out,
        )
    assert not out.exists()


def test_a_provider_to_be_filled_at_build_time_is_named(plain: Path, tmp_path: Path) -> None:
    table = metadata_from_table(
        {
            "default-priorities": {"namespace": ["blas"]},
            "providers": {"blas": {"build-requires": ["blas-lapack-variant-provider"]}},
            "variants": {"mkl": {"blas": {"library": ["mkl"]}}},
        },
        where="test",
    )
    with pytest.raises(CannotRelabel, match="blas-lapack-variant-provider"):
        relabel(plain, label=parse_label("mkl"), table=table, output_directory=tmp_path)


def test_a_damaged_wheel_is_refused_and_nothing_written(plain: Path, tmp_path: Path) -> None:
    data = bytearray(plain.read_bytes())
    offset = data.index(b"print('hi')")
    data[offset] ^= 1
    plain.write_bytes(data)
    out = tmp_path / "out"
    with pytest.raises(BrokenWheel):
        relabel(plain, label=LABEL, properties=[V3], output_directory=out)
    assert not out.exists()


def test_the_own_metadata_of_a_variant_has_to_be_sound(tmp_path: Path) -> None:
    bad = variant_json({"a": {"x86_64": {"level": ["v3"]}}}, namespaces=["other"])
    path = build_wheel(tmp_path / "in", WheelSpec("demo", label="a", metadata=bad))
    with pytest.raises(ValueError, match="not listed"):
        relabel(path, label=parse_label("b"), output_directory=tmp_path)
    assert json.loads(contents(path)["demo-1.0.dist-info/variant.json"]) == bad

"""A folder of wheels becomes an index; what is broken stays out and is named."""

import hashlib
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wheels import WheelSpec, build_wheel, variant_json
from whichwheel.publish.errors import ForeignFile, PublishError
from whichwheel.publish.index import IndexReport, variants_filename, write_index
from whichwheel.publish.inspection import InspectedWheel, agreeing, inspect_wheel
from whichwheel.publish.manifest import MANIFEST
from whichwheel.publish.pages import IndexFile, project_html
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.wheel_name import WheelName


def levels(*names: str) -> dict[str, dict[str, list[str]]]:
    return {"x86_64": {"level": list(names)}}


def release(folder: Path, name: str = "demo", version: str = "1.0") -> list[Path]:
    """A plain wheel, a null one and two variants."""
    specs = [WheelSpec(name, version, requires_python=">=3.8,<4")]
    specs.append(WheelSpec(name, version, label="null", namespaces=["x86_64"]))
    specs += [WheelSpec(name, version, label=v, properties=levels(v)) for v in ("v2", "v3")]
    return [build_wheel(folder, spec) for spec in specs]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def told(report: IndexReport) -> dict[str, str]:
    return {item.filename: item.why for item in report.left_out}


def test_a_release_gets_pages_metadata_files_and_variants_json(tmp_path: Path) -> None:
    wheels = release(tmp_path)
    (tmp_path / "demo-1.0.tar.gz").write_bytes(b"an sdist")
    report = write_index(tmp_path)
    assert report.is_whole
    assert report.files == 5
    assert set(report.written) == {
        "index.html",
        "index.json",
        "demo/index.html",
        "demo/index.json",
        "demo-1.0-variants.json",
        *(f"{path.name}.metadata" for path in wheels),
    }
    combined = read_metadata((tmp_path / "demo-1.0-variants.json").read_bytes(), where="")
    assert set(combined.variants) == {"null", "v2", "v3"}
    page = json.loads((tmp_path / "demo/index.json").read_bytes())
    assert page["versions"] == ["1.0"]
    files = {entry["filename"]: entry for entry in page["files"]}
    assert set(files) == {
        *(path.name for path in wheels),
        "demo-1.0-variants.json",
        "demo-1.0.tar.gz",
    }
    for entry in files.values():
        data = (tmp_path / "demo" / entry["url"]).read_bytes()
        assert entry["hashes"]["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["size"] == len(data)
    plain = files["demo-1.0-py3-none-any.whl"]
    # METADATA is parsed, and the specifier given on as it stands there.
    assert plain["requires-python"] == ">=3.8,<4"
    with zipfile.ZipFile(wheels[0]) as archive:
        metadata = archive.read("demo-1.0.dist-info/METADATA")
    assert (tmp_path / f"{wheels[0].name}.metadata").read_bytes() == metadata
    assert plain["core-metadata"] == {"sha256": hashlib.sha256(metadata).hexdigest()}
    assert json.loads((tmp_path / "index.json").read_bytes())["projects"] == [{"name": "demo"}]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    release(tmp_path)
    write_index(tmp_path)
    before = snapshot(tmp_path)
    report = write_index(tmp_path)
    assert report.written == report.removed == ()
    assert snapshot(tmp_path) == before


def test_names_and_pages_are_escaped(tmp_path: Path) -> None:
    build_wheel(tmp_path, WheelSpec("local", "1.0+cpu.1"))
    write_index(tmp_path)
    page = (tmp_path / "local/index.html").read_text()
    assert 'href="../local-1.0%2Bcpu.1-py3-none-any.whl#sha256=' in page
    file = IndexFile('a"<b>.whl', '../a"<b>.whl', {"sha256": "0" * 64}, 1, requires_python='>="<&')
    html = project_html(WheelName.parse("a-1-py3-none-any.whl").name, [file]).decode()
    assert "<b>" not in html
    assert 'data-requires-python="&gt;=&quot;&lt;&amp;"' in html


def test_the_variants_file_is_named_as_wheels_are() -> None:
    name = WheelName.parse("Some.Big_Name-1.0.post1-py3-none-any.whl")
    assert variants_filename(name.name, name.version) == "some_big_name-1.0.post1-variants.json"


def test_broken_wheels_are_named_and_the_rest_is_written(tmp_path: Path) -> None:
    release(tmp_path)
    good = (tmp_path / "demo-1.0-py3-none-any.whl").read_bytes()
    (tmp_path / "demo-2.0-py3-none-any.whl").write_bytes(good[:300])
    (tmp_path / "nameless.whl").write_bytes(good)
    (tmp_path / "other-1.0-py3-none-any.whl").write_bytes(good)
    (tmp_path / "folder-1.0-py3-none-any.whl").mkdir()
    (tmp_path / "odd.tar.gz").write_bytes(b"")
    build_wheel(tmp_path, WheelSpec("good"))
    build_wheel(tmp_path, WheelSpec("nolabel", metadata=variant_json({}, namespaces=["a"])))
    build_wheel(
        tmp_path,
        WheelSpec(
            "wronglabel",
            label="b",
            metadata=variant_json({"a": levels("v2")}, namespaces=["x86_64"]),
        ),
    )
    build_wheel(tmp_path, WheelSpec("badpython", requires_python="three"))
    build_wheel(tmp_path, WheelSpec("badjson", label="b", metadata={"variants": []}))
    build_wheel(tmp_path, WheelSpec("empty", label="b", namespaces=["x86_64"]))
    path = build_wheel(tmp_path, WheelSpec("extra"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("not-in-record.txt", "x")
    without = tmp_path / "novariant-1.0-py3-none-any-v2.whl"
    build_wheel(tmp_path, WheelSpec("novariant")).rename(without)
    escaping = build_wheel(tmp_path, WheelSpec("escape", files={"../evil": b""}))
    report = write_index(tmp_path)
    why = told(report)
    assert set(why) == {
        "demo-2.0-py3-none-any.whl",
        "nameless.whl",
        "other-1.0-py3-none-any.whl",
        "folder-1.0-py3-none-any.whl",
        "odd.tar.gz",
        "nolabel-1.0-py3-none-any.whl",
        "wronglabel-1.0-py3-none-any-b.whl",
        "badpython-1.0-py3-none-any.whl",
        "badjson-1.0-py3-none-any-b.whl",
        "empty-1.0-py3-none-any-b.whl",
        "extra-1.0-py3-none-any.whl",
        without.name,
        escaping.name,
    }
    assert "no variant label" in why["nolabel-1.0-py3-none-any.whl"]
    assert "describes `a` and not its label `b`" in why["wronglabel-1.0-py3-none-any-b.whl"]
    assert "holds no `variant.json`" in why[without.name]
    assert "Requires-Python: three" in why["badpython-1.0-py3-none-any.whl"]
    assert not report.is_whole
    assert set(report.projects) == {"good", "demo"}


def test_one_label_with_two_meanings_is_left_out(tmp_path: Path) -> None:
    release(tmp_path)
    build_wheel(
        tmp_path, WheelSpec("demo", label="v3", properties=levels("v4"), tag="py2-none-any")
    )
    report = write_index(tmp_path)
    assert set(told(report)) == {"demo-1.0-py3-none-any-v3.whl", "demo-1.0-py2-none-any-v3.whl"}
    assert "contradicts that of `demo-1.0-py2" in told(report)["demo-1.0-py3-none-any-v3.whl"]
    combined = read_metadata((tmp_path / "demo-1.0-variants.json").read_bytes(), where="")
    assert set(combined.variants) == {"null", "v2"}


def test_wheels_that_order_namespaces_differently_are_left_out(tmp_path: Path) -> None:
    for label, names in (("a", ["x", "y"]), ("b", ["y", "x"]), ("c", ["x"])):
        properties = {names[0]: {"f": [label]}}
        build_wheel(
            tmp_path, WheelSpec("demo", label=label, properties=properties, namespaces=names)
        )
    build_wheel(tmp_path, WheelSpec("demo"))
    report = write_index(tmp_path)
    assert {item.filename[21:] for item in report.left_out} == {"-a.whl", "-b.whl", "-c.whl"}
    assert not (tmp_path / "demo-1.0-variants.json").exists()
    assert report.files == 1


def test_of_two_spellings_of_one_wheel_the_normal_one_stays(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, WheelSpec("two_words"))
    odd = path.with_name("Two_Words-1.0-py3-none-any.whl")
    odd.write_bytes(path.read_bytes())
    report = write_index(tmp_path)
    assert set(told(report)) <= {odd.name}
    assert report.files == 1


def test_stale_pages_go_and_foreign_files_stay(tmp_path: Path) -> None:
    old = release(tmp_path, "old")
    release(tmp_path, "demo")
    write_index(tmp_path)
    (tmp_path / "old/notes.txt").write_text("mine")
    for path in old:
        path.unlink()
    report = write_index(tmp_path)
    assert "old/index.html" in report.removed
    assert "old-1.0-variants.json" in report.removed
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["notes.txt"]
    assert not list(tmp_path.glob("old*.metadata"))


@pytest.mark.parametrize("name", ["demo-1.0-variants.json", "index.html", "demo/index.json"])
def test_a_file_that_we_did_not_write_stops_the_run(tmp_path: Path, name: str) -> None:
    release(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = snapshot(tmp_path)
    with pytest.raises(ForeignFile, match="did not write"):
        write_index(tmp_path)
    assert snapshot(tmp_path) == before


def test_a_page_changed_by_hand_stops_the_run(tmp_path: Path) -> None:
    release(tmp_path)
    write_index(tmp_path)
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(ForeignFile):
        write_index(tmp_path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    release(tmp_path / "wheels")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "wheels/demo").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ForeignFile):
        write_index(tmp_path / "wheels")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_manifest_cannot_make_us_remove_other_files(tmp_path: Path) -> None:
    release(tmp_path / "wheels")
    victim = tmp_path / "victim.txt"
    victim.write_text("x")
    digest = hashlib.sha256(b"x").hexdigest()
    manifest = {"format": "whichwheel-index/1", "files": {"../victim.txt": [digest]}}
    (tmp_path / "wheels" / MANIFEST).write_text(json.dumps(manifest))
    write_index(tmp_path / "wheels")
    assert victim.exists()
    (tmp_path / "wheels" / MANIFEST).write_text("{}")
    with pytest.raises(PublishError, match="not as an earlier run wrote it"):
        write_index(tmp_path / "wheels")


def test_another_output_folder_gets_copies_and_loses_them_again(tmp_path: Path) -> None:
    wheels = release(tmp_path / "wheels")
    (tmp_path / "wheels/broken-1.0-py3-none-any.whl").write_bytes(b"")
    before = snapshot(tmp_path / "wheels")
    report = write_index(tmp_path / "wheels", output=tmp_path / "site")
    assert report.folder == tmp_path / "site"
    assert snapshot(tmp_path / "wheels") == before
    assert (tmp_path / "site" / wheels[0].name).read_bytes() == wheels[0].read_bytes()
    assert not (tmp_path / "site/broken-1.0-py3-none-any.whl").exists()
    wheels[0].unlink()
    again = write_index(tmp_path / "wheels", output=tmp_path / "site")
    assert wheels[0].name in again.removed
    assert not (tmp_path / "site" / wheels[0].name).exists()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="cannot read the folder"):
        write_index(tmp_path / "nowhere")


def test_an_empty_folder_is_an_index_without_projects(tmp_path: Path) -> None:
    report = write_index(tmp_path)
    assert report.is_whole
    assert report.projects == {}
    assert json.loads((tmp_path / "index.json").read_bytes())["projects"] == []


@pytest.fixture(scope="module")
def contradicting(tmp_path_factory: pytest.TempPathFactory) -> list[InspectedWheel]:
    folder = tmp_path_factory.mktemp("wheels")
    specs: Iterable[WheelSpec] = [
        WheelSpec("demo"),
        WheelSpec("demo", label="a", properties=levels("v1"), namespaces=["x86_64"]),
        WheelSpec("demo", label="a", properties=levels("v2"), tag="py2-none-any"),
        WheelSpec("demo", label="b", properties=levels("v3"), namespaces=["x86_64", "n"]),
        WheelSpec("demo", label="c", properties=levels("v4"), namespaces=["x86_64", "m"]),
        WheelSpec("demo", label="d", properties=levels("v2", "v3")),
        WheelSpec("demo", label="d", properties=levels("v3", "v2"), tag="py2-none-any"),
    ]
    found = [inspect_wheel(build_wheel(folder, spec)) for spec in specs]
    return [wheel for wheel in found if isinstance(wheel, InspectedWheel)]


@settings(deadline=None)
@given(data=st.data())
def test_what_is_left_out_does_not_depend_on_the_order(
    data: st.DataObject, contradicting: list[InspectedWheel]
) -> None:
    shuffled = data.draw(st.permutations(contradicting))
    assert agreeing(shuffled) == agreeing(contradicting)
    kept, left_out, _ = agreeing(shuffled)
    assert {wheel.name.label for wheel in kept} == {None, "d"}
    assert len(left_out) == 4

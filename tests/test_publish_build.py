"""Builds through a real backend in a real isolated environment."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from support.projects import TABLE, write_project
from support.wheels import WheelSpec, build_wheel
from whichwheel.building.errors import BuildFailed
from whichwheel.publish.build import BuildReport, build_variants
from whichwheel.publish.errors import CannotRelabel, PublishError
from whichwheel.publish.source_copy import copy_source
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.metadata import InvalidMetadata
from whichwheel.spec.properties import parse_label

SWEET, SALTY = parse_label("sweet"), parse_label("salty")


def said(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        read: dict[str, object] = json.loads(archive.read("flavoured.json"))
    return read


def by_label(report: BuildReport) -> dict[str | None, Path]:
    return {built.label: built.path for built in report.built}


class Heard:
    """Progress that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self, what: str, total: int | None) -> None:
        assert total is None
        self.told.append(f"start {what}")

    def advance(self, what: str, amount: int) -> None:
        self.told.append(f"advance {what} {amount}")

    def finish(self, what: str) -> None:
        self.told.append(f"finish {what}")


def test_all_variants_null_and_the_plain_wheel_are_built(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    (project / "build").mkdir()
    (project / "build/leftovers.txt").write_text("old")
    heard = Heard()
    lines: list[str] = []
    report = build_variants(
        project,
        output_directory=project / "dist",
        plain=True,
        progress=heard,
        on_output=lines.append,
    )
    paths = by_label(report)
    assert [path.name for path in paths.values()] == [
        "flavoured-1.0-py3-none-any-sweet.whl",
        "flavoured-1.0-py3-none-any-salty.whl",
        "flavoured-1.0-py3-none-any-null.whl",
        "flavoured-1.0-py3-none-any.whl",
    ]
    for path in paths.values():
        with WheelArchive(path) as archive:
            archive.verify()
    assert said(paths["sweet"])["flavour"] == "sweet"
    assert said(paths["salty"])["settings"] == {"grains": "coarse", "pans": ["a", "b"]}
    assert said(paths["null"])["flavour"] is None
    assert not any(said(path)["leftovers"] for path in paths.values())
    # Neither setting tells null and plain apart, so one build served both.
    assert lines.count("the backend was here") == 3
    assert heard.told[:2] == ["start build sweet", "finish build sweet"]
    assert (project / "build/leftovers.txt").read_text() == "old"
    assert sorted(path.name for path in project.iterdir()) == [
        "build", "dist", "own_backend.py", "pyproject.toml",
    ]  # fmt: skip


def test_a_second_build_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "600000000")
    project = write_project(tmp_path / "project")
    one = build_variants(project, [SWEET], output_directory=tmp_path / "1", isolation=False)
    two = build_variants(project, [SWEET], output_directory=tmp_path / "2", isolation=False)
    assert one.built[0].path.read_bytes() == two.built[0].path.read_bytes()
    assert one.built[0].seconds > 0


def test_a_failing_build_shows_what_the_backend_said(tmp_path: Path) -> None:
    table = TABLE.replace('FLAVOUR = "sweet"', 'FLAVOUR = "sour"')
    project = write_project(tmp_path / "project", table)
    out = tmp_path / "out"
    with pytest.raises(BuildFailed) as caught:
        build_variants(project, output_directory=out, isolation=False)
    assert "`sweet` of `project`" in caught.value.message
    assert "sour flavours cannot be built" in caught.value.output
    assert not out.exists()
    report = build_variants(project, output_directory=out, isolation=False, keep_going=True)
    assert set(by_label(report)) == {"salty", "null"}
    assert len(report.failed) == 1


def test_a_variant_of_other_machines_is_left_out_and_said(tmp_path: Path) -> None:
    table = TABLE.replace(
        "[tool.whichwheel.variants.sweet]",
        "[tool.whichwheel.variants.sweet]\nonly-if = \"platform_machine == 'abacus'\"",
    )
    project = write_project(tmp_path / "project", table)
    report = build_variants(project, output_directory=tmp_path / "out", isolation=False)
    assert set(by_label(report)) == {"salty", "null"}
    assert [(item.label, item.why) for item in report.left_out] == [
        ("sweet", 'it is built only where `platform_machine == "abacus"`')
    ]
    with pytest.raises(PublishError, match="cannot be built on this machine"):
        build_variants(project, [SWEET], output_directory=tmp_path / "out", isolation=False)


def test_unknown_labels_folders_and_requirements_are_told(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    with pytest.raises(PublishError) as caught:
        build_variants(project, [parse_label("sweat")], output_directory=tmp_path)
    assert caught.value.hint == "did you mean `sweet`?"
    with pytest.raises(PublishError, match="does not exist"):
        build_variants(tmp_path / "nowhere", output_directory=tmp_path)
    toml = project / "pyproject.toml"
    toml.write_text(toml.read_text().replace("requires = []", 'requires = ["no-such-thing-x"]'))
    with pytest.raises(BuildFailed, match="not installed: `no-such-thing-x`"):
        build_variants(project, output_directory=tmp_path, isolation=False)


def test_requirements_that_cannot_be_installed_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    project = write_project(tmp_path / "project")
    toml = project / "pyproject.toml"
    toml.write_text(toml.read_text().replace("requires = []", 'requires = ["no-such-thing-x"]'))
    with pytest.raises(BuildFailed, match="could not be installed") as caught:
        build_variants(project, [SWEET], output_directory=tmp_path / "out")
    assert any("no-such-thing-x" in line for line in caught.value.output)


def test_builds_see_their_own_requirements_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    for name in ("tool_a", "tool_b"):
        build_wheel(tmp_path / "links", WheelSpec(name))
    table = TABLE.replace(
        'environment = { FLAVOUR = "sweet" }', 'config-settings = { needs = "tool_a" }'
    ).replace('grains = "coarse"', 'needs = "tool_b"')
    project = write_project(tmp_path / "project", table)
    paths = by_label(build_variants(project, output_directory=tmp_path / "out"))
    assert said(paths["sweet"])["tools"] == ["tool_a"]
    assert said(paths["salty"])["tools"] == ["tool_b"]
    assert said(paths["null"])["tools"] == []


def test_a_provider_filled_at_build_time_stops_before_anything_is_built(tmp_path: Path) -> None:
    table = TABLE.replace(
        'static-properties = { kind = ["salty", "sweet", "sour"] }',
        'build-requires = ["taste-provider"]',
    )
    project = write_project(tmp_path / "project", table)
    lines: list[str] = []
    with pytest.raises(CannotRelabel, match="taste-provider"):
        build_variants(project, output_directory=tmp_path / "out", on_output=lines.append)
    assert lines == []


def test_a_backend_that_makes_variants_itself_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write_project(
        tmp_path / "project", TABLE + "[tool.whichwheel]\npass-variant-label = true\n"
    )
    own = {
        "$schema": "https://variants-schema.example/v0.2.0.json",
        "default-priorities": {"namespace": ["taste"]},
        "providers": {"taste": {"static-properties": {"kind": ["salty", "sweet", "sour"]}}},
        "variants": {"LABEL": {"taste": {"kind": ["LABEL"]}}},
    }
    (project / "variant.json").write_text(json.dumps(own))
    out = tmp_path / "out"
    report = build_variants(project, [SWEET, SALTY], output_directory=out, isolation=False)
    assert said(by_label(report)["sweet"])["settings"] == {"variant-label": "sweet"}
    own["variants"] = {"LABEL": {"taste": {"kind": ["sour"]}}}
    (project / "variant.json").write_text(json.dumps(own))
    with pytest.raises(InvalidMetadata, match="other properties"):
        build_variants(project, [SWEET], output_directory=out, isolation=False)
    monkeypatch.setenv("OTHER_LABEL", "bitter")
    with pytest.raises(BuildFailed, match="made the variant `bitter`"):
        build_variants(project, [SWEET], output_directory=out, isolation=False)


def test_wheels_of_two_versions_are_no_release(tmp_path: Path) -> None:
    table = TABLE.replace('FLAVOUR = "salty"', 'FLAVOURED_VERSION = "2.0"')
    project = write_project(tmp_path / "project", table)
    with pytest.raises(BuildFailed, match=r"it has version 2\.0, and the wheels before it 1\.0"):
        build_variants(project, output_directory=tmp_path / "out", isolation=False)


def test_a_copied_tree_has_the_sources_and_no_leftovers(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in (
        "src/pkg/a.txt", "src/pkg/build/kept.txt", "build/x.txt", "dist/y.txt",
        "src/pkg.egg-info/PKG-INFO", "env/pyvenv.cfg", ".venv/z", "src/__pycache__/a.pyc",
    ):  # fmt: skip
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    (tmp_path / "LICENSE").write_text("outside")
    (project / "LICENSE").symlink_to("../LICENSE")
    (project / "inside").symlink_to("src/pkg/a.txt")
    (project / "broken").symlink_to("nowhere")
    copy_source(project, tmp_path / "copy")
    found = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*")}
    assert found == {
        "src", "src/pkg", "src/pkg/a.txt", "src/pkg/build", "src/pkg/build/kept.txt",
        "LICENSE", "inside", "broken",
    }  # fmt: skip
    assert not (tmp_path / "copy/LICENSE").is_symlink()
    assert (tmp_path / "copy/inside").readlink() == Path("src/pkg/a.txt")


def test_a_link_that_leads_into_a_circle_is_told(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "project/out").symlink_to(tmp_path / "outside")
    (tmp_path / "outside/back").symlink_to(tmp_path / "outside")
    with pytest.raises(PublishError, match="circle"):
        copy_source(tmp_path / "project", tmp_path / "copy")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_build_can_ask_git_for_its_version(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.txt").write_text("a")
    identity = ["-c", "user.name=A", "-c", "user.email=a@index.example"]
    for command in (
        ["init", "--quiet"],
        ["add", "a.txt"],
        [*identity, "commit", "--quiet", "-m", "First"],
        [*identity, "tag", "v3.1"],
    ):
        subprocess.run(["git", *command], cwd=project, check=True)
    copy_source(project, tmp_path / "copy")
    described = subprocess.run(
        ["git", "describe", "--tags", "--dirty"],
        cwd=tmp_path / "copy",
        check=True,
        capture_output=True,
        text=True,
    )
    assert described.stdout.strip() == "v3.1"

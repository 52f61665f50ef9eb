"""`whichwheel overlay`, from the outside."""

from pathlib import Path

import pytest

from support.command import Completed
from support.server import serve
from support.workplace import Workplace

SOUP = """
format = 1
project = "soup"
summary = "with or without a stove"
dated = 2026-11-21
sources = ["https://vendor.example/soup"]
namespaces = ["nvidia"]

[[builds]]
label = "cuda12"
project = "soup-gpu"
properties = ["nvidia :: cuda_version_lower_bound :: 12.0"]

[[builds]]
label = "null"
project = "soup-cpu"
"""


@pytest.fixture
def soup(workplace: Workplace) -> Path:
    for name in ("soup", "soup-cpu", "soup-gpu"):
        for version in ("1.0", "2.0"):
            workplace.build(name, version=version, files={f"{name}.bin": name * 100})
    path = workplace.folder / "soup.toml"
    path.write_text(SOUP, "utf-8")
    return path


def users(workplace: Workplace, name: str, text: str) -> Path:
    folder = workplace.folder / "home" / "config" / "whichwheel"
    folder.joinpath("overlays").mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def tried(workplace: Workplace, *arguments: str | Path) -> Completed:
    where = ("--no-index", "--find-links", workplace.wheels)
    return workplace.run("overlay", "test", *arguments, *where)


def test_the_list_tells_what_is_on_and_why(workplace: Workplace) -> None:
    done = workplace.run("overlay", "list")
    assert (done.code, done.stderr) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    assert rows["xgboost"][:3] == ["on", "2026-11-21", "shipped"]
    assert rows["torch"][:3] == ["off", "2026-11-21", "shipped"]


def test_configuration_and_the_users_own_files_count(workplace: Workplace) -> None:
    users(workplace, "overlays/soup.toml", SOUP)
    users(workplace, "overlays/xgboost.toml", SOUP.replace('"soup"', '"xgboost"'))
    users(workplace, "overlays/broken.toml", "format = 1")
    users(
        workplace, "whichwheel.toml", '[overlays]\nenable = ["torch"]\ndisable = ["polars", "cupy"]'
    )
    listed = workplace.run("overlay", "list", "--json").document
    assert listed["format"] == "whichwheel-overlay-list/1"
    overlays = listed["overlays"]
    assert isinstance(overlays, list)
    told = {(each["project"], each["from"]): (each["state"], each["why"]) for each in overlays}
    assert told["soup", "user"] == ("on", "it is in your folder")
    assert told["torch", "shipped"] == ("on", "the configuration turns it on")
    assert told["polars", "shipped"] == ("off", "the configuration turns it off")
    assert told["jax", "shipped"] == ("off", "not marked as safe")
    assert told["xgboost", "user"][0] == "on"
    assert told["xgboost", "shipped"] == ("off", "another of this project comes before it")
    assert told["broken", "user"][0] == "unusable"


def test_one_is_shown_with_its_builds_and_where_it_is_from(workplace: Workplace) -> None:
    done = workplace.run("overlay", "show", "xgboost")
    assert (done.code, done.stderr) == (0, "")
    assert "xgboost.readthedocs.io" in done.stdout
    assert "on: marked as safe" in done.stdout
    document = workplace.run("overlay", "show", "xgboost", "--json").document
    assert document["format"] == "whichwheel-overlay/1"
    overlay = document["overlay"]
    assert isinstance(overlay, dict)
    assert overlay["twins"] == ["xgboost", "xgboost-cu13", "xgboost-cu12", "xgboost-cpu"]
    assert [build["label"] for build in overlay["builds"]][-1] == "null"


def test_a_file_is_shown_like_any_other(workplace: Workplace, soup: Path) -> None:
    done = workplace.run("overlay", "show", soup)
    assert (done.code, done.stderr) == (0, "")
    assert "soup: with or without a stove" in done.stdout


def test_an_unknown_name_is_told_with_one_that_is_like_it(workplace: Workplace) -> None:
    done = workplace.run("overlay", "show", "xgbost")
    assert done.code == 2
    assert "there is no overlay of `xgbost`" in done.stderr
    assert "did you mean `xgboost`?" in done.stderr


def test_all_faults_of_all_files_are_told(workplace: Workplace, soup: Path) -> None:
    broken = workplace.folder / "broken.toml"
    broken.write_text(SOUP.replace("summary", "sumary").replace('"null"', '"no-label"'), "utf-8")
    done = workplace.run("overlay", "check", soup, broken)
    assert done.code == 1
    assert done.stdout.splitlines()[0] == f"{soup}: no faults"
    assert f"{broken}:4: `sumary` is not known, did you mean `summary`?" in done.stdout
    assert "`builds[1].label` is `no-label`" in done.stdout
    files = workplace.run("overlay", "check", broken, "--json").document["files"]
    assert isinstance(files, list)
    assert {fault["path"] for fault in files[0]["faults"]} >= {"sumary", "builds[1].label"}
    assert workplace.run("overlay", "check", soup).code == 0
    assert workplace.run("overlay", "check", workplace.folder / "none.toml").code == 1


def test_a_trial_tells_what_each_build_takes_and_each_target_gets(
    workplace: Workplace, soup: Path
) -> None:
    done = tried(workplace, soup, "--for", "rtx-4090", "--for", "aws-c7i")
    assert (done.code, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[1][:5] == ["1", "cuda12", "2", "2", "2.0"]
    assert ["rtx-4090", "2.0", "cuda12", "(soup-gpu)"] in [line[:4] for line in lines]
    assert ["aws-c7i", "2.0", "null", "(soup-cpu)"] in [line[:4] for line in lines]
    document = tried(workplace, soup, "--for", "aws-c7i", "--json").document
    assert document["format"] == "whichwheel-overlay-test/1"
    assert document["sound"] is True
    targets = document["targets"]
    assert isinstance(targets, list)
    assert targets[0]["chosen"]["project"] == "soup-cpu"
    assert targets[0]["chosen"]["size"] > 0
    assert targets[0]["plain"]["project"] == "soup"


def test_a_build_without_files_and_a_file_for_two_builds_are_faults(
    workplace: Workplace, soup: Path
) -> None:
    soup.write_text(
        SOUP
        + '[[builds]]\nlabel = "null"\nproject = "soup-cpu"\nversions = ">=2"\n'
        + '[[builds]]\nlabel = "null"\nproject = "soup-lite"\n',
        "utf-8",
    )
    done = tried(workplace, soup, "--for", "aws-c7i")
    assert done.code == 1
    assert "build 4 (`null`, soup-lite) takes no file" in done.stderr
    assert "`soup_cpu-2.0-py3-none-any.whl` is taken by the builds 2 and 3" in done.stderr
    assert "`soup_cpu-1.0-py3-none-any.whl`" not in done.stderr


def test_a_place_that_cannot_be_read_is_named(workplace: Workplace, soup: Path) -> None:
    with serve(workplace.wheels) as server:
        address = f"{server.url}simple"
        soup.write_text(SOUP + f'index = "{address}"\n', "utf-8")
    done = workplace.run(
        *("overlay", "test", soup, "--find-links", workplace.wheels, "--for", "aws-c7i"),
        *("--index-url", f"{address}/none", "--retries", "0", "--timeout", "2"),
    )
    assert done.code == 1
    assert "takes no file: cannot reach" in done.stderr


def test_what_is_tried_need_not_be_on(workplace: Workplace, soup: Path) -> None:
    where = ("--no-index", "--find-links", workplace.wheels, "--for", "aws-c7i")
    plain = workplace.run("explain", "soup", *where)
    assert (plain.code, "soup_cpu" in plain.stdout) == (0, False)
    overlaid = workplace.run("explain", "soup", *where, "--overlay", soup)
    assert (overlaid.code, "soup_cpu" in overlaid.stdout) == (0, True)


def test_what_an_overlay_gave_is_whole(workplace: Workplace) -> None:
    workplace.build("soup")
    overlay = workplace.folder / "soup.toml"
    overlay.write_text(
        'format = 1\nproject = "soup"\nsummary = "any"\ndated = 2026-11-21\n'
        'namespaces = ["taste"]\n[[builds]]\nlabel = "sweet"\n'
        'properties = ["taste :: kind :: sweet"]\nalso-plain = true\n',
        "utf-8",
    )
    done = workplace.install(
        "soup", "--overlay", overlay, "--set", "taste :: kind :: sweet", "--no-deps"
    )
    assert done.code == 0, done.stderr
    assert "soup 1.0 (sweet)" in done.stdout
    check = workplace.run("check", "--python", workplace.python, "--set", "taste :: kind :: sweet")
    assert check.code == 0, check.stdout + check.stderr


@pytest.mark.parametrize("name", ["xgboost", "polars", "onnxruntime", "torch"])
def test_an_overlay_is_shown_within_eighty_columns(workplace: Workplace, name: str) -> None:
    done = workplace.run("overlay", "show", name, env={"COLUMNS": "80"})
    assert done.code == 0
    table = done.stdout.partition("\n\n")[2]
    assert table.lstrip().startswith("label")
    # Addresses are never broken into lines.
    assert [line for line in table.splitlines() if len(line) > 80 and "://" not in line] == []

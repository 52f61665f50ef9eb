"""`whichwheel target` and `--for NAME`, from the outside."""

from pathlib import Path

import pytest

from support.command import Completed, run_whichwheel

PROJECT = """
[targets.production]
description = "the cluster"
python = "3.12"
platform = "manylinux_2_35_x86_64"

[targets.production.facts.nvidia]
driver_cuda_version = "12.8"
compute_capabilities = ["9.0"]

[targets.next]
extends = "production"
python = "3.13"
"""
USER = """
[targets.laptop]
extends = "apple-m4"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "deep").mkdir(parents=True)
    (folder / "whichwheel.toml").write_text(PROJECT, "utf-8")
    own = tmp_path / "home" / "config" / "whichwheel"
    own.mkdir(parents=True)
    (own / "whichwheel.toml").write_text(USER, "utf-8")
    return folder


def run(project: Path, *arguments: str | Path) -> Completed:
    return run_whichwheel(*arguments, home=project.parent / "home", cwd=project / "deep")


def test_the_list_tells_whose_each_target_is(project: Path) -> None:
    done = run(project, "target", "list")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:4] == [
        "name                 from     description",
        "production           project  the cluster",
        "next                 project  extends production",
        "laptop               user     extends apple-m4",
    ]
    document = run(project, "target", "list", "--json").document
    assert document["format"] == "whichwheel-target-list/1"
    listed = document["targets"]
    assert isinstance(listed, list)
    assert listed[0] == {
        "name": "production",
        "from": "project",
        "file": str(project / "whichwheel.toml"),
        "description": "the cluster",
        "hidden": False,
    }


def test_a_target_is_shown_with_origins_and_what_it_extends(project: Path) -> None:
    done = run(project, "target", "show", "next")
    assert (done.code, done.stderr) == (0, "")
    file = project / "whichwheel.toml"
    assert done.stdout.startswith("next: CPython 3.13.0 on manylinux_2_35_x86_64\n")
    assert f"12.8 [{file}: targets.production]" in " ".join(done.stdout.split())
    assert f"extends {file}: targets.production" in done.stdout
    assert "the cluster" in done.stdout
    document = run(project, "target", "show", "rtx-4090", "--json").document
    assert document["format"] == "whichwheel-target/1"
    tables = document["tables"]
    assert isinstance(tables, list)
    assert (tables[0]["name"], tables[0]["extends"]) == ("rtx-4090", None)
    assert tables[0]["dated"]
    assert tables[0]["source"]


def test_a_target_that_is_written_out_is_the_same(project: Path) -> None:
    written = run(project, "target", "show", "next", "--toml")
    assert written.code == 0
    assert "extends" not in written.stdout
    copy = project / "copy.toml"
    copy.write_text(written.stdout, "utf-8")
    done = run(project, "target", "diff", "next", "../copy.toml")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == "next and ../copy.toml are the same to every choice\n"


def test_a_difference_is_shown_and_is_the_exit_code(project: Path) -> None:
    done = run(project, "target", "diff", "production", "next")
    assert (done.code, done.stderr) == (1, "")
    assert done.stdout.splitlines()[1].split() == ["python", "3.12.0", "3.13.0"]
    document = run(project, "target", "diff", "production", "rtx-4090", "--json").document
    assert document["same"] is False
    facts = document["facts"]
    assert isinstance(facts, list)
    capabilities = next(each for each in facts if each["key"] == "nvidia.compute_capabilities")
    assert capabilities["first"]["value"] == ["9.0"]
    assert capabilities["second"] == {
        "value": ["8.9"],
        "origin": "given",
        "source": "profile rtx-4090",
    }


def test_this_machine_can_be_compared(project: Path) -> None:
    assert run(project, "target", "diff", "this", "this").code == 0
    assert run(project, "target", "diff", "this", "apple-m1").code == 1


def test_what_cannot_be_compared_is_wrong_use(project: Path) -> None:
    done = run(project, "target", "diff", "producton", "next")
    assert (done.code, done.stdout) == (2, "")
    assert "there is no target `producton`, did you mean `production`?" in done.stderr


def test_a_check_tells_all_faults_of_all_files(project: Path) -> None:
    good = project / "good.toml"
    good.write_text('extends = "production"\n', "utf-8")
    bad = project / "bad.toml"
    bad.write_text('extends = "good.toml"\npyton = "3.13"\n\n[facts.nvidia]\ncuda = 1\n', "utf-8")
    done = run(project, "target", "check", good, bad)
    assert (done.code, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"{good}: no faults",
        f"{bad}:2: `pyton` is not known, did you mean `python`?",
        f"{bad}:5: `facts.nvidia.cuda` is not known",
    ]
    document = run(project, "target", "check", "--json", bad).document
    files = document["files"]
    assert isinstance(files, list)
    assert files[0]["faults"][0] == {
        "file": str(bad),
        "line": 2,
        "path": "pyton",
        "message": "is not known, did you mean `python`?",
    }
    assert run(project, "target", "check", good, project / "whichwheel.toml").code == 0


def test_a_check_of_a_configuration_reads_all_its_targets(project: Path) -> None:
    file = project / "whichwheel.toml"
    file.write_text(PROJECT.replace('"9.0"', '"nine"') + '[targets.lost]\npython = "3.12"\n')
    done = run(project, "target", "check", file)
    assert done.code == 1
    # What `next` extends is wrong for both, and told once.
    first, second = (line.removeprefix(f"{file}:") for line in done.stdout.splitlines())
    path = "targets.production.facts.nvidia.compute_capabilities[0]"
    assert first == f"9: `{path}` is `nine`, expected compute capabilities as `9.0`"
    assert second.startswith("14: `targets.lost.platform` is missing, expected a tag as ")


def test_a_name_is_chosen_for_wherever_the_project_is(project: Path) -> None:
    done = run(project, "platform", "--for", "next", "--json")
    assert done.code == 0, done.stderr
    target = done.document["target"]
    assert isinstance(target, dict)
    assert (target["name"], target["python"]) == ("next", "3.13.0")


def test_a_target_that_is_broken_gives_one_message(project: Path) -> None:
    (project / "whichwheel.toml").write_text("[targets.production\n", "utf-8")
    done = run(project, "platform", "--for", "production")
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.count("error: ") == 1
    assert "line 1: it is not TOML" in done.stderr
    assert str(project / "whichwheel.toml") in done.stderr


def test_the_list_ends_with_what_a_name_is_for(project: Path) -> None:
    last = run(project, "target", "list").stdout.splitlines()[-1]
    assert last == "`whichwheel target show NAME` shows one, `--for NAME` chooses for it"


def test_faults_stand_in_the_order_of_the_file(project: Path) -> None:
    text = 'python = 3.12\nplatfrom = "x"\n[facts.nvidia]\ndriver_cuda_version = "x"\n'
    (project / "deep" / "bad one.toml").write_text(text, "utf-8")
    done = run(project, "target", "check", "bad one.toml")
    starts = [line.partition(" `")[0] for line in done.stdout.splitlines()]
    assert starts == [f"bad one.toml:{place}" for place in ("1:", "2:", "4:", "")]
    shown = run(project, "target", "show", "bad one.toml")
    assert "hint: `whichwheel target check 'bad one.toml'`" in shown.stderr

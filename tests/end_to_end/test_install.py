"""`whichwheel install`, `uninstall` and `list`, from the outside."""

import os
import stat
import subprocess
import sys
from typing import Any

import pytest

from support.command import child_environment
from support.environments import run_in
from support.workplace import Workplace


def _listed(workplace: Workplace) -> dict[str, tuple[str, str | None]]:
    done = workplace.run("list", "--python", workplace.python, "--json")
    assert done.code == 0, done.stderr
    packages: Any = done.document["packages"]
    return {each["name"]: (each["version"], each["label"]) for each in packages}


def test_the_best_variant_is_installed_with_its_dependencies(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread>=1"])
    workplace.build("bread", version="2.0")
    done = workplace.install("soup")
    assert done.code == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("installed 2 packages in ")
    assert done.stdout.endswith(" s: soup 1.0 (sweet), bread 2.0\n")
    assert _listed(workplace) == {"bread": ("2.0", None), "soup": ("1.0", "sweet")}
    said = run_in(workplace.environment, "python", "-c", "import soup; print(soup.label)")
    assert said.strip() == "sweet"


def test_what_is_installed_already_stays_untouched(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.install("soup")
    before = workplace.tree()
    done = workplace.install("soup")
    assert (done.code, done.stdout) == (0, "nothing to do: 1 package is installed already\n")
    assert workplace.tree() == before


def test_a_variant_can_be_picked_by_hand_and_replaced(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.build()
    assert workplace.install("soup", "--variant", "soup=salty").code == 0
    assert _listed(workplace)["soup"] == ("1.0", "salty")
    assert workplace.install("soup", "--no-variants").code == 0
    assert _listed(workplace)["soup"] == ("1.0", None)
    done = workplace.install("soup", "--reinstall", "--json")
    assert done.code == 0, done.stderr
    replaced: Any = done.document["replace"]
    assert [(each["from"]["label"], each["to"]["label"]) for each in replaced] == [(None, "sweet")]
    assert _listed(workplace)["soup"] == ("1.0", "sweet")


def test_a_variant_that_does_not_fit_cannot_be_picked(workplace: Workplace) -> None:
    workplace.build_tastes()
    before = workplace.tree()
    done = workplace.install("soup", "--variant", "soup=sour")
    assert done.code == 1
    assert "`taste :: kind` must be `sour`" in done.stderr
    assert "hint: " in done.stderr
    assert workplace.tree() == before


def test_a_dry_run_says_all_and_changes_nothing(workplace: Workplace) -> None:
    workplace.build_tastes()
    before = workplace.tree()
    done = workplace.install("soup", "--dry-run", "--json")
    assert done.code == 0
    wheel = workplace.wheels / "soup-1.0-py3-none-any-sweet.whl"
    document: Any = done.document
    assert document.pop("target")["name"] == "this machine"
    assert document.pop("agreed") == []
    assert document == {
        "format": "whichwheel-plan/1",
        "add": [
            {
                "name": "soup",
                "version": "1.0",
                "label": "sweet",
                "filename": wheel.name,
                "url": wheel.as_uri(),
                "source": str(workplace.wheels),
                "stands-in": None,
                "size": wheel.stat().st_size,
                "plain-size": None,
            }
        ],
        "remove": [],
        "replace": [],
        "keep": [],
        "warnings": [],
    }
    assert workplace.install("soup", "--dry-run").stdout == (
        " + soup 1.0 (sweet)\nwould install 1 package: soup 1.0 (sweet)\n"
    )
    assert workplace.tree() == before


def test_less_than_the_best_is_always_told(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread<2"], tastes=["sweet"])
    workplace.build_tastes(tastes=["salty"])
    workplace.build("bread", version="2.0")
    done = workplace.install("soup", "bread>=2", "-q")
    assert done.code == 0
    assert done.stdout == ""
    assert "warning: `salty` of `soup 1.0` is taken" in done.stderr
    assert "`bread<2`" in done.stderr


def test_upgrades_are_asked_for(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.install("soup")
    workplace.build_tastes(version="2.0")
    assert workplace.install("soup").stdout.startswith("nothing to do")
    assert workplace.install("soup", "-P", "other").stdout.startswith("nothing to do")
    done = workplace.install("soup", "-P", "soup", "--dry-run")
    assert " ~ soup 1.0 (sweet) -> 2.0 (sweet)\n" in done.stdout
    assert workplace.install("soup", "-U").code == 0
    assert _listed(workplace)["soup"] == ("2.0", "sweet")


def test_a_wheel_is_installed_by_path_and_its_origin_remembered(workplace: Workplace) -> None:
    wheel = workplace.build("bread")
    done = workplace.install(wheel)
    assert done.code == 0, done.stderr
    listed: Any = workplace.run("list", "--python", workplace.python, "--json").document
    assert listed["packages"][0]["url"] == wheel.as_uri()


def test_uninstalling_takes_one_package_and_leaves_the_rest(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread"])
    workplace.build("bread")
    workplace.install("bread")
    before = workplace.tree()
    workplace.install("soup")
    done = workplace.run("uninstall", "soup", "--python", workplace.python, "--dry-run")
    assert (done.code, done.stdout) == (
        0,
        " - soup 1.0 (sweet)\nwould uninstall 1 package: soup 1.0 (sweet)\n",
    )
    done = workplace.run("uninstall", "Soup", "--python", workplace.python)
    assert done.code == 0, done.stderr
    assert "uninstalled 1 package in " in done.stdout
    assert workplace.tree() == before
    done = workplace.run("uninstall", "bred", "--python", workplace.python)
    assert done.code == 1
    assert done.stderr == "error: `bred` is not installed\nhint: did you mean `bread`?\n"
    done = workplace.run("uninstall", "xyz", "--python", workplace.python)
    assert done.code == 1
    assert "hint: `whichwheel list` lists what is" in done.stderr


def test_the_list_aligns_names_versions_variants_and_sources(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread"])
    workplace.build("bread", version="10.0")
    workplace.install("soup")
    done = workplace.run("list", "--python", workplace.python)
    assert done.stdout.splitlines() == [
        "name   version  variant  source",
        f"bread  10.0              {workplace.wheels}",
        f"soup   1.0      sweet    {workplace.wheels}",
    ]


def test_a_marker_that_does_not_hold_is_told(workplace: Workplace) -> None:
    workplace.build("bread")
    done = workplace.install("bread; sys_platform == 'nowhere'")
    assert (done.code, done.stdout) == (0, "nothing to do\n")
    assert "its marker does not hold here" in done.stderr


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="needs POSIX modes")
def test_a_read_only_environment_gives_one_message(workplace: Workplace) -> None:
    workplace.build("bread")
    site = workplace.environment.interpreter.paths["purelib"]
    before = workplace.tree()
    mode = site.stat().st_mode
    site.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        if os.access(site, os.W_OK):
            pytest.skip("this user may write everywhere")
        done = workplace.install("bread")
    finally:
        site.chmod(mode)
    assert done.code == 1
    assert done.stderr.startswith("error: the environment cannot be changed")
    assert workplace.tree() == before


def test_an_environment_without_room_for_packages_gives_one_message(workplace: Workplace) -> None:
    workplace.build("bread")
    site = workplace.environment.interpreter.paths["purelib"]
    site.rmdir()
    site.write_text("in the way")
    done = workplace.install("bread")
    assert done.code == 1
    assert "it is not a folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert site.read_text() == "in the way"


def test_a_python_that_does_not_exist_gives_one_message(workplace: Workplace) -> None:
    done = workplace.run("install", "bread", "--python", workplace.folder / "nowhere")
    assert done.code == 1
    assert done.stderr.startswith("error: the Python interpreter ")


def test_the_environment_follows_pip_settings_and_own_variables(workplace: Workplace) -> None:
    workplace.build("bread")
    done = workplace.run(
        "install",
        "bread",
        "--dry-run",
        env={
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(workplace.wheels),
            "WHICHWHEEL_PYTHON": workplace.python,
        },
    )
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.endswith("would install 1 package: bread 1.0\n")


@pytest.mark.skipif(sys.platform == "win32", reason="the tests know one shell")
def test_output_into_a_closed_pipe_is_no_fault(workplace: Workplace) -> None:
    workplace.build("bread")
    workplace.install("bread")
    command = f"'{sys.executable}' -m whichwheel list --python '{workplace.python}' | true"
    done = subprocess.run(
        ["sh", "-c", command],
        check=False,
        capture_output=True,
        text=True,
        env=child_environment(workplace.folder / "home"),
    )
    assert done.stderr == ""


def test_a_wheel_named_by_path_is_taken_anew_when_it_was_built_anew(workplace: Workplace) -> None:
    where = ("--no-index", "--python", workplace.python)
    first = workplace.build(files={"soup/data.txt": "one"})
    assert workplace.run("install", first, *where).stdout.endswith(": soup 1.0\n")
    again = workplace.run("install", first, *where)
    assert again.stdout.startswith("nothing to do")
    second = workplace.build(files={"soup/data.txt": "two"})
    assert second == first
    assert workplace.run("install", second, *where).stdout.endswith(": soup 1.0\n")
    [installed] = workplace.environment.interpreter.paths["purelib"].glob("soup/data.txt")
    assert installed.read_text() == "two"


def test_another_version_is_told_with_the_one_that_was_there(workplace: Workplace) -> None:
    for version in ("1.0", "2.0"):
        workplace.build("bread", version=version)
    assert workplace.install("bread<2").stdout.endswith(": bread 1.0\n")
    assert workplace.install("-U", "bread").stdout.endswith(": bread 2.0 (was 1.0)\n")
    assert workplace.install("bread<2").stdout.endswith(": bread 1.0 (was 2.0)\n")
    assert workplace.install("--reinstall", "bread<2").stdout.endswith(": bread 1.0\n")
    dry = workplace.install("-U", "--dry-run", "bread")
    assert dry.stdout == " ~ bread 1.0 -> 2.0\nwould install 1 package: bread 2.0\n"

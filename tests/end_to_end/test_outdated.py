"""`whichwheel list --outdated`: of what there is a newer version."""

import json
import subprocess
import sys

from support.command import Completed
from support.sdists import SdistSpec, build_sdist
from support.workplace import Workplace


def _outdated(workplace: Workplace, *arguments: str) -> Completed:
    where = ("--no-index", "--find-links", str(workplace.wheels), "--python", workplace.python)
    return workplace.run("list", "--outdated", *where, *arguments)


def _packages(done: Completed) -> list[dict[str, object]]:
    found = done.document["packages"]
    assert isinstance(found, list)
    return found


def test_what_is_outdated_is_what_pip_finds(workplace: Workplace) -> None:
    for name in ("bread", "butter", "jam", "milk", "own"):
        workplace.build(name, version="1.0")
    assert workplace.install("bread", "butter", "jam", "milk", "own").code == 0
    for version in ("1.5", "2.0", "3.0rc1"):
        workplace.build("bread", version=version)
    workplace.build("butter", version="2.0", tag="py2-none-any")
    build_sdist(workplace.wheels, SdistSpec("milk", "4.0"))
    (own,) = workplace.wheels.glob("own-*")
    own.unlink()
    done = _outdated(workplace, "--json")
    assert done.code == 0, done.stderr
    pip = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", workplace.python, "list", "--outdated"),
            *("--no-index", "--find-links", str(workplace.wheels), "--format=json"),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert [
        {
            "name": each["name"],
            "version": each["version"],
            "latest_version": each["latest"],
            "latest_filetype": each["type"],
        }
        for each in _packages(done)
    ] == [
        {key: each[key] for key in ("name", "version", "latest_version", "latest_filetype")}
        for each in json.loads(pip.stdout)
        if each["name"] in {"bread", "butter", "jam", "milk", "own"}
    ]
    assert [each["name"] for each in _packages(done)] == ["bread", "milk"]


def test_the_build_that_would_be_taken_is_named(workplace: Workplace) -> None:
    workplace.build_tastes("soup", "1.0", tastes=("salty",))
    assert workplace.install("soup").code == 0
    workplace.build_tastes("soup", "2.0")
    workplace.build_tastes("soup", "3.0", tastes=("sour",))
    done = _outdated(workplace)
    assert [line.split("  ") for line in done.stdout.splitlines()][1:] == [
        ["soup", "1.0 (salty)", "2.0 (sweet)", "wheel"]
    ]
    assert "1 package outdated" in done.stderr
    assert "`whichwheel refresh --dry-run`" in done.stderr
    (banned,) = _packages(_outdated(workplace, "--ban", "label:sweet", "--json"))
    assert (banned["latest"], banned["latest-label"]) == ("2.0", "salty")


def test_pre_releases_count_where_they_are_wanted(workplace: Workplace) -> None:
    workplace.build("bread", version="1.0")
    assert workplace.install("bread").code == 0
    workplace.build("bread", version="2.0b1")
    assert _packages(_outdated(workplace, "--json")) == []
    (found,) = _packages(_outdated(workplace, "--json", "--pre"))
    assert found["latest"] == "2.0b1"
    nothing = _outdated(workplace)
    assert (nothing.code, nothing.stdout) == (0, "")
    assert "nothing is outdated" in nothing.stderr
    assert _outdated(workplace, "--quiet").stderr == ""


def test_options_that_would_mean_nothing_are_refused(workplace: Workplace) -> None:
    done = workplace.run("list", "--index-url", "https://index.example", "--json")
    assert done.code == 2
    assert "`--index-url` goes with `--outdated`" in done.stderr
    there = workplace.run("list", env={"WHICHWHEEL_INDEX_URL": "https://index.example"})
    assert there.code == 0

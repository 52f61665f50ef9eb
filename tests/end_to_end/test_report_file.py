"""`--report FILE`: what is installed, in the format of pip's report."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.index import write_project
from support.server import serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import Workplace

_METADATA = (
    "Summary: what is eaten\n"
    "Keywords: food,oven\n"
    "Author-email: Baker <baker@bread.example>\n"
    "Classifier: Environment :: Kitchen\n"
    "Classifier: Topic :: Food\n"
    "Project-URL: Home, https://bread.example\n"
    "Description-Content-Type: text/markdown\n"
    "\n# Bread\n\nwith Kr\u00fcmel\n"
)


@pytest.fixture
def index(workplace: Workplace) -> Iterator[str]:
    """An index with plain wheels that need each other."""
    root = workplace.folder / "served"
    (root / "files").mkdir(parents=True)
    for spec in (
        WheelSpec(
            "bread",
            "2.0",
            requires=["butter>=1", 'jam; extra == "sweet"'],
            extras=["sweet"],
            requires_python=">=3.8",
        ),
        WheelSpec("butter", "1.5"),
        WheelSpec("jam", "0.1"),
    ):
        path = build_wheel(root / "files", spec)
        write_project(root, spec.name, [path], yanked={"jam-0.1-py3-none-any.whl": "sour"})
    with serve(root) as server:
        yield f"{server.url}/simple/"


def _report(path: Path) -> dict[str, object]:
    document = json.loads(path.read_text())
    assert isinstance(document, dict)
    return document


def _items(document: dict[str, object]) -> dict[str, dict[str, object]]:
    items = document["install"]
    assert isinstance(items, list)
    return {item["metadata"]["name"]: item for item in items}


def _own(item: dict[str, object]) -> dict[str, object]:
    own = item["whichwheel"]
    assert isinstance(own, dict)
    return own


def test_it_says_what_pips_report_says(workplace: Workplace, index: str) -> None:
    direct = build_wheel(workplace.folder, WheelSpec("milk", "1.0"))
    asked = ("bread[sweet]", "butter", "jam==0.1", str(direct), "--dry-run", "--index-url", index)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", workplace.python, "install", *asked),
            *("--quiet", "--report", str(workplace.folder / "pip.json"), "--no-cache-dir"),
        ],
        check=True,
        capture_output=True,
    )
    done = workplace.run(
        *("install", *asked, "--python", workplace.python, "--report", "ours.json")
    )
    assert done.code == 0, done.stderr
    assert "would install 4 packages" in done.stdout
    pips, ours = _report(workplace.folder / "pip.json"), _report(workplace.folder / "ours.json")
    assert ours["version"] == pips["version"] == "1"
    assert ours["environment"] == pips["environment"]
    assert {
        name: {key: value for key, value in item.items() if key != "whichwheel"}
        for name, item in _items(ours).items()
    } == _items(pips)
    assert _items(ours)["jam"]["is_yanked"] is True
    assert _items(ours)["milk"]["is_direct"] is True


def test_metadata_is_as_pip_has_it(workplace: Workplace) -> None:
    wheel = workplace.build("bread", more_metadata=_METADATA)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", workplace.python, "install", str(wheel)),
            *("--dry-run", "--quiet", "--report", str(workplace.folder / "pip.json")),
        ],
        check=True,
        capture_output=True,
    )
    assert workplace.install(wheel, "--dry-run", "--report", "ours.json").code == 0
    pips, ours = _report(workplace.folder / "pip.json"), _report(workplace.folder / "ours.json")
    assert _items(ours)["bread"]["metadata"] == _items(pips)["bread"]["metadata"]


def test_what_pip_does_not_know_stands_apart(workplace: Workplace) -> None:
    workplace.build_tastes("soup", "1.0", tastes=("salty",))
    assert workplace.install("soup").code == 0
    workplace.build_tastes("soup", "2.0")
    done = workplace.install("soup", "-U", "--report", "report.json")
    assert done.code == 0, done.stderr
    document = _report(workplace.folder / "report.json")
    own = _own(_items(document)["soup"])
    assert own["label"] == "sweet"
    assert "best of those that fit" in str(own["reasons"])
    replaced, target = own["replaces"], _own(document)["target"]
    assert isinstance(replaced, dict)
    assert isinstance(target, dict)
    assert (replaced["version"], target["name"]) == ("1.0", "this machine")
    nothing = workplace.install("soup", "--report", "report.json")
    assert nothing.code == 0
    assert _report(workplace.folder / "report.json")["install"] == []


def test_standard_output_is_for_the_report_alone(workplace: Workplace) -> None:
    workplace.build("bread")
    done = workplace.install("bread", "--report", "-")
    assert done.code == 0, done.stderr
    assert list(_items(done.document)) == ["bread"]
    both = workplace.install("bread", "--report", "-", "--json", "--reinstall")
    assert both.code == 2
    assert "both write to standard output" in both.stderr


def test_a_lock_is_reported_too(workplace: Workplace) -> None:
    workplace.build("bread")
    where = ("--no-index", "--find-links", workplace.wheels)
    assert workplace.run("lock", "bread", *where, "--python", workplace.python).code == 0
    done = workplace.run(
        *("sync", "--python", workplace.python, "--report", "report.json", "--dry-run")
    )
    assert done.code == 0, done.stderr
    assert list(_items(_report(workplace.folder / "report.json"))) == ["bread"]


def test_a_report_that_cannot_be_written_changes_nothing(workplace: Workplace) -> None:
    workplace.build("bread")
    before = workplace.tree()
    done = workplace.install("bread", "--report", "missing/report.json")
    assert done.code == 1
    assert "the report cannot be written to `missing/report.json`" in done.stderr
    assert workplace.install("bread", "--report", str(workplace.folder)).code == 2
    assert workplace.tree() == before

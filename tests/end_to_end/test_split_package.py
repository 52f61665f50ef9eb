"""The example of a package without code that is split by variant markers."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from support.command import child_environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "split-package"


def test_the_example_resolves_for_three_machines_and_installs_for_this_one(tmp_path: Path) -> None:
    copy = shutil.copytree(EXAMPLE, tmp_path / "split-package")
    done = subprocess.run(
        [sys.executable, str(copy / "demo.py")],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=child_environment(tmp_path / "home"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    planned = re.findall(r"^would install 2 packages: (.*)$", done.stdout, re.MULTILINE)
    assert planned == [
        "foo 1.0 (x86_64), foo-v4 1.0",
        "foo 1.0 (x86_64), foo-v3 1.0",
        "foo 1.0, foo-v1 1.0",
    ]
    built_for = re.findall(r"^foo was built for x86-64-(v[134])$", done.stdout, re.MULTILINE)
    assert len(built_for) == 1
    assert re.search(rf"^foo-{built_for[0]} +1\.0", done.stdout, re.MULTILINE)


def test_the_guide_shows_the_markers_of_the_example() -> None:
    lines = re.findall(r"foo-v[134]==1\.0;[^\n]*", (EXAMPLE / "README.md").read_text("utf-8"))
    guide = (EXAMPLE.parents[1] / "docs" / "how-to" / "split-a-package.rst").read_text("utf-8")
    assert len(lines) == 3
    for line in lines:
        assert line in " ".join(guide.split())

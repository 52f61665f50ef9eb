"""Real requirement sets get the versions that pip gives them, from the index that pip here uses."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from support.environments import new_environment
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import read_settings

pytestmark = pytest.mark.network

_LISTED = Path(__file__).parent.parent / "data" / "requirement_sets.txt"
SETS = [line for line in _LISTED.read_text("utf-8").splitlines() if line[0] != "#"]
#: Where pip gives another answer, and why; both solve the set.
REASONS: dict[str, str] = {}

#: Both tools see the index as it was then, where it tells when files were uploaded.
MOMENT = "2026-11-01T00:00:00Z"

Versions = dict[str, str]


@dataclass(frozen=True)
class Home:
    """A folder with an empty environment and the caches of both tools.

    :param is_dated: whether the index tells when files were uploaded
    """

    folder: Path
    is_dated: bool

    @property
    def environment(self) -> str:
        """The environment, which stays empty."""
        return str(self.folder / "env")

    def until(self, option: str) -> tuple[str, ...]:
        """Return what keeps a tool from seeing what was uploaded later."""
        return (option, MOMENT) if self.is_dated else ()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A fresh home."""
    folder = tmp_path_factory.mktemp("home")
    new_environment(folder)
    with open_sources(read_settings(), cache_directory=folder / "cache") as sources:
        project = sources.project(canonicalize_name("requests"))
    assert project is not None
    files = [wheel.file for each in project.releases.values() for wheel in each.wheels]
    return Home(folder, all(file.upload_time is not None for file in files))


def run(home: Home, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a tool with the settings of pip on this machine."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("WHICHWHEEL_")}
    mine = {
        "PIP_CACHE_DIR": str(home.folder / "pip"),
        "XDG_CONFIG_HOME": str(home.folder / "config"),
        "XDG_CACHE_HOME": str(home.folder / "cache"),
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        check=False,
        capture_output=True,
        text=True,
        env={**kept, **mine},
        cwd=home.folder,
        timeout=600,
    )


def by_pip(home: Home, requirements: Sequence[str]) -> Versions | None:
    """Return what pip would install; None if it finds no solution."""
    how = ["--dry-run", "--ignore-installed", "--only-binary", ":all:", "--report", "-", "--quiet"]
    how += home.until("--uploaded-prior-to")
    done = run(home, ["pip", "--python", home.environment, "install", *how, *requirements])
    if done.returncode:
        assert "conflict" in done.stderr, done.stderr
        return None
    found = [each["metadata"] for each in json.loads(done.stdout)["install"]]
    return {canonicalize_name(each["name"]): each["version"] for each in found}


def by_whichwheel(home: Home, requirements: Sequence[str]) -> Versions | None:
    """Return what whichwheel would install; None if it finds no solution.

    As pip does, it takes the best of all sources together, and knows no overlays.
    """
    how = ["--dry-run", "--json", "--no-overlays", "--index-strategy", "best-match"]
    how += home.until("--exclude-newer")
    done = run(home, ["whichwheel", "install", *how, "--python", home.environment, *requirements])
    if done.returncode:
        assert done.returncode == 1, done.stderr
        assert "contradict one another" in done.stderr, done.stderr
        return None
    return {each["name"]: each["version"] for each in json.loads(done.stdout)["add"]}


@pytest.mark.parametrize("requirements", SETS)
def test_the_versions_are_those_of_pip(home: Home, requirements: str) -> None:
    theirs = by_pip(home, requirements.split())
    ours = by_whichwheel(home, requirements.split())
    if requirements in REASONS:
        assert ours is not None
        assert ours != theirs, "the reason is out of date"
    else:
        assert ours == theirs

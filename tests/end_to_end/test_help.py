"""What `--help` says of commands with many options."""

import re
from pathlib import Path

import pytest

from support.command import run_whichwheel

MANY = ("install", "sync", "refresh", "lock", "explain", "list", "check", "export", "run", "serve")
_HEADING = re.compile(r"^(\S.*):$", re.MULTILINE)
_OPTION = re.compile(r"^  (?:-\w, )?(--[a-z-]+)", re.MULTILINE)


@pytest.mark.parametrize("command", MANY)
def test_many_options_stand_under_headings(tmp_path: Path, command: str) -> None:
    text = run_whichwheel(command, "--help", home=tmp_path).stdout
    headings = _HEADING.findall(text)
    assert len(headings) == len(set(headings)) >= 3
    assert headings[-1] == "Output"
    output = text.rpartition("\nOutput:\n")[2]
    assert _OPTION.findall(output)[:1] == ["--json"]
    assert _OPTION.findall(output)[-1:] == ["--help"]
    sources = text.partition("\nSources, network and cache:\n")[2].partition("\n\n")[0]
    assert {"--index-url", "--cache-dir"} <= set(_OPTION.findall(sources))
    # Each option stands once.
    assert len(_OPTION.findall(text)) == len(set(_OPTION.findall(text)))


def test_what_an_install_takes_of_its_own_comes_first(tmp_path: Path) -> None:
    text = run_whichwheel("install", "--help", home=tmp_path).stdout
    assert _HEADING.findall(text) == [
        "Options",
        "What is wanted",
        "Environment and machine",
        "Choice of versions and variants",
        "Building from sources",
        "Sources, network and cache",
        "How the environment is changed",
        "Output",
    ]
    own = text.partition("\nOptions:\n")[2].partition("\n\n")[0]
    assert {"--upgrade", "--reinstall", "--no-deps"} <= set(_OPTION.findall(own))


def test_few_options_need_none(tmp_path: Path) -> None:
    text = run_whichwheel("uninstall", "--help", home=tmp_path).stdout
    assert _HEADING.findall(text) == ["Options"]

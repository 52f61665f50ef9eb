"""What README and docs tell people to type exists."""

import re
import shlex
from pathlib import Path

import click
import pytest

from whichwheel.cli.application import application

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.rst")])
COMMAND = re.compile(r"^\s*\$ whichwheel (.+)$", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    return [
        (page.name, line)
        for page in PAGES
        for line in COMMAND.findall(page.read_text("utf-8").replace("\\\n", " "))
    ]


@pytest.mark.parametrize(("page", "line"), commands())
def test_every_command_that_a_page_shows_exists(page: str, line: str) -> None:
    name, *arguments = shlex.split(line.partition(" > ")[0], comments=True)
    if name.startswith("-"):
        return
    if "--" in arguments:
        # What follows is another program's.
        arguments = arguments[: arguments.index("--")]
    with click.Context(application) as context:
        command = application.get_command(context, name)
        if isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
            name, command = f"{name} {arguments[0]}", command.get_command(context, arguments[0])
    assert command is not None, f"{page}: no command {name}"
    known = {word for found in command.params for word in (*found.opts, *found.secondary_opts)}
    for argument in arguments:
        if argument.startswith("-"):
            assert argument.partition("=")[0] in known, f"{page}: {name} has no {argument}"


def test_pages_show_commands_at_all() -> None:
    assert len(commands()) > 15


def test_the_readme_opens_with_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    first = text.split("```console\n")[1].split("```")[0]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == [
        "$ make demo",
        "$ make test",
    ]


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        named = re.findall(r"(?:\$ |`)make ([a-z ]+)[`\n#]", page.read_text("utf-8"))
        assert {target for line in named for target in line.split()} <= targets

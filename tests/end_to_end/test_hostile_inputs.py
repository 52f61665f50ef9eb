"""Wheels, projects and files that mean harm: refused in one message, and nothing was done."""

import json
import os

import pytest

from support.workplace import Workplace


@pytest.mark.parametrize(
    "name",
    [
        ".whichwheel-change-x/journal",
        ".WhichWheel-change-x/journal",
        ".whichwheel.lock",
        "evil-1.0.data/purelib/.whichwheel-change-x/journal",
        "evil-1.0.data/data/lib/python/site-packages/.whichwheel-change-x/journal",
    ],
)
def test_a_wheel_cannot_bring_what_only_a_change_writes(workplace: Workplace, name: str) -> None:
    private = workplace.folder / "private"
    private.mkdir(mode=0o700)
    below = os.path.relpath(private, workplace.environment.interpreter.paths["purelib"])
    workplace.build("evil", files={name: json.dumps(["emptied", below, 0o777]) + "\n"})
    before = workplace.tree()
    done = workplace.install("evil")
    assert (done.code, done.stdout) == (1, "")
    assert f"`{name}` has a name that belongs to whichwheel itself" in done.stderr
    assert workplace.tree() == before
    assert private.stat().st_mode & 0o777 == 0o700

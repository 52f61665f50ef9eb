"""An environment for as long as a command works on it: whole, and nobody else's meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import ChangeOptions
from whichwheel.cli.console import Console

if TYPE_CHECKING:
    from whichwheel.environment.site import Environment

__all__ = ["held", "settled"]


@contextmanager
def held(
    environment: "Environment | None", change: ChangeOptions, console: Console
) -> Iterator[None]:
    """Hold an environment that is to be changed, from before it is looked at until it was.

    What a run that was cut off left half changed is put right first.

    :param environment: None for another machine's, which is not here
    """
    if environment is None:
        yield
        return
    _tell_our_own(environment, console)
    if change.dry_run or not _may_change(environment, change):
        settled(environment, console)
        yield
        return
    with environment.locked(waiting=partial(_tell_waiting, environment, console)):
        if environment.is_unsettled:
            _put_right(environment, console)
        yield


def settled(environment: "Environment", console: Console) -> "Environment":
    """Return an environment that is looked at, once no other run is in the midst of changing it.

    What a run that was cut off left half changed is put right.
    """
    if environment.is_unsettled:
        from whichwheel.environment.errors import EnvironmentNotWritable  # noqa: PLC0415

        try:
            with environment.locked(waiting=partial(_tell_waiting, environment, console)):
                _put_right(environment, console)
        except EnvironmentNotWritable:
            console.warning(
                f"`{environment.interpreter.prefix}` is half changed, by a run that goes on or was "
                "cut off, and you may not put it right"
            )
    return environment


def _tell_our_own(environment: "Environment", console: Console) -> None:
    """Say so if nobody named the environment, and it is the one that whichwheel runs in."""
    from whichwheel.environment.ourselves import is_our_own  # noqa: PLC0415 -- start-up time

    if not is_our_own(environment):
        return
    from whichwheel.target.interpreters.places import environment_nearby  # noqa: PLC0415
    from whichwheel.target.interpreters.request import PythonRequest  # noqa: PLC0415

    options = click.get_current_context().params
    python = options.get("python")
    if options.get("system") or (python is not None and PythonRequest.parse(python) is None):
        return
    prefix = environment.interpreter.prefix
    active = (os.environ.get("VIRTUAL_ENV"), os.environ.get("CONDA_PREFIX"))
    known = [each for each in (*active, environment_nearby(Path.cwd())) if each]
    if os.path.realpath(prefix) not in map(os.path.realpath, known):
        console.note(
            "no environment is named, active or nearby: this is about the one that whichwheel "
            f"runs in, `{prefix}`"
        )


def _may_change(environment: "Environment", change: ChangeOptions) -> bool:
    """Whether it is ours to change; if not, that is told once there is something to change."""
    from whichwheel.spec.errors import WhichwheelError  # noqa: PLC0415 -- start-up time

    try:
        environment.check_writable(break_system_packages=change.break_system_packages)
    except WhichwheelError:
        return False
    return True


def _put_right(environment: "Environment", console: Console) -> None:
    from whichwheel.environment.recovering import Recovered, recover  # noqa: PLC0415

    prefix = environment.interpreter.prefix
    match recover(environment.interpreter.paths["purelib"], environment.boundary()):
        case Recovered.UNDONE:
            console.note(f"an earlier run was cut off; `{prefix}` is again as it was before it")
        case Recovered.FINISHED:
            console.note(f"an earlier run was cut off when it was done; `{prefix}` is tidy again")
        case None:
            pass  # another run was at work, and ended well


def _tell_waiting(environment: "Environment", console: Console) -> None:
    prefix = environment.interpreter.prefix
    console.note(f"waiting for another whichwheel to finish with `{prefix}`")

"""`whichwheel freeze`: what is installed, as a file of requirements."""

import click

from whichwheel.cli.common_options import PythonChoice, console_options, python_option
from whichwheel.cli.console import Console
from whichwheel.cli.holding import settled
from whichwheel.cli.opening import open_environment
from whichwheel.cli.options import option

__all__ = ["command"]

FREEZE_FORMAT = "whichwheel-freeze/1"


@click.command("freeze")
@python_option
@option("--all", "everything", is_flag=True, help="Do not leave out what installs the rest.")
@console_options
def command(python: PythonChoice | None, *, everything: bool, console: Console) -> int:
    """Print what is installed as requirements, one a line, that any installer reads.

    pip, setuptools, wheel and whichwheel are left out. Which variant is installed is not said: a
    requirement cannot, and each machine is to get its own; `whichwheel lock` keeps that too.
    """
    from whichwheel.environment.freezing import TOOLS, frozen_lines  # noqa: PLC0415 -- start-up time

    installed = settled(open_environment(python), console).installed().values()
    lines = list(frozen_lines(each for each in installed if everything or each.name not in TOOLS))
    if console.json:
        console.document({"format": FREEZE_FORMAT, "requirements": lines})
    else:
        console.result(lines)
    return 0

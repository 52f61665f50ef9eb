"""`whichwheel check`: whether all is well with an environment."""

import time
from typing import TYPE_CHECKING

import click
from packaging.utils import NormalizedName

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.names import project_names
from whichwheel.cli.options import SectionedCommand, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.environment.checking.checking import Checked
    from whichwheel.environment.site import Environment
    from whichwheel.target.target import Target

__all__ = ["command"]


@click.command("check", cls=SectionedCommand)
@click.argument("packages", nargs=-1, metavar="[PACKAGE]...", callback=project_names)
@option("--offline", is_flag=True, help="Ask no source whether other builds would be better.")
@option(
    "--verify/--no-verify",
    default=True,
    help="Compare the hashes of all files (the default), or only look whether they are there and "
    "how large they are.",
)
@target_options
@preference_options
@source_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    packages: frozenset[NormalizedName],
    *,
    offline: bool,
    verify: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> int:
    """Look for all that is wrong with an environment, or with some of its packages.

    Do the builds fit this machine, or the one that `--for` names? Would others be better? Do
    they agree with each other, are dependencies there, are files as they were installed?

    The exit code is 1 if an error was found; with `--strict` also if there was a warning.
    """
    from whichwheel.cli.looking import looked_at  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.checking.checking import check_environment  # noqa: PLC0415

    started = time.perf_counter()
    with looked_at(chosen_for, preference, source, console) as looked:
        checked = check_environment(
            looked.environment,
            looked.target,
            options=wanted_options(preference, source),
            sources=None if offline else looked.sources,
            names=packages,
            verify=verify,
            overlays=looked.sources.overlays,
        )
    seconds = time.perf_counter() - started
    _report(checked, looked.environment, looked.target, console, seconds=seconds)
    return 0 if checked.is_well(strict=source.strict) else 1


def _report(
    checked: "Checked",
    environment: "Environment",
    target: "Target",
    console: Console,
    *,
    seconds: float,
) -> None:
    from whichwheel.report.check_text import (  # noqa: PLC0415 -- start-up time
        check_document,
        check_summary,
        finding_lines,
    )

    if console.json:
        from whichwheel.target.description import describe_target  # noqa: PLC0415

        described = describe_target(target, detect=False)
        prefix = str(environment.interpreter.prefix)
        console.document(check_document(checked, environment=prefix, target=described))
        return
    console.result(finding_lines(checked.findings, width=console.width, style=console.style))
    console.closing(check_summary(checked, target=target.name, seconds=seconds))

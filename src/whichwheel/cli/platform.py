"""`whichwheel platform`: what this machine, or the one of a target file, supports."""

import click

from whichwheel.cli.console import Console
from whichwheel.cli.options import TargetOptions, console_options, option, target_options

__all__ = ["command"]

PLATFORM_FORMAT = "whichwheel-platform/1"


@click.command("platform")
@target_options
@option("--toml", is_flag=True, help="Print a target file for this machine.")
@console_options
def command(*, chosen_for: TargetOptions, toml: bool, console: Console) -> int:
    """Show what this machine supports: Python, platform, and the facts that choose variants.

    `whichwheel platform --toml > this.toml` writes a target file, which `--for` takes on any
    other machine.
    """
    from whichwheel.cli.opening import open_target  # noqa: PLC0415 -- start-up time

    if toml and console.json:
        raise click.UsageError("`--toml` and `--json` exclude each other")
    target = open_target(chosen_for, console)
    if toml:
        from whichwheel.target.target_writing import target_to_toml  # noqa: PLC0415

        console.result(target_to_toml(target).splitlines())
    elif console.json:
        from whichwheel.target.description import describe_target  # noqa: PLC0415

        console.document({"format": PLATFORM_FORMAT, "target": describe_target(target)})
    else:
        from whichwheel.report.platform_text import platform_lines  # noqa: PLC0415

        console.result(
            platform_lines(
                target, width=console.width, style=console.style, verbose=console.verbose
            )
        )
    return 0

"""`whichwheel platform`: what this machine, or another one, supports."""

from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import PropertyText, SectionedCommand, option
from whichwheel.cli.target_options import TargetOptions, target_options
from whichwheel.spec.properties import InvalidProperty, VariantProperty

if TYPE_CHECKING:
    from whichwheel.target.target import Target

__all__ = ["command"]

PLATFORM_FORMAT = "whichwheel-platform/1"
WHY_FORMAT = "whichwheel-why/1"


def _properties(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[VariantProperty, ...]:
    try:
        return tuple(VariantProperty.parse(value) for value in values)
    except InvalidProperty as error:
        raise click.BadParameter(error.message) from None


@click.command("platform", cls=SectionedCommand)
@target_options
@option(
    "--why",
    metavar='"NS :: FEATURE :: VALUE"',
    multiple=True,
    type=PropertyText(),
    callback=_properties,
    help="Say by which fact a property is supported or not. Can be repeated.",
)
@option("--refresh", is_flag=True, help="Detect anew what is known from earlier runs.")
@option("--toml", is_flag=True, help="Print a target file.")
@console_options
def command(
    *,
    chosen_for: TargetOptions,
    why: tuple[VariantProperty, ...],
    refresh: bool,
    toml: bool,
    console: Console,
) -> int:
    """Show what this machine supports: Python, platform, and the facts that choose variants.

    `whichwheel platform --toml > this.toml` writes a target file, which `--for` takes on any
    other machine. With `--why`, the exit code is 1 if the property is not supported.
    """
    from whichwheel.cli.opening import open_targets  # noqa: PLC0415 -- start-up time

    if toml and console.json:
        raise click.UsageError("`--toml` and `--json` exclude each other")
    if toml and why:
        raise click.UsageError("`--toml` and `--why` exclude each other")
    if len(chosen_for.names) > 1:
        raise click.UsageError(
            "`platform` shows one target; `whichwheel target diff A B` compares two"
        )
    if refresh and chosen_for.elsewhere:
        raise click.UsageError("`--for` detects nothing; `--refresh` excludes it")
    target = open_targets(chosen_for, console, refresh=refresh)[0]
    if why:
        return _say_why(target, why, console)
    if toml:
        from whichwheel.target.described.target_writing import target_to_toml  # noqa: PLC0415

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


def _say_why(target: "Target", why: tuple[VariantProperty, ...], console: Console) -> int:
    from whichwheel.report.platform_text import verdict_lines  # noqa: PLC0415 -- start-up time
    from whichwheel.target.description import (  # noqa: PLC0415 -- start-up time
        judge_property,
        verdict_document,
    )

    verdicts = [judge_property(target, wanted) for wanted in why]
    if console.json:
        listed = [verdict_document(verdict) for verdict in verdicts]
        console.document({"format": WHY_FORMAT, "target": target.name, "properties": listed})
    else:
        for verdict in verdicts:
            console.result(verdict_lines(verdict, width=console.width, style=console.style))
    return 0 if all(verdict.rank is not None for verdict in verdicts) else 1

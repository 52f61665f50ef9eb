"""`whichwheel list`: what is installed, with the variants."""

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.holding import settled
from whichwheel.cli.opening import open_environment
from whichwheel.cli.options import SectionedCommand, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.environment.outdated import Outdated

__all__ = ["command"]

#: What means something without `--outdated` too.
_ALWAYS = frozenset({"outdated", "python", "system", "json", "quiet", "verbose", "no_progress"})


@click.command("list", cls=SectionedCommand)
@option("-o", "--outdated", is_flag=True, help="List only that of which there is a newer version.")
@target_options
@preference_options
@source_options
@console_options
def command(
    *,
    outdated: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> int:
    """List what is installed in an environment, each package with its variant.

    With `--outdated`, what has a newer version that would be taken here; the options that say
    where packages come from and what is chosen go with it.
    """
    if outdated:
        _report_outdated(_outdated(chosen_for, preference, source, console), console)
        return 0
    _check_alone(click.get_current_context())
    from whichwheel.cli.overlaying import readable_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.listing import list_installed, listing_json  # noqa: PLC0415
    from whichwheel.report.inventory import inventory_lines  # noqa: PLC0415 -- start-up time

    environment = settled(open_environment(chosen_for.python), console)
    installed = list_installed(environment, readable_overlays(console))
    if console.json:
        console.document(listing_json(installed))
        return 0
    console.result(inventory_lines(installed, width=console.width, style=console.style))
    return 0


def _check_alone(context: click.Context) -> None:
    """Refuse options that would mean nothing."""
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name not in _ALWAYS:
            raise click.UsageError(f"`{parameter.opts[-1]}` goes with `--outdated`")


def _outdated(
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> "list[Outdated]":
    from whichwheel.cli.looking import looked_at  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.outdated import find_outdated  # noqa: PLC0415 -- start-up time

    with looked_at(chosen_for, preference, source, console) as looked:
        return list(
            find_outdated(
                looked.environment.known(looked.sources.overlays),
                target=looked.target,
                sources=looked.sources,
                options=wanted_options(preference, source),
            )
        )


def _report_outdated(found: "list[Outdated]", console: Console) -> None:
    from whichwheel.report.inventory import (  # noqa: PLC0415 -- start-up time
        outdated_document,
        outdated_lines,
    )
    from whichwheel.report.style import counted  # noqa: PLC0415 -- start-up time

    if console.json:
        console.document(outdated_document(found))
        return
    console.result(outdated_lines(found, width=console.width, style=console.style))
    said = f"{counted(len(found), 'package')} outdated" if found else "nothing is outdated"
    console.note(f"{said}; `whichwheel refresh --dry-run` tells of better builds of what is there")

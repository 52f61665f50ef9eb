"""`whichwheel list`: what is installed, with the variants."""

import click

from whichwheel.cli.console import Console
from whichwheel.cli.holding import settled
from whichwheel.cli.opening import open_environment
from whichwheel.cli.options import console_options, python_option

__all__ = ["command"]


@click.command("list")
@python_option
@console_options
def command(python: str | None, console: Console) -> int:
    """List what is installed in an environment, each package with its variant."""
    from whichwheel.cli.overlaying import readable_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.listing import list_installed, listing_json  # noqa: PLC0415
    from whichwheel.report.inventory import inventory_lines  # noqa: PLC0415 -- start-up time

    environment = settled(open_environment(python), console)
    installed = list_installed(environment, readable_overlays(console))
    if console.json:
        console.document(listing_json(installed))
        return 0
    console.result(inventory_lines(installed, width=console.width, style=console.style))
    return 0

"""`whichwheel providers`: who answers for which namespace, and which code of others may run."""

import os
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import option_group
from whichwheel.cli.target_options import switch_options
from whichwheel.cli.trusting import command as trust_command
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.plugins.trust import Trust
    from whichwheel.plugins.ways import Way
    from whichwheel.target.settings import ProviderSettings

__all__ = ["command"]

PROVIDERS_FORMAT = "whichwheel-providers/1"
UNTRUST_FORMAT = "whichwheel-providers-untrust/1"


class _ListsByDefault(click.Group):
    """A group whose first subcommand is run where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"}):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@dataclass(frozen=True, slots=True)
class _Switches:
    """Which providers are turned off and on by options."""

    unset: tuple[str, ...]
    enable: tuple[str, ...]

    def over(self, configured: "ProviderSettings") -> "ProviderSettings":
        from whichwheel.target.settings import ProviderSettings  # noqa: PLC0415 -- start-up time

        said = ProviderSettings(enabled=frozenset(self.enable), disabled=frozenset(self.unset))
        return said.over(configured)


@click.group("providers", cls=_ListsByDefault)
def command() -> None:
    """Show who answers for which namespace, and say which code of others may run.

    Without a subcommand, `list` is run.
    """


@command.command("list", short_help="List who answers for which namespace.")
@option_group(_Switches, ("unset", "enable"), "switches", *switch_options)
@console_options
def _list(*, switches: _Switches, console: Console) -> int:
    """List every way in which a namespace can be answered, and how to change that."""
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.outside import trust_path  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.trust_file import TrustFile  # noqa: PLC0415 -- start-up time
    from whichwheel.report.providers_text import way_document, ways_lines  # noqa: PLC0415

    configured = open_configuration().settings
    trust = TrustFile(trust_path()).read()
    ways = _ways(switches.over(configured), trust)
    if console.json:
        listed = [way_document(way) for way in ways]
        console.document({"format": PROVIDERS_FORMAT, "providers": listed})
    else:
        console.result(
            ways_lines(ways, width=console.width, style=console.style, verbose=console.verbose)
        )
    return 0


def _ways(settings: "ProviderSettings", trust: "Trust") -> "tuple[Way, ...]":
    from whichwheel.cli.opening import open_sources, user_cache  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.executables import find_executables  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.installing import PluginEnvironments  # noqa: PLC0415
    from whichwheel.plugins.ways import list_ways  # noqa: PLC0415 -- start-up time

    cache = user_cache()
    environments = PluginEnvironments(cache, lambda: open_sources(None, cache))
    installed = [
        entry.wheels
        for entry in trust.packages.values()
        if environments.find(entry.wheels) is not None
    ]
    return list_ways(settings, trust, find_executables(os.environ), installed)


command.add_command(trust_command)


@command.command("untrust")
@click.argument("name")
@console_options
def _untrust(name: str, *, console: Console) -> int:
    """Trust a package or an executable no longer.

    NAME is that of a package, or the path or name of an executable.
    """
    from whichwheel.cli.opening import open_sources, user_cache  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.outside import trust_path  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.installing import PluginEnvironments  # noqa: PLC0415
    from whichwheel.plugins.trust_file import TrustFile  # noqa: PLC0415 -- start-up time

    file = TrustFile(trust_path())
    before = file.read()
    after = file.change(lambda trust: trust.without(name))
    cache = user_cache()
    environments = PluginEnvironments(cache, lambda: open_sources(None, cache))
    removed = [each for each in before.names() if each not in after.names()]
    for package, entry in before.packages.items():
        if package not in after.packages:
            environments.forget(entry.wheels)
    if console.json:
        console.document({"format": UNTRUST_FORMAT, "removed": removed})
    for each in removed:
        console.closing(f"`{each}` is trusted no longer, and will not be run")
    return 0

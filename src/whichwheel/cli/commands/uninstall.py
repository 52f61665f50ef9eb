"""`whichwheel uninstall`: remove packages from an environment."""

import time

import click
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.cli.common_options import (
    ChangeOptions,
    PythonChoice,
    change_options,
    console_options,
    python_option,
)
from whichwheel.cli.console import Console

__all__ = ["command"]


def _names(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[NormalizedName, ...]:
    try:
        return tuple(canonicalize_name(value, validate=True) for value in values)
    except InvalidName as error:
        raise click.BadParameter(str(error)) from None


@click.command("uninstall")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", callback=_names)
@python_option
@change_options
@console_options
def command(
    names: tuple[NormalizedName, ...],
    python: PythonChoice | None,
    *,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Remove packages, without asking; what they depend on stays."""
    from whichwheel.cli.carrying_out import tell_kept  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.holding import held  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_environment,
        open_sources,
    )
    from whichwheel.cli.overlaying import readable_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.reporting import report_plan  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.applying import apply_plan  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.ourselves import check_ourselves  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.planning import plan_removal  # noqa: PLC0415 -- start-up time

    started = time.perf_counter()
    with cache_folder() as cache:
        environment = open_environment(python, cache, changes=True)
        with held(environment, change, console):
            plan = plan_removal(names, environment, readable_overlays(console))
            check_ourselves(plan, environment)
            if not change.dry_run:
                environment.check_writable(break_system_packages=change.break_system_packages)
                with open_sources(None, cache) as none:
                    kept = apply_plan(plan, environment, none, cache_directory=cache)
                plan = tell_kept(plan, kept, console)
    report_plan(plan, console, dry_run=change.dry_run, seconds=time.perf_counter() - started)
    return 0

"""`whichwheel install`: packages into an environment, each in the variant that fits."""

import time
from typing import TYPE_CHECKING

import click
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.cli.console import Console
from whichwheel.cli.options import (
    ChangeOptions,
    PreferenceOptions,
    SourceOptions,
    TargetOptions,
    change_options,
    console_options,
    option,
    preference_options,
    source_options,
    target_options,
)

if TYPE_CHECKING:
    from whichwheel.environment.plan import Plan
    from whichwheel.environment.site import Environment
    from whichwheel.resolve.resolution import Resolution

__all__ = ["command"]


def _names(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> frozenset[NormalizedName]:
    try:
        return frozenset(canonicalize_name(value, validate=True) for value in values)
    except InvalidName as error:
        raise click.BadParameter(str(error)) from None


@click.command("install")
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@target_options
@option("-U", "--upgrade", is_flag=True, help="Take the newest of everything involved.")
@option(
    "-P",
    "--upgrade-package",
    metavar="NAME",
    multiple=True,
    callback=_names,
    help="Take the newest of this package. Can be repeated.",
)
@option("--no-deps", is_flag=True, help="Leave dependencies aside.")
@option("--reinstall", is_flag=True, help="Install anew what is installed already.")
@preference_options
@source_options
@option(
    "--link-mode",
    type=click.Choice(["clone", "hardlink", "copy"]),
    help="How files get from the cache into the environment; otherwise the best that works.",
)
@option("--compile-bytecode", "--compile", is_flag=True, help="Compile Python files too.")
@change_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    requirements: tuple[str, ...],
    upgrade_package: frozenset[NormalizedName],
    link_mode: str | None,
    *,
    upgrade: bool,
    no_deps: bool,
    reinstall: bool,
    compile_bytecode: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Install packages, each in the variant that fits this machine best.

    A REQUIREMENT is as for pip: `name`, `name[extra]>=1.0`, or the path or URL of a wheel.
    """
    from whichwheel.cli.bundled import tell_bundled  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_environment,
        open_sources,
        open_target,
        preferences_of,
        read_requests,
    )
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.applying import apply_plan  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.links import LinkMode  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.options import ResolveOptions  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.resolving import resolve  # noqa: PLC0415 -- start-up time

    started = time.perf_counter()
    elsewhere = chosen_for.elsewhere
    if elsewhere and not change.dry_run:
        raise click.UsageError(
            "`--for` chooses for another machine, and nothing can be installed there: "
            "add `--dry-run`"
        )
    requests = read_requests(requirements)
    with cache_folder(source) as cache:
        environment = None if elsewhere else open_environment(chosen_for.python, cache)
        interpreter = environment.interpreter if environment else None
        target = open_target(chosen_for, console, cache, interpreter, source=source)
        for request in requests:
            if not request.applies(target.environment):
                console.note(f"`{request.text}` is left out: its marker does not hold here")
        with (
            shown_progress(console) as progress,
            open_sources(source, cache, progress) as sources,
        ):
            resolution = resolve(
                requests,
                target=target,
                sources=sources,
                options=ResolveOptions(
                    preferences=preferences_of(preference),
                    upgrade=upgrade,
                    reinstall=reinstall,
                    upgrade_packages=upgrade_package,
                    dependencies=not no_deps,
                    prereleases=preference.pre,
                    strict=source.strict,
                ),
                installed={} if environment is None else environment.installed_packages(),
            )
            plan = _plan(resolution, environment, reinstall=reinstall)
            for warning in plan.warnings:
                console.warning(warning.message)
            if environment is not None and not change.dry_run and not plan.is_empty:
                environment.check_writable(break_system_packages=change.break_system_packages)
                apply_plan(
                    plan,
                    environment,
                    sources,
                    cache_directory=cache,
                    progress=progress,
                    link_mode=None if link_mode is None else LinkMode(link_mode),
                    compile_bytecode=compile_bytecode,
                )
                plan = tell_bundled(plan, environment, console)
    from whichwheel.cli.reporting import report_plan  # noqa: PLC0415 -- start-up time

    seconds = time.perf_counter() - started
    report_plan(plan, console, dry_run=change.dry_run, seconds=seconds, target=target)
    return 0


def _plan(
    resolution: "Resolution", environment: "Environment | None", *, reinstall: bool
) -> "Plan":
    """Compare with the environment; on another machine there is none, and all is new."""
    if environment is None:
        from whichwheel.environment.plan import Plan  # noqa: PLC0415 -- start-up time

        return Plan(add=resolution.pins, warnings=resolution.warnings)
    from whichwheel.environment.planning import make_plan  # noqa: PLC0415 -- start-up time

    anew = frozenset(pin.name for pin in resolution.pins) if reinstall else frozenset()
    return make_plan(resolution, environment, reinstall=anew)

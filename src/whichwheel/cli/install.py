"""`whichwheel install`: packages into an environment, each in the variant that fits."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from packaging.utils import NormalizedName

from whichwheel.cli.asking import AskOptions, ask_options, read_asked
from whichwheel.cli.building import BuildOptions, build_options
from whichwheel.cli.console import Console
from whichwheel.cli.names import project_names
from whichwheel.cli.options import ChangeOptions, change_options, console_options, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.cli.asking import Asked
    from whichwheel.environment.plan import Plan
    from whichwheel.environment.site import Environment
    from whichwheel.resolve.resolution import Resolution
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["command"]


@click.command("install")
@click.argument("requirements", nargs=-1, metavar="REQUIREMENT...")
@ask_options
@target_options
@option("-U", "--upgrade", is_flag=True, help="Take the newest of everything involved.")
@option(
    "-P",
    "--upgrade-package",
    metavar="NAME",
    multiple=True,
    callback=project_names,
    help="Take the newest of this package. Can be repeated.",
)
@option("--no-deps", is_flag=True, help="Leave dependencies aside.")
@option("--reinstall", is_flag=True, help="Install anew what is installed already.")
@preference_options
@build_options
@source_options
@option(
    "--link-mode",
    type=click.Choice(["clone", "hardlink", "copy"]),
    setting="install.link-mode",
    help="How files get from the cache into the environment; otherwise the best that works.",
)
@option(
    "--compile-bytecode",
    "--compile",
    is_flag=True,
    setting="install.compile-bytecode",
    help="Compile Python files too.",
)
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
    asking: AskOptions,
    building: BuildOptions,
    source: SourceOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Install packages, each in the variant that fits this machine best.

    A REQUIREMENT is as for pip: `name`, `name[extra]>=1.0`, or the path or URL of a wheel.
    """
    from whichwheel.cli.building import with_builds  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.carrying_out import carry_out  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.holding import held  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.nothing_to_do import Run  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_environment,
        open_sources,
        open_target,
    )
    from whichwheel.cli.overlaying import ask_for_builds, tell_aside  # noqa: PLC0415
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.reporting import plan_savings, report_plan  # noqa: PLC0415
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.asked_builds import installed_otherwise  # noqa: PLC0415
    from whichwheel.resolve.twins import resolve_twins  # noqa: PLC0415 -- start-up time

    lock = _lock_of(asking)
    if lock is not None:
        refused = (
            requirements
            or asking.require_hashes
            or asking.constraint
            or asking.editable
            or asking.group
            or upgrade
            or upgrade_package
            or no_deps
            or reinstall
            or not building.policy.builds_nothing
        )
        return _install_lock(
            lock,
            alone=not refused,
            link_mode=link_mode,
            compile_bytecode=compile_bytecode,
            chosen_for=chosen_for,
            preference=preference,
            source=source,
            change=change,
            console=console,
        )
    if not (requirements or asking.requirement or asking.editable or asking.group):
        raise click.UsageError("give requirements, or a file of them or a lock with `-r`")
    started, run = time.perf_counter(), Run(console.arguments)
    elsewhere = chosen_for.elsewhere
    if elsewhere and not change.dry_run:
        raise click.UsageError(
            "`--for` chooses for another machine, and nothing can be installed there: "
            "add `--dry-run`"
        )
    asked = read_asked(requirements, asking, source, building)
    requests, source, building = list(asked.requests), asked.source, asked.building
    wanted = wanted_options(preference, source)
    with cache_folder(source) as cache:
        environment = None if elsewhere else open_environment(chosen_for.python, cache)
        interpreter = environment.interpreter if environment else None
        target = open_target(chosen_for, console, cache, interpreter, source=source)
        for text in asked.left_out(target.environment):
            console.note(f"`{text}` is left out: its marker does not hold here")
        with (
            held(environment, change, console),
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=not preference.no_variants) as sources,
            with_builds(
                asked.checked(sources),
                building,
                [each for each in asked.sources if each.applies(target.environment)],
                named=sources.named,
                interpreter=interpreter,
                cache=cache,
                progress=progress,
                console=console,
            ) as (built, settled),
        ):
            overlays = sources.overlays
            requests = ask_for_builds(
                [*requests, *settled],
                overlays,
                environment,
                aside=partial(tell_aside, sources, console),
            )
            anew = installed_otherwise(requests, overlays, environment)
            installed = (
                {}
                if environment is None
                else environment.installed_packages(overlays, without=anew)
            )
            offered, refused = asked.constrained(built, target.environment, installed)
            resolution = resolve_twins(
                requests,
                target=target,
                sources=offered,
                overlaid=sources,
                options=replace(
                    wanted,
                    upgrade=upgrade,
                    reinstall=reinstall,
                    upgrade_packages=upgrade_package,
                    displaced=refused,
                    dependencies=not no_deps,
                    prereleases=wanted.prereleases or asked.prereleases,
                ),
                installed=installed,
            )
            plan = _plan(resolution, environment, overlays, reinstall=reinstall)
            for warning in plan.warnings:
                console.warning(warning.message)
            if environment is not None:
                plan = carry_out(
                    plan,
                    environment,
                    offered,
                    axes=wanted.axes,
                    cache=cache,
                    progress=progress,
                    link_mode=link_mode,
                    compile_bytecode=compile_bytecode,
                    change=change,
                    console=console,
                )
            seconds = time.perf_counter() - started
            savings = plan_savings(plan, target, sources, console)
    report_plan(
        plan,
        console,
        dry_run=change.dry_run,
        seconds=seconds,
        target=target,
        savings=savings,
    )
    follows = plan.is_empty and not sources.was_asked and _is_by_name(asking, asked)
    if follows and environment is not None and not (source.no_cache or source.cache_dir):
        run.keep(environment, plan, console)
    return 0


def _is_by_name(asking: AskOptions, asked: "Asked") -> bool:
    """Whether names alone say what is wanted, and no file that may change."""
    elsewhere = asking.requirement, asking.constraint, asking.editable, asking.group, asked.sources
    return not any(elsewhere) and all(
        each.wheel is None and each.origin is None and not each.requirement.url
        for each in asked.requests
    )


def _lock_of(asking: AskOptions) -> Path | None:
    """Return the lock that is to be installed, if it is one."""
    if not asking.requirement:
        return None
    from whichwheel.lock.reading import is_lock_name  # noqa: PLC0415 -- start-up time

    locks = [path for path in asking.requirement if is_lock_name(path.name)]
    if locks and len(asking.requirement) > 1:
        raise click.UsageError(f"`{locks[0]}` is a lock, which is installed alone")
    return locks[0] if locks else None


def _install_lock(  # noqa: PLR0913 -- one parameter for each group of options
    path: Path,
    *,
    alone: bool,
    link_mode: str | None,
    compile_bytecode: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    from whichwheel.cli.locked import LockInstall, install_lock  # noqa: PLC0415 -- start-up time

    if not alone:
        raise click.UsageError(
            "a lock says all: it goes with no requirement, and no option that says what to take"
        )
    how = LockInstall(exact=False, link_mode=link_mode, compile_bytecode=compile_bytecode)
    return install_lock(
        path,
        how,
        chosen_for=chosen_for,
        preference=preference,
        source=source,
        change=change,
        console=console,
    )


def _plan(
    resolution: "Resolution",
    environment: "Environment | None",
    overlays: "ActiveOverlays",
    *,
    reinstall: bool,
) -> "Plan":
    """Compare with the environment; on another machine there is none, and all is new."""
    if environment is None:
        from whichwheel.environment.plan import Plan  # noqa: PLC0415 -- start-up time

        return Plan(add=resolution.pins, warnings=resolution.warnings, agreed=resolution.agreed)
    from whichwheel.environment.planning import make_plan  # noqa: PLC0415 -- start-up time

    anew = frozenset(pin.name for pin in resolution.pins) if reinstall else frozenset()
    return make_plan(resolution, environment, reinstall=anew, overlays=overlays)

"""What `install` and `sync` with files of requirements share: an environment from requirements."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from whichwheel.cli.asked import Asked
from whichwheel.cli.common_options import ChangeOptions, PlacingOptions
from whichwheel.cli.console import Console
from whichwheel.cli.preference_options import PreferenceOptions
from whichwheel.cli.target_options import TargetOptions
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whichwheel.environment.plan import Installed, Plan
    from whichwheel.environment.site import Environment
    from whichwheel.resolve.resolution import InstalledPackage, Resolution
    from whichwheel.sources.overlays.active import ActiveOverlays
    from whichwheel.target.target import Target

__all__ = ["Outcome", "RequestedInstall", "install_requested"]


@dataclass(frozen=True, slots=True)
class RequestedInstall:
    """How requirements are installed.

    :param exact: whether what nobody asks for is removed
    :param upgrade: whether the newest of everything involved is taken
    :param upgrade_packages: those of which the newest is taken
    :param reinstall: whether what is there is put anew
    :param reinstall_packages: those that are put anew
    :param dependencies: whether they come with what is asked for
    :param placing: how files are put there
    :param report: where the report goes, if one is wanted
    """

    exact: bool = False
    upgrade: bool = False
    upgrade_packages: frozenset[NormalizedName] = frozenset()
    reinstall: bool = False
    reinstall_packages: frozenset[NormalizedName] = frozenset()
    dependencies: bool = True
    placing: PlacingOptions = PlacingOptions()
    report: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an install.

    :param environment: None for another machine
    :param installed: everything that is there, where nothing was to be done
    :param asked_sources: whether any source was asked for anything
    """

    plan: "Plan"
    environment: "Environment | None"
    asked_sources: bool
    installed: "tuple[Installed, ...]" = ()


def install_requested(  # noqa: PLR0913 -- one parameter for each group of options
    asked: Asked,
    how: RequestedInstall,
    *,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    change: ChangeOptions,
    console: Console,
) -> Outcome:
    """Choose what is asked for, install it, and say so."""
    from whichwheel.cli.beginning import certainly_needed  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.building import with_builds  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.carrying_out import carry_out  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.holding import held  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.looking import check_is_here, open_place  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import cache_folder, open_sources  # noqa: PLC0415
    from whichwheel.cli.overlaying import ask_for_builds, tell_aside  # noqa: PLC0415
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.report_file import prepared_report  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.reporting import plan_savings, report_plan  # noqa: PLC0415
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.asked_builds import installed_otherwise  # noqa: PLC0415
    from whichwheel.resolve.twins import resolve_twins  # noqa: PLC0415 -- start-up time

    started = time.perf_counter()
    check_is_here(chosen_for, change)
    source = asked.source
    wanted = wanted_options(preference, source)
    with cache_folder(source) as cache:
        environment, target = open_place(chosen_for, console, cache, source=source)
        for text in asked.left_out(target.environment):
            console.note(f"`{text}` is left out: its marker does not hold here")
        with (
            held(environment, change, console),
            shown_progress(console) as progress,
            open_sources(
                source,
                cache,
                progress,
                overlaid=not preference.no_variants,
                ahead=certainly_needed(asked, how, environment, target.environment),
            ) as sources,
            with_builds(
                asked.checked(sources),
                asked.building,
                asked.to_build(target.environment),
                named=sources.named,
                interpreter=environment.interpreter if environment else None,
                cache=cache,
                progress=progress,
                console=console,
            ) as (built, settled),
        ):
            asked = asked.settled(settled, target.environment)
            overlays = sources.overlays
            requests = ask_for_builds(
                asked.requests,
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
                    upgrade=how.upgrade,
                    reinstall=how.reinstall,
                    reinstall_packages=how.reinstall_packages,
                    upgrade_packages=how.upgrade_packages,
                    displaced=refused,
                    dependencies=how.dependencies,
                    prereleases=wanted.prereleases or asked.prereleases,
                    removable=_removable(installed, target) if how.exact else frozenset(),
                ),
                installed=installed,
            )
            _tell_not_needed(resolution, how, console)
            plan = _plan(asked.traced(resolution), environment, overlays, target, how)
            for warning in plan.warnings:
                console.warning(warning.message)
            report = prepared_report(how.report, plan, target, offered, console)
            there: tuple[Installed, ...] = ()
            if environment is not None:
                there = environment.distributions() if plan.is_empty else ()
                plan = carry_out(
                    plan,
                    environment,
                    offered,
                    axes=wanted.axes,
                    cache=cache,
                    progress=progress,
                    placing=how.placing,
                    change=change,
                    console=console,
                )
            seconds = time.perf_counter() - started
            savings = plan_savings(plan, target, sources, console, cache)
    report_plan(
        plan,
        console,
        dry_run=change.dry_run,
        seconds=seconds,
        target=target,
        savings=savings,
        report=report,
    )
    return Outcome(plan, environment, sources.was_asked, there)


def _tell_not_needed(resolution: "Resolution", how: RequestedInstall, console: Console) -> None:
    """Say what was to be upgraded or put anew and has nothing to do with what is asked for."""
    needed = {pin.name for pin in resolution.pins} | {each.name for each in resolution.kept}
    needed |= {pin.wheel.own.name for pin in resolution.pins}
    for option, names in (
        ("--upgrade-package", how.upgrade_packages),
        ("--reinstall-package", how.reinstall_packages),
    ):
        for name in sorted(names - needed):
            console.note(f"`{name}`, which `{option}` names, is not needed for what is asked for")


def _removable(
    installed: "Mapping[NormalizedName, InstalledPackage]", target: "Target"
) -> frozenset[NormalizedName]:
    """Return what goes unless it is asked for, and so has no say in what is taken."""
    from whichwheel.lock.syncing import staying  # noqa: PLC0415 -- start-up time

    return frozenset(installed) - staying(installed, target)


def _plan(
    resolution: "Resolution",
    environment: "Environment | None",
    overlays: "ActiveOverlays",
    target: "Target",
    how: RequestedInstall,
) -> "Plan":
    """Compare with the environment; on another machine there is none, and all is new."""
    if environment is None:
        from whichwheel.environment.plan import Plan  # noqa: PLC0415 -- start-up time

        return Plan(add=resolution.pins, warnings=resolution.warnings, agreed=resolution.agreed)
    if how.exact:
        from whichwheel.lock.syncing import plan_sync  # noqa: PLC0415 -- start-up time

        return plan_sync(resolution, environment, target, overlays)
    from whichwheel.environment.planning import make_plan  # noqa: PLC0415 -- start-up time

    anew = frozenset(pin.name for pin in resolution.pins)
    if not how.reinstall:
        anew &= how.reinstall_packages
    return make_plan(resolution, environment, reinstall=anew, overlays=overlays)

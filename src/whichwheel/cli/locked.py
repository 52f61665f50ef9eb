"""What `sync` and `install -r` share: an environment from a lock."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.cli.common_options import ChangeOptions, PlacingOptions
from whichwheel.cli.console import Console
from whichwheel.cli.preference_options import PreferenceOptions
from whichwheel.cli.source_options import SourceOptions
from whichwheel.cli.target_options import TargetOptions
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.environment.plan import Plan
    from whichwheel.environment.site import Environment
    from whichwheel.lock.document import Lock
    from whichwheel.lock.selecting import Selected
    from whichwheel.target.target import Target

__all__ = ["LockInstall", "install_lock", "open_lock", "tell_if_other"]


@dataclass(frozen=True, slots=True)
class LockInstall:
    """How a lock is installed.

    :param exact: whether what is not in the lock is removed
    :param extras: those of the lock to install
    :param groups: the dependency groups of the lock to install, beside the default ones
    :param placing: how files are put there
    :param report: where the report goes, if one is wanted
    """

    exact: bool
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    placing: PlacingOptions = PlacingOptions()
    report: Path | None = None


def install_lock(  # noqa: PLR0913 -- one parameter for each group of options
    path: Path,
    how: LockInstall,
    *,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Choose from a lock, and install what was chosen."""
    from whichwheel.cli.carrying_out import carry_out  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.holding import held  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.looking import check_is_here, open_place  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import cache_folder, open_sources  # noqa: PLC0415
    from whichwheel.cli.overlaying import tell_no_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.report_file import prepared_report  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.reporting import report_plan  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.selecting import select  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.syncing import unpacked_metadata  # noqa: PLC0415 -- start-up time

    tell_no_overlays(source, console)
    started = time.perf_counter()
    check_is_here(chosen_for, change)
    lock = open_lock(path, console)
    wanted = wanted_options(preference, source)
    with cache_folder(source) as cache:
        environment, target = open_place(chosen_for, console, cache, source=source)
        with (
            held(environment, change, console),
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=False) as sources,
        ):
            installed = {}
            if environment is not None and not how.exact:
                locked = {package.name for package in lock.packages}
                every = environment.installed_packages()
                installed = {name: each for name, each in every.items() if name not in locked}
            selected = select(
                lock,
                target=target,
                sources=sources,
                options=wanted,
                installed=installed,
                extras=how.extras,
                groups=how.groups,
                unpacked=unpacked_metadata(cache),
            )
            tell_if_other(lock, selected, target, console)
            plan = _plan(selected, environment, target, exact=how.exact)
            for warning in plan.warnings:
                console.warning(warning.message)
            report = prepared_report(how.report, plan, target, selected.sources, console)
            if environment is not None:
                plan = carry_out(
                    plan,
                    environment,
                    selected.sources,
                    axes=wanted.axes,
                    cache=cache,
                    progress=progress,
                    placing=how.placing,
                    change=change,
                    console=console,
                )
    seconds = time.perf_counter() - started
    report_plan(
        plan, console, dry_run=change.dry_run, seconds=seconds, target=target, report=report
    )
    return 0


def open_lock(path: Path, console: Console) -> "Lock":
    """Read a lock, and tell if it may say more than is understood here."""
    from whichwheel.lock.reading import read_lock  # noqa: PLC0415 -- start-up time

    lock = read_lock(path)
    if lock.newer is not None:
        console.warning(
            f"`{path.name}` is of version {lock.newer} of its format; what that adds to version "
            "1.0 is not heeded"
        )
    return lock


def tell_if_other(lock: "Lock", selected: "Selected", target: "Target", console: Console) -> None:
    """Tell that what a machine gets is what none of the lock's targets gets."""
    if lock.inputs is None or not lock.inputs.targets:
        return
    if selected.digest not in {each.gets for each in lock.inputs.targets}:
        listed = ", ".join(f"`{each.name}`" for each in lock.inputs.targets)
        console.note(
            f"`{lock.path.name}` was made for {listed}; {target.name} is like none of them, and "
            "gets what fits it"
        )


def _plan(
    selected: "Selected", environment: "Environment | None", target: "Target", *, exact: bool
) -> "Plan":
    """Compare with the environment; on another machine there is none, and all is new."""
    resolution = selected.resolution
    if environment is None:
        from whichwheel.environment.plan import Plan  # noqa: PLC0415 -- start-up time

        return Plan(add=resolution.pins, warnings=resolution.warnings, agreed=resolution.agreed)
    if exact:
        from whichwheel.lock.syncing import plan_sync  # noqa: PLC0415 -- start-up time

        return plan_sync(resolution, environment, target)
    from whichwheel.environment.planning import make_plan  # noqa: PLC0415 -- start-up time

    return make_plan(resolution, environment)

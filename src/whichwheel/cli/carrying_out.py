"""Carry a plan out, and tell what only then shows."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.cli.common_options import ChangeOptions, PlacingOptions
from whichwheel.cli.console import Console

if TYPE_CHECKING:
    from whichwheel.environment.changed import Kept
    from whichwheel.environment.plan import Plan
    from whichwheel.environment.site import Environment
    from whichwheel.resolve.axes.axes import Axes
    from whichwheel.sources.ports import Progress, Sources

__all__ = ["carry_out", "tell_kept"]


def carry_out(  # noqa: PLR0913 -- each says one thing that only the command knows
    plan: "Plan",
    environment: "Environment",
    sources: "Sources",
    *,
    axes: "Axes | None",
    cache: Path,
    progress: "Progress",
    placing: PlacingOptions,
    change: ChangeOptions,
    console: Console,
) -> "Plan":
    """Change an environment, unless there is nothing to do or nothing is to be done.

    :param axes: what the environment agrees on; None for the shipped axes
    :param cache: the folder of all caches
    :return: the plan, with the warnings that came of it
    """
    if plan.is_empty:
        return plan
    from whichwheel.environment.ourselves import check_ourselves  # noqa: PLC0415 -- start-up time

    check_ourselves(plan, environment)
    if change.dry_run:
        return plan
    from whichwheel.environment.applying import apply_plan  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.links import LinkMode  # noqa: PLC0415 -- start-up time

    environment.check_writable(break_system_packages=change.break_system_packages)
    kept = apply_plan(
        plan,
        environment,
        sources,
        cache_directory=cache,
        progress=progress,
        link_mode=None if placing.link_mode is None else LinkMode(placing.link_mode),
        compile_bytecode=placing.compile_bytecode,
    )
    plan = tell_kept(plan, kept, console)
    return _tell_bundled(plan, environment, axes, console)


def tell_kept(plan: "Plan", kept: "Sequence[Kept]", console: Console) -> "Plan":
    """Warn of files in the way that somebody had changed; nobody's work is thrown away."""
    from whichwheel.resolve.resolution import ResolutionWarning  # noqa: PLC0415 -- start-up time

    warnings = tuple(
        ResolutionWarning(
            "kept-file",
            f"`{each.was}` was changed since it was installed; it is kept as `{each.now}`",
        )
        for each in kept
    )
    for warning in warnings:
        console.warning(warning.message)
    return replace(plan, warnings=(*plan.warnings, *warnings))


def _tell_bundled(
    plan: "Plan", environment: "Environment", axes: "Axes | None", console: Console
) -> "Plan":
    """Warn of two OpenMP runtimes, BLAS libraries and the like, of which one is new."""
    if not (plan.add or plan.replace):
        return plan
    from whichwheel.environment.checking.brought import brought_runtimes  # noqa: PLC0415

    warnings = brought_runtimes(plan, environment, axes)
    for warning in warnings:
        console.warning(warning.message)
    return replace(plan, warnings=(*plan.warnings, *warnings))

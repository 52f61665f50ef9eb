"""`whichwheel refresh`: swap the builds that no longer fit, or no longer fit best."""

import time
from typing import TYPE_CHECKING

import click
from packaging.utils import NormalizedName

from whichwheel.cli.common_options import (
    ChangeOptions,
    PlacingOptions,
    change_options,
    console_options,
    placing_options,
)
from whichwheel.cli.console import Console
from whichwheel.cli.names import project_names
from whichwheel.cli.options import SectionedCommand, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whichwheel.environment.checking.finding import Finding
    from whichwheel.environment.plan import Plan
    from whichwheel.target.target import Target

__all__ = ["command"]


@click.command("refresh", cls=SectionedCommand)
@click.argument("packages", nargs=-1, metavar="[PACKAGE]...", callback=project_names)
@option("-U", "--upgrade", is_flag=True, help="Take newer versions too, not only other builds.")
@target_options
@preference_options
@source_options
@placing_options
@change_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    packages: frozenset[NormalizedName],
    *,
    upgrade: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    placing: PlacingOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Swap installed builds for those that now fit best, of the same versions.

    Dependencies that only some builds have come and go with them. Nothing else is touched, and
    the change happens whole or not at all. With names, only these packages are looked at.

    The exit code is 1 if a package does not fit, or is banned, and no build of it will do.
    """
    from whichwheel.cli.carrying_out import carry_out  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.holding import held  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_environment,
        open_sources,
        open_target,
    )
    from whichwheel.cli.overlaying import ask_for_builds, tell_overwriting  # noqa: PLC0415
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.checking.fits import stranded_findings  # noqa: PLC0415
    from whichwheel.environment.refreshing import plan_refresh  # noqa: PLC0415

    started = time.perf_counter()
    if chosen_for.elsewhere and not change.dry_run:
        raise click.UsageError(
            "`--for` chooses for another machine, and this environment is not there: "
            "add `--dry-run`"
        )
    with cache_folder(source) as cache:
        environment = open_environment(chosen_for.python, cache, changes=True)
        target = open_target(chosen_for, console, cache, environment.interpreter, source=source)
        with (
            held(environment, change, console),
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=not preference.no_variants) as sources,
        ):
            ask_for_builds((), sources.overlays, environment)
            options = wanted_options(preference, source)
            plan = plan_refresh(
                environment,
                target=target,
                sources=sources,
                options=options,
                names=packages,
                upgrade=upgrade,
                overlays=sources.overlays,
            )
            for warning in plan.warnings:
                console.warning(warning.message)
            tell_overwriting(plan, sources.overlays, console)
            stranded = [
                finding
                for finding in stranded_findings(plan.keep, target, options.preferences.wishes)
                if not packages or finding.concerns(packages)
            ]
            plan = carry_out(
                plan,
                environment,
                sources,
                axes=options.axes,
                cache=cache,
                progress=progress,
                placing=placing,
                change=change,
                console=console,
            )
    seconds = time.perf_counter() - started
    _report(plan, stranded, target, console, dry_run=change.dry_run, seconds=seconds)
    return 1 if stranded else 0


def _report(  # noqa: PLR0913 -- all that there is to say
    plan: "Plan",
    stranded: "Sequence[Finding]",
    target: "Target",
    console: Console,
    *,
    dry_run: bool,
    seconds: float,
) -> None:
    if console.json:
        from whichwheel.report.check_text import findings_json  # noqa: PLC0415
        from whichwheel.report.plan_report import plan_document  # noqa: PLC0415
        from whichwheel.target.description import describe_target  # noqa: PLC0415

        document = plan_document(plan, target=describe_target(target, detect=False))
        document |= {"format": "whichwheel-refresh/1", "findings": findings_json(stranded)}
        console.document(document)
        return
    from whichwheel.cli.reporting import report_plan  # noqa: PLC0415 -- start-up time

    report_plan(plan, console, dry_run=dry_run, seconds=seconds, target=target)
    for finding in stranded:
        console.error(finding.message, finding.hint)

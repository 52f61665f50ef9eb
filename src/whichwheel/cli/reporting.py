"""Say what a plan does, or did."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.cli.console import Console
from whichwheel.environment.plan import Plan
from whichwheel.report.plan_report import (
    agreed_lines,
    change_lines,
    listed_in_summary,
    plan_document,
    summary,
)
from whichwheel.report.savings import Saving, savings_of
from whichwheel.resolve.resolution import Pin
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.cli.report_file import Report
    from whichwheel.sources.ports import PassingSources
    from whichwheel.sources.release import File

__all__ = ["plan_savings", "report_plan"]

#: Most sizes that are asked for at the same time.
_ASKED_AT_ONCE = 16


def plan_savings(
    plan: Plan, target: Target, sources: "PassingSources", console: Console, cache: Path
) -> Mapping[str, Saving]:
    """Return what a plan saves, by package; sizes that an index does not tell are asked for.

    Nothing is asked for the sake of a line that nobody will see.

    :param cache: the folder of all caches
    """
    if console.quiet and not console.json:
        return {}
    from whichwheel.sources.background import Background, Outcome  # noqa: PLC0415 -- the same
    from whichwheel.sources.file_sizes import SIZES_FOLDER, file_size  # noqa: PLC0415 -- the same

    found: dict[str, Outcome[int | None]] = {}

    def note(file: "File") -> None:
        found[file.url] = Outcome(partial(file_size, file, sources, cache / SIZES_FOLDER))

    brought = _brought(plan)
    savings_of(brought, target.tags, note)
    # All at once: the user waits for one answer, not for one after the other.
    background = Background(_ASKED_AT_ONCE)
    for outcome in found.values():
        background.start(outcome.run)
    try:
        return savings_of(brought, target.tags, lambda file: found[file.url].result())
    finally:
        background.close()


def report_plan(  # noqa: PLR0913 -- each says one thing that only the command knows
    plan: Plan,
    console: Console,
    *,
    dry_run: bool,
    seconds: float,
    target: Target | None = None,
    savings: Mapping[str, Saving] | None = None,
    report: "Report | None" = None,
) -> None:
    """Print a plan, or what was done by it, and write the report of it.

    :param target: what was chosen for, if anything was chosen
    :param dry_run: whether nothing was done
    :param seconds: how long the whole run took
    :param savings: what it saves, if that was found out before
    :raises ReportNotWritten: if that cannot be
    """
    if report is not None:
        report.write(console)
        if report.is_result:
            return
    if savings is None:
        savings = {} if target is None else savings_of(_brought(plan), target.tags)
    if console.json:
        from whichwheel.target.description import describe_target  # noqa: PLC0415

        # What no choice depended on is not detected for the sake of its description.
        described = None if target is None else describe_target(target, detect=False)
        console.document(plan_document(plan, target=described, savings=savings))
        return
    if dry_run or console.verbose or not listed_in_summary(plan):
        lines = change_lines(plan, style=console.style, verbose=console.verbose)
        lines += agreed_lines(plan, style=console.style)
        if dry_run:
            console.result(lines)
        else:
            for line in lines:
                console.closing(line)
    took = None if dry_run else seconds
    console.closing(summary(plan, done=not dry_run, seconds=took, savings=savings))


def _brought(plan: Plan) -> list[Pin]:
    return [*plan.add, *(change.new for change in plan.replace)]

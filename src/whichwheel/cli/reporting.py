"""Say what a plan does, or did."""

from whichwheel.cli.console import Console
from whichwheel.environment.plan import Plan
from whichwheel.report.plan_report import change_lines, listed_in_summary, plan_document, summary

__all__ = ["report_plan"]


def report_plan(plan: Plan, console: Console, *, dry_run: bool, seconds: float) -> None:
    """Print a plan, or what was done by it.

    :param dry_run: whether nothing was done
    :param seconds: how long the whole run took
    """
    if console.json:
        console.document(plan_document(plan))
        return
    if dry_run or console.verbose or not listed_in_summary(plan):
        lines = change_lines(plan, style=console.style, verbose=console.verbose)
        if dry_run:
            console.result(lines)
        else:
            for line in lines:
                console.closing(line)
    console.closing(summary(plan, done=not dry_run, seconds=None if dry_run else seconds))

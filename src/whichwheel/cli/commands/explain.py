"""`whichwheel explain`: which wheel would be chosen, and why no other."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import SectionedCommand
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.choose.choice import Choice
    from whichwheel.resolve.fallback_failure import FellBack
    from whichwheel.target.target import Target

__all__ = ["command"]


@click.command("explain", cls=SectionedCommand)
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@target_options
@preference_options
@source_options
@console_options
def command(
    requirements: tuple[str, ...],
    *,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> int:
    """Say which wheel of each REQUIREMENT would be chosen here, and why no other.

    Nothing is installed, and dependencies are not looked at. The exit code is 1 if no wheel of
    a requirement fits, or only less than the best with `--fail-on-fallback`. `-v` lists all
    wheels of a long table. With several `--for`, a table says what each target gets.
    """
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_sources,
        open_targets,
        read_requests,
    )
    from whichwheel.cli.overlaying import ask_for_builds, tell_aside  # noqa: PLC0415
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.explaining import explain_choice  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.failures import NothingFits  # noqa: PLC0415 -- start-up time

    requests = read_requests(requirements)
    options = wanted_options(preference, source)
    with cache_folder(source) as cache:
        targets = open_targets(chosen_for, console, cache, source=source)
        with (
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=not preference.no_variants) as sources,
        ):
            requests = ask_for_builds(
                requests, sources.overlays, aside=partial(tell_aside, sources, console)
            )
            if len(requests) > 1:
                sources.prefetch(request.name for request in requests if request.wheel is None)
            explained = [
                (
                    target,
                    [
                        explain_choice(request, target=target, sources=sources, options=options)
                        for request in requests
                    ],
                )
                for target in targets
            ]
    fallen = _fallbacks(explained) if options.fail_on_fallback else []
    told = {message for error in fallen for message in error.fallbacks}
    for target, choices in explained:
        whose = f"{target.name}: " if len(explained) > 1 else ""
        for choice in choices:
            for warning in choice.warnings:
                if warning.message not in told:
                    console.warning(whose + warning.message)
    _report(explained, console)
    for error in fallen:
        console.error(error.message, error.hint)
    unfit = [
        (target, choice)
        for target, choices in explained
        for choice in choices
        if choice.chosen is None
    ]
    if len(explained) > 1:
        _report_unfit(unfit, console)
        return 1 if unfit or fallen else 0
    for target, choice in unfit:
        nothing = NothingFits(choice.name, [choice], target=target.name)
        console.error(nothing.message, nothing.hint)
    return 1 if unfit or fallen else 0


def _fallbacks(explained: "Sequence[tuple[Target, Sequence[Choice]]]") -> "list[FellBack]":
    """Return what the user wants to be a failure, target by target."""
    from whichwheel.resolve.fallback_failure import (  # noqa: PLC0415 -- start-up time
        FellBack,
        check_fallbacks,
    )

    fallen = []
    for target, choices in explained:
        try:
            check_fallbacks((each for choice in choices for each in choice.warnings), target.name)
        except FellBack as error:
            fallen.append(error)
    return fallen


def _report_unfit(unfit: "Sequence[tuple[Target, Choice]]", console: Console) -> None:
    """Name the targets that get nothing; the table has said why."""
    targets: dict[str, list[str]] = {}
    for target, choice in unfit:
        targets.setdefault(choice.name, []).append(target.name)
    for name, without in targets.items():
        console.error(
            f"no wheel of `{name}` fits {', '.join(f'`{each}`' for each in without)}",
            "with a single `--for`, the reason of every wheel is told",
        )


def _report(explained: "Sequence[tuple[Target, Sequence[Choice]]]", console: Console) -> None:
    if console.json:
        from whichwheel.report.explanation import (  # noqa: PLC0415 -- start-up time
            explanation_document,
            explanations_document,
        )
        from whichwheel.target.description import describe_target  # noqa: PLC0415

        # What no choice depended on is not detected for the sake of its description.
        documents = [
            explanation_document(describe_target(target, detect=False), choices)
            for target, choices in explained
        ]
        one = len(documents) == 1
        console.document(documents[0] if one else explanations_document(documents))
        return
    from whichwheel.report.explanation_text import (  # noqa: PLC0415 -- start-up time
        explanation_lines,
        overview_lines,
    )

    width, style = console.width, console.style
    if len(explained) > 1:
        pairs = [(target.name, choice) for target, choices in explained for choice in choices]
        console.result(overview_lines(pairs, width=width, style=style))
        return
    for number, choice in enumerate(explained[0][1]):
        if number:
            console.result([""])
        console.result(explanation_lines(choice, width=width, style=style, verbose=console.verbose))

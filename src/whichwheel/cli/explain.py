"""`whichwheel explain`: which wheel would be chosen, and why no other."""

import click

from whichwheel.cli.console import Console
from whichwheel.cli.options import (
    PreferenceOptions,
    SourceOptions,
    TargetOptions,
    console_options,
    preference_options,
    source_options,
    target_options,
)

__all__ = ["command"]


@click.command("explain")
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
    a requirement fits. `-v` lists all wheels of a long table.
    """
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_sources,
        open_target,
        preferences_of,
        read_requests,
    )
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.explaining import explain_choice  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.failures import NothingFits  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.options import ResolveOptions  # noqa: PLC0415 -- start-up time

    requests = read_requests(requirements)
    options = ResolveOptions(
        preferences=preferences_of(preference), prereleases=preference.pre, strict=source.strict
    )
    with cache_folder(source) as cache:
        target = open_target(chosen_for, console, cache)
        with (
            shown_progress(console) as progress,
            open_sources(source, cache, progress) as sources,
        ):
            if len(requests) > 1:
                sources.prefetch(request.name for request in requests if request.wheel is None)
            choices = [
                explain_choice(request, target=target, sources=sources, options=options)
                for request in requests
            ]
    for choice in choices:
        for warning in choice.warnings:
            console.warning(warning.message)
    if console.json:
        from whichwheel.report.explanation import explanation_document  # noqa: PLC0415
        from whichwheel.target.description import describe_target  # noqa: PLC0415

        # What no choice depended on is not detected for the sake of its description.
        described = describe_target(target, detect=False)
        console.document(explanation_document(described, choices))
    else:
        from whichwheel.report.explanation_text import explanation_lines  # noqa: PLC0415

        for number, choice in enumerate(choices):
            if number:
                console.result([""])
            console.result(
                explanation_lines(
                    choice, width=console.width, style=console.style, verbose=console.verbose
                )
            )
    unfit = [choice for choice in choices if choice.chosen is None]
    for choice in unfit:
        error = NothingFits(choice.name, [choice], target=target.name)
        console.error(error.message, error.hint)
    return 1 if unfit else 0

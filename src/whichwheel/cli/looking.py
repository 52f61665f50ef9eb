"""What several commands look at: an environment, the machine to choose for, and the sources."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import ChangeOptions
from whichwheel.cli.console import Console
from whichwheel.cli.preference_options import PreferenceOptions
from whichwheel.cli.source_options import SourceOptions
from whichwheel.cli.target_options import TargetOptions
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.environment.site import Environment
    from whichwheel.sources.overlays.overlaid import OverlaidSources
    from whichwheel.target.target import Target

__all__ = ["Looked", "check_is_here", "looked_at", "open_place"]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a command looks at that changes nothing."""

    environment: "Environment"
    target: "Target"
    sources: "OverlaidSources"


@contextmanager
def looked_at(
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> Iterator[Looked]:
    """Open an environment, whatever machine its builds are to fit, and the sources of others."""
    from whichwheel.cli.holding import settled  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_environment,
        open_sources,
        open_target,
    )
    from whichwheel.cli.overlaying import ask_for_builds  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time

    with cache_folder(source) as cache:
        environment = settled(open_environment(chosen_for.python, cache), console)
        target = open_target(chosen_for, console, cache, environment.interpreter, source=source)
        with (
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=not preference.no_variants) as sources,
        ):
            ask_for_builds((), sources.overlays, environment)
            yield Looked(environment, target, sources)


def check_is_here(chosen_for: TargetOptions, change: ChangeOptions) -> None:
    """Check that nothing is to be changed on a machine that is not this one.

    :raises click.UsageError: if it is
    """
    if chosen_for.elsewhere and not change.dry_run:
        raise click.UsageError(
            "`--for` chooses for another machine, and nothing can be installed there: "
            "add `--dry-run`"
        )


def open_place(
    chosen_for: TargetOptions, console: Console, cache: Path, *, source: SourceOptions
) -> "tuple[Environment | None, Target]":
    """Return the environment to install into, none on another machine, and the machine.

    :param cache: the folder of all caches
    :param source: where a trusted plugin is fetched from again, should the cache have lost it
    """
    from whichwheel.cli.opening import open_environment, open_target  # noqa: PLC0415

    if chosen_for.elsewhere:
        return None, open_target(chosen_for, console, cache, source=source)
    environment = open_environment(chosen_for.python, cache, changes=True)
    target = open_target(chosen_for, console, cache, environment.interpreter, source=source)
    return environment, target

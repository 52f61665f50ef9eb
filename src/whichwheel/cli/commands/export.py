"""`whichwheel export`: what a lock gives one machine, for other tools."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import FILE, FOLDER, SectionedCommand, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.lock.document import Lock
    from whichwheel.lock.selecting import Selected
    from whichwheel.target.target import Target

__all__ = ["command"]

_REQUIREMENTS = "requirements"
_PYLOCK = "pylock"


@click.command("export", cls=SectionedCommand)
@click.argument("lock", required=False, metavar="[LOCK]", type=FILE, default=Path("pylock.toml"))
@option(
    "--format",
    "kind",
    type=click.Choice([_REQUIREMENTS, _PYLOCK]),
    default=_REQUIREMENTS,
    show_default=True,
    help="Pins with hashes as pip reads them, or a lock without variants.",
)
@option(
    "-o", "--output", type=FILE, metavar="FILE", help="Where to write it; otherwise it is printed."
)
@option(
    "--wheels",
    type=FOLDER,
    metavar="DIR",
    help="Put copies of the chosen variant wheels here, under names that every tool takes.",
)
@target_options
@preference_options
@source_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    lock: Path,
    kind: str,
    output: Path | None,
    wheels: Path | None,
    *,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> int:
    """Write what LOCK gives one machine for tools that know nothing of variants."""
    from whichwheel.cli.locked import open_lock, tell_if_other  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_sources,
        open_target,
    )
    from whichwheel.cli.overlaying import tell_no_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.exporting import copy_wheels  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.reading import is_lock_name  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.selecting import select  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.storing import store_text  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.syncing import unpacked_metadata  # noqa: PLC0415 -- start-up time

    tell_no_overlays(source, console)
    if console.json:
        raise click.UsageError("`export` has formats of its own, and no `--json`")
    if kind == _PYLOCK and output is not None and not is_lock_name(output.name):
        raise click.BadParameter(
            f"`{output.name}` is no name of a lock: `pylock.toml` is, and `pylock.NAME.toml`",
            param_hint="--output",
        )
    read = open_lock(lock, console)
    with cache_folder(source) as cache:
        target = open_target(chosen_for, console, cache, source=source)
        with (
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=False) as sources,
        ):
            selected = select(
                read,
                target=target,
                sources=sources,
                options=wanted_options(preference, source),
                unpacked=unpacked_metadata(cache),
            )
            tell_if_other(read, selected, target, console)
            if wheels is not None:
                selected = copy_wheels(selected, wheels)
    text = _text(kind, read, selected, target, output)
    if output is None:
        console.result(text.splitlines())
    else:
        store_text(output, text)
        number = len(selected.resolution.pins)
        console.closing(f"wrote {number} pins for {target.name}: {output}")
    return 0


def _text(
    kind: str, lock: "Lock", selected: "Selected", target: "Target", output: Path | None
) -> str:
    from whichwheel.lock.exporting import export_lock, export_requirements  # noqa: PLC0415

    if kind == _REQUIREMENTS:
        return export_requirements(lock, selected)
    from whichwheel.lock.writing import lock_text  # noqa: PLC0415 -- start-up time

    return lock_text(export_lock(lock, selected, target, output or Path("pylock.toml")))

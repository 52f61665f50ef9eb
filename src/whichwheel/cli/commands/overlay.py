"""`whichwheel overlay`: the files that say which existing files are which variants."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import FILE
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.report.overlay_text import ListedOverlay
    from whichwheel.sources.overlays.overlay import Overlay, OverlayFault

__all__ = ["command"]

LIST_FORMAT = "whichwheel-overlay-list/1"
SHOW_FORMAT = "whichwheel-overlay/1"
CHECK_FORMAT = "whichwheel-overlay-check/1"
TEST_FORMAT = "whichwheel-overlay-test/1"


@click.group("overlay", no_args_is_help=False)
def command() -> None:
    """List, show, check and test overlays.

    An overlay is a file that says which existing files are which variants of one project, as
    `xgboost-cpu` is one of `xgboost`. NAME is the project that it is about; what has a path
    separator or ends in `.toml` is a file.
    """


@command.command("list", short_help="List the overlays that there are, and which are on.")
@console_options
def list_command(*, console: Console) -> int:
    """List the overlays that there are, which are on, and why."""
    from whichwheel.cli.overlay_listing import list_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.report.overlay_text import listed_document, listed_lines  # noqa: PLC0415

    listed = list_overlays()
    if console.json:
        console.document(
            {"format": LIST_FORMAT, "overlays": [listed_document(each) for each in listed]}
        )
    else:
        console.result(listed_lines(listed, width=console.width, style=console.style))
    return 0


@command.command("show", short_help="Show an overlay: its builds, and where it is from.")
@click.argument("name", metavar="NAME|FILE")
@console_options
def show_command(name: str, *, console: Console) -> int:
    """Show an overlay: its builds in order, what each needs, and the pages it was written from."""
    from whichwheel.report.overlay_text import (  # noqa: PLC0415 -- start-up time
        overlay_document,
        overlay_lines,
    )

    listed, overlay = _open(name)
    if console.json:
        console.document(
            {
                "format": SHOW_FORMAT,
                "from": listed.origin,
                "file": str(overlay.where),
                "state": listed.state,
                "why": listed.why,
                "overlay": overlay_document(overlay),
            }
        )
        return 0
    state = f"{listed.state}: {listed.why}"
    width, style = console.width, console.style
    console.result(overlay_lines(overlay, state, width=width, style=style, verbose=console.verbose))
    return 0


@command.command("check", short_help="Say everything that is wrong in overlay files.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=FILE)
@console_options
def check_command(files: tuple[Path, ...], *, console: Console) -> int:
    """Say everything that is wrong in overlay files; the exit code is 1 if anything is.

    No source is asked: whether there are such files at all, `whichwheel overlay test` says.
    """
    checked = [(path, _faults(path)) for path in files]
    if console.json:
        console.document(
            {
                "format": CHECK_FORMAT,
                "files": [
                    {"file": str(path), "faults": [_fault_document(fault) for fault in faults]}
                    for path, faults in checked
                ],
            }
        )
    else:
        console.result(line for path, faults in checked for line in _checked(path, faults))
    return 1 if any(faults for _, faults in checked) else 0


@command.command("test", short_help="Try an overlay on the files that there really are.")
@click.argument("name", metavar="NAME|FILE")
@target_options
@source_options
@console_options
def test_command(
    name: str, *, chosen_for: TargetOptions, source: SourceOptions, console: Console
) -> int:
    """Try an overlay on the files that there really are.

    Says how many files each build takes, and what this machine, or each `--for` target, gets of
    the newest release, with its size and that of the wheel it would get without the overlay. The
    exit code is 1 if a build takes no file, or two builds take the same one.
    """
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        cache_folder,
        open_sources,
        open_targets,
    )
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.report.overlay_trial import (  # noqa: PLC0415 -- start-up time
        trial_document,
        trial_faults,
        trial_lines,
    )
    from whichwheel.resolve.overlay_trial import try_overlay  # noqa: PLC0415 -- start-up time

    _, overlay = _open(name)
    with cache_folder(source) as cache:
        targets = open_targets(chosen_for, console, cache, source=source)
        with (
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=False) as sources,
        ):
            trial = try_overlay(overlay, targets, sources.below, cache)
    if console.json:
        console.document({"format": TEST_FORMAT, **trial_document(trial)})
    else:
        console.result(trial_lines(trial, width=console.width, style=console.style))
    for fault in trial_faults(trial.coverage):
        console.error(fault)
    return 0 if trial.coverage.is_sound else 1


def _open(name: str) -> "tuple[ListedOverlay, Overlay]":
    """Return an overlay that can be used.

    :raises InvalidOverlay: if it cannot
    :raises WrongUse: if there is none of that name
    """
    from whichwheel.cli.overlay_listing import find_overlay  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.overlays.overlay import InvalidOverlay  # noqa: PLC0415

    listed = find_overlay(name)
    if isinstance(listed.overlay, InvalidOverlay):
        raise listed.overlay
    return listed, listed.overlay


def _faults(path: Path) -> "Sequence[OverlayFault]":
    from whichwheel.sources.overlays.overlay import InvalidOverlay  # noqa: PLC0415
    from whichwheel.sources.overlays.overlay_reading import read_overlay  # noqa: PLC0415

    try:
        read_overlay(path)
    except InvalidOverlay as error:
        return error.faults
    return ()


def _checked(path: Path, faults: "Sequence[OverlayFault]") -> list[str]:
    if not faults:
        return [f"{path}: no faults"]
    return [
        f"{path}:{'' if fault.line is None else f'{fault.line}:'} "
        + (f"`{fault.path}` {fault.message}" if fault.path else fault.message)
        for fault in faults
    ]


def _fault_document(fault: "OverlayFault") -> dict[str, object]:
    return {"line": fault.line, "path": fault.path, "message": fault.message}

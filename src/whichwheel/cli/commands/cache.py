"""`whichwheel cache`: what was kept of earlier runs."""

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from packaging.utils import NormalizedName

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.names import project_names
from whichwheel.cli.options import FOLDER, option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whichwheel.caches.shelf import Entry

__all__ = ["command"]

_DIGITS = 18
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?", re.ASCII | re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}

_cache_option = option(
    "--cache-dir",
    type=FOLDER,
    metavar="DIR",
    setting="cache.folder",
    help="The cache, instead of the user's own.",
)
_dry_run_option = option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")


@click.group("cache", no_args_is_help=False)
def command() -> None:
    """Show, check and clear what was kept of earlier runs.

    Nothing that is installed depends on the cache: what is missing is fetched again.
    """


@command.command("dir", short_help="Print the folder of the cache.")
@_cache_option
@console_options
def _dir(cache_dir: Path | None, *, console: Console) -> int:
    """Print the folder of the cache."""
    folder = _folder(cache_dir)
    if console.json:
        console.document({"format": "whichwheel-cache-dir/1", "folder": str(folder)})
    else:
        console.result([str(folder)])
    return 0


@command.command("info", short_help="Show what is kept, and how large it is.")
@_cache_option
@console_options
def _info(cache_dir: Path | None, *, console: Console) -> int:
    """Show what is kept, and how large it is."""
    from whichwheel.caches.shelf import entries_of  # noqa: PLC0415 -- start-up time
    from whichwheel.report.cache_report import info_document, info_lines  # noqa: PLC0415

    folder = _folder(cache_dir)
    entries = tuple(entries_of(folder))
    if console.json:
        console.document(info_document(folder, entries))
    else:
        lines = info_lines(
            folder, entries, now=time.time(), width=console.width, style=console.style
        )
        console.result(lines)
    return 0


def _bytes(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    found = _SIZE.fullmatch(value.strip())
    if found is None or len(found[1]) > _DIGITS:
        raise click.BadParameter(f"`{value}` is no size; one is written `500MB` or `10GB`")
    return int(float(found[1]) * 1000 ** _POWERS[found[2].lower()])


@command.command("prune", short_help="Remove what was not used for long.")
@option(
    "--older-than",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    default=90.0,
    show_default=True,
    help="How long ago it was used last.",
)
@option(
    "--at-most",
    metavar="SIZE",
    callback=_bytes,
    help="Then remove what was used the longest ago until so much is left, as `10GB`.",
)
@_cache_option
@_dry_run_option
@console_options
def _prune(
    older_than: float,
    at_most: int | None,
    cache_dir: Path | None,
    *,
    dry_run: bool,
    console: Console,
) -> int:
    """Remove what was not used for long, and what runs that were cut off left behind.

    What was used within the last hour stays, whatever its size: another run may be at it.
    """
    from whichwheel.caches.throwing import worth_pruning  # noqa: PLC0415 -- start-up time

    folder = _folder(cache_dir)
    gone = worth_pruning(folder, days=older_than, at_most=at_most, now=time.time())
    return _throw(gone, folder, console, dry_run=dry_run)


@command.command("clean", short_help="Remove everything, or the wheels of some projects.")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...", callback=project_names)
@_cache_option
@_dry_run_option
@console_options
def _clean(
    projects: frozenset[NormalizedName],
    cache_dir: Path | None,
    *,
    dry_run: bool,
    console: Console,
) -> int:
    """Remove everything, or the wheels of some projects, downloaded and unpacked.

    Other files in the folder are not touched.
    """
    from whichwheel.caches.shelf import entries_of, leftovers_of  # noqa: PLC0415 -- start-up time
    from whichwheel.caches.throwing import of_projects  # noqa: PLC0415 -- start-up time

    folder = _folder(cache_dir)
    entries = tuple(entries_of(folder))
    gone = of_projects(entries, projects) if projects else (*entries, *leftovers_of(folder))
    return _throw(gone, folder, console, dry_run=dry_run)


@command.command("verify", short_help="Check what is kept, and remove what is damaged.")
@_cache_option
@console_options
def _verify(cache_dir: Path | None, *, console: Console) -> int:
    """Check what is kept against its digests, and remove what is damaged.

    What is damaged is fetched or unpacked again when it is needed. The exit code is 1 if
    anything was, as that tells of a failing disk, or of a program that wrote through a link.
    """
    from whichwheel.caches.shelf import entries_of  # noqa: PLC0415 -- start-up time
    from whichwheel.caches.throwing import throw_away  # noqa: PLC0415 -- start-up time
    from whichwheel.caches.verifying import Verdict, verify  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.report.cache_report import verified_document, verified_lines  # noqa: PLC0415

    folder = _folder(cache_dir)
    entries = {entry.path: entry for entry in entries_of(folder)}
    verdicts: dict[Path, Verdict] = {}
    what = "check the cache"
    with shown_progress(console) as progress:
        progress.start(what, sum(entry.size for entry in entries.values()))
        for path, entry in entries.items():
            verdicts[path] = verify(entry)
            progress.advance(what, entry.size)
        progress.finish(what)
    damaged = [path for path, verdict in verdicts.items() if verdict is Verdict.DAMAGED]
    throw_away([entries[path] for path in damaged])
    if console.json:
        console.document(verified_document(folder, verdicts))
    else:
        *named, last = verified_lines(folder, entries, verdicts)
        console.result(named)
        console.closing(last)
    return 1 if damaged else 0


def _throw(entries: "Sequence[Entry]", folder: Path, console: Console, *, dry_run: bool) -> int:
    from whichwheel.caches.throwing import throw_away  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.report.cache_report import thrown_document, thrown_line  # noqa: PLC0415

    thrown = None
    if not dry_run:
        what = "clear the cache"
        with shown_progress(console) as progress:
            progress.start(what, len(entries))
            advance: Callable[[Entry], None] = lambda _: progress.advance(what, 1)  # noqa: E731
            thrown = throw_away(entries, advance)
            progress.finish(what)
    if console.json:
        console.document(thrown_document(entries, thrown, folder))
    else:
        if dry_run and console.verbose:
            console.result(str(entry.path) for entry in entries)
        console.closing(thrown_line(entries, thrown, folder))
    for path in thrown.kept if thrown is not None else ():
        console.warning(f"`{path}` cannot be removed: it is in use, or not yours")
    return 1 if thrown is not None and thrown.kept else 0


def _folder(given: Path | None) -> Path:
    from whichwheel.cli.opening import user_cache  # noqa: PLC0415 -- start-up time

    if given is None:
        return user_cache()
    return Path(os.path.expanduser(given)).absolute()  # noqa: PTH111 -- an unknown `~user` stays

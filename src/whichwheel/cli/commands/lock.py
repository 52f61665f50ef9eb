"""`whichwheel lock`: one file for many machines."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from packaging.utils import NormalizedName

from whichwheel.cli.asking import group_option, read_groups
from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.names import project_names
from whichwheel.cli.options import FILE, SectionedCommand, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.lock.document import Lock
    from whichwheel.lock.locking import Locked
    from whichwheel.lock.selecting import Selected
    from whichwheel.resolve.options import ResolveOptions
    from whichwheel.sources.ports import Sources
    from whichwheel.target.target import Target

__all__ = ["command"]

#: Stands for this machine among the targets.
_THIS = "this"
#: Stands for every build that a release has.
_ANY = "any"
_LOCK_NAME = "pylock.toml"


@click.command("lock", cls=SectionedCommand)
@click.argument("requirements", nargs=-1, metavar="[REQUIREMENT]...")
@option(
    "-o",
    "--output",
    type=FILE,
    metavar="FILE",
    help="The lock file; otherwise `pylock.toml` beside the `pyproject.toml`, or here.",
)
@group_option
@option("-U", "--upgrade", is_flag=True, help="Take the newest of everything.")
@option(
    "-P",
    "--upgrade-package",
    metavar="NAME",
    multiple=True,
    callback=project_names,
    help="Take the newest of this package, and keep the rest. Can be repeated.",
)
@option("--show", is_flag=True, help="Show what each target gets from the lock that is there.")
@option("--check", is_flag=True, help="Write nothing; the exit code is 1 if the lock would change.")
@target_options
@preference_options
@source_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    requirements: tuple[str, ...],
    output: Path | None,
    upgrade_package: frozenset[NormalizedName],
    group: tuple[str, ...],
    *,
    upgrade: bool,
    show: bool,
    check: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> int:
    """Lock packages for many machines in one file, from which each takes what fits it.

    Without a REQUIREMENT it is the `dependencies` of the nearest `pyproject.toml`. Without
    `--for` it is this machine and the targets of the project's configuration. `--for this` is
    this machine, `--for any` every build that there is. What a lock that is there has stays,
    unless it is upgraded.
    """
    if show and (check or upgrade or upgrade_package or requirements or group):
        raise click.UsageError("`--show` only shows the lock that is there")
    from whichwheel.cli.opening import cache_folder, open_sources  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.overlaying import tell_no_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time

    tell_no_overlays(source, console)
    started = time.perf_counter()
    texts, path = _wanted(requirements, group, output, needed=not show)
    options = replace(
        wanted_options(preference, source), upgrade=upgrade, upgrade_packages=upgrade_package
    )
    with cache_folder(source) as cache:
        targets = _targets(chosen_for, console, cache, source)
        with (
            shown_progress(console) as progress,
            open_sources(source, cache, progress, overlaid=False) as sources,
        ):
            if show:
                return _show(path, targets, options, sources, cache, console)
            locked, previous = _lock(
                texts,
                path,
                targets,
                options,
                sources,
                cache,
                everything=_ANY in chosen_for.names,
                look=console.json,
            )
    for name in sorted(upgrade_package - {package.name for package in locked.lock.packages}):
        console.warning(f"`{name}`, which `--upgrade-package` names, is not in the lock")
    return _report(locked, previous, console, check=check, seconds=time.perf_counter() - started)


def _wanted(
    requirements: tuple[str, ...], group: tuple[str, ...], output: Path | None, *, needed: bool
) -> tuple[tuple[str, ...], Path]:
    """Return what is to be locked, and where."""
    from whichwheel.lock.project import find_project  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.reading import is_lock_name  # noqa: PLC0415 -- start-up time

    if output is not None and not is_lock_name(output.name):
        raise click.BadParameter(
            f"`{output.name}` is no name of a lock: `pylock.toml` is, and `pylock.NAME.toml`",
            param_hint="--output",
        )
    groups = read_groups(group)
    if requirements or (output is not None and not needed):
        return (*requirements, *groups), output or Path(_LOCK_NAME)
    project = find_project(Path.cwd(), is_package=not group)
    if project is None:
        if not needed:
            return (), Path(_LOCK_NAME)
        raise click.UsageError(
            "there is no `pyproject.toml` here that says what to lock: give requirements"
        )
    return (*project.dependencies, *groups), output or project.path.parent / _LOCK_NAME


def _targets(
    chosen_for: TargetOptions, console: Console, cache: Path, source: SourceOptions
) -> "list[Target]":
    from whichwheel.cli.opening import open_configuration, open_targets  # noqa: PLC0415

    names: Sequence[str] = [name for name in chosen_for.names if name != _ANY]
    if not chosen_for.names:
        names = [_THIS, *open_configuration().known.project]
    elif not names:
        names = [_THIS]
    targets = []
    for name in dict.fromkeys(names):
        own = replace(chosen_for, names=() if name == _THIS else (name,))
        if name != _THIS:
            own = replace(own, python=None)
        targets += open_targets(own, console, cache, source=source)
    return list({target.name: target for target in targets}.values())


def _lock(  # noqa: PLR0913, PLR0917 -- all that a lock is made of
    texts: tuple[str, ...],
    path: Path,
    targets: "Sequence[Target]",
    options: "ResolveOptions",
    sources: "Sources",
    cache: Path,
    *,
    everything: bool,
    look: bool,
) -> "tuple[Locked, Lock | None]":
    from whichwheel.cli.opening import read_requests  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.locking import lock_targets  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.reading import read_lock  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.syncing import unpacked_metadata  # noqa: PLC0415 -- start-up time

    requests = read_requests(texts)
    previous = read_lock(path) if path.exists() else None
    locked = lock_targets(
        requests,
        targets,
        path=path,
        sources=sources,
        options=options,
        previous=previous,
        everything=everything,
        unpacked=unpacked_metadata(cache),
        look=look,
    )
    return locked, previous


def _show(  # noqa: PLR0913, PLR0917 -- all that the choice depends on
    path: Path,
    targets: "Sequence[Target]",
    options: "ResolveOptions",
    sources: "Sources",
    cache: Path,
    console: Console,
) -> int:
    from whichwheel.cli.locked import open_lock  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.selecting import select  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.syncing import unpacked_metadata  # noqa: PLC0415 -- start-up time
    from whichwheel.report.lock_report import lock_document, overview_lines  # noqa: PLC0415
    from whichwheel.spec.errors import WhichwheelError  # noqa: PLC0415 -- start-up time

    lock = open_lock(path, console)
    selected: dict[str, Selected] = {}
    failed: list[WhichwheelError] = []
    for target in targets:
        try:
            selected[target.name] = select(
                lock,
                target=target,
                sources=sources,
                options=options,
                unpacked=unpacked_metadata(cache),
            )
        except WhichwheelError as error:
            failed.append(error)
    if console.json:
        console.document(lock_document(str(path), selected))
    else:
        console.result(overview_lines(selected, width=console.width, style=console.style))
    for failure in failed:
        console.error(failure.message, failure.hint)
    return 1 if failed else 0


def _report(
    locked: "Locked", previous: "Lock | None", console: Console, *, check: bool, seconds: float
) -> int:
    from whichwheel.lock.changes import lock_changes  # noqa: PLC0415 -- start-up time
    from whichwheel.lock.storing import is_stored, store  # noqa: PLC0415 -- start-up time
    from whichwheel.report.lock_report import (  # noqa: PLC0415 -- start-up time
        change_lines,
        lock_document,
        lock_summary,
    )
    from whichwheel.report.style import counted  # noqa: PLC0415 -- start-up time

    changed = not locked.unchanged and not is_stored(locked.lock)
    changes = list(lock_changes(previous, locked.lock)) if changed else []
    told = []
    for target, warnings in locked.warnings.items():
        for warning in warnings:
            told.append((target, warning.kind, warning.message))
            console.warning(f"for {target}: {warning.message}")
    if changed and not check:
        store(locked.lock)
    if console.json:
        path = str(locked.lock.path)
        console.document(
            lock_document(path, locked.selected, changes, changed=changed, warnings=told)
        )
    else:
        console.result(change_lines(changes, style=console.style))
        if check and changed:
            count = counted(len(changes), "package")
            console.result([f"`{locked.lock.path}` would change: {count}"])
        else:
            name = str(locked.lock.path)
            console.closing(lock_summary(locked, name, changed=changed, seconds=seconds))
    return 1 if check and changed else 0

"""Carry out a plan: fetch and check everything, then change the environment as a whole."""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.environment.changed import KEPT_FOLDER, Changed, Kept
from whichwheel.environment.errors import CacheFailed, ChangeFailed, PlanOutdated
from whichwheel.environment.links import Linker, LinkMode
from whichwheel.environment.plan import Installed, Plan
from whichwheel.environment.site import Environment
from whichwheel.sources.ports import Progress, Sources

if TYPE_CHECKING:
    from whichwheel.environment.conflicts import Arrival
    from whichwheel.environment.removal import Removal
    from whichwheel.environment.transaction import Transaction
    from whichwheel.environment.wheel_cache import WheelCache

__all__ = ["UNPACKED_FOLDER", "apply_plan"]

#: The folder of the cache that holds unpacked wheels; another layout will have another name.
UNPACKED_FOLDER = "unpacked-1"

#: How often it is begun anew if somebody clears the cache meanwhile.
_ATTEMPTS = 4


def apply_plan(  # noqa: PLR0913 - each says one thing that only the caller knows
    plan: Plan,
    environment: Environment,
    sources: Sources,
    *,
    cache_directory: Path,
    progress: Progress | None = None,
    link_mode: LinkMode | None = None,
    compile_bytecode: bool = False,
) -> tuple[Kept, ...]:
    """Make an environment what a plan says; on any failure it is as it was before.

    Whether the environment belongs to another tool is for the caller to check, with
    :meth:`Environment.check_writable`.

    :param sources: ``fetch`` is called from several threads
    :param cache_directory: the folder of all caches; unpacked wheels have one of their own there
    :param progress: called from several threads
    :param link_mode: how files get from the cache into the environment; None for the best that
        works
    :param compile_bytecode: compile the sources, with the environment's own interpreter
    :return: files in the way that somebody had changed since they were installed
    :raises SourceError: if a wheel cannot be had or is broken; nothing was touched
    :raises CacheFailed: if the cache cannot be written; nothing was touched
    :raises FileConflict: if two packages want one place; nothing was touched
    :raises CannotRemove: if something to be removed keeps no account; nothing was touched
    :raises PlanOutdated: if the environment changed since the plan was made
    :raises EnvironmentNotWritable: if this user cannot change it
    :raises ChangeFailed: if the file system failed; the change was undone
    """
    if plan.is_empty:
        return ()
    # Here and not above: a run with nothing to do needs none of this.
    from whichwheel.environment.removal import check_removable  # noqa: PLC0415
    from whichwheel.environment.wheel_cache import WheelCache  # noqa: PLC0415

    environment.check_writable(break_system_packages=True)
    for old in _departing(plan):
        check_removable(old)
    cache = WheelCache(cache_directory / UNPACKED_FOLDER)
    linker = partial(Linker, link_mode)
    for _ in range(_ATTEMPTS - 1):
        try:
            return _change(plan, environment, sources, cache, progress, linker, compile_bytecode)
        except (CacheFailed, ChangeFailed) as error:
            if not _was_thrown_away(error, cache_directory):
                raise
    return _change(plan, environment, sources, cache, progress, linker, compile_bytecode)


def _was_thrown_away(error: CacheFailed | ChangeFailed, cache_directory: Path) -> bool:
    """Whether the cache was cleared while something was taken out of it; then it can be again."""
    path = error.path
    return (
        path is not None
        and cache_directory in path.parents
        and not os.path.lexists(path)
        and not (isinstance(error, ChangeFailed) and error.left)
    )


def _change(  # noqa: PLR0913, PLR0917 - as above
    plan: Plan,
    environment: Environment,
    sources: Sources,
    cache: "WheelCache",
    progress: Progress | None,
    linker: Callable[[], Linker],
    compile_bytecode: bool,  # noqa: FBT001 - the last of them
) -> tuple[Kept, ...]:
    from whichwheel.environment.conflicts import check_places  # noqa: PLC0415
    from whichwheel.environment.preparing import prepare  # noqa: PLC0415
    from whichwheel.environment.recovering import recover  # noqa: PLC0415
    from whichwheel.environment.removal import plan_files  # noqa: PLC0415
    from whichwheel.environment.staging import (  # noqa: PLC0415
        compile_staged,
        note_places,
        stage,
    )
    from whichwheel.environment.transaction import Transaction  # noqa: PLC0415

    pins = [*plan.add, *(replacement.new for replacement in plan.replace)]
    requested = {each.new.name for each in plan.replace if each.old.requested}
    prepared = prepare(pins, sources, cache, progress)
    interpreter = environment.interpreter
    home = interpreter.paths["purelib"]
    boundary = environment.boundary()
    with environment.locked():
        recover(home, boundary)
        departing = _still_there(plan, environment)
        removal = plan_files(departing, environment)
        arrivals = [
            note_places(
                each,
                interpreter,
                requested=each.pin.requested or each.pin.name in requested,
            )
            for each in prepared
        ]
        gone = {each.metadata_directory for each in departing}
        staying = [
            each for each in environment.distributions() if each.metadata_directory not in gone
        ]
        check_places(arrivals, staying, boundary)
        with Transaction(home, boundary) as transaction:
            roots = stage(arrivals, interpreter, transaction.stage, linker())
            if compile_bytecode:
                compile_staged(arrivals, interpreter, roots)
            kept = tuple(
                _keep(each, transaction, environment) for each in _worth_keeping(removal, arrivals)
            )
            moved = {each.was for each in kept}
            transaction.remove(
                [file for file in removal.files if file not in moved], removal.folders
            )
            for staged, root in roots.items():
                transaction.place(staged, root)
    return kept


def _worth_keeping(removal: "Removal", arrivals: "Iterable[Arrival]") -> "list[Changed]":
    """Return the changed files, without those that come back as they are now."""
    if not removal.changed:
        return []
    coming = {
        (placement.target, placement.digest)
        for arrival in arrivals
        for placement in arrival.placements
    }
    return [each for each in removal.changed if (os.fspath(each.path), each.digest) not in coming]


def _keep(changed: "Changed", transaction: "Transaction", environment: Environment) -> Kept:
    home, prefix = environment.interpreter.paths["purelib"], environment.interpreter.prefix
    path, owner = changed.path, changed.owner
    below = next((folder for folder in (home, prefix) if folder in path.parents), path.parent)
    folder = home / KEPT_FOLDER / f"{owner.name}-{owner.version}"
    return Kept(path, transaction.keep(path, folder, os.fspath(path.relative_to(below))))


def _departing(plan: Plan) -> tuple[Installed, ...]:
    return (*plan.remove, *(replacement.old for replacement in plan.replace))


def _still_there(plan: Plan, environment: Environment) -> Sequence[Installed]:
    """Return what has to go; a broken environment may have a name twice, then both go.

    :raises PlanOutdated: if the environment is not the one the plan was made for
    """
    installed = environment.installed()
    departing = _departing(plan)
    for old in departing:
        now = installed.get(old.name)
        if now is None or now.metadata_directory != old.metadata_directory:
            raise PlanOutdated(old.name)
    for pin in plan.add:
        if pin.wheel.own.name in installed:
            raise PlanOutdated(pin.name)
    names = {old.name for old in departing}
    return [
        each
        for each in environment.distributions()
        if each.name in names and each.metadata_directory.suffix == ".dist-info"
    ]

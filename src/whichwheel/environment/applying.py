"""Carry out a plan: fetch and check everything, then change the environment as a whole."""

from collections.abc import Sequence
from pathlib import Path

from whichwheel.environment.errors import PlanOutdated
from whichwheel.environment.links import Linker, LinkMode
from whichwheel.environment.plan import Installed, Plan
from whichwheel.environment.site import Environment
from whichwheel.sources.ports import Progress, Sources

__all__ = ["UNPACKED_FOLDER", "apply_plan"]

#: The folder of the cache that holds unpacked wheels; another layout will have another name.
UNPACKED_FOLDER = "unpacked-1"


def apply_plan(  # noqa: PLR0913 - each says one thing that only the caller knows
    plan: Plan,
    environment: Environment,
    sources: Sources,
    *,
    cache_directory: Path,
    progress: Progress | None = None,
    link_mode: LinkMode | None = None,
    compile_bytecode: bool = False,
) -> None:
    """Make an environment what a plan says; on any failure it is as it was before.

    Whether the environment belongs to another tool is for the caller to check, with
    :meth:`Environment.check_writable`.

    :param sources: ``fetch`` is called from several threads
    :param cache_directory: the folder of all caches; unpacked wheels have one of their own there
    :param progress: called from several threads
    :param link_mode: how files get from the cache into the environment; None for the best that
        works
    :param compile_bytecode: compile the sources, with the environment's own interpreter
    :raises SourceError: if a wheel cannot be had or is broken; nothing was touched
    :raises CacheFailed: if the cache cannot be written; nothing was touched
    :raises FileConflict: if two packages want one place; nothing was touched
    :raises CannotRemove: if something to be removed keeps no account; nothing was touched
    :raises PlanOutdated: if the environment changed since the plan was made
    :raises EnvironmentNotWritable: if this user cannot change it
    :raises ChangeFailed: if the file system failed; the change was undone
    """
    if plan.is_empty:
        return
    # Here and not above: a run with nothing to do needs none of this.
    from whichwheel.environment.conflicts import check_places  # noqa: PLC0415
    from whichwheel.environment.preparing import prepare  # noqa: PLC0415
    from whichwheel.environment.removal import check_removable, plan_files  # noqa: PLC0415
    from whichwheel.environment.staging import (  # noqa: PLC0415
        compile_staged,
        note_places,
        stage,
    )
    from whichwheel.environment.transaction import Transaction, recover  # noqa: PLC0415
    from whichwheel.environment.wheel_cache import WheelCache  # noqa: PLC0415

    environment.check_writable(break_system_packages=True)
    for old in _departing(plan):
        check_removable(old)
    pins = [*plan.add, *(replacement.new for replacement in plan.replace)]
    requested = {each.new.name for each in plan.replace if each.old.requested}
    cache = WheelCache(cache_directory / UNPACKED_FOLDER)
    prepared = prepare(pins, sources, cache, progress)
    interpreter = environment.interpreter
    home = interpreter.paths["purelib"]
    with environment.locked():
        recover(home, environment.boundary())
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
        boundary = environment.boundary()
        gone = {each.metadata_directory for each in departing}
        staying = [
            each for each in environment.distributions() if each.metadata_directory not in gone
        ]
        check_places(arrivals, staying, boundary)
        with Transaction(home, boundary) as transaction:
            roots = stage(arrivals, interpreter, transaction.stage, Linker(link_mode))
            if compile_bytecode:
                compile_staged(arrivals, interpreter, roots)
            transaction.remove(removal.files, removal.folders)
            for staged, root in roots.items():
                transaction.place(staged, root)


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

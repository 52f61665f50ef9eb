"""`whichwheel install`: packages into an environment, each in the variant that fits."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from packaging.utils import NormalizedName

from whichwheel.cli.asking import AskOptions, ask_options, read_asked
from whichwheel.cli.building import BuildOptions, build_options
from whichwheel.cli.common_options import (
    ChangeOptions,
    PlacingOptions,
    PythonChoice,
    change_options,
    console_options,
    placing_options,
)
from whichwheel.cli.console import Console
from whichwheel.cli.names import project_names
from whichwheel.cli.options import SectionedCommand, is_given, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.report_file import report_option
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from whichwheel.cli.asked import Asked

__all__ = ["command"]

_NOT_OF_LOCKS = (
    *("require_hashes", "constraint", "editable", "group", "upgrade"),
    *("upgrade_package", "no_deps", "reinstall", "reinstall_package"),
    *("allow_build", "no_binary", "only_binary", "no_build_isolation"),
)


@click.command("install", cls=SectionedCommand)
@click.argument("requirements", nargs=-1, metavar="REQUIREMENT...")
@ask_options
@target_options
@option("-U", "--upgrade", is_flag=True, help="Take the newest of everything involved.")
@option(
    "-P",
    "--upgrade-package",
    metavar="NAME",
    multiple=True,
    callback=project_names,
    help="Take the newest of this package. Can be repeated.",
)
@option("--no-deps", is_flag=True, help="Leave dependencies aside.")
@option(
    "--reinstall",
    "--force-reinstall",
    is_flag=True,
    help="Install anew what is installed already.",
)
@option(
    "--reinstall-package",
    metavar="NAME",
    multiple=True,
    callback=project_names,
    help="Install this package anew, if it is installed already. Can be repeated.",
)
@preference_options
@build_options
@source_options
@placing_options
@report_option
@change_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    requirements: tuple[str, ...],
    upgrade_package: frozenset[NormalizedName],
    reinstall_package: frozenset[NormalizedName],
    report: Path | None,
    *,
    upgrade: bool,
    no_deps: bool,
    reinstall: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    asking: AskOptions,
    building: BuildOptions,
    source: SourceOptions,
    placing: PlacingOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Install packages, each in the variant that fits this machine best.

    A REQUIREMENT is as for pip: `name`, `name[extra]>=1.0`, or the path or URL of a wheel, of a
    folder with a project, of an archive of sources, or of a repository (`git+https://...`).
    """
    from whichwheel.cli.nothing_to_do import Run  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.requested_install import (  # noqa: PLC0415 -- start-up time
        RequestedInstall,
        install_requested,
    )

    lock = _lock_of(asking)
    if lock is not None:
        return _install_lock(
            lock,
            # What is configured says nothing of a lock, which says all.
            alone=not requirements and not is_given(*_NOT_OF_LOCKS),
            placing=placing,
            report=report,
            chosen_for=chosen_for,
            preference=preference,
            source=source,
            change=change,
            console=console,
        )
    if not (requirements or asking.requirement or asking.editable or asking.group):
        raise click.UsageError("give requirements, or a file of them or a lock with `-r`")
    run = Run(console.arguments)
    asked = read_asked(requirements, asking, source, building, console)
    how = RequestedInstall(
        upgrade=upgrade,
        upgrade_packages=upgrade_package,
        reinstall=reinstall,
        reinstall_packages=reinstall_package,
        dependencies=not no_deps,
        placing=placing,
        report=report,
    )
    done = install_requested(
        asked,
        how,
        chosen_for=chosen_for,
        preference=preference,
        change=change,
        console=console,
    )
    follows = done.plan.is_empty and not done.asked_sources and _is_by_name(asking, asked)
    kept = not (asked.source.no_cache or asked.source.cache_dir or report)
    if follows and kept and done.environment is not None and not _is_searched(chosen_for.python):
        run.keep(done.environment, done.installed, done.plan, console)
    return 0


def _is_by_name(asking: AskOptions, asked: "Asked") -> bool:
    """Whether names alone say what is wanted, and no file that may change."""
    elsewhere = asking.requirement, asking.constraint, asking.editable, asking.group, asked.sources
    return not any(elsewhere) and all(
        each.wheel is None and each.origin is None and not each.requirement.url
        for each in asked.requests
    )


def _is_searched(python: PythonChoice | None) -> bool:
    """Whether another Python may be meant next time, although this one is where it was."""
    if python is None:
        return False
    from whichwheel.target.interpreters.request import PythonRequest  # noqa: PLC0415 -- start-up time

    text = python.python or ""
    place = Path(os.path.expanduser(text))  # noqa: PTH111 -- an unknown `~user` stays
    return python.system or PythonRequest.parse(text) is not None or not place.exists()


def _lock_of(asking: AskOptions) -> Path | None:
    """Return the lock that is to be installed, if it is one."""
    if not asking.requirement:
        return None
    from whichwheel.lock.reading import is_lock_name  # noqa: PLC0415 -- start-up time

    locks = [path for path in asking.requirement if is_lock_name(path.name)]
    if locks and len(asking.requirement) > 1:
        raise click.UsageError(f"`{locks[0]}` is a lock, which is installed alone")
    return locks[0] if locks else None


def _install_lock(  # noqa: PLR0913 -- one parameter for each group of options
    path: Path,
    *,
    alone: bool,
    report: Path | None,
    placing: PlacingOptions,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    from whichwheel.cli.locked import LockInstall, install_lock  # noqa: PLC0415 -- start-up time

    if not alone:
        raise click.UsageError(
            "a lock says all: it goes with no requirement, and no option that says what to take"
        )
    how = LockInstall(exact=False, placing=placing, report=report)
    return install_lock(
        path,
        how,
        chosen_for=chosen_for,
        preference=preference,
        source=source,
        change=change,
        console=console,
    )

"""`whichwheel sync`: make an environment exactly what a lock, or files of requirements, say."""

from dataclasses import replace
from pathlib import Path

import click

from whichwheel.cli.asking import AskOptions, constraint_options, read_asked
from whichwheel.cli.building import BuildOptions, build_options
from whichwheel.cli.common_options import (
    ChangeOptions,
    PlacingOptions,
    change_options,
    console_options,
    placing_options,
)
from whichwheel.cli.console import Console
from whichwheel.cli.options import FILE, SectionedCommand, is_given, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.report_file import report_option
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

__all__ = ["DEFAULT_LOCK", "command"]

DEFAULT_LOCK = Path("pylock.toml")

_OF_LOCKS = ("extra", "group")
_OF_REQUIREMENTS = (
    *("constraint", "require_hashes", "no_deps", "upgrade"),
    *("allow_build", "no_binary", "only_binary", "no_build_isolation"),
)


@click.command("sync", cls=SectionedCommand)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=FILE)
@target_options
@option(
    "--extra",
    metavar="NAME",
    multiple=True,
    help="Install this extra of the lock too. Can be repeated.",
)
@option(
    "--group",
    metavar="NAME",
    multiple=True,
    help="Install this dependency group of the lock too. Can be repeated.",
)
@constraint_options
@option("-U", "--upgrade", is_flag=True, help="Of requirements, take the newest.")
@option("--no-deps", is_flag=True, help="Of requirements, leave dependencies aside.")
@preference_options
@build_options
@source_options
@placing_options
@report_option
@change_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    files: tuple[Path, ...],
    extra: tuple[str, ...],
    group: tuple[str, ...],
    report: Path | None,
    *,
    upgrade: bool,
    no_deps: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    asking: AskOptions,
    building: BuildOptions,
    source: SourceOptions,
    placing: PlacingOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Make an environment exactly what FILE says for this machine; `pylock.toml` by default.

    FILE is a lock, or files of requirements, of which the dependencies are taken too. What is
    missing is added, what differs swapped, and what FILE does not ask for removed, except pip,
    setuptools, wheel, and whichwheel with what it needs. The choice among the variants is made
    here and now.
    """
    lock = _lock_of(files)
    if lock is not None:
        from whichwheel.cli.locked import LockInstall, install_lock  # noqa: PLC0415

        _check_given(_OF_REQUIREMENTS, f"`{lock}` is a lock, which says all")
        locked = LockInstall(
            exact=True,
            extras=frozenset(extra),
            groups=frozenset(group),
            placing=placing,
            report=report,
        )
        return install_lock(
            lock,
            locked,
            chosen_for=chosen_for,
            preference=preference,
            source=source,
            change=change,
            console=console,
        )
    from whichwheel.cli.requested_install import (  # noqa: PLC0415 -- start-up time
        RequestedInstall,
        install_requested,
    )

    _check_given(_OF_LOCKS, "files of requirements have no extras and groups")
    asked = read_asked((), replace(asking, requirement=files), source, building, console)
    if not (asked.requests or asked.sources):
        raise click.UsageError(
            "nothing is asked for, and so everything would be removed; `whichwheel uninstall` "
            "removes what is named"
        )
    how = RequestedInstall(
        exact=True,
        upgrade=upgrade,
        dependencies=not no_deps,
        placing=placing,
        report=report,
    )
    install_requested(
        asked, how, chosen_for=chosen_for, preference=preference, change=change, console=console
    )
    return 0


def _lock_of(files: tuple[Path, ...]) -> Path | None:
    """Return the lock that is meant, if it is one: files of requirements are no TOML."""
    if not files:
        return DEFAULT_LOCK
    for path in files:
        if path.name == "pyproject.toml":
            raise click.UsageError(
                f"`{path}` says what a project needs; `whichwheel lock` makes a lock of it, and "
                "`whichwheel sync` takes that"
            )
    locks = [path for path in files if path.suffix == ".toml"]
    if locks and len(files) > 1:
        raise click.UsageError(f"`{locks[0]}` is a lock, which is installed alone")
    return locks[0] if locks else None


def _check_given(options: tuple[str, ...], why: str) -> None:
    given = [name for name in options if is_given(name)]
    if given:
        raise click.UsageError(f"`--{given[0].replace('_', '-')}` does not go with it: {why}")

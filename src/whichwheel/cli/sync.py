"""`whichwheel sync`: make an environment exactly what a lock says."""

from pathlib import Path

import click

from whichwheel.cli.console import Console
from whichwheel.cli.options import FILE, ChangeOptions, change_options, console_options, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.cli.target_options import TargetOptions, target_options

__all__ = ["DEFAULT_LOCK", "command"]

DEFAULT_LOCK = Path("pylock.toml")


@click.command("sync")
@click.argument("lock", required=False, metavar="[LOCK]", type=FILE, default=DEFAULT_LOCK)
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
@preference_options
@source_options
@option(
    "--link-mode",
    type=click.Choice(["clone", "hardlink", "copy"]),
    setting="install.link-mode",
    help="How files get from the cache into the environment; otherwise the best that works.",
)
@option(
    "--compile-bytecode",
    "--compile",
    is_flag=True,
    setting="install.compile-bytecode",
    help="Compile Python files too.",
)
@change_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    lock: Path,
    extra: tuple[str, ...],
    group: tuple[str, ...],
    link_mode: str | None,
    *,
    compile_bytecode: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    change: ChangeOptions,
    console: Console,
) -> int:
    """Make an environment exactly what LOCK says for this machine; `pylock.toml` by default.

    What is missing is added, what differs swapped, and what is not in the lock removed, except
    pip, setuptools, wheel, and whichwheel with what it needs. The choice among the variants is
    made here and now.
    """
    from whichwheel.cli.locked import LockInstall, install_lock  # noqa: PLC0415 -- start-up time

    how = LockInstall(
        exact=True,
        extras=frozenset(extra),
        groups=frozenset(group),
        link_mode=link_mode,
        compile_bytecode=compile_bytecode,
    )
    return install_lock(
        lock,
        how,
        chosen_for=chosen_for,
        preference=preference,
        source=source,
        change=change,
        console=console,
    )

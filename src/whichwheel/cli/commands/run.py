"""`whichwheel run`: any installer, with an index that shows it the builds that fit."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import SectionedCommand, option
from whichwheel.cli.preference_options import PreferenceOptions, preference_options
from whichwheel.cli.source_options import SourceOptions, proxied_source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from whichwheel.cli.running import Prepared
    from whichwheel.serve.running.addresses import Address
    from whichwheel.serve.running.tally import Taken, Tally
    from whichwheel.serve.running.tools import Changes

__all__ = ["command"]

RUN_FORMAT = "whichwheel-run/1"

_MOST_NAMED = 8


@click.command("run", cls=SectionedCommand, context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@option(
    "--resolve",
    "is_resolved",
    is_flag=True,
    help="Resolve what COMMAND asks for first, and offer it exactly these builds.",
)
@option("--dry-run", is_flag=True, help="Show the variables that COMMAND would get; run nothing.")
@target_options
@preference_options
@proxied_source_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    words: tuple[str, ...],
    *,
    is_resolved: bool,
    dry_run: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> int:
    """Run COMMAND, an installer, with an index that shows it the builds that fit this machine.

    pip, uv, pdm, pipx and others, and scripts that call them, are told of it by environment
    variables. It is there for this one command alone. The exit code is that of COMMAND.
    """
    if console.json and not dry_run:
        raise click.UsageError(
            "`--json` goes with `--dry-run`: what is printed otherwise is the command's own"
        )
    from whichwheel.cli.opening import cache_folder  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.running import prepare  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.proxy.extra import check_installed  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.addresses import AddressBook  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.child import CommandNotRunnable, run_command  # noqa: PLC0415
    from whichwheel.serve.running.private import PrivateProxy  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.tally import Tally  # noqa: PLC0415 -- start-up time

    check_installed()
    with cache_folder(source) as cache:
        prepared = prepare(
            words,
            cache,
            is_resolved=is_resolved,
            chosen_for=chosen_for,
            preference=preference,
            source=source,
            console=console,
        )
        for note in prepared.notes:
            console.warning(note)
        address, opened = AddressBook(cache).listen(prepared.choice)
        if prepared.writes_addresses and address.for_once:
            console.warning(
                "the address of earlier runs is in use: a lock that is written now names one that "
                "is there for this run alone"
            )
        with opened, _changes(prepared, address) as changes:
            if dry_run:
                _show(words, prepared, address, changes, console)
                return 0
            tally = Tally(prepared.target)
            make = _maker(prepared, address, tally, cache, console)
            with PrivateProxy(opened, make) as proxy:
                try:
                    code = run_command(prepared.command, changes.applied(prepared.environ))
                except CommandNotRunnable as error:
                    from whichwheel.cli.failures import CommandFailed  # noqa: PLC0415

                    raise CommandFailed(error, error.exit_code) from None
                taken = tally.finish()
    if proxy.failure is not None:
        console.error(f"the index for the command broke down: {proxy.failure}")
    _tell(taken, console)
    if proxy.is_stuck:
        # The end of Python waits for all threads; this one waits for a server far away.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


@contextmanager
def _changes(prepared: "Prepared", address: "Address") -> "Iterator[Changes]":
    """Return what is different for the command, with the files that it needs for a while."""
    from tempfile import TemporaryDirectory  # noqa: PLC0415 -- start-up time

    from whichwheel.serve.running.tools import pip_file, tool_changes  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.configuration import replaceable_files  # noqa: PLC0415

    environ = prepared.environ
    told = partial(
        tool_changes,
        address,
        environ=environ,
        folder=Path.cwd(),
        tool_caches=prepared.tool_caches,
        pip_proxy=prepared.settings.proxy,
    )
    if environ.get("PIP_CONFIG_FILE") == os.devnull:
        yield told(pip_config=None)
        return
    with TemporaryDirectory(prefix="whichwheel-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "pip.conf"
        path.write_text(pip_file(replaceable_files(environ)), "utf-8")
        yield told(pip_config=path)


def _maker(
    prepared: "Prepared", address: "Address", tally: "Tally", cache: Path, console: Console
) -> "Callable[[], Starlette]":
    """Return what makes the proxy's application, in the background."""
    from whichwheel.cli.opening import open_sources  # noqa: PLC0415 -- start-up time

    def make() -> "Starlette":
        # What takes long to load is loaded while the command is starting.
        from whichwheel.serve.proxy.application import make_application  # noqa: PLC0415
        from whichwheel.serve.proxy.views import View  # noqa: PLC0415 -- the same

        view = View(
            "",
            prepared.target,
            prepared.preferences,
            prepared.pins,
            is_strict=prepared.source.strict,
            for_locks=prepared.writes_lock,
        )
        return make_application(
            [view],
            open_sources=lambda: open_sources(prepared.source, cache),
            token=address.token,
            cache_directory=cache,
            warn=console.warning,
            served=tally.note,
        )

    return make


def _show(
    words: Sequence[str],
    prepared: "Prepared",
    address: "Address",
    changes: "Changes",
    console: Console,
) -> None:
    """Print what would be run, and how; the token is worth as much as a password."""
    import shlex  # noqa: PLC0415 -- only here

    variables = {name: address.masked(text) for name, text in sorted(changes.variables.items())}
    pins = {
        name: {"version": str(pin.version), "label": pin.wheel.name.label}
        for name, pin in sorted(prepared.pins.items())
    }
    if console.json:
        console.document(
            {
                "format": RUN_FORMAT,
                "target": prepared.target.name,
                "command": list(words),
                "executable": prepared.command[0],
                "variables": variables,
                "removed": sorted(changes.removed),
                "pins": pins,
                "warnings": list(prepared.notes),
            }
        )
        return
    lines = [f"{name}={text}" for name, text in variables.items()]
    lines += [f"unset {name}" for name in sorted(changes.removed)]
    offered = [
        f"would offer {name} {pin['version']}" + (f" ({pin['label']})" if pin["label"] else "")
        for name, pin in pins.items()
    ]
    console.result([*lines, *offered, f"would run {shlex.join(words)}"])


def _tell(taken: "Sequence[Taken]", console: Console) -> None:
    """Say on standard error, in a line, which builds the command took."""
    if not taken:
        return
    from whichwheel.report.sizes import size_text  # noqa: PLC0415 -- start-up time

    named = [str(each) for each in taken[:_MOST_NAMED]]
    more = f" and {len(taken) - _MOST_NAMED} more" if len(taken) > _MOST_NAMED else ""
    sizes = [
        (each.size, each.plain_size)
        for each in taken
        if each.size is not None and each.plain_size is not None and each.size < each.plain_size
    ]
    less = ""
    if sizes:
        own, plain = (sum(column) for column in zip(*sizes, strict=True))
        less = f"; {size_text(own)} instead of {size_text(plain)}"
    console.note(f"chosen for the command: {', '.join(named)}{more}{less}")

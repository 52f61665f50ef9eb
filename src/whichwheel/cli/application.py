"""The command `whichwheel`: finds the subcommand, runs it, and turns failures into exit codes."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from whichwheel._version import __version__
from whichwheel.cli.console import Console
from whichwheel.cli.failures import COULD_NOT, WrongUse, report_failure
from whichwheel.spec.errors import WhichwheelError

__all__ = ["application", "run"]

PROGRAM = "whichwheel"

_COMPLETION = "_WHICHWHEEL_COMPLETE"

# The help texts stand here so that `--help` loads no command.
_COMMANDS = {
    "install": "Install packages, each in the variant that fits.",
    "uninstall": "Remove packages from an environment.",
    "list": "List what is installed, with the variants.",
    "freeze": "Print what is installed as requirements.",
    "check": "Look for what is wrong with an environment.",
    "refresh": "Swap builds that no longer fit, or no longer fit best.",
    "lock": "Lock packages for many machines in one file.",
    "sync": "Make an environment exactly what a lock says.",
    "export": "Write what a lock gives one machine for other tools.",
    "explain": "Say which wheel would be chosen, and why no other.",
    "platform": "Show what this machine, or a target file, supports.",
    "target": "List, show, compare and check the targets that `--for` takes.",
    "overlay": "List, show, check and test what describes today's packages as variants.",
    "providers": "Show who answers for a namespace, and trust providers of others.",
    "build": "Build the variants of a project.",
    "relabel": "Turn a wheel into a variant wheel, or back.",
    "convert": "Turn a selector file into variant metadata, or back.",
    "index": "Turn a folder of wheels into a package index.",
    "run": "Run pip, uv or another installer so that it gets the builds that fit.",
    "serve": "Serve an index that shows each machine the wheels that fit it.",
    "dispatch": "Make a source distribution that picks the wheel that fits.",
    "config": "Show what is configured, and where each value comes from.",
    "cache": "Show, check and clear what was kept of earlier runs.",
}


class _UnknownCommand(WhichwheelError):
    """There is no subcommand of that name."""

    def __init__(self, name: str) -> None:
        from difflib import get_close_matches  # noqa: PLC0415 -- only here

        from whichwheel.cli.words_of_others import command_called_here  # noqa: PLC0415 -- only here

        alike = " or ".join(f"`{each}`" for each in get_close_matches(name, _COMMANDS, cutoff=0.7))
        super().__init__(
            f"no such command `{name}`",
            hint=command_called_here(name)
            or (f"did you mean {alike}?" if alike else f"`{PROGRAM} --help` lists what there is"),
        )


class _LazyGroup(click.Group):
    """A group that loads a subcommand when it is run, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"whichwheel.cli.commands.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        # What looks like an option is one that is not known.
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise WrongUse(_UnknownCommand(name))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _show_version(ctx: click.Context, _: click.Parameter, value: object) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()


@click.group(
    cls=_LazyGroup,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every option can be set as an environment variable: WHICHWHEEL_INDEX_URL for "
    "`--index-url`.",
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Print the version and exit.",
)
def application() -> None:
    """Pick, build, publish and install the wheel that fits the machine."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    :return: the exit code: 0 done, 1 could not, 2 wrong use, 130 interrupted
    """
    if _COMPLETION in os.environ:
        from click.shell_completion import shell_complete  # noqa: PLC0415 -- only here

        return shell_complete(application, {}, PROGRAM, _COMPLETION, os.environ[_COMPLETION])
    console = Console()
    console.arguments = tuple(arguments)
    # Known before the options are read, for faults in the options themselves.
    console.json = "--json" in arguments[: _end_of_own(arguments)]
    try:
        code = _invoke(list(arguments), console)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_gone()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 -- the last one to ask
        try:
            code = report_failure(error, console)
            sys.stdout.flush()
        except BrokenPipeError:
            return _reader_gone()
    return code


def _end_of_own(arguments: Sequence[str]) -> int:
    """Return where the words of another command begin, as after ``run --``."""
    return arguments.index("--") if "--" in arguments else len(arguments)


def _invoke(arguments: list[str], console: Console) -> int:
    if not arguments:
        arguments = ["--help"]
    try:
        with application.make_context(PROGRAM, arguments, obj=console) as context:
            code = application.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return code if isinstance(code, int) else 0


def _reader_gone() -> int:
    """End quietly when nobody reads the output any more, as under ``| head``."""
    # Python flushes once more at exit; give it somewhere to flush to.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return COULD_NOT

"""How options are made, and those that nearly every command has.

Each group of options is handed over to a command as one value.
"""

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import click

from whichwheel.cli.console import Console

__all__ = [
    "ENVIRONMENT_PREFIX",
    "FILE",
    "FOLDER",
    "ChangeOptions",
    "Decorator",
    "EnvironmentOption",
    "PropertyText",
    "change_options",
    "console_options",
    "field_names",
    "option",
    "option_group",
    "python_option",
]

#: What `click` wraps: it takes options by keyword and returns the exit code.
CommandFunction = Callable[..., int]


Decorator = Callable[[CommandFunction], CommandFunction]


FILE = click.Path(path_type=Path, dir_okay=False)


FOLDER = click.Path(path_type=Path, file_okay=False)


#: Every option can be given as a variable: ``WHICHWHEEL_INDEX_URL`` is ``--index-url``.
ENVIRONMENT_PREFIX = "WHICHWHEEL_"


class EnvironmentOption(click.Option):
    """An option that can be given as an environment variable named after it."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return what the variable of this option holds, if it is set and not empty."""
        given = super().resolve_envvar_value(ctx)
        if given is not None or self.envvar is not None or not self.allow_from_autoenv:
            return given
        return os.environ.get(self.variable) or None

    @property
    def variable(self) -> str:
        """The name of the variable."""
        name = next(name for name in self.opts if name.startswith("--"))
        return ENVIRONMENT_PREFIX + name.removeprefix("--").replace("-", "_").upper()


option = functools.partial(click.option, cls=EnvironmentOption)


def option_group(
    kind: Callable[..., object], names: Sequence[str], keyword: str, *options: Decorator
) -> Decorator:
    """Return a decorator that adds options and hands them over as one value.

    :param kind: makes the value from the options, by keyword
    :param names: the parameter names of the options
    :param keyword: the parameter name of the value
    """

    def decorate(function: CommandFunction) -> CommandFunction:
        @functools.wraps(function)
        def collect(**values: object) -> int:
            value = kind(**{name: values.pop(name) for name in names})
            return function(**values, **{keyword: value})

        command: CommandFunction = collect
        for add in reversed(options):
            command = add(command)
        return command

    return decorate


def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a data class, as the options of a group are called."""
    return tuple(field.name for field in fields(kind))


class PropertyText(click.types.StringParamType):
    """A property as text; several of them in a variable are separated by semicolons."""

    name = "property"
    envvar_list_splitter = ";"


def _configure(*, json: bool, quiet: int, verbose: bool, no_progress: bool) -> Console:
    """Set up the console of the run as the options say."""
    console = click.get_current_context().find_object(Console) or Console()
    console.json = json
    console.quiet = quiet
    console.verbose = verbose
    console.progress = not no_progress
    return console


console_options = option_group(
    _configure,
    ("json", "quiet", "verbose", "no_progress"),
    "console",
    option("--json", is_flag=True, help="Print the result as a JSON document."),
    option(
        "-q",
        "--quiet",
        count=True,
        help="Print only results, warnings and errors; twice: no warnings either.",
    ),
    option("-v", "--verbose", is_flag=True, help="Print details too."),
    option("--no-progress", is_flag=True, help="Show no progress bars."),
)


python_option = option(
    "--python",
    metavar="PATH",
    help="The environment: an interpreter, or the folder of a virtual environment.",
)


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """How an environment is changed.

    :param dry_run: say what would change, and change nothing
    :param break_system_packages: change an environment that another tool manages (PEP 668)
    """

    dry_run: bool
    break_system_packages: bool


change_options = option_group(
    ChangeOptions,
    field_names(ChangeOptions),
    "change",
    option("--dry-run", is_flag=True, help="Say what would change, and change nothing."),
    option(
        "--break-system-packages",
        is_flag=True,
        help="Change the environment even if another tool manages it (PEP 668).",
    ),
)

"""The options that nearly every command has: what is said, which Python, how it is changed."""

import click

from whichwheel.cli.console import Console
from whichwheel.cli.options import field_names, option, option_group
from whichwheel.spec.values import dataclass

__all__ = [
    "ChangeOptions",
    "PlacingOptions",
    "PythonChoice",
    "change_options",
    "console_options",
    "placing_options",
    "python_option",
]


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


@dataclass(frozen=True, slots=True)
class PythonChoice:
    """Which interpreter, and so which environment, is meant.

    :param python: a path, a name, the folder of an environment, or a version; None if not said
    :param system: none in a virtual environment
    """

    python: str | None = None
    system: bool = False


def _python_choice(*, python: str | None, system: bool) -> PythonChoice | None:
    return PythonChoice(python, system) if python is not None or system else None


#: Hands over ``python``: a `PythonChoice`, or None where nothing is said.
python_option = option_group(
    _python_choice,
    field_names(PythonChoice),
    "python",
    option(
        "--python",
        metavar="PATH|VERSION",
        help="The environment: an interpreter, the folder of a virtual environment, or a version "
        "as `3.12` or `>=3.11`.",
    ),
    option(
        "--system",
        is_flag=True,
        help="The first Python on `PATH`, or of that version, that is in no virtual environment.",
    ),
)


@dataclass(frozen=True, slots=True)
class PlacingOptions:
    """How files are put into an environment.

    :param link_mode: how they get there from the cache; None for the best that works
    :param compile_bytecode: whether Python files are compiled too
    """

    link_mode: str | None = None
    compile_bytecode: bool = False


placing_options = option_group(
    PlacingOptions,
    field_names(PlacingOptions),
    "placing",
    option(
        "--link-mode",
        type=click.Choice(["clone", "hardlink", "copy"]),
        setting="install.link-mode",
        help="How files get from the cache into the environment; otherwise the best that works.",
    ),
    option(
        "--compile-bytecode",
        "--compile",
        is_flag=True,
        setting="install.compile-bytecode",
        help="Compile Python files too.",
    ),
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

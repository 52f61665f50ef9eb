"""`whichwheel target`: the targets that have a name, and target files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.failures import WrongUse
from whichwheel.cli.options import FILE, option
from whichwheel.cli.target_options import TargetOptions
from whichwheel.spec.errors import WhichwheelError

if TYPE_CHECKING:
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.described.target_faults import TargetFault
    from whichwheel.target.described.target_table import TargetTable
    from whichwheel.target.target import Target

__all__ = ["command"]

LIST_FORMAT = "whichwheel-target-list/1"
SHOW_FORMAT = "whichwheel-target/1"
DIFF_FORMAT = "whichwheel-target-diff/1"
CHECK_FORMAT = "whichwheel-target-check/1"

#: Stands for the machine that the command runs on.
THIS = "this"


@click.group("target", no_args_is_help=False)
def command() -> None:
    """List, show, compare and check the machines that `--for` takes.

    NAME is a target of the project's or the user's configuration, or a shipped profile; what has
    a path separator or ends in `.toml` is a target file; `this` is this machine.
    """


@command.command("list", short_help="List the targets that have a name.")
@console_options
def list_command(*, console: Console) -> int:
    """List the targets that have a name: the project's, the user's, the shipped ones."""
    from whichwheel.target.described.named import list_targets  # noqa: PLC0415 -- start-up time

    listed = list_targets(_configuration())
    if console.json:
        console.document(
            {
                "format": LIST_FORMAT,
                "targets": [
                    {
                        "name": each.name,
                        "from": each.layer.words,
                        "file": str(each.path),
                        "description": each.description,
                        "hidden": each.hidden,
                    }
                    for each in listed
                ],
            }
        )
        return 0
    from whichwheel.report.target_text import list_lines  # noqa: PLC0415 -- start-up time

    console.result(list_lines(listed, width=console.width, style=console.style))
    return 0


@command.command("show", short_help="Show a target and what follows from it.")
@click.argument("name", metavar="NAME|FILE")
@option("--toml", is_flag=True, help="Print it as a target file that extends nothing.")
@console_options
def show_command(name: str, *, toml: bool, console: Console) -> int:
    """Show a target: its facts with their origin, what follows from them, what it extends."""
    if toml and console.json:
        raise click.UsageError("`--toml` and `--json` exclude each other")
    target, tables = _open(name, console)
    if toml:
        from whichwheel.target.described.target_writing import target_to_toml  # noqa: PLC0415

        console.result(target_to_toml(target).splitlines())
    elif console.json:
        from whichwheel.target.description import describe_target  # noqa: PLC0415

        console.document(
            {
                "format": SHOW_FORMAT,
                "target": describe_target(target),
                "tables": [_table_document(table) for table in tables],
            }
        )
    else:
        from whichwheel.report.target_text import target_lines  # noqa: PLC0415 -- start-up time

        console.result(
            target_lines(
                target,
                tables,
                width=console.width,
                style=console.style,
                verbose=console.verbose,
            )
        )
    return 0


@command.command("diff", short_help="Say what differs between two targets.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@console_options
def diff_command(first: str, second: str, *, console: Console) -> int:
    """Say what differs between two targets: facts, tags, supported properties.

    The exit code is that of `diff`: 0 if nothing differs, 1 if anything does, 2 if a target
    cannot be read. Where a fact comes from is no difference.
    """
    from whichwheel.target.described.comparing import (  # noqa: PLC0415 -- start-up time
        compare_targets,
        comparison_document,
    )

    try:
        one, other = (_open(name, console)[0] for name in (first, second))
    except WhichwheelError as error:
        raise WrongUse(error) from None
    comparison = compare_targets(one, other)
    if console.json:
        console.document(
            {
                "format": DIFF_FORMAT,
                "first": first,
                "second": second,
                **comparison_document(comparison),
            }
        )
    else:
        from whichwheel.report.target_text import comparison_lines  # noqa: PLC0415

        console.result(
            comparison_lines(
                (first, second),
                comparison,
                width=console.width,
                style=console.style,
                verbose=console.verbose,
            )
        )
    return 0 if comparison.same else 1


@command.command("check", short_help="Say everything that is wrong in target files.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=FILE)
@console_options
def check_command(files: tuple[Path, ...], *, console: Console) -> int:
    """Say everything that is wrong in target files; the exit code is 1 if anything is.

    A `whichwheel.toml` or `pyproject.toml` is checked as configuration, with all its targets.
    """
    from whichwheel.target.described.checking import check_file  # noqa: PLC0415 -- start-up time

    configuration = _configuration() if any(not _is_configuration(path) for path in files) else None
    checked = [(path, check_file(path, configuration)) for path in files]
    if console.json:
        console.document(
            {
                "format": CHECK_FORMAT,
                "files": [
                    {"file": str(path), "faults": [_fault_document(fault) for fault in faults]}
                    for path, faults in checked
                ],
            }
        )
    else:
        console.result(line for path, faults in checked for line in _checked(path, faults))
    return 1 if any(faults for _, faults in checked) else 0


def _configuration() -> "Configuration":
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time

    return open_configuration()


def _is_configuration(path: Path) -> bool:
    from whichwheel.target.described.configuration import CONFIGURATION_NAMES  # noqa: PLC0415 -- as above

    return path.name in CONFIGURATION_NAMES


def _open(name: str, console: Console) -> "tuple[Target, tuple[TargetTable, ...]]":
    """Return a target and the tables that it is made of; this machine has none."""
    if name == THIS:
        from whichwheel.cli.opening import open_target  # noqa: PLC0415 -- start-up time

        nothing_said = TargetOptions(
            python=None,
            names=(),
            properties={},
            unset=(),
            enable=(),
            gpus=None,
            no_detect_cache=False,
        )
        return open_target(nothing_said, console), ()
    from whichwheel.target.described.named import find_described  # noqa: PLC0415 -- start-up time

    found = find_described(name, _configuration())
    return found.target, found.tables


def _checked(path: Path, faults: "Sequence[TargetFault]") -> list[str]:
    if not faults:
        return [f"{path}: no faults"]
    return [
        f"{fault.where or path}:{'' if fault.line is None else f'{fault.line}:'} {fault.words}"
        for fault in faults
    ]


def _fault_document(fault: "TargetFault") -> dict[str, object]:
    return {
        "file": fault.where,
        "line": fault.line,
        "path": fault.path,
        "message": fault.message,
    }


def _table_document(table: "TargetTable") -> dict[str, object]:
    return {
        "name": table.name,
        "file": str(table.place.path),
        "path": ".".join(table.place.keys),
        "extends": table.extends,
        "description": table.description,
        "dated": None if table.dated is None else table.dated.isoformat(),
        "source": list(table.source),
    }

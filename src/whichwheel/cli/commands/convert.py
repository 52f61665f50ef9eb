"""`whichwheel convert`: a selector file into variant metadata, or back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import FILE, FOLDER, option
from whichwheel.report.style import counted

if TYPE_CHECKING:
    from whichwheel.publish.conversion import Conversion

__all__ = ["command"]

CONVERT_FORMAT = "whichwheel-convert/1"


@click.command("convert")
@click.argument("file", type=FILE)
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="The file to write, or the folder for it; otherwise beside FILE.",
)
@option(
    "--rename",
    type=FOLDER,
    metavar="DIR",
    help="Make variant wheels of the wheels in this folder that have suffixes; they take their "
    "place.",
)
@option("--strict", is_flag=True, help="Write nothing, and exit with 1, if anything is lost.")
@option("--force", is_flag=True, help="Replace files that exist.")
@option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    file: Path,
    output: Path | None,
    rename: Path | None,
    *,
    console: Console,
    strict: bool,
    force: bool,
    dry_run: bool,
) -> int:
    """Turn a selector file into variant metadata, or back.

    `NAME-VERSION-wheel-selector.toml` becomes `NAME-VERSION-variants.json`, and the other way
    round. What the new format cannot say is told, one line each.
    """
    from whichwheel.publish.conversion import carry_out, plan_conversion  # noqa: PLC0415 -- slow

    conversion = plan_conversion(file, output, rename)
    losses = conversion.losses
    for loss in losses:
        if strict:
            console.error(f"lost: {loss.message}")
        else:
            console.warning(f"lost: {loss.message}")
    refused = strict and bool(losses)
    if not dry_run and not refused:
        carry_out(conversion, force=force)
    written = not dry_run and not refused
    if console.json:
        console.document(
            {
                "format": CONVERT_FORMAT,
                "output": str(conversion.path),
                "written": written,
                "content": conversion.content.decode(),
                "lost": [{"kind": loss.kind, "message": loss.message} for loss in losses],
                "wheels": [
                    {"from": str(wheel.old), "to": str(wheel.new), "label": wheel.label}
                    for wheel in conversion.wheels
                ],
            }
        )
    elif dry_run:
        console.result([*conversion.content.decode().splitlines(), *_renamings(conversion)])
    else:
        for line in _renamings(conversion):
            console.detail(line)
    did = "wrote" if written else ("would write" if dry_run and not refused else "did not write")
    wheels = f" and {counted(len(conversion.wheels), 'variant wheel')}" * bool(conversion.wheels)
    lost = f"; {counted(len(losses), 'thing')} lost" * bool(losses)
    console.closing(f"{did} {conversion.path}{wheels}{lost}")
    return 1 if refused else 0


def _renamings(conversion: "Conversion") -> list[str]:
    return [f"{wheel.old.name} -> {wheel.new.name}" for wheel in conversion.wheels]

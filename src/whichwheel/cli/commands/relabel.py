"""`whichwheel relabel`: a wheel into a variant wheel, another variant, or a plain wheel."""

from pathlib import Path

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import FILE, FOLDER, option
from whichwheel.spec.properties import (
    InvalidLabel,
    InvalidProperty,
    VariantLabel,
    VariantProperty,
    parse_label,
)

__all__ = ["command"]

RELABEL_FORMAT = "whichwheel-relabel/1"


def _parsed_label(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> VariantLabel | None:
    try:
        return None if value is None else parse_label(value)
    except InvalidLabel as error:
        raise click.BadParameter(error.message) from None


def _parsed_properties(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[VariantProperty, ...]:
    try:
        return tuple(VariantProperty.parse(value) for value in values)
    except InvalidProperty as error:
        raise click.BadParameter(error.message) from None


@click.command("relabel")
@click.argument("wheel", type=FILE)
@option("--label", metavar="LABEL", callback=_parsed_label, help="The new variant label.")
@option("--plain", is_flag=True, help="Take the label off: make a plain wheel.")
@option(
    "-p",
    "--property",
    "properties",
    metavar="'NS :: FEATURE :: VALUE'",
    multiple=True,
    callback=_parsed_properties,
    help="A property that the label stands for. Can be repeated.",
)
@option(
    "--pyproject",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The `pyproject.toml` whose `[variant]` table says what labels stand for.",
)
@option(
    "-o",
    "--out-dir",
    type=FOLDER,
    metavar="DIR",
    help="Where to write the new wheel; otherwise beside the old one.",
)
@option("--force", is_flag=True, help="Replace a wheel of the new name.")
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    wheel: Path,
    label: VariantLabel | None,
    properties: tuple[VariantProperty, ...],
    pyproject: Path | None,
    out_dir: Path | None,
    *,
    console: Console,
    plain: bool,
    force: bool,
) -> int:
    """Write WHEEL under another variant label; the old wheel stays.

    The label `null` stands for no properties. All contents stay as they are but for
    `variant.json` and `RECORD`.
    """
    from whichwheel.publish.relabel import relabel  # noqa: PLC0415 -- start-up time
    from whichwheel.publish.variant_table import read_variant_table  # noqa: PLC0415

    if (label is not None) == plain:
        raise click.UsageError("give either `--label` or `--plain`")
    if pyproject is not None and pyproject.is_dir():
        pyproject /= "pyproject.toml"
    made = relabel(
        wheel,
        label=label,
        properties=properties,
        table=None if pyproject is None else read_variant_table(pyproject).metadata,
        output_directory=out_dir if out_dir is not None else wheel.parent,
        force=force,
    )
    for warning in made.warnings:
        console.warning(warning)
    if console.json:
        console.document(
            {
                "format": RELABEL_FORMAT,
                "wheel": str(made.path),
                "label": label,
                "warnings": list(made.warnings),
            }
        )
    console.closing(f"wrote {made.path}")
    return 0

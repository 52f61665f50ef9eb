"""`whichwheel build`: all variants of a project, through its own build backend."""

from pathlib import Path
from typing import Literal

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import FOLDER, option
from whichwheel.spec.properties import InvalidLabel, VariantLabel, parse_label

__all__ = ["command"]

BUILD_FORMAT = "whichwheel-build/1"


def _parsed_labels(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[VariantLabel, ...]:
    try:
        return tuple(parse_label(value) for value in values)
    except InvalidLabel as error:
        raise click.BadParameter(error.message) from None


@click.command("build")
@click.argument("project", type=FOLDER, default=".")
@option(
    "--variant",
    "labels",
    metavar="LABEL",
    multiple=True,
    # `WHICHWHEEL_VARIANT` is the option of the same name of `install`.
    envvar="WHICHWHEEL_BUILD_VARIANT",
    callback=_parsed_labels,
    help="Build this variant. Can be repeated.",
)
@option(
    "--all",
    "every",
    is_flag=True,
    help="Build every variant that this machine can build, and `null`; so it is without "
    "`--variant` and `--plain` too.",
)
@option("--plain", is_flag=True, help="Build the plain wheel (too).")
@option(
    "-o",
    "--out-dir",
    type=FOLDER,
    metavar="DIR",
    help="Where to write the wheels; otherwise `dist` in the project.",
)
@option(
    "--no-isolation",
    "--no-build-isolation",
    is_flag=True,
    help="Build with what is installed beside whichwheel, not in an environment of its own.",
)
@option(
    "--installer",
    type=click.Choice(["pip", "uv"]),
    default="pip",
    show_default=True,
    help="What fills the build environment.",
)
@option("--keep-going", is_flag=True, help="Build the rest after a failure.")
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    project: Path,
    labels: tuple[VariantLabel, ...],
    out_dir: Path | None,
    installer: Literal["pip", "uv"],
    console: Console,
    *,
    every: bool,
    plain: bool,
    no_isolation: bool,
    keep_going: bool,
) -> int:
    """Build the variants of PROJECT from the `[variant]` table of its `pyproject.toml`.

    Building runs the project's own code. Environment variables and config settings of a variant
    stand under `[tool.whichwheel.variants.LABEL]`.
    """
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.publish.build import build_variants  # noqa: PLC0415 -- start-up time

    if every and labels:
        raise click.UsageError("`--all` and `--variant` exclude each other")
    named = bool(labels) or (plain and not every)
    with shown_progress(console) as progress:
        report = build_variants(
            project,
            [*labels, *([None] if plain else [])] if named else None,
            output_directory=out_dir if out_dir is not None else project / "dist",
            isolation=not no_isolation,
            installer=installer,
            plain=plain,
            keep_going=keep_going,
            progress=progress,
            on_output=console.detail,
        )
    for left_out in report.left_out:
        console.note(f"the variant `{left_out.label}` was left out: {left_out.why}")
    for built in report.built:
        for warning in built.warnings:
            console.warning(warning)
        console.closing(f"built {built.path} in {built.seconds:.1f} s")
    for error in report.failed:
        console.error(error.message, error.hint)
    if console.json:
        console.document(
            {
                "format": BUILD_FORMAT,
                "built": [
                    {
                        "wheel": str(built.path),
                        "label": built.label,
                        "seconds": round(built.seconds, 3),
                        "warnings": list(built.warnings),
                    }
                    for built in report.built
                ],
                "left_out": [
                    {"label": left_out.label, "why": left_out.why} for left_out in report.left_out
                ],
                "failed": [
                    {"message": error.message, "hint": error.hint} for error in report.failed
                ],
            }
        )
    return 1 if report.failed else 0

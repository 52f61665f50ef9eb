"""`whichwheel dispatch`: a release into a source distribution that picks the wheel that fits."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import FOLDER, SectionedCommand, option
from whichwheel.cli.source_options import SourceOptions, reaching_options
from whichwheel.report.sizes import size_text
from whichwheel.report.style import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from whichwheel.publish.dispatch.gathering import Gathered
    from whichwheel.publish.dispatch.package import Package
    from whichwheel.sources.ports import Progress

__all__ = ["command"]

DISPATCH_COMMAND_FORMAT = "whichwheel-dispatch-package/1"


def _parsed_version(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> "Version | None":
    if value is None:
        return None
    from packaging.version import Version  # noqa: PLC0415 -- start-up time

    try:
        return Version(value)
    except ValueError:  # also that of a number with thousands of digits
        raise click.BadParameter(f"`{value}` is not a version") from None


def _parsed_project(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> "NormalizedName | None":
    if value is None:
        return None
    from packaging.utils import InvalidName, canonicalize_name  # noqa: PLC0415 -- start-up time

    try:
        return canonicalize_name(value, validate=True)
    except InvalidName:
        raise click.BadParameter(f"`{value}` is not the name of a project") from None


def _checked_address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    from whichwheel.publish.dispatch.wheel_address import (  # noqa: PLC0415 -- start-up time
        address_fault,
        as_address,
        without_user,
    )

    address = as_address(value)
    why = address_fault(address)
    if why is None and ("?" in address or "#" in address):
        why = "is no address of a folder: it has a `?` or a `#`"
    if why is not None:
        raise click.BadParameter(f"`{without_user(value)}` {why}")
    return address


@click.command("dispatch", cls=SectionedCommand)
@click.argument("place", metavar="DIR|INDEX")
@click.argument("project", required=False, callback=_parsed_project)
@option(
    "--version",
    metavar="V",
    callback=_parsed_version,
    help="The version, instead of the newest that has variants.",
)
@option(
    "-o",
    "--out-dir",
    type=FOLDER,
    default=Path(),
    metavar="DIR",
    help="Where to write the source distribution; otherwise the current folder.",
)
@option(
    "--base-url",
    metavar="URL",
    callback=_checked_address,
    help="The address of the folder that the wheels are fetched from.",
)
@option(
    "--include-wheels",
    is_flag=True,
    help="Put the wheels into the source distribution, so that nothing is fetched.",
)
@option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@option("--force", is_flag=True, help="Replace a source distribution of the same name.")
@reaching_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    place: str,
    project: "NormalizedName | None",
    version: "Version | None",
    *,
    out_dir: Path,
    base_url: str | None,
    source: SourceOptions,
    console: Console,
    include_wheels: bool,
    dry_run: bool,
    force: bool,
) -> int:
    """Make a source distribution that picks the variant for the machine it is installed on.

    DIR|INDEX is a folder of wheels, or a package index; then PROJECT is needed. Installed by any
    pip or uv from an ordinary registry, it fetches the wheel that fits, checks its hash and hands
    it over under its plain name.
    """
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.publish.dispatch.package import make_package, write_package  # noqa: PLC0415

    with shown_progress(console) as progress:
        gathered = _gather(
            place,
            project,
            version,
            base_url=base_url,
            source=source,
            progress=progress,
            include=include_wheels,
        )
        package = make_package(gathered)
        path = None if dry_run else write_package(package, out_dir, force=force)
    for item in gathered.left_out:
        console.warning(f"`{item.filename}` was left out: {item.why}")
    for warning in package.warnings:
        console.warning(warning)
    _report(package, gathered, path, console)
    return 0


def _gather(  # noqa: PLR0913 -- all that says what is gathered
    place: str,
    project: "NormalizedName | None",
    version: "Version | None",
    *,
    base_url: str | None,
    source: SourceOptions,
    progress: "Progress",
    include: bool,
) -> "Gathered":
    from whichwheel.cli.opening import cache_folder, open_sources  # noqa: PLC0415 -- start-up time
    from whichwheel.publish.dispatch.gathering import (  # noqa: PLC0415 -- start-up time
        gather_folder,
        gather_index,
    )

    folder = Path(place)
    if "://" not in place:
        if not folder.is_dir():
            raise click.BadParameter(f"there is no folder `{place}`", param_hint="DIR|INDEX")
        return gather_folder(
            folder, project, version, base_url=base_url, include=include, progress=progress
        )
    if project is None:
        raise click.UsageError("name the project after the index")
    asked = replace(source, index_url=place)
    with (
        cache_folder(asked) as cache,
        open_sources(asked, cache, progress, overlaid=False) as sources,
    ):
        return gather_index(
            sources, project, version, base_url=base_url, include=include, progress=progress
        )


def _report(package: "Package", gathered: "Gathered", path: Path | None, console: Console) -> None:
    labels = sorted({wheel.name.label for wheel in gathered.wheels if wheel.name.label})
    size = None if path is None else path.stat().st_size
    if console.json:
        console.document(
            {
                "format": DISPATCH_COMMAND_FORMAT,
                "sdist": None if path is None else str(path),
                "size": size,
                "project": gathered.name,
                "version": str(gathered.version),
                "labels": labels,
                "providers": list(package.document.providers),
                "wheels": [
                    {
                        "filename": wheel.name.filename,
                        "url": wheel.url,
                        "included": wheel.included,
                        "sha256": wheel.sha256,
                        "size": wheel.size,
                    }
                    for wheel in package.document.wheels
                ],
                "left_out": [
                    {"filename": item.filename, "why": item.why} for item in gathered.left_out
                ],
                "warnings": list(package.warnings),
            }
        )
    for wheel in package.document.wheels:
        console.detail(f"{wheel.name.filename}: {wheel.url or 'no address'}")
    what = f"{counted(len(gathered.wheels), 'wheel')}: {_listed(labels, gathered)}"
    if path is None:
        console.closing(f"would write {package.filename} for {what}")
        return
    console.closing(f"wrote {path} ({size_text(size or 0)}) for {what}")
    console.closing(f"try it: pip install -v {path}")


def _listed(labels: "Sequence[str]", gathered: "Gathered") -> str:
    plain = ["plain"] if any(wheel.name.label is None for wheel in gathered.wheels) else []
    return ", ".join([*labels, *plain])

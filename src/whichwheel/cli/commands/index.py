"""`whichwheel index`: a folder of wheels into a package index."""

from pathlib import Path

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import FOLDER, option
from whichwheel.report.style import counted

__all__ = ["command"]

INDEX_FORMAT = "whichwheel-index/1"


@click.command("index")
@click.argument("folder", type=FOLDER)
@option(
    "-o",
    "--out-dir",
    type=FOLDER,
    metavar="DIR",
    help="Write the index here, and copy the wheels, instead of into FOLDER itself.",
)
@console_options
def command(folder: Path, out_dir: Path | None, console: Console) -> int:
    """Make FOLDER an index that any web server, or none, can serve.

    Writes `*-variants.json`, HTML and JSON pages and metadata files beside the wheels. A broken
    wheel is named and left out; the rest is written, and the exit code is 1.
    """
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.publish.index import write_index  # noqa: PLC0415 -- start-up time

    with shown_progress(console) as progress:
        report = write_index(folder, output=out_dir, progress=progress)
    for left_out in report.left_out:
        console.error(f"`{left_out.filename}` was left out: {left_out.why}")
    if console.json:
        console.document(
            {
                "format": INDEX_FORMAT,
                "folder": str(report.folder),
                "files": report.files,
                "projects": {
                    name: [str(version) for version in versions]
                    for name, versions in report.projects.items()
                },
                "left_out": [
                    {"filename": left_out.filename, "why": left_out.why}
                    for left_out in report.left_out
                ],
                "written": list(report.written),
                "unchanged": list(report.unchanged),
                "removed": list(report.removed),
            }
        )
    for name in report.written:
        console.detail(f"wrote {name}")
    for name in report.removed:
        console.detail(f"removed {name}")
    console.closing(
        f"{report.folder} lists {counted(report.files, 'file')} of "
        f"{counted(len(report.projects), 'project')}: {counted(len(report.written), 'page')} "
        f"written, {len(report.unchanged)} unchanged"
    )
    return 0 if report.is_whole else 1

"""`--report FILE`: what was installed, as pip's report says it."""

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.console import Console
from whichwheel.cli.options import FILE, option
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whichwheel.environment.plan import Plan
    from whichwheel.sources.ports import Sources
    from whichwheel.sources.release import File
    from whichwheel.target.target import Target

__all__ = ["Report", "ReportNotWritten", "prepared_report", "report_option"]


class ReportNotWritten(WhichwheelError):
    """A report that cannot be written.

    :param path: where it was to be
    :param why: as a clause
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the report cannot be written to `{path}`: {why}",
            hint="name a file in a folder that can be written to, or `-` for standard output",
        )
        self.path = path
        self.why = why


def _writable(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> Path | None:
    """Check before anything is changed what would only show afterwards."""
    if path is None or str(path) == "-":
        return path
    try:
        found = path.stat()
    except FileNotFoundError:
        folder = path.absolute().parent
        if not folder.is_dir():
            raise ReportNotWritten(path, "there is no such folder") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ReportNotWritten(path, "the folder cannot be written to") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise ReportNotWritten(path, (why or str(error)).lower()) from None
    else:
        if stat.S_ISDIR(found.st_mode):
            raise ReportNotWritten(path, "it is a folder")
        if not os.access(path, os.W_OK):
            raise ReportNotWritten(path, "it cannot be written to")
    return path


report_option = option(
    "--report",
    type=FILE,
    metavar="FILE",
    callback=_writable,
    help="Write what is installed, with where it comes from, in the format of pip's report; "
    "`-` for standard output.",
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is written when all is done.

    :param path: ``-`` for standard output
    """

    path: Path
    document: "Mapping[str, object]"

    @property
    def is_result(self) -> bool:
        """Whether standard output is for it alone."""
        return str(self.path) == "-"

    def write(self, console: Console) -> None:
        """Write it.

        :raises ReportNotWritten: if that cannot be
        """
        if self.is_result:
            console.document(self.document)
            return
        from whichwheel.report.json_text import json_text  # noqa: PLC0415 -- start-up time

        try:
            self.path.write_text(json_text(self.document) + "\n", encoding="utf-8")
        except OSError as error:
            raise ReportNotWritten(self.path, (error.strerror or str(error)).lower()) from None


def prepared_report(
    path: Path | None, plan: "Plan", target: "Target", sources: "Sources", console: Console
) -> Report | None:
    """Return the report of a plan, made before it is carried out; None if none is wanted."""
    if path is None:
        return None
    if console.json and str(path) == "-":
        raise click.UsageError("`--json` and `--report -` both write to standard output")
    from whichwheel.report.installation_report import installation_report  # noqa: PLC0415
    from whichwheel.target.description import describe_target  # noqa: PLC0415 -- start-up time

    def sha256(file: "File") -> str:
        with sources.fetch(file).open("rb") as fetched:
            return hashlib.file_digest(fetched, "sha256").hexdigest()

    document = installation_report(
        plan,
        target=describe_target(target, detect=False),
        environment=target.environment,
        metadata=sources.metadata,
        sha256=sha256,
    )
    return Report(path, document)

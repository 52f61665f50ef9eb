"""How late files may have been uploaded: what the options say, else what pip is told."""

from datetime import UTC, datetime

from whichwheel.cli.console import Console
from whichwheel.cli.source_options import SourceOptions
from whichwheel.sources.errors import SourceError
from whichwheel.sources.moments import InvalidMoment, read_moment
from whichwheel.sources.upload_times import UploadLimit, UploadLimits

__all__ = ["upload_limits"]


def upload_limits(
    options: SourceOptions, of_pip: str | None, console: Console
) -> UploadLimits | None:
    """Return the limits, None if there are none.

    :param of_pip: its own limit, as it is written
    :param console: told of indexes that say of a file no time
    :raises SourceError: if pip's limit is none
    """
    every = options.exclude_newer or (None if of_pip is None else _read(of_pip))
    if every is None and not options.exclude_newer_package:
        return None
    return UploadLimits(every, options.exclude_newer_package, warn=console.warning)


def _read(text: str) -> UploadLimit:
    try:
        moment = read_moment(text, now=datetime.now(UTC), day_included=False)
    except InvalidMoment as error:
        raise SourceError(
            f"pip's setting `uploaded-prior-to` cannot be used: {error.message}",
            where="uploaded-prior-to",
            hint="`--exclude-newer` takes its place; see `pip config list`",
        ) from None
    return UploadLimit(text, moment, f"pip's setting `uploaded-prior-to = {text}`")

"""How late files may have been uploaded: what the options say, else what pip is told."""

from datetime import UTC, datetime

import click

from whichwheel.cli.console import Console
from whichwheel.cli.source_options import SourceOptions
from whichwheel.sources.configuration import uploaded_prior_to
from whichwheel.sources.errors import SourceError
from whichwheel.sources.moments import InvalidMoment, read_moment
from whichwheel.sources.upload_times import UploadLimit, UploadLimits

__all__ = ["upload_limits"]


def upload_limits(options: SourceOptions) -> UploadLimits | None:
    """Return the limits, None if there are none.

    :raises SourceError: if a configuration file of pip cannot be read, or its limit is none
    """
    every = options.exclude_newer or _of_pip()
    if every is None and not options.exclude_newer_package:
        return None
    return UploadLimits(every, options.exclude_newer_package, warn=_console().warning)


def _console() -> Console:
    """Return the console of the run; a server's own threads know nothing of it."""
    context = click.get_current_context(silent=True)
    return (None if context is None else context.find_object(Console)) or Console()


def _of_pip() -> UploadLimit | None:
    text = uploaded_prior_to()
    if text is None:
        return None
    try:
        moment = read_moment(text, now=datetime.now(UTC), day_included=False)
    except InvalidMoment as error:
        raise SourceError(
            f"pip's setting `uploaded-prior-to` cannot be used: {error.message}",
            where="uploaded-prior-to",
            hint="`--exclude-newer` takes its place; see `pip config list`",
        ) from None
    return UploadLimit(text, moment, f"pip's setting `uploaded-prior-to = {text}`")

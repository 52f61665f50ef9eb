"""The options that say how late files may have been uploaded."""

from typing import TYPE_CHECKING

import click
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.cli.options import EnvironmentOption, PropertyText, is_configured, option

if TYPE_CHECKING:
    from whichwheel.sources.upload_times import UploadLimit

__all__ = ["dating_options"]


def _read_limit(text: str, said: str) -> "UploadLimit":
    from datetime import UTC, datetime  # noqa: PLC0415 -- start-up time

    from whichwheel.sources.moments import InvalidMoment, read_moment  # noqa: PLC0415
    from whichwheel.sources.upload_times import UploadLimit  # noqa: PLC0415 -- start-up time

    if text.strip().lower() == "false":
        return UploadLimit(text, None, said)
    try:
        return UploadLimit(text, read_moment(text, now=datetime.now(UTC)), said)
    except InvalidMoment as error:
        raise click.BadParameter(f"{error.message} ({error.hint})") from None


def _limit(_ctx: click.Context, param: click.Parameter, value: str | None) -> "UploadLimit | None":
    return None if value is None else _read_limit(value, f"`{_said(param)} {value}`")


def _said(param: click.Parameter) -> str:
    """Return what an option was given with, as people wrote it."""
    if isinstance(param, EnvironmentOption) and is_configured(param.name or ""):
        return f"{param.setting} ="
    return param.opts[0]


def _limits(
    _ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> "dict[NormalizedName, UploadLimit]":
    limits = {}
    for value in values:
        project, separator, text = value.partition("=")
        if not separator:
            raise click.BadParameter(f"`{value}` is not of the form `name=when`")
        try:
            name = canonicalize_name(project.strip(), validate=True)
        except InvalidName:
            raise click.BadParameter(f"`{project}` is not the name of a project") from None
        limits[name] = _read_limit(text, f"`{_said(param)} {name}={text}`")
    return limits


#: They belong to those that say where files come from.
dating_options = (
    option(
        "--exclude-newer",
        metavar="WHEN",
        callback=_limit,
        setting="install.exclude-newer",
        help="Take only files that were uploaded to an index before then: `2026-03-01`, "
        "`2026-03-01T12:00:00Z`, or how long ago, as `7 days`.",
    ),
    option(
        "--exclude-newer-package",
        metavar="NAME=WHEN",
        type=PropertyText(),
        multiple=True,
        callback=_limits,
        setting="install.exclude-newer-package",
        help="The same for one package, instead; `NAME=false` for no limit. Can be repeated.",
    ),
)

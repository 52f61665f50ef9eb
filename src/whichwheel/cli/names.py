"""Names of projects on the command line."""

import click
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

__all__ = ["project_names"]


def project_names(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> frozenset[NormalizedName]:
    """Read names of projects; a callback for an argument or option that is repeated."""
    try:
        return frozenset(canonicalize_name(value, validate=True) for value in values)
    except InvalidName as error:
        raise click.BadParameter(str(error)) from None

"""The options that say what the user wants of wheels, versions and the whole environment."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.cli.options import (
    EnvironmentOption,
    PropertyText,
    field_names,
    option,
    option_group,
)
from whichwheel.spec.properties import InvalidLabel, VariantLabel, parse_label
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.choose.wishes import Wish

__all__ = ["PreferenceOptions", "Said", "preference_options", "wheel_preference_options"]


@dataclass(frozen=True, slots=True)
class Said:
    """A word that was given, and the option or variable that it was given with."""

    word: str
    origin: str


@dataclass(frozen=True, slots=True)
class PreferenceOptions:
    """What the user prefers among wheels and versions.

    :param variant: labels picked by hand, by project
    :param no_variants: leave all variant wheels aside
    :param prefer: variants to take before others, the most important first
    :param ban: variants to take nowhere
    :param require: variants to take wherever there are any
    :param version_policy: what counts more, the newest version or a build for the target
    :param fail_on_fallback: take nothing rather than less than the best; None if not said
    :param axis: values of axes to agree on
    :param axis_strategy: which values are best where several would do; None if not said
    :param pre: take pre-releases too
    """

    variant: Mapping[NormalizedName, VariantLabel]
    no_variants: bool
    prefer: "tuple[Wish, ...]"
    ban: "tuple[Wish, ...]"
    require: "tuple[Wish, ...]"
    version_policy: Said | None
    fail_on_fallback: bool | None
    axis: tuple[Said, ...]
    axis_strategy: str | None
    pre: bool

    @property
    def wishes(self) -> "tuple[Wish, ...]":
        """All that is preferred, banned and required."""
        return (*self.prefer, *self.ban, *self.require)


def _labels_by_project(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> dict[NormalizedName, VariantLabel]:
    picked = {}
    for value in values:
        name, separator, label = value.partition("=")
        if not separator:
            raise click.BadParameter(f"`{value}` is not of the form `name=label`")
        try:
            picked[canonicalize_name(name.strip(), validate=True)] = parse_label(label.strip())
        except InvalidName:
            raise click.BadParameter(f"`{name}` is not the name of a project") from None
        except InvalidLabel as error:
            raise click.BadParameter(error.message) from None
    return picked


class WishText(click.types.StringParamType):
    """A wish as text; several of them in a variable are separated by semicolons."""

    name = "wish"
    envvar_list_splitter = ";"


def _wishes(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> "tuple[Wish, ...]":
    """Read the wishes of an option, and those of its variable: they are further wishes."""
    in_variable = param.value_from_envvar(ctx) or ()
    if not values and not in_variable:
        return ()
    from whichwheel.choose.wish_reading import read_wish  # noqa: PLC0415 -- start-up time
    from whichwheel.choose.wishes import InvalidSubject, Level, WishKind  # noqa: PLC0415

    kind = WishKind(param.name or "")
    written = []
    if ctx.get_parameter_source(kind.value) is ParameterSource.COMMANDLINE:
        written += [(text, Level.COMMAND_LINE, param.opts[-1]) for text in values]
    written += [(text, Level.VARIABLE, _variable(param)) for text in in_variable if text.strip()]
    try:
        return tuple(read_wish(text, kind, level, origin) for text, level, origin in written)
    except InvalidSubject as error:
        raise click.BadParameter(f"{error.message} ({error.hint})") from None


def _said(ctx: click.Context, param: click.Parameter, value: str | None) -> Said | None:
    return None if value is None else Said(value, _origin(ctx, param))


def _all_said(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[Said, ...]:
    return tuple(Said(value, _origin(ctx, param)) for value in values if value.strip())


def _origin(ctx: click.Context, param: click.Parameter) -> str:
    given = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    return param.opts[-1] if given else _variable(param)


def _variable(param: click.Parameter) -> str:
    return param.variable if isinstance(param, EnvironmentOption) else param.opts[-1]


def _for_each_alone(**values: object) -> PreferenceOptions:
    """Make the value where nothing is resolved, so that what concerns versions has no say."""
    given: dict[str, Any] = dict(values)
    return PreferenceOptions(
        **given, version_policy=None, fail_on_fallback=None, axis_strategy=None, pre=False
    )


_of_wheels = (
    option(
        "--variant",
        metavar="NAME=LABEL",
        multiple=True,
        callback=_labels_by_project,
        help="Take this variant of a project. Can be repeated.",
    ),
    option("--no-variants", is_flag=True, help="Leave all variant wheels aside."),
    *(
        option(
            f"--{kind}",
            metavar='"[NAME =] SUBJECT"',
            type=WishText(),
            multiple=True,
            callback=_wishes,
            help=f"{what}, given as `namespace`, `namespace :: feature`, "
            "`namespace :: feature :: value` or `label:NAME`, of all projects or of one. "
            "Can be repeated.",
        )
        for kind, what in (
            ("prefer", "Take these variants before others"),
            ("ban", "Never take these variants"),
            ("require", "Take no others than these variants where there are any"),
        )
    ),
)

_axis = option(
    "--axis",
    metavar='"NAME = VALUE"',
    type=PropertyText(),
    multiple=True,
    callback=_all_said,
    help='What the whole environment agrees on, as `"blas_lapack :: library = mkl"`. '
    "Can be repeated.",
)

#: What can be said where each package is looked at alone.
wheel_preference_options = option_group(
    _for_each_alone,
    ("variant", "no_variants", "prefer", "ban", "require", "axis"),
    "preference",
    *_of_wheels,
    _axis,
)

preference_options = option_group(
    PreferenceOptions,
    field_names(PreferenceOptions),
    "preference",
    *_of_wheels,
    option(
        "--version-policy",
        type=click.Choice(["newest", "best-build"]),
        callback=_said,
        help="What counts more: the newest version (the default), or a build for this machine.",
    ),
    option(
        "--fail-on-fallback/--no-fail-on-fallback",
        default=None,
        help="Fail where less than the best would be taken: another variant, an older version, "
        "or a plain wheel beside variants.",
    ),
    _axis,
    option(
        "--axis-strategy",
        type=click.Choice(["preferred", "most-packages", "newest"]),
        help="Which values are agreed on where several would do: those that packages prefer "
        "(the default), those that most packages have a build for, or the newest that all share.",
    ),
    option(
        "--pre",
        is_flag=True,
        setting="install.prerelease",
        help="Take pre-releases like any other version.",
    ),
)

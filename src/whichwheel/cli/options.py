"""Options that several commands share; each group of them is handed over as one value."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.cli.console import Console
from whichwheel.spec.properties import (
    NAME_PATTERN,
    InvalidLabel,
    InvalidProperty,
    VariantLabel,
    VariantProperties,
    parse_label,
)

if TYPE_CHECKING:
    from whichwheel.choose.wishes import Wish
    from whichwheel.target.gpus import GpuPolicy

__all__ = [
    "ENVIRONMENT_PREFIX",
    "FILE",
    "FOLDER",
    "ChangeOptions",
    "Decorator",
    "EnvironmentOption",
    "PreferenceOptions",
    "PropertyText",
    "Said",
    "SourceOptions",
    "TargetOptions",
    "change_options",
    "console_options",
    "option",
    "option_group",
    "preference_options",
    "python_option",
    "source_options",
    "switch_options",
    "target_options",
]

#: What `click` wraps: it takes options by keyword and returns the exit code.
CommandFunction = Callable[..., int]
Decorator = Callable[[CommandFunction], CommandFunction]

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

#: Every option can be given as a variable: ``WHICHWHEEL_INDEX_URL`` is ``--index-url``.
ENVIRONMENT_PREFIX = "WHICHWHEEL_"


class EnvironmentOption(click.Option):
    """An option that can be given as an environment variable named after it."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return what the variable of this option holds, if it is set and not empty."""
        given = super().resolve_envvar_value(ctx)
        if given is not None or self.envvar is not None or not self.allow_from_autoenv:
            return given
        return os.environ.get(self.variable) or None

    @property
    def variable(self) -> str:
        """The name of the variable."""
        name = next(name for name in self.opts if name.startswith("--"))
        return ENVIRONMENT_PREFIX + name.removeprefix("--").replace("-", "_").upper()


option = functools.partial(click.option, cls=EnvironmentOption)


def option_group(
    kind: Callable[..., object], names: Sequence[str], keyword: str, *options: Decorator
) -> Decorator:
    """Return a decorator that adds options and hands them over as one value.

    :param kind: makes the value from the options, by keyword
    :param names: the parameter names of the options
    :param keyword: the parameter name of the value
    """

    def decorate(function: CommandFunction) -> CommandFunction:
        @functools.wraps(function)
        def collect(**values: object) -> int:
            value = kind(**{name: values.pop(name) for name in names})
            return function(**values, **{keyword: value})

        command: CommandFunction = collect
        for add in reversed(options):
            command = add(command)
        return command

    return decorate


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Where files come from, and what is remembered of it.

    :param index_url: instead of the one pip would use
    :param timeout: in seconds, for one request; None for what pip would use
    :param retries: of one request; None for what pip would use
    :param cert: file or folder of certificate authorities
    :param client_cert: file with a certificate and key of the user's own
    :param proxy: instead of the one that the environment names
    :param trusted_host: hosts whose certificate is not checked
    :param cache_dir: instead of the user's own cache folder
    :param no_cache: use no cache from earlier runs, and leave none
    :param refresh: ask again for all that is cached
    :param strict: fail where variant metadata cannot be used
    """

    index_url: str | None
    extra_index_url: tuple[str, ...]
    find_links: tuple[str, ...]
    no_index: bool
    timeout: float | None
    retries: int | None
    cert: str | None
    client_cert: str | None
    proxy: str | None
    trusted_host: tuple[str, ...]
    cache_dir: Path | None
    no_cache: bool
    refresh: bool
    strict: bool

    @classmethod
    def of_pip(cls) -> "SourceOptions":
        """Return what holds where no option is given: the sources that pip would use."""
        return cls(
            index_url=None,
            extra_index_url=(),
            find_links=(),
            no_index=False,
            timeout=None,
            retries=None,
            cert=None,
            client_cert=None,
            proxy=None,
            trusted_host=(),
            cache_dir=None,
            no_cache=False,
            refresh=False,
            strict=False,
        )


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """What machine and Python to choose for.

    :param python: an interpreter, or the folder of a virtual environment
    :param names: named targets and target files; then nothing is detected
    :param properties: exact properties, by namespace; they skip detection
    :param unset: namespaces that are turned off
    :param enable: namespaces whose optional provider is turned on
    :param gpus: which of several GPUs have to be served
    :param no_detect_cache: detect anew, and keep nothing of it
    """

    python: str | None
    names: tuple[str, ...]
    properties: VariantProperties
    unset: tuple[str, ...]
    enable: tuple[str, ...]
    gpus: "GpuPolicy | None"
    no_detect_cache: bool

    @property
    def elsewhere(self) -> bool:
        """Whether it is another machine than this one."""
        return bool(self.names)


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
    :param axis: values of axes to agree on, as text
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
    axis: tuple[str, ...]
    axis_strategy: str | None
    pre: bool

    @property
    def wishes(self) -> "tuple[Wish, ...]":
        """All that is preferred, banned and required."""
        return (*self.prefer, *self.ban, *self.require)


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """How an environment is changed.

    :param dry_run: say what would change, and change nothing
    :param break_system_packages: change an environment that another tool manages (PEP 668)
    """

    dry_run: bool
    break_system_packages: bool


def _field_names(
    kind: type[SourceOptions | TargetOptions | PreferenceOptions | ChangeOptions],
) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _configure(*, json: bool, quiet: int, verbose: bool, no_progress: bool) -> Console:
    """Set up the console of the run as the options say."""
    console = click.get_current_context().find_object(Console) or Console()
    console.json = json
    console.quiet = quiet
    console.verbose = verbose
    console.progress = not no_progress
    return console


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


class PropertyText(click.types.StringParamType):
    """A property as text; several of them in a variable are separated by semicolons."""

    name = "property"
    envvar_list_splitter = ";"


def _given_properties(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> VariantProperties:
    if not values:
        return {}
    from whichwheel.target.settings import parse_given  # noqa: PLC0415 -- start-up time

    try:
        return parse_given(values)
    except InvalidProperty as error:
        raise click.BadParameter(f"{error.message} ({error.hint})") from None


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
    if value is None:
        return None
    given = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    return Said(value, param.opts[-1] if given else _variable(param))


def _variable(param: click.Parameter) -> str:
    return param.variable if isinstance(param, EnvironmentOption) else param.opts[-1]


def _namespaces(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        if not NAME_PATTERN.fullmatch(value):
            raise click.BadParameter(
                f"`{value}` is not a namespace: only `a-z`, `0-9` and `_` may stand in it"
            )
    return values


def _gpu_policy(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> "GpuPolicy | None":
    if value is None:
        return None
    from whichwheel.target.gpus import GpuPolicy, InvalidGpuPolicy  # noqa: PLC0415

    try:
        return GpuPolicy.parse(value)
    except InvalidGpuPolicy as error:
        raise click.BadParameter(f"{error.message} ({error.hint})") from None


console_options = option_group(
    _configure,
    ("json", "quiet", "verbose", "no_progress"),
    "console",
    option("--json", is_flag=True, help="Print the result as a JSON document."),
    option(
        "-q",
        "--quiet",
        count=True,
        help="Print only results, warnings and errors; twice: no warnings either.",
    ),
    option("-v", "--verbose", is_flag=True, help="Print details too."),
    option("--no-progress", is_flag=True, help="Show no progress bars."),
)

source_options = option_group(
    SourceOptions,
    _field_names(SourceOptions),
    "source",
    option(
        "-i",
        "--index-url",
        metavar="URL",
        help="The package index, instead of the one that pip on this machine would use.",
    ),
    option(
        "--extra-index-url",
        metavar="URL",
        multiple=True,
        help="One more index, asked after the first. Can be repeated.",
    ),
    option(
        "-f",
        "--find-links",
        metavar="PATH|URL",
        multiple=True,
        help="A folder of wheels, or a page with links to them. Can be repeated.",
    ),
    option("--no-index", is_flag=True, help="Ask no index, only `--find-links`."),
    option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long to wait for an answer to a request.",
    ),
    option(
        "--retries",
        type=click.IntRange(min=0),
        metavar="N",
        help="How often to repeat a request that failed.",
    ),
    option(
        "--cert", metavar="PATH", help="Certificate authorities to trust, instead of the usual."
    ),
    option("--client-cert", metavar="PATH", help="A certificate of your own, with its key."),
    option("--proxy", metavar="URL", help="The proxy to go through."),
    option(
        "--trusted-host",
        metavar="HOST",
        multiple=True,
        help="Do not check the certificate of this host. Can be repeated.",
    ),
    option("--cache-dir", type=FOLDER, metavar="DIR", help="Where to keep what was fetched."),
    option("--no-cache", is_flag=True, help="Use no cache of earlier runs, and leave none."),
    option("--refresh", is_flag=True, help="Ask again for everything that is cached."),
    option(
        "--strict",
        is_flag=True,
        help="Fail where variant metadata cannot be used, instead of going on without it.",
    ),
)

python_option = option(
    "--python",
    metavar="PATH",
    help="The environment: an interpreter, or the folder of a virtual environment.",
)

#: What turns providers off and on.
switch_options = (
    option(
        "--unset",
        metavar="NAMESPACE",
        multiple=True,
        callback=_namespaces,
        help="Turn the provider of a namespace off. Can be repeated.",
    ),
    option(
        "--enable",
        metavar="NAMESPACE",
        multiple=True,
        callback=_namespaces,
        help="Turn on the optional provider of a namespace. Can be repeated.",
    ),
)

target_options = option_group(
    TargetOptions,
    _field_names(TargetOptions),
    "chosen_for",
    python_option,
    option(
        "--for",
        "names",
        metavar="NAME|FILE",
        multiple=True,
        help="Choose for another machine: a named target, or a target file; detect nothing. "
        "`whichwheel target list` tells the names.",
    ),
    option(
        "--set",
        "properties",
        metavar='"NS :: FEATURE :: V1, V2"',
        type=PropertyText(),
        multiple=True,
        callback=_given_properties,
        help="Take these values of a feature as supported, best first, and detect nothing of "
        "their namespace. Can be repeated.",
    ),
    *switch_options,
    option(
        "--gpus",
        metavar="all|any|0,2",
        callback=_gpu_policy,
        help="Which of several GPUs a wheel has to serve: all (the default), any, or those with "
        "these numbers.",
    ),
    option(
        "--no-detect-cache",
        is_flag=True,
        help="Detect this machine anew, and keep nothing of it.",
    ),
)

preference_options = option_group(
    PreferenceOptions,
    _field_names(PreferenceOptions),
    "preference",
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
    option(
        "--axis",
        metavar='"NAME = VALUE"',
        type=PropertyText(),
        multiple=True,
        help='What the whole environment agrees on, as `"blas_lapack :: library = mkl"`. '
        "Can be repeated.",
    ),
    option(
        "--axis-strategy",
        type=click.Choice(["preferred", "most-packages", "newest"]),
        help="Which values are agreed on where several would do: those that packages prefer "
        "(the default), those that most packages have a build for, or the newest that all share.",
    ),
    option("--pre", is_flag=True, help="Take pre-releases like any other version."),
)

change_options = option_group(
    ChangeOptions,
    _field_names(ChangeOptions),
    "change",
    option("--dry-run", is_flag=True, help="Say what would change, and change nothing."),
    option(
        "--break-system-packages",
        is_flag=True,
        help="Change the environment even if another tool manages it (PEP 668).",
    ),
)

"""How options are made: given, said by a variable or configured, and handed over in groups.

Each group of options is handed over to a command as one value.
"""

import functools
import os
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from whichwheel.cli.settings import Configured

__all__ = [
    "ENVIRONMENT_PREFIX",
    "FILE",
    "FOLDER",
    "Decorator",
    "EnvironmentOption",
    "PropertyText",
    "SectionedCommand",
    "configured_options",
    "field_names",
    "is_configured",
    "is_given",
    "option",
    "option_group",
]

#: What `click` wraps: it takes options by keyword and returns the exit code.
CommandFunction = Callable[..., int]


Decorator = Callable[[CommandFunction], CommandFunction]


FILE = click.Path(path_type=Path, dir_okay=False)


FOLDER = click.Path(path_type=Path, file_okay=False)


#: Every option can be given as a variable: ``WHICHWHEEL_INDEX_URL`` is ``--index-url``.
ENVIRONMENT_PREFIX = "WHICHWHEEL_"


class EnvironmentOption(click.Option):
    """An option that can be given as an environment variable named after it.

    Where neither the command line nor a variable gives it, what is configured stands for it.

    :param setting: the key of configuration files that stands for it, as ``index.url``
    """

    def __init__(self, *args: Any, setting: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401 -- as `click` has it
        super().__init__(*args, **kwargs)
        self.setting = setting
        #: The heading that it stands under in a long help.
        self.section: str | None = None

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Return what is given, and by what.

        :raises InvalidConfiguration: with all faults of the settings in a file
        """
        value, source = super().consume_value(ctx, opts)
        if self.setting is None or source is not ParameterSource.DEFAULT or ctx.resilient_parsing:
            return value, source
        found = _configured(self.setting, ctx, opts)
        if found is None:
            return value, source
        return found.value, ParameterSource.DEFAULT_MAP

    def process_value(self, ctx: click.Context, value: Any) -> Any:  # noqa: ANN401 -- as `click` has it
        """Return a value as the command gets it; a configured one that is none names its place."""
        try:
            return super().process_value(ctx, value)
        except click.BadParameter as error:
            if self.setting is None or not is_configured(self.name or ""):
                raise
            raise configured_options(ctx)[self.setting].invalid(error.message) from None

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return what the variable of this option holds, if it is set and not empty."""
        given = super().resolve_envvar_value(ctx)
        if given is not None or self.envvar is not None or not self.allow_from_autoenv:
            return given
        return os.environ.get(self.variable) or None

    @property
    def long_name(self) -> str:
        """How the option is written in full, as ``--index-url``."""
        return next(name for name in self.opts if name.startswith("--"))

    @property
    def variable(self) -> str:
        """The name of the variable."""
        if isinstance(self.envvar, str):
            return self.envvar
        return ENVIRONMENT_PREFIX + self.long_name.removeprefix("--").replace("-", "_").upper()


_OWN_SECTION = "Options"

#: The headings of options that several commands share, by the parameter that they make up.
_SECTIONS = {
    "asking": "What is wanted",
    "chosen_for": "Environment and machine",
    "python": "Environment and machine",
    "preference": "Choice of versions and variants",
    "building": "Building from sources",
    "source": "Sources, network and cache",
    "placing": "How the environment is changed",
    "change": "How the environment is changed",
    "console": "Output",
}

option = functools.partial(click.option, cls=EnvironmentOption)

_SETTINGS = "whichwheel.settings"


def is_configured(parameter: str) -> bool:
    """Whether an option of the command that runs has its value from a configuration file."""
    context = click.get_current_context(silent=True)
    source = None if context is None else context.get_parameter_source(parameter)
    return source is ParameterSource.DEFAULT_MAP


def is_given(*parameters: str) -> bool:
    """Whether one of these options of the command that runs is given for this run."""
    context = click.get_current_context()
    given = {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}
    return any(context.get_parameter_source(each) in given for each in parameters)


def _configured(name: str, ctx: click.Context, opts: Mapping[str, Any]) -> "Configured | None":
    """Return what files say of an option that is not given."""
    found = configured_options(ctx).get(name)
    if found is None or not found.setting.where:
        return found
    from whichwheel.cli.settings import NAMING  # noqa: PLC0415 -- start-up time

    # Who names an index for one run does not mean the further ones that are configured.
    return None if any(_is_given(each, ctx, opts, NAMING) for each in ctx.command.params) else found


def configured_options(ctx: click.Context) -> "Mapping[str, Configured]":
    """Return what files say that stands for options, read once a run."""
    if _SETTINGS not in ctx.meta:
        from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- it reads options
        from whichwheel.spec.errors import WhichwheelError  # noqa: PLC0415 -- start-up time

        configuration = open_configuration()
        if not configuration.read:
            # Each option asks, and mostly there is no file.
            ctx.meta[_SETTINGS] = {}
            return {}
        from whichwheel.cli.settings import configured_settings  # noqa: PLC0415 -- as above

        try:
            ctx.meta[_SETTINGS] = configured_settings(configuration)
        except WhichwheelError:
            from whichwheel.cli.wanted import tell_all_faults  # noqa: PLC0415 -- as above

            tell_all_faults(configuration)
            raise
    found: Mapping[str, Configured] = ctx.meta[_SETTINGS]
    return found


def _is_given(
    parameter: click.Parameter, ctx: click.Context, opts: Mapping[str, Any], names: Container[str]
) -> bool:
    """Whether an option is one with one of these settings, and was given."""
    if not isinstance(parameter, EnvironmentOption) or parameter.setting not in names:
        return False
    value, source = click.Option.consume_value(parameter, ctx, opts)
    if source is ParameterSource.DEFAULT:
        return False
    return bool(parameter.type_cast_value(ctx, value))


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
        before = len(_options_of(command))
        for add in reversed(options):
            command = add(command)
        for added in _options_of(command)[before:]:
            if isinstance(added, EnvironmentOption):
                added.section = _SECTIONS.get(keyword)
        return command

    return decorate


def _options_of(function: CommandFunction) -> list[click.Parameter]:
    """Return what decorators have added to a function so far, in the order of `click`."""
    found: list[click.Parameter] = getattr(function, "__click_params__", [])
    return found


class SectionedCommand(click.Command):
    """A command with so many options that its help has them under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of its own first."""
        sections: dict[str, list[tuple[str, str]]] = {_OWN_SECTION: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None or isinstance(parameter, click.Argument):
                continue
            if isinstance(parameter, EnvironmentOption):
                heading = parameter.section or _OWN_SECTION
            else:
                heading = _SECTIONS["console"]  # the help itself
            sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a data class, as the options of a group are called."""
    return tuple(field.name for field in fields(kind))


class PropertyText(click.types.StringParamType):
    """A property as text; several of them in a variable are separated by semicolons."""

    name = "property"
    envvar_list_splitter = ";"

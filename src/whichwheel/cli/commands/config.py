"""`whichwheel config`: what is configured, and where each value comes from."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import EnvironmentOption, configured_options

if TYPE_CHECKING:
    from whichwheel.cli.settings import Setting
    from whichwheel.report.config_report import ConfigFile, Said
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.described.table_reader import Section

__all__ = ["command"]


@click.command("config")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@console_options
def command(names: tuple[str, ...], console: Console) -> int:
    """Show what is configured, and where each value comes from.

    A NAME is a setting as `index.url`, a table as `index`, or an option as `index-url`. Users,
    passwords and queries in URLs are not shown.
    """
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time
    from whichwheel.report.config_report import (  # noqa: PLC0415 -- start-up time
        config_document,
        config_lines,
        said_lines,
    )

    configuration = open_configuration()
    said = _asked(names, [*_options(), *_rest(configuration)])
    files = list(_files(configuration))
    if console.json:
        console.document(config_document(files, said))
    elif names:
        console.result(said_lines(said, width=console.width, style=console.style))
    else:
        console.result(config_lines(files, said, width=console.width, style=console.style))
    return 0


def _asked(names: Sequence[str], said: "list[Said]") -> "list[Said]":
    """Return what is asked for, in that order."""
    if not names:
        return said
    from whichwheel.cli.settings import SETTINGS  # noqa: PLC0415 -- start-up time
    from whichwheel.target.described.target_faults import suggestion  # noqa: PLC0415

    found = []
    known = dict.fromkeys([each.name for each in SETTINGS] + [each.name for each in said])
    for name in names:
        asked = [
            each
            for each in said
            if name in {each.name, (each.option or "").removeprefix("--")}
            or each.name.startswith(f"{name}.")
        ]
        if not asked and name not in known:
            raise click.UsageError(f"there is no setting `{name}`{suggestion(name, known)}")
        found += asked
    return found


def _options() -> "Iterator[Said]":
    """Yield what stands for options: what variables and files say, what pip's do, what holds."""
    from whichwheel.cli.commands.install import command as install  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.settings import NAMING, SETTINGS  # noqa: PLC0415 -- start-up time

    context = click.Context(install, info_name="whichwheel install")
    options = [each for each in install.params if isinstance(each, EnvironmentOption)]
    by_setting = {each.setting: each for each in options if each.setting is not None}
    own = {
        said.name: said for each in options for said in [_own(each, context)] if said is not None
    }
    named = any(own[name].value for name in NAMING if name in own)
    for setting in SETTINGS:
        said = own.pop(setting.name, None)
        if said is not None:
            yield said
        is_list = said is not None and isinstance(said.value, (list, tuple))
        if (said is None or is_list) and not (named and setting.where):
            pips = _pip(setting, by_setting[setting.name], context)
            if pips is not None:
                yield pips
                continue
        if said is None:
            yield _default(setting, named=named)
    yield from own.values()


def _own(option: EnvironmentOption, context: click.Context) -> "Said | None":
    """Return what a variable or a file says of an option, by the way that commands take it."""
    from whichwheel.report.config_report import Said  # noqa: PLC0415 -- start-up time

    value, source = option.consume_value(context, {})
    long = option.long_name
    name = option.setting or long
    if source is ParameterSource.ENVIRONMENT:
        cast = option.type_cast_value(context, value)
        value = value if not isinstance(cast, (bool, int, float, tuple)) else cast
        return Said(name, value, "variable", long, option.variable)
    if source is not ParameterSource.DEFAULT_MAP:
        return None
    found = configured_options(context)[name]
    whose = found.section.layer.words
    return Said(name, found.value, whose, long, str(found.path), found.line)


def _pip(setting: "Setting", option: EnvironmentOption, context: click.Context) -> "Said | None":
    """Return what pip is configured with, where that counts here too."""
    if setting.pip is None:
        return None
    from whichwheel.report.config_report import Said  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.configuration import pip_setting  # noqa: PLC0415 -- start-up time

    found = pip_setting(setting.pip)
    if found is None:
        return None
    value: object = found.text.split() if setting.is_list else found.text
    # What pip could not take either is shown as it is; the command that needs it tells.
    with suppress(click.BadParameter):
        value = option.type_cast_value(context, value)
    return Said(setting.name, value, "pip", setting.option, found.origin)


def _default(setting: "Setting", *, named: bool) -> "Said":
    from whichwheel.report.config_report import Said  # noqa: PLC0415 -- start-up time

    for variable in _variables_of_all(setting):
        if os.environ.get(variable):
            return Said(
                setting.name, os.environ[variable], "variable", setting.option, place=variable
            )
    value = setting.default
    if setting.name == "index.url" and not named:
        from whichwheel.sources.configuration import read_settings  # noqa: PLC0415

        value = next(iter(read_settings().index_urls), None)
    elif setting.name == "cache.folder":
        from whichwheel.cli.opening import user_cache  # noqa: PLC0415 -- start-up time

        value = user_cache()
    return Said(setting.name, value, "default", setting.option)


def _variables_of_all(setting: "Setting") -> tuple[str, ...]:
    """Return the variables that nearly every program heeds, the first of which counts."""
    if setting.name == "index.cert":
        from whichwheel.sources.network.connecting import CERTIFICATE_VARIABLES  # noqa: PLC0415

        return CERTIFICATE_VARIABLES
    if setting.name == "index.proxy":
        names = ("https_proxy", "http_proxy", "all_proxy")
        return tuple(each for name in names for each in (name, name.upper()))
    return ()


def _rest(configuration: "Configuration") -> "Iterator[Said]":
    """Yield what files say that stands for no option alone, the nearest first."""
    from whichwheel.cli.settings import TABLES  # noqa: PLC0415 -- start-up time

    for file in configuration.read:
        for key, section in file.sections.items():
            if key not in TABLES:
                yield from _leaves(section, section.value, ())


def _leaves(section: "Section", value: object, keys: tuple[str, ...]) -> "Iterator[Said]":
    from whichwheel.report.config_report import Said  # noqa: PLC0415 -- start-up time

    if isinstance(value, Mapping) and not (section.key == "targets" and keys):
        for key, inner in value.items():
            yield from _leaves(section, inner, (*keys, key))
        return
    if isinstance(value, Mapping):
        value = value.get("description", list(value))
    place = section.place
    yield Said(
        ".".join((section.key, *keys)),
        value,
        section.layer.words,
        place=str(place.path),
        line=place.file.line_of((*place.keys, section.key, *keys)),
    )


def _files(configuration: "Configuration") -> "Iterator[ConfigFile]":
    """Yield the files that were looked for, the nearest first, and those of pip that are there."""
    from whichwheel._folders import system_config  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import user_folder  # noqa: PLC0415 -- start-up time
    from whichwheel.report.config_report import ConfigFile  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.configuration import pip_files  # noqa: PLC0415 -- start-up time
    from whichwheel.target.described.configuration import FILE_NAME  # noqa: PLC0415
    from whichwheel.target.described.known_targets import Layer  # noqa: PLC0415 -- start-up time

    by_layer = {file.layer: file.path for file in configuration.read}
    project = by_layer.get(Layer.PROJECT)
    yield ConfigFile("project", project, project is not None)
    for layer, folder in (
        (Layer.USER, user_folder()),
        (Layer.SYSTEM, Path(system_config())),
    ):
        yield ConfigFile(layer.words, folder / FILE_NAME, layer in by_layer)
    for path in pip_files():
        yield ConfigFile("pip", Path(path), os.path.isfile(path))  # noqa: PTH113

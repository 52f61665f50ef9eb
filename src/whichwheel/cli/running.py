"""From a command line of another installer to what it has to be run with."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.cli.common_options import PythonChoice
from whichwheel.cli.console import Console
from whichwheel.cli.options import is_configured
from whichwheel.cli.preference_options import PreferenceOptions
from whichwheel.cli.source_options import SourceOptions
from whichwheel.cli.target_options import TargetOptions
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from whichwheel.choose.choosing import Preferences
    from whichwheel.environment.site import Environment
    from whichwheel.resolve.options import ResolveOptions
    from whichwheel.resolve.resolution import InstalledPackage, Pin, Resolution
    from whichwheel.serve.running.asked import Asked
    from whichwheel.serve.running.commands import ToolCommand
    from whichwheel.sources.configuration import IndexSettings
    from whichwheel.sources.ports import Sources
    from whichwheel.target.target import Target

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before the command is run.

    :param command: the command, with the file that its first word stands for
    :param source: where files come from
    :param settings: the same, with what pip is configured with
    :param preferences: of wheels, narrowed by what is installed
    :param pins: what was resolved, if that was asked for
    :param choice: a digest of what determines that
    :param tool_caches: where tools keep what they remember of it
    :param notes: what keeps the command from the proxy
    :param writes_lock: as :attr:`whichwheel.serve.running.commands.ToolCommand.writes_lock`
    :param writes_addresses: likewise
    """

    command: tuple[str, ...]
    environ: Mapping[str, str]
    source: SourceOptions
    settings: "IndexSettings"
    target: "Target"
    preferences: "Preferences"
    pins: "Mapping[NormalizedName, Pin]"
    choice: str
    tool_caches: Path
    notes: tuple[str, ...]
    writes_lock: bool
    writes_addresses: bool


def prepare(  # noqa: PLR0913 -- one parameter for each group of options
    words: Sequence[str],
    cache: Path,
    *,
    is_resolved: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> Prepared:
    """Find out whom a command installs for, and what it is to see.

    :param words: the command
    :param cache: the folder of all caches
    :param is_resolved: whether what it asks for is resolved now
    :raises CommandFailed: if there is no such command
    """
    from whichwheel.cli.failures import CommandFailed  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.holding import settled  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        index_settings,
        open_sources,
        open_target,
    )
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.narrowing import narrowed  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.bypasses import bypasses  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.child import CommandNotRunnable, find_command  # noqa: PLC0415
    from whichwheel.serve.running.choices import choice_digest, remembered_under  # noqa: PLC0415
    from whichwheel.serve.running.commands import recognise  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.tools import TOOLS_FOLDER  # noqa: PLC0415 -- start-up time

    environ = dict(os.environ)
    folder = Path.cwd()
    try:
        executable = find_command(words[0], environ)
    except CommandNotRunnable as error:
        raise CommandFailed(error, error.exit_code) from None
    command = recognise(words)
    source = _with_upstream(source, command, environ)
    settings = index_settings(source)
    options = wanted_options(preference, source)
    environment = _environment(command, executable, environ, chosen_for, cache)
    if environment is not None:
        settled(environment, console)
    target = open_target(
        chosen_for,
        console,
        cache,
        None if environment is None else environment.interpreter,
        source=source,
    )
    asked = None
    if is_resolved:
        from whichwheel.serve.running.asked import what_is_asked  # noqa: PLC0415 -- start-up time

        asked = what_is_asked(command, folder)
    choice = choice_digest(target, options, settings, _overlays(source))
    pins: Mapping[NormalizedName, Pin] = {}
    if asked is not None:
        with open_sources(source, cache) as sources:
            resolution = _resolve(
                asked,
                target=target,
                environment=environment,
                sources=sources,
                options=options,
                console=console,
            )
        pins = {pin.name: pin for pin in resolution.pins if pin.direct_url is None}
        preferences = options.preferences
    else:
        installed = _bound_by(command, environment)
        preferences = narrowed(options.preferences, options.axes, installed)
    return Prepared(
        (executable, *words[1:]),
        environ,
        source,
        settings,
        target,
        preferences,
        pins,
        choice,
        cache / TOOLS_FOLDER / remembered_under(choice, pins),
        tuple(bypasses(command, executable, environ, folder)),
        command.writes_lock,
        command.writes_addresses,
    )


def _with_upstream(
    source: SourceOptions, command: "ToolCommand", environ: Mapping[str, str]
) -> SourceOptions:
    """Take what variables say to uv for what is meant, if the command is uv's."""
    from whichwheel.serve.running.commands import Tool  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.tools import upstream_of_uv  # noqa: PLC0415 -- start-up time

    options = ("index_url", "extra_index_url", "find_links", "no_index")
    # What is said to uv is nearer than what is configured.
    given = any(getattr(source, each) and not is_configured(each) for each in options)
    if given or command.tool not in {Tool.UV, Tool.UVX}:
        return source
    named = upstream_of_uv(environ)
    if named is None:
        return source
    first, *others = named.index_urls or (None,)
    return replace(
        source,
        index_url=first,
        extra_index_url=tuple(filter(None, others)),
        find_links=named.find_links,
        no_index=False,
    )


def _environment(
    command: "ToolCommand",
    executable: str,
    environ: Mapping[str, str],
    chosen_for: TargetOptions,
    cache: Path,
) -> "Environment | None":
    """Return the environment that a command installs into; None if it is on another machine."""
    from whichwheel.cli.opening import open_environment  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.running.surroundings import interpreter_of  # noqa: PLC0415 -- start-up time

    if chosen_for.elsewhere:
        return None
    python = chosen_for.python
    if python is None:
        found = interpreter_of(command, executable, environ, Path.cwd())
        python = None if found is None else PythonChoice(str(found))
    return open_environment(python, cache)


def _bound_by(
    command: "ToolCommand", environment: "Environment | None"
) -> "list[InstalledPackage]":
    """Return what is installed where a command installs, as far as it binds what comes.

    What makes an environment anew, or as a lock has it, is bound by nothing.
    """
    from whichwheel.environment.distributions import read_package  # noqa: PLC0415
    from whichwheel.resolve.resolution import InstalledPackage  # noqa: PLC0415

    if environment is None or not command.adds_to_environment:
        return []
    return [
        read_package(each) if each.label is not None else InstalledPackage(each.name, each.version)
        for each in environment.installed().values()
    ]


def _resolve(  # noqa: PLR0913 -- all that a resolution needs
    asked: "Asked",
    *,
    target: "Target",
    environment: "Environment | None",
    sources: "Sources",
    options: "ResolveOptions",
    console: Console,
) -> "Resolution":
    """Resolve what a command asks for."""
    from whichwheel.cli.opening import read_requests  # noqa: PLC0415 -- start-up time
    from whichwheel.requirements.constrained_sources import ConstrainedSources  # noqa: PLC0415
    from whichwheel.resolve.resolving import resolve  # noqa: PLC0415 -- start-up time

    for left in asked.left_out:
        console.note(f"`{left}` is left to the command: only wheels are resolved")
    installed: Mapping[NormalizedName, InstalledPackage] = {}
    if environment is not None and not asked.fresh:
        installed = environment.installed_packages()
    resolution = resolve(
        read_requests(asked.requirements),
        target=target,
        sources=ConstrainedSources(sources, asked.constraints, target.environment),
        options=replace(
            options,
            upgrade=asked.upgrade,
            prereleases=options.prereleases or asked.prereleases,
            dependencies=asked.dependencies,
        ),
        installed=installed,
    )
    for warning in resolution.warnings:
        console.warning(warning.message)
    return resolution


def _overlays(source: SourceOptions) -> list[str]:
    """Return what says which overlays are on, and what is in those of the user."""
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.overlaying import overlay_files  # noqa: PLC0415 -- start-up time

    said = [repr((source.overlay, source.no_overlays))]
    said += [repr(section.value) for section in open_configuration().sections("overlays")]
    paths = [*(Path(text) for text in source.overlay if text.endswith(".toml")), *overlay_files()]
    try:
        said += [path.read_text("utf-8", errors="replace") for path in paths if path.is_file()]
    except OSError:
        # What cannot be read is told where overlays are read.
        said.append("unread")
    return said

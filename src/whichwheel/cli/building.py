"""The options that say whose sources may be built, and what they open."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from packaging.utils import InvalidName, NormalizedName

from whichwheel.building.policy import ALL, BuildPolicy, Projects
from whichwheel.cli.common_options import PythonChoice
from whichwheel.cli.console import Console
from whichwheel.cli.options import Decorator, field_names, option, option_group
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.building.backend import OpenIsolated
    from whichwheel.resolve.requested import Requested, RequestedSource
    from whichwheel.sources.ports import Progress, Sources
    from whichwheel.sources.release import File
    from whichwheel.target.interpreters.description import Interpreter

__all__ = ["BuildOptions", "build_options", "with_builds"]

#: The folder of the cache that holds built wheels; another layout will have another name.
BUILT_FOLDER = "built-1"


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Whose sources may be built, and how.

    :param allow_build: may be built where no wheel fits
    :param no_binary: are built even where a wheel fits
    :param only_binary: are never built
    :param no_build_isolation: build with what is installed
    """

    allow_build: Projects
    no_binary: Projects
    only_binary: Projects
    no_build_isolation: bool

    @property
    def policy(self) -> BuildPolicy:
        """What the user trusts to run its own code here."""
        return BuildPolicy(self.allow_build, self.no_binary, self.only_binary)


def _projects(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> Projects:
    try:
        return Projects.parse(values)
    except InvalidName as error:
        raise click.BadParameter(f"{error}: give the name of a project, or `{ALL}`") from None


def _for_projects(name: str, text: str) -> Decorator:
    return option(
        name,
        metavar=f"NAME|{ALL}",
        multiple=True,
        callback=_projects,
        setting=f"install.{name.removeprefix('--')}",
        help=f"{text} Can be repeated.",
    )


build_options = option_group(
    BuildOptions,
    field_names(BuildOptions),
    "building",
    _for_projects(
        "--allow-build",
        "Where no wheel fits, build this project from its sources, which runs their code.",
    ),
    _for_projects("--no-binary", "Build this project from its sources even where a wheel fits."),
    _for_projects("--only-binary", "Never build this project, whatever else is said."),
    option(
        "--no-build-isolation",
        is_flag=True,
        setting="install.no-build-isolation",
        help="Build with what is installed in the environment.",
    ),
)


@contextmanager
def with_builds(  # noqa: PLR0913 -- all that a build needs to know
    sources: "Sources",
    options: BuildOptions,
    wanted: "Sequence[RequestedSource]" = (),
    *,
    named: "Callable[[str], File]",
    interpreter: "Interpreter | None",
    cache: Path,
    progress: "Progress",
    console: Console,
) -> "Iterator[tuple[Sources, list[Requested]]]":
    """Give sources in which what may be built is offered too.

    :param wanted: sources that the user named, which may be built as well
    :param named: returns the file that a path or URL names
    :param interpreter: the one to build for, and with; None for another machine
    :param cache: the folder of all caches
    :return: with what is asked for with ``wanted``, now by name and version
    """
    policy = options.policy
    if policy.builds_nothing and not wanted:
        yield sources, []
        return
    if interpreter is None:
        what = (
            f"`{wanted[0].text}` is built" if wanted else "`--allow-build` and `--no-binary` build"
        )
        raise click.UsageError(f"{what} for this machine, and `--for` names another")
    from whichwheel.building.built_sources import BuiltSources  # noqa: PLC0415 -- start-up time
    from whichwheel.building.errors import BuildFailed  # noqa: PLC0415 -- start-up time
    from whichwheel.building.isolated import isolated_of  # noqa: PLC0415 -- start-up time
    from whichwheel.building.source_builder import SourceBuilder  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.settling import settle  # noqa: PLC0415 -- start-up time

    def offered(policy: BuildPolicy) -> BuiltSources:
        def isolated(project: NormalizedName | None) -> "OpenIsolated":
            own = frozenset() if project is None else {project}
            never = replace(policy.never, names=policy.never.names | own)

            def fill(python: Path, requirements: Collection[str]) -> None:
                # What a build needs must not take that very build.
                within = offered(replace(policy, never=never))
                try:
                    _install(python, requirements, within, cache, progress, console)
                except WhichwheelError as error:
                    why = f"its build requirements cannot be installed: {error.message}"
                    shown = f"`{project}`" if project is not None else "what you named"
                    raise BuildFailed(shown, why, hint=error.hint) from error

            return isolated_of(interpreter.executable, fill)

        def opened() -> SourceBuilder:
            builder = SourceBuilder(
                cache / BUILT_FOLDER,
                interpreter=f"{interpreter.tags[0]} {interpreter.version}",
                isolated=None if options.no_build_isolation else isolated,
                python=interpreter.executable,
                progress=progress,
                on_output=console.detail,
            )
            return stack.enter_context(builder)

        return BuiltSources(sources, policy, opened, named=named, on_output=console.detail)

    with ExitStack() as stack:
        built = offered(policy)
        yield built, settle(wanted, built)


def _install(  # noqa: PLR0913, PLR0917 -- all that an install needs to know
    python: Path,
    requirements: Collection[str],
    sources: "Sources",
    cache: Path,
    progress: "Progress",
    console: Console,
) -> None:
    """Put what a build requires into its environment."""
    from whichwheel.cli.opening import (  # noqa: PLC0415 -- start-up time
        open_environment,
        open_target,
        read_requests,
    )
    from whichwheel.cli.target_options import TargetOptions  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.filling import fill  # noqa: PLC0415 -- start-up time

    environment = open_environment(PythonChoice(str(python)), cache)
    chosen_for = TargetOptions(
        PythonChoice(str(python)), (), {}, (), (), None, no_detect_cache=False
    )
    fill(
        environment,
        read_requests(sorted(requirements)),
        target=open_target(chosen_for, console, cache, environment.interpreter),
        sources=sources,
        cache_directory=cache,
        progress=progress,
    )

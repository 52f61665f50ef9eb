"""From options to what the commands work on: environment, target, sources, cache."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
from packaging.utils import NormalizedName

from whichwheel import _folders
from whichwheel.cli.common_options import PythonChoice
from whichwheel.cli.console import Console
from whichwheel.cli.failures import WrongUse
from whichwheel.cli.preference_options import PreferenceOptions
from whichwheel.cli.source_options import SourceOptions
from whichwheel.cli.target_options import TargetOptions
from whichwheel.spec.errors import WhichwheelError
from whichwheel.target.interpreters.description import Interpreter

if TYPE_CHECKING:
    from whichwheel.choose.choosing import Preferences
    from whichwheel.environment.site import Environment
    from whichwheel.resolve.requested import Requested
    from whichwheel.sources.collection import SourceCollection
    from whichwheel.sources.configuration import IndexSettings
    from whichwheel.sources.overlays.overlaid import OverlaidSources
    from whichwheel.sources.ports import Progress
    from whichwheel.spec.metadata import VariantMetadata
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.target import Target

__all__ = [
    "cache_folder",
    "index_settings",
    "open_configuration",
    "open_environment",
    "open_interpreter",
    "open_sources",
    "open_target",
    "open_targets",
    "preferences_of",
    "read_requests",
    "user_cache",
    "user_folder",
]


def open_interpreter(
    python: PythonChoice | None, cache: Path | None = None, *, changes: bool = False
) -> Interpreter:
    """Ask the interpreter that is meant about itself.

    :param python: None for the active one
    :param cache: the folder of all caches, if not the user's own
    :param changes: whether its environment is going to be changed
    """
    from whichwheel.target.interpreters.finding import find_interpreter  # noqa: PLC0415 -- start-up time
    from whichwheel.target.interpreters.interpreter_cache import InterpreterCache  # noqa: PLC0415

    choice = python or PythonChoice()
    return find_interpreter(
        choice.python,
        system=choice.system,
        changes=changes,
        cache=None if cache is None else InterpreterCache(cache / "interpreters"),
    )


def open_environment(
    python: PythonChoice | None, cache: Path | None = None, *, changes: bool = False
) -> "Environment":
    """Return the environment of that interpreter."""
    from whichwheel.environment.site import Environment  # noqa: PLC0415 -- start-up time

    return Environment(open_interpreter(python, cache, changes=changes))


def open_target(
    options: TargetOptions,
    console: Console,
    cache: Path | None = None,
    interpreter: Interpreter | None = None,
    *,
    source: SourceOptions | None = None,
) -> "Target":
    """Return the one machine to choose for: another one, or this one.

    :param cache: the folder of all caches, if not the user's own
    :param interpreter: the one that ``--python`` names, if it was asked already: then it names the
        environment that is here, whatever machine its builds are to fit
    :param source: where a trusted plugin is fetched from again, should the cache have lost it
    """
    if len(options.names) > 1:
        raise click.UsageError("only one `--for` can be given here")
    return open_targets(options, console, cache, interpreter, source=source)[0]


def open_targets(  # noqa: PLR0913 -- all that was opened before
    options: TargetOptions,
    console: Console,
    cache: Path | None = None,
    interpreter: Interpreter | None = None,
    *,
    source: SourceOptions | None = None,
    refresh: bool = False,
) -> "list[Target]":
    """Return the machines that ``--for`` names, or this one.

    What the environment variables of the ecosystem's providers override is told.

    :param cache: the folder of all caches, if not the user's own
    :param interpreter: the one that ``--python`` names, if it was asked already
    :param source: where a trusted plugin is fetched from again, should the cache have lost it
    :param refresh: whether to detect anew what the cache holds
    """
    from whichwheel.target.settings import ProviderSettings  # noqa: PLC0415 -- start-up time

    configuration = open_configuration()
    settings = ProviderSettings(
        properties=options.properties,
        enabled=frozenset(options.enable),
        disabled=frozenset(options.unset),
        gpus=options.gpus,
    )
    if options.elsewhere:
        if options.python is not None and interpreter is None:
            said = "--system" if options.python.python is None else "--python"
            raise click.UsageError(f"`--for` says everything of the target; `{said}` excludes it")
        from whichwheel.target.described.named import find_target  # noqa: PLC0415 -- start-up time

        return [find_target(name, configuration, settings) for name in options.names]
    from whichwheel.cli.outside import open_outside  # noqa: PLC0415 -- start-up time
    from whichwheel.target.detection.detection_cache import DetectionCache  # noqa: PLC0415 -- start-up time
    from whichwheel.target.detection.detector import Detector  # noqa: PLC0415 -- start-up time
    from whichwheel.target.this_machine import this_machine  # noqa: PLC0415 -- start-up time

    interpreter = interpreter or open_interpreter(options.python, cache)
    # The libraries of an environment are those of the one that is installed into.
    environ = {**os.environ, "VIRTUAL_ENV": str(interpreter.prefix)}
    folder = cache or user_cache()
    kept = None if options.no_detect_cache else DetectionCache(folder / "detections")
    target = this_machine(
        interpreter,
        detector=Detector(environ, cache=kept, refresh=refresh, warn=console.warning),
        settings=settings.over(configuration.settings),
        gpus_from="configuration" if options.gpus is None else "--gpus",
        outside=open_outside(console, folder, source=source, kept=kept, refresh=refresh),
    )
    _tell_overrides(target, console)
    return [target]


def _tell_overrides(target: "Target", console: Console) -> None:
    from whichwheel.target.this_machine import ThisMachine  # noqa: PLC0415 -- start-up time

    if isinstance(target.machine, ThisMachine):
        for fact in target.machine.overrides():
            shown = ", ".join(fact.value) if isinstance(fact.value, tuple) else str(fact.value)
            shown = shown.lower() if isinstance(fact.value, bool) else shown
            console.note(f"`{fact.key}` is not detected but given: `{shown}` (`{fact.source}`)")


def open_configuration() -> "Configuration":
    """Return what is configured for the current folder, the user and the system."""
    return _configuration(Path.cwd(), user_folder(), Path(_folders.system_config()))


@lru_cache(maxsize=1)
def _configuration(folder: Path, user_folder: Path, system_folder: Path) -> "Configuration":
    """Read what is configured, once a run: targets, wishes and axes are in the same files."""
    from whichwheel.target.described.configuration import read_configuration  # noqa: PLC0415

    return read_configuration(folder, user_folder=user_folder, system_folder=system_folder)


def user_folder() -> Path:
    """Return the folder of the user's own configuration."""
    return Path(_folders.user_config())


def read_requests(texts: Sequence[str]) -> "list[Requested]":
    """Read requirements, paths and URLs from the command line.

    :raises WrongUse: if one is none of them
    """
    from whichwheel.resolve.requested import parse_requested  # noqa: PLC0415 -- start-up time

    try:
        return [parse_requested(text) for text in texts]
    except WhichwheelError as error:
        raise WrongUse(error) from None


def preferences_of(
    options: PreferenceOptions, configuration: "Configuration | None" = None
) -> "Preferences":
    """Return what the user prefers among wheels, by the options and by what is configured.

    :param configuration: if it was opened already
    :raises WrongUse: if options contradict each other
    :raises ContradictingWishes: if a configuration file contradicts itself
    """
    from whichwheel.choose.choosing import Preferences  # noqa: PLC0415 -- start-up time
    from whichwheel.choose.wishes import ContradictingWishes, Level, Wishes  # noqa: PLC0415

    configuration = configuration or open_configuration()
    wishes = list(options.wishes)
    if configuration.read:
        from whichwheel.choose.wish_reading import configured_wishes  # noqa: PLC0415

        wishes += configured_wishes(configuration)
    try:
        said = Wishes.of(wishes)
    except ContradictingWishes as error:
        if error.level <= Level.VARIABLE:
            raise WrongUse(error) from None
        raise
    return Preferences(labels=options.variant, variants=not options.no_variants, wishes=said)


def index_settings(options: SourceOptions) -> "IndexSettings":
    """Return where files come from: what the options say, else what pip is configured with.

    :raises SourceError: if a configuration file of pip cannot be read
    """
    from whichwheel.sources.configuration import read_settings  # noqa: PLC0415 -- start-up time

    return read_settings(
        index_url=options.index_url,
        extra_index_urls=options.extra_index_url,
        find_links=options.find_links,
        no_index=options.no_index,
        certificate=options.cert,
        client_certificate=options.client_cert,
        proxy=options.proxy,
        timeout=options.timeout,
        retries=options.retries,
        trusted_hosts=options.trusted_host,
        retry_wait=options.retry_wait,
        keyring_provider=options.keyring_provider,
        index_strategy=options.index_strategy,
    )


def open_sources(
    options: SourceOptions | None,
    cache: Path,
    progress: "Progress | None" = None,
    *,
    overlaid: bool = True,
    ahead: Iterable[NormalizedName] = (),
) -> "OverlaidSources":
    """Return the sources that the options name, else those that pip on this machine would use.

    Nothing is fetched or opened before the first question to them, but for what is fetched ahead.

    :param options: None for no sources at all
    :param overlaid: whether overlays say which existing files are variants
    :param ahead: projects that are going to be asked for
    """
    from whichwheel.cli.overlaying import open_overlays  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.deferred import DeferredSources  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.overlays.active import ActiveOverlays  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.overlays.overlaid import OverlaidSources  # noqa: PLC0415

    context = click.get_current_context(silent=True)
    console = None if context is None else context.find_object(Console)

    def tell(message: str) -> None:
        if console is not None:
            console.note(message)

    def opened() -> "SourceCollection":
        from whichwheel.cli.upload_limits import upload_limits  # noqa: PLC0415 -- start-up time
        from whichwheel.sources.collection import open_sources  # noqa: PLC0415 -- start-up time
        from whichwheel.sources.configuration import IndexSettings  # noqa: PLC0415

        if options is None:
            return open_sources(IndexSettings(), cache_directory=cache)
        settings = index_settings(options)
        return open_sources(
            settings,
            cache_directory=cache,
            progress=progress,
            refresh=options.refresh,
            limits=upload_limits(options, settings.uploaded_prior_to, console or Console()),
            tell=tell,
        )

    overlays = open_overlays(options) if overlaid and options is not None else ActiveOverlays()
    sources = DeferredSources(opened)
    sources.begin(ahead)
    return OverlaidSources(sources, overlays, relabel=_relabel, cache_directory=cache)


def _relabel(
    wheel: Path,
    destination: Path,
    *,
    metadata: Callable[[bytes], bytes],
    variants: "VariantMetadata",
) -> None:
    """Write a wheel anew as a variant wheel of another project."""
    from whichwheel.publish.presenting import write_presented  # noqa: PLC0415 -- start-up time

    write_presented(wheel, destination, metadata=metadata, variants=variants)


@contextmanager
def cache_folder(options: SourceOptions | None = None) -> Iterator[Path]:
    """Return the folder of all caches: the user's own, another one, or one for this run alone."""
    if options is not None and options.no_cache:
        from tempfile import TemporaryDirectory  # noqa: PLC0415 -- start-up time

        with TemporaryDirectory(prefix="whichwheel-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    elif options is not None and options.cache_dir is not None:
        yield Path(os.path.expanduser(options.cache_dir)).absolute()  # noqa: PTH111 -- as above
    else:
        yield user_cache()


def user_cache() -> Path:
    """Return the user's own folder of all caches."""
    return Path(_folders.user_cache())

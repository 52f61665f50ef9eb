"""The options that say where files come from."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from packaging.utils import NormalizedName

from whichwheel.cli.dating_options import dating_options
from whichwheel.cli.options import (
    FOLDER,
    field_names,
    option,
    option_group,
)
from whichwheel.sources.words import INDEX_STRATEGIES, KEYRING_PROVIDERS
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.sources.upload_times import UploadLimit

__all__ = [
    "SourceOptions",
    "proxied_source_options",
    "reaching_options",
    "source_options",
    "sources_by_default",
]


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Where files come from, and what is remembered of it.

    :param index_url: instead of the one pip would use
    :param index_strategy: which of several indexes that have a project counts
    :param timeout: in seconds, for one request; None for what pip would use
    :param retries: of one request; None for what pip would use
    :param retry_wait: before the first of them, in seconds
    :param keyring_provider: whether the `keyring` command is asked for passwords
    :param cert: file or folder of certificate authorities
    :param client_cert: file with a certificate and key of the user's own
    :param proxy: instead of the one that the environment names
    :param trusted_host: hosts whose certificate is not checked
    :param cache_dir: instead of the user's own cache folder
    :param no_cache: use no cache from earlier runs, and leave none
    :param refresh: ask again for all that is cached
    :param exclude_newer: how late files may have been uploaded to indexes
    :param exclude_newer_package: the same for some projects, instead
    :param strict: fail where variant metadata cannot be used
    :param overlay: overlays that are on, by name or path
    :param no_overlays: use no overlay at all
    :param as_variant: make variant wheels of builds that have other names
    """

    index_url: str | None
    extra_index_url: tuple[str, ...]
    find_links: tuple[str, ...]
    no_index: bool
    index_strategy: str | None
    timeout: float | None
    retries: int | None
    retry_wait: float | None
    keyring_provider: str | None
    cert: str | None
    client_cert: str | None
    proxy: str | None
    trusted_host: tuple[str, ...]
    cache_dir: Path | None
    no_cache: bool
    refresh: bool
    exclude_newer: "UploadLimit | None"
    exclude_newer_package: "Mapping[NormalizedName, UploadLimit]"
    strict: bool
    overlay: tuple[str, ...]
    no_overlays: bool
    as_variant: bool

    @property
    def uploaded_before(self) -> str:
        """How late files may have been uploaded, as the options say it; empty if they do not."""
        if self.exclude_newer is None and not self.exclude_newer_package:
            return ""
        from whichwheel.sources.upload_times import UploadLimits  # noqa: PLC0415 -- start-up time

        return UploadLimits(self.exclude_newer, self.exclude_newer_package).text

    @classmethod
    def of_pip(cls) -> "SourceOptions":
        """Return what holds where no option is given: the sources that pip would use."""
        return cls(
            index_url=None,
            extra_index_url=(),
            find_links=(),
            no_index=False,
            index_strategy=None,
            timeout=None,
            retries=None,
            retry_wait=None,
            keyring_provider=None,
            cert=None,
            client_cert=None,
            proxy=None,
            trusted_host=(),
            cache_dir=None,
            no_cache=False,
            refresh=False,
            exclude_newer=None,
            exclude_newer_package={},
            strict=False,
            overlay=(),
            no_overlays=False,
            as_variant=False,
        )


class _Strategy(click.Choice[str]):
    """The words for a strategy; who writes those of uv is told ours."""

    def __init__(self) -> None:
        super().__init__(INDEX_STRATEGIES)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word.

        :raises click.BadParameter: if it is none of them
        """
        ours = {"unsafe-best-match": "best-match", "unsafe-first-match": "first-index"}.get(value)
        if ours is not None:
            self.fail(f"`{value}` is a word of uv; what is nearest to it here is `{ours}`", param)
        return super().convert(value, param, ctx)


_naming = (
    option(
        "-i",
        "--index-url",
        metavar="URL",
        setting="index.url",
        help="The package index, instead of the one that pip on this machine would use.",
    ),
    option(
        "--extra-index-url",
        metavar="URL",
        multiple=True,
        setting="index.extra-urls",
        help="One more index, asked after the first. Can be repeated.",
    ),
    option(
        "-f",
        "--find-links",
        metavar="PATH|URL",
        multiple=True,
        setting="index.find-links",
        help="A folder of wheels, or a page with links to them. Can be repeated.",
    ),
    option(
        "--no-index",
        is_flag=True,
        setting="index.no-index",
        help="Ask no index, only `--find-links`.",
    ),
    option(
        "--index-strategy",
        type=_Strategy(),
        setting="index.strategy",
        help="Of several sources that have a package, take the first (the default), or the best "
        "version of all. With `best-match`, whoever can publish on one of them can stand in for "
        "the packages of the others.",
    ),
)

_reaching = (
    option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        setting="index.timeout",
        help="How long to wait for an answer to a request.",
    ),
    option(
        "--retries",
        type=click.IntRange(min=0),
        metavar="N",
        setting="index.retries",
        help="How often to repeat a request that failed.",
    ),
    option(
        "--retry-wait",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        setting="index.retry-wait",
        help="How long to wait before the first repetition, twice as long before each further "
        "one; 0.25 unless given.",
    ),
    option(
        "--keyring-provider",
        type=click.Choice(KEYRING_PROVIDERS),
        setting="index.keyring-provider",
        help="Whether the `keyring` command is asked for passwords that nothing else gives.",
    ),
    option(
        "--cert",
        metavar="PATH",
        setting="index.cert",
        help="Certificate authorities to trust, instead of the usual.",
    ),
    option(
        "--client-cert",
        metavar="PATH",
        setting="index.client-cert",
        help="A certificate of your own, with its key.",
    ),
)

_proxy = option("--proxy", metavar="URL", setting="index.proxy", help="The proxy to go through.")

_reaching_on = (
    option(
        "--trusted-host",
        metavar="HOST",
        multiple=True,
        setting="index.trusted-hosts",
        help="Do not check the certificate of this host. Can be repeated.",
    ),
    option(
        "--cache-dir",
        type=FOLDER,
        metavar="DIR",
        setting="cache.folder",
        help="Where to keep what was fetched.",
    ),
    option("--no-cache", is_flag=True, help="Use no cache of earlier runs, and leave none."),
    option("--refresh", is_flag=True, help="Ask again for everything that is cached."),
)


_reading = (
    option(
        "--strict",
        is_flag=True,
        help="Fail where variant metadata cannot be used, instead of going on without it.",
    ),
    option(
        "--overlay",
        metavar="NAME|PATH",
        multiple=True,
        help="Take existing files as the variants that this overlay says they are. "
        "Can be repeated.",
    ),
    option("--no-overlays", is_flag=True, help="Use no overlay, whatever is configured."),
)

source_options = option_group(
    SourceOptions,
    field_names(SourceOptions),
    "source",
    *_naming,
    *_reaching,
    _proxy,
    *_reaching_on,
    *dating_options,
    *_reading,
    option(
        "--as-variant",
        is_flag=True,
        help="Make variant wheels of the plain name of what overlays find under other names.",
    ),
)


def sources_by_default() -> SourceOptions:
    """Return what holds for a command without these options: variables, and what is configured."""
    found = []

    @click.command
    @source_options
    def take(source: SourceOptions) -> int:
        found.append(source)
        return 0

    with take.make_context("whichwheel", []) as context:
        take.invoke(context)
    return found[0]


def _for_a_proxy(**values: object) -> SourceOptions:
    given: dict[str, Any] = dict(values)
    return SourceOptions(**given, as_variant=True)


#: For a command that is a proxy itself, whose clients know plain names alone.
proxied_source_options = option_group(
    _for_a_proxy,
    tuple(name for name in field_names(SourceOptions) if name != "as_variant"),
    "source",
    *_naming,
    *_reaching,
    option(
        "--http-proxy",
        "proxy",
        envvar="WHICHWHEEL_PROXY",
        metavar="URL",
        setting="index.proxy",
        help="The HTTP proxy to go through.",
    ),
    *_reaching_on,
    *dating_options,
    *_reading,
)


def _for_one_index(**values: object) -> SourceOptions:
    given: dict[str, Any] = dict(values)
    return replace(SourceOptions.of_pip(), **given, no_overlays=True)


#: For a command whose argument names the one source, of which the files count as they are.
reaching_options = option_group(
    _for_one_index,
    (
        *("timeout", "retries", "retry_wait", "keyring_provider", "cert", "client_cert"),
        *("proxy", "trusted_host", "cache_dir", "no_cache", "refresh"),
    ),
    "source",
    *_reaching,
    _proxy,
    *_reaching_on,
)

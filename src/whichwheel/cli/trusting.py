"""`whichwheel providers trust`: let code of others run, once it is known what it is."""

import os
import sys
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import option
from whichwheel.cli.source_options import SourceOptions, source_options
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import NAME_PATTERN
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.plugins.answers import Answer
    from whichwheel.plugins.outside import TrustedProviders

__all__ = ["command"]

TRUST_FORMAT = "whichwheel-providers-trust/1"

#: Where a namespace would stand that only metadata tells.
_UNNAMED = "(any)"


class NobodyToAsk(WhichwheelError):
    """Trust is a person's decision, and there is no terminal to ask one on.

    :param what: what was to be trusted
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"`{what}` is not trusted yet, and there is no terminal to ask on",
            hint="give your consent with `--yes`, if this is what you mean to trust",
        )
        self.what = what


class ConsentDenied(WhichwheelError):
    """The user does not want to trust something.

    :param what: what was to be trusted
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"`{what}` was not trusted: nothing was changed")
        self.what = what


def _plugin_api(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    from whichwheel.plugins.trust import PLUGIN_API  # noqa: PLC0415 -- start-up time

    if not PLUGIN_API.fullmatch(value):
        raise click.BadParameter(f"`{value}` is not of the form `module:object`")
    return value


def _namespaces(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        if not NAME_PATTERN.fullmatch(value):
            raise click.BadParameter(
                f"`{value}` is not a namespace: only `a-z`, `0-9` and `_` may stand in it"
            )
    return tuple(dict.fromkeys(values))


@click.command("trust")
@click.argument("what", metavar="NAME|PATH")
@option("-y", "--yes", is_flag=True, allow_from_autoenv=False, help="Agree without being asked.")
@option(
    "--plugin-api",
    metavar="MODULE:OBJECT",
    callback=_plugin_api,
    help="Where the plugin is in the package, whatever metadata says.",
)
@option(
    "--namespace",
    "namespaces",
    metavar="NAMESPACE",
    multiple=True,
    callback=_namespaces,
    help="A namespace that it answers for, also where metadata names no provider. Can be repeated.",
)
@option("--dry-run", is_flag=True, help="Show what would be trusted, and change nothing.")
@source_options
@console_options
def command(  # noqa: PLR0913 -- one parameter for each option
    what: str,
    *,
    yes: bool,
    plugin_api: str | None,
    namespaces: tuple[str, ...],
    dry_run: bool,
    source: SourceOptions,
    console: Console,
) -> int:
    """Let a plugin package or an executable answer for a namespace.

    NAME is a package, as `NAME` or `NAME>=1,<2`: its newest version that fits is pinned by its
    hash, with everything that it needs. PATH is an executable `whichwheel-provider-NAME`.
    On a terminal you are asked; elsewhere `--yes` is needed.
    """
    from whichwheel.cli.opening import cache_folder  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.trust import EXECUTABLE_PREFIX  # noqa: PLC0415 -- start-up time

    consent = _Consent(console, yes=yes, dry_run=dry_run)
    with cache_folder(source) as cache:
        if what.startswith((".", "~", EXECUTABLE_PREFIX)) or any(mark in what for mark in "/\\"):
            if plugin_api is not None:
                raise click.UsageError("`--plugin-api` goes only with a package")
            trusted = _trust_executable(what, namespaces, consent, source, cache)
        else:
            trusted = _trust_package(what, plugin_api, namespaces, consent, source, cache)
    _report(trusted, console)
    return 0


@dataclass(frozen=True, slots=True)
class _Trusted:
    """What became of the wish to trust something.

    :param title: what it is
    :param name: what `providers untrust` takes
    :param agreed: whether it is trusted now; False for a dry run
    :param document: what there is to say of it, as JSON
    :param answers: what it answers, by namespace
    :param failure: why it gives no answer
    """

    title: str
    name: str
    agreed: bool
    document: dict[str, object]
    answers: "dict[str, Answer]" = field(default_factory=dict)
    failure: str | None = None


class _Consent:
    """Asks the user, where there is one to ask."""

    def __init__(self, console: Console, *, yes: bool, dry_run: bool) -> None:
        self.console = console
        self._yes = yes
        self.dry_run = dry_run

    def given(self, title: str, lines: Sequence[str]) -> bool:
        """Show what is to be trusted and return whether to go on; False for a dry run.

        :raises NobodyToAsk: if there is no terminal
        :raises ConsentDenied: if the user says no
        """
        asks = not self._yes and not self.dry_run
        on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
        if not self.console.json:
            if asks or self.dry_run or not self.console.quiet:
                self.console.result(lines)
        elif asks and on_terminal:
            click.echo("\n".join(lines), err=True)
        if self.dry_run:
            return False
        if asks:
            if not on_terminal:
                raise NobodyToAsk(title)
            from whichwheel.report.style import printable  # noqa: PLC0415 -- start-up time

            sys.stdout.flush()
            if not click.confirm(f"trust `{printable(title)}`?", err=True):
                raise ConsentDenied(title)
        return True


def _trust_package(  # noqa: PLR0913, PLR0917 -- what the options say
    what: str,
    plugin_api: str | None,
    namespaces: tuple[str, ...],
    consent: _Consent,
    source: SourceOptions,
    cache: Path,
) -> _Trusted:
    from packaging.utils import canonicalize_name  # noqa: PLC0415 -- start-up time

    from whichwheel.cli.failures import WrongUse  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.opening import open_sources  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.outside import trust_path  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.progress import shown_progress  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.pinning import InvalidPackage, parse_package, propose  # noqa: PLC0415
    from whichwheel.plugins.trust_file import TrustFile  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.ways import is_built_in  # noqa: PLC0415 -- start-up time
    from whichwheel.report.providers_text import (  # noqa: PLC0415 -- start-up time
        proposal_lines,
        wheel_documents,
    )

    try:
        requirement = parse_package(what)
    except InvalidPackage as error:
        raise WrongUse(error) from None
    console = consent.console
    file = TrustFile(trust_path())
    before = file.read().packages.get(canonicalize_name(requirement.name))
    with (
        shown_progress(console) as progress,
        open_sources(source, cache, progress, overlaid=False) as sources,
    ):
        proposal = propose(requirement, sources, before=before, strict=source.strict)
    entry = proposal.entry(trusted_at=_now(), plugin_api=plugin_api, namespaces=namespaces)
    now = None if before is None else before.version
    lines = proposal_lines(proposal, before=now, width=console.width, style=console.style)
    if is_built_in(entry.name):
        console.note(f"`{entry.name}` is built in, and what is built in is asked first")
    agreed = consent.given(entry.title, lines)
    answers: dict[str, Answer] = {}
    failure = None
    if agreed:
        file.add_package(entry)
        try:
            answer = _providers(cache, source, console).ask_package(entry.name)
        except WhichwheelError as error:
            failure = error.message
        else:
            if answer.namespace is not None and not entry.namespaces:
                entry = replace(entry, namespaces=(answer.namespace,))
                file.add_package(entry)
            answers = dict.fromkeys(entry.namespaces or (_UNNAMED,), answer)
    document: dict[str, object] = {
        "kind": "package",
        "name": entry.name,
        "version": entry.version,
        "requirement": entry.request,
        "publisher": proposal.publisher,
        "source": entry.source,
        "plugin_api": entry.plugin_api,
        "namespaces": list(entry.namespaces),
        "wheels": wheel_documents(entry.wheels),
    }
    return _Trusted(entry.title, entry.name, agreed, document, answers, failure)


def _trust_executable(
    what: str,
    namespaces: tuple[str, ...],
    consent: _Consent,
    source: SourceOptions,
    cache: Path,
) -> _Trusted:
    from whichwheel.cli.outside import trust_path  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.executables import (  # noqa: PLC0415 -- start-up time
        file_digest,
        locate_executable,
        namespace_of,
    )
    from whichwheel.plugins.trust import TrustedExecutable  # noqa: PLC0415
    from whichwheel.plugins.trust_file import TrustFile  # noqa: PLC0415
    from whichwheel.report.providers_text import executable_lines  # noqa: PLC0415

    name, path = locate_executable(what, os.environ)
    namespaces = namespaces or (namespace_of(name),)
    entry = TrustedExecutable(name, path, file_digest(path), namespaces, _now())
    console = consent.console
    lines = executable_lines(
        path, entry.sha256, namespaces, width=console.width, style=console.style
    )
    agreed = consent.given(str(path), lines)
    answers: dict[str, Answer] = {}
    failure = None
    if agreed:
        TrustFile(trust_path()).add_executable(entry)
        providers = _providers(cache, source, console)
        try:
            answers = {each: providers.ask_executable(path, each) for each in namespaces}
        except WhichwheelError as error:
            failure = error.message
    document: dict[str, object] = {
        "kind": "executable",
        "name": name,
        "path": str(path),
        "sha256": entry.sha256,
        "namespaces": list(namespaces),
    }
    return _Trusted(str(path), str(path), agreed, document, answers, failure)


def _providers(cache: Path, source: SourceOptions, console: Console) -> "TrustedProviders":
    from whichwheel.cli.opening import open_sources  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.outside import trust_path  # noqa: PLC0415 -- start-up time
    from whichwheel.plugins.outside import TrustedProviders  # noqa: PLC0415 -- start-up time

    return TrustedProviders(
        trust_path(),
        cache,
        lambda: open_sources(source, cache, overlaid=False),
        warn=console.warning,
    )


def _now() -> str:
    from datetime import UTC, datetime  # noqa: PLC0415 -- start-up time

    return datetime.now(UTC).isoformat(timespec="seconds")


def _report(trusted: _Trusted, console: Console) -> None:
    from whichwheel.report.providers_text import answer_lines  # noqa: PLC0415 -- start-up time

    if trusted.failure is not None:
        console.warning(trusted.failure)
    if console.json:
        answers = {
            namespace: {name: list(values) for name, values in answer.features.items()}
            for namespace, answer in trusted.answers.items()
        }
        console.document(
            {
                "format": TRUST_FORMAT,
                "trusted": trusted.agreed,
                **trusted.document,
                "answers": answers,
                "failure": trusted.failure,
            }
        )
        return
    if trusted.answers:
        lines = answer_lines(trusted.answers, width=console.width, style=console.style)
        for line in ("", *lines, ""):
            console.closing(line)
    if trusted.agreed:
        from shlex import quote  # noqa: PLC0415 -- start-up time

        back = f"`whichwheel providers untrust {quote(trusted.name)}`"
        console.closing(f"trusted `{trusted.title}`; {back} takes that back")
    else:
        console.closing("nothing was changed")

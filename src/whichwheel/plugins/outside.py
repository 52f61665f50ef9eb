"""The trusted providers, asked for a namespace: plugin packages first, then executables."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.sources.ports import Progress, Sources
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import Provider
from whichwheel.target.detection.detection_cache import DetectionCache
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.support import Refusal, RefusalKind, Support

if TYPE_CHECKING:
    from whichwheel.plugins.answers import Answer
    from whichwheel.plugins.trust import PinnedWheel, Trust, TrustedExecutable, TrustedPackage

__all__ = ["LIMIT", "TrustedProviders"]

#: Seconds that one answer may take.
LIMIT = 10.0


class _Refused(Exception):
    """Ends the search for a provider; nothing failed."""


class TrustedProviders:
    """Plugin packages and executables that the user trusted.

    Implements :class:`whichwheel.target.outside.OutsideProviders`. What fails is told once, and
    its namespace is then unsupported.

    :param trust_file: need not exist
    :param cache: the folder of all caches
    :param sources: opens what wheels are fetched from, when an environment has to be made
    :param environ: the user's environment variables
    :param warn: told once of each provider that failed
    :param kept: where answers are kept between runs; None to keep none
    :param refresh: whether to ask anew for what is kept
    :param limit: seconds that one answer may take
    """

    def __init__(  # noqa: PLR0913 -- all that it depends on
        self,
        trust_file: Path,
        cache: Path,
        sources: Callable[[], AbstractContextManager[Sources]],
        *,
        environ: Mapping[str, str] = os.environ,
        warn: Callable[[str], None] | None = None,
        kept: DetectionCache | None = None,
        refresh: bool = False,
        progress: Progress | None = None,
        limit: float = LIMIT,
    ) -> None:
        self._trust_file = trust_file
        self._cache = cache
        self._sources = sources
        self._environ = environ
        self._warn = warn
        self._kept = kept
        self._refresh = refresh
        self._progress = progress
        self._limit = limit
        self._trust: Trust | WhichwheelError | None = None
        self._answers: dict[tuple[str, ...], Answer | WhichwheelError] = {}
        self._told: set[str] = set()
        self._lock = threading.RLock()

    def support(
        self, namespace: str, provider: Provider | None, packages: Sequence[str]
    ) -> Support | Refusal | None:
        """Return the answer of the trusted provider of a namespace, or None if there is none.

        :param provider: as in the metadata; None where the format has no providers
        :param packages: the requirements of ``provider`` that hold on this machine, as texts
            without markers
        """
        with self._lock:
            try:
                return self._support(namespace, provider, packages)
            except _Refused as refused:
                return Refusal(namespace, RefusalKind.UNKNOWN, str(refused))
            except (WhichwheelError, OSError) as error:
                message = error.message if isinstance(error, WhichwheelError) else str(error)
                self._tell(message)
                return Refusal(namespace, RefusalKind.FAILED, message)

    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that trusted providers are known to answer for."""
        with self._lock:
            try:
                trust = self._trusted()
            except WhichwheelError as error:
                self._tell(error.message)
                return ()
        return trust.namespaces()

    def ask_package(self, name: NormalizedName) -> "Answer":
        """Ask a trusted package, outside of any metadata.

        :raises KeyError: if it is not trusted
        :raises WhichwheelError: if it cannot be installed, or fails
        """
        entry = self._trusted().packages[name]
        return self._ask_packages([entry], None)

    def ask_executable(self, path: Path, namespace: str) -> "Answer":
        """Ask a trusted executable, outside of any metadata.

        :raises KeyError: if it is not trusted
        :raises WhichwheelError: if it is another file now, or fails
        """
        return self._ask_executable(self._trusted().executables[path], namespace)

    def _tell(self, message: str) -> None:
        if self._warn is not None and message not in self._told:
            self._told.add(message)
            self._warn(message)

    def _trusted(self) -> "Trust":
        if self._trust is None:
            from whichwheel.plugins.trust_file import TrustFile  # noqa: PLC0415 -- start-up time

            try:
                self._trust = TrustFile(self._trust_file).read()
            except WhichwheelError as error:
                self._trust = error
        if isinstance(self._trust, WhichwheelError):
            raise self._trust
        return self._trust

    def _support(
        self, namespace: str, provider: Provider | None, packages: Sequence[str]
    ) -> Support | None:
        trust = self._trusted()
        entries = _named(namespace, trust, provider, packages)
        if entries:
            api = None if provider is None else provider.plugin_api
            answer = self._ask_packages(entries, api)
            return _supported(namespace, answer, entries[0].title, "plugin package")
        for executable in trust.executables.values():
            if namespace in executable.namespaces:
                answer = self._ask_executable(executable, namespace)
                return _supported(namespace, answer, executable.path.name, "executable")
        return None

    def _ask_packages(
        self, entries: "Sequence[TrustedPackage]", plugin_api: str | None
    ) -> "Answer":
        from whichwheel.plugins.asking import ask_plugin  # noqa: PLC0415 -- start-up time
        from whichwheel.plugins.installing import PluginEnvironments  # noqa: PLC0415

        first = entries[0]
        wheels = _joined(entries)
        # What the user named rules; else the metadata; else the name tells (providers draft).
        explicit = first.plugin_api or plugin_api
        api = explicit or first.name.replace("-", "_")

        def ask() -> "Answer":
            environments = PluginEnvironments(self._cache, self._sources, self._progress)
            return ask_plugin(
                environments.open(wheels, trust=first.name),
                [api],
                package="" if explicit else first.name,
                provider=first.title,
                environ=self._environ,
                limit=self._limit,
            )

        bearing = (api, "" if explicit else first.name, *sorted(each.sha256 for each in wheels))
        return self._answer(f"plugin-{first.name}", bearing, first.title, ask)

    def _ask_executable(self, executable: "TrustedExecutable", namespace: str) -> "Answer":
        from whichwheel.plugins.executables import (  # noqa: PLC0415 -- start-up time
            ask_executable,
            check_unchanged,
        )

        # An answer of the file that was trusted says nothing of another.
        check_unchanged(executable)

        def ask() -> "Answer":
            return ask_executable(executable, namespace, environ=self._environ, limit=self._limit)

        bearing = (str(executable.path), executable.sha256, namespace)
        return self._answer(f"executable-{executable.name}", bearing, executable.path.name, ask)

    def _answer(
        self, name: str, bearing: tuple[str, ...], provider: str, ask: "Callable[[], Answer]"
    ) -> "Answer":
        """Return an answer: of this run, of an earlier one, or by asking."""
        key = (name, *bearing)
        if key not in self._answers:
            try:
                self._answers[key] = self._find(name, bearing, provider, ask)
            except WhichwheelError as error:
                self._answers[key] = error
        answer = self._answers[key]
        if isinstance(answer, WhichwheelError):
            raise answer
        return answer

    def _find(
        self, name: str, bearing: tuple[str, ...], provider: str, ask: "Callable[[], Answer]"
    ) -> "Answer":
        from whichwheel.plugins.answers import (  # noqa: PLC0415 -- start-up time
            answer_document,
            read_answer_document,
        )
        from whichwheel.plugins.surroundings import bearing_of  # noqa: PLC0415

        if self._kept is None:
            return ask()
        depends = (*bearing, *bearing_of(self._environ))
        if not self._refresh:
            document = self._kept.get(name, depends, self._environ)
            if document is not None:
                try:
                    return read_answer_document(document, provider)
                except WhichwheelError:
                    pass  # damaged; it is asked for again
        answer = ask()
        self._kept.put(name, depends, self._environ, answer_document(answer))
        return answer


def _named(
    namespace: str, trust: "Trust", provider: Provider | None, packages: Sequence[str]
) -> "list[TrustedPackage]":
    """Return the trusted packages that answer for a namespace, in order; none if none does.

    :raises _Refused: if the metadata wants more than is trusted
    """
    if provider is None:
        return [entry for entry in trust.packages.values() if namespace in entry.namespaces][:1]
    try:
        requirements = [Requirement(text) for text in packages]
    except InvalidRequirement:
        return []
    names = [canonicalize_name(requirement.name) for requirement in requirements]
    if not any(name in trust.packages for name in names):
        return []
    for requirement, name in zip(requirements, names, strict=True):
        entry = trust.packages.get(name)
        if entry is None:
            raise _Refused(
                f"the provider of `{namespace}` needs `{requirement}` too, which is not trusted"
                f" (`whichwheel providers trust {_quoted(requirement)}`)"
            )
        if requirement.url is not None:
            raise _Refused(
                f"the provider of `{namespace}` is to come from a URL; only packages by name and "
                "version can be trusted"
            )
        if not requirement.specifier.contains(entry.version, prereleases=True):
            raise _Refused(
                f"the provider of `{namespace}` is to be `{requirement}`, and `{entry.title}` is "
                f"trusted (`whichwheel providers trust {_quoted(requirement)}`)"
            )
        if not requirement.extras <= set(entry.extras):
            raise _Refused(
                f"the provider of `{namespace}` is to be `{requirement}`, and `{entry.request}` "
                f"is trusted (`whichwheel providers trust {_quoted(requirement)}`)"
            )
    return [trust.packages[name] for name in dict.fromkeys(names)]


def _quoted(requirement: Requirement) -> str:
    """Return a requirement as one types it into a shell."""
    text = str(requirement)
    return text if text.isidentifier() or text.replace("-", "").isalnum() else f'"{text}"'


def _joined(entries: "Sequence[TrustedPackage]") -> "tuple[PinnedWheel, ...]":
    """Return the wheels of several packages that share an environment.

    :raises _Refused: if they are pinned to different files of one project
    """
    wheels: dict[NormalizedName, PinnedWheel] = {}
    for entry in entries:
        for wheel in entry.wheels:
            other = wheels.setdefault(wheel.name, wheel)
            if other.sha256 != wheel.sha256:
                raise _Refused(
                    f"`{entry.title}` is pinned with `{wheel.filename}`, and "
                    f"`{entries[0].title}` with `{other.filename}`"
                    f" (`whichwheel providers trust` both anew)"
                )
    return tuple(wheels.values())


def _supported(namespace: str, answer: "Answer", provider: str, kind: str) -> Support:
    source = f"{kind} `{provider}`"
    found = [
        Fact(f"{namespace}.{name}", value, Origin.DETECTED, source)
        for name, value in answer.facts.items()
    ]
    facts = [Fact(f"{namespace}.provider", provider, Origin.DETECTED, source), *found]
    told = ", ".join(f"{fact.key.rpartition('.')[2]} {fact.value}" for fact in found)
    words = f"{told} (detected by `{provider}`)" if told else f"as `{provider}` says"

    def why(feature: str, value: str) -> str:
        values = answer.features.get(feature)
        if values is None:
            return f"`{provider}` supports no `{feature}` here"
        if value in values:
            return f"`{provider}` lists it"
        listed = ", ".join(f"`{each}`" for each in values)
        return f"`{provider}` lists {listed} and no `{value}`"

    return Support(namespace, answer.features, Origin.DETECTED, words, Facts(facts), why)

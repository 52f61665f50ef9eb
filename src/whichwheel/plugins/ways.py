"""Every way in which a namespace can be answered here, with its state and how to change it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path

from whichwheel.plugins.executables import file_digest, namespace_of
from whichwheel.plugins.trust import (
    EXECUTABLE_PREFIX,
    PinnedWheel,
    Trust,
    TrustedExecutable,
    TrustedPackage,
)
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass
from whichwheel.target.providers.catalogue import CATALOGUE
from whichwheel.target.settings import ProviderSettings

__all__ = ["Way", "WayKind", "WayState", "is_built_in", "list_ways"]


class WayKind(StrEnum):
    """What answers for a namespace."""

    GIVEN = "given properties"
    RULE = "rule"
    BUILT_IN = "built in"
    PACKAGE = "plugin package"
    EXECUTABLE = "executable"
    OPTIONAL = "optional provider"


class WayState(StrEnum):
    """Whether it answers."""

    ON = "on"
    OFF = "off"
    UNUSED = "unused"
    TRUSTED = "trusted"
    NOT_TRUSTED = "not trusted"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which namespaces can be answered.

    :param namespaces: those that are known; a plugin package answers for any that metadata names
    :param name: of the provider, for people
    :param change: how to change the state, for people
    :param details: more facts, as JSON values
    """

    namespaces: tuple[str, ...]
    kind: WayKind
    name: str
    state: WayState
    change: str
    details: Mapping[str, object] = field(default_factory=dict)


def list_ways(
    settings: ProviderSettings,
    trust: Trust,
    found: Mapping[str, Path],
    installed: Iterable[tuple[PinnedWheel, ...]] = (),
) -> tuple[Way, ...]:
    """Return all ways in the order in which they are gone.

    :param found: the executables on ``PATH``, by name
    :param installed: the pinned wheels of those packages whose environment is there
    """
    there = set(installed)
    return (
        *_given(settings),
        *_rules(settings),
        *_built_in(settings),
        *(_package(entry, settings, there) for entry in trust.packages.values()),
        *(_trusted(entry, settings) for entry in trust.executables.values()),
        *_untrusted(found, trust),
        *_switched(settings, trust),
    )


def _given(settings: ProviderSettings) -> Iterator[Way]:
    for namespace, features in settings.properties.items():
        state = WayState.OFF if namespace in settings.disabled else WayState.ON
        listed = {name: list(values) for name, values in features.items()}
        yield Way(
            (namespace,),
            WayKind.GIVEN,
            namespace,
            state,
            f"`--unset {namespace}`",
            {"features": listed},
        )


def _rules(settings: ProviderSettings) -> Iterator[Way]:
    for namespace, rule in settings.rules.items():
        state = _state(namespace, settings, unused=namespace in settings.properties)
        yield Way(
            (namespace,),
            WayKind.RULE,
            rule.name,
            state,
            _switch(namespace, state),
            {"file": rule.file},
        )


def _built_in(settings: ProviderSettings) -> Iterator[Way]:
    for entry in CATALOGUE.values():
        replaced = entry.name in settings.properties or entry.name in settings.rules
        state = _state(entry.name, settings, unused=replaced)
        yield Way(
            (entry.name,),
            WayKind.BUILT_IN,
            f"built in ({entry.kind})",
            state,
            _switch(entry.name, state),
            {"about": str(entry.kind), "stands_for": list(entry.packages)},
        )


def _package(
    entry: TrustedPackage, settings: ProviderSettings, installed: set[tuple[PinnedWheel, ...]]
) -> Way:
    state = WayState.TRUSTED
    if entry.namespaces and settings.disabled.issuperset(entry.namespaces):
        state = WayState.OFF
    elif is_built_in(entry.name):
        state = WayState.UNUSED
    return Way(
        entry.namespaces,
        WayKind.PACKAGE,
        entry.title,
        state,
        f"`whichwheel providers untrust {entry.name}`",
        {
            "package": entry.name,
            "version": entry.version,
            "trusted": entry.request,
            "plugin_api": entry.plugin_api,
            "source": entry.source,
            "trusted_at": entry.trusted_at,
            "installed": entry.wheels in installed,
            "wheels": [
                {"filename": wheel.filename, "sha256": wheel.sha256} for wheel in entry.wheels
            ],
        },
    )


def _trusted(entry: TrustedExecutable, settings: ProviderSettings) -> Way:
    change = f"`whichwheel providers untrust {EXECUTABLE_PREFIX}{entry.name}`"
    try:
        state = WayState.TRUSTED if file_digest(entry.path) == entry.sha256 else WayState.CHANGED
    except WhichwheelError:
        state = WayState.GONE
    if state is WayState.TRUSTED and settings.disabled.issuperset(entry.namespaces):
        state = WayState.OFF
    return Way(
        entry.namespaces,
        WayKind.EXECUTABLE,
        str(entry.path),
        state,
        change,
        {"path": str(entry.path), "sha256": entry.sha256, "trusted_at": entry.trusted_at},
    )


def _untrusted(found: Mapping[str, Path], trust: Trust) -> Iterator[Way]:
    for name, path in found.items():
        if path not in trust.executables:
            yield Way(
                (namespace_of(name),),
                WayKind.EXECUTABLE,
                str(path),
                WayState.NOT_TRUSTED,
                f"`whichwheel providers trust {EXECUTABLE_PREFIX}{name}`",
                {"path": str(path)},
            )


def _switched(settings: ProviderSettings, trust: Trust) -> Iterator[Way]:
    """Yield what is turned on or off and is not listed otherwise."""
    listed = {*CATALOGUE, *settings.properties, *settings.rules, *trust.namespaces()}
    for namespace in sorted((settings.enabled | settings.disabled) - listed):
        state = WayState.OFF if namespace in settings.disabled else WayState.ON
        yield Way(
            (namespace,),
            WayKind.OPTIONAL,
            "what the metadata names",
            state,
            _switch(namespace, state),
        )


def _state(namespace: str, settings: ProviderSettings, *, unused: bool) -> WayState:
    if namespace in settings.disabled:
        return WayState.OFF
    return WayState.UNUSED if unused else WayState.ON


def _switch(namespace: str, state: WayState) -> str:
    return f"`--enable {namespace}`" if state is WayState.OFF else f"`--unset {namespace}`"


def is_built_in(package: str) -> bool:
    """Whether a built-in provider stands for a package, which is then never asked.

    :param package: its normalised name
    """
    return any(package in entry.packages for entry in CATALOGUE.values())

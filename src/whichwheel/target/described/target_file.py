"""Target files: a machine described in TOML, by hand or by ``whichwheel platform --toml``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from whichwheel.spec.values import dataclass
from whichwheel.target.described.described_machine import DescribedMachine
from whichwheel.target.described.known_targets import KnownTargets, Layer, TargetEntry
from whichwheel.target.described.target_faults import InvalidTargetFile, TargetFault
from whichwheel.target.described.target_inheriting import merged, tables_of
from whichwheel.target.described.target_table import Place, TargetTable
from whichwheel.target.described.toml_file import InvalidToml, load_toml
from whichwheel.target.providers.governing import Governance
from whichwheel.target.settings import ProviderSettings
from whichwheel.target.tags import (
    IMPLEMENTATIONS,
    default_abi,
    described_environment,
    described_tags,
)
from whichwheel.target.target import Target

__all__ = [
    "DescribedTarget",
    "InvalidTargetFile",
    "TargetFault",
    "described",
    "file_entry",
    "read_target_file",
]

_NOTHING = ProviderSettings()


@dataclass(frozen=True, slots=True)
class DescribedTarget:
    """A target and the tables that describe it.

    :param tables: its own table, then the one that this extends, and so on
    """

    target: Target
    tables: tuple[TargetTable, ...]


def read_target_file(path: Path, known: KnownTargets | None = None) -> Target:
    """Read a target file. Nothing is detected, now or later.

    :param known: the targets that it may extend by name; None for the shipped profiles alone
    :raises InvalidTargetFile: if it cannot be read or holds any fault
    """
    return described(file_entry(path), known or KnownTargets()).target


def file_entry(path: Path) -> TargetEntry:
    """Read the one table that a target file is.

    :raises InvalidTargetFile: if it cannot be read, is too large, or is not TOML
    """
    try:
        file = load_toml(path)
    except InvalidToml as error:
        fault = TargetFault("", error.why, error.line, str(path))
        raise InvalidTargetFile(str(path), (fault,)) from None
    return TargetEntry(path.stem, file.table, Place(file), Layer.FILE)


def described(
    entry: TargetEntry,
    known: KnownTargets,
    *,
    over: ProviderSettings = _NOTHING,
    below: ProviderSettings = _NOTHING,
) -> DescribedTarget:
    """Make a target of a table and of all that it extends.

    :param known: the targets that can be extended by name
    :param over: what the user says of providers in this run; it comes before what the target says
    :param below: what is configured of providers; it holds where the target says nothing
    :raises InvalidTargetFile: with the faults of all tables
    """
    tables = tables_of(entry, known, {**below.rules, **over.rules})
    return DescribedTarget(_target(tables, over, below), tables)


def _target(
    tables: Sequence[TargetTable], over: ProviderSettings, below: ProviderSettings
) -> Target:
    said = merged(tables)
    if said.python is None or said.platform is None:
        raise ValueError(tables)
    implementation = said.implementation or IMPLEMENTATIONS[0]
    major, minor = (int(part) for part in said.python.split(".")[:2])
    python = (major, minor)
    tags = said.tags or described_tags(
        python,
        said.platform,
        implementation=implementation,
        abi=said.abi or default_abi(python, implementation),
    )
    environment = {
        **described_environment(said.python, said.platform, implementation=implementation),
        **said.markers,
    }
    return Target(
        name=said.name,
        python_version=said.python,
        implementation=implementation,
        tags=tags,
        environment=environment,
        machine=_machine(said, environment, over, below),
    )


def _machine(
    said: TargetTable,
    environment: Mapping[str, str],
    over: ProviderSettings,
    below: ProviderSettings,
) -> DescribedMachine:
    own = ProviderSettings(
        said.properties,
        frozenset(said.enable or ()),
        frozenset(said.disable or ()),
        said.gpus,
    )
    # A namespace that the target says something of is not turned off for it.
    below = replace(below, disabled=below.disabled - said.facts.keys())
    settings = over.over(own.over(below))
    gpus_from = said.gpus_from
    if settings.gpus is not own.gpus:
        gpus_from = "--gpus" if over.gpus is not None else "configuration"
    governance = Governance(
        environment, settings.properties, settings.enabled, settings.disabled, settings.rules
    )
    facts = [fact for each in said.facts.values() for fact in each.values()]
    return DescribedMachine(governance, facts, gpus=settings.gpus, gpus_from=gpus_from)

"""Options that configuration files set for good: `[index]`, `[install]` and `[cache]`.

What a file says stands for an option that neither the command line nor a variable gives. The
project's file is found by going up from wherever a command is run, so whoever wrote it may not be
the one whose machine it is: it says what a project needs, as its indexes, but nothing that lets
code run, opens a connection to others or fills a cache.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.cli.setting_values import (
    Read,
    one_of,
    read_count,
    read_flag,
    read_hosts,
    read_limit,
    read_limits,
    read_path,
    read_place,
    read_places,
    read_projects,
    read_seconds,
    read_url,
)
from whichwheel.sources.words import INDEX_STRATEGIES, KEYRING_PROVIDERS
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.described.configuration_file import InvalidConfiguration
    from whichwheel.target.described.table_reader import Section

__all__ = [
    "NAMING",
    "SETTINGS",
    "TABLES",
    "Configured",
    "Setting",
    "Who",
    "configured_settings",
]

_VARIABLE = r"\$\{[A-Z0-9_]+\}"


class Who(Enum):
    """In whose files a setting counts."""

    ALL = "all"
    #: Only who owns the machine decides it.
    OWNER = "owner"
    #: All say it, and nobody takes back what another said.
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key, and the option that it stands for.

    :param table: as ``index``
    :param key: as ``extra-urls``
    :param option: its long name
    :param pip: how pip calls it, where pip's own setting counts when nothing else is said
    :param default: what holds where nobody says anything
    :param where: whether it names the places that packages come from
    """

    table: str
    key: str
    option: str
    read: Read = field(repr=False)
    pip: str | None = None
    default: object = None
    who: Who = Who.ALL
    where: bool = False

    @property
    def name(self) -> str:
        """The whole name: ``index.extra-urls``."""
        return f"{self.table}.{self.key}"

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return self.read in _LIST_READERS


@dataclass(frozen=True, slots=True)
class Configured:
    """What a file says of a setting.

    :param value: as the option takes it
    :param section: where it stands
    """

    setting: Setting
    value: object = field(repr=False)
    section: "Section"

    @property
    def path(self) -> Path:
        """The file."""
        return self.section.place.path

    @property
    def line(self) -> int | None:
        """The line, from 1, if it is known."""
        place = self.section.place
        return place.file.line_of((*place.keys, self.setting.table, self.setting.key))

    def invalid(self, why: str) -> "InvalidConfiguration":
        """Return the error of a value that the option does not take."""
        from whichwheel.target.described.configuration_file import (  # noqa: PLC0415 -- start-up time
            InvalidConfiguration,
        )

        fault = self.section.place.fault((self.setting.table, self.setting.key), f"is unfit: {why}")
        return InvalidConfiguration(str(self.path), (fault,))


_LIST_READERS = frozenset({read_places, read_hosts, read_projects, read_limits})

#: All of them, in the order in which people read them.
SETTINGS = (
    Setting("index", "url", "--index-url", read_place, pip="index-url", where=True),
    Setting(
        "index", "extra-urls", "--extra-index-url", read_places, pip="extra-index-url", where=True
    ),
    Setting("index", "find-links", "--find-links", read_places, pip="find-links", where=True),
    Setting(
        "index", "no-index", "--no-index", read_flag, pip="no-index", default=False, where=True
    ),
    Setting(
        "index",
        "strategy",
        "--index-strategy",
        one_of(*INDEX_STRATEGIES),
        default=INDEX_STRATEGIES[0],
    ),
    Setting("index", "timeout", "--timeout", read_seconds, pip="timeout", default=15.0),
    Setting("index", "retries", "--retries", read_count, pip="retries", default=3),
    Setting("index", "retry-wait", "--retry-wait", read_seconds, default=0.25),
    Setting(
        "index",
        "keyring-provider",
        "--keyring-provider",
        one_of(*KEYRING_PROVIDERS),
        pip="keyring-provider",
        default=KEYRING_PROVIDERS[0],
        who=Who.OWNER,
    ),
    Setting("index", "cert", "--cert", read_path, pip="cert", who=Who.OWNER),
    Setting("index", "client-cert", "--client-cert", read_path, pip="client-cert", who=Who.OWNER),
    Setting("index", "proxy", "--proxy", read_url, pip="proxy", who=Who.OWNER),
    Setting(
        "index", "trusted-hosts", "--trusted-host", read_hosts, pip="trusted-host", who=Who.OWNER
    ),
    Setting("install", "link-mode", "--link-mode", one_of("clone", "hardlink", "copy")),
    Setting("install", "compile-bytecode", "--compile-bytecode", read_flag, default=False),
    Setting("install", "prerelease", "--pre", read_flag, default=False),
    Setting(
        "install",
        "exclude-newer",
        "--exclude-newer",
        read_limit,
        pip="uploaded-prior-to",
        who=Who.TOGETHER,
    ),
    Setting(
        "install", "exclude-newer-package", "--exclude-newer-package", read_limits, who=Who.OWNER
    ),
    Setting(
        "install", "require-hashes", "--require-hashes", read_flag, default=False, who=Who.TOGETHER
    ),
    Setting("install", "allow-build", "--allow-build", read_projects, who=Who.OWNER),
    Setting("install", "no-binary", "--no-binary", read_projects, who=Who.OWNER),
    Setting("install", "only-binary", "--only-binary", read_projects, who=Who.TOGETHER),
    Setting(
        "install",
        "no-build-isolation",
        "--no-build-isolation",
        read_flag,
        default=False,
        who=Who.OWNER,
    ),
    Setting("cache", "folder", "--cache-dir", read_path, who=Who.OWNER),
)

#: The tables that they stand in.
TABLES = tuple(dict.fromkeys(setting.table for setting in SETTINGS))

#: Who names the one of these says with it where packages come from, and where not.
NAMING = frozenset({"index.url", "index.no-index"})


def configured_settings(configuration: "Configuration") -> Mapping[str, Configured]:
    """Read what files say in these tables, by name: of two that say the same, the nearer.

    A file that names an index, or that none is to be asked, does so for all that farther ones
    name: their further indexes and links would be sources that nobody meant here.

    :raises InvalidConfiguration: with all faults that the tables have in one file
    """
    sections = [section for table in TABLES for section in configuration.sections(table)]
    said: dict[str, Configured] = {}
    for layer in sorted({section.layer for section in sections}, reverse=True):
        found = _read([section for section in sections if section.layer is layer])
        if any(each.setting.name in NAMING and each.value for each in found):
            said = {name: each for name, each in said.items() if not each.setting.where}
        for each in found:
            below = said.get(each.setting.name)
            said[each.setting.name] = each if below is None else _over(each, below)
    return said


def _read(sections: "Iterable[Section]") -> list[Configured]:
    """Read the tables of one file."""
    from whichwheel.target.described.configuration_file import InvalidConfiguration  # noqa: PLC0415
    from whichwheel.target.described.known_targets import Layer  # noqa: PLC0415 -- start-up time
    from whichwheel.target.described.table_reader import TableReader  # noqa: PLC0415

    found = []
    faults = []
    path = ""
    for section in sections:
        path = str(section.place.path)
        reader = TableReader(section.place)
        table = reader.table(section.value, (section.key,))
        settings = {each.key: each for each in SETTINGS if each.table == section.key}
        reader.only(table, tuple(settings), (section.key,))
        for key, setting in settings.items():
            if key not in table:
                continue
            if section.layer is Layer.PROJECT and setting.who is Who.OWNER:
                reader.fault(
                    (section.key, key),
                    "is for whoever owns the machine to say, in a configuration of their own or "
                    f"with `{setting.option}`, not for a project",
                )
                continue
            if key == "strategy" and section.layer is Layer.PROJECT and "url" not in table:
                # Where the user names the indexes, one must not stand in for another.
                reader.fault((section.key, key), "is for a project that names the `url` too")
                continue
            value = setting.read(reader, table[key], (section.key, key))
            if section.layer is Layer.PROJECT and setting.where and _names_variable(value):
                # The server that a project names would be told what it is.
                reader.fault(
                    (section.key, key),
                    "names a variable of the environment, which is for whoever owns the machine to "
                    f"say, in a configuration of their own or with `{setting.option}`",
                )
                continue
            if value is not None:
                found.append(Configured(setting, value, section))
        faults += reader.faults
    if faults:
        raise InvalidConfiguration(path, tuple(sorted(faults, key=lambda each: each.line or 0)))
    return found


def _names_variable(value: object) -> bool:
    texts = value if isinstance(value, tuple) else (value,)
    return any(re.search(_VARIABLE, text) for text in texts if isinstance(text, str))


def _over(nearer: Configured, farther: Configured) -> Configured:
    """Return what holds of two values; what protects is not taken back by who is nearer."""
    if nearer.setting.who is not Who.TOGETHER:
        return nearer
    if isinstance(nearer.value, tuple) and isinstance(farther.value, tuple):
        together = tuple(dict.fromkeys((*farther.value, *nearer.value)))
        return Configured(nearer.setting, together, nearer.section)
    if isinstance(nearer.value, bool):
        return nearer if nearer.value else farther
    return min(nearer, farther, key=_latest)


def _latest(configured: Configured) -> float:
    """Return how late an upload may be, in seconds of the epoch."""
    from datetime import UTC, datetime  # noqa: PLC0415 -- start-up time

    from whichwheel.sources.moments import InvalidMoment, read_moment  # noqa: PLC0415 -- as above

    try:
        return read_moment(str(configured.value), now=datetime.now(UTC)).timestamp()
    except InvalidMoment:
        # No limit; or none that can be read, which is told where it counts.
        return float("inf") if configured.value == "false" else float("-inf")

"""Options that configuration files set for good: `[index]`, `[install]` and `[cache]`.

What a file says stands for an option that neither the command line nor a variable gives. The
project's file is found by going up from wherever a command is run, so whoever wrote it may not be
the one whose machine it is: it says what a project needs, as its indexes, but nothing that lets
code run, opens a connection to others or fills a cache.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.sources.words import INDEX_STRATEGIES, KEYRING_PROVIDERS
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.described.configuration_file import InvalidConfiguration
    from whichwheel.target.described.table_reader import Section, TableReader

__all__ = [
    "NAMING",
    "SETTINGS",
    "TABLES",
    "Configured",
    "Setting",
    "Who",
    "configured_settings",
]

# Patterns are compiled where a file says something.
_URL = r"[A-Za-z][A-Za-z0-9+.-]+://"
_TEXT = r"[^\0-\x1f\x7f]{1,4000}"
_VARIABLE = r"\$\{[A-Z0-9_]+\}"
_HOST = r"[A-Za-z0-9._:\[\]-]{1,260}"
_PROJECT = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?|:all:|:none:"


class Who(Enum):
    """In whose files a setting counts."""

    ALL = "all"
    #: Only who owns the machine decides it.
    OWNER = "owner"
    #: All say it, and nobody takes back what another said.
    TOGETHER = "together"


#: Reads one value; None, with a fault, for one that is none.
_Read = Callable[["TableReader", object, tuple[str, ...]], object]


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
    read: _Read = field(repr=False)
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
        return self.key in _LISTS


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


def _flag(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    if isinstance(value, bool):
        return value
    _expected(reader, value, keys, "true or false")
    return None


def _seconds(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return value
    _expected(reader, value, keys, "a number of seconds above 0")
    return None


def _count(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    _expected(reader, value, keys, "a whole number, 0 or more")
    return None


def _moment(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    from datetime import date  # noqa: PLC0415 -- start-up time

    if value is False:
        return "false"
    if isinstance(value, date):
        # TOML has dates and times of its own.
        return value.isoformat()
    expected = "a moment as `2026-03-01` or `7 days`"
    return reader.text(value, keys, re.compile(_TEXT), expected)


def _moments(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    said = {
        name: _moment(reader, moment, (*keys, name))
        for name, moment in reader.table(value, keys).items()
    }
    return tuple(f"{name}={moment}" for name, moment in said.items() if moment is not None)


def _text(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    return reader.text(value, keys, re.compile(_TEXT), "a URL")


def _one_of(*words: str) -> _Read:
    expected = " or ".join(f"`{word}`" for word in words)
    pattern = "|".join(words)
    return lambda reader, value, keys: reader.text(value, keys, re.compile(pattern), expected)


def _path(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    text = reader.text(value, keys, re.compile(_TEXT), "a path")
    return None if text is None else _beside(text, reader)


def _place(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    text = reader.text(value, keys, re.compile(_TEXT), "a URL or a path")
    return None if text is None else _beside(text, reader)


def _places(reader: "TableReader", value: object, keys: tuple[str, ...]) -> object:
    texts = reader.texts(value, keys, re.compile(_TEXT), "URLs or paths")
    return tuple(_beside(text, reader) for text in texts)


def _texts(pattern: str, expected: str) -> _Read:
    return lambda reader, value, keys: reader.texts(value, keys, re.compile(pattern), expected)


def _beside(text: str, reader: "TableReader") -> str:
    """Return a URL as it is, and a path from the folder of the file that names it."""
    if re.match(_URL, text):
        return text
    home = os.path.expanduser(text)  # noqa: PTH111 -- an unknown `~user` stays
    return str(reader.place.path.parent.absolute() / home)


def _expected(reader: "TableReader", value: object, keys: tuple[str, ...], what: str) -> None:
    from whichwheel.spec.walking import shown  # noqa: PLC0415 -- only for faults
    from whichwheel.target.described.target_faults import kind_of  # noqa: PLC0415 -- as above

    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    found = f"`{shown(str(value))}`" if number else kind_of(value)
    reader.fault(keys, f"is {found}, expected {what}")


_projects = _texts(_PROJECT, "names of projects, or `:all:`")

_LISTS = frozenset(
    {
        *("extra-urls", "find-links", "trusted-hosts"),
        *("allow-build", "no-binary", "only-binary", "exclude-newer-package"),
    }
)

#: All of them, in the order in which people read them.
SETTINGS = (
    Setting("index", "url", "--index-url", _place, "index-url", where=True),
    Setting(
        *("index", "extra-urls", "--extra-index-url"),
        *(_places, "extra-index-url"),
        where=True,
    ),
    Setting("index", "find-links", "--find-links", _places, "find-links", where=True),
    Setting("index", "no-index", "--no-index", _flag, "no-index", False, where=True),
    Setting(
        "index",
        "strategy",
        "--index-strategy",
        _one_of(*INDEX_STRATEGIES),
        None,
        INDEX_STRATEGIES[0],
    ),
    Setting("index", "timeout", "--timeout", _seconds, "timeout", 15.0),
    Setting("index", "retries", "--retries", _count, "retries", 3),
    Setting("index", "retry-wait", "--retry-wait", _seconds, None, 0.25),
    Setting(
        *("index", "keyring-provider", "--keyring-provider"),
        *(_one_of(*KEYRING_PROVIDERS), "keyring-provider", KEYRING_PROVIDERS[0]),
        who=Who.OWNER,
    ),
    Setting("index", "cert", "--cert", _path, "cert", who=Who.OWNER),
    Setting("index", "client-cert", "--client-cert", _path, "client-cert", who=Who.OWNER),
    Setting("index", "proxy", "--proxy", _text, "proxy", who=Who.OWNER),
    Setting(
        *("index", "trusted-hosts", "--trusted-host"),
        *(_texts(_HOST, "names of hosts"), "trusted-host"),
        who=Who.OWNER,
    ),
    Setting(
        *("install", "link-mode", "--link-mode"),
        _one_of("clone", "hardlink", "copy"),
    ),
    Setting(
        *("install", "compile-bytecode", "--compile-bytecode", _flag),
        default=False,
    ),
    Setting("install", "prerelease", "--pre", _flag, default=False),
    Setting(
        *("install", "exclude-newer", "--exclude-newer", _moment, "uploaded-prior-to"),
        who=Who.TOGETHER,
    ),
    Setting(
        *("install", "exclude-newer-package", "--exclude-newer-package", _moments),
        who=Who.OWNER,
    ),
    Setting(
        *("install", "require-hashes", "--require-hashes", _flag),
        default=False,
        who=Who.TOGETHER,
    ),
    Setting("install", "allow-build", "--allow-build", _projects, who=Who.OWNER),
    Setting("install", "no-binary", "--no-binary", _projects, who=Who.OWNER),
    Setting("install", "only-binary", "--only-binary", _projects, who=Who.TOGETHER),
    Setting(
        *("install", "no-build-isolation", "--no-build-isolation", _flag),
        default=False,
        who=Who.OWNER,
    ),
    Setting("cache", "folder", "--cache-dir", _path, who=Who.OWNER),
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
    if not configuration.read:
        return {}
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

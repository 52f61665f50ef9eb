"""One file of configuration: ``whichwheel.toml``, or our tables of a ``pyproject.toml``."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import NAME_PATTERN
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown
from whichwheel.target.described.configuration import FILE_NAME
from whichwheel.target.described.known_targets import Layer, TargetEntry
from whichwheel.target.described.table_reader import Section, TableReader
from whichwheel.target.described.target_faults import TargetFault, kind_of, listed_faults
from whichwheel.target.described.target_table import Place
from whichwheel.target.described.toml_file import InvalidToml, load_toml
from whichwheel.target.gpus import GpuPolicy, InvalidGpuPolicy
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.settings import ProviderSettings

__all__ = [
    "SECTIONS",
    "ConfigurationFile",
    "InvalidConfiguration",
    "read_configuration_file",
    "rules_of",
]

_TOOL = ("tool", "whichwheel")
#: The keys that other rooms read: preferences, axes, overlays, and what stands for options.
SECTIONS = (
    "prefer",
    "ban",
    "require",
    "packages",
    "version-policy",
    "fail-on-fallback",
    "axes",
    "overlays",
    "index",
    "install",
    "cache",
)
_KEYS = ("targets", "providers", *SECTIONS)
_PROVIDER_KEYS = ("enable", "disable", "gpus", "rules")
_TARGET_NAME = lazy_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PATH = lazy_pattern(r"[^\0]{1,4000}")
_ANY_TEXT = lazy_pattern(r".*", re.DOTALL)


class InvalidConfiguration(WhichwheelError, ValueError):
    """A configuration file that cannot be used; holds every fault, not only the first.

    :param where: the file
    :param faults: all faults
    """

    def __init__(self, where: str, faults: tuple[TargetFault, ...]) -> None:
        super().__init__(
            f"the configuration in `{where}` is not usable: {listed_faults(where, faults)}",
            hint="`docs/reference/configuration` lists the keys",
        )
        self.where = where
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """What one file configures.

    :param layer: whose it is
    :param targets: by name
    :param settings: what is said of providers
    :param sections: what it says, by key, for the rooms that read it
    :param says_something: whether there is any key of ours; a ``pyproject.toml`` may have none
    """

    path: Path
    layer: Layer
    targets: Mapping[str, TargetEntry]
    settings: ProviderSettings
    sections: Mapping[str, Section]
    says_something: bool


def read_configuration_file(path: Path, layer: Layer = Layer.PROJECT) -> ConfigurationFile:
    """Read a ``whichwheel.toml`` whole, or our tables of any other file.

    :param layer: whose it is
    :raises InvalidConfiguration: with all faults
    :raises InvalidRuleFile: if a file of rules that it names cannot be used
    """
    try:
        file = load_toml(path)
    except InvalidToml as error:
        fault = TargetFault("", error.why, error.line, str(path))
        raise InvalidConfiguration(str(path), (fault,)) from None
    keys = () if path.name == FILE_NAME else _TOOL
    table = file.table
    for key in keys:
        within = table.get(key, {})
        if key == _TOOL[-1] and not isinstance(within, dict):
            fault = Place(file).fault(_TOOL, f"is {kind_of(within)}, expected a table")
            raise InvalidConfiguration(str(path), (fault,))
        table = within if isinstance(within, dict) else {}
    return _Reader(Place(file, keys), layer).read(table)


def rules_of(paths: Iterable[Path]) -> dict[str, KnownProvider]:
    """Read files of rules; of two rules for a namespace, the later one.

    :raises InvalidRuleFile: if one cannot be used
    """
    from whichwheel.target.rules.rule_file import read_rules  # noqa: PLC0415 -- start-up speed
    from whichwheel.target.rules.rule_provider import rule_provider  # noqa: PLC0415 -- as above

    return {rule.namespace: rule_provider(rule) for path in paths for rule in read_rules(path)}


class _Reader:
    """One pass over one file, noting every fault."""

    def __init__(self, place: Place, layer: Layer) -> None:
        self._place = place
        self._layer = layer
        self._reader = TableReader(place)

    def read(self, table: Mapping[str, object]) -> ConfigurationFile:
        reader = self._reader
        if not self._place.keys:
            # Beside ours, `[tool.whichwheel]` holds the keys of the publisher.
            reader.only(table, _KEYS, ())
        targets = self._targets(reader.table(table.get("targets", {}), ("targets",)))
        settings = self._settings(reader.table(table.get("providers", {}), ("providers",)))
        if reader.faults:
            raise InvalidConfiguration(str(self._place.path), tuple(reader.faults))
        sections = {
            key: Section(key, table[key], self._place, self._layer) for key in _KEYS if key in table
        }
        something = not self._place.keys or any(key in table for key in _KEYS)
        return ConfigurationFile(
            self._place.path, self._layer, targets, settings, sections, something
        )

    def _targets(self, tables: Mapping[str, object]) -> dict[str, TargetEntry]:
        targets = {}
        for name, value in tables.items():
            keys = ("targets", name)
            if not _TARGET_NAME.fullmatch(name) or name.endswith(".toml"):
                self._reader.fault(
                    keys,
                    "is no name: only letters, digits, `-`, `_` and `.`, no `.toml` at its end",
                )
            if name == "this":
                self._reader.fault(keys, "is no name: `this` stands for this machine")
            table = self._reader.table(value, keys)
            place = Place(self._place.file, (*self._place.keys, *keys))
            targets[name] = TargetEntry(name, table, place, self._layer)
        return targets

    def _settings(self, table: Mapping[str, object]) -> ProviderSettings:
        reader = self._reader
        reader.only(table, _PROVIDER_KEYS, ("providers",))
        enabled = self._texts(table, "enable", NAME_PATTERN, "namespaces")
        disabled = self._texts(table, "disable", NAME_PATTERN, "namespaces")
        for index, name in enumerate(disabled):
            if name in enabled:
                reader.fault(("providers", "disable"), f"is `{name}`, which `enable` has", index)
        rules: Mapping[str, KnownProvider] = {}
        files = self._texts(table, "rules", _PATH, "files of rules")
        if not reader.faults:
            rules = rules_of(self._place.path.parent / text for text in files)
        return ProviderSettings(
            enabled=frozenset(enabled),
            disabled=frozenset(disabled),
            gpus=self._gpus(table.get("gpus")),
            rules=rules,
        )

    def _gpus(self, value: object) -> GpuPolicy | None:
        if value is None:
            return None
        expected = "`all`, `any` or numbers of GPUs as `0,2`"
        text = self._reader.text(value, ("providers", "gpus"), _ANY_TEXT, expected)
        if text is not None:
            try:
                return GpuPolicy.parse(text)
            except InvalidGpuPolicy:
                message = f"is `{shown(text)}`, expected {expected}"
                self._reader.fault(("providers", "gpus"), message)
        return None

    def _texts(
        self, table: Mapping[str, object], key: str, pattern: re.Pattern[str], expected: str
    ) -> tuple[str, ...]:
        return self._reader.texts(table.get(key, []), ("providers", key), pattern, expected)

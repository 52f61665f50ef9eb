"""One file of configuration: ``whichwheel.toml``, or our tables of a ``pyproject.toml``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import NAME_PATTERN
from whichwheel.spec.walking import shown
from whichwheel.target.described.configuration import FILE_NAME
from whichwheel.target.described.known_targets import Layer, TargetEntry
from whichwheel.target.described.target_faults import (
    TargetFault,
    kind_of,
    listed_faults,
    suggestion,
)
from whichwheel.target.described.target_table import Place
from whichwheel.target.described.toml_file import InvalidToml, load_toml
from whichwheel.target.gpus import GpuPolicy, InvalidGpuPolicy
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.settings import ProviderSettings

__all__ = ["ConfigurationFile", "InvalidConfiguration", "read_configuration_file", "rules_of"]

_TOOL = ("tool", "whichwheel")
_KEYS = ("targets", "providers")
_PROVIDER_KEYS = ("enable", "disable", "gpus", "rules")
_TARGET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PATH = re.compile(r"[^\0]{1,4000}")


class InvalidConfiguration(WhichwheelError, ValueError):
    """A configuration file that cannot be used; holds every fault, not only the first.

    :param where: the file
    :param faults: all faults
    """

    def __init__(self, where: str, faults: tuple[TargetFault, ...]) -> None:
        super().__init__(
            f"the configuration in `{where}` is not usable: {listed_faults(where, faults)}",
            hint="`[targets.NAME]` describes a machine; `[providers]` has "
            + ", ".join(f"`{key}`" for key in _PROVIDER_KEYS),
        )
        self.where = where
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """What one file configures.

    :param targets: by name
    :param settings: what is said of providers
    :param says_something: whether there is any key of ours; a ``pyproject.toml`` may have none
    """

    path: Path
    targets: Mapping[str, TargetEntry]
    settings: ProviderSettings
    says_something: bool


def read_configuration_file(path: Path, *, of_user: bool = False) -> ConfigurationFile:
    """Read a ``whichwheel.toml`` whole, or our tables of any other file.

    :param of_user: whether it is the user's own, not a project's
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
        table = within if isinstance(within, dict) else {}
    return _Reader(Place(file, keys), Layer.USER if of_user else Layer.PROJECT).read(table)


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
        self._faults: list[TargetFault] = []

    def read(self, table: Mapping[str, object]) -> ConfigurationFile:
        if not self._place.keys:
            # Beside ours, `[tool.whichwheel]` holds the keys of the publisher.
            self._only(table, _KEYS, ())
        targets = self._targets(self._table(table.get("targets", {}), ("targets",)))
        settings = self._settings(self._table(table.get("providers", {}), ("providers",)))
        if self._faults:
            raise InvalidConfiguration(str(self._place.path), tuple(self._faults))
        something = not self._place.keys or any(key in table for key in _KEYS)
        return ConfigurationFile(self._place.path, targets, settings, something)

    def _fault(self, keys: tuple[str, ...], message: str, index: int | None = None) -> None:
        self._faults.append(self._place.fault(keys, message, index))

    def _only(
        self, table: Mapping[str, object], known: tuple[str, ...], keys: tuple[str, ...]
    ) -> None:
        for key in table:
            if key not in known:
                self._fault((*keys, key), f"is not known{suggestion(key, known)}")

    def _table(self, value: object, keys: tuple[str, ...]) -> Mapping[str, object]:
        if isinstance(value, dict):
            return value
        self._fault(keys, f"is {kind_of(value)}, expected a table")
        return {}

    def _targets(self, tables: Mapping[str, object]) -> dict[str, TargetEntry]:
        targets = {}
        for name, value in tables.items():
            keys = ("targets", name)
            if not _TARGET_NAME.fullmatch(name) or name.endswith(".toml"):
                self._fault(
                    keys,
                    "is no name: only letters, digits, `-`, `_` and `.`, no `.toml` at its end",
                )
            if name == "this":
                self._fault(keys, "is no name: `this` stands for this machine")
            table = self._table(value, keys)
            place = Place(self._place.file, (*self._place.keys, *keys))
            targets[name] = TargetEntry(name, table, place, self._layer)
        return targets

    def _settings(self, table: Mapping[str, object]) -> ProviderSettings:
        self._only(table, _PROVIDER_KEYS, ("providers",))
        enabled = self._texts(table, "enable", NAME_PATTERN, "namespaces")
        disabled = self._texts(table, "disable", NAME_PATTERN, "namespaces")
        for index, name in enumerate(disabled):
            if name in enabled:
                self._fault(("providers", "disable"), f"is `{name}`, which `enable` has", index)
        rules: Mapping[str, KnownProvider] = {}
        files = self._texts(table, "rules", _PATH, "files of rules")
        if not self._faults:
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
        if isinstance(value, str):
            try:
                return GpuPolicy.parse(value)
            except InvalidGpuPolicy:
                pass
        found = f"`{shown(value)}`" if isinstance(value, str) else kind_of(value)
        self._fault(("providers", "gpus"), f"is {found}, expected {expected}")
        return None

    def _texts(
        self, table: Mapping[str, object], key: str, pattern: re.Pattern[str], expected: str
    ) -> tuple[str, ...]:
        value = table.get(key, [])
        keys = ("providers", key)
        if not isinstance(value, list):
            self._fault(keys, f"is {kind_of(value)}, expected a list of {expected}")
            return ()
        texts = []
        for index, item in enumerate(value):
            if isinstance(item, str) and pattern.fullmatch(item):
                texts.append(item)
            else:
                found = f"`{shown(item)}`" if isinstance(item, str) else kind_of(item)
                self._fault(keys, f"is {found}, expected {expected}", index)
        return tuple(texts)

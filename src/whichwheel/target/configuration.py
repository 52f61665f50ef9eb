"""What project and user have configured: targets with a name, and settings of providers.

A configuration is data. Nothing in it names code to run.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import NAME_PATTERN
from whichwheel.spec.walking import shown
from whichwheel.target.gpus import GpuPolicy, InvalidGpuPolicy
from whichwheel.target.known_targets import KnownTargets, Layer, TargetEntry
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.settings import ProviderSettings
from whichwheel.target.target_faults import TargetFault, kind_of, listed_faults, suggestion
from whichwheel.target.target_table import Place
from whichwheel.target.toml_file import LARGEST, InvalidToml, TomlFile, load_toml

__all__ = ["FILE_NAME", "Configuration", "InvalidConfiguration", "read_configuration"]

#: The file of a project or of a user.
FILE_NAME = "whichwheel.toml"

_PYPROJECT = "pyproject.toml"
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
class Configuration:
    """What is configured.

    :param known: the targets that have a name, the shipped ones too
    :param settings: what is said of providers
    :param files: the files that were read, the project's first
    """

    known: KnownTargets = field(default_factory=KnownTargets)
    settings: ProviderSettings = field(default_factory=ProviderSettings)
    files: tuple[Path, ...] = ()

    @property
    def targets(self) -> Mapping[str, TargetEntry]:
        """The configured targets by name; of two with one name, the project's."""
        return {**self.known.user, **self.known.project}


def read_configuration(folder: Path, *, user_folder: Path | None = None) -> Configuration:
    """Read what is configured for a folder.

    That is the nearest ``whichwheel.toml``, or ``pyproject.toml`` with a table of ours, of the
    folder and those round it; below it the user's own ``whichwheel.toml``, and the rules in
    ``rules/*.toml`` beside that.

    :param folder: where to begin to look
    :param user_folder: where the user's own configuration is; None for nowhere
    :raises InvalidConfiguration: with all faults of a file
    :raises InvalidRuleFile: if a file of rules cannot be used
    """
    project = _project(folder)
    user = None
    if user_folder is not None and _is_file(user_folder / FILE_NAME):
        own = _load(user_folder / FILE_NAME)
        # Found on the way up already, for a folder inside of it.
        if project is None or not own.path.samefile(project[0].path):
            user = _Layer(own, (), own.table, Layer.USER)
    read = [each for each in (_layer(project), user) if each is not None]
    settings = ProviderSettings(rules={} if user_folder is None else _rules_beside(user_folder))
    for layer in reversed(read):
        settings = layer.settings.over(settings)
    targets = {layer.layer: layer.targets for layer in read}
    return Configuration(
        KnownTargets(targets.get(Layer.PROJECT, {}), targets.get(Layer.USER, {})),
        settings,
        tuple(layer.file.path for layer in read),
    )


def _project(folder: Path) -> tuple[TomlFile, tuple[str, ...]] | None:
    """Return the project's file, and the keys that lead to our table in it."""
    for within in (folder, *folder.parents):
        own = within / FILE_NAME
        if _is_file(own):
            return _load(own), ()
        shared = within / _PYPROJECT
        if _is_file(shared) and _names_us(shared):
            file = _load(shared)
            if any(key in _table_at(file.table, _TOOL) for key in _KEYS):
                return file, _TOOL
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _names_us(path: Path) -> bool:
    """Whether a file is worth parsing."""
    try:
        with path.open("rb") as file:
            return b"whichwheel" in file.read(LARGEST + 1)
    except OSError:
        return False


def _load(path: Path) -> TomlFile:
    try:
        return load_toml(path)
    except InvalidToml as error:
        fault = TargetFault("", error.why, error.line, str(path))
        raise InvalidConfiguration(str(path), (fault,)) from None


def _table_at(table: Mapping[str, object], keys: tuple[str, ...]) -> Mapping[str, object]:
    for key in keys:
        within = table.get(key)
        if not isinstance(within, dict):
            return {}
        table = within
    return table


def _layer(project: tuple[TomlFile, tuple[str, ...]] | None) -> "_Layer | None":
    if project is None:
        return None
    file, keys = project
    return _Layer(file, keys, _table_at(file.table, keys), Layer.PROJECT)


def _rules_beside(folder: Path) -> dict[str, KnownProvider]:
    rules: dict[str, KnownProvider] = {}
    for path in sorted((folder / "rules").glob("*.toml")):
        rules.update(_rules(path))
    return rules


def _rules(path: Path) -> dict[str, KnownProvider]:
    from whichwheel.target.rules.rule_file import read_rules  # noqa: PLC0415 -- start-up speed
    from whichwheel.target.rules.rule_provider import rule_provider  # noqa: PLC0415 -- as above

    return {rule.namespace: rule_provider(rule) for rule in read_rules(path)}


class _Layer:
    """One configuration file, read.

    :param keys: that lead to our table
    :param table: our table
    :raises InvalidConfiguration: with all faults
    """

    def __init__(
        self, file: TomlFile, keys: tuple[str, ...], table: Mapping[str, object], layer: Layer
    ) -> None:
        self.file = file
        self.layer = layer
        self._place = Place(file, keys)
        self._faults: list[TargetFault] = []
        if not keys:
            # Other keys beside ours in `[tool.whichwheel]` are the publisher's.
            self._only(table, _KEYS, ())
        self.targets = self._targets(self._table(table.get("targets", {}), ("targets",)))
        self.settings = self._settings(self._table(table.get("providers", {}), ("providers",)))
        if self._faults:
            raise InvalidConfiguration(str(file.path), tuple(self._faults))

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
            place = Place(self.file, (*self._place.keys, *keys))
            targets[name] = TargetEntry(name, table, place, self.layer)
        return targets

    def _settings(self, table: Mapping[str, object]) -> ProviderSettings:
        self._only(table, _PROVIDER_KEYS, ("providers",))
        enabled = self._texts(table, "enable", NAME_PATTERN, "namespaces")
        disabled = self._texts(table, "disable", NAME_PATTERN, "namespaces")
        for index, name in enumerate(disabled):
            if name in enabled:
                self._fault(("providers", "disable"), f"is `{name}`, which `enable` has", index)
        rules: dict[str, KnownProvider] = {}
        for text in self._texts(table, "rules", _PATH, "files of rules"):
            if not self._faults:
                rules.update(_rules(self.file.path.parent / text))
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

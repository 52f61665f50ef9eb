"""Read ``[variant]`` and ``[tool.whichwheel]`` of a ``pyproject.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.markers import InvalidMarker, Marker

from whichwheel.publish.errors import InvalidVariantTable, PublishError
from whichwheel.spec.metadata import InvalidMetadata, MetadataFault, VariantMetadata
from whichwheel.spec.properties import (
    NULL_LABEL,
    InvalidLabel,
    VariantLabel,
    VariantProperties,
    parse_label,
)
from whichwheel.spec.reading import metadata_from_table
from whichwheel.spec.walking import Walk

__all__ = ["BuildSettings", "VariantTable", "read_variant_table"]

_TOOL = "tool.whichwheel"
# Of these, the last two are read where targets are.
_TOOL_KEYS = ("pass-variant-label", "variants", "targets", "providers")
_SETTINGS_KEYS = ("config-settings", "environment", "only-if")
_EMPTY: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How one variant is built: ``[tool.whichwheel.variants.LABEL]``.

    :param environment: variables that the build sees beside those of the caller
    :param config_settings: passed to the build backend (PEP 517)
    :param only_if: environment marker of the machines that can build it, if not all can
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    config_settings: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    only_if: Marker | None = None


@dataclass(frozen=True, slots=True)
class VariantTable:
    """What a project says of its variants.

    :param path: the ``pyproject.toml``
    :param metadata: the ``[variant]`` table
    :param settings: how to build, by label; ``null`` may be among them
    :param pass_variant_label: whether the backend takes the ``variant-label`` config setting
    """

    path: Path
    metadata: VariantMetadata
    settings: Mapping[VariantLabel, BuildSettings] = field(default_factory=dict)
    pass_variant_label: bool = False

    @property
    def labels(self) -> tuple[VariantLabel, ...]:
        """All labels, in the order of the file, ``null`` last."""
        named = [VariantLabel(label) for label in self.metadata.variants if label != NULL_LABEL]
        return (*named, NULL_LABEL)

    def settings_of(self, label: VariantLabel | None) -> BuildSettings:
        """Return how to build a label, or the plain wheel."""
        if label is None:
            return BuildSettings()
        return self.settings.get(label, BuildSettings())


def read_variant_table(path: Path) -> VariantTable:
    """Read the variant tables of a ``pyproject.toml`` (building draft).

    :param path: the file
    :raises InvalidVariantTable: with all faults of both tables
    :raises PublishError: if there is no such file, no such table, or it is not TOML
    """
    try:
        document: Mapping[str, object] = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PublishError(f"there is no `{path}`") from None
    except OSError as error:
        raise PublishError(f"cannot read `{path}`: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise PublishError(f"`{path}` is not UTF-8 (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise PublishError(f"`{path}` is not TOML: {error}") from None
    if "variant" not in document:
        raise PublishError(
            f"`{path}` has no `[variant]` table",
            hint="list namespaces and variants there; see the how-to on publishing variants",
        )
    walk = Walk()
    metadata = None
    try:
        metadata = metadata_from_table(
            walk.table(document["variant"], "variant"), where=f"{path}: [variant]"
        )
    except InvalidMetadata as error:
        walk.faults += [
            replace(fault, path="variant" + fault.path.removeprefix("$")) for fault in error.faults
        ]
    tool = walk.table(document.get("tool", _EMPTY), "tool")
    ours = walk.table(tool.get("whichwheel", _EMPTY), _TOOL)
    walk.only(ours, _TOOL_KEYS, _TOOL)
    pass_label = walk.boolean(ours.get("pass-variant-label", False), f"{_TOOL}.pass-variant-label")
    settings = _read_settings(walk, ours, None if metadata is None else metadata.variants)
    if metadata is not None:
        walk.faults += _more_faults(metadata)
    if metadata is None or walk.faults:
        raise InvalidVariantTable(path, walk.faults)
    return VariantTable(path, metadata, settings, pass_label)


def _read_settings(
    walk: Walk, ours: Mapping[str, object], known: Mapping[str, VariantProperties] | None
) -> dict[VariantLabel, BuildSettings]:
    tables = walk.table(ours.get("variants", _EMPTY), f"{_TOOL}.variants")
    if known is not None:
        walk.only(tables, {*known, NULL_LABEL}, f"{_TOOL}.variants")
    settings = {}
    for label, document in tables.items():
        path = f"{_TOOL}.variants.{label}"
        table = walk.table(document, path)
        walk.only(table, _SETTINGS_KEYS, path)
        environment = walk.table(table.get("environment", _EMPTY), f"{path}.environment")
        config = walk.table(table.get("config-settings", _EMPTY), f"{path}.config-settings")
        try:
            checked = parse_label(label)
        except InvalidLabel as error:
            walk.fault(path, error.message)
            continue
        settings[checked] = BuildSettings(
            {name: _variable(walk, value, name, path) for name, value in environment.items()},
            {
                name: _config(walk, value, f"{path}.config-settings.{name}")
                for name, value in config.items()
            },
            _marker(walk, table["only-if"], f"{path}.only-if") if "only-if" in table else None,
        )
    return settings


def _variable(walk: Walk, value: object, name: str, path: str) -> str:
    """Return the value of an environment variable; an empty one is a value too."""
    path = f"{path}.environment.{name}"
    if not name or "=" in name or "\0" in name:
        walk.fault(path, "is not the name of an environment variable")
    if not isinstance(value, str):
        walk.fault(path, "expected a text")
        return ""
    if "\0" in value:
        walk.fault(path, "holds a NUL character")
    return value


def _config(walk: Walk, value: object, path: str) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    walk.fault(path, "expected a text or a list of texts")
    return ""


def _marker(walk: Walk, value: object, path: str) -> Marker | None:
    text = walk.text(value, path)
    if text is None:
        return None
    try:
        return Marker(text)
    except InvalidMarker:
        walk.fault(path, f"`{text}` is not an environment marker")
        return None


def _more_faults(metadata: VariantMetadata) -> list[MetadataFault]:
    """Find what a reader of metadata lets pass, but a publisher must not write."""
    faults = []
    seen: dict[object, str] = {}
    for label, properties in metadata.variants.items():
        path = f"variant.variants.{label}"
        if label == NULL_LABEL:
            continue
        if not any(properties.values()):
            faults.append(MetadataFault(path, "has no properties; only `null` may have none"))
            continue
        key = frozenset(
            (namespace, feature, value)
            for namespace, features in properties.items()
            for feature, values in features.items()
            for value in values
        )
        if seen.setdefault(key, label) != label:
            faults.append(MetadataFault(path, f"has the same properties as `{seen[key]}`"))
    return faults

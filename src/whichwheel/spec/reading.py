"""Read variant metadata of every format version there is into the one model.

Formats: 0.0.2 and 0.0.3 (PEP 817), 0.1.x (PEP 825), 0.2.x (providers draft), and the
``[variant]`` table of ``pyproject.toml`` (building draft).
"""

from collections.abc import Mapping
from typing import NamedTuple

from whichwheel.spec.abi_dependency import ABI_NAMESPACE
from whichwheel.spec.metadata import InvalidMetadata, MetadataFault, VariantMetadata
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import (
    LABEL_PATTERN,
    NAME_PATTERN,
    NULL_LABEL,
    VALUE_PATTERN,
    VariantProperties,
)
from whichwheel.spec.provider_reading import read_providers
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json
from whichwheel.spec.walking import Walk, below, shown

__all__ = ["UnknownFormatVersion", "metadata_from_table", "read_metadata", "read_metadata_object"]

_VERSION = lazy_pattern(r"(?:^|/)v(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.json$")
_OLDEST = (0, 0, 2)
_KNOWN_MINORS = frozenset({(0, 0), (0, 1), (0, 2)})
#: Versions whose keys we know all of; in a later one an unknown key is ignored.
_KNOWN = frozenset({(0, 0, 2), (0, 0, 3), (0, 1, 0), (0, 1, 1), (0, 2, 0)})
_ROOT_KEYS = {
    (0, 0): {"$schema", "default-priorities", "providers", "static-properties", "variants"},
    (0, 1): {"$schema", "default-priorities", "variants"},
    (0, 2): {"$schema", "default-priorities", "providers", "variants"},
}
_FEATURES = "$.default-priorities.feature"
_PROPERTIES = "$.default-priorities.property"
_NAMESPACES = "$.default-priorities.namespace"
_VARIANTS = "$.variants"
_EMPTY: Mapping[str, object] = {}


class UnknownFormatVersion(InvalidMetadata):
    """Metadata of a format version that is not understood."""


class _Version(NamedTuple):
    major: int
    minor: int
    patch: int

    @property
    def family(self) -> tuple[int, int]:
        return self.major, self.minor

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def read_metadata(data: bytes, *, where: str) -> VariantMetadata:
    """Read a ``variant.json`` or ``*-variants.json``.

    :param data: the file's content
    :param where: the file or URL, for messages
    :raises InvalidMetadata: with all faults, each with its JSON path
    :raises UnknownFormatVersion: if its ``$schema`` names a version that is not understood
    """
    try:
        document = parse_strict_json(data)
    except InvalidJson as error:
        raise InvalidMetadata(where, (MetadataFault(error.path, error.why),)) from None
    return read_metadata_object(document, where=where)


def read_metadata_object(document: object, *, where: str) -> VariantMetadata:
    """Read variant metadata that is parsed already, as from a lock file.

    :raises InvalidMetadata: as :func:`read_metadata`
    """
    walk = Walk()
    root = walk.table(document, "$")
    if walk.faults:
        raise InvalidMetadata(where, tuple(walk.faults))
    version = _format_version(root.get("$schema"), where)
    return _read(root, version, where, in_pyproject=False)


def metadata_from_table(table: Mapping[str, object], *, where: str) -> VariantMetadata:
    """Read the ``[variant]`` table of a ``pyproject.toml`` (building draft).

    There ``$schema`` may be left out, and a provider may have ``build-requires``.

    :raises InvalidMetadata: with all faults
    """
    schema = table.get("$schema")
    version = _Version(0, 2, 0) if schema is None else _format_version(schema, where)
    return _read(table, version, where, in_pyproject=True)


def _format_version(schema: object, where: str) -> _Version:
    if not isinstance(schema, str):
        what = "missing" if schema is None else "not a text"
        fault = MetadataFault("$.$schema", f"{what}; expected the URL of a schema")
        raise InvalidMetadata(where, (fault,))
    match = _VERSION.search(schema)
    if match is None:
        fault = MetadataFault("$.$schema", f"`{shown(schema)}` does not end in `vX.Y.Z.json`")
        raise InvalidMetadata(where, (fault,))
    version = _Version(*map(int, match.groups()))
    if version.family not in _KNOWN_MINORS or version < _OLDEST:
        fault = MetadataFault(
            "$.$schema", f"format version {version} is not understood; 0.0.2 to 0.2.x are"
        )
        raise UnknownFormatVersion(where, (fault,))
    return version


def _read(
    root: Mapping[str, object], version: _Version, where: str, *, in_pyproject: bool
) -> VariantMetadata:
    walk = Walk(newer=version not in _KNOWN)
    walk.only(root, _ROOT_KEYS[version.family], "$")
    priorities = walk.table(root.get("default-priorities"), "$.default-priorities")
    walk.only(priorities, {"namespace", "feature", "property"}, "$.default-priorities")
    namespaces = walk.strings(priorities.get("namespace"), _NAMESPACES, NAME_PATTERN, empty=True)
    features = {
        namespace: walk.strings(listed, below(_FEATURES, namespace), NAME_PATTERN)
        for namespace, listed in walk.table(priorities.get("feature", _EMPTY), _FEATURES).items()
    }
    values = {
        namespace: {
            feature: walk.strings(
                listed, below(below(_PROPERTIES, namespace), feature), VALUE_PATTERN
            )
            for feature, listed in walk.table(table, below(_PROPERTIES, namespace)).items()
        }
        for namespace, table in walk.table(priorities.get("property", _EMPTY), _PROPERTIES).items()
    }
    variants = _read_variants(walk, root.get("variants", _EMPTY if in_pyproject else None))
    providers = read_providers(
        walk,
        root,
        is_old=version.family == (0, 0),
        feature_priorities=features,
        value_priorities=values,
        in_pyproject=in_pyproject,
    )
    governed = None if version.family == (0, 1) else set(providers)
    _check_namespaces(walk, priorities, namespaces, variants, governed)
    if walk.faults:
        raise InvalidMetadata(where, tuple(walk.faults))
    return VariantMetadata(
        namespaces=namespaces,
        variants=variants,
        providers=providers,
        feature_priorities={name: listed for name, listed in features.items() if listed},
        value_priorities=values,
        format_version=str(version),
        schema=schema if isinstance(schema := root.get("$schema"), str) else None,
    )


def _read_variants(walk: Walk, document: object) -> dict[str, VariantProperties]:
    """Read ``variants``, the one part that can hold thousands of entries."""
    reader = _PropertiesReader(walk)
    variants: dict[str, VariantProperties] = {}
    for label, namespaces in walk.table(document, _VARIANTS).items():
        if not LABEL_PATTERN.fullmatch(label):
            walk.fault(below(_VARIANTS, label), "is not a variant label (`^[a-z0-9_.]+$`)")
        properties = variants[label] = reader.read(label, namespaces)
        if properties and label == NULL_LABEL:
            walk.fault(f"{_VARIANTS}.null", "the label `null` has properties, and may have none")
    return variants


class _PropertiesReader:
    """Reads what one label stands for; remembers what was good, since labels repeat it."""

    __slots__ = ("_features", "_lists", "_values", "_walk")

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._features: dict[str, set[str]] = {}
        self._values: set[object] = set()
        self._lists: dict[tuple[object, ...], tuple[str, ...]] = {}

    def read(self, label: str, document: object) -> VariantProperties:
        if type(document) is not dict:  # only exact types come from JSON and TOML
            document = self._walk.table(document, below(_VARIANTS, label))
        lists = self._lists
        properties: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for namespace, table in document.items():
            good = self._features.get(namespace)
            if good is not None and type(table) is dict:
                features: Mapping[str, object] = table
            else:
                good, features = self._check_namespace(label, namespace, table)
            read: dict[str, tuple[str, ...]] = {}
            for feature, values in features.items():
                try:
                    if type(values) is list and feature in good:
                        read[feature] = lists[tuple(values)]
                        continue
                except (KeyError, TypeError):
                    pass
                read[feature] = self._check(label, namespace, feature, values)
            properties[namespace] = read
        return properties

    def _check_namespace(
        self, label: str, namespace: str, document: object
    ) -> tuple[set[str], Mapping[str, object]]:
        path = below(below(_VARIANTS, label), namespace)
        features = self._walk.table(document, path)
        if not NAME_PATTERN.fullmatch(namespace):
            self._walk.fault(path, f"does not match `^{NAME_PATTERN.pattern}$`")
            return set(), features
        return self._features.setdefault(namespace, set()), features

    def _check(self, label: str, namespace: str, feature: str, document: object) -> tuple[str, ...]:
        """Check one feature of a label and its list, and remember them if they are good."""
        good = self._features.get(namespace, set())
        if feature in good and type(document) is list and self._is_new_list(document):
            values = tuple(document)
            self._lists[values] = values
            return values
        path = below(below(below(_VARIANTS, label), namespace), feature)
        if NAME_PATTERN.fullmatch(feature) or _is_dependency(namespace, feature):
            good.add(feature)
        else:
            self._walk.fault(path, f"does not match `^{NAME_PATTERN.pattern}$`")
        faults = len(self._walk.faults)
        values = self._walk.strings(document, path, VALUE_PATTERN)
        if len(self._walk.faults) == faults:
            self._lists[values] = values
            self._values.update(values)
        return values

    def _is_new_list(self, listed: list[object]) -> bool:
        """Whether a list is of good values, each of them once."""
        try:
            return 0 < len(listed) == len(self._values.intersection(listed))
        except TypeError:
            return False


def _is_dependency(namespace: str, feature: str) -> bool:
    # There a feature is a dependency's normalised name, which may hold hyphens.
    return namespace == ABI_NAMESPACE and bool(NAME_PATTERN.fullmatch(feature.replace("-", "_")))


def _check_namespaces(
    walk: Walk,
    priorities: Mapping[str, object],
    namespaces: tuple[str, ...],
    variants: Mapping[str, VariantProperties],
    providers: set[str] | None,
) -> None:
    """Check that every namespace in use is ordered and, where there are providers, governed."""
    listed: object = priorities.get("namespace")
    # Of builds that differ in the ABI of a dependency alone there is nothing to list.
    if listed == [] and not any(ABI_NAMESPACE in properties for properties in variants.values()):
        walk.fault(_NAMESPACES, "found an empty list")
    ordered = {*namespaces, ABI_NAMESPACE}
    governed = None if providers is None else {*providers, ABI_NAMESPACE}
    used = set().union(*variants.values())
    if used <= ordered and (governed is None or used <= governed):
        return
    for label, properties in variants.items():
        for namespace in properties:
            path = below(below(_VARIANTS, label), namespace)
            if namespace not in ordered:
                walk.fault(path, "the namespace is not listed in `default-priorities.namespace`")
            if governed is not None and namespace not in governed:
                walk.fault(path, "the namespace has no entry in `providers`")

"""Read variant metadata of every format version there is into the one model.

Formats: 0.0.2 and 0.0.3 (PEP 817), 0.1.x (PEP 825), 0.2.x (providers draft), and the
``[variant]`` table of ``pyproject.toml`` (building draft).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from whichwheel.spec.metadata import InvalidMetadata, MetadataFault, VariantMetadata
from whichwheel.spec.properties import NAME_PATTERN, NULL_LABEL, VALUE_PATTERN, VariantProperties
from whichwheel.spec.provider_reading import read_providers
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json
from whichwheel.spec.walking import Walk

__all__ = ["UnknownFormatVersion", "metadata_from_table", "read_metadata", "read_metadata_object"]

ABI_NAMESPACE = "abi_dependency"
_VERSION = re.compile(r"(?:^|/)v(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.json$")
_OLDEST = (0, 0, 2)
_KNOWN_MINORS = frozenset({(0, 0), (0, 1), (0, 2)})
#: Versions whose keys we know all of; in a later one an unknown key is ignored.
_KNOWN = frozenset({(0, 0, 2), (0, 0, 3), (0, 1, 0), (0, 1, 1), (0, 2, 0)})
_ROOT_KEYS = {
    (0, 0): {"$schema", "default-priorities", "providers", "static-properties", "variants"},
    (0, 1): {"$schema", "default-priorities", "variants"},
    (0, 2): {"$schema", "default-priorities", "providers", "variants"},
}
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
    version = _format_version(root.get("$schema"), where)
    return _read(walk, root, version, where, in_pyproject=False)


def metadata_from_table(table: Mapping[str, object], *, where: str) -> VariantMetadata:
    """Read the ``[variant]`` table of a ``pyproject.toml`` (building draft).

    There ``$schema`` may be left out, and a provider may have ``build-requires``.

    :raises InvalidMetadata: with all faults
    """
    schema = table.get("$schema")
    version = _Version(0, 2, 0) if schema is None else _format_version(schema, where)
    return _read(Walk(), table, version, where, in_pyproject=True)


def _format_version(schema: object, where: str) -> _Version:
    if not isinstance(schema, str):
        what = "missing" if schema is None else "not a text"
        fault = MetadataFault("$.$schema", f"{what}; expected the URL of a schema")
        raise InvalidMetadata(where, (fault,))
    match = _VERSION.search(schema)
    if match is None:
        fault = MetadataFault("$.$schema", f"`{schema}` does not end in `vX.Y.Z.json`")
        raise InvalidMetadata(where, (fault,))
    version = _Version(*map(int, match.groups()))
    if version.family not in _KNOWN_MINORS or version < _OLDEST:
        fault = MetadataFault(
            "$.$schema", f"format version {version} is not understood; 0.0.2 to 0.2.x are"
        )
        raise UnknownFormatVersion(where, (fault,))
    return version


def _read(
    walk: Walk, root: Mapping[str, object], version: _Version, where: str, *, in_pyproject: bool
) -> VariantMetadata:
    if version in _KNOWN:
        walk.only(root, _ROOT_KEYS[version.family], "$")
    priorities = walk.table(root.get("default-priorities"), "$.default-priorities")
    if version in _KNOWN:
        walk.only(priorities, {"namespace", "feature", "property"}, "$.default-priorities")
    namespaces = walk.strings(
        priorities.get("namespace"), "$.default-priorities.namespace", NAME_PATTERN
    )
    features = {
        namespace: walk.strings(value, f"$.default-priorities.feature.{namespace}", NAME_PATTERN)
        for namespace, value in walk.table(
            priorities.get("feature", _EMPTY), "$.default-priorities.feature"
        ).items()
    }
    values = {
        namespace: {
            feature: walk.strings(
                listed, f"$.default-priorities.property.{namespace}.{feature}", VALUE_PATTERN
            )
            for feature, listed in walk.table(
                table, f"$.default-priorities.property.{namespace}"
            ).items()
        }
        for namespace, table in walk.table(
            priorities.get("property", _EMPTY), "$.default-priorities.property"
        ).items()
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
    _check_namespaces(
        walk, namespaces, variants, None if version.family == (0, 1) else set(providers)
    )
    if walk.faults:
        raise InvalidMetadata(where, tuple(walk.faults))
    return VariantMetadata(
        namespaces=namespaces,
        variants=variants,
        providers=providers,
        feature_priorities={name: listed for name, listed in features.items() if listed},
        value_priorities=values,
        format_version=str(version),
    )


def _read_variants(walk: Walk, document: object) -> dict[str, VariantProperties]:
    """Read ``variants``, the one part that can hold thousands of entries."""
    reader = _PropertiesReader(walk)
    variants: dict[str, VariantProperties] = {}
    for label, namespaces in walk.table(document, "$.variants").items():
        if not VALUE_PATTERN.fullmatch(label) or not label.strip("."):
            walk.fault(f"$.variants.{label}", "is not a variant label (`^[a-z0-9_.]+$`)")
        properties = variants[label] = reader.read(label, namespaces)
        if label == NULL_LABEL and properties:
            walk.fault("$.variants.null", "the label `null` has properties, and may have none")
    return variants


class _PropertiesReader:
    """Reads what one label stands for; remembers what was good, since labels repeat it."""

    __slots__ = ("_features", "_lists", "_namespaces", "_walk")

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._namespaces: set[str] = set()
        self._features: set[str] = set()
        self._lists: dict[tuple[object, ...], tuple[str, ...]] = {}

    def read(self, label: str, document: object) -> VariantProperties:
        if type(document) is not dict:  # only exact types come from JSON and TOML
            document = self._walk.table(document, f"$.variants.{label}")
        lists = self._lists
        properties: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for namespace, features in document.items():
            if (
                namespace in self._namespaces
                and type(features) is dict
                and self._features >= features.keys()
            ):
                try:
                    values = map(lists.__getitem__, map(tuple, features.values()))
                    properties[namespace] = dict(zip(features, values, strict=True))
                except (KeyError, TypeError):
                    pass
                else:
                    continue
            properties[namespace] = self._check(namespace, features, f"$.variants.{label}")
        return properties

    def _check(self, namespace: str, document: object, path: str) -> dict[str, tuple[str, ...]]:
        """Check one namespace of a label, name by name and list by list."""
        path = f"{path}.{namespace}"
        self._check_name(self._namespaces, namespace, path)
        read = {}
        for feature, values in self._walk.table(document, path).items():
            if not _is_dependency(namespace, feature):
                self._check_name(self._features, feature, f"{path}.{feature}")
            faults = len(self._walk.faults)
            read[feature] = checked = self._walk.strings(values, f"{path}.{feature}", VALUE_PATTERN)
            if len(self._walk.faults) == faults:
                self._lists[checked] = checked
        return read

    def _check_name(self, good: set[str], name: str, path: str) -> None:
        if NAME_PATTERN.fullmatch(name):
            good.add(name)
        else:
            self._walk.fault(path, f"does not match `^{NAME_PATTERN.pattern}$`")


def _is_dependency(namespace: str, feature: str) -> bool:
    # There a feature is a dependency's normalised name, which may hold hyphens.
    return namespace == ABI_NAMESPACE and bool(NAME_PATTERN.fullmatch(feature.replace("-", "_")))


def _check_namespaces(
    walk: Walk,
    namespaces: tuple[str, ...],
    variants: Mapping[str, VariantProperties],
    providers: set[str] | None,
) -> None:
    """Check that every namespace in use is ordered and, where there are providers, governed."""
    ordered = {*namespaces, ABI_NAMESPACE}
    governed = None if providers is None else {*providers, ABI_NAMESPACE}
    for label, properties in variants.items():
        for namespace in properties:
            if namespace not in ordered:
                walk.fault(
                    f"$.variants.{label}.{namespace}",
                    "the namespace is not listed in `default-priorities.namespace`",
                )
            if governed is not None and namespace not in governed:
                walk.fault(
                    f"$.variants.{label}.{namespace}", "the namespace has no entry in `providers`"
                )

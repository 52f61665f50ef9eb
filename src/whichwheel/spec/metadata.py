"""Variant metadata as one model, whatever format version it was written in.

``variant.json`` in a wheel and ``{name}-{version}-variants.json`` on an index hold the
same structure (PEP 825, Variant metadata; provider information from the providers draft).
Reading is in :mod:`whichwheel.spec.reading`, writing in :mod:`whichwheel.spec.writing`,
combining in :mod:`whichwheel.spec.combining`.
"""

from collections.abc import Mapping
from dataclasses import field

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import VariantFeature, VariantProperties
from whichwheel.spec.values import dataclass

__all__ = ["InvalidMetadata", "MetadataFault", "Provider", "Ranking", "VariantMetadata"]


@dataclass(frozen=True, slots=True)
class MetadataFault:
    """One thing wrong in one place of a metadata file.

    :param path: JSON path, as ``$.variants.cu128.nvidia``
    :param message: what was found and what was expected
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidMetadata(WhichwheelError, ValueError):
    """Variant metadata that cannot be used; holds every fault, not only the first.

    :param where: the file or URL
    :param faults: all faults, in the order of the file
    """

    def __init__(self, where: str, faults: tuple[MetadataFault, ...]) -> None:
        listed = "; ".join(str(fault) for fault in faults[:5])
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""  # noqa: PLR2004
        super().__init__(f"the variant metadata in `{where}` is not usable: {listed}{more}")
        self.where = where
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Provider:
    """Who says which properties of one namespace a machine supports (providers draft).

    :param requires: dependency specifiers that name the provider's package
    :param plugin_api: the object reference given beside ``requires``, if any
    :param static_properties: compatible values by feature, both in order of preference
    :param builtin: a provider that every tool implements, as ``abi_dependency``
    :param build_requires: the package that fills ``static_properties`` at build time
        (only in ``pyproject.toml``)
    :param optional: off unless the user turns it on
    :param enable_if: environment marker without which the provider is off (format 0.0.x)
    """

    requires: tuple[str, ...] = ()
    plugin_api: str | None = None
    static_properties: Mapping[str, tuple[str, ...]] | None = None
    builtin: str | None = None
    build_requires: tuple[str, ...] = ()
    optional: bool = False
    enable_if: str | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order of variants for each value of one feature, as a selector file has it.

    It is for what PEP 825 cannot say: there the machine orders values, here the release does.
    Of the values that a machine supports, only the first counts.

    :param by_value: for each value, the places of the labels that may be taken, 0 the best; the
        empty label is that of plain wheels
    :param otherwise: the same for any other value, and for a machine without any
    """

    feature: VariantFeature
    by_value: Mapping[str, Mapping[str, int]]
    otherwise: Mapping[str, int]

    def places(self, values: tuple[str, ...]) -> Mapping[str, int]:
        """Return the places for what a machine supports of the feature, best first."""
        return self.by_value.get(values[0], self.otherwise) if values else self.otherwise


@dataclass(frozen=True, slots=True)
class VariantMetadata:
    """What is known of the variants of one release.

    :param namespaces: all namespaces, best first (``default-priorities.namespace``)
    :param variants: properties by label
    :param providers: provider by namespace; empty in format 0.1.1
    :param feature_priorities: by namespace, features to prefer (drafts before August 2026)
    :param value_priorities: by namespace and feature, values to prefer (the same drafts)
    :param format_version: the version it was read from, as ``0.1.1``
    :param schema: the ``$schema`` that it was read with, None if it was not read
    :param rankings: what is asked before PEP 825's order, the most important first; only of a
        selector file, no format holds it
    """

    namespaces: tuple[str, ...]
    variants: Mapping[str, VariantProperties]
    providers: Mapping[str, Provider] = field(default_factory=dict)
    feature_priorities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    value_priorities: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    format_version: str = "0.1.1"
    schema: str | None = field(default=None, compare=False)
    rankings: tuple[Ranking, ...] = ()

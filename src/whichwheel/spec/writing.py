"""Write variant metadata: the same bytes for the same content."""

import json

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import Requirement

from whichwheel.spec.metadata import Provider, VariantMetadata

__all__ = [
    "SCHEMA_WITHOUT_PROVIDERS",
    "SCHEMA_WITH_PROVIDERS",
    "metadata_document",
    "write_metadata",
]

#: PEP 825, Schema; the draft's address until one on packaging.python.org replaces it.
SCHEMA_WITHOUT_PROVIDERS = "https://variants-schema.wheelnext.dev/peps/825/v0.1.1.json"
SCHEMA_WITH_PROVIDERS = "https://variants-schema.wheelnext.dev/v0.2.0.json"

_NEVER = 'python_version < "0"'


def metadata_document(metadata: VariantMetadata) -> dict[str, object]:
    """Return the metadata as a JSON document: format 0.1.1, or 0.2.0 if it has providers.

    The order of labels, namespaces and features is lexical and value sets are sorted, as
    PEP 825, Variants, asks; lists whose order means something keep it.
    """
    document: dict[str, object] = {
        "$schema": SCHEMA_WITH_PROVIDERS if metadata.providers else SCHEMA_WITHOUT_PROVIDERS,
        "default-priorities": {"namespace": list(metadata.namespaces)},
    }
    if metadata.providers:
        document["providers"] = {
            namespace: _provider(provider)
            for namespace, provider in sorted(metadata.providers.items())
        }
    document["variants"] = {
        label: {
            namespace: {feature: sorted(values) for feature, values in sorted(features.items())}
            for namespace, features in sorted(properties.items())
        }
        for label, properties in sorted(metadata.variants.items())
    }
    return document


def write_metadata(metadata: VariantMetadata) -> bytes:
    """Return :func:`metadata_document` as UTF-8 text that ends in a line break."""
    text = json.dumps(metadata_document(metadata), indent=2, ensure_ascii=False)
    return text.encode("utf-8") + b"\n"


def _provider(provider: Provider) -> dict[str, object]:
    document: dict[str, object] = {}
    if provider.static_properties is not None:
        document["static-properties"] = {
            feature: list(values) for feature, values in provider.static_properties.items()
        }
        if len(provider.static_properties) > 1:
            document["feature-order"] = list(provider.static_properties)
    elif provider.builtin is not None:
        document["builtin"] = provider.builtin
    else:
        document["requires"] = _conditioned(provider.requires, provider.enable_if)
        if provider.plugin_api is not None:
            document["plugin-api"] = provider.plugin_api
    if provider.optional:
        document["optional"] = True
    return document


def _conditioned(requires: tuple[str, ...], enable_if: str | None) -> list[str]:
    """Write the condition of format 0.0.x as the marker that later formats have in its place."""
    if enable_if is None:
        return list(requires)
    try:
        condition = Marker(enable_if)
    except InvalidMarker:
        # Nothing can say that it never holds, and it must not come to hold.
        condition = Marker(_NEVER)
    conditioned = []
    for text in requires:
        requirement = Requirement(text)
        marker = requirement.marker
        requirement.marker = (
            condition if marker is None else Marker(f"({marker}) and ({condition})")
        )
        conditioned.append(str(requirement))
    return conditioned

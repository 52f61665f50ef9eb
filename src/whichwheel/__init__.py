"""Pick, build, publish and install the wheel variant that fits the machine.

What an installer, a build tool or an index would import stands here; it does no input or
output, and needs only `packaging` and the standard library. Names are loaded when first used.
"""

from whichwheel._version import __version__

# Type checkers take this name for true; importing `typing` would cost half of a short run.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from whichwheel.spec.combining import combine
    from whichwheel.spec.errors import WhichwheelError
    from whichwheel.spec.markers import (
        InvalidRequirement,
        InvalidVariantMarker,
        VariantContext,
        VariantRequirement,
        parse_requirement,
        variant_context,
    )
    from whichwheel.spec.metadata import (
        InvalidMetadata,
        MetadataFault,
        Provider,
        VariantMetadata,
    )
    from whichwheel.spec.ordering import UnsupportedFeature, VariantOrder, order_variants
    from whichwheel.spec.properties import (
        NULL_LABEL,
        InvalidLabel,
        InvalidProperty,
        VariantFeature,
        VariantLabel,
        VariantProperty,
        parse_label,
    )
    from whichwheel.spec.reading import (
        UnknownFormatVersion,
        metadata_from_table,
        read_metadata,
        read_metadata_object,
    )
    from whichwheel.spec.wheel_name import InvalidWheelName, WheelName
    from whichwheel.spec.writing import metadata_document, write_metadata

__all__ = [
    "NULL_LABEL",
    "InvalidLabel",
    "InvalidMetadata",
    "InvalidProperty",
    "InvalidRequirement",
    "InvalidVariantMarker",
    "InvalidWheelName",
    "MetadataFault",
    "Provider",
    "UnknownFormatVersion",
    "UnsupportedFeature",
    "VariantContext",
    "VariantFeature",
    "VariantLabel",
    "VariantMetadata",
    "VariantOrder",
    "VariantProperty",
    "VariantRequirement",
    "WheelName",
    "WhichwheelError",
    "__version__",
    "combine",
    "metadata_document",
    "metadata_from_table",
    "order_variants",
    "parse_label",
    "parse_requirement",
    "read_metadata",
    "read_metadata_object",
    "variant_context",
    "write_metadata",
]

_HOMES = {
    "combining": ("combine",),
    "errors": ("WhichwheelError",),
    "markers": (
        "InvalidRequirement",
        "InvalidVariantMarker",
        "VariantContext",
        "VariantRequirement",
        "parse_requirement",
        "variant_context",
    ),
    "metadata": ("InvalidMetadata", "MetadataFault", "Provider", "VariantMetadata"),
    "ordering": ("UnsupportedFeature", "VariantOrder", "order_variants"),
    "properties": (
        "NULL_LABEL",
        "InvalidLabel",
        "InvalidProperty",
        "VariantFeature",
        "VariantLabel",
        "VariantProperty",
        "parse_label",
    ),
    "reading": (
        "UnknownFormatVersion",
        "metadata_from_table",
        "read_metadata",
        "read_metadata_object",
    ),
    "wheel_name": ("InvalidWheelName", "WheelName"),
    "writing": ("metadata_document", "write_metadata"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    from importlib import import_module  # noqa: PLC0415 -- start-up time

    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value = getattr(import_module(f"whichwheel.spec.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

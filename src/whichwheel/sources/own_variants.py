"""What a variant wheel says of itself, and whether that is what it was chosen for."""

from collections.abc import Mapping

from whichwheel.sources.errors import BrokenWheel
from whichwheel.spec.metadata import InvalidMetadata, VariantMetadata
from whichwheel.spec.properties import NULL_LABEL, VariantProperties
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.wheel_name import WheelName

__all__ = ["check_own_variants", "read_wheel_metadata"]


def read_wheel_metadata(wheel: WheelName, data: bytes | None) -> VariantMetadata:
    """Read a wheel's own variant metadata.

    :param data: the content of its ``variant.json``, None if it has none
    :raises BrokenWheel: if it has none, or not exactly that of its label
    :raises InvalidMetadata: if it is malformed
    """
    if data is None:
        raise BrokenWheel(wheel.filename, "it has a label and no `variant.json`")
    metadata = read_metadata(data, where=f"{wheel.filename}: variant.json")
    labels = set(metadata.variants) or {NULL_LABEL}
    if labels != {wheel.label}:
        found = ", ".join(f"`{name}`" for name in sorted(labels))
        raise BrokenWheel(
            wheel.filename, f"its `variant.json` is that of {found}, not of `{wheel.label}`"
        )
    return metadata


def check_own_variants(
    wheel: WheelName, data: bytes | None, promised: VariantProperties | None, source: str
) -> None:
    """Check that a wheel says of itself what it was chosen for (PEP 825, Metadata consistency).

    A ``null`` wheel needs no metadata, so what it has may be absent or unreadable. A wheel with
    a suffix has none either: it is described beside it alone.

    :param data: the content of its ``variant.json``, None if it has none
    :param promised: what its source says of its label, None if nothing
    :param source: the source's name, for the message
    :raises BrokenWheel: if it does not
    """
    needs_none = wheel.label == NULL_LABEL or wheel.suffix
    if wheel.label is None or (needs_none and data is None):
        return
    try:
        own = read_wheel_metadata(wheel, data).variants.get(wheel.label, {})
    except InvalidMetadata as error:
        if wheel.label == NULL_LABEL:
            return
        raise BrokenWheel(wheel.filename, error.message) from None
    if promised is not None and _comparable(promised) != _comparable(own):
        raise BrokenWheel(
            wheel.filename,
            f"its `variant.json` gives `{wheel.label}` other properties than `{source}` does",
        )


def _comparable(properties: VariantProperties) -> Mapping[tuple[str, str], frozenset[str]]:
    return {
        (namespace, feature): frozenset(values)
        for namespace, features in properties.items()
        for feature, values in features.items()
    }

"""The combined variant metadata of a release: from the index, or from inside its wheels.

PEP 825, Index-level metadata and Variant ordering. Where there is no ``*-variants.json``, a
selector file says what wheels with suffixes are for. What cannot be used is reported and
degrades: the ``null`` variant and the plain wheels need no metadata.
"""

from collections.abc import Iterable
from typing import Protocol

from whichwheel.sources.errors import HashMismatch, HttpStatusError, SourceError
from whichwheel.sources.own_variants import read_wheel_metadata
from whichwheel.sources.release import File, Release, SourceWarning, VariantData, Wheel
from whichwheel.spec.combining import combine
from whichwheel.spec.metadata import InvalidMetadata, VariantMetadata
from whichwheel.spec.properties import NULL_LABEL, VariantLabel
from whichwheel.spec.reading import UnknownFormatVersion
from whichwheel.spec.selector.values import SELECTOR_SUFFIX, InvalidSelector
from whichwheel.spec.walking import shown

__all__ = ["WheelReader", "load_variant_data"]


class WheelReader(Protocol):
    """Fetches what variant metadata is made of."""

    def content(self, file: File) -> bytes:
        """Return a small file whole, its hash checked.

        :raises SourceError: if it cannot be had
        """
        ...

    def index_metadata(self, file: File) -> VariantMetadata:
        """Read an index-level file of variant metadata.

        :raises InvalidMetadata: if it is malformed
        :raises SourceError: if it cannot be had
        """
        ...

    def announce(self, wheels: Iterable[Wheel]) -> None:
        """Start looking into several wheels side by side; never raises."""
        ...

    def variant_json(self, wheel: Wheel) -> bytes | None:
        """Return the ``variant.json`` inside a wheel, None if it has none.

        :raises SourceError: if it cannot be had
        """
        ...


def load_variant_data(release: Release, reader: WheelReader) -> VariantData:
    """Return the variant metadata of a release.

    :param reader: how to fetch the index-level file, or to look into one wheel per label
    """
    if not release.has_variants:
        return VariantData(None, "none")
    if release.variants_json is not None:
        return _from_index(release.variants_json, reader)
    suffixes = {wheel.name.suffix for wheel in release.wheels if wheel.name.suffix}
    if not suffixes:
        return _from_wheels(release, reader)
    if release.selector is not None:
        return _from_selector(release.selector, reader, suffixes)
    return _without_selector(release, reader)


def _from_index(file: File, reader: WheelReader) -> VariantData:
    where = file.filename
    try:
        return VariantData(reader.index_metadata(file), "index")
    except UnknownFormatVersion as error:
        return _unusable("metadata-version", error.message, str(error.faults[0]))
    except InvalidMetadata as error:
        return _unusable("metadata-malformed", error.message, f"`{where}` is malformed")
    except HashMismatch as error:
        return _unusable("metadata-hash", error.message, f"`{where}` has the wrong hash")
    except HttpStatusError as error:
        return _unusable("metadata-missing", error.message, error.message)
    except SourceError as error:
        return _unusable("metadata-unreachable", error.message, error.message)


def _from_selector(file: File, reader: WheelReader, suffixes: set[str]) -> VariantData:
    from whichwheel.spec.selector.meaning import understand  # noqa: PLC0415 -- start-up speed
    from whichwheel.spec.selector.reading import read_selector  # noqa: PLC0415 -- the same

    where = file.filename
    try:
        meaning = understand(read_selector(reader.content(file), where=where), suffixes)
    except InvalidSelector as error:
        return _unusable("selector-malformed", error.message, f"`{where}` is malformed")
    except HashMismatch as error:
        return _unusable("selector-hash", error.message, f"`{where}` has the wrong hash")
    except SourceError as error:
        return _unusable("selector-unreachable", error.message, error.message)
    warnings = [
        SourceWarning(
            "selector-suffix-unknown",
            f"`{where}` does not say when wheels with the suffix `+{suffix}` are taken; "
            "they are not considered",
        )
        for suffix in meaning.unknown
    ]
    warnings += [
        SourceWarning(
            "selector-value-unknown",
            f"`{where}` has the value `{shown(value)}` of `{variable}`, which no machine is "
            "known to have; it is not considered",
        )
        for variable, values in meaning.unusable.items()
        for value in values
    ]
    return VariantData(meaning.metadata, "selector", tuple(warnings))


def _without_selector(release: Release, reader: WheelReader) -> VariantData:
    """Return what is known of the wheels without a suffix; nothing tells when to take others."""
    found = _from_wheels(release, reader)
    why = f"`{release.source}` has no `*{SELECTOR_SUFFIX}` that says when they are taken"
    note = f"wheels of `{release.name} {release.version}` have suffixes, and {why}"
    warnings = (*found.warnings, SourceWarning("selector-missing", note))
    unusable = found.unusable if found.metadata is not None else found.unusable or why
    return VariantData(found.metadata, found.origin, warnings, unusable)


def _unusable(kind: str, message: str, why: str) -> VariantData:
    note = f"{message}; only `null` and plain wheels are considered"
    return VariantData(None, "none", (SourceWarning(kind, note),), why)


def _from_wheels(release: Release, reader: WheelReader) -> VariantData:
    by_label: dict[VariantLabel, list[Wheel]] = {}
    for wheel in release.wheels:
        if wheel.name.label not in {None, NULL_LABEL} and not wheel.name.suffix:
            by_label.setdefault(wheel.name.label, []).append(wheel)
    reader.announce(wheels[0] for wheels in by_label.values())
    parts: list[VariantMetadata] = []
    warnings: list[SourceWarning] = []
    for wheels in by_label.values():
        found = _first_readable(wheels, reader, warnings)
        if found is not None:
            parts.append(found)
    if not by_label:
        return VariantData(None, "none")
    if not parts:
        return VariantData(None, "none", tuple(warnings), "no wheel has any that can be used")
    try:
        metadata = combine(parts, where=f"{release.name} {release.version} on {release.source}")
    except InvalidMetadata as error:
        unusable = _unusable("metadata-inconsistent", error.message, "its wheels disagree")
        return VariantData(None, "none", (*warnings, *unusable.warnings), unusable.unusable)
    return VariantData(metadata, "wheels", tuple(warnings))


def _first_readable(
    wheels: list[Wheel], reader: WheelReader, warnings: list[SourceWarning]
) -> VariantMetadata | None:
    """Return the metadata of one label, from the first of its wheels that can be read."""
    for wheel in wheels:
        try:
            return read_wheel_metadata(wheel.name, reader.variant_json(wheel))
        except (InvalidMetadata, SourceError) as error:
            note = f"{error.message}; nothing is known from this wheel"
            warnings.append(SourceWarning("metadata-in-wheel", note))
    return None

"""Turn a wheel into a variant wheel, into another variant, or back into a plain one."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whichwheel.publish.archive import SIGNATURES, rewrite_wheel
from whichwheel.publish.errors import CannotRelabel
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import (
    NULL_LABEL,
    VariantLabel,
    VariantProperties,
    VariantProperty,
)
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.writing import write_metadata

__all__ = ["Relabelled", "normalized_properties", "relabel", "variant_metadata"]


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A wheel that was written under another label.

    :param path: the new wheel
    :param warnings: what was lost on the way
    """

    path: Path
    warnings: tuple[str, ...] = ()


def relabel(  # noqa: PLR0913 -- each is one option of the command
    wheel: Path,
    *,
    label: VariantLabel | None,
    properties: Sequence[VariantProperty] = (),
    table: VariantMetadata | None = None,
    output_directory: Path,
    force: bool = False,
) -> Relabelled:
    """Write a wheel under another label, or under none.

    Everything but ``variant.json`` and ``RECORD`` stays as it is, byte by byte.

    :param wheel: a wheel, plain or variant
    :param label: the new label; None makes a plain wheel
    :param properties: what the label stands for; without any they come from ``table``, else
        from the wheel itself
    :param table: the ``[variant]`` table of the project
    :param output_directory: where to write, made if need be; not the wheel's own folder if
        the name stays the same
    :param force: whether a file of the new name may be replaced
    :raises CannotRelabel: if label and properties do not go together, or nothing says the
        properties
    :raises BrokenWheel: if the wheel is not as its ``RECORD`` says
    :raises OutputExists: if the new wheel is there already, or would replace its own input
    """
    with WheelArchive(wheel) as archive:
        archive.verify()
        variant_json = f"{archive.dist_info}/variant.json"
        changes: dict[str, bytes | None] = {}
        if label is not None:
            own = _own_metadata(archive)
            metadata = variant_metadata(
                archive.name.filename, label, properties=properties, table=table, own=own
            )
            changes[variant_json] = write_metadata(metadata)
        elif properties:
            raise CannotRelabel(
                archive.name.filename,
                "a plain wheel has no properties",
                hint="give a label too, or leave the properties out",
            )
        present = {info.filename for info in archive.members}
        warnings = [] if table is None or label is None else _lost_priorities(table)
        if label is None and variant_json in present:
            changes[variant_json] = None
        for signature in SIGNATURES:
            member = f"{archive.dist_info}/{signature}"
            if member in present:
                changes[member] = None
                warnings.append(
                    f"`{member}` was left out: it signs a `RECORD` that is no longer the same"
                )
        destination = output_directory / archive.name.with_label(label).filename
        rewrite_wheel(archive, destination, changes, force=force)
    return Relabelled(destination, tuple(warnings))


def variant_metadata(
    filename: str,
    label: VariantLabel,
    *,
    properties: Sequence[VariantProperty] = (),
    table: VariantMetadata | None = None,
    own: VariantMetadata | None = None,
) -> VariantMetadata:
    """Return the content of the ``variant.json`` of one variant wheel.

    Namespaces and providers are those of the whole project, not only those of this label, so
    that all wheels of a release agree (PEP 825, Default priorities).

    :param filename: the wheel, for messages
    :param properties: given by hand
    :param table: the ``[variant]`` table of the project
    :param own: the metadata that the wheel has now
    :raises CannotRelabel: if label and properties do not go together, or nothing says the
        properties
    """
    base = table if table is not None else own
    wanted = _wanted(filename, label, _from_list(properties), table, own)
    namespaces = base.namespaces if base is not None else ()
    added = tuple(dict.fromkeys(found.namespace for found in properties))
    missing = [name for name in (added or wanted) if name not in namespaces]
    if table is not None and missing:
        raise CannotRelabel(
            filename,
            f"the namespace `{missing[0]}` is not listed in the `[variant]` table",
            hint="add it to `variant.default-priorities.namespace`, and a provider for it",
        )
    namespaces = (*namespaces, *missing)
    if not namespaces:
        raise CannotRelabel(
            filename,
            "a `null` wheel names the namespaces of its release, and nothing says which",
            hint="give the `pyproject.toml` whose `[variant]` table lists them",
        )
    providers = base.providers if base is not None else {}
    unfilled = [name for name, provider in providers.items() if provider.build_requires]
    if unfilled:
        package = providers[unfilled[0]].build_requires[0]
        raise CannotRelabel(
            filename,
            f"the provider of `{unfilled[0]}` is to be filled from `{package}` "
            "(`build-requires`), which whichwheel does not run",
            hint="list its values in `static-properties`, or name it in `requires`",
        )
    metadata = VariantMetadata(namespaces=namespaces, variants={label: wanted}, providers=providers)
    _check_static(filename, metadata, wanted)
    # What we write, we can read: this finds a namespace without provider, among others.
    return read_metadata(write_metadata(metadata), where=filename)


def normalized_properties(properties: VariantProperties) -> Mapping[str, Mapping[str, set[str]]]:
    """Return properties in a form in which equal ones compare equal."""
    return {
        namespace: {feature: set(values) for feature, values in features.items()}
        for namespace, features in properties.items()
    }


def _from_list(properties: Sequence[VariantProperty]) -> VariantProperties:
    read: dict[str, dict[str, dict[str, None]]] = {}
    for found in properties:
        read.setdefault(found.namespace, {}).setdefault(found.feature, {})[found.value] = None
    return {
        namespace: {feature: tuple(sorted(values)) for feature, values in features.items()}
        for namespace, features in read.items()
    }


def _wanted(
    filename: str,
    label: VariantLabel,
    given: VariantProperties,
    table: VariantMetadata | None,
    own: VariantMetadata | None,
) -> VariantProperties:
    """Return the properties that the label is to stand for."""
    if label == NULL_LABEL:
        if given:
            raise CannotRelabel(
                filename,
                "the label `null` has no properties",
                hint="give another label, or leave the properties out",
            )
        return {}
    listed = table.variants.get(label) if table is not None else None
    if listed is not None:
        if given and normalized_properties(given) != normalized_properties(listed):
            raise CannotRelabel(
                filename,
                f"the `[variant]` table gives the label `{label}` other properties: "
                f"{_written(listed)}",
                hint="leave the properties out, or give another label",
            )
        given = listed
    elif not given and table is not None:
        close = difflib.get_close_matches(label, table.variants, 1)
        known = ", ".join(f"`{name}`" for name in sorted(table.variants)) or "none"
        raise CannotRelabel(
            filename,
            f"the `[variant]` table has no variant `{label}`; it has {known}",
            hint=f"did you mean `{close[0]}`?"
            if close
            else f"add `[variant.variants.{label}]`, or give the properties",
        )
    elif not given and own is not None:
        given = next(iter(own.variants.values()), {})
    if not given:
        raise CannotRelabel(
            filename,
            f"nothing says which properties the label `{label}` stands for",
            hint="give properties or a `[variant]` table; without properties the label is `null`",
        )
    return given


def _check_static(filename: str, metadata: VariantMetadata, wanted: VariantProperties) -> None:
    """Refuse a property that its own static provider rules out (building draft, step 3)."""
    for namespace, features in wanted.items():
        provider = metadata.providers.get(namespace)
        static = provider.static_properties if provider is not None else None
        if static is None:
            continue
        for feature, values in features.items():
            for value in values:
                if value not in static.get(feature, ()):
                    raise CannotRelabel(
                        filename,
                        f"`{namespace} :: {feature} :: {value}` is not among the "
                        "`static-properties` of its provider, so no machine would support it",
                        hint=f"add it to `variant.providers.{namespace}.static-properties`",
                    )


def _written(properties: VariantProperties) -> str:
    return ", ".join(
        f"`{namespace} :: {feature} :: {value}`"
        for namespace, features in properties.items()
        for feature, values in features.items()
        for value in values
    )


def _lost_priorities(table: VariantMetadata) -> list[str]:
    """Name the priorities that earlier drafts had, and that no format we write can hold."""
    lost = [f"property.{namespace}" for namespace in table.value_priorities]
    for namespace in table.feature_priorities:
        provider = table.providers.get(namespace)
        # Static properties carry the order of their features with them.
        if provider is None or provider.static_properties is None:
            lost.append(f"feature.{namespace}")
    return [
        f"`variant.default-priorities.{key}` was left out: the format has no such priorities, "
        "the provider's own order rules"
        for key in sorted(lost)
    ]


def _own_metadata(archive: WheelArchive) -> VariantMetadata | None:
    """Return the metadata of a wheel that is a variant already."""
    data = archive.variant_json if archive.name.label is not None else None
    if data is None:
        return None
    return read_metadata(data, where=f"{archive.path}: variant.json")

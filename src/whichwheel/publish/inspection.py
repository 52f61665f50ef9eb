"""Look into the wheels of a folder: which can be published, which not and why."""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name
from packaging.version import Version

from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.combining import combine
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import InvalidMetadata, VariantMetadata
from whichwheel.spec.properties import NULL_LABEL
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.specifiers import parse_specifiers
from whichwheel.spec.wheel_name import WheelName

__all__ = ["InspectedWheel", "LeftOut", "agreeing", "inspect_wheel", "inspect_wheels"]

_WORKERS = 4


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not published.

    :param why: one sentence without full stop
    """

    filename: str
    why: str


@dataclass(frozen=True, slots=True)
class InspectedWheel:
    """A sound wheel and what an index page says of it.

    :param sha256: of the whole file, hexadecimal
    :param size: in bytes
    :param metadata: its ``METADATA``
    :param variant: its variant metadata, if it is a variant
    """

    path: Path
    name: WheelName
    sha256: str
    size: int
    metadata: bytes
    requires_python: str | None
    variant: VariantMetadata | None

    @property
    def filename(self) -> str:
        """The file name."""
        return self.name.filename


def inspect_wheels(
    paths: Sequence[Path], done: Callable[[Path], None] | None = None
) -> list[InspectedWheel | LeftOut]:
    """Inspect wheels side by side.

    :param done: told of each that is finished
    :returns: in the order of ``paths``
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- heavy, only used here

    found = []
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        for path, result in zip(paths, pool.map(inspect_wheel, paths), strict=True):
            found.append(result)
            if done is not None:
                done(path)
    return found


def inspect_wheel(path: Path) -> InspectedWheel | LeftOut:
    """Check one wheel whole: name, archive, ``RECORD``, ``METADATA``, ``variant.json``."""
    try:
        with WheelArchive(path) as archive:
            archive.verify()
            metadata = archive.metadata
            why, requires_python = _check_metadata(metadata, archive.name)
            variant = None
            if why is None:
                why, variant = _check_variant(archive)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except BrokenWheel as error:
        return LeftOut(path.name, error.why)
    except WhichwheelError as error:
        return LeftOut(path.name, error.message)
    except OSError as error:
        return LeftOut(path.name, f"`{path}` cannot be read: {error.strerror or error}")
    if why is not None:
        return LeftOut(path.name, why)
    return InspectedWheel(path, archive.name, digest, size, metadata, requires_python, variant)


def _check_metadata(data: bytes, name: WheelName) -> tuple[str | None, str | None]:
    """Return what is wrong with ``METADATA``, and the ``Requires-Python`` in it."""
    from packaging.metadata import parse_email  # noqa: PLC0415 -- brings in email

    raw, _ = parse_email(data)
    own_name, own_version = raw.get("name"), raw.get("version")
    if own_name is None or own_version is None:
        return "its `METADATA` has no name or no version", None
    if canonicalize_name(own_name) != name.name:
        return f"its `METADATA` names the project `{own_name}`", None
    try:
        if Version(own_version) != name.version:
            return f"its `METADATA` has version `{own_version}`", None
    except ValueError:  # also that of a number with thousands of digits
        return f"the version `{own_version}` in its `METADATA` is not a version", None
    requires_python = raw.get("requires_python")
    if requires_python is not None:
        try:
            parse_specifiers(requires_python)
        except InvalidSpecifier:
            return f"`Requires-Python: {requires_python}` in its `METADATA` is not valid", None
    return None, requires_python


def _check_variant(archive: WheelArchive) -> tuple[str | None, VariantMetadata | None]:
    """Return what is wrong with ``variant.json``, and its content."""
    label, data = archive.name.label, archive.variant_json
    if label is None:
        why = "it holds a `variant.json`, and its name has no variant label"
        return (None, None) if data is None else (why, None)
    if data is None or archive.name.suffix:
        why = (
            f"its suffix `+{archive.name.suffix}` is for a selector file; "
            "`whichwheel convert --rename` makes a variant wheel of it"
            if archive.name.suffix
            else f"its name has the variant label `{label}`, and it holds no `variant.json`"
        )
        return why, None
    try:
        metadata = read_metadata(data, where="variant.json")
    except InvalidMetadata as error:
        return error.message, None
    if label == NULL_LABEL and not metadata.variants:
        metadata = replace(metadata, variants={NULL_LABEL: {}})
    if set(metadata.variants) != {label}:
        listed = ", ".join(f"`{found}`" for found in sorted(metadata.variants)) or "nothing"
        return f"its `variant.json` describes {listed} and not its label `{label}`", None
    if label != NULL_LABEL and not any(metadata.variants[label].values()):
        return f"its label `{label}` has no properties; only `null` may have none", None
    return None, metadata


def agreeing(
    wheels: Iterable[InspectedWheel],
) -> tuple[list[InspectedWheel], list[LeftOut], VariantMetadata | None]:
    """Leave out the wheels of one release that contradict each other (PEP 825, Consistency).

    Nothing tells which of two wheels that contradict each other is right, so both are left
    out. What is left does not depend on the order of the wheels.

    :param wheels: of one release, in any order
    :returns: the wheels that stay, those left out, the combined metadata of those that stay
    """
    wheels = sorted(wheels, key=lambda wheel: wheel.filename)
    of_release: dict[str, _Group] = {}
    of_label: dict[str, dict[str, _Group]] = {}
    for wheel in wheels:
        if wheel.variant is None:
            continue
        # What concerns the whole release, and what concerns one label: either can disagree,
        # and of the first there are few different ones, however many labels there are.
        for content, groups in (
            (replace(wheel.variant, variants={}), of_release),
            (wheel.variant, of_label.setdefault(wheel.name.label or "", {})),
        ):
            groups.setdefault(_key(content), _Group(content, [])).wheels.append(wheel)
    against: dict[str, str] = {}
    for groups in (of_release, *of_label.values()):
        for one, other in itertools.combinations(groups.values(), 2):
            why = _contradiction(one.content, other.content)
            if why is not None:
                one.blame(against, other, why)
                other.blame(against, one, why)
    kept = [wheel for wheel in wheels if wheel.filename not in against]
    parts = [wheel.variant for wheel in kept if wheel.variant is not None]
    return (
        kept,
        [LeftOut(filename, why) for filename, why in sorted(against.items())],
        combine(parts, where=wheels[0].path.parent.name) if parts else None,
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Wheels that say the same."""

    content: VariantMetadata
    wheels: list[InspectedWheel]

    def blame(self, against: dict[str, str], other: "_Group", why: str) -> None:
        more = f" and {len(other.wheels) - 1} more" if len(other.wheels) > 1 else ""
        first = other.wheels[0].filename
        for wheel in self.wheels:
            against.setdefault(
                wheel.filename, f"its `variant.json` contradicts that of `{first}`{more}: {why}"
            )


def _contradiction(one: VariantMetadata, other: VariantMetadata) -> str | None:
    try:
        combine([one, other], where="the release")
    except InvalidMetadata as error:
        return str(error.faults[0])
    return None


def _key(metadata: VariantMetadata) -> str:
    # The order of values within a wheel's properties means nothing.
    variants = {
        label: {
            namespace: {
                feature: tuple(sorted(values)) for feature, values in sorted(features.items())
            }
            for namespace, features in sorted(properties.items())
        }
        for label, properties in metadata.variants.items()
    }
    return repr(replace(metadata, variants=variants))

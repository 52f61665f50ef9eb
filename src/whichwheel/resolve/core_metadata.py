"""The few fields of a wheel's core metadata that a resolver needs."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.sources.errors import BrokenWheel
from whichwheel.spec.header_fields import header_fields
from whichwheel.spec.markers import (
    InvalidRequirement,
    InvalidVariantMarker,
    VariantRequirement,
    parse_requirement,
)
from whichwheel.spec.specifiers import parse_specifiers
from whichwheel.spec.values import dataclass

__all__ = ["CoreMetadata", "holding", "holds", "parse_core_metadata"]


@dataclass(frozen=True, slots=True)
class CoreMetadata:
    """Name, version and requirements of a wheel.

    :param requires: ``Requires-Dist``, in the order of the file
    :param requires_python: ``Requires-Python``; None if absent or unreadable
    :param extras: ``Provides-Extra``, normalized
    """

    name: NormalizedName
    version: Version
    requires: tuple[VariantRequirement, ...]
    requires_python: SpecifierSet | None
    extras: frozenset[str]


def parse_core_metadata(data: bytes, where: str) -> CoreMetadata:
    """Read core metadata.

    :param where: the wheel, for messages
    :raises BrokenWheel: if name, version or a requirement cannot be read
    """
    single: dict[str, str] = {}
    requires: list[VariantRequirement] = []
    extras: set[str] = set()
    try:
        for field, value in header_fields(data):
            if field == "requires-dist":
                requires.append(parse_requirement(value))
            elif field == "provides-extra":
                extras.add(canonicalize_name(value))
            else:
                single.setdefault(field, value)
        version = Version(single.get("version", ""))
    except (InvalidRequirement, InvalidVariantMarker) as error:
        raise BrokenWheel(where, f"in its metadata, {error.message}") from None
    except ValueError:  # also that of a number with thousands of digits
        found = single.get("version")
        why = "it has no version" if found is None else f"`{found}` is not a version"
        raise BrokenWheel(where, f"in its metadata, {why}") from None
    return CoreMetadata(
        canonicalize_name(single.get("name", "")),
        version,
        tuple(requires),
        _specifier(single.get("requires-python")),
        frozenset(extras),
    )


def holds(requirement: Requirement, environment: Mapping[str, str], extra: str = "") -> bool:
    """Whether a requirement's marker holds, for one extra or, by default, for none.

    :param environment: marker values without ``extra``
    :raises InvalidRequirement: if the marker compares what cannot be compared
    """
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate({**environment, "extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName) as error:
        raise InvalidRequirement(str(requirement), f"its marker has no value: {error}") from None


def holding(
    lines: Iterable[Requirement], environment: Mapping[str, str], extra: str | None
) -> Iterator[Requirement]:
    """Yield the requirements that an extra adds; of no extra, those that hold anyway.

    :param environment: marker values without ``extra``
    :raises InvalidRequirement: as :func:`holds`
    """
    for line in lines:
        anyway = holds(line, environment)
        if anyway if extra is None else not anyway and holds(line, environment, extra):
            yield line


def _specifier(text: str | None) -> SpecifierSet | None:
    if text is None:
        return None
    try:
        return parse_specifiers(text)
    except InvalidSpecifier:
        return None  # as pip does: what cannot be read does not exclude

"""What each build of a release needs, which may differ from build to build."""

from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.resolve.core_metadata import CoreMetadata, holds, parse_core_metadata
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.hashes import strongest
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import Wheel
from whichwheel.spec.markers import InvalidRequirement, VariantRequirement, variant_context
from whichwheel.spec.properties import VariantProperties
from whichwheel.target.target import Target

__all__ = ["Needs", "names_of"]


class Needs:
    """Reads the requirements of wheels, each once.

    :param sources: have the core metadata
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[object, CoreMetadata | None] = {}
        self._bound: dict[object, tuple[Requirement, ...]] = {}

    def lines(self, wheel: Wheel) -> tuple[VariantRequirement, ...] | None:
        """Return the requirements of a wheel as written, None if they cannot be read.

        :raises SourceError: if its core metadata cannot be had
        """
        metadata = self._metadata(wheel)
        return None if metadata is None else metadata.requires

    def _metadata(self, wheel: Wheel) -> CoreMetadata | None:
        file = wheel.file
        told = (file.metadata_hashes or {}).get("sha256")
        key: object = told or (file.url, strongest(file.hashes))
        if key not in self._known:
            try:
                data = self._sources.metadata(wheel)
                self._known[key] = parse_core_metadata(data, file.filename)
            except BrokenWheel:
                self._known[key] = None
        return self._known[key]

    def holding(
        self,
        pin: Pin,
        wheel: Wheel,
        target: Target,
        supported: VariantProperties | None = None,
    ) -> tuple[Requirement, ...] | None:
        """Return what a wheel needs on a target with the extras of a pin, None if unreadable.

        :param wheel: any of the pin's release that fits the target
        :param supported: what the target supports, if not what the pin was chosen by
        """
        lines = self.lines(wheel)
        if lines is None:
            return None
        try:
            return self._holding(lines, pin, wheel, target, supported)
        except InvalidRequirement:
            return None  # a marker compares what cannot be compared

    def _holding(
        self,
        lines: tuple[VariantRequirement, ...],
        pin: Pin,
        wheel: Wheel,
        target: Target,
        supported: VariantProperties | None,
    ) -> tuple[Requirement, ...]:
        if not any(line.has_variant_markers for line in lines):
            # The same for every build that has these lines.
            key = (id(lines), pin.extras, target.name)
            known = self._bound.get(key)
            if known is None:
                bound = (line.requirement for line in lines)
                known = self._bound[key] = tuple(_holding(bound, pin.extras, target))
            return known
        label = wheel.name.label
        properties = pin.choice.properties.get(label or "", {})
        answers = pin.choice.supported if supported is None else supported
        context = variant_context(label, properties, answers)
        return tuple(_holding((line.bind(context) for line in lines), pin.extras, target))


def _holding(
    lines: Iterable[Requirement], extras: Iterable[str], target: Target
) -> Iterator[Requirement]:
    asked = ("", *extras)
    for line in lines:
        if any(holds(line, target.environment, extra) for extra in asked):
            yield line


def names_of(lines: Iterable[Requirement]) -> frozenset[NormalizedName]:
    """Return the projects that requirements are about."""
    return frozenset(canonicalize_name(line.name) for line in lines)

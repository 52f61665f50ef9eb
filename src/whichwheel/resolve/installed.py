"""What installed packages require, read leniently: they are there already."""

from collections.abc import Sequence

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.spec.markers import (
    InvalidRequirement,
    InvalidVariantMarker,
    VariantContext,
    VariantRequirement,
    parse_requirement,
    variant_context,
)
from whichwheel.target.support import Support
from whichwheel.target.target import Target

__all__ = ["InstalledRequirements"]


class InstalledRequirements:
    """The requirements of installed packages, their variant markers answered for the target."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[NormalizedName, Sequence[Requirement]] = {}

    def of(self, package: InstalledPackage) -> Sequence[Requirement]:
        """Return the requirements of a package; a line that cannot be read is left out."""
        known = self._known.get(package.name)
        if known is None:
            known = self._known[package.name] = self._read(package)
        return known

    def _read(self, package: InstalledPackage) -> Sequence[Requirement]:
        lines: list[VariantRequirement] = []
        for text in package.requires:
            try:
                lines.append(parse_requirement(text))
            except (InvalidRequirement, InvalidVariantMarker):
                continue
        context = VariantContext.none()
        # Asking what the target supports may take long, and is mostly not needed.
        if any(line.has_variant_markers for line in lines):
            context = self._context(package)
        return [line.bind(context) for line in lines]

    def _context(self, package: InstalledPackage) -> VariantContext:
        supported = {}
        for namespace, features in package.properties.items():
            answer = self._target.machine.support(namespace, None)
            # Nobody knows the namespace without its metadata: take it as it was installed.
            supported[namespace] = answer.features if isinstance(answer, Support) else features
        return variant_context(package.label, package.properties, supported)

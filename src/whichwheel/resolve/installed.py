"""What installed packages require, read leniently: they are there already."""

from collections.abc import Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from whichwheel.choose.choice import Reason
from whichwheel.choose.fitting import VariantFit
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.sources.release import VariantData
from whichwheel.spec.abi_dependency import is_abi_namespace
from whichwheel.spec.markers import (
    InvalidRequirement,
    InvalidVariantMarker,
    VariantContext,
    VariantRequirement,
    parse_requirement,
    variant_context,
)
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import NULL_LABEL
from whichwheel.target.support import Support
from whichwheel.target.target import Target

__all__ = ["InstalledRequirements", "against_installed"]


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
            known = None if package.metadata is None else package.metadata.providers.get(namespace)
            answer = self._target.machine.support(namespace, known)
            # Nobody knows the namespace without its metadata: take it as it was installed.
            supported[namespace] = answer.features if isinstance(answer, Support) else features
        return variant_context(package.label, package.properties, supported)


def against_installed(package: InstalledPackage, target: Target) -> tuple[Reason, ...]:
    """Return every reason why the variant of an installed package does not fit a target.

    What it was built against is no property of the target, and is left aside.

    :return: none if it fits, is no variant, or nothing is known of it
    """
    if package.label in (None, NULL_LABEL) or not package.properties:
        return ()
    label = package.label or ""
    known = package.metadata
    providers = {} if known is None else known.providers
    own = {
        namespace: features
        for namespace, features in package.properties.items()
        if not is_abi_namespace(namespace, providers)
    }
    if known is None:
        metadata = VariantMetadata(namespaces=tuple(own), variants={label: own})
    else:
        metadata = replace(known, variants={label: own})
    return VariantFit(VariantData(metadata, "wheels"), target).refusals(label)

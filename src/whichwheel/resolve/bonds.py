"""What a build has to agree on with the rest of its environment: axes, and ABIs of dependencies."""

from collections.abc import Mapping
from dataclasses import field

from packaging.utils import NormalizedName

from whichwheel.resolve.axes.axes import SHIPPED_NAMESPACES, Axes
from whichwheel.spec.abi_dependency import abi_dependencies, is_abi_namespace
from whichwheel.spec.metadata import Provider
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass

__all__ = ["NO_BONDS", "BondReader", "Bonds"]


@dataclass(frozen=True, slots=True)
class Bonds:
    """What a build has to agree on.

    :param axes: the values that it would do with, by axis
    :param abi: the releases that it would do with, by dependency, best first
    """

    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    abi: Mapping[NormalizedName, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.axes or self.abi)

    @property
    def words(self) -> frozenset[str]:
        """The same as texts, equal for equal bonds."""
        axes = (f"axis {name} {' '.join(sorted(each))}" for name, each in self.axes.items())
        abi = (f"abi {name} {' '.join(each)}" for name, each in self.abi.items())
        return frozenset((*axes, *abi))


#: Those of a build without properties.
NO_BONDS = Bonds()


class BondReader:
    """Reads bonds from properties; the axes are loaded when some property may be about one.

    :param axes: None for the shipped ones
    """

    def __init__(self, axes: Axes | None) -> None:
        self._axes = axes
        self._namespaces = SHIPPED_NAMESPACES if axes is None else axes.namespaces

    @property
    def axes(self) -> Axes:
        """The axes."""
        if self._axes is None:
            self._axes = Axes.shipped()
        return self._axes

    def read(
        self, properties: VariantProperties, providers: Mapping[str, Provider] | None = None
    ) -> Bonds:
        """Return the bonds of a build.

        :param providers: those of its release's metadata, by namespace
        """
        if not properties:
            return NO_BONDS
        providers = providers or {}
        has_abi = any(is_abi_namespace(namespace, providers) for namespace in properties)
        abi = abi_dependencies(properties, providers) if has_abi else {}
        concerned = not self._namespaces.isdisjoint(properties)
        axes = self.axes.claims(properties) if concerned else {}
        return Bonds(axes, abi) if axes or abi else NO_BONDS

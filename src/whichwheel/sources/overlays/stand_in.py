"""What an installed distribution is to those who know it by another name."""

from dataclasses import field

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass

__all__ = ["Rewritten", "StandIn"]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a variant wheel of a plain name was before it was rewritten.

    :param project: the name that it had
    :param by_name: whether the user asked for it by that name
    """

    project: NormalizedName
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class StandIn:
    """What an installed distribution is to those who know the plain name.

    :param project: the plain name
    :param version: without the local part
    :param label: of the variant that it is
    :param properties: what the label stands for
    :param extras: those whose dependencies it always has
    :param by_name: whether the user asked for it by its own name
    """

    project: NormalizedName
    version: Version
    label: str
    properties: VariantProperties = field(default_factory=dict)
    extras: tuple[NormalizedName, ...] = ()
    by_name: bool = False

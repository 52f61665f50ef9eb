"""A resolution: which wheel of which package an environment is to hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.choose.choice import Choice
from whichwheel.sources.release import Wheel
from whichwheel.spec.properties import VariantProperties

__all__ = ["DirectUrl", "InstalledPackage", "Kept", "Pin", "Resolution", "ResolutionWarning"]


@dataclass(frozen=True, slots=True)
class DirectUrl:
    """Where a wheel that was named by path or URL came from (PEP 610).

    :param url: absolute, without credentials
    :param hashes: as the user gave them
    """

    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResolutionWarning:
    """Something that the user has to be told: less than the best was taken, and why.

    :param kind: stable word: ``variant-fallback``, ``version-fallback``, ``plain-fallback``,
        ``metadata-...``, ``yanked``
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of the resolution.

    :param choice: the release it was chosen from, every wheel with its reason
    :param wheel: the wheel to install: mostly, but not always, ``choice.chosen``
    :param dependencies: the requirements that hold here, variant markers resolved
    :param requested: whether the user named it
    :param direct_url: set if the user gave a path or URL
    """

    name: NormalizedName
    version: Version
    choice: Choice
    wheel: Wheel
    dependencies: tuple[Requirement, ...]
    requested: bool = False
    direct_url: DirectUrl | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A package that is installed already and stays as it is."""

    name: NormalizedName
    version: Version
    requested: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """One consistent set of packages for one target.

    :param pins: what is to be installed, in order of name
    :param kept: what is installed and satisfies the requirements
    """

    pins: tuple[Pin, ...]
    kept: tuple[Kept, ...] = ()
    warnings: tuple[ResolutionWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """What the resolver needs to know of a package that is installed already.

    :param requires: its ``Requires-Dist`` lines, unparsed
    :param label: its variant label, if known
    :param properties: the properties behind the label, for variant markers
    """

    name: NormalizedName
    version: Version
    requires: tuple[str, ...] = ()
    label: str | None = None
    properties: VariantProperties = field(default_factory=dict)
    requested: bool = False

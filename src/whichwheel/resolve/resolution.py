"""A resolution: which wheel of which package an environment is to hold."""

from collections.abc import Mapping
from dataclasses import field

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.choose.choice import Choice
from whichwheel.sources.release import Wheel
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass

__all__ = [
    "AgreedValue",
    "DirectUrl",
    "InstalledPackage",
    "Kept",
    "Pin",
    "Resolution",
    "ResolutionWarning",
]


@dataclass(frozen=True, slots=True)
class DirectUrl:
    """Where a wheel that was named by path or URL came from, or its sources (PEP 610).

    :param url: absolute, without credentials
    :param hashes: of a wheel as the user gave them, of an archive of sources those it has
    :param subdirectory: where in the sources the project is; empty if at the top
    :param editable: of a folder, whether the wheel leads back to it; None of all else
    :param commit: of a git repository
    :param revision: of one, the branch, tag or commit that was asked for
    """

    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    subdirectory: str = ""
    editable: bool | None = None
    commit: str | None = None
    revision: str | None = None

    def document(self, sha256: str) -> dict[str, object]:
        """Return what ``direct_url.json`` says.

        :param sha256: of the wheel
        """
        data: dict[str, object] = {"url": self.url}
        if self.subdirectory:
            data["subdirectory"] = self.subdirectory
        if self.commit is not None:
            vcs = {"vcs": "git", "commit_id": self.commit}
            if self.revision is not None:
                vcs["requested_revision"] = self.revision
            data["vcs_info"] = vcs
        elif self.editable is not None:
            data["dir_info"] = {"editable": True} if self.editable else {}
        else:
            # The digest is that of the file that was named, be it a wheel or an archive of sources.
            data["archive_info"] = {"hashes": {"sha256": sha256, **self.hashes}}
        return data


@dataclass(frozen=True, slots=True)
class ResolutionWarning:
    """Something that the user has to be told: less than the best was taken, and why.

    :param kind: stable word: ``variant-fallback``, ``version-fallback``, ``plain-fallback``,
        ``metadata-...``, ``yanked``
    :param package: whom it is about, where it is about one alone
    """

    kind: str
    message: str
    package: NormalizedName | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of the resolution.

    :param choice: the release it was chosen from, every wheel with its reason
    :param wheel: the wheel to install: mostly, but not always, ``choice.chosen``
    :param dependencies: the requirements that hold here, variant markers resolved
    :param requested: whether the user named it
    :param direct_url: set if the user gave a path or URL
    :param extras: those that it is taken with
    """

    name: NormalizedName
    version: Version
    choice: Choice
    wheel: Wheel
    dependencies: tuple[Requirement, ...]
    requested: bool = False
    direct_url: DirectUrl | None = None
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A package that is installed already and stays as it is."""

    name: NormalizedName
    version: Version
    requested: bool = False


@dataclass(frozen=True, slots=True)
class AgreedValue:
    """What an environment agrees on.

    :param axis: its name
    :param shown: the axis as people name it, as ``blas_lapack :: library``
    :param by: the projects whose builds were made for it
    :param because: what settled it, as a sentence; None if the packages themselves did
    """

    axis: str
    shown: str
    value: str
    by: tuple[NormalizedName, ...]
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """One consistent set of packages for one target.

    :param pins: what is to be installed, in order of name
    :param kept: what is installed and satisfies the requirements
    :param agreed: the values of the axes that it is about
    :param steps: how many rounds the solver needed
    """

    pins: tuple[Pin, ...]
    kept: tuple[Kept, ...] = ()
    warnings: tuple[ResolutionWarning, ...] = ()
    agreed: tuple[AgreedValue, ...] = ()
    steps: int = 0


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """What the resolver needs to know of a package that is installed already.

    :param requires: its ``Requires-Dist`` lines, unparsed
    :param label: its variant label, if known
    :param properties: the properties behind the label, for variant markers
    :param metadata: its own variant metadata, if that can be read
    :param extras: those that it was asked for with, as far as that is recorded
    """

    name: NormalizedName
    version: Version
    requires: tuple[str, ...] = ()
    label: str | None = None
    properties: VariantProperties = field(default_factory=dict)
    requested: bool = False
    metadata: VariantMetadata | None = None
    extras: frozenset[str] = frozenset()

"""A plan: what an environment needs to become what a resolution says."""

from dataclasses import field
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.resolve.resolution import AgreedValue, Pin, ResolutionWarning
from whichwheel.sources.overlays.stand_in import Rewritten, StandIn
from whichwheel.spec.values import dataclass

__all__ = ["Installed", "Plan", "Replacement"]


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution found in an environment.

    :param metadata_directory: its ``*.dist-info``
    :param label: the variant label, if it was installed from a variant wheel
    :param source: where it came from, if we installed it
    :param installer: the content of its ``INSTALLER`` file
    :param requested: whether a user asked for it by name
    :param url: from ``direct_url.json``
    :param archive_sha256: of the wheel that was named by path or URL, from there too
    :param editable: whether it is an editable install
    :param commit: of the git repository that it was built from
    :param subdirectory: where in its sources the project is
    :param stand_in: what it is to those who know it by a plain name, if an overlay says so
    :param rewritten: what it was before it became a variant wheel of its name
    """

    name: NormalizedName
    version: Version
    metadata_directory: Path
    label: str | None = None
    source: str | None = None
    installer: str | None = None
    requested: bool = False
    url: str | None = None
    archive_sha256: str | None = None
    editable: bool = False
    stand_in: StandIn | None = None
    rewritten: Rewritten | None = None
    commit: str | None = None
    subdirectory: str | None = None

    @property
    def known_as(self) -> NormalizedName:
        """The name by which others depend on it."""
        return self.name if self.stand_in is None else self.stand_in.project

    @property
    def known_version(self) -> Version:
        """The version that it has under that name."""
        return self.version if self.stand_in is None else self.stand_in.version


@dataclass(frozen=True, slots=True)
class Replacement:
    """One distribution put in the place of another, which mostly has the same name."""

    old: Installed
    new: Pin


@dataclass(frozen=True, slots=True)
class Plan:
    """What to add, remove, replace and keep; nothing else is touched.

    :param agreed: the values of axes that the environment agrees on
    """

    add: tuple[Pin, ...] = ()
    remove: tuple[Installed, ...] = ()
    replace: tuple[Replacement, ...] = ()
    keep: tuple[Installed, ...] = ()
    warnings: tuple[ResolutionWarning, ...] = field(default=())
    agreed: tuple[AgreedValue, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.add or self.remove or self.replace)

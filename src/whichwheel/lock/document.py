"""A lock as values: what ``pylock.toml`` holds (PEP 751; PEP 825, Integration with pylock.toml)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.release import Wheel
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.values import dataclass

__all__ = [
    "BY_VARIANT",
    "Lock",
    "LockInputs",
    "LockedPackage",
    "LockedTarget",
    "by_variant",
    "digest_of",
]

#: The group of what is needed only if the builds that are chosen need it. It is one of the
#: default groups, so that a tool that knows nothing of it installs more, and never less. A lock
#: that has this group says by it that its builds need different things.
BY_VARIANT = "by-variant"

_IN_GROUP = f"'{BY_VARIANT}' in dependency_groups"


def by_variant(marker: str | None) -> str:
    """Return a marker that holds where another does, for what the chosen builds may need.

    >>> by_variant("sys_platform == 'linux'")
    "sys_platform == 'linux' and 'by-variant' in dependency_groups"
    """
    if marker is None:
        return _IN_GROUP
    return f"{f'({marker})' if ' or ' in marker else marker} and {_IN_GROUP}"


def digest_of(texts: Iterable[str]) -> str:
    """Return a short digest of some texts, whatever their order."""
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One entry of ``[[packages]]``.

    :param marker: where it is installed; None for everywhere
    :param requires_python: for what Pythons it is; None for all
    :param dependencies: what it needs, for people and audits; never used to install
    :param index: the index that has its files
    :param metadata: what the labels of its wheels stand for
    :param source: what else stands in place of wheels: ``archive``, ``vcs``, ``directory``
        or, beside them, ``sdist``; as in the file
    :param archive: the one wheel that ``archive`` names, if it is one
    :param more: further keys, of other tools too, as in the file
    """

    name: NormalizedName
    version: Version | None
    wheels: tuple[Wheel, ...] = ()
    marker: str | None = None
    requires_python: str | None = None
    dependencies: tuple[Mapping[str, object], ...] = ()
    index: str | None = None
    metadata: VariantMetadata | None = None
    source: Mapping[str, object] = field(default_factory=dict)
    archive: Wheel | None = None
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_by_variant(self) -> bool:
        """Whether it is installed only if the builds that are chosen need it."""
        return self.marker is not None and _IN_GROUP in self.marker

    def applies(
        self, environment: Mapping[str, str], extras: frozenset[str], groups: frozenset[str]
    ) -> bool:
        """Whether its marker holds.

        :param environment: marker values
        :param extras: those asked for
        :param groups: the dependency groups asked for
        """
        if self.marker is None:
            return True
        values: dict[str, str | frozenset[str]] = {
            **environment,
            "extras": extras,
            "dependency_groups": groups,
        }
        return Marker(self.marker).evaluate(values, context="lock_file")

    def fits_python(self, version: str) -> bool:
        """Whether a Python is among those that it is for."""
        if self.requires_python is None:
            return True
        return SpecifierSet(self.requires_python).contains(version, prereleases=True)


@dataclass(frozen=True, slots=True)
class LockedTarget:
    """A machine that a lock was made for.

    :param machine: a digest of all of it that a choice could depend on
    :param gets: a digest of the files that it gets
    """

    name: str
    machine: str
    gets: str


@dataclass(frozen=True, slots=True)
class LockInputs:
    """What a lock was made from; it says whether to lock anew, and affects no installation.

    :param requirements: as given, in their order
    :param targets: in their order
    :param everything: whether every build of each release is in it
    :param options: a digest of what the user wanted beyond the requirements
    :param content: a digest of the rest of the file, to tell whether anybody changed it
    """

    requirements: tuple[str, ...]
    targets: tuple[LockedTarget, ...]
    everything: bool = False
    options: str = ""
    content: str = ""


@dataclass(frozen=True)
class Lock:
    """A lock file.

    :param path: where it lies; paths in the file begin there
    :param created_by: the tool that wrote it
    :param requires_python: the Pythons that it is for; None for all
    :param environments: the markers of the environments that it is for; none for all
    :param inputs: what it was made from, if we made it
    :param tool: the tables of other tools, as in the file
    :param content: a digest of all but what tools have for themselves, if it was read
    :param newer: the version of its format, if that is one that adds to what is known here
    """

    path: Path
    packages: tuple[LockedPackage, ...]
    created_by: str = "whichwheel"
    requires_python: str | None = None
    environments: tuple[str, ...] = ()
    extras: tuple[str, ...] | None = None
    dependency_groups: tuple[str, ...] | None = None
    default_groups: tuple[str, ...] = ()
    inputs: LockInputs | None = None
    tool: Mapping[str, object] = field(default_factory=dict)
    content: str = ""
    newer: str | None = None

    @cached_property
    def by_key(self) -> Mapping[tuple[NormalizedName, Version | None], LockedPackage]:
        """The entries by name and version; of two that share them, the first."""
        found: dict[tuple[NormalizedName, Version | None], LockedPackage] = {}
        for package in self.packages:
            found.setdefault((package.name, package.version), package)
        return found

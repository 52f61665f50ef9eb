"""What the user trusts to run on this machine."""

import os
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.plugins.errors import NotTrusted
from whichwheel.spec.values import dataclass

__all__ = [
    "EXECUTABLE_NAME",
    "EXECUTABLE_PREFIX",
    "PLUGIN_API",
    "PinnedWheel",
    "Trust",
    "TrustedExecutable",
    "TrustedPackage",
]

#: An object reference, as entry points have it: ``package.module:object.attribute``.
PLUGIN_API = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?")

#: How the file of an executable provider begins.
EXECUTABLE_PREFIX = "whichwheel-provider-"

#: What follows; it becomes part of the name of a file in the cache.
EXECUTABLE_NAME = re.compile(r"[a-z0-9_]+(?:-[a-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class PinnedWheel:
    """One wheel that was trusted, to the last bit.

    :param url: where it came from, without credentials
    :param sha256: of the file, computed from the file itself
    """

    name: NormalizedName
    version: str
    filename: str
    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class TrustedPackage:
    """A plugin package that may run, with everything that it needs.

    :param specifier: the versions that the user trusted, as ``>=1,<2``; empty for any
    :param wheels: the wheel of the package itself first, then those of its dependencies
    :param source: the index or folder it came from, without credentials
    :param trusted_at: in UTC, as ISO 8601
    :param plugin_api: the object reference that the user named, which then rules
    :param namespaces: those that it is known to answer for
    """

    name: NormalizedName
    specifier: str
    wheels: tuple[PinnedWheel, ...]
    source: str
    trusted_at: str
    extras: tuple[str, ...] = ()
    plugin_api: str | None = None
    namespaces: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version that is pinned."""
        return self.wheels[0].version

    @property
    def title(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}"

    @property
    def request(self) -> str:
        """The requirement that was trusted."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"


@dataclass(frozen=True, slots=True)
class TrustedExecutable:
    """An executable that may run, as long as it is the same file.

    :param name: what follows ``whichwheel-provider-``
    :param path: absolute
    """

    name: str
    path: Path
    sha256: str
    namespaces: tuple[str, ...]
    trusted_at: str


@dataclass(frozen=True, slots=True)
class Trust:
    """All that is trusted.

    :param packages: by normalised name
    :param executables: by path
    """

    packages: Mapping[NormalizedName, TrustedPackage] = field(default_factory=dict)
    executables: Mapping[Path, TrustedExecutable] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return what `providers untrust` takes."""
        return (*self.packages, *(str(path) for path in self.executables))

    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that are known to be answered for, each once."""
        packages = (name for entry in self.packages.values() for name in entry.namespaces)
        executables = (name for entry in self.executables.values() for name in entry.namespaces)
        return tuple(dict.fromkeys((*packages, *executables)))

    def without(self, name: str) -> "Trust":
        """Return the trust that is left without a package, or without executables.

        :param name: of a package or an executable, or the path of an executable
        :raises NotTrusted: if there is no such thing
        """
        package = canonicalize_name(name)
        # As it was kept; an unknown `~user` stays what it is.
        path = Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111
        packages = {key: entry for key, entry in self.packages.items() if key != package}
        executables = {
            key: entry
            for key, entry in self.executables.items()
            if name not in {entry.name, f"{EXECUTABLE_PREFIX}{entry.name}", entry.path.name}
            and key != path
        }
        left = Trust(packages, executables)
        if left == self:
            raise NotTrusted(name, self.names())
        return left

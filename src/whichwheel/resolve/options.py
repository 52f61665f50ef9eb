"""How a user wants things resolved."""

from dataclasses import dataclass, field

from packaging.utils import NormalizedName

from whichwheel.choose.choosing import Preferences

__all__ = ["ResolveOptions"]


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """What the user said beyond the requirements.

    :param preferences: of wheels within a release
    :param upgrade: take the newest of everything involved, installed or not
    :param upgrade_packages: the same for these projects
    :param reinstall: resolve as if nothing involved were installed, and keep none of it
    :param dependencies: False to leave all dependencies aside
    :param prereleases: True to take pre-releases like any other version; else as PEP 440 says
    :param strict: fail where metadata cannot be used, instead of going on with the rest
    """

    preferences: Preferences = field(default_factory=Preferences)
    upgrade: bool = False
    upgrade_packages: frozenset[NormalizedName] = frozenset()
    reinstall: bool = False
    dependencies: bool = True
    prereleases: bool = False
    strict: bool = False

    def upgrades(self, name: NormalizedName) -> bool:
        """Whether an installed project gives way to a newer version."""
        return self.upgrade or self.reinstall or name in self.upgrade_packages

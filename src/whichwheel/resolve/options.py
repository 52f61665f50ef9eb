"""How a user wants things resolved."""

from dataclasses import field
from enum import StrEnum

from packaging.utils import NormalizedName

from whichwheel.choose.choosing import Preferences
from whichwheel.resolve.axes.axes import Axes
from whichwheel.spec.values import dataclass

__all__ = ["ResolveOptions", "VersionPolicy"]


class VersionPolicy(StrEnum):
    """Which of the allowed versions of a project is wanted.

    ``best-build`` is the newest that has a fitting variant with properties; where none has one,
    and with ``newest``, it is the newest of which anything fits.
    """

    NEWEST = "newest"
    BEST_BUILD = "best-build"


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """What the user said beyond the requirements.

    :param preferences: of wheels within a release
    :param upgrade: take the newest of everything involved, installed or not
    :param upgrade_packages: the same for these projects
    :param reinstall: resolve as if nothing involved were installed, and keep none of it
    :param reinstall_packages: the same for these projects
    :param dependencies: False to leave all dependencies aside
    :param prereleases: True to take pre-releases like any other version; else as PEP 440 says
    :param strict: fail where metadata cannot be used, instead of going on with the rest
    :param axes: what an environment must agree on; None for the shipped axes
    :param rechoose: installed projects whose version is looked at anew: another build of it may
        be taken, and it is kept if its build is still the best
    :param displaced: installed projects whose version will not do, should they be needed
    :param removable: installed projects that go if nothing needs them, and so bind nothing
    :param version_policy: which of the allowed versions is wanted
    :param version_policy_from: where that was said, for people
    :param uploaded_before: how late files may have been uploaded, in the user's words; the sources
        see to it, and what is kept of a resolution depends on it
    :param fail_on_fallback: whether to take nothing rather than less than the best
    """

    preferences: Preferences = field(default_factory=Preferences)
    upgrade: bool = False
    upgrade_packages: frozenset[NormalizedName] = frozenset()
    reinstall: bool = False
    reinstall_packages: frozenset[NormalizedName] = frozenset()
    dependencies: bool = True
    prereleases: bool = False
    strict: bool = False
    axes: Axes | None = None
    rechoose: frozenset[NormalizedName] = frozenset()
    displaced: frozenset[NormalizedName] = frozenset()
    removable: frozenset[NormalizedName] = frozenset()
    version_policy: VersionPolicy = VersionPolicy.NEWEST
    version_policy_from: str = ""
    fail_on_fallback: bool = False
    uploaded_before: str = ""

    def upgrades(self, name: NormalizedName) -> bool:
        """Whether an installed project gives way to a newer version."""
        return self.upgrade or self.reinstalls(name) or name in self.upgrade_packages

    def reinstalls(self, name: NormalizedName) -> bool:
        """Whether nothing that is installed of a project is kept."""
        return self.reinstall or name in self.reinstall_packages

    def looks_anew(self, name: NormalizedName) -> bool:
        """Whether what is installed of a project is compared with what there is."""
        return self.upgrades(name) or name in self.rechoose or name in self.displaced

"""All that may be chosen of one project, in order."""

from collections.abc import Mapping

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.resolve.matching import Matcher
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.sources.release import LazyReleases, Release

__all__ = ["Universe"]


class Universe:
    """The versions of one project, oldest first; a version's place is its index.

    :param releases: by version
    :param source: where they come from, for messages
    :param hidden: what hides others of them, for messages; empty if nothing
    :param installed: what is installed, if it may stay
    :param frozen: whether nothing but what is installed is looked at
    :param usual: the version to take first, as it was installed
    """

    def __init__(  # noqa: PLR0913 -- what may be chosen, and what comes first
        self,
        name: NormalizedName,
        releases: Mapping[Version, Release] | None = None,
        *,
        source: str = "",
        hidden: str = "",
        installed: InstalledPackage | None = None,
        frozen: bool = False,
        usual: Version | None = None,
    ) -> None:
        self._releases = {} if releases is None else releases
        # Sources have them in order, newest first, which is sorted fast.
        versions = list(self._releases)
        if installed is not None and installed.version not in self._releases:
            versions.append(installed.version)
        self.name = name
        self.source = source
        self.hidden = hidden
        self.frozen = frozen
        self.installed = installed
        self.versions: tuple[Version, ...] = tuple(sorted(versions))
        self.known = Positions.run(0, len(self.versions))
        self.installed_at = None if installed is None else self.versions.index(installed.version)
        self.usual_at = self.versions.index(usual) if usual in versions else None
        self._made: dict[int, Release | None] = {}
        self._matcher = Matcher(self.versions)

    def matching(self, specifier: SpecifierSet, *, prereleases: bool) -> Positions:
        """Return the places of the versions that a specifier allows (PEP 440).

        :param prereleases: whether pre-releases count like others; else they count if the
            specifier names one, or allows nothing else
        """
        matching = self._matcher.matching(specifier)
        if not prereleases and not specifier.prereleases:
            final = matching - self._matcher.prereleases
            if self.installed_at is not None:
                final |= matching & Positions.singleton(self.installed_at)
            if final != matching and any(
                not self.is_late(place) for place in final.highest_first()
            ):
                return final
        return matching

    def release(self, place: int) -> Release | None:
        """Return the release of a version, None if only what is installed has it."""
        # Sources make a release when it is first asked for, so that most are never made.
        if place not in self._made:
            self._made[place] = self._releases.get(self.versions[place])
        return self._made[place]

    def is_late(self, place: int) -> bool:
        """Whether nothing of a version was there yet when the user wants things as they were."""
        release = None if place == self.installed_at else self.release(place)
        return release is not None and release.is_late

    def is_prerelease_only(self, places: Positions) -> bool:
        """Whether there is something in a set of versions, and all of it pre-releases."""
        inside = places & self.known
        return not inside.is_empty and inside.is_subset(self._matcher.prereleases)

    def is_yanked(self, place: int) -> bool:
        """Whether all wheels of a version were taken back (PEP 592)."""
        if isinstance(self._releases, LazyReleases):
            version = self.versions[place]
            return version in self._releases and self._releases.is_yanked(version)
        release = self.release(place)
        return (
            release is not None
            and bool(release.wheels)
            and all(wheel.file.yanked is not None for wheel in release.wheels)
        )

    def describe(self, places: Positions) -> str:
        """Write a set of versions for people, as ``1.0 to 1.4, 2.0``; empty if it is all."""
        inside = places & self.known
        if inside == self.known:
            return ""
        runs: list[list[Version]] = []
        before = None
        for place in inside.lowest_first():
            if before == place - 1 and runs:
                runs[-1].append(self.versions[place])
            else:
                runs.append([self.versions[place]])
            before = place
        return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)

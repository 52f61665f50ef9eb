"""Resolve for one target after another, so that they agree on versions wherever they can."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.lock.narrowing import KeptReleases, NarrowedSources
from whichwheel.lock.needs import Needs
from whichwheel.resolve.failures import ResolutionFailed
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import Pin, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import Wheel
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

__all__ = ["TargetByTarget", "better_wheels"]


@dataclass(frozen=True, slots=True)
class TargetByTarget:
    """Resolves the same requirements for several targets.

    :param kept: releases of an earlier lock, which stay as they are
    """

    requests: Sequence[Requested]
    sources: Sources
    options: ResolveOptions
    kept: KeptReleases
    needs: Needs

    def resolve(
        self,
        target: Target,
        versions: Mapping[NormalizedName, Version],
        build: tuple[NormalizedName, str | None] | None = None,
    ) -> Resolution:
        """Resolve for one target.

        A version to agree on gives way where the requirements exclude it, where nothing of it
        fits, and where a better build of another package needs another version.

        :param versions: those to agree on
        :param build: the label to take of one project instead of the best; None for the plain
            wheel, and then no variants of others either
        :raises ResolutionFailed: if there is no set of packages
        """
        wanted = dict(versions)
        options = self.options
        if build is not None:
            name, label = build
            preferences = replace(options.preferences, variants=False)
            if label is not None:
                labels = {**options.preferences.labels, name: label}
                preferences = replace(options.preferences, labels=labels)
            options = replace(options, preferences=preferences)
        while True:
            sources = NarrowedSources(self.sources, wanted, self.kept)
            try:
                found = resolve(
                    self.requests, target=target, sources=sources, options=options, installed={}
                )
            except ResolutionFailed as error:
                in_the_way = (
                    list(self._excluded(error.names, sources, target, wanted, build))
                    or [name for name in error.names if name in wanted]
                    or list(wanted)
                )
                if not in_the_way:
                    raise
            else:
                in_the_way = list(self._holding_back(found, target, wanted))
                if not in_the_way:
                    return found
            for name in in_the_way:
                wanted.pop(name, None)

    def _excluded(
        self,
        names: Sequence[NormalizedName],
        sources: Sources,
        target: Target,
        wanted: Mapping[NormalizedName, Version],
        build: tuple[NormalizedName, str | None] | None,
    ) -> Iterator[NormalizedName]:
        """Yield the projects whose version is not what the newest of some others needs.

        :param names: what a resolution failed over
        """
        tags = set(target.tags)
        for name in names:
            project = sources.project(name)
            if project is None or not project.releases:
                continue
            for wheel in project.releases[max(project.releases)].wheels:
                picked = build is None or build[0] != name or build[1] == wheel.name.label
                if not picked or tags.isdisjoint(wheel.name.tags):
                    continue
                for line in self.needs.lines(wheel) or ():
                    needed = canonicalize_name(line.requirement.name)
                    version = wanted.get(needed)
                    if version is None or needed == name:
                        continue
                    if not line.requirement.specifier.contains(version, prereleases=True):
                        yield needed

    def _holding_back(
        self, found: Resolution, target: Target, wanted: Mapping[NormalizedName, Version]
    ) -> Iterator[NormalizedName]:
        """Yield the projects whose version keeps a better build from being taken."""
        for pin in found.pins:
            for wheel in better_wheels(pin):
                for line in self.needs.holding(pin, wheel, target) or ():
                    name = canonicalize_name(line.name)
                    version = wanted.get(name)
                    if version is None or name == pin.name:
                        continue
                    if not line.specifier.contains(version, prereleases=True):
                        yield name


def better_wheels(pin: Pin) -> Iterator[Wheel]:
    """Yield the best wheel of each label that is better than the one taken."""
    seen: set[str | None] = set()
    for judged in pin.choice.ranked:
        label = judged.wheel.name.label
        if label == pin.wheel.name.label:
            return
        if label not in seen:
            seen.add(label)
            yield judged.wheel

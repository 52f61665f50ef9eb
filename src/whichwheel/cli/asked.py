"""What a command is asked for, from when it was read until it is known which projects it means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from whichwheel.cli.building import BuildOptions
from whichwheel.cli.source_options import SourceOptions
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.requirements.hashed_sources import Digests
    from whichwheel.resolve.requested import Requested, RequestedSource
    from whichwheel.resolve.resolution import InstalledPackage, Resolution
    from whichwheel.sources.ports import Sources

__all__ = ["Asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted, and what the files say of how to get it.

    :param sources: those that have to be asked which project they are
    :param constraints: names and versions
    :param located: projects that are to come from a path or URL, should they be needed
    :param digests: by project, those that its files may have
    :param require_hashes: whether nothing else may be taken
    :param prereleases: whether pre-releases are wanted
    """

    requests: "tuple[Requested, ...]"
    source: SourceOptions
    building: BuildOptions
    sources: "tuple[RequestedSource, ...]" = ()
    constraints: tuple[str, ...] = ()
    located: "tuple[Requested | RequestedSource, ...]" = ()
    digests: "Mapping[NormalizedName, Digests]" = field(default_factory=dict)
    require_hashes: bool = False
    prereleases: bool = False

    def left_out(self, environment: Mapping[str, str]) -> "Iterator[str]":
        """Yield what is not wanted here, as its marker does not hold.

        :param environment: marker values without ``extra``
        """
        for request in self.requests:
            if not request.applies(environment):
                yield request.text
        for source in self.sources:
            if not source.applies(environment):
                yield source.text

    def to_build(self, environment: Mapping[str, str]) -> "list[RequestedSource]":
        """Return the sources that are wanted here, and then those of constraints.

        :param environment: marker values without ``extra``
        """
        from whichwheel.resolve.requested import RequestedSource  # noqa: PLC0415 -- start-up time

        return [
            each
            for each in (*self.sources, *self.located)
            if isinstance(each, RequestedSource) and each.applies(environment)
        ]

    def settled(self, settled: "Sequence[Requested]", environment: Mapping[str, str]) -> "Asked":
        """Return the same, now that it is known which projects the sources are.

        :param settled: of :meth:`to_build`, in that order
        :param environment: marker values without ``extra``
        """
        from whichwheel.resolve.requested import Requested  # noqa: PLC0415 -- start-up time

        wanted = sum(each.applies(environment) for each in self.sources)
        requests = [*self.requests, *settled[:wanted]]
        located = [
            *(each for each in self.located if isinstance(each, Requested)),
            *settled[wanted:],
        ]
        located = [each for each in located if each.applies(environment)]
        asked = {each.name for each in requests}
        # Of what is asked for anyway, a constraint is one more request.
        requests += (each for each in located if each.name in asked)
        return replace(self, requests=tuple(requests), sources=(), located=tuple(located))

    def traced(self, resolution: "Resolution") -> "Resolution":
        """Return a resolution that says of what constraints located where it comes from."""
        from whichwheel.resolve.requested import Requested  # noqa: PLC0415 -- start-up time

        places = {
            each.name: each.direct_url for each in self.located if isinstance(each, Requested)
        }
        if not places:
            return resolution
        pins = (
            replace(pin, direct_url=pin.direct_url or places.get(pin.name))
            for pin in resolution.pins
        )
        return replace(resolution, pins=tuple(pins))

    def checked(self, sources: "Sources") -> "Sources":
        """Return sources in which only files with a digest that was given may be taken."""
        if not (self.digests or self.require_hashes):
            return sources
        from whichwheel.requirements.hashed_sources import HashedSources  # noqa: PLC0415

        return HashedSources(sources, self.digests, require=self.require_hashes)

    def constrained(
        self,
        sources: "Sources",
        environment: Mapping[str, str],
        installed: "Mapping[NormalizedName, InstalledPackage]",
    ) -> "tuple[Sources, frozenset[NormalizedName]]":
        """Return sources that show only the versions that constraints allow.

        :param environment: marker values without ``extra``
        :return: with the names of what is installed in another version
        """
        if not (self.constraints or self.located):
            return sources, frozenset()
        from whichwheel.requirements.constrained_sources import ConstrainedSources  # noqa: PLC0415
        from whichwheel.resolve.requested import Requested  # noqa: PLC0415 -- start-up time

        located = {
            each.name: each.wheel.address
            for each in self.located
            if isinstance(each, Requested) and each.wheel is not None
        }
        constrained = ConstrainedSources(sources, self.constraints, environment, located)
        refused = (
            name for name, each in installed.items() if constrained.refuses(name, each.version)
        )
        return constrained, frozenset(refused)

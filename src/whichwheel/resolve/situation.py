"""What a resolution starts from: the user's wishes, the target and what it can have."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from packaging.utils import NormalizedName

from whichwheel.resolve.catalogue import Catalogue
from whichwheel.resolve.fetching_ahead import FetchingAhead
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import InvalidRequest, Requested
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.sources.ports import Sources
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

__all__ = ["Situation", "situation_of"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a resolution starts from.

    :param requested: those that apply to the target
    :param ahead: fetches what will probably be asked for
    :param by_name: the same by project
    """

    requested: Sequence[Requested]
    catalogue: Catalogue
    ahead: FetchingAhead
    options: ResolveOptions
    installed: Mapping[NormalizedName, InstalledPackage]
    by_name: Mapping[NormalizedName, Sequence[Requested]] = field(init=False)

    def __post_init__(self) -> None:
        by_name: dict[NormalizedName, list[Requested]] = {}
        for item in self.requested:
            by_name.setdefault(item.name, []).append(item)
        object.__setattr__(self, "by_name", by_name)

    def asks_now_for(self, name: NormalizedName) -> bool:
        """Whether the user asks for a project by name."""
        return any(not item.implied for item in self.by_name.get(name, ()))

    def asks_for(self, name: NormalizedName) -> bool:
        """Whether the user asks for a project, now or when it was installed."""
        if self.asks_now_for(name):
            return True
        installed = self.installed.get(name)
        return name in self.by_name and installed is not None and installed.requested

    @property
    def environment(self) -> Mapping[str, str]:
        """The target's environment marker values."""
        return self.catalogue.target.environment


def situation_of(
    requirements: Sequence[Requested],
    target: Target,
    sources: Sources,
    options: ResolveOptions,
    installed: Mapping[NormalizedName, InstalledPackage],
) -> Situation:
    """Gather what a resolution starts from.

    :raises InvalidRequest: if two different wheels are named for one project
    """
    applying = [item for item in requirements if item.applies(target.environment)]
    direct: dict[NormalizedName, Requested] = {}
    for item in applying:
        if item.wheel is None:
            continue
        other = direct.setdefault(item.name, item)
        if other.wheel != item.wheel:
            why = f"another wheel is named for `{item.name}`: `{_shown(other)}`"
            raise InvalidRequest(_shown(item), why, hint="name one of them")
    catalogue = Catalogue(sources, target, options)
    ahead = FetchingAhead(sources, catalogue, options)
    return Situation(applying, catalogue, ahead, options, installed)


def _shown(item: Requested) -> str:
    return item.text if item.wheel is None else item.wheel.public

"""Ask sources that the user named which project they are."""

from collections.abc import Iterable

from packaging.utils import NormalizedName

from whichwheel.building.built_sources import BuiltSources, Taken
from whichwheel.requirements.locations import InvalidRequest, WheelLocation, public_url
from whichwheel.resolve.requested import Requested, RequestedSource
from whichwheel.resolve.resolution import DirectUrl

__all__ = ["settle"]


def settle(wanted: Iterable[RequestedSource], sources: BuiltSources) -> list[Requested]:
    """Return what is asked for with sources, by name and version; each once.

    :raises InvalidRequest: if two of them are one project
    :raises WhichwheelError: if sources cannot be had, or do not say which project they are
    """
    found: dict[NormalizedName, RequestedSource] = {}
    settled = []
    for each in wanted:
        taken = sources.take(each.location, editable=each.editable)
        name = taken.wheel.name
        other = found.setdefault(name, each)
        if (other.location.address, other.editable) != (each.location.address, each.editable):
            raise InvalidRequest(
                each.text,
                f"it is the project `{name}`, and so is `{other.text}`"
                + (", as editable" if other.editable else ""),
                hint="name one of them",
            )
        wheel = WheelLocation(taken.wheel, None, each.location.address)
        settled.append(each.settled(wheel, _origin(taken, editable=each.editable)))
    return settled


def _origin(taken: Taken, *, editable: bool) -> DirectUrl:
    """Say where sources come from (PEP 610)."""
    location = taken.location
    hashes = {} if taken.digest is None else {**location.hashes, "sha256": taken.digest}
    return DirectUrl(
        public_url(location.url),
        hashes,
        location.subdirectory,
        editable=editable if location.kind == "folder" else None,
        commit=taken.commit,
        revision=location.revision,
    )

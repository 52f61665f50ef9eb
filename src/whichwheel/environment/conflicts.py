"""Look at every place a change would write to, before it writes to any."""

import base64
import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from whichwheel.environment.boundary import Boundary
from whichwheel.environment.errors import FileConflict
from whichwheel.environment.ownership import owners_of, path_key
from whichwheel.environment.placing import Placement
from whichwheel.environment.plan import Installed
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.errors import BrokenWheel
from whichwheel.spec.values import dataclass

__all__ = ["Arrival", "check_places"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A wheel about to be installed, and where each of its files will be."""

    pin: Pin
    placements: tuple[Placement, ...]


def check_places(
    arrivals: Sequence[Arrival], staying: Iterable[Installed], boundary: Boundary
) -> None:
    """Check that the files of some wheels overwrite nothing that belongs to another package.

    Two packages may share a file of the same content, as the ``__init__.py`` of a folder that
    several packages fill. A file that no package claims is not in the way.

    :param staying: the distributions that are neither removed nor replaced
    :raises FileConflict: at the first file that two packages want to be different
    :raises BrokenWheel: if a wheel wants to write outside of the environment, over its
        interpreter, or to one place twice
    """
    wanted: dict[str, tuple[Arrival, Placement]] = {}
    present: dict[str, tuple[Arrival, Placement]] = {}
    folders: dict[str, bool] = {}
    for arrival in arrivals:
        for placement in arrival.placements:
            target = placement.target
            if not boundary.holds(target):
                raise BrokenWheel(
                    arrival.pin.wheel.name.filename,
                    f"it would write `{target}`, which is not part of the installed packages",
                )
            key = path_key(target)
            other = wanted.setdefault(key, (arrival, placement))
            if other[1] is not placement:
                _check_pair(other, (arrival, placement))
            folder = os.path.dirname(target)  # noqa: PTH120 - text, as there are thousands
            if folder not in folders:
                folders[folder] = os.path.isdir(folder)  # noqa: PTH112 - the same
            if folders[folder] and os.path.lexists(target):
                present[key] = (arrival, placement)
    for key, owners in owners_of(present.keys(), staying).items():
        arrival, placement = present[key]
        for owner in owners:
            path = Path(placement.target)
            if owner.name != arrival.pin.wheel.own.name and not _is_same_as(placement, path):
                raise FileConflict(path, (_title(arrival), f"{owner.name} {owner.version}"))


def _check_pair(first: tuple[Arrival, Placement], second: tuple[Arrival, Placement]) -> None:
    if first[0] is second[0]:
        where = second[0].pin.wheel.name.filename
        raise BrokenWheel(where, f"two of its files would become `{second[1].target}`")
    if _sha256(first[1]) != _sha256(second[1]):
        raise FileConflict(Path(second[1].target), (_title(second[0]), _title(first[0])))


def _title(arrival: Arrival) -> str:
    own = arrival.pin.wheel.own
    return f"{own.name} {own.version}"


def _sha256(placement: Placement) -> str:
    if placement.digest is not None and placement.digest.startswith("sha256="):
        return placement.digest
    if placement.origin is not None:
        return _sha256_of(Path(placement.origin))
    return _encoded(hashlib.sha256(placement.content))


def _is_same_as(placement: Placement, path: Path) -> bool:
    try:
        if placement.size is not None and path.stat().st_size != placement.size:
            return False
        return _sha256_of(path) == _sha256(placement)
    except OSError:
        return False


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return _encoded(hashlib.file_digest(file, "sha256"))


def _encoded(digest: "hashlib._Hash") -> str:
    return "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")

"""Which package a search decides next.

Any order finds a solution if there is one. The order tells how long that takes, and which of
several solutions it is: what is decided early gets the newest version, and what comes late has to
go with it. Packages are decided in this order:

1. What follows from decisions that were made: extras, and the variant of a version. They leave
   little to choose, and say at once what else is needed.
2. What has one version left. It will be that one or none, so that nothing is lost by taking it,
   and a contradiction shows before anything was built upon it.
3. What took part in many conflicts. Decided first, it is settled once, instead of again for each
   way to decide the rest. The count goes in steps, as each change of it costs a new look at all
   open packages, and ends, so that one package cannot outweigh all.
4. What came up first: what the user asks for, as it was asked for, then what that needs. So the
   user gets the newest of what was named, and dependencies follow those who need them.
5. Axes, when all that speaks of them has spoken.

Two well-known orders do worse here, as the benchmark shows: that of names, and that of the fewest
versions left.
"""

from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions

__all__ = ["priority"]

_STEP = 4
_MOST = 8


def priority(
    package: Package, allowed: Positions, *, conflicts: int, came_up: int
) -> tuple[int, ...]:
    """Return the key of an open package; that with the lowest is decided next.

    :param allowed: the places that are left; with all beyond some place, if nothing bounds them
    :param conflicts: how often it took part in a conflict
    :param came_up: its project's place in the order in which projects came up
    """
    if package.is_axis:
        return (3,)
    if package.by_variant or package.extra is not None:
        kind = 0
    else:
        mask = allowed.mask
        kind = 1 if mask > 0 and mask & (mask - 1) == 0 else 2
    return (kind, -min(conflicts // _STEP, _MOST), came_up)

"""Which package a search decides next.

Any order finds a solution if there is one. The order tells how long that takes, and which of
several solutions it is: what is decided early gets the newest version, and what comes late has to
go with it. Packages are decided in this order:

1. What follows from decisions that were made: extras, and the variant of a version. They leave
   little to choose, and say at once what else is needed.
2. What has one version left. It will be that one or none, so that nothing is lost by taking it,
   and a contradiction shows before anything was built upon it.
3. What the user asks for, as it was asked for, so that the user gets the newest of what was named.
4. What took part in many conflicts. Decided first, it is settled once, instead of again for each
   way to decide the rest. The count goes in steps, as each change of it costs a new look at all
   open packages, and ends, so that one package cannot outweigh all.
5. What came up first, so that dependencies follow those who need them.
6. Axes, when all that speaks of them has spoken.

Two well-known orders do worse here, as the benchmark shows: that of names, and that of the fewest
versions left.
"""

from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions

__all__ = ["priority"]

_FOLLOWS, _ONE_LEFT, _ASKED, _OTHER, _AXIS = range(5)
_STEP = 4
_MOST = 8


def priority(
    package: Package, allowed: Positions, *, conflicts: int, came_up: int, asked: bool
) -> tuple[int, ...]:
    """Return the key of an open package; that with the lowest is decided next.

    :param allowed: the places that are left; with all beyond some place, if nothing bounds them
    :param conflicts: how often it took part in a conflict
    :param came_up: its project's place in the order in which projects came up
    :param asked: whether the user asks for its project
    """
    if package.is_axis:
        return (_AXIS,)
    if package.by_variant or package.extra is not None:
        kind = _FOLLOWS
    elif allowed.mask > 0 and allowed.mask & (allowed.mask - 1) == 0:
        kind = _ONE_LEFT
    elif asked:
        return (_ASKED, came_up)
    else:
        kind = _OTHER
    return (kind, -min(conflicts // _STEP, _MOST), came_up)

"""What clients took through a proxy, and how much less that was than what they would have taken."""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.errors import SourceError
from whichwheel.sources.ports import Sources
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.serve.offering import Offer

__all__ = ["Taken", "Tally"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A variant that a client took.

    :param saved: bytes less than the plain wheel, where both sizes are known; it may be negative
    """

    project: NormalizedName
    version: Version
    label: str
    saved: int | None = None


class Tally:
    """Counts variants once each; safe to use from several threads.

    :param target: the machine that they are for
    """

    def __init__(self, target: Target) -> None:
        self._ranks = {tag: rank for rank, tag in reversed(list(enumerate(target.tags)))}
        self._lock = threading.Lock()
        self._taken: dict[tuple[NormalizedName, Version, str], Taken] = {}

    @property
    def taken(self) -> tuple[Taken, ...]:
        """What was taken, in order of name."""
        with self._lock:
            return tuple(each for _, each in sorted(self._taken.items()))

    def note(self, offer: "Offer", sources: Sources) -> None:
        """Note that a client was sent a file."""
        wheel = offer.wheel
        if wheel is None or wheel.name.label is None:
            return
        key = (wheel.name.name, wheel.name.version, wheel.name.label)
        with self._lock:
            if key in self._taken:
                return
            self._taken[key] = Taken(*key)
        size, plain = offer.file.size, self._plain_size(offer, sources)
        if size is not None and plain is not None:
            with self._lock:
                self._taken[key] = Taken(*key, saved=plain - size)

    def _plain_size(self, offer: "Offer", sources: Sources) -> int | None:
        """Return the size of the plain wheel that an installer would have taken."""
        if offer.wheel is None:
            return None
        name = offer.wheel.name
        try:
            project = sources.project(name.name)
        except SourceError:
            return None
        release = None if project is None else project.releases.get(name.version)
        best: tuple[int, int | None] | None = None
        for wheel in () if release is None else release.wheels:
            ranks = [self._ranks[tag] for tag in wheel.name.tags if tag in self._ranks]
            if wheel.name.label is None and ranks and (best is None or min(ranks) < best[0]):
                best = (min(ranks), wheel.file.size)
        return None if best is None else best[1]

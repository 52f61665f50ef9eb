"""What clients took through a proxy, and how much less that was than what they would have taken."""

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.file_sizes import file_size
from whichwheel.sources.ports import PassingSources, Sources
from whichwheel.sources.release import File, Wheel
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.serve.proxy.offering import Offer

__all__ = ["Taken", "Tally"]


#: Seconds that sizes are waited for in the end.
_PATIENCE = 0.5

_Key = tuple[NormalizedName, Version, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A variant that a client took.

    :param own_name: of the project that has the file; another one if an overlay says so
    :param size: in bytes, where that is known
    :param plain_size: of the wheel that an installer would have taken by itself, likewise
    """

    project: NormalizedName
    version: Version
    label: str
    own_name: NormalizedName
    size: int | None = None
    plain_size: int | None = None

    def __str__(self) -> str:
        if self.own_name != self.project:
            return f"{self.own_name} {self.version} for {self.project}"
        return f"{self.project} {self.version} ({self.label})"


class Tally:
    """Counts variants once each; safe to use from several threads.

    :param target: the machine that they are for
    """

    def __init__(self, target: Target) -> None:
        self._ranks = target.tag_ranks
        self._lock = threading.Lock()
        self._taken: dict[_Key, Taken] = {}
        self._measuring: list[threading.Thread] = []

    def finish(self) -> tuple[Taken, ...]:
        """Return what was taken, in order of name; sizes that take long are not waited for."""
        until = time.monotonic() + _PATIENCE
        for measuring in self._measuring:
            measuring.join(max(0.0, until - time.monotonic()))
        with self._lock:
            return tuple(each for _, each in sorted(self._taken.items()))

    def note(self, offer: "Offer", sources: PassingSources) -> None:
        """Note that a client is sent a file; its size is found out meanwhile."""
        wheel = offer.wheel
        if wheel is None or wheel.name.label is None:
            return
        key = (wheel.name.name, wheel.name.version, wheel.name.label)
        with self._lock:
            if key in self._taken:
                return
            self._taken[key] = Taken(*key, _own_name(wheel))
            measuring = threading.Thread(
                target=self._measure, args=(key, wheel, sources), name="sizes", daemon=True
            )
            self._measuring.append(measuring)
        measuring.start()

    def _measure(self, key: _Key, wheel: Wheel, sources: PassingSources) -> None:
        own = wheel.file if wheel.presented is None else wheel.presented.file
        try:
            plain = self._plain(wheel.name, sources)
            size = file_size(own, sources)
            plain_size = None if plain is None else file_size(plain, sources)
        except WhichwheelError:
            return
        with self._lock:
            self._taken[key] = Taken(*key, _own_name(wheel), size, plain_size)

    def _plain(self, name: WheelName, sources: Sources) -> File | None:
        """Return the plain wheel that an installer would have taken."""
        project = sources.project(name.name)
        release = None if project is None else project.releases.get(name.version)
        best: tuple[int, File] | None = None
        for wheel in () if release is None else release.wheels:
            own, file = wheel.name, wheel.file
            if wheel.presented is not None:
                own, file = wheel.presented.own, wheel.presented.file
            if own.label is not None or own.name != name.name or own.version.local is not None:
                continue
            ranks = [self._ranks[tag] for tag in own.tags if tag in self._ranks]
            if ranks and (best is None or min(ranks) < best[0]):
                best = min(ranks), file
        return None if best is None else best[1]


def _own_name(wheel: Wheel) -> NormalizedName:
    return wheel.name.name if wheel.presented is None else wheel.presented.own.name

"""Sources that are opened anew every so often, so that memory stays bounded and news is seen."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from whichwheel.sources.ports import PassingSources

__all__ = ["Generation", "RenewedSources"]

#: How long the same sources are asked, in seconds.
_LIFETIME = 60.0
#: How often they are lent at most.
_MOST_USES = 20_000


class Generation:
    """Sources that are asked for some time.

    :param number: a higher one was opened later
    :param sources: what is asked
    """

    def __init__(self, number: int, opened: AbstractContextManager[PassingSources]) -> None:
        self.number = number
        self.sources = opened.__enter__()
        self.born = time.monotonic()
        self.uses = 0
        self.users = 0
        self.retired = False
        self._opened = opened

    def close(self) -> None:
        """Close the sources."""
        self._opened.__exit__(None, None, None)


class RenewedSources:
    """Lends sources, and opens others when they are old; safe to use from several threads.

    What is kept on disk makes the change cheap.

    :param open_sources: opens sources
    :param lifetime: how long the same ones are lent, in seconds
    """

    def __init__(
        self,
        open_sources: Callable[[], AbstractContextManager[PassingSources]],
        *,
        lifetime: float = _LIFETIME,
    ) -> None:
        self._open_sources = open_sources
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._current: Generation | None = None
        self._number = 0

    @contextmanager
    def lend(self) -> Iterator[Generation]:
        """Lend sources for one request; they stay open as long."""
        generation = self._take()
        try:
            yield generation
        finally:
            self._give_back(generation)

    def renew(self, generation: Generation) -> None:
        """Lend these sources to nobody any more: they remember a failure."""
        with self._lock:
            if self._current is generation:
                self._retire()

    def close(self) -> None:
        """Close the sources as soon as nobody uses them."""
        with self._lock:
            self._retire()

    def _take(self) -> Generation:
        with self._lock:
            current = self._current
            if current is not None and (
                time.monotonic() - current.born > self._lifetime or current.uses >= _MOST_USES
            ):
                self._retire()
                current = None
            if current is None:
                self._number += 1
                current = self._current = Generation(self._number, self._open_sources())
            current.uses += 1
            current.users += 1
            return current

    def _give_back(self, generation: Generation) -> None:
        with self._lock:
            generation.users -= 1
            if generation.retired and not generation.users:
                generation.close()

    def _retire(self) -> None:
        current, self._current = self._current, None
        if current is not None:
            current.retired = True
            if not current.users:
                current.close()

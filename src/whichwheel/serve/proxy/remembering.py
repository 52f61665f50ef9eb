"""Answers that were made once, kept within a limit of memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from whichwheel.sources.background import Outcome

__all__ = ["Page", "Remembered"]

#: What an entry takes beside its body, in bytes.
_OVERHEAD = 1024


@dataclass(frozen=True, slots=True)
class Page:
    """A body with its entity tag.

    :param etag: with its quotes
    """

    body: bytes
    etag: str


class Remembered:
    """The pages used last; each is made by one thread, while others wait for it.

    :param maximum: of all bodies together, in bytes
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[int, Outcome[Page | None], int]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """What is kept, in bytes."""
        return self._size

    def get(self, key: Hashable, generation: int, make: Callable[[], Page | None]) -> Page | None:
        """Return a page, made if it is not there, or there from an earlier generation.

        :param make: makes it; None if there is no such page
        :raises BaseException: what ``make`` raises, which is not kept
        """
        with self._lock:
            known = self._kept.get(key)
            if known is None or known[0] < generation:
                self._forget(key)
                known = self._kept[key] = generation, Outcome(make), 0
            self._kept.move_to_end(key)
        outcome = known[1]
        try:
            page = outcome.result()
        except BaseException:
            with self._lock:
                if self._is_kept(key, outcome):
                    self._forget(key)
            raise
        self._weigh(key, outcome, page)
        return page

    def _weigh(self, key: Hashable, outcome: Outcome[Page | None], page: Page | None) -> None:
        with self._lock:
            if not self._is_kept(key, outcome) or self._kept[key][2]:
                return
            size = _OVERHEAD + (0 if page is None else len(page.body))
            generation, _, _ = self._kept[key]
            self._kept[key] = generation, outcome, size
            self._size += size
            while self._size > self._maximum:
                self._forget(next(iter(self._kept)))

    def _is_kept(self, key: Hashable, outcome: Outcome[Page | None]) -> bool:
        return key in self._kept and self._kept[key][1] is outcome

    def _forget(self, key: Hashable) -> None:
        known = self._kept.pop(key, None)
        if known is not None:
            self._size -= known[2]

"""Work that one thread does while others who want the same wait for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Singly"]


class Singly:
    """Lets one thread at a time work on each thing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: dict[str, tuple[threading.Lock, int]] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nobody is at work."""
        return not self._at_work

    @contextmanager
    def at(self, what: str) -> Iterator[None]:
        """Work on something alone; what an earlier one left behind may be all there is to do."""
        with self._lock:
            lock, users = self._at_work.get(what, (threading.Lock(), 0))
            self._at_work[what] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                _, users = self._at_work.pop(what)
                if users > 1:
                    self._at_work[what] = lock, users - 1

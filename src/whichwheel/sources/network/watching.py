"""Connections whose answer has to begin in time: a head that comes byte by byte is none.

The time limit of a socket is one for each piece that it receives, and begins anew with every byte.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from urllib3 import PoolManager

__all__ = ["watch_connections"]

#: How long the thread looks for something to watch before it ends, in looks.
_IDLE = 20


class _Watch:
    """Shuts the sockets that are waited for too long; one thread does it for all."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._until: dict[int, tuple[float, socket.socket]] = {}
        self._shut: set[int] = set()
        self._runs = False

    @contextmanager
    def limit(self, sock: socket.socket) -> Iterator[None]:
        """Shut a socket if the block takes too long.

        :raises TimeoutError: if that was done
        """
        key = id(sock)
        with self._lock:
            self._until[key] = time.monotonic() + self._seconds, sock
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._look, name="watch", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._until[key]
                shut = key in self._shut
                self._shut.discard(key)
            if shut:
                # What was read till then looks like an answer, and is cut off.
                raise TimeoutError("timed out")

    def _look(self) -> None:
        idle = 0
        while True:
            time.sleep(min(self._seconds / 4, 0.5))
            with self._lock:
                idle = 0 if self._until else idle + 1
                if idle > _IDLE:
                    self._runs = False
                    return
                now = time.monotonic()
                for key, (until, sock) in self._until.items():
                    if now > until and key not in self._shut:
                        self._shut.add(key)
                        with suppress(OSError):
                            # Past the TLS layer, which somebody else is reading from.
                            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def watch_connections(pool: "PoolManager", seconds: float) -> None:
    """Have a pool give up answers whose head is not there in time.

    :param seconds: from the end of the request on
    """
    watch = _Watch(seconds)

    class Plain(HTTPConnection):
        def getresponse(self) -> Any:  # noqa: ANN401 -- as `urllib3` has it
            if self.sock is None:
                return super().getresponse()
            with watch.limit(self.sock):
                return super().getresponse()

    class Secure(HTTPSConnection):
        def getresponse(self) -> Any:  # noqa: ANN401 -- as above
            if self.sock is None:
                return super().getresponse()
            with watch.limit(self.sock):
                return super().getresponse()

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    pool.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

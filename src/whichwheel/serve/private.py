"""A proxy for the time of one command, made ready while the command itself is starting."""

import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

__all__ = ["PrivateProxy"]

#: Seconds that the last answers may take once the command has ended.
_PATIENCE = 1.0


class PrivateProxy:
    """Answers on a socket in the background, from entering the block to its end.

    Who connects early waits: the socket listens already, and to load what a server needs takes
    as long as an installer needs to start.

    :param opened: a listening socket; it is closed in the end
    :param make: makes the application; called in the background
    """

    def __init__(self, opened: socket.socket, make: "Callable[[], Starlette]") -> None:
        self._opened = opened
        self._make = make
        self._lock = threading.Lock()
        self._server: uvicorn.Server | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._serve, name="whichwheel proxy", daemon=True)
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_over = True
            if self._server is not None:
                self._server.should_exit = True
                self._server.force_exit = True
        self._thread.join(_PATIENCE)
        self._opened.close()

    def _serve(self) -> None:
        try:
            from whichwheel.serve.server import make_server  # noqa: PLC0415 -- see above

            server = make_server(self._make())
            with self._lock:
                if self._is_over:
                    return
                self._server = server
            server.run([self._opened])
        except Exception as error:  # noqa: BLE001 -- it is told when the command has ended
            self.failure = error
            # Nobody is left waiting for an answer that never comes.
            self._opened.close()

"""A proxy for the time of one command, made ready while the command itself is starting."""

import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette

__all__ = ["PrivateProxy"]

#: Seconds that the last answers may take once the command has ended: nobody waits for them.
_PATIENCE = 0.5


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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._serve, name="whichwheel proxy", daemon=True)
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_over = True
            if self._loop is not None and self._over is not None:
                self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_PATIENCE)
        self._opened.close()

    @property
    def is_stuck(self) -> bool:
        """Whether an answer is still waited for that nobody needs any more, as of a slow server."""
        return self._is_over and self._thread.is_alive()

    def _serve(self) -> None:
        try:
            import asyncio  # noqa: PLC0415 -- see above

            asyncio.run(self._answer())
        except Exception as error:  # noqa: BLE001 -- it is told when the command has ended
            self.failure = error
            # Nobody is left waiting for an answer that never comes.
            self._opened.close()

    async def _answer(self) -> None:
        import asyncio  # noqa: PLC0415 -- see above

        from whichwheel.serve.proxy.server import answering  # noqa: PLC0415 -- see above

        over = asyncio.Event()
        with self._lock:
            if self._is_over:
                return
            self._loop, self._over = asyncio.get_running_loop(), over
        async with answering(self._make(), self._opened):
            await over.wait()
        with self._lock:
            self._loop = None

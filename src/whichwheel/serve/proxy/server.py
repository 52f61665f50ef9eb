"""The server that runs the proxy, in the background of a program or as the program."""

import asyncio
import logging
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.applications import Starlette

from whichwheel.serve.proxy.listening import listening_socket
from whichwheel.spec.errors import WhichwheelError

__all__ = ["answering", "serve_forever", "serving", "url_of"]

#: How long a server may take to begin, and to end, in seconds.
_PATIENCE = 10.0
_STEP = 0.002
#: Most connections at once; more are told to come again.
_MOST_CONNECTIONS = 1000
#: Largest request line with its headers, in bytes.
_LARGEST_REQUEST = 64 * 1024


@contextmanager
def serving(application: Starlette, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in the background until the block ends.

    :param port: 0 for any that is free
    :returns: the URL of the server, without a closing slash; it answers from now on
    :raises CannotListen: if the address cannot be listened on
    """
    with listening_socket(host, port) as opened:
        server = uvicorn.Server(_configuration(application))
        thread = threading.Thread(
            target=server.run, args=([opened],), name="whichwheel proxy", daemon=True
        )
        thread.start()
        try:
            _wait_for(server, thread)
            yield url_of(opened)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)


@asynccontextmanager
async def answering(application: Starlette, opened: socket.socket) -> AsyncIterator[None]:
    """Answer within an event loop until the block ends; who is still connected then is cut off.

    A server that is run has its own way to end, which takes a tenth of a second.

    :param opened: a listening socket
    """
    server = uvicorn.Server(_configuration(application))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[opened])
    ticking = asyncio.create_task(_tick(server))
    try:
        yield
    finally:
        ticking.cancel()
        for each in server.servers:
            each.close()
        for connection in tuple(server.server_state.connections):
            connection.shutdown()
        await server.lifespan.shutdown()


async def _tick(server: uvicorn.Server) -> None:
    """Let the server do every second what it does every second, as to note the date."""
    while True:
        await server.on_tick(0)
        await asyncio.sleep(1)


def serve_forever(
    application: Starlette, opened: socket.socket, *, access_log: bool = False
) -> None:
    """Serve until somebody presses Ctrl-C, or the system asks to end.

    :param opened: a listening socket
    :param access_log: whether each request is written to standard error
    """
    server = uvicorn.Server(_configuration(application, access_log=access_log))
    with opened, suppress(KeyboardInterrupt):
        server.run([opened])


def _configuration(application: Starlette, *, access_log: bool = False) -> uvicorn.Config:
    if access_log:
        log = logging.getLogger("uvicorn.access")
        log.handlers = [logging.StreamHandler(sys.stderr)]
        log.propagate = False
    configuration = uvicorn.Config(
        application,
        log_config=None,
        # What goes wrong is told in a sentence; a broken connection is no news.
        log_level="critical",
        access_log=access_log,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_LARGEST_REQUEST,
        timeout_graceful_shutdown=2,
        http="h11",
        ws="none",
        loop="asyncio",
    )
    if access_log:
        logging.getLogger("uvicorn.access").setLevel(logging.INFO)
    return configuration


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise WhichwheelError("the proxy does not start")
        time.sleep(_STEP)


def url_of(opened: socket.socket) -> str:
    """Return the URL under which others reach a listening socket, without a closing slash."""
    host, port = opened.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 -- it is asked, not given
        host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

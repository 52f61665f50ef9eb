"""A real HTTP server on loopback that can misbehave on demand."""

import base64
import email.utils
import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Behaviour", "Exchange", "Request", "Server", "answering", "serve"]


@dataclass
class Behaviour:
    """How the server answers one path.

    :param status: answer with this status and no file
    :param failures: answer 503 this many times before answering well
    :param redirect: answer 302 to this URL or path
    :param delay: seconds to wait before answering
    :param seen: set as soon as somebody asks
    :param cut_after: close the connection after this many bytes of the body
    :param body: send these bytes instead of the file
    :param ranges: whether range requests are honoured
    :param etag: whether an ETag is sent and ``If-None-Match`` honoured
    :param headers: more headers
    :param user: ``name:password`` that must be given
    :param content_type: instead of the one guessed from the suffix
    """

    status: int | None = None
    failures: int = 0
    redirect: str | None = None
    delay: float = 0.0
    seen: threading.Event | None = None
    cut_after: int | None = None
    body: bytes | None = None
    ranges: bool = True
    etag: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    content_type: str | None = None


@dataclass(frozen=True)
class Request:
    """One request as the server saw it.

    :param connection: the client's port, the same for all requests of one connection
    """

    method: str
    path: str
    headers: Mapping[str, str]
    status: int
    connection: int = 0


class Server:
    """What a test holds of a running server.

    :param folder: what is served
    :param url: with the closing slash
    :param default: behaviour of paths that have none of their own
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.default = Behaviour()
        self.requests: list[Request] = []
        self._behaviours: dict[str, Behaviour] = {}
        #: Answers a request in its own way; False where the behaviour of the path is to.
        self.interfere: Callable[[Exchange], bool] = lambda _: False
        self.lock = threading.Lock()

    def set(self, path: str, behaviour: Behaviour) -> None:
        """Give one path (without leading slash) a behaviour of its own."""
        self._behaviours["/" + path.lstrip("/")] = behaviour

    def behaviour(self, path: str) -> Behaviour:
        """Return how a path is answered."""
        return self._behaviours.get(path, self.default)

    def paths(self) -> list[str]:
        """Return the paths asked for so far, without the leading slash."""
        with self.lock:
            return [request.path.lstrip("/") for request in self.requests]

    def with_user(self, user: str) -> str:
        """Return the URL with credentials in it."""
        return self.url.replace("http://", f"http://{user}@")


@dataclass(frozen=True)
class Exchange:
    """One request and the answer that it should get, for somebody who answers otherwise.

    :param path: without the leading slash
    :param sent: the headers of the request, in lower case
    """

    handler: BaseHTTPRequestHandler
    path: str
    sent: Mapping[str, str]
    status: int
    headers: Mapping[str, str]
    data: bytes

    def answer(
        self,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """Answer as it should be, but for what is given.

        :param length: the content length that is told; below zero for none
        """
        body = self.data if data is None else data
        told = len(body) if length is None else length
        self.handler.send_response(self.status if status is None else status)
        for name, value in (self.headers if headers is None else headers).items():
            self.handler.send_header(name, value)
        if told >= 0:
            self.handler.send_header("Content-Length", str(told))
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def hang_up(self) -> None:
        """Close the connection, whatever was told before."""
        self.handler.close_connection = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
        """Keep quiet; tests look at `Server.requests`."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        how = self.owner.behaviour(path)
        if how.seen is not None:
            how.seen.set()
        if how.delay:
            time.sleep(how.delay)
        status, headers, data = self._respond(path, how)
        sent = {name.lower(): value for name, value in self.headers.items()}
        with self.owner.lock:
            self.owner.requests.append(
                Request(self.command, path, sent, status, self.client_address[1])
            )
        exchange = Exchange(self, path.lstrip("/"), sent, status, {**headers, **how.headers}, data)
        try:
            if self.owner.interfere(exchange):
                return
            self.send_response(status)
            for name, value in {**headers, **how.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body and status != 304:
                cut = how.cut_after
                self.wfile.write(data if cut is None else data[:cut])
                if cut is not None:
                    self.close_connection = True
        except OSError:  # the client is gone
            self.close_connection = True

    def _respond(self, path: str, how: Behaviour) -> tuple[int, dict[str, str], bytes]:
        if how.user is not None:
            expected = "Basic " + base64.b64encode(how.user.encode()).decode()
            if self.headers.get("Authorization") != expected:
                return 401, {"WWW-Authenticate": "Basic realm=tests"}, b"who are you?"
        if how.failures > 0:
            how.failures -= 1
            return 503, {"Retry-After": "0"}, b"busy"
        if how.status is not None:
            return how.status, {}, b"as the test wants"
        if how.redirect is not None:
            return 302, {"Location": how.redirect}, b""
        return self._file(path, how)

    def _file(self, path: str, how: Behaviour) -> tuple[int, dict[str, str], bytes]:
        file = self.owner.folder / path.lstrip("/")
        if file.is_dir():
            if not path.endswith("/"):
                return 301, {"Location": path + "/"}, b""
            wants_json = "json" in self.headers.get("Accept", "")
            index = file / "index.json"
            file = index if wants_json and index.exists() else file / "index.html"
        if how.body is None and not file.is_file():
            return 404, {}, b"not found"
        data = file.read_bytes() if how.body is None else how.body
        headers = {"Content-Type": how.content_type or _content_type(file.name)}
        headers["Date"] = email.utils.formatdate(usegmt=True)
        if how.etag:
            etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
            headers["ETag"] = etag
            if self.headers.get("If-None-Match") == etag:
                return 304, headers, b""
        wanted = self.headers.get("Range", "")
        if how.ranges:
            headers["Accept-Ranges"] = "bytes"
            if wanted.startswith("bytes="):
                return self._range(wanted.removeprefix("bytes="), headers, data)
        return 200, headers, data

    @staticmethod
    def _range(
        wanted: str, headers: dict[str, str], data: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        first, _, last = wanted.partition("-")
        if first:
            start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
        else:
            start, end = max(0, len(data) - int(last)), len(data) - 1
        if start > end:
            return 416, {**headers, "Content-Range": f"bytes */{len(data)}"}, b""
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        return 206, headers, data[start : end + 1]


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that hang up; the tests make them do so."""


def _content_type(filename: str) -> str:
    if filename == "index.json":
        return "application/vnd.pypi.simple.v1+json"
    suffix = filename.rpartition(".")[2]
    return {"html": "text/html", "json": "application/json"}.get(suffix, "application/octet-stream")


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """Serve a folder on a free port of loopback until the block ends."""
    server = Server(folder)
    handler = type("Handler", (_Handler,), {"owner": server})
    with _QuietServer(("127.0.0.1", 0), handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}/"
        with _running(http):
            yield server


@contextmanager
def answering(
    answer: Callable[[BaseHTTPRequestHandler], None], context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Run a server that answers every GET and CONNECT in one way; yield its port.

    :param context: for TLS
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self)

        do_CONNECT = do_GET  # noqa: N815 -- as the base has it

        def log_message(self, *_: object) -> None:
            pass

    with _QuietServer(("127.0.0.1", 0), Handler) as http:
        if context is not None:
            http.socket = context.wrap_socket(http.socket, server_side=True)
        with _running(http):
            yield int(http.server_address[1])


@contextmanager
def _running(http: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        http.shutdown()
        thread.join()

"""Ways for a server to misbehave, to be put together into a script.

A :class:`Fault` answers one request wrongly. A :class:`Script` says which requests get which
faults: of each path, a list of faults that is worked off request by request; what comes after it
is answered well, or with a fault that stays. Installed on a loopback server by
``server.interfere = Script(...)``::

    script = Script()
    script.first("simple/soup/", busy(wait="0"), cut(0.5))
    script.always("wheels/soup-1.0-py3-none-any.whl", status(500), parts=False)
    server.interfere = script
"""

import gzip
import hashlib
import json
import threading
import time
import zipfile
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.server import Exchange
from support.wheels import WheelSpec, build_wheel, variant_json
from support.workplace import PROVIDERS

__all__ = [
    "Fault",
    "Script",
    "bad_gzip",
    "busy",
    "changed",
    "closed_quietly",
    "cut",
    "cut_chunks",
    "cut_head",
    "drips",
    "drips_headers",
    "gone_before",
    "gzip_bomb",
    "hangs",
    "log_in",
    "redirected",
    "shortened",
    "status",
    "too_long",
    "unchanged",
    "whole_instead",
    "write_pantry",
    "wrong_part",
]

LOG_IN = (
    b"<!DOCTYPE html><html><head><title>Welcome to our network</title></head>"
    b"<body><form action='/login'><input name='user'></form></body></html>"
)


@dataclass(frozen=True)
class Fault:
    """One wrong answer.

    :param name: for people and for the names of tests
    :param give: gives it
    """

    name: str
    give: Callable[[Exchange], None]

    def __repr__(self) -> str:
        return self.name


class Script:
    """Which requests get which faults; also counts how often one was given.

    :ivar given: ``(path, name of the fault)`` in the order in which they were given
    """

    def __init__(self) -> None:
        self.given: list[tuple[str, str]] = []
        self._first: dict[tuple[str, bool | None], deque[Fault]] = defaultdict(deque)
        self._always: dict[tuple[str, bool | None], Fault] = {}
        self._everywhere: list[Fault] = []
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def first(self, path: str, *faults: Fault, parts: bool | None = None) -> None:
        """Answer the next requests for a path with these faults, one each.

        :param parts: whether only requests for parts are meant, or only those for the whole
        """
        self._first[path, parts].extend(faults)

    def always(self, path: str, fault: Fault, *, parts: bool | None = None) -> None:
        """Answer all requests for a path so, after those that have a fault of their own."""
        self._always[path, parts] = fault

    def first_of_each(self, *faults: Fault) -> None:
        """Answer the first requests for every path with these faults."""
        self._everywhere = list(faults)

    def __call__(self, exchange: Exchange) -> bool:
        """Give the fault that is next, if there is one."""
        fault = self._take(exchange)
        if fault is None:
            return False
        fault.give(exchange)
        return True

    def _take(self, exchange: Exchange) -> Fault | None:
        path, part = exchange.path, "range" in exchange.sent
        with self._lock:
            if path not in self._seen:
                self._seen.add(path)
                self._first[path, None].extend(self._everywhere)
            for key in ((path, part), (path, None)):
                waiting = self._first[key]
                fault = waiting.popleft() if waiting else self._always.get(key)
                if fault is not None:
                    self.given.append((path, fault.name))
                    return fault
        return None


def gone_before() -> Fault:
    """The connection is closed before any answer."""
    return Fault("closes before an answer", Exchange.hang_up)


def closed_quietly() -> Fault:
    """The answer is right, and the connection closed after it without a word."""

    def give(exchange: Exchange) -> None:
        exchange.answer()
        exchange.hang_up()

    return Fault("closes after an answer", give)


def cut(share: float) -> Fault:
    """The body breaks off after a share of it."""

    def give(exchange: Exchange) -> None:
        kept = exchange.data[: int(len(exchange.data) * share)]
        exchange.answer(data=kept, length=len(exchange.data) + (not exchange.data))
        exchange.hang_up()

    return Fault(f"breaks off at {share:.0%}", give)


def cut_chunks(share: float = 0.5) -> Fault:
    """The same of a body in chunks, of which the last never comes."""

    def give(exchange: Exchange) -> None:
        kept = exchange.data[: int(len(exchange.data) * share)]
        chunk = b"%x\r\n%s\r\n" % (len(kept), kept) if kept else b""
        headers = {**exchange.headers, "Transfer-Encoding": "chunked"}
        exchange.answer(headers=headers, data=chunk, length=-1)
        exchange.hang_up()

    return Fault("chunks break off", give)


def cut_head() -> Fault:
    """The head breaks off in the middle of a header."""

    def give(exchange: Exchange) -> None:
        exchange.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETa")
        exchange.hang_up()

    return Fault("breaks off in its head", give)


def too_long(more: int = 100) -> Fault:
    """The length that is told is longer than the body."""

    def give(exchange: Exchange) -> None:
        exchange.answer(length=len(exchange.data) + more)
        exchange.hang_up()

    return Fault("tells too great a length", give)


def shortened(less: int = 20) -> Fault:
    """The length that is told is shorter than the body, which ends there."""

    def give(exchange: Exchange) -> None:
        exchange.answer(data=exchange.data[: max(0, len(exchange.data) - less)])

    return Fault("tells too small a length", give)


def changed() -> Fault:
    """The last byte is another one."""

    def give(exchange: Exchange) -> None:
        last = exchange.data[-1:] and bytes([exchange.data[-1] ^ 1])
        exchange.answer(data=exchange.data[:-1] + last)

    return Fault("changes the content", give)


def status(code: int, headers: Mapping[str, str] | None = None) -> Fault:
    """Another status."""
    return Fault(
        f"answers {code}", lambda exchange: exchange.answer(code, headers or {}, b"as asked for")
    )


def busy(code: int = 429, *, wait: str | None = "0") -> Fault:
    """The server is asked too often.

    :param wait: its ``Retry-After``
    """
    found = status(code, {} if wait is None else {"Retry-After": wait})
    return Fault(f"answers {code}, wait {wait}", found.give)


def hangs(seconds: float) -> Fault:
    """Nothing comes for a while, and then the end."""

    def give(exchange: Exchange) -> None:
        time.sleep(seconds)
        exchange.hang_up()

    return Fault("hangs", give)


def drips(pause: float = 0.05) -> Fault:
    """The body comes byte by byte."""

    def give(exchange: Exchange) -> None:
        exchange.answer(data=b"", length=len(exchange.data) + 10_000)
        _drip(exchange, exchange.data + b"." * 10_000, pause)

    return Fault("drips", give)


def drips_headers(pause: float = 0.05) -> Fault:
    """The head comes byte by byte, and has no end."""

    def give(exchange: Exchange) -> None:
        _drip(exchange, b"HTTP/1.1 200 OK\r\nX-Long: " + b"." * 10_000, pause)

    return Fault("drips headers", give)


def _drip(exchange: Exchange, data: Iterable[int], pause: float) -> None:
    exchange.hang_up()
    for byte in data:
        exchange.handler.wfile.write(bytes([byte]))
        time.sleep(pause)


def log_in(headers: Mapping[str, str] | None = None) -> Fault:
    """A proxy answers with a page for people, as if all were well."""
    sent = {"Content-Type": "text/html; charset=utf-8", **(headers or {})}
    return Fault("asks to log in", lambda exchange: exchange.answer(200, sent, LOG_IN))


def redirected(to: str) -> Fault:
    """It is elsewhere."""
    return Fault(f"is at {to}", lambda exchange: exchange.answer(302, {"Location": to}, b""))


def unchanged() -> Fault:
    """It is as the client has it, who has none."""
    return Fault("is unchanged", lambda exchange: exchange.answer(304, {}, b""))


def bad_gzip() -> Fault:
    """The content says that it is compressed, and is not."""
    noise = bytes(range(7, 250))
    return Fault(
        "is no gzip",
        lambda exchange: exchange.answer(
            200, {**exchange.headers, "Content-Encoding": "gzip"}, noise
        ),
    )


def gzip_bomb(size: int) -> Fault:
    """Little that unpacks to much."""
    bomb = gzip.compress(b" " * size)

    def give(exchange: Exchange) -> None:
        exchange.answer(200, {**exchange.headers, "Content-Encoding": "gzip"}, bomb)

    return Fault("is a gzip bomb", give)


def wrong_part() -> Fault:
    """A part that was not asked for, from the start of the file."""

    def give(exchange: Exchange) -> None:
        total = exchange.headers.get("Content-Range", "*/99999").rpartition("/")[2]
        headers = {**exchange.headers, "Content-Range": f"bytes 0-9/{total}"}
        exchange.answer(206, headers, b"0123456789")

    return Fault("sends another part", give)


def whole_instead(whole: Callable[[str], bytes]) -> Fault:
    """The whole file, though a part was asked for.

    :param whole: of a path, the content
    """

    def give(exchange: Exchange) -> None:
        headers = {k: v for k, v in exchange.headers.items() if k != "Content-Range"}
        exchange.answer(200, headers, whole(exchange.path))

    return Fault("sends the whole", give)


def write_pantry(folder: Path) -> None:
    """Write what the network tests ask for: two projects, of all kinds of files that there are.

    `soup` has a variant, which needs a `*-variants.json` and is looked into by range requests, and
    `spoon`, which it requires, is larger than one piece of a download.
    """
    wheels = folder / "wheels"
    metadata = variant_json(
        {"sweet": {"taste": {"kind": ["sweet"]}}}, namespaces=["taste"], providers=PROVIDERS
    )
    soup = [
        build_wheel(
            wheels,
            WheelSpec(
                "soup",
                label="sweet",
                properties={"taste": {"kind": ["sweet"]}},
                metadata=metadata,
                requires=["spoon"],
            ),
        ),
    ]
    noise = hashlib.shake_256(b"spoon").digest(300_000)
    spoon = build_wheel(wheels, WheelSpec("spoon", files={"spoon/data.bin": noise}))
    _write_page(folder, "soup", soup, {"soup-1.0-variants.json": json.dumps(metadata).encode()})
    _write_page(folder, "spoon", [spoon], {})


def _write_page(folder: Path, name: str, wheels: Sequence[Path], more: Mapping[str, bytes]) -> None:
    page = folder / "simple" / name
    page.mkdir(parents=True)
    files: list[dict[str, object]] = []
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            metadata = archive.read(f"{name}-1.0.dist-info/METADATA")
        wheel.with_name(f"{wheel.name}.metadata").write_bytes(metadata)
        entry = _entry(wheel.name, f"../../wheels/{wheel.name}", wheel.read_bytes())
        files.append({**entry, "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()}})
    for filename, content in more.items():
        (page / filename).write_bytes(content)
        files.append(_entry(filename, filename, content))
    document = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
    (page / "index.json").write_text(json.dumps(document), "utf-8")


def _entry(filename: str, url: str, content: bytes) -> dict[str, object]:
    hashes = {"sha256": hashlib.sha256(content).hexdigest()}
    return {"filename": filename, "url": url, "hashes": hashes, "size": len(content)}

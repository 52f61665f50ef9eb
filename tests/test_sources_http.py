import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from support.certificates import needs_openssl, own_certificate
from support.server import Behaviour, Server, answering, serve
from whichwheel.sources.addresses import Credentials, take_credentials
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import HashMismatch, HttpStatusError, RangesNotSupported, SourceError
from whichwheel.sources.network.http import HttpClient
from whichwheel.sources.network.http_cache import HttpCache, freshness_of
from whichwheel.sources.remote_wheel import RemoteFile

SETTINGS = IndexSettings(timeout=0.5, retries=0)
LIMIT = 1 << 20
A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

NewClient = Callable[..., HttpClient]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a").write_bytes(b"a")
    with serve(folder) as running:
        yield running


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewClient:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    def make(
        settings: IndexSettings = SETTINGS, credentials: Credentials | None = None
    ) -> HttpClient:
        return HttpClient(settings, HttpCache(tmp_path / "cache"), credentials or Credentials())

    return make


@pytest.mark.parametrize("status", [204, 206, 304])
def test_an_answer_without_content_does_not_pass_for_an_empty_page(
    server: Server, new: NewClient, status: int
) -> None:
    server.set("a", Behaviour(status=status))
    with pytest.raises(HttpStatusError, match=f"status {status}"):
        new().get(server.url + "a", maximum=LIMIT)


def test_content_with_a_wrong_hash_is_never_kept(server: Server, new: NewClient) -> None:
    headers = {"Cache-Control": "max-age=600"}
    server.set("a", Behaviour(body=b"old", headers=headers))
    with pytest.raises(HashMismatch):
        new().get(server.url + "a", maximum=LIMIT, hashes={"sha256": A})
    server.set("a", Behaviour(headers=headers))
    assert new().get(server.url + "a", maximum=LIMIT, hashes={"sha256": A}).body == b"a"


def test_kept_content_that_was_damaged_is_fetched_again(
    tmp_path: Path, server: Server, new: NewClient
) -> None:
    server.default = Behaviour(headers={"Cache-Control": "max-age=600"})
    new().get(server.url + "a", maximum=LIMIT, hashes={"sha256": A})
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"b")
    assert new().get(server.url + "a", maximum=LIMIT, hashes={"sha256": A}).body == b"a"
    assert len(server.requests) == 2


def test_one_connection_serves_many_requests(server: Server, new: NewClient) -> None:
    server.set("there", Behaviour(redirect="/a"))
    server.set("denied", Behaviour(status=404))
    client = new()
    for path in ("a", "there", "a", "denied", "a"):
        with suppress(HttpStatusError):
            client.get(server.url + path, maximum=LIMIT)
    assert {request.status for request in server.requests} == {200, 302, 304, 404}
    assert len({request.connection for request in server.requests}) == 1


def test_what_is_left_of_a_body_does_not_answer_the_next_request(new: NewClient) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        wheel = handler.path == "/wheel"
        body = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" if wheel else b"fine"
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.flush()
        if wheel:
            time.sleep(0.3)  # the body is on its way only when the next request was sent
        try:
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True

    with answering(answer) as port:
        client = new()
        with pytest.raises(RangesNotSupported):
            RemoteFile(client, f"http://127.0.0.1:{port}/wheel")
        assert client.get(f"http://127.0.0.1:{port}/next", maximum=LIMIT).body == b"fine"


@pytest.mark.parametrize("status", [400, 405, 416, 501])
def test_a_server_that_refuses_ranges_is_known_as_one(
    server: Server, new: NewClient, status: int
) -> None:
    server.set("a", Behaviour(status=status))
    with pytest.raises(RangesNotSupported):
        RemoteFile(new(), server.url + "a")


def test_content_that_unpacks_to_more_than_is_read_is_refused(
    server: Server, new: NewClient
) -> None:
    import gzip  # noqa: PLC0415 -- this test alone

    bomb = gzip.compress(b"\0" * 50_000_000)
    server.set("a", Behaviour(body=bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceError, match="longer than 1048576 bytes"):
        new().get(server.url + "a", maximum=LIMIT)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://[::1/simple", "is no URL"),
        ("http://index.example:port/", "no number"),
        ("ftp://index.example/", "is no URL that can be asked"),
        (f"http://{'a' * 300}.example/", "is no URL that can be asked"),
    ],
)
def test_what_cannot_be_asked_is_said_at_once(new: NewClient, url: str, why: str) -> None:
    settings = replace(SETTINGS, retries=5)
    with pytest.raises(SourceError, match=why):
        new(settings).get(url, maximum=LIMIT)


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(redirect="http://["),
        Behaviour(redirect="file:///etc/passwd"),
        Behaviour(status=302),
    ],
    ids=["no URL", "a file", "no address"],
)
def test_a_redirect_goes_to_servers_only(
    server: Server, new: NewClient, behaviour: Behaviour
) -> None:
    server.set("a", behaviour)
    with pytest.raises(SourceError, match="redirects to nowhere"):
        new().get(server.url + "a", maximum=LIMIT)


def test_a_server_that_sends_drop_by_drop_is_given_up(new: NewClient) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        with suppress(OSError):
            for _ in range(200):
                handler.wfile.write(b".")
                time.sleep(0.05)

    with (
        answering(drip) as port,
        pytest.raises(SourceError, match=r"sends less than 1000 bytes a second for 0\.5 s"),
    ):
        new().get(f"http://127.0.0.1:{port}/a", maximum=LIMIT)


def test_what_signs_an_address_is_not_shown(server: Server, new: NewClient) -> None:
    with pytest.raises(HttpStatusError) as caught:
        new().get(f"{server.url}gone?signature=secret", maximum=LIMIT)
    assert "secret" not in f"{caught.value.message} {caught.value.where}"
    assert "gone?..." in caught.value.message


def test_pages_of_a_user_from_netrc_are_found_in_the_cache_again(
    tmp_path: Path, server: Server, new: NewClient
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    server.default = Behaviour(user="me:secret", headers={"Cache-Control": "max-age=600"})
    (server.folder / "b").write_bytes(b"b")
    client = new()
    for path in ("a", "b"):
        client.get(server.url + path, maximum=LIMIT)
    for path in ("b", "a"):
        new().get(server.url + path, maximum=LIMIT)
    assert len(server.requests) == 2
    # What one user may see is not shown to another.
    other = Credentials()
    take_credentials(server.with_user("you:other"), other)
    with pytest.raises(HttpStatusError):
        new(credentials=other).get(server.url + "a", maximum=LIMIT)


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_is_told_its_own_user_only(new: NewClient, scheme: str) -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.path, handler.headers.get("Proxy-Authorization")))
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with answering(answer) as port:
        client = new(replace(SETTINGS, proxy=f"{scheme}me:secret@127.0.0.1:{port}"))
        client.get("http://index.example/a", maximum=LIMIT)
    assert seen == [("http://index.example/a", "Basic bWU6c2VjcmV0")]


def test_proxies_of_the_environment_are_used(
    new: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{port}")
    with pytest.raises(SourceError, match=r"the proxy for `http://index\.example/a`") as caught:
        new().get("http://index.example/a", maximum=LIMIT)
    assert "secret" not in str(caught.value)


def test_a_proxy_of_an_unknown_kind_is_named(new: NewClient) -> None:
    with pytest.raises(SourceError, match=r"the proxy `socks5://127\.0\.0\.1:9` cannot be used"):
        new(replace(SETTINGS, proxy="socks5://me:secret@127.0.0.1:9")).get(
            "http://index.example/a", maximum=LIMIT
        )


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_to_know_the_user_is_told_of(new: NewClient, scheme: str) -> None:
    def refuse(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(407)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with answering(refuse) as port:
        proxy = f"http://me:secret@127.0.0.1:{port}"
        with pytest.raises(SourceError, match="HTTP status 407") as caught:
            new(replace(SETTINGS, proxy=proxy, retries=3)).get(
                f"{scheme}://index.example/a", maximum=LIMIT
            )
    assert "--proxy http://user:password@host:port" in (caught.value.hint or "")
    assert "secret" not in str(caught.value)


@needs_openssl
def test_a_server_is_trusted_by_its_certificate_or_by_name(tmp_path: Path, new: NewClient) -> None:
    context, certificate = own_certificate(tmp_path)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1")
        handler.end_headers()
        handler.wfile.write(b"a")

    with answering(answer, context) as port:
        url = f"https://127.0.0.1:{port}/"
        with pytest.raises(SourceError, match="no secure connection") as caught:
            new().get(url, maximum=LIMIT)
        assert "--cert" in (caught.value.hint or "")
        with_bundle = new(replace(SETTINGS, certificate=str(certificate)))
        assert with_bundle.get(url, maximum=LIMIT).body == b"a"
        trusting = new(replace(SETTINGS, trusted_hosts=frozenset({"127.0.0.1"})))
        assert trusting.get(url, maximum=LIMIT).body == b"a"


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path, new: NewClient) -> None:
    missing = tmp_path / "missing.pem"
    with pytest.raises(SourceError, match=r"the certificate `.*missing\.pem` cannot be used"):
        new(replace(SETTINGS, client_certificate=str(missing))).get(
            "https://index.example/", maximum=LIMIT
        )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"cache-control": "no-store, max-age=9"}, None),
        ({"cache-control": "no-cache, max-age=9"}, 0.0),
        ({"cache-control": "public, max-age=9"}, 9.0),
        ({"cache-control": "max-age=99999999999"}, 7 * 24 * 3600.0),
        (
            {
                "date": "Sat, 01 Jan 2022 00:10:00 GMT",
                "last-modified": "Sat, 01 Jan 2022 00:00:00 GMT",
            },
            60.0,
        ),
        (
            {
                "date": "Sat, 01 Jan 2022 00:10:00 GMT",
                "last-modified": "Fri, 01 Jan 2021 00:00:00 GMT",
            },
            600.0,
        ),
        ({"date": "soon", "last-modified": "never"}, 0.0),
    ],
)
def test_freshness_is_what_the_server_says_or_a_guess(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert freshness_of(headers) == seconds

"""Whatever a client sends, the proxy answers in peace, and goes on."""

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.proxies import Proxy, proxying, view_of
from support.wheels import WheelSpec, build_wheel
from support.workplace import PROVIDERS

TOKEN = "s3cret-token"  # noqa: S105 -- of this test alone
LISTED = "soup-1.0-1_sweet-py3-none-any.whl"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("wheels")
    properties = {"taste": {"kind": ["sweet"]}}
    build_wheel(folder, WheelSpec("soup"))
    build_wheel(
        folder, WheelSpec("soup", label="sweet", properties=properties, providers=PROVIDERS)
    )
    cache = tmp_path_factory.mktemp("cache")
    with proxying(cache, views=[view_of("sweet")], find_links=[folder]) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("guarded")
    build_wheel(folder, WheelSpec("soup"))
    cache = tmp_path_factory.mktemp("cache")
    with proxying(cache, find_links=[folder], token=TOKEN) as running:
        yield running


words = st.sampled_from(
    [
        *("simple", "files", "for", "soup", "Soup", "1.0", "sweet", "-", "", ".", "..", "null"),
        *("soup-1.0-py3-none-any.whl", "soup-1.0-py3-none-any-sweet.whl", LISTED, "%2e%2e"),
        *(f"{LISTED}.metadata", "etc", "passwd", "~root", "C:", "a" * 300, ";", "?x=1", "#"),
    ]
) | st.text(max_size=8)
paths = st.lists(words, max_size=8).map(
    lambda parts: "/" + "/".join(quote(part, safe="%?;#:~") for part in parts)
)
header_values = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
)
headers = st.dictionaries(
    st.sampled_from(
        [
            *("Accept", "Range", "If-None-Match", "If-Range", "Authorization", "Content-Length"),
            *("Host", "X-Forwarded-Proto", "Transfer-Encoding", "Expect", "Connection", "Upgrade"),
        ]
    ),
    header_values
    | st.sampled_from(
        [
            *("*/*", "text/html;q=0.5,*/*;q=0", ",;,;q=", "bytes=0-0", "bytes=-1", "bytes=9-1"),
            *("bytes=0-1,3-4", "bytes=" + "0-1," * 200, "Basic", "Basic Og==", "chunked", "0"),
            *("100-continue", "websocket", 'W/"x"', "close", "keep-alive", "4294967296"),
        ]
    ),
    max_size=4,
)
methods = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "TRACE", "X"])


def send(url: str, data: bytes) -> HTTPResponse | None:
    """Send bytes, and return the answer; None if the server hung up."""
    split = urlsplit(url)
    with socket.create_connection((split.hostname or "", split.port or 0), timeout=20) as raw:
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        response = HTTPResponse(raw, method=data.partition(b" ")[0].decode("latin-1"))
        try:
            response.begin()
            response.read()
        except (HTTPException, ConnectionError):
            return None
        with closing(response):
            return response


def request(method: str, path: str, sent: dict[str, str]) -> bytes:
    lines = "".join(
        f"{name}: {value}\r\n"
        for name, value in {"Host": "x", "Connection": "close", **sent}.items()
    )
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", "replace")


@given(methods, paths, headers)
@settings(max_examples=200, deadline=None)
def test_any_request_is_answered_without_an_error_of_ours(
    proxy: Proxy, method: str, path: str, sent: dict[str, str]
) -> None:
    answer = send(proxy.url, request(method, path, sent))
    if answer is not None:
        assert answer.status < 500
    assert not [each for each in proxy.told if "internal" in each]


@given(methods, paths, headers.map(lambda sent: {"Accept": "*/*", **sent}))
@settings(max_examples=60, deadline=None)
def test_no_request_without_the_token_gets_anything(
    guarded: Proxy, method: str, path: str, sent: dict[str, str]
) -> None:
    answer = send(guarded.url, request(method, path, sent))
    assert answer is None or answer.status in {400, 401}


@given(st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes_leave_the_proxy_at_work(proxy: Proxy, data: bytes) -> None:
    answer = send(proxy.url, data + b"\r\n\r\n")
    assert answer is None or answer.status < 500
    assert proxy.page("soup").status == 200


def test_the_file_that_the_requests_are_about_is_there(proxy: Proxy) -> None:
    assert list(proxy.files("soup")) == [LISTED]
    assert Path(str(proxy.files("soup")[LISTED]["url"])).name == LISTED

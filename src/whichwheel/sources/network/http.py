"""HTTP with retries, time limits, size limits and credentials that stay where they belong."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from whichwheel._version import __version__
from whichwheel.sources.addresses import Credentials, resolve_link, split_url, take_credentials
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import HashMismatch, HttpStatusError, SourceError
from whichwheel.sources.hashes import check_digests, strongest
from whichwheel.sources.network.connecting import open_pool, proxy_for
from whichwheel.sources.network.http_cache import CachedResponse, HttpCache, freshness_of
from whichwheel.sources.network.identities import Identities
from whichwheel.sources.network.retrying import Patience, Temporary, asked_pause
from whichwheel.sources.network.unreachable import (
    SLOWEST,
    broken_off,
    is_web_page,
    too_slow,
    unreachable,
    web_page,
)
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

__all__ = ["Body", "HttpClient"]

_Result = TypeVar("_Result")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_MAXIMUM_REDIRECTS = 10
_CHUNK = 1 << 18
_OK, _PARTIAL, _UNCHANGED, _UNAUTHORIZED = 200, 206, 304, 401
#: Most that is read of an answer nobody wants, to keep its connection, in bytes.
_REST = 64 * 1024
#: Files that servers call compressed content, and that are meant as they are.
_COMPRESSED = (".gz", ".tgz", ".bz2", ".xz", ".zst")
_NO_HASHES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Body:
    """A response whose content is still to be read.

    :param url: the address after redirects
    :param status: 200, or 206 for a part
    :param headers: names in lower case
    :param chunks: the content in pieces; raises SourceError if it breaks off
    """

    url: str
    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


class HttpClient:
    """Fetches URLs for one run; safe to use from several threads.

    :param credentials: by origin; each is sent to its own origin only
    :param refresh: whether every kept response is asked for again
    :param tell: told of what takes long and is nobody's fault here
    """

    def __init__(
        self,
        settings: IndexSettings,
        cache: HttpCache,
        credentials: Credentials,
        *,
        refresh: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._credentials = credentials
        self._identities = Identities(settings, credentials)
        self._refresh = refresh
        self._tell = tell
        self._pools: dict[str, PoolManager] = {}  # by place, as `https://index.example`
        self._shared: dict[str, PoolManager] = {}  # by what they are opened with
        self._lock = threading.Lock()

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        maximum: int,
        hashes: Mapping[str, str] = _NO_HASHES,
    ) -> CachedResponse:
        """Return a URL's content, from the cache where that is allowed.

        :param maximum: largest content taken, in bytes
        :param hashes: what the content is to have; content that does not is never kept
        :raises HashMismatch: if it does not
        :raises HttpStatusError: if the server answers with an error
        :raises SourceError: if it cannot be reached, hangs, cuts off or redirects in a circle
        """
        url = take_credentials(url, self._credentials)
        variant = self._variant(url, accept, hashes)
        kept = self._kept(url, variant, hashes)
        if kept is not None and kept.is_fresh and not self._refresh:
            return kept
        headers = {"Accept": accept}
        if kept is not None and kept.etag is not None:
            headers["If-None-Match"] = kept.etag
        if kept is not None and kept.last_modified is not None:
            headers["If-Modified-Since"] = kept.last_modified

        def read(body: Body) -> CachedResponse:
            freshness = freshness_of(body.headers)
            if kept is not None and body.status == _UNCHANGED:
                content, content_type, final = kept.body, kept.content_type, kept.url
            else:
                content = _read_at_most(body, maximum)
                content_type, final = body.headers.get("content-type", ""), body.url
                _check(content, content_type, hashes, url, page="html" in accept)
            response = CachedResponse(
                final,
                content_type,
                content,
                body.headers.get("etag"),
                body.headers.get("last-modified"),
                time.time() + (freshness or 0.0),
                freshness or 0.0,
            )
            # What is to be asked for again anyway, and cannot be told to be the same, is no use.
            if freshness or (freshness is not None and (response.etag or response.last_modified)):
                self._cache.put(url, variant, response)
            return response

        return self._retrying(url, headers, read)

    def forget(
        self, url: str, *, accept: str = "*/*", hashes: Mapping[str, str] = _NO_HASHES
    ) -> None:
        """Keep no longer what a URL answered, which turned out to be no use."""
        url = take_credentials(url, self._credentials)
        self._cache.remove(url, self._variant(url, accept, hashes))

    def needs_server(self, url: str, *, accept: str = "*/*") -> bool:
        """Whether :meth:`get` would ask a server."""
        url = take_credentials(url, self._credentials)
        variant = self._variant(url, accept, _NO_HASHES)
        return self._refresh or not self._cache.is_fresh(url, variant)

    def make_ready(self, url: str) -> None:
        """Do all that a request to a URL takes, short of sending it.

        :raises SourceError: if a certificate, or the proxy, cannot be used
        """
        self._pool(take_credentials(url, self._credentials))

    def _variant(self, url: str, accept: str, hashes: Mapping[str, str]) -> str:
        """Return what else than the URL a response depends on."""
        return f"{accept} {strongest(hashes) or ''} {self._identities.shown_to(url)}"

    def _kept(self, url: str, variant: str, hashes: Mapping[str, str]) -> CachedResponse | None:
        kept = self._cache.get(url, variant)
        if kept is not None:
            try:
                check_digests([kept.body], hashes, url)
            except HashMismatch:
                return None  # damaged on disk
        return kept

    def read(
        self,
        url: str,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]],
        take: Callable[[Body], _Result],
    ) -> _Result:
        """Fetch a URL past the cache and hand its body to ``take``, again after a failure.

        :param headers: of the request; where they are called, of each repetition anew
        :param take: may raise Temporary to have the request repeated
        :raises SourceError: as :meth:`get`
        """
        return self._retrying(take_credentials(url, self._credentials), headers, take)

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str]) -> Iterator[Body]:
        """Open a URL past the cache, once, for somebody who can ask again.

        :raises HttpStatusError: if the server answers with an error
        :raises SourceError: if it cannot be reached; from the chunks, if it breaks off
        """
        try:
            with self._open(take_credentials(url, self._credentials), dict(headers)) as body:
                yield body
        except Temporary as error:
            raise error.failure from None

    def is_public(self, url: str) -> bool:
        """Whether anybody can fetch a URL who knows no secret and no setting of the user's."""
        settings = self._settings
        known = (settings.certificate, settings.client_certificate, settings.proxy)
        trusted = split_url(url).hostname in settings.trusted_hosts
        return not any(known) and not trusted and self._identities.find(url) is None

    def _retrying(
        self,
        url: str,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]],
        take: Callable[[Body], _Result],
    ) -> _Result:
        settings = self._settings
        patience = Patience(settings.retries, settings.retry_wait, self._tell)
        while True:
            try:
                with self._open(url, dict(headers() if callable(headers) else headers)) as body:
                    return take(body)
            except Temporary as error:
                patience.after(error, url)

    @contextmanager
    def _open(self, url: str, headers: dict[str, str]) -> Iterator[Body]:
        first, seen = url, {url}
        for _ in range(_MAXIMUM_REDIRECTS):
            response = self._request(url, headers)
            try:
                if response.status not in _REDIRECTS:
                    yield self._body(url, response, headers)
                    return
                url = self._redirected(first, url, response.headers.get("Location", ""))
            finally:
                _let_go(response)
            if url in seen:
                raise SourceError(
                    f"`{first}` redirects in a circle", where=first, hint="check the index URL"
                )
            seen.add(url)
        raise SourceError(
            f"`{first}` redirects more than {_MAXIMUM_REDIRECTS} times",
            where=first,
            hint="check the index URL",
        )

    def _redirected(self, first: str, url: str, location: str) -> str:
        target = None
        with suppress(SourceError):
            target = resolve_link(url, location)
        if target is None or not location:
            raise SourceError(
                f"`{first}` redirects to nowhere", where=first, hint="check the index URL"
            )
        address, _ = target
        if url.startswith("https:") and address.startswith("http:"):
            raise SourceError(
                f"`{first}` redirects from HTTPS to `{address}`, which is not secure",
                where=first,
                hint="tell the owner of the index, or use an index that stays with HTTPS",
            )
        return address

    def _request(self, url: str, headers: Mapping[str, str]) -> "BaseHTTPResponse":
        """Ask for a URL; again as somebody else if the key ring knows who is welcome."""
        user = self._identities.headers(url)
        response = self._request_as(url, headers, user)
        if response.status == _UNAUTHORIZED and self._identities.ask(url, user):
            _let_go(response)
            response = self._request_as(url, headers, self._identities.headers(url))
        return response

    def _request_as(
        self, url: str, headers: Mapping[str, str], user: Mapping[str, str]
    ) -> "BaseHTTPResponse":
        import urllib3  # noqa: PLC0415 -- a fifth of a second that a warm cache does not need

        timeout = self._settings.timeout
        sent = {
            "User-Agent": f"whichwheel/{__version__}",
            "Accept-Encoding": "identity" if "Range" in headers else "gzip, deflate",
            **headers,
            **user,
        }
        try:
            return self._pool(url).request(
                "GET",
                url,
                headers=sent,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=True,
                timeout=urllib3.Timeout(connect=min(timeout, 10.0), read=timeout),
            )
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(url, error, timeout) from None

    def _body(self, url: str, response: "BaseHTTPResponse", headers: Mapping[str, str]) -> Body:
        status = response.status
        if status in _BUSY:
            pause = asked_pause(response.headers.get("Retry-After", ""))
            raise Temporary(HttpStatusError(url, status, pause=pause), pause)
        # An empty or partial answer that was not asked for must not pass for the whole.
        wanted = {_OK}
        if "Range" in headers:
            wanted.add(_PARTIAL)
        if "If-None-Match" in headers or "If-Modified-Since" in headers:
            wanted.add(_UNCHANGED)
        if status not in wanted:
            raise HttpStatusError(url, status, keyring=self._identities.why_not(url))
        found = {name.lower(): value for name, value in response.headers.items()}
        return Body(url, status, found, self._chunks(url, response))

    def _chunks(self, url: str, response: "BaseHTTPResponse") -> Iterator[bytes]:
        import urllib3  # noqa: PLC0415 -- loaded by now

        timeout = self._settings.timeout
        decode = not urlsplit(url).path.endswith(_COMPRESSED)
        total, came, waited = 0, 0, 0.0
        try:
            while True:
                started = time.monotonic()
                # What is there, not a full chunk: that would wait for as long as bytes come.
                chunk = response.read1(_CHUNK, decode_content=decode)
                waited += time.monotonic() - started
                if not chunk:
                    break
                total += len(chunk)
                came += len(chunk)
                if came >= SLOWEST * timeout:
                    came, waited = 0, 0.0
                elif waited > timeout:
                    raise too_slow(url, timeout)
                yield chunk
        except urllib3.exceptions.ReadTimeoutError as error:
            raise unreachable(url, error, timeout) from None
        except urllib3.exceptions.HTTPError as error:
            raise broken_off(url, error) from None
        # A head that broke off looks whole, and is followed by nothing.
        told = ("Content-Length", "Transfer-Encoding")
        if not total and not any(name in response.headers for name in told):
            raise broken_off(url)

    def _pool(self, url: str) -> "PoolManager":
        scheme, _, rest = url.partition("://")
        place = f"{scheme}://{rest.partition('/')[0]}"
        with self._lock:
            pool = self._pools.get(place)
            if pool is None:
                pool = self._pools[place] = self._open_pool(url)
            return pool

    def _open_pool(self, url: str) -> "PoolManager":
        split = urlsplit(url)
        proxy = proxy_for(url, self._settings)
        verify = split.hostname not in self._settings.trusted_hosts
        # To load all certificates takes as long as a few requests.
        secure = split.scheme == "https" or proxy is not None
        key = f"{proxy} {verify} {secure}"
        if key not in self._shared:
            self._shared[key] = open_pool(self._settings, proxy, verify=verify, secure=secure)
        return self._shared[key]


def _let_go(response: "BaseHTTPResponse") -> None:
    """Return the connection for another request if nothing is left on it, else close it."""
    import urllib3  # noqa: PLC0415 -- loaded by now

    rest = getattr(response, "length_remaining", None)
    if response.status not in {_OK, _PARTIAL} and rest is not None and rest <= _REST:
        with suppress(urllib3.exceptions.HTTPError):
            # Once: who sends an error drop by drop is not waited for.
            response.read1(_REST, decode_content=False)
    # Closed first: a connection with an unread body must not serve another request.
    response.close()
    response.release_conn()


def _check(
    content: bytes, content_type: str, hashes: Mapping[str, str], url: str, *, page: bool
) -> None:
    """Refuse content that is not what was promised.

    :param page: whether a page is wanted
    :raises Temporary: if it has another hash, which a second answer may not have
    :raises SourceError: if it is a page for people where there should be a file
    """
    try:
        check_digests([content], hashes, url)
    except HashMismatch as error:
        if is_web_page(content_type, content):
            raise web_page(url, "the file", content) from None
        raise Temporary(error, once=True) from None
    if strongest(hashes) is None and not page and is_web_page(content_type, content):
        raise web_page(url, "the file", content)


def _read_at_most(body: Body, maximum: int) -> bytes:
    content = bytearray()
    for chunk in body.chunks:
        content += chunk
        if len(content) > maximum:
            raise SourceError(
                f"`{body.url}` is longer than {maximum} bytes, the most that is read",
                where=body.url,
                hint="check that the address is that of a package index",
            )
    return bytes(content)

"""HTTP with retries, time limits, size limits and credentials that stay where they belong."""

import base64
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from whichwheel._version import __version__
from whichwheel.sources.addresses import (
    Credentials,
    origin_of,
    resolve_link,
    split_url,
    take_credentials,
)
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.connecting import from_netrc, open_pool, proxy_for
from whichwheel.sources.errors import HashMismatch, HttpStatusError, SourceError, SourceTimeout
from whichwheel.sources.hashes import check_digests, strongest
from whichwheel.sources.http_cache import CachedResponse, HttpCache, freshness_of

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

__all__ = ["Body", "HttpClient"]

_Result = TypeVar("_Result")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_MAXIMUM_REDIRECTS = 10
_CHUNK = 1 << 18
_OK, _PARTIAL, _UNCHANGED = 200, 206, 304
_LONGEST_PAUSE = 10.0
#: Most that is read of an answer nobody wants, to keep its connection, in bytes.
_REST = 64 * 1024
#: Least that has to come within one time limit, in bytes: drop by drop is not an answer.
_TRICKLE = 1024
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
    """

    def __init__(
        self,
        settings: IndexSettings,
        cache: HttpCache,
        credentials: Credentials,
        *,
        refresh: bool = False,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._credentials = credentials
        self._refresh = refresh
        self._without_credentials: set[str] = set()
        self._pools: dict[str, PoolManager] = {}
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
        user = self._credentials_for(url)
        variant = f"{accept} {strongest(hashes) or ''} {user[0] if user else ''}"
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
                check_digests([content], hashes, url)
                content_type, final = body.headers.get("content-type", ""), body.url
            response = CachedResponse(
                final,
                content_type,
                content,
                body.headers.get("etag"),
                body.headers.get("last-modified"),
                time.time() + (freshness or 0.0),
            )
            if freshness is not None:
                self._cache.put(url, variant, response)
            return response

        return self._retrying(url, headers, read)

    def _kept(self, url: str, variant: str, hashes: Mapping[str, str]) -> CachedResponse | None:
        kept = self._cache.get(url, variant)
        if kept is not None:
            try:
                check_digests([kept.body], hashes, url)
            except HashMismatch:
                return None  # damaged on disk
        return kept

    def read(
        self, url: str, headers: Mapping[str, str], take: Callable[[Body], _Result]
    ) -> _Result:
        """Fetch a URL past the cache and hand its body to ``take``, again after a failure.

        :raises SourceError: as :meth:`get`
        """
        return self._retrying(take_credentials(url, self._credentials), dict(headers), take)

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str]) -> Iterator[Body]:
        """Open a URL past the cache, once, for somebody who can ask again.

        :raises HttpStatusError: if the server answers with an error
        :raises SourceError: if it cannot be reached; from the chunks, if it breaks off
        """
        try:
            with self._open(take_credentials(url, self._credentials), dict(headers)) as body:
                yield body
        except _Temporary as error:
            raise error.failure from None

    def is_public(self, url: str) -> bool:
        """Whether anybody can fetch a URL who knows no secret and no setting of the user's."""
        settings = self._settings
        known = (settings.certificate, settings.client_certificate, settings.proxy)
        trusted = split_url(url).hostname in settings.trusted_hosts
        return not any(known) and not trusted and self._credentials_for(url) is None

    def _retrying(
        self, url: str, headers: dict[str, str], take: Callable[[Body], _Result]
    ) -> _Result:
        attempt = 0
        while True:
            try:
                with self._open(url, headers) as body:
                    return take(body)
            except _Temporary as error:
                if attempt >= self._settings.retries:
                    raise error.failure from None
                time.sleep(min(error.pause or 0.25 * 2**attempt, _LONGEST_PAUSE))
            attempt += 1

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
        raise SourceError(f"`{first}` redirects more than {_MAXIMUM_REDIRECTS} times", where=first)

    def _redirected(self, first: str, url: str, location: str) -> str:
        target = None
        with suppress(SourceError):
            target = resolve_link(url, location)
        if target is None or not location:
            raise SourceError(f"`{first}` redirects to nowhere", where=first)
        address, _ = target
        if url.startswith("https:") and address.startswith("http:"):
            raise SourceError(
                f"`{first}` redirects from HTTPS to `{address}`, which is not secure", where=first
            )
        return address

    def _request(self, url: str, headers: Mapping[str, str]) -> "BaseHTTPResponse":
        import urllib3  # noqa: PLC0415 -- a fifth of a second that a warm cache does not need

        timeout = self._settings.timeout
        sent = {
            "User-Agent": f"whichwheel/{__version__}",
            "Accept-Encoding": "identity" if "Range" in headers else "gzip, deflate",
            **headers,
            **self._authorization(url),
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
            if isinstance(error, urllib3.exceptions.LocationValueError):
                raise SourceError(
                    f"`{url}` is no URL that can be asked", where=url, hint="check the index URL"
                ) from None
            raise _Temporary(_unreachable(url, error, timeout)) from None

    def _body(self, url: str, response: "BaseHTTPResponse", headers: Mapping[str, str]) -> Body:
        if response.status in _BUSY:
            pause = response.headers.get("Retry-After", "")
            raise _Temporary(
                HttpStatusError(url, response.status), float(pause) if pause.isdigit() else None
            )
        # An empty or partial answer that was not asked for must not pass for the whole.
        wanted = {_OK}
        if "Range" in headers:
            wanted.add(_PARTIAL)
        if "If-None-Match" in headers or "If-Modified-Since" in headers:
            wanted.add(_UNCHANGED)
        if response.status not in wanted:
            raise HttpStatusError(url, response.status)
        found = {name.lower(): value for name, value in response.headers.items()}
        return Body(url, response.status, found, self._chunks(url, response))

    def _chunks(self, url: str, response: "BaseHTTPResponse") -> Iterator[bytes]:
        import urllib3  # noqa: PLC0415 -- loaded by now

        timeout = self._settings.timeout
        came, until = 0, time.monotonic() + timeout
        try:
            # What is there, not a full chunk: that would wait for as long as single bytes come.
            while chunk := response.read1(_CHUNK, decode_content=True):
                yield chunk
                came += len(chunk)
                if came >= _TRICKLE:
                    came, until = 0, time.monotonic() + timeout
                elif time.monotonic() > until:
                    raise _Temporary(_trickles(url, timeout))
        except urllib3.exceptions.ReadTimeoutError as error:
            raise _Temporary(_unreachable(url, error, timeout)) from None
        except urllib3.exceptions.HTTPError:
            failure = SourceError(f"`{url}` broke off before its end", where=url, hint="try again")
            raise _Temporary(failure) from None

    def _authorization(self, url: str) -> Mapping[str, str]:
        found = self._credentials_for(url)
        if found is None:
            return {}
        user, password = found
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        return {"Authorization": f"Basic {encoded}"}

    def _credentials_for(self, url: str) -> tuple[str, str] | None:
        origin = origin_of(url)
        if origin not in self._credentials and origin not in self._without_credentials:
            found = from_netrc(split_url(url).hostname or "")
            if found is not None:
                self._credentials[origin] = found
            else:
                self._without_credentials.add(origin)
        return self._credentials.get(origin)

    def _pool(self, url: str) -> "PoolManager":
        proxy = proxy_for(url, self._settings)
        verify = urlsplit(url).hostname not in self._settings.trusted_hosts
        key = f"{proxy} {verify}"
        with self._lock:
            if key not in self._pools:
                self._pools[key] = open_pool(self._settings, proxy, verify=verify)
            return self._pools[key]


class _Temporary(Exception):
    """A failure that may pass; carries the error to raise when it does not."""

    def __init__(self, failure: SourceError, pause: float | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.pause = pause


def _let_go(response: "BaseHTTPResponse") -> None:
    """Return the connection for another request if nothing is left on it, else close it."""
    import urllib3  # noqa: PLC0415 -- loaded by now

    if response.status not in {_OK, _PARTIAL}:
        with suppress(urllib3.exceptions.HTTPError):
            response.read(_REST)
    # Closed first: a connection with an unread body must not serve another request.
    response.close()
    response.release_conn()


def _read_at_most(body: Body, maximum: int) -> bytes:
    content = bytearray()
    for chunk in body.chunks:
        content += chunk
        if len(content) > maximum:
            raise SourceError(
                f"`{body.url}` is longer than {maximum} bytes, the most that is read",
                where=body.url,
            )
    return bytes(content)


def _trickles(url: str, timeout: float) -> SourceError:
    return SourceTimeout(
        f"`{url}` sends less than {_TRICKLE} bytes in {timeout:g} s",
        where=url,
        hint="try again, or give more time with `--timeout`",
    )


def _unreachable(url: str, error: Exception, timeout: float) -> SourceError:
    import urllib3  # noqa: PLC0415 -- loaded by now

    # A refused connection is, for urllib3, a kind of time-out.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    if isinstance(error, urllib3.exceptions.TimeoutError) and not refused:
        return SourceTimeout(
            f"`{url}` did not answer within {timeout:g} s",
            where=url,
            hint="try again, or give more time with `--timeout`",
        )
    if isinstance(error, urllib3.exceptions.SSLError):
        return SourceError(
            f"no secure connection to `{url}`: {error}",
            where=url,
            hint="name the certificate bundle with `--cert`",
        )
    if isinstance(error, urllib3.exceptions.ProxyError):
        return SourceError(f"the proxy for `{url}` cannot be used", where=url)
    return SourceError(
        f"cannot reach `{url}`: {_reason(error)}",
        where=url,
        hint="check the network and the index URL",
    )


def _reason(error: Exception) -> str:
    """Return the innermost cause in few words, without addresses of objects."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    return getattr(cause, "strerror", None) or type(cause).__name__

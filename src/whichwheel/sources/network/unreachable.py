"""What to say of a server that gave no answer, or one that is not its own."""

import re
from urllib.parse import urlsplit

from whichwheel.sources.errors import SourceError, SourceTimeout
from whichwheel.sources.network.retrying import HungUp, Temporary
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["SLOWEST", "broken_off", "is_web_page", "too_slow", "unreachable", "web_page"]

#: Fewer bytes a second are no answer.
SLOWEST = 1000
_MORE_TIME = "try again, or give more time with `--timeout`"
_PAGE_STARTS = (b"<!doctype html", b"<html")
_TITLE = lazy_pattern(rb"<title[^>]*>([^<]{1,80})</title>", re.IGNORECASE)


def is_web_page(content_type: str, content: bytes) -> bool:
    """Whether an answer is a page for people, as that of a proxy that wants a log-in.

    :param content: at least its first bytes
    """
    start = content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith(_PAGE_STARTS) or ("html" in content_type and start.startswith(b"<"))


def web_page(url: str, wanted: str, content: bytes = b"") -> SourceError:
    """Return the failure to give what was asked for instead of a page for people.

    :param wanted: what was asked for, with its article
    :param content: of the page, for its title
    """
    found = _TITLE.search(content[:4096])
    title = " ".join(found[1].decode("utf-8", "replace").split()) if found is not None else ""
    titled = f" with the title `{title}`" if title and "`" not in title else ""
    return SourceError(
        f"`{url}` answered with a web page{titled} instead of {wanted}",
        where=url,
        hint="a log-in page or a proxy may answer for the server: "
        "open the address in a browser, and check the address and the proxy",
    )


def broken_off(url: str, error: Exception | None = None) -> Temporary:
    """Return the failure of a body that ended before its end, or cannot be unpacked."""
    import urllib3  # noqa: PLC0415 -- loaded by now

    if isinstance(error, urllib3.exceptions.DecodeError):
        why = "sent content that cannot be unpacked"
        hint = "try again; if it stays, the server or a proxy damages what it sends"
        return Temporary(SourceError(f"`{url}` {why}", where=url, hint=hint))
    return Temporary(
        SourceError(
            f"`{url}` broke off before its end",
            where=url,
            hint="try again; `--retries` says how often that is done by itself",
        )
    )


def too_slow(url: str, timeout: float) -> Temporary:
    """Return the failure of a body that comes drop by drop."""
    return Temporary(
        SourceTimeout(
            f"`{url}` sends less than {SLOWEST} bytes a second for {timeout:g} s",
            where=url,
            hint=_MORE_TIME,
        )
    )


def unreachable(url: str, error: Exception, timeout: float) -> Exception:
    """Return what to raise for an error of the HTTP client: to be repeated, or for good."""
    import urllib3  # noqa: PLC0415 -- loaded by now

    kinds = urllib3.exceptions
    # A refused connection is, for urllib3, a kind of time-out.
    refused = isinstance(error, kinds.NewConnectionError)
    if isinstance(error, kinds.LocationValueError):
        return SourceError(
            f"`{url}` is no URL that can be asked", where=url, hint="check the index URL"
        )
    if isinstance(error, kinds.ProxyError):
        return _proxy_failure(url, error)
    if isinstance(error, kinds.SSLError):
        return _insecure(url, error)
    if isinstance(error, kinds.TimeoutError) and not refused:
        return Temporary(
            SourceTimeout(
                f"`{url}` did not answer within {timeout:g} s", where=url, hint=_MORE_TIME
            )
        )
    if isinstance(error, kinds.NameResolutionError):
        host = urlsplit(url).hostname
        failure = SourceError(
            f"cannot reach `{url}`: the name `{host}` cannot be resolved ({_reason(error)})",
            where=url,
            hint="check the spelling of the index URL, and the network",
        )
        return Temporary(failure)
    hung_up = isinstance(error, kinds.ProtocolError)
    failure = SourceError(
        f"cannot reach `{url}`: "
        + (f"the connection was closed ({_reason(error)})" if hung_up else _reason(error)),
        where=url,
        hint="check the network and the index URL",
    )
    return HungUp(failure) if hung_up else Temporary(failure)


def _proxy_failure(url: str, error: Exception) -> Exception:
    text = f"{error} {_innermost(error)}"
    if " 407 " in text:
        return SourceError(
            f"the proxy for `{url}` wants user and password (HTTP status 407)",
            where=url,
            hint="give them with the proxy, as `--proxy http://user:password@host:port`",
        )
    return Temporary(
        SourceError(
            f"the proxy for `{url}` cannot be used: {_reason(error)}",
            where=url,
            hint="check `--proxy` and the variables `HTTP_PROXY` and `HTTPS_PROXY`",
        )
    )


def _insecure(url: str, error: Exception) -> Exception:
    import ssl  # noqa: PLC0415 -- loaded by now

    cause = _innermost(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceError(
            f"no secure connection to `{url}`: its certificate is not trusted "
            f"({cause.verify_message})",
            where=url,
            hint="name the certificate authorities with `--cert`, "
            "or trust the host unseen with `--trusted-host`",
        )
    why = (getattr(cause, "reason", None) or type(cause).__name__).lower().replace("_", " ")
    failure = SourceError(
        f"no secure connection to `{url}`: {why}",
        where=url,
        hint="check that the server speaks HTTPS on this port; "
        "for a certificate of your own, see `--cert` and `--client-cert`",
    )
    if isinstance(cause, ssl.SSLEOFError):
        return Temporary(failure)
    return failure


def _innermost(error: Exception) -> BaseException:
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    return cause


def _reason(error: Exception) -> str:
    """Return the innermost cause in few words, without addresses of objects."""
    cause = _innermost(error)
    return getattr(cause, "strerror", None) or type(cause).__name__

"""The addresses of wheels that may stand in a dispatch package."""

import re
from urllib.parse import quote, urlsplit

__all__ = ["address_fault", "as_address", "without_user"]

_SCHEMES = frozenset({"http", "https", "file"})
#: No space, no control character, nothing beyond ASCII: an address is sent as it stands.
_SENDABLE = re.compile(r"[!-~]{1,2000}")
_ESCAPED = "%/:=&?~#+!$,;'@()*[]"


def as_address(url: str) -> str:
    """Return a URL as it is sent, with what is not ASCII escaped.

    >>> as_address("https://wheels.example/größe/foo 1+cu12.whl")
    'https://wheels.example/gr%C3%B6%C3%9Fe/foo%201+cu12.whl'
    """
    return quote(url, safe=_ESCAPED)


def without_user(url: str) -> str:
    """Return a URL as it may be shown.

    >>> without_user("https://me:secret@wheels.example/foo")
    'https://wheels.example/foo'
    """
    return re.sub(r"//[^/?#]*@", "//", url, count=1)


def address_fault(url: str) -> str | None:
    """Say why a URL is none that a wheel can be fetched from, None if it is.

    User names and passwords are a fault: whoever has the source distribution could read them.
    """
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
        if host is not None:
            host.encode("idna")
    except ValueError as error:
        return f"is no address ({error})".lower()
    if split.scheme not in _SCHEMES:
        return "is no `http`, `https` or `file` address"
    if split.username is not None or split.password is not None:
        return "holds a user name or a password, which anybody could read"
    if not _SENDABLE.fullmatch(url):
        return "has characters that have to be escaped, or is too long"
    if split.scheme != "file" and (not host or port == 0):
        return "names no host that can be asked"
    return None

"""URLs: credentials taken out, file URLs and paths told apart."""

import os
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from whichwheel.sources.errors import SourceError
from whichwheel.spec.patterns import lazy_pattern

__all__ = [
    "Credentials",
    "as_url",
    "file_path",
    "origin_of",
    "resolve_link",
    "split_url",
    "take_credentials",
]

_SCHEME = lazy_pattern(r"^[A-Za-z][A-Za-z0-9+.-]+:")
#: Links that mean what they say, and a fragment.
_ABSOLUTE = lazy_pattern(r"(https?://[a-z0-9.:-]+/[\w.+%~/=,!-]*)(?:#([^#]*))?", re.ASCII)
_NAME = lazy_pattern(r"([\w][\w.+%~=,!-]*)(?:#([^#]*))?", re.ASCII)
_PORTS = {"http": 80, "https": 443}


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL.

    :raises SourceError: if it is none
    """
    try:
        if not url.isascii():
            url.encode()
        return urlsplit(url)
    except UnicodeEncodeError:
        raise _no_url(url.encode(errors="replace").decode(), ValueError("not UTF-8")) from None
    except ValueError as error:
        raise _no_url(url, error) from None


def _no_url(text: str, error: ValueError) -> SourceError:
    # What cannot be taken apart may hold a password all the same.
    shown = text.rpartition("@")[2]
    return SourceError(f"`{shown}` is no URL ({str(error).lower()})", where=shown)


class Credentials(dict[str, tuple[str, str]]):
    """User and password by origin; its text form shows neither."""

    def __repr__(self) -> str:
        return f"Credentials({sorted(self)})"


def as_url(text: str) -> str:
    """Return the URL of what a user gave as a URL or a path.

    >>> as_url("https://index.example/simple")
    'https://index.example/simple'
    """
    # A single letter is a Windows drive, not a scheme.
    if _SCHEME.match(text):
        return text
    return Path(os.path.abspath(text)).as_uri()  # noqa: PTH100 -- links stay as they are


def file_path(url: str) -> Path | None:
    """Return the path of a ``file:`` URL, None for any other.

    :raises SourceError: if it names another host
    """
    split = split_url(url)
    if split.scheme != "file":
        return None
    if split.netloc not in {"", "localhost"} and os.name != "nt":
        raise SourceError(
            f"`{url}` names the host `{split.netloc}`",
            where=url,
            hint="a file URL is written `file:///path`",
        )
    path = split.path
    if split.netloc not in {"", "localhost"}:
        path = f"//{split.netloc}{path}"
    if sys.platform == "win32":
        from urllib.request import url2pathname  # noqa: PLC0415 -- brings in an HTTP client

        return Path(url2pathname(path))
    return Path(unquote(path))


def origin_of(url: str) -> str:
    """Return ``scheme://host:port`` of a URL, in one spelling.

    >>> origin_of("https://Index.example/simple")
    'https://index.example:443'
    """
    split = split_url(url)
    scheme = split.scheme.lower()
    try:
        port = split.port or _PORTS.get(scheme, 0)
    except ValueError:
        raise SourceError("a URL has a port that is no number", where=scheme) from None
    return f"{scheme}://{(split.hostname or '').lower()}:{port}"


def take_credentials(
    url: str, credentials: Credentials, environ: Mapping[str, str] | None = None
) -> str:
    """Return a URL without user and password, which are noted under its origin.

    :param environ: what ``${NAME}`` in either stands for. Only for what the user wrote: in a
        link it would tell the secrets of the environment to whoever wrote the link
    """
    split = split_url(url)
    if "@" not in split.netloc:
        return url
    userinfo, _, host = split.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    clean = split._replace(netloc=host).geturl()
    credentials[origin_of(clean)] = (
        _expand(unquote(user), environ or {}),
        _expand(unquote(password), environ or {}),
    )
    return clean


def resolve_link(base: str, href: str) -> tuple[str, str]:
    """Return the absolute address that a link on a page means, and its fragment apart.

    A page on a server links to servers only: a path or, on Windows, a network share that it
    names would be opened with the user's rights. Credentials in a link are not the user's and
    are left out.

    :param base: the page's address
    :raises SourceError: if it is no address that such a page may link to
    """
    # Nearly all links are one of these two, and a page has thousands.
    plain = _ABSOLUTE.fullmatch(href)
    if plain is not None:
        return plain[1], plain[2] or ""
    plain = _NAME.fullmatch(href)
    if plain is not None:
        return _folder(base) + plain[1], plain[2] or ""
    return _resolve(base, href)


def _resolve(base: str, href: str) -> tuple[str, str]:
    try:
        split = urlsplit(urljoin(base, href.strip()))
    except ValueError as error:
        raise _no_url(href, error) from None
    allowed = {"http", "https"} if not base.startswith("file:") else {"http", "https", "file"}
    if split.scheme not in allowed:
        raise SourceError(f"a link to `{split.scheme}:` is not followed", where=base)
    clean = split._replace(netloc=split.netloc.rpartition("@")[2], fragment="")
    return clean.geturl(), split.fragment


@lru_cache(maxsize=64)
def _folder(base: str) -> str:
    return _resolve(base, "x")[0].removesuffix("x")


def _expand(text: str, environ: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([A-Z0-9_]+)\}", lambda found: environ.get(found[1], found[0]), text)

"""URLs: credentials taken out, file URLs and paths told apart."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from whichwheel.sources.errors import SourceError

__all__ = ["Credentials", "as_url", "file_path", "origin_of", "take_credentials"]

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")
_PORTS = {"http": 80, "https": 443}


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
    split = urlsplit(url)
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
    return Path(url2pathname(path))


def origin_of(url: str) -> str:
    """Return ``scheme://host:port`` of a URL, in one spelling.

    >>> origin_of("https://Index.example/simple")
    'https://index.example:443'
    """
    split = urlsplit(url)
    scheme = split.scheme.lower()
    try:
        port = split.port or _PORTS.get(scheme, 0)
    except ValueError:
        raise SourceError("a URL has a port that is no number", where=scheme) from None
    return f"{scheme}://{(split.hostname or '').lower()}:{port}"


def take_credentials(url: str, credentials: Credentials) -> str:
    """Return a URL without user and password, which are noted under its origin.

    ``${NAME}`` in either stands for an environment variable, as in pip.
    """
    split = urlsplit(url)
    if "@" not in split.netloc:
        return url
    userinfo, _, host = split.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    clean = split._replace(netloc=host).geturl()
    credentials[origin_of(clean)] = (
        _expand(unquote(user), os.environ),
        _expand(unquote(password), os.environ),
    )
    return clean


def _expand(text: str, environ: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([A-Z0-9_]+)\}", lambda found: environ.get(found[1], found[0]), text)

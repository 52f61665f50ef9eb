"""What can go wrong between us and a source."""

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern

__all__ = [
    "BrokenWheel",
    "HashMismatch",
    "HttpStatusError",
    "RangesNotSupported",
    "SourceError",
    "SourceTimeout",
]

_UNAUTHORIZED = frozenset({401, 403})
_SERVER_ERROR = 500
_GONE = "check the address; with `--refresh`, the index is asked anew for what it has"
_STATUS_HINTS = {
    404: _GONE,
    407: "give user and password with the proxy, as `--proxy http://user:password@host:port`",
    408: "try again later",
    410: _GONE,
    429: "the server is asked too often; try again later",
    451: "the server may not give it to you, for legal reasons; use another index",
}
#: A signed address carries its secret behind the question mark.
_QUERY = lazy_pattern(r"(https?://[^\s`?#]+\?)[^\s`#]+")


class SourceError(WhichwheelError):
    """A source, or a file of it, cannot be had; no query of a URL is shown.

    :param where: the URL without credentials, or the path
    """

    def __init__(self, message: str, *, where: str, hint: str | None = None) -> None:
        super().__init__(_QUERY.sub(r"\1...", message), hint=hint)
        self.where = _QUERY.sub(r"\1...", where)


class HashMismatch(SourceError):
    """A file is not the one its source, or the user, promised."""

    def __init__(self, where: str, algorithm: str, expected: str, found: str) -> None:
        super().__init__(
            f"`{where}` has the wrong {algorithm} hash: expected `{expected}`, found `{found}`",
            where=where,
            hint="the file was changed or cut short; do not install it",
        )
        self.algorithm = algorithm
        self.expected = expected
        self.found = found


class BrokenWheel(SourceError, ValueError):
    """A wheel that cannot be read, or breaks the rules of its format."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"the wheel `{where}` is broken: {why}",
            where=where,
            hint="fetch or build the wheel again",
        )
        self.why = why


class HttpStatusError(SourceError):
    """A server answered, and not with the file.

    :param status: the HTTP status code
    :param pause: how long the server asks to wait, in seconds
    :param keyring: why the key ring gave no password, as a clause, if it was asked
    """

    def __init__(
        self, where: str, status: int, *, pause: float | None = None, keyring: str | None = None
    ) -> None:
        message = f"`{where}` answered with HTTP status {status}"
        if pause:
            message += f" and asks to wait {pause:.0f} s"
        super().__init__(message, where=where, hint=_status_hint(status, keyring))
        self.status = status


def _status_hint(status: int, keyring: str | None) -> str | None:
    if status in _UNAUTHORIZED:
        way = (
            "give user and password in a netrc file or in the URL, as `https://user:password@host/`"
        )
        if keyring is not None:
            return f"{keyring}; {way}"
        return f"{way}, or let `keyring` be asked with `--keyring-provider subprocess`"
    if status in _STATUS_HINTS:
        return _STATUS_HINTS[status]
    if status >= _SERVER_ERROR:
        return "the server has trouble of its own; try again later"
    return "something between here and the server may answer in its place; check the proxy"


class RangesNotSupported(SourceError):
    """A server sends whole files only."""


class SourceTimeout(SourceError):
    """A server did not answer in time, or too slowly."""

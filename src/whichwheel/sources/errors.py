"""What can go wrong between us and a source."""

import re

from whichwheel.spec.errors import WhichwheelError

__all__ = [
    "BrokenWheel",
    "HashMismatch",
    "HttpStatusError",
    "RangesNotSupported",
    "SourceError",
    "SourceTimeout",
]


#: A signed address carries its secret behind the question mark.
_QUERY = re.compile(r"(https?://[^\s`?#]+\?)[^\s`#]+")


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
    """

    def __init__(self, where: str, status: int) -> None:
        hint = None
        if status in {401, 403}:
            hint = (
                "give user and password in a netrc file or in the URL, "
                "as `https://user:password@host/`"
            )
        super().__init__(f"`{where}` answered with HTTP status {status}", where=where, hint=hint)
        self.status = status


class RangesNotSupported(SourceError):
    """A server sends whole files only."""


class SourceTimeout(SourceError):
    """A server did not answer in time, or too slowly."""

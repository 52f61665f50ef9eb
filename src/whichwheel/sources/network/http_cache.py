"""HTTP responses on disk, shared by several processes (RFC 9111, for one user)."""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass

__all__ = ["CachedResponse", "HttpCache", "freshness_of", "write_atomically"]

_MAX_AGE = lazy_pattern(r"max-age=(\d+)")
#: Longest freshness that is guessed where the server gives none, in seconds.
_MAXIMUM_GUESS = 600
#: Longest freshness that is believed, in seconds.
_MAXIMUM = 7 * 24 * 3600
_FORMAT = 2
#: Most that is read of a file for its header, in bytes.
_LONGEST_HEADER = 64 * 1024


def write_atomically(path: Path, data: bytes) -> None:
    """Put a file in its place whole, whoever else is writing it."""
    temporary = path.with_name(f".new-{os.urandom(8).hex()}")
    try:
        handle = _create(temporary)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _create(temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _create(path: Path) -> int:
    # As `mkstemp` does, which has to be loaded first.
    binary: int = getattr(os, "O_BINARY", 0)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, 0o600)


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A response as it is kept.

    :param url: the address after redirects, without credentials
    :param expires: when it is to be asked for again, in seconds since the epoch
    :param fresh_for: for how many seconds that was when it was kept
    :param known_digest: SHA-256 of the content, hexadecimal, where it was computed before
    """

    url: str
    content_type: str
    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    expires: float = 0.0
    fresh_for: float = _MAXIMUM
    known_digest: str | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, hexadecimal."""
        return self.known_digest or hashlib.sha256(self.body).hexdigest()

    @property
    def is_fresh(self) -> bool:
        """Whether the server need not be asked."""
        # A clock that was set back must not make it last for years.
        return 0 < self.expires - time.time() <= self.fresh_for


def freshness_of(headers: Mapping[str, str]) -> float | None:
    """Return how long a response may be used unasked, in seconds; None if not to be kept.

    A server that says nothing is believed for a tenth of the file's age and ten minutes at
    most (RFC 9111, Calculating Heuristic Freshness).

    :param headers: names in lower case
    """
    control = headers.get("cache-control", "").lower()
    if "no-store" in control:
        return None
    if "no-cache" in control:
        return 0.0
    found = _MAX_AGE.search(control)
    if found is not None:
        # The first digits say that it is too much; Python turns thousands into no number.
        return float(min(int(found[1][:10]), _MAXIMUM))
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- only on the network

    try:
        age = parsedate_to_datetime(headers["date"]) - parsedate_to_datetime(
            headers["last-modified"]
        )
    except (KeyError, ValueError, TypeError):
        return 0.0
    return max(0.0, min(age.total_seconds() / 10, _MAXIMUM_GUESS))


class HttpCache:
    """Responses by URL, one file each; a file that cannot be read counts as absent."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _path(self, url: str, variant: str) -> Path:
        digest = hashlib.sha256(f"{variant}\n{url}".encode()).hexdigest()
        return self._directory / digest[:2] / digest[2:]

    def get(self, url: str, variant: str) -> CachedResponse | None:
        """Return what is kept of a URL.

        :param variant: what else the response depends on, as the ``Accept`` header
        """
        return _read(self._path(url, variant))

    def is_fresh(self, url: str, variant: str) -> bool:
        """Whether what is kept of a URL may be used unasked, by its header alone.

        :param variant: as for :meth:`get`
        """
        try:
            with self._path(url, variant).open("rb") as file:
                facts = _read_header(file.readline(_LONGEST_HEADER).rstrip(b"\n"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False
        return facts is not None and CachedResponse(body=b"", **facts).is_fresh

    @staticmethod
    def is_readable(path: Path) -> bool:
        """Whether a file of the cache holds a whole response."""
        return _read(path) is not None

    def put(self, url: str, variant: str, response: CachedResponse) -> None:
        """Keep a response; a cache that cannot be written is no failure."""
        facts = asdict(response)
        body = facts.pop("body")
        header = json.dumps({**facts, "known_digest": response.digest, "format": _FORMAT})
        line = _sealed(header.encode())
        try:
            write_atomically(self._path(url, variant), line + b"\n" + body)
        except OSError:
            return

    def remove(self, url: str, variant: str) -> None:
        """Keep no longer what is kept of a URL; a cache that cannot be written is no failure."""
        with suppress(OSError):
            self._path(url, variant).unlink(missing_ok=True)


def _read(path: Path) -> CachedResponse | None:
    try:
        header, _, body = path.read_bytes().partition(b"\n")
        facts = _read_header(header)
        if facts is None or facts["known_digest"] != hashlib.sha256(body).hexdigest():
            return None
        return CachedResponse(body=body, **facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _read_header(line: bytes) -> dict[str, Any] | None:
    """Read what is said of a response, None if it is damaged or of another format.

    :raises ValueError: or KeyError, TypeError, AttributeError: if it is something else altogether
    """
    said = line.partition(b" ")[2]
    if line != _sealed(said):
        return None
    facts: dict[str, Any] = json.loads(said)
    if facts.pop("format") != _FORMAT:
        return None
    return facts | {key: float(facts[key]) for key in ("expires", "fresh_for")}


def _sealed(header: bytes) -> bytes:
    """Return a header after its digest, by which damage is seen."""
    return hashlib.sha256(header).hexdigest().encode() + b" " + header

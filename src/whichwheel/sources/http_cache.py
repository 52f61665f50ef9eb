"""HTTP responses on disk, shared by several processes (RFC 9111, for one user)."""

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from whichwheel.spec.values import dataclass

__all__ = ["CachedResponse", "HttpCache", "freshness_of", "write_atomically"]

_MAX_AGE = re.compile(r"max-age=(\d+)")
#: Longest freshness that is guessed where the server gives none, in seconds.
_MAXIMUM_GUESS = 600
#: Longest freshness that is believed, in seconds.
_MAXIMUM = 7 * 24 * 3600
_FORMAT = 1


def write_atomically(path: Path, data: bytes) -> None:
    """Put a file in its place whole, whoever else is writing it."""
    import tempfile  # noqa: PLC0415 -- only where something is kept

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)  # noqa: PTH105 -- as the pair of mkstemp
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A response as it is kept.

    :param url: the address after redirects, without credentials
    :param expires: when it is to be asked for again, in seconds since the epoch
    """

    url: str
    content_type: str
    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    expires: float = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether the server need not be asked."""
        return time.time() < self.expires


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
        return float(min(int(found[1]), _MAXIMUM))
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

    @staticmethod
    def is_readable(path: Path) -> bool:
        """Whether a file of the cache holds a whole response."""
        return _read(path) is not None

    def put(self, url: str, variant: str, response: CachedResponse) -> None:
        """Keep a response; a cache that cannot be written is no failure."""
        facts = asdict(response)
        body = facts.pop("body")
        header = json.dumps({**facts, "format": _FORMAT, "size": len(body)})
        try:
            write_atomically(self._path(url, variant), header.encode() + b"\n" + body)
        except OSError:
            return

    def remove(self, url: str, variant: str) -> None:
        """Keep no longer what is kept of a URL; a cache that cannot be written is no failure."""
        with suppress(OSError):
            self._path(url, variant).unlink(missing_ok=True)


def _read(path: Path) -> CachedResponse | None:
    try:
        header, _, body = path.read_bytes().partition(b"\n")
        facts = json.loads(header)
        if facts.pop("format") != _FORMAT or facts.pop("size") != len(body):
            return None
        facts["expires"] = float(facts["expires"])
        return CachedResponse(body=body, **facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None

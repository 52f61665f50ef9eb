"""Whether what is kept is still what was put there."""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from whichwheel.caches.shelf import Entry
from whichwheel.environment.wheel_cache import WheelCache
from whichwheel.sources.downloads import kept_etag
from whichwheel.sources.hashes import ALGORITHMS
from whichwheel.sources.network.http_cache import HttpCache

__all__ = ["Verdict", "verify"]


class Verdict(StrEnum):
    """What became of one entry."""

    INTACT = "intact"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


def verify(entry: Entry) -> Verdict:
    """Check an entry against the digests that are kept with it.

    ``unknown`` is what was kept without a digest to check; each use of it asks its server.
    """
    if entry.shelf.name == "pages":
        return _said(HttpCache.is_readable(entry.path))
    if entry.shelf.name == "unpacked":
        cache = WheelCache(entry.path.parent)
        return _said(cache.verify(entry.path.name))
    if entry.shelf.name == "files":
        return _download(entry.path)
    return Verdict.UNKNOWN


def _said(intact: bool) -> Verdict:  # noqa: FBT001 -- the one thing that it turns into a word
    return Verdict.INTACT if intact else Verdict.DAMAGED


def _download(folder: Path) -> Verdict:
    """Check a download, whose folder is named after the digest that its source promised."""
    name = folder.parent.name + folder.name
    files = [path for path in folder.iterdir() if not path.name.startswith(".new-")]
    if not files:
        return Verdict.UNKNOWN
    if any(path.suffix == ".etag" for path in files):
        # There was none; what it came with is noted beside it.
        return _said(all(kept_etag(path) is not None for path in files if path.suffix != ".etag"))
    return _said(all(name in _names(path) for path in files))


def _names(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for algorithm in ALGORITHMS:
            file.seek(0)
            found = hashlib.file_digest(file, algorithm).hexdigest()
            yield hashlib.sha256(found.encode()).hexdigest()

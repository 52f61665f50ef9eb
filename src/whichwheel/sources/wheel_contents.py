"""What lies inside the wheels of a source, read as little as can be and once."""

import json
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.sources.addresses import file_path, origin_of
from whichwheel.sources.background import Outcome
from whichwheel.sources.downloads import Downloads
from whichwheel.sources.errors import HashMismatch, RangesNotSupported
from whichwheel.sources.hashes import check_digests, strongest
from whichwheel.sources.network.http import HttpClient
from whichwheel.sources.network.http_cache import CachedResponse, HttpCache
from whichwheel.sources.release import File

if TYPE_CHECKING:
    from whichwheel.sources.wheel_archive import WheelArchive

__all__ = ["WheelContents"]

_FOR_GOOD = 1e11  # seconds since the epoch, long after anybody's


class WheelContents:
    """Looks into wheels, those of servers by their last part; safe for several threads.

    :param cache: where what was seen is kept
    :param downloads: gets a wheel that cannot be read in parts, and keeps one that came whole
    """

    def __init__(self, client: HttpClient, cache: HttpCache, downloads: Downloads) -> None:
        self._client = client
        self._cache = cache
        self._downloads = downloads
        self._looks: dict[str, Outcome[Mapping[str, bytes]]] = {}
        self._without_ranges: set[str] = set()
        self._lock = threading.Lock()

    def look(self, file: File, *, whole: bool = True) -> Outcome[Mapping[str, bytes]]:
        """Return what gives ``METADATA``, and ``variant.json`` if a wheel has one.

        :param whole: whether to fetch all of it where the server sends no parts; else that
            fails with :class:`RangesNotSupported`
        """
        key = _key(file, whole=whole)
        with self._lock:
            if key not in self._looks:
                self._looks[key] = Outcome(partial(self._members, file, whole=whole))
            return self._looks[key]

    def _members(self, file: File, *, whole: bool) -> Mapping[str, bytes]:
        """Look into a wheel; what has a hash does not change and is kept for good."""
        path = file_path(file.url)
        if path is not None:
            return _read_members(path)
        known = strongest(file.hashes)
        key = f"members {known}"
        kept = None if known is None else self._cache.get(file.url, key)
        members = None if kept is None else _parse_members(kept.body)
        if members is not None:
            return members
        wheel: Path | WheelArchive
        try:
            wheel = self._open_remote(file)
        except RangesNotSupported:
            if not whole:
                raise
            wheel = self._downloads.fetch(file)
        members = _read_members(wheel)
        if known is not None:
            body = _write_members(members)
            self._cache.put(file.url, key, CachedResponse(file.url, "", body, expires=_FOR_GOOD))
        return members

    def _open_remote(self, file: File) -> "WheelArchive":
        origin = origin_of(file.url)
        if origin in self._without_ranges:
            raise RangesNotSupported(f"`{file.url}` cannot be read in parts", where=file.url)
        from whichwheel.sources.remote_wheel import open_remote_wheel  # noqa: PLC0415 -- rarely

        try:
            # A short wheel comes whole, and is not asked for again when it is to be installed.
            keep = partial(self._downloads.keep, file)
            return open_remote_wheel(self._client, file.url, file.filename, keep=keep)
        except RangesNotSupported:
            self._without_ranges.add(origin)
            raise

    def seen_metadata(self, file: File) -> bytes | None:
        """Return the core metadata of a wheel that was looked into, if it is what is promised."""
        look = self._looks.get(_key(file, whole=False))
        if look is None or not look.is_there:
            return None
        metadata = look.result()["METADATA"]
        try:
            check_digests([metadata], file.metadata_hashes or {}, file.url)
        except HashMismatch:
            return None
        return metadata


def _key(file: File, *, whole: bool) -> str:
    return f"{file.url} {strongest(file.hashes)} {whole}"


def _write_members(members: Mapping[str, bytes]) -> bytes:
    # Whatever bytes they are, they survive this.
    return json.dumps({name: data.decode("latin-1") for name, data in members.items()}).encode()


def _parse_members(data: bytes) -> Mapping[str, bytes] | None:
    """Read what was kept of a wheel, None if it is not what :func:`_write_members` writes."""
    try:
        found = {name: text.encode("latin-1") for name, text in json.loads(data).items()}
    except (ValueError, AttributeError):
        return None
    return found if "METADATA" in found else None


def _read_members(wheel: "Path | WheelArchive") -> Mapping[str, bytes]:
    from whichwheel.sources.wheel_archive import WheelArchive  # noqa: PLC0415 -- start-up time

    with WheelArchive(wheel) if isinstance(wheel, Path) else wheel as archive:
        variant = archive.variant_json
        members = {"METADATA": archive.metadata}
        return members if variant is None else {**members, "variant.json": variant}

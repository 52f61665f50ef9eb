"""Look into a wheel on a server without fetching all of it."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.sources.errors import BrokenWheel, HttpStatusError, RangesNotSupported, SourceError
from whichwheel.sources.network.unreachable import broken_off
from whichwheel.sources.wheel_archive import WheelArchive

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from whichwheel.sources.network.http import Body, HttpClient

__all__ = ["RemoteFile", "open_remote_wheel"]

#: What the first request takes: the directory of most wheels and its metadata.
_TAIL = 64 * 1024
_BLOCK = 32 * 1024
#: Most that is fetched in ranges of one file, in bytes.
_MAXIMUM = 64 * 1024 * 1024
_PARTIAL = 206
#: What servers answer that do not know ranges, or not those counted from the end.
_REFUSALS = frozenset({400, 405, 416, 501})
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")


class RemoteFile(io.RawIOBase):
    """A file on a server, read by range requests.

    :raises RangesNotSupported: if the server does not answer ranges
    """

    def __init__(self, client: "HttpClient", url: str) -> None:
        super().__init__()
        self._client = client
        self._url = url
        self._position = 0
        self._fetched = 0
        self._parts: list[tuple[int, bytes]] = []
        self._size, self._etag = self._first()

    @property
    def whole(self) -> bytes | None:
        """The content of a file so short that it came at once, None of a longer one."""
        start, data = self._parts[0]
        return data if start == 0 and len(data) == self._size else None

    def _first(self) -> tuple[int, str | None]:
        start, data, size, etag = self._range(f"bytes=-{_TAIL}")
        self._parts.append((start, data))
        return size, etag

    def _range(self, wanted: str) -> tuple[int, bytes, int, str | None]:
        def take(body: "Body") -> tuple[int, bytes, int, str | None]:
            found = _CONTENT_RANGE.fullmatch(body.headers.get("content-range", ""))
            if body.status != _PARTIAL or found is None:
                raise RangesNotSupported(f"`{self._url}` cannot be read in parts", where=self._url)
            if not _is_answer(wanted, found):
                raise RangesNotSupported(f"`{self._url}` cannot be read in parts", where=self._url)
            length = int(found[2]) - int(found[1]) + 1
            data = bytearray()
            for chunk in body.chunks:
                data += chunk
                if len(data) > length:  # it may never end
                    break
            if len(data) != length:
                raise broken_off(self._url)
            return int(found[1]), bytes(data), int(found[3]), body.headers.get("etag")

        try:
            return self._client.read(self._url, {"Range": wanted}, take)
        except HttpStatusError as error:
            if error.status not in _REFUSALS:
                raise
            raise RangesNotSupported(
                f"`{self._url}` cannot be read in parts", where=self._url
            ) from None

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read anywhere."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, which fetches nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer from the position on."""
        view = memoryview(buffer)
        length = min(len(view), self._size - self._position)
        if length <= 0:
            return 0
        data = self._at(self._position, length)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _at(self, start: int, length: int) -> bytes:
        for begin, data in self._parts:
            if begin <= start < begin + len(data):
                return data[start - begin : start - begin + length]
        last = min(self._size, start + max(length, _BLOCK)) - 1
        self._fetched += last - start + 1
        if self._fetched > _MAXIMUM:
            raise BrokenWheel(self._url, f"its metadata takes more than {_MAXIMUM} bytes")
        begin, data, size, etag = self._range(f"bytes={start}-{last}")
        if begin != start or (size, etag) != (self._size, self._etag):
            raise SourceError(
                f"`{self._url}` changed while it was read", where=self._url, hint="try again"
            )
        self._parts.append((begin, data))
        return data[:length]


def _is_answer(wanted: str, found: re.Match[str]) -> bool:
    """Whether a part is the one that was asked for: some servers send what they like."""
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if first:
        return (found[1], found[2]) == (first, last)
    return int(found[2]) == int(found[3]) - 1 and int(found[1]) >= int(found[3]) - int(last)


def open_remote_wheel(
    client: "HttpClient",
    url: str,
    filename: str,
    *,
    keep: Callable[[bytes], None] = lambda _: None,
) -> WheelArchive:
    """Open a wheel on a server.

    :param filename: checked, as the source lists it
    :param keep: takes the content of one that came whole
    :raises RangesNotSupported: if the server does not answer ranges
    :raises BrokenWheel: as :class:`WheelArchive`
    """
    remote = RemoteFile(client, url)
    if remote.whole is not None:
        keep(remote.whole)
    return WheelArchive(Path(filename), io.BufferedReader(remote))

"""A wheel on disk, read with distrust."""

import base64
import csv
import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from whichwheel.sources.errors import BrokenWheel, SourceError
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["MAXIMUM_MEMBERS", "MAXIMUM_METADATA", "MAXIMUM_RATIO", "WheelArchive", "check_member"]

#: Largest metadata member that is read, in bytes.
MAXIMUM_METADATA = 32 * 1024 * 1024
#: Most members of one archive.
MAXIMUM_MEMBERS = 1_000_000
#: Most that one member may grow when unpacked; deflate itself cannot exceed 1032.
MAXIMUM_RATIO = 1100
#: Unpacked size up to which the ratio is not looked at, in bytes.
_SMALL = 16 * 1024 * 1024
_CHUNK = 1 << 20
#: What reading a damaged member ends with; OSError, because of a place that cannot be.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)
_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})


def check_member(name: str) -> str | None:
    """Say why a member name must not reach the file system, None if it may.

    >>> check_member("../evil")
    'its path `../evil` escapes the archive'
    """
    parts = name.removesuffix("/").split("/")
    if name.startswith("/") or ".." in parts:
        return f"its path `{name}` escapes the archive"
    # A colon begins a drive or, on Windows, a hidden stream of a file.
    colon = ":" in (name if os.name == "nt" else parts[0])
    if colon or "\\" in name or any(part in {"", "."} for part in parts) or min(name) < " ":
        return f"its path {name!r} is not portable"
    return None


class WheelArchive:
    """An open wheel whose every member name was checked.

    :param path: the wheel
    :param file: its content, if that is elsewhere; then ``path`` is only its name
    :raises BrokenWheel: if it is no zip file, a member's path is absolute, escapes the archive
        or occurs twice, the archive is bomb-like, or it has not exactly the ``*.dist-info`` of
        its file name
    :raises SourceError: if it cannot be opened
    """

    path: Path
    name: WheelName
    dist_info: str
    members: tuple[zipfile.ZipInfo, ...]

    def __init__(self, path: Path, file: IO[bytes] | None = None) -> None:
        self.path = path
        try:
            self.name = WheelName.parse(path.name)
        except InvalidWheelName as error:
            raise BrokenWheel(str(path), error.why) from None
        try:
            self._zip = zipfile.ZipFile(file or path)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
            raise BrokenWheel(str(path), f"it is no zip file ({error})".lower()) from None
        except OSError as error:
            raise SourceError(
                f"cannot read the wheel `{path}`: {error.strerror or error}", where=str(path)
            ) from None
        try:
            self.members = tuple(self._zip.infolist())
            self._check_members()
            self.dist_info = self._find_dist_info()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def _broken(self, why: str) -> BrokenWheel:
        return BrokenWheel(str(self.path), why)

    def _check_members(self) -> None:
        if len(self.members) > MAXIMUM_MEMBERS:
            raise self._broken(f"it has more than {MAXIMUM_MEMBERS} members")
        seen: set[str] = set()
        for info in self.members:
            why = check_member(info.filename)
            if why is not None:
                raise self._broken(why)
            if info.filename in seen:
                raise self._broken(f"the member `{info.filename}` occurs twice")
            seen.add(info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise self._broken(f"the member `{info.filename}` is a symbolic link")
            if info.flag_bits & 0x1:
                raise self._broken(f"the member `{info.filename}` is encrypted")
            if info.file_size > max(_SMALL, info.compress_size * MAXIMUM_RATIO):
                raise self._broken(
                    f"the member `{info.filename}` would grow from {info.compress_size} to "
                    f"{info.file_size} bytes"
                )

    def _find_dist_info(self) -> str:
        folders = {
            top
            for info in self.members
            if (top := info.filename.partition("/")[0]).endswith(".dist-info")
        }
        if len(folders) != 1:
            found = ", ".join(f"`{folder}`" for folder in sorted(folders)) or "none"
            raise self._broken(f"it must have exactly one `*.dist-info` folder, and has {found}")
        folder = folders.pop()
        project, _, version = folder.removesuffix(".dist-info").rpartition("-")
        try:
            same = (
                canonicalize_name(project) == self.name.name
                and Version(version) == self.name.version
            )
        except InvalidVersion:
            same = False
        if not same:
            raise self._broken(f"its folder `{folder}` does not belong to its file name")
        return folder

    @cached_property
    def _by_name(self) -> Mapping[str, zipfile.ZipInfo]:
        return {info.filename: info for info in self.members}

    def read(self, member: str) -> bytes:
        """Return one member whole.

        :raises KeyError: if there is no such member
        :raises BrokenWheel: if it is damaged or larger than :data:`MAXIMUM_METADATA`
        """
        info = self._by_name[member]
        if info.file_size > MAXIMUM_METADATA:
            raise self._broken(
                f"the member `{member}` is {info.file_size} bytes long, and at most "
                f"{MAXIMUM_METADATA} are read"
            )
        stream = io.BytesIO()
        self.copy(info, stream)
        return stream.getvalue()

    def copy(
        self, info: zipfile.ZipInfo, destination: io.BufferedIOBase, algorithm: str = "sha256"
    ) -> str:
        """Write one member into a stream and return its digest, hexadecimal.

        :raises BrokenWheel: if it is damaged
        """
        digest = hashlib.new(algorithm)
        for chunk in self._chunks(info):
            digest.update(chunk)
            destination.write(chunk)
        return digest.hexdigest()

    def _chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        left = info.file_size
        try:
            with self._zip.open(info) as source:
                while chunk := source.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        break
                    yield chunk
        except _DAMAGE as error:
            raise self._broken(f"the member `{info.filename}` is damaged ({error})") from None
        if left:
            how = "larger than it says" if left < 0 else "cut off"
            raise self._broken(f"the member `{info.filename}` is {how}")

    def _required(self, filename: str) -> bytes:
        try:
            return self.read(f"{self.dist_info}/{filename}")
        except KeyError:
            raise self._broken(f"it has no `{filename}`") from None

    @property
    def metadata(self) -> bytes:
        """The core metadata file."""
        return self._required("METADATA")

    @property
    def variant_json(self) -> bytes | None:
        """The variant metadata file, if there is one."""
        try:
            return self.read(f"{self.dist_info}/variant.json")
        except KeyError:
            return None

    def record(self) -> Mapping[str, tuple[str, int | None]]:
        """``(algorithm=digest, size)`` by path, as ``RECORD`` says.

        :raises BrokenWheel: if there is no ``RECORD`` or it cannot be read
        """
        entries: dict[str, tuple[str, int | None]] = {}
        try:
            text = self._required("RECORD").decode("utf-8")
            for row in csv.reader(io.StringIO(text, newline="")):
                if not row:
                    continue
                path, digest, size = row
                if path in entries:
                    raise self._broken(f"its `RECORD` lists `{path}` twice")
                entries[path] = digest, int(size) if size else None
        except (UnicodeDecodeError, ValueError, csv.Error) as error:
            if isinstance(error, BrokenWheel):
                raise
            raise self._broken(f"its `RECORD` cannot be read ({error})") from None
        return entries

    def check_record(self, digests: Mapping[str, str]) -> None:
        """Compare ``RECORD`` with the members' true sha256 digests.

        :param digests: hexadecimal, by member, of every member that is a file
        :raises BrokenWheel: at the first that does not agree
        """
        record = self.record()
        unsigned = {f"{self.dist_info}/{name}" for name in _UNSIGNED}
        for member, sha256 in digests.items():
            if member in unsigned:
                continue
            if member not in record:
                raise self._broken(f"its `RECORD` does not list `{member}`")
            algorithm, _, expected = record[member][0].partition("=")
            if algorithm not in _ALGORITHMS:
                raise self._broken(f"its `RECORD` gives no usable hash for `{member}`")
            digest = sha256
            if algorithm != "sha256":
                digest = self.copy(self._by_name[member], _Nowhere(), algorithm)
            if expected.rstrip("=") != _urlsafe(digest):
                raise self._broken(f"`{member}` does not have the hash that `RECORD` gives")
            size = record[member][1]
            if size is not None and size != self._by_name[member].file_size:
                raise self._broken(f"`{member}` does not have the size that `RECORD` gives")
        for path in record:
            if path not in digests:
                raise self._broken(f"its `RECORD` lists `{path}`, which it does not have")

    def verify(self) -> None:
        """Check that every member stands in ``RECORD`` with its true hash, and the reverse.

        :raises BrokenWheel: at the first that does not
        """
        self.check_record(
            {
                info.filename: self.copy(info, _Nowhere())
                for info in self.members
                if not info.is_dir()
            }
        )


class _Nowhere(io.BufferedIOBase):
    """Takes what is written and keeps nothing."""

    def write(self, data: object, /) -> int:
        return len(data) if isinstance(data, bytes) else 0


def _urlsafe(hexadecimal: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(hexadecimal)).rstrip(b"=").decode("ascii")

"""Unpacked wheels, kept so that installing one again is a matter of links.

Each wheel is unpacked once per content: the folder is named by the wheel file's SHA-256, built
aside and renamed into place, so that any number of processes may do it at once.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from whichwheel.environment.errors import CacheFailed
from whichwheel.environment.wheel_layout import check_layout, data_folder
from whichwheel.sources.errors import BrokenWheel, HashMismatch
from whichwheel.sources.ports import Progress
from whichwheel.spec.values import dataclass

__all__ = ["UnpackedFile", "UnpackedWheel", "WheelCache", "cache_failed"]

_FORMAT = "whichwheel-unpacked/1"
_MANIFEST = "manifest.json"
_FILES = "files"
#: Tells by its time when the content was compared with the digests last.
_CHECKED = "checked"
#: Seconds for which that is believed. To do it each time would cost more than all else.
_BELIEVED = 24 * 3600.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class UnpackedFile:
    """One file of an unpacked wheel.

    :param path: inside the wheel, with ``/``
    :param digest: ``algorithm=base64``, as ``RECORD`` has it
    :param size: in bytes
    :param executable: whether the wheel marks it so
    :param modified: time of its last change, in nanoseconds
    """

    path: str
    digest: str
    size: int
    executable: bool
    modified: int


@dataclass(frozen=True, slots=True)
class UnpackedWheel:
    """A wheel in the cache, every file of which was checked against its ``RECORD``.

    :param folder: where its files lie, in the wheel's own layout
    :param filename: the name it was unpacked under
    :param dist_info: the name of its ``*.dist-info``
    :param files: without ``RECORD`` and the signatures of it
    """

    folder: Path
    filename: str
    dist_info: str
    files: tuple[UnpackedFile, ...]

    @property
    def sha256(self) -> str:
        """The digest of the wheel file, by which the cache knows it."""
        return self.folder.parent.name

    def is_whole(self) -> bool:
        """Whether every file is as it was unpacked; looks at sizes and times, not at content.

        A program that changes an installed file in place changes, through a hard link, ours.
        """
        root = os.fspath(self.folder)
        for file in self.files:
            try:
                state = os.lstat(f"{root}/{file.path}")
            except OSError:
                return False
            if state.st_size != file.size or state.st_mtime_ns != file.modified:
                return False
        return True


class WheelCache:
    """The unpacked wheels under one folder; safe for several threads and processes.

    :param folder: made when first needed
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, sha256: str) -> UnpackedWheel | None:
        """Return the unpacked wheel of that hash, None if there is none or it is damaged."""
        if not _SHA256.fullmatch(sha256):
            return None
        place = self._folder / sha256
        found = _read_manifest(place)
        if found is None or not found.is_whole():
            return None
        return found if _is_checked(place) or self.verify(sha256) else None

    def verify(self, sha256: str) -> bool:
        """Whether every file of an unpacked wheel has the content that it was unpacked with."""
        place = self._folder / sha256
        found = _read_manifest(place)
        if found is None:
            return False
        try:
            whole = all(
                _as_recorded(_hash(found.folder / file.path)) == file.digest for file in found.files
            )
        except OSError:
            return False
        if whole:
            _note_checked(place)
        return whole

    def unpack(
        self, wheel: Path, hashes: Mapping[str, str], progress: Progress | None = None
    ) -> UnpackedWheel:
        """Return ``wheel`` unpacked, from the cache if it is there.

        :param wheel: the file
        :param hashes: what its source promised; a promised SHA-256 is checked
        :raises HashMismatch: if it is another file
        :raises BrokenWheel: if it breaks the rules of its format
        :raises CacheFailed: if the cache cannot be written
        """
        try:
            return self._unpack(wheel, hashes, progress)
        except OSError as error:
            raise cache_failed(error, self._folder) from None

    def _unpack(
        self, wheel: Path, hashes: Mapping[str, str], progress: Progress | None
    ) -> UnpackedWheel:
        sha256 = _hash(wheel)
        promised = hashes.get("sha256", sha256).lower()
        if promised != sha256:
            raise HashMismatch(str(wheel), "sha256", promised, sha256)
        found = self.find(sha256)
        if found is not None:
            return found
        self._folder.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=".building-", dir=self._folder))
        try:
            _extract(wheel, building, progress)
            return self._keep(building, sha256)
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def _keep(self, building: Path, sha256: str) -> UnpackedWheel:
        place = self._folder / sha256
        for _ in range(3):
            try:
                building.rename(place)
            except OSError:
                found = self.find(sha256)
                if found is not None:
                    return found
                self._discard(place)
            else:
                break
        found = self.find(sha256)
        if found is None:
            raise BrokenWheel(str(place), "its unpacked files do not stay as they were written")
        return found

    def _discard(self, place: Path) -> None:
        """Take a damaged wheel away whole, so that nobody sees it shrink."""
        aside = Path(tempfile.mkdtemp(prefix=".damaged-", dir=self._folder))
        with suppress(OSError):
            place.rename(aside / "old")
        shutil.rmtree(aside, ignore_errors=True)


def cache_failed(error: OSError, folder: Path) -> CacheFailed:
    """Say at which file of the cache the system failed."""
    path = error.filename2 or error.filename
    return CacheFailed(
        Path(os.fsdecode(path)) if isinstance(path, str | bytes) else folder,
        error.strerror or str(error),
    )


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_checked(folder: Path) -> bool:
    """Whether the content was compared with its digests of late."""
    try:
        age = time.time() - os.stat(folder / _CHECKED).st_mtime  # noqa: PTH116 - speed
    except OSError:
        return False
    return 0 <= age < _BELIEVED


def _note_checked(folder: Path) -> None:
    with suppress(OSError):  # a cache that cannot be written is checked each time
        (folder / _CHECKED).touch()


def _read_manifest(folder: Path) -> UnpackedWheel | None:
    try:
        digest, _, content = (folder / _MANIFEST).read_bytes().partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != digest:
            return None
        data = json.loads(content)
        if data["format"] != _FORMAT:
            return None
        return UnpackedWheel(
            folder=folder / _FILES,
            filename=data["filename"],
            dist_info=data["dist_info"],
            files=tuple(UnpackedFile(*file) for file in data["files"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _extract(wheel: Path, folder: Path, progress: Progress | None) -> None:
    """Write the files of ``wheel`` and the manifest into ``folder``."""
    from whichwheel.sources.wheel_archive import WheelArchive  # noqa: PLC0415 - not if it is cached

    root = folder / _FILES
    with WheelArchive(wheel) as archive:
        members = [member for member in archive.members if not member.is_dir()]
        check_layout(wheel.name, archive.dist_info, [member.filename for member in members])
        what = f"unpack {wheel.name}"
        if progress is not None:
            progress.start(what, sum(member.file_size for member in members))
        # A script may be run whatever the archive says; and no link's mode is changed later.
        scripts = f"{data_folder(archive.dist_info)}/scripts/"
        made: set[Path] = set()
        digests: dict[str, str] = {}
        files: list[UnpackedFile] = []
        for member in members:
            name = member.filename
            target = root / name
            executable = bool(member.external_attr >> 16 & 0o111) or name.startswith(scripts)
            try:
                if target.parent not in made:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    made.add(target.parent)
                with os.fdopen(_create(target, executable=executable), "wb") as writer:
                    digests[name] = archive.copy(member, writer)
            except (FileExistsError, NotADirectoryError):
                raise BrokenWheel(
                    wheel.name, f"another of its files is in the way of `{name}`"
                ) from None
            state = target.stat()
            files.append(
                UnpackedFile(
                    name, _as_recorded(digests[name]), state.st_size, executable, state.st_mtime_ns
                )
            )
            if progress is not None:
                progress.advance(what, member.file_size)
        archive.check_record(digests)
        if progress is not None:
            progress.finish(what)
        unsigned = {f"{archive.dist_info}/RECORD{end}" for end in ("", ".jws", ".p7s")}
        manifest = {
            "format": _FORMAT,
            "filename": wheel.name,
            "dist_info": archive.dist_info,
            "files": [
                [file.path, file.digest, file.size, file.executable, file.modified]
                for file in files
                if file.path not in unsigned
            ],
        }
    content = json.dumps(manifest).encode()
    digest = hashlib.sha256(content).hexdigest().encode()
    (folder / _MANIFEST).write_bytes(digest + b"\n" + content)
    _note_checked(folder)


def _as_recorded(sha256: str) -> str:
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()
    return f"sha256={digest}"


def _create(path: Path, *, executable: bool) -> int:
    # O_EXCL: two names that are one on this file system must not overwrite each other.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o777 if executable else 0o666)

"""Write a wheel anew with some members changed; all others are copied byte by byte."""

import base64
import csv
import hashlib
import io
import os
import stat
import struct
import time
import zipfile
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import BinaryIO

from whichwheel.publish.atomic import write_atomically
from whichwheel.publish.errors import OutputExists, PublishError
from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.wheel_archive import WheelArchive

__all__ = ["SIGNATURES", "rewrite_wheel", "source_date"]

#: Signatures of RECORD, which end with it (binary distribution format, The .dist-info directory).
SIGNATURES = ("RECORD.jws", "RECORD.p7s")

_DateTime = tuple[int, int, int, int, int, int]
_EARLIEST: _DateTime = (1980, 1, 1, 0, 0, 0)
_LATEST: _DateTime = (2107, 12, 31, 23, 59, 58)
_LOCAL_HEADER = struct.Struct("<26xHH")
_DATA_DESCRIPTOR = 0x08
_CHUNK = 1 << 20
_UNIX = 3


def source_date() -> _DateTime | None:
    """Return the time that ``SOURCE_DATE_EPOCH`` says, within what a zip file can hold.

    :raises PublishError: if it is not a number of seconds
    """
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    try:
        moment = time.gmtime(int(text))
    except (ValueError, OverflowError, OSError):
        raise PublishError(
            f"the environment variable `SOURCE_DATE_EPOCH` is `{text}`, not a number of seconds"
        ) from None
    date = moment[0], moment[1], moment[2], moment[3], moment[4], moment[5]
    return min(max(date, _EARLIEST), _LATEST)


def rewrite_wheel(
    source: WheelArchive,
    destination: Path,
    changes: Mapping[str, bytes | None],
    *,
    force: bool = False,
    folders: Mapping[str, str] | None = None,
) -> None:
    """Write a copy of a wheel with some members changed and ``RECORD`` made anew.

    Members that do not change keep content, compression, mode and time, and are not even
    unpacked. They are put into a fixed order: payload, ``*.dist-info``, ``RECORD``. A time
    later than ``SOURCE_DATE_EPOCH`` becomes that. So the same input gives the same bytes.

    :param source: a wheel whose ``RECORD`` was verified
    :param changes: new content by member; None removes it
    :param force: whether ``destination`` may exist
    :param folders: new names of outermost folders
    :raises OutputExists: if ``destination`` is the source, or exists without ``force``
    :raises PublishError: if it cannot be written
    """
    if destination.exists():
        if destination.samefile(source.path):
            raise OutputExists(destination, is_input=True)
        if not force:
            raise OutputExists(destination)
    date = source_date()
    record = f"{source.dist_info}/RECORD"
    members = {info.filename: info for info in source.members}
    contents = {name: data for name, data in changes.items() if data is not None}
    names = sorted((members.keys() - changes.keys()) | contents.keys())
    renamed = {name: _renamed(name, folders or {}) for name in (*names, record)}
    contents[record] = _record(source, names, contents, renamed)
    names.sort(key=lambda name: (name == record, name.startswith(f"{source.dist_info}/")))
    with (
        source.path.open("rb") as raw,
        write_atomically(destination) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in names:
            info = _header(members.get(name), name, date)
            info.filename = renamed[name]
            if name in contents:
                target.writestr(info, contents[name])
            else:
                _copy_raw(raw, target, info, source.path)


def _renamed(name: str, folders: Mapping[str, str]) -> str:
    top, slash, rest = name.partition("/")
    return f"{folders.get(top, top)}{slash}{rest}"


def _header(old: zipfile.ZipInfo | None, name: str, date: _DateTime | None) -> zipfile.ZipInfo:
    """Return a fresh header: what the old one says of mode, time and data, and no more."""
    info = zipfile.ZipInfo(name, date or _EARLIEST)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    if old is not None:
        info = copy(old)
        # Times of other precision, and what else was noted there, differ from build to build.
        info.extra = b""
        info.comment = b""
        info.date_time = max(old.date_time, _EARLIEST)
        if date is not None:
            info.date_time = min(info.date_time, date)
    return info


def _copy_raw(raw: BinaryIO, target: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Append a member as it stands in the source, compressed as it is."""
    raw.seek(info.header_offset)
    fixed = raw.read(_LOCAL_HEADER.size)
    if len(fixed) != _LOCAL_HEADER.size:
        raise BrokenWheel(str(path), f"`{info.filename}` is cut off")
    raw.seek(sum(_LOCAL_HEADER.unpack(fixed)), io.SEEK_CUR)
    # Sizes and checksum are known, so they stand in the header and nowhere else.
    info.flag_bits &= ~_DATA_DESCRIPTOR
    out = target.fp
    if out is None:
        raise ValueError("the target archive is closed")
    out.seek(target.start_dir)
    info.header_offset = out.tell()
    out.write(info.FileHeader())
    left = info.compress_size
    while left:
        chunk = raw.read(min(left, _CHUNK))
        if not chunk:
            raise BrokenWheel(str(path), f"`{info.filename}` is cut off")
        out.write(chunk)
        left -= len(chunk)
    target.filelist.append(info)
    target.NameToInfo[info.filename] = info
    target.start_dir = out.tell()


def _record(
    source: WheelArchive,
    names: list[str],
    contents: Mapping[str, bytes],
    renamed: Mapping[str, str],
) -> bytes:
    """Return the ``RECORD`` of the wheel to be (binary distribution format)."""
    known = source.record()
    by_name = {info.filename: info for info in source.members}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    record = f"{source.dist_info}/RECORD"
    for name in names:
        if name.endswith("/") or name == record:
            continue
        if name not in contents:
            digest, size = known.get(name, ("", None))
            if digest.startswith("sha256=") and size is not None:
                writer.writerow((renamed[name], digest, size))
                continue
        if name in contents:
            digest, size = hashlib.sha256(contents[name]).hexdigest(), len(contents[name])
        else:
            info = by_name[name]
            with Path(os.devnull).open("wb") as nowhere:
                digest, size = source.copy(info, nowhere), info.file_size
        encoded = base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()
        writer.writerow((renamed[name], f"sha256={encoded}", size))
    writer.writerow((renamed[record], "", ""))
    return text.getvalue().encode("utf-8")

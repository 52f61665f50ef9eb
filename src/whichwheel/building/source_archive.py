"""Unpack a source distribution; nothing in it reaches beyond its own folder."""

import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Self

from whichwheel.building.errors import BrokenSource

__all__ = ["unpack_source"]

#: Most that a source distribution may unpack to.
_LARGEST = 8 * 1024**3
_MOST_FILES = 500_000
_CHUNK = 1 << 20
_LARGEST_HEADER = 1 << 20
#: What holds no file, but the name or the attributes of the next one.
_HEADERS = frozenset(
    {
        *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    }
)


def unpack_source(archive: Path, folder: Path) -> Path:
    """Unpack a ``.zip``, or a ``.tar`` however packed, and return the one folder in it.

    Links that stay within are kept; whatever else is no file and no folder is refused.

    :param folder: where to unpack to; it exists and is empty
    :raises BrokenSource: if it cannot be read, is too large, reaches out of the folder, or does
        not hold one source tree
    """
    try:
        if archive.name.lower().endswith(".zip"):
            _unpack_zip(archive, folder)
        else:
            _unpack_tar(archive, folder)
    except BrokenSource:
        raise
    except tarfile.FilterError as error:
        raise BrokenSource(archive.name, _refused(error)) from None
    except tarfile.ReadError:
        raise BrokenSource(archive.name, "it is no archive that can be read") from None
    except _damage() as error:
        raise BrokenSource(archive.name, f"it is no archive that can be read: {error}") from None
    except (NotImplementedError, RuntimeError) as error:
        # The word of `zipfile` for a method that it does not know, and for an encrypted member.
        raise BrokenSource(archive.name, f"it is packed in an unknown way: {error}") from None
    except OSError as error:
        raise BrokenSource(archive.name, error.strerror or str(error)) from None
    trees = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    if len(trees) != 1:
        raise BrokenSource(archive.name, "it does not hold one folder with everything in it")
    return trees[0]


class _Member(tarfile.TarInfo):
    """A member whose further headers, which are read into memory whole, are no larger than sane."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        found = super().frombuf(buf, encoding, errors)
        if found.type in _HEADERS and found.size > _LARGEST_HEADER:
            raise tarfile.ReadError("a header is too large")
        return found


def _unpack_tar(archive: Path, folder: Path) -> None:
    if not hasattr(tarfile, "data_filter"):
        raise BrokenSource(archive.name, "to unpack it safely takes Python 3.11.4 or newer")
    with tarfile.open(archive, "r:*", tarinfo=_Member) as tar:
        # The data filter of the standard library refuses devices and every way out (PEP 706).
        tar.extractall(folder, members=_counted(archive, tar), filter="data")


def _damage() -> tuple[type[Exception], ...]:
    """Return what an archive that is damaged raises."""
    import zlib  # noqa: PLC0415 -- only where something is damaged

    found = (tarfile.TarError, zipfile.BadZipFile, EOFError, ValueError, zlib.error)
    try:
        import lzma  # noqa: PLC0415 -- the same; not every Python has it
    except ImportError:
        return found
    return (*found, lzma.LZMAError)


def _refused(error: tarfile.FilterError) -> str:
    member = error.tarinfo
    if isinstance(error, tarfile.SpecialFileError):
        return f"`{member.name}` is neither a file nor a folder"
    if member.issym() or member.islnk():
        return f"`{member.name}` is a link that reaches out of it"
    return f"`{member.name}` reaches out of it"


def _counted(archive: Path, tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    size = 0
    for number, member in enumerate(tar):
        size += member.size
        _check_amount(archive, number, size)
        yield member


def _unpack_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        size = 0
        for number, member in enumerate(opened.infolist()):
            size += member.file_size
            _check_amount(archive, number, size)
            target = folder / _inside(archive, member.filename)
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            mode = member.external_attr >> 16
            if mode and stat.S_ISLNK(mode):
                raise BrokenSource(archive.name, f"`{member.filename}` is a link")
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member) as source, target.open("xb") as file:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
            if mode & stat.S_IXUSR and os.name != "nt":
                target.chmod(target.stat().st_mode | stat.S_IXUSR)


def _inside(archive: Path, name: str) -> Path:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise BrokenSource(archive.name, f"`{name}` reaches out of it")
    return Path(*parts)


def _check_amount(archive: Path, files: int, size: int) -> None:
    if files > _MOST_FILES:
        raise BrokenSource(archive.name, f"it holds more than {_MOST_FILES} files")
    if size > _LARGEST:
        raise BrokenSource(archive.name, f"it unpacks to more than {_LARGEST} bytes")

"""A source distribution as a reproducible archive (PEP 625, PEP 643)."""

import gzip
import io
import tarfile
from calendar import timegm
from collections.abc import Mapping
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.publish.archive import source_date
from whichwheel.publish.atomic import write_atomically
from whichwheel.publish.dispatch.document import DispatchDocument
from whichwheel.publish.errors import OutputExists, PublishError
from whichwheel.sources.wheel_archive import check_member
from whichwheel.spec.walking import shown

__all__ = ["BACKEND_FOLDER", "copy_sdist", "sdist_name", "with_list", "write_sdist"]

#: The folder of the build backend.
BACKEND_FOLDER = "_dispatch"

_FILE_MODE = 0o644
_EARLIEST = (1980, 1, 1, 0, 0, 0)
#: Lists all files, a line for each.
_LIST = "FILES"


def sdist_name(name: NormalizedName, version: Version) -> str:
    """Return the name of a source distribution without its suffix.

    >>> from packaging.utils import canonicalize_name
    >>> sdist_name(canonicalize_name("Foo.Bar"), Version("1.0"))
    'foo_bar-1.0'
    """
    return f"{name.replace('-', '_')}-{version}"


def write_sdist(
    destination: Path, files: Mapping[str, bytes | Path], *, force: bool = False
) -> None:
    """Write a ``.tar.gz`` whose bytes depend on the files alone.

    Their time is that of ``SOURCE_DATE_EPOCH``, else the start of 1980.

    :param destination: ``{name}-{version}.tar.gz``; all files stand in a folder of that name
    :param files: content, or the file that holds it, by path with slashes
    :param force: whether ``destination`` may exist
    :raises OutputExists: if it exists without ``force``
    :raises PublishError: if it cannot be written
    """
    if destination.exists() and not force:
        raise OutputExists(destination)
    top = destination.name.removesuffix(".tar.gz")
    date = source_date() or _EARLIEST
    moment = timegm((*date, 0, 0, 0))
    with (
        write_atomically(destination) as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        # What an index looks for stands first.
        for name in sorted(files, key=lambda name: (name != "PKG-INFO", name)):
            content = files[name]
            info = tarfile.TarInfo(f"{top}/{name}")
            info.mode, info.mtime = _FILE_MODE, moment
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.size = content.stat().st_size
                with content.open("rb") as file:
                    archive.addfile(info, file)


def copy_sdist(root: Path, document: DispatchDocument, folder: Path) -> Path:
    """Write an unpacked source distribution anew, and return its path.

    :param root: where it was unpacked
    :raises PublishError: if it cannot be written, or files of it are missing
    """
    destination = folder / f"{sdist_name(document.name, document.version)}.tar.gz"
    listed = root / BACKEND_FOLDER / _LIST
    files: dict[str, bytes | Path] = {}
    for name in listed.read_text("utf-8").splitlines():
        if check_member(name) is not None or not (root / name).is_file():
            raise PublishError(f"`{listed}` lists `{shown(name)}`, and there is no such file")
        files[name] = root / name
    write_sdist(destination, files, force=True)
    return destination


def with_list(files: Mapping[str, bytes | Path]) -> dict[str, bytes | Path]:
    """Return the files of a source distribution and, among them, the list of them all."""
    path = f"{BACKEND_FOLDER}/{_LIST}"
    names = sorted({*files, path})
    return {**files, path: "".join(f"{name}\n" for name in names).encode("utf-8")}

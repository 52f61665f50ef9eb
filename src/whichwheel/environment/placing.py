"""Where the files of a wheel will be, noted before any of them is.

The library ``installer`` makes scripts and spreads the files of a ``*.data`` folder. A wheel that
has neither, as most, is placed without it: to load it takes as long as all else here.
"""

import base64
import csv
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from whichwheel.environment.wheel_cache import UnpackedFile, UnpackedWheel
from whichwheel.environment.wheel_layout import data_folder
from whichwheel.sources.errors import BrokenWheel
from whichwheel.spec.header_fields import header_fields
from whichwheel.spec.values import dataclass
from whichwheel.target.interpreters.description import Interpreter

__all__ = ["Placement", "Places", "installed_files", "place_plainly", "root_scheme"]

_NO_NAMES = frozenset({"", ".", ".."})
# What installers write; a wheel that brings them along would speak in our name.
_WRITTEN_BY_INSTALLERS = frozenset(
    {"INSTALLER", "REQUESTED", "direct_url.json", "whichwheel.json", "RECORD"}
)

#: A row of ``RECORD``: path, digest and size.
Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Placement:
    """One file that an installed wheel will have.

    :param scheme: the install scheme whose folder it goes to
    :param path: below that folder, with ``/``
    :param target: where it will be, absolute; text, as a wheel may have thousands of files
    :param digest: ``algorithm=base64``; None for ``RECORD``
    :param size: in bytes; None for ``RECORD``
    :param origin: the file of the cache that it is linked from, or
    :param content: its content, where it is written anew
    :param executable: whether it may be run
    """

    scheme: str
    path: str
    target: str
    digest: str | None
    size: int | None
    origin: str | None = None
    content: bytes = b""
    executable: bool = False


class Places:
    """The placements of one wheel.

    :param interpreter: whose environment it is
    :param where: the wheel, for messages
    :param project: the name of its folder below ``headers``
    """

    def __init__(self, interpreter: Interpreter, where: str, project: str) -> None:
        headers = interpreter.paths["headers"] / project
        #: Where each scheme leads.
        self.roots: Mapping[str, Path] = {**interpreter.paths, "headers": headers}
        self.placements: list[Placement] = []
        self._where = where
        self._prefixes = {
            key: f"{root}".rstrip(os.sep) + os.sep for key, root in self.roots.items()
        }

    def link(self, scheme: str, path: str, file: UnpackedFile, folder: Path) -> Row:
        """Note a file that is linked from the cache.

        :param path: where it goes, below the folder of the scheme
        :param folder: where the unpacked wheel lies
        """
        target, origin = self._target(scheme, path), f"{folder}{os.sep}{file.path}"
        self.placements.append(
            Placement(
                scheme, path, target, file.digest, file.size, origin, executable=file.executable
            )
        )
        return path, file.digest, str(file.size)

    def write(self, scheme: str, path: str, content: bytes, *, executable: bool = False) -> Row:
        """Note a file that is written anew."""
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        recorded, target = f"sha256={digest}", self._target(scheme, path)
        self.placements.append(
            Placement(
                scheme,
                path,
                target,
                recorded,
                len(content),
                content=content,
                executable=executable,
            )
        )
        return path, recorded, str(len(content))

    def write_record(self, scheme: str, path: str, rows: Iterable[Row]) -> None:
        """Note the ``RECORD``.

        :param rows: with every path relative to the folder of the scheme
        """
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(sorted(rows))
        content = text.getvalue().encode()
        target = self._target(scheme, path)
        self.placements.append(Placement(scheme, path, target, None, None, content=content))

    def _target(self, scheme: str, path: str) -> str:
        parts = path.replace("\\", "/").split("/")
        # The archive was checked; this is what stands between a slip there and the disk.
        if not _NO_NAMES.isdisjoint(parts):
            raise BrokenWheel(self._where, f"`{path}` leads out of its install scheme")
        return self._prefixes[scheme] + os.sep.join(parts)  # noqa: PTH118 - text, as above


def installed_files(wheel: UnpackedWheel, *, data: bool) -> Iterator[UnpackedFile]:
    """Yield the files of a wheel that go into an environment.

    :param data: those in its ``*.data``, which say themselves where they go; else all others
    """
    info, apart = f"{wheel.dist_info}/", f"{data_folder(wheel.dist_info)}/"
    for file in wheel.files:
        path = file.path
        if path.startswith(apart) is not data:
            continue
        if path.startswith(info) and path[len(info) :] in _WRITTEN_BY_INSTALLERS:
            continue
        if "__pycache__" in path and "__pycache__" in path.split("/")[:-1]:
            continue
        yield file


def root_scheme(wheel: UnpackedWheel, where: str) -> str:
    """Return the install scheme of what says nothing else (binary distribution format, ``WHEEL``).

    :raises BrokenWheel: if it is of a format that nobody knows yet
    """
    fields: dict[str, str] = {}
    for key, value in header_fields((wheel.folder / wheel.dist_info / "WHEEL").read_bytes()):
        fields.setdefault(key, value.strip())
    version = fields.get("wheel-version", "")
    if not version.startswith("1."):
        raise BrokenWheel(where, f"it is of Wheel-Version {version or '?'}, and only 1.x is known")
    return "purelib" if fields.get("root-is-purelib") == "true" else "platlib"


def place_plainly(
    wheel: UnpackedWheel, places: Places, scheme: str, additional: Mapping[str, bytes]
) -> bool:
    """Note the files of a wheel that has no scripts and no ``*.data``.

    :param scheme: what :func:`root_scheme` says
    :param additional: what is written into its ``*.dist-info``, by name
    :return: False, with nothing noted, if it has any
    """
    info, apart = f"{wheel.dist_info}/", f"{data_folder(wheel.dist_info)}/"
    special = (f"{info}entry_points.txt", apart)
    if any(file.path.startswith(special) for file in wheel.files):
        return False
    rows = [
        places.link(scheme, file.path, file, wheel.folder)
        for file in installed_files(wheel, data=False)
    ]
    rows += [places.write(scheme, info + name, content) for name, content in additional.items()]
    record = f"{info}RECORD"
    places.write_record(scheme, record, [*rows, (record, "", "")])
    return True

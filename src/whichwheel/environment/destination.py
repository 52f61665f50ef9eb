"""Our two ends of the ``installer`` library: an unpacked wheel, and where its files will go.

The destination writes nothing. It notes a :class:`Placement` per file, so that all places can be
looked at before the environment is touched.
"""

import base64
import csv
import hashlib
import io
import os
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal, cast

from installer.destinations import WheelDestination
from installer.records import Hash, RecordEntry
from installer.scripts import Script
from installer.sources import WheelSource
from installer.utils import Scheme, parse_entrypoints

from whichwheel.environment.wheel_cache import UnpackedFile, UnpackedWheel
from whichwheel.environment.wheel_layout import check_script_name, data_folder
from whichwheel.sources.errors import BrokenWheel
from whichwheel.spec.values import dataclass
from whichwheel.target.interpreters.description import Interpreter

__all__ = ["NotingDestination", "Placement", "UnpackedSource"]

LauncherKind = Literal["posix", "win-ia32", "win-amd64", "win-arm", "win-arm64"]

_LAUNCHERS: dict[str, LauncherKind] = {
    "win32": "win-ia32",
    "win_amd64": "win-amd64",
    "win_arm32": "win-arm",
    "win_arm64": "win-arm64",
}
# Kernels cut a longer first line off, or refuse it.
_SHEBANG_LIMIT = 127
# How a wheel's script says "the interpreter that I am installed for".
_PLACEHOLDER = b"#!python"
_NO_NAMES = frozenset({"", ".", ".."})
# What installers write; a wheel that brings them along would speak in our name.
_WRITTEN_BY_INSTALLERS = frozenset(
    {"INSTALLER", "REQUESTED", "direct_url.json", "whichwheel.json", "RECORD"}
)


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


class _CachedFile(io.BytesIO):
    """A file of the cache on its way through ``installer``, which need not be read for it."""

    def __init__(self, file: UnpackedFile, origin: Path) -> None:
        super().__init__()
        self.file = file
        self.origin = origin


class UnpackedSource(WheelSource):
    """An unpacked wheel as ``installer`` wants to see it."""

    def __init__(self, wheel: UnpackedWheel) -> None:
        distribution, _, version = wheel.dist_info.removesuffix(".dist-info").rpartition("-")
        super().__init__(distribution, version)
        self._wheel = wheel
        self._prefix = f"{wheel.dist_info}/"
        self._data = f"{data_folder(wheel.dist_info)}/"
        self._scripts = frozenset(self._script_paths())

    @property
    def dist_info_dir(self) -> str:
        """The name of the ``*.dist-info``, as the wheel spells it."""
        return self._wheel.dist_info

    @property
    def data_dir(self) -> str:
        """The name of the ``*.data`` beside it."""
        return data_folder(self._wheel.dist_info)

    @property
    def dist_info_filenames(self) -> list[str]:
        """The files below ``*.dist-info``."""
        return [
            file.path.removeprefix(self._prefix)
            for file in self._wheel.files
            if file.path.startswith(self._prefix)
        ]

    def read_dist_info(self, filename: str) -> str:
        """Return the text of one of them."""
        return (self._wheel.folder / self._wheel.dist_info / filename).read_text(encoding="utf-8")

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._wheel.folder

    def get_contents(self) -> Iterator[tuple[tuple[str, str, str], BinaryIO, bool]]:
        """Yield the files that say themselves where they go: those in the ``*.data``."""
        for file in self._files():
            if file.path.startswith(self._data) and file.path not in self._scripts:
                record = (file.path, file.digest, str(file.size))
                origin = self._wheel.folder / file.path
                yield record, cast("BinaryIO", _CachedFile(file, origin)), file.executable

    def root_files(self) -> Iterator[UnpackedFile]:
        """Yield all others, which go where the wheel goes, under the path that they have in it."""
        return (file for file in self._files() if not file.path.startswith(self._data))

    def _files(self) -> Iterator[UnpackedFile]:
        for file in self._wheel.files:
            path = file.path
            if path.startswith(self._prefix) and path[len(self._prefix) :] in (
                _WRITTEN_BY_INSTALLERS
            ):
                continue
            if "__pycache__" in path and "__pycache__" in path.split("/")[:-1]:
                continue
            yield file

    def _script_paths(self) -> Iterator[str]:
        """Yield the paths at which a ready-made script would clash with an entry point's."""
        if "entry_points.txt" in self.dist_info_filenames:
            for name, *_ in parse_entrypoints(self.read_dist_info("entry_points.txt")):
                check_script_name(self._wheel.filename, name)
                yield f"{self.data_dir}/scripts/{name}"


class NotingDestination(WheelDestination):
    """Notes where each file of a wheel belongs in an environment.

    :param interpreter: whose environment it is
    :param where: the wheel, for messages
    :param project: the name of its folder below ``headers``
    :param source: the wheel, whose many files do not pass through ``installer`` one by one
    """

    def __init__(
        self, interpreter: Interpreter, where: str, project: str, source: UnpackedSource
    ) -> None:
        self._interpreter = interpreter
        self._where = where
        self._source = source
        self._kind = _launcher_kind(interpreter)
        self._roots = {
            **interpreter.paths,
            "headers": interpreter.paths["headers"] / project,
        }
        self._prefixes = {key: os.path.join(root, "") for key, root in self._roots.items()}  # noqa: PTH118 - text
        self.placements: list[Placement] = []

    def write_script(
        self, name: str, module: str, attr: str, section: Literal["console", "gui"]
    ) -> RecordEntry:
        """Note the launcher of an entry point."""
        script = Script(name, module, attr, section)
        filename, content = script.generate(str(self._interpreter.executable), self._kind)
        return self._note_content("scripts", filename, content, executable=True)

    def write_file(
        self,
        scheme: Scheme,
        path: str | os.PathLike[str],
        stream: BinaryIO,
        is_executable: bool,  # noqa: FBT001 - the signature is installer's
    ) -> RecordEntry:
        """Note a file: to be linked, or written where it is ours or names its interpreter."""
        name = os.fspath(path)
        if not isinstance(stream, _CachedFile):
            return self._note_content(scheme, name, stream.read(), executable=is_executable)
        if scheme == "scripts":
            with stream.origin.open("rb") as file:
                if file.read(len(_PLACEHOLDER)) == _PLACEHOLDER:
                    content = self._with_interpreter(_PLACEHOLDER + file.read())
                    return self._note_content(scheme, name, content, executable=True)
        return self._note(
            Placement(
                scheme,
                name,
                self._target(scheme, name),
                stream.file.digest,
                stream.file.size,
                os.fspath(stream.origin),
                executable=is_executable,
            )
        )

    def finalize_installation(
        self,
        scheme: Scheme,
        record_file_path: str,
        records: Iterable[tuple[Scheme, RecordEntry]],
    ) -> None:
        """Note the ``RECORD``, with every path relative to where it lies."""
        root = self._roots[scheme]
        rows = []
        for its_scheme, entry in records:
            path = entry.path
            if its_scheme != scheme:
                path = _relative(self._roots[its_scheme] / path, root)
            rows.append(replace(entry, path=path).to_row())
        folder = os.path.join(self._source.folder, "")  # noqa: PTH118 - text
        for file in self._source.root_files():
            path = file.path
            rows.append((path, file.digest, str(file.size)))
            self.placements.append(
                Placement(
                    scheme,
                    path,
                    self._target(scheme, path),
                    file.digest,
                    file.size,
                    folder + path,
                    executable=file.executable,
                )
            )
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(sorted(rows))
        target = self._target(scheme, record_file_path)
        self._note(
            Placement(
                scheme, record_file_path, target, None, None, content=text.getvalue().encode()
            )
        )

    def _note_content(
        self, scheme: str, path: str, content: bytes, *, executable: bool
    ) -> RecordEntry:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        return self._note(
            Placement(
                scheme,
                path,
                self._target(scheme, path),
                f"sha256={digest}",
                len(content),
                content=content,
                executable=executable,
            )
        )

    def _note(self, placement: Placement) -> RecordEntry:
        self.placements.append(placement)
        digest = Hash.parse(placement.digest) if placement.digest is not None else None
        return RecordEntry(placement.path, digest, placement.size)

    def _target(self, scheme: str, path: str) -> str:
        parts = path.replace("\\", "/").split("/")
        # The archive was checked; this is what stands between a slip there and the disk.
        if not _NO_NAMES.isdisjoint(parts):
            raise BrokenWheel(self._where, f"`{path}` leads out of its install scheme")
        return self._prefixes[scheme] + os.sep.join(parts)  # noqa: PTH118 - text

    def _with_interpreter(self, content: bytes) -> bytes:
        _, newline, rest = content.partition(b"\n")
        executable = str(self._interpreter.executable)
        simple = f"#!{executable}"
        if self._kind != "posix" or (" " not in executable and len(simple) < _SHEBANG_LIMIT):
            return simple.encode() + newline + rest
        # A line that both sh and Python read: sh runs the interpreter, Python sees a string.
        quoted = shlex.quote(executable)
        return f"#!/bin/sh\n'''exec' {quoted} \"$0\" \"$@\"\n' '''\n".encode() + rest


def _relative(path: Path, start: Path) -> str:
    try:
        return Path(os.path.relpath(path, start)).as_posix()
    except ValueError:
        # Another drive on Windows: RECORD may then hold an absolute path.
        return path.as_posix()


def _launcher_kind(interpreter: Interpreter) -> LauncherKind:
    if interpreter.environment.get("os_name") != "nt":
        return "posix"
    for tag in interpreter.tags:
        if tag.platform in _LAUNCHERS:
            return _LAUNCHERS[tag.platform]
    return "win-amd64"

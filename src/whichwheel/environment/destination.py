"""Our two ends of the ``installer`` library: an unpacked wheel, and where its files will go.

The destination writes nothing. It notes where each file will be, so that all places can be looked
at before the environment is touched.
"""

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

from whichwheel.environment.placing import Places, installed_files
from whichwheel.environment.wheel_cache import UnpackedFile, UnpackedWheel
from whichwheel.environment.wheel_layout import check_script_name, data_folder
from whichwheel.target.interpreters.description import Interpreter

__all__ = ["NotingDestination", "UnpackedSource"]

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

    def get_contents(self) -> Iterator[tuple[tuple[str, str, str], BinaryIO, bool]]:
        """Yield the files in the ``*.data``; the others need no looking at one by one."""
        for file in installed_files(self._wheel, data=True):
            if file.path not in self._scripts:
                record = (file.path, file.digest, str(file.size))
                stream = _CachedFile(file, self._wheel.folder / file.path)
                yield record, cast("BinaryIO", stream), file.executable

    def _script_paths(self) -> Iterator[str]:
        """Yield the paths at which a ready-made script would clash with an entry point's."""
        if "entry_points.txt" in self.dist_info_filenames:
            for name, *_ in parse_entrypoints(self.read_dist_info("entry_points.txt")):
                check_script_name(self._wheel.filename, name)
                yield f"{self.data_dir}/scripts/{name}"


class NotingDestination(WheelDestination):
    """Notes where each file of a wheel belongs in an environment.

    :param interpreter: whose environment it is
    :param wheel: whose files do not all pass through ``installer``
    :param places: what is noted
    """

    def __init__(self, interpreter: Interpreter, wheel: UnpackedWheel, places: Places) -> None:
        self._interpreter = interpreter
        self._kind = _launcher_kind(interpreter)
        self._wheel = wheel
        self._places = places

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
        return _entry(self._places.link(scheme, name, stream.file, self._wheel.folder))

    def finalize_installation(
        self,
        scheme: Scheme,
        record_file_path: str,
        records: Iterable[tuple[Scheme, RecordEntry]],
    ) -> None:
        """Note the ``RECORD``, with every path relative to where it lies."""
        roots = self._places.roots
        rows = [
            self._places.link(scheme, file.path, file, self._wheel.folder)
            for file in installed_files(self._wheel, data=False)
        ]
        for its_scheme, entry in records:
            path = entry.path
            if its_scheme != scheme:
                path = _relative(roots[its_scheme] / path, roots[scheme])
            rows.append(replace(entry, path=path).to_row())
        self._places.write_record(scheme, record_file_path, rows)

    def _note_content(
        self, scheme: str, path: str, content: bytes, *, executable: bool
    ) -> RecordEntry:
        return _entry(self._places.write(scheme, path, content, executable=executable))

    def _with_interpreter(self, content: bytes) -> bytes:
        _, newline, rest = content.partition(b"\n")
        executable = str(self._interpreter.executable)
        simple = f"#!{executable}"
        if self._kind != "posix" or (" " not in executable and len(simple) < _SHEBANG_LIMIT):
            return simple.encode() + newline + rest
        # A line that both sh and Python read: sh runs the interpreter, Python sees a string.
        quoted = shlex.quote(executable)
        return f"#!/bin/sh\n'''exec' {quoted} \"$0\" \"$@\"\n' '''\n".encode() + rest


def _entry(row: tuple[str, str, str]) -> RecordEntry:
    path, digest, size = row
    return RecordEntry(path, Hash.parse(digest), int(size))


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

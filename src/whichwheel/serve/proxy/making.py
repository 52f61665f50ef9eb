"""Wheels that are made anew because a client would not understand their metadata."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from whichwheel.publish.plain_wheel import write_plain
from whichwheel.serve.proxy.singly import Singly
from whichwheel.sources.addresses import file_path
from whichwheel.sources.hashes import strongest
from whichwheel.sources.release import File

__all__ = ["MADE_FOLDER", "Made", "MadeWheels"]

#: The folder of the cache that holds made wheels; another way of making has another name.
MADE_FOLDER = "made-1"


@dataclass(frozen=True, slots=True)
class Made:
    """A wheel that was made.

    :param sha256: of the whole file, hexadecimal
    :param size: in bytes
    """

    path: Path
    sha256: str
    size: int


class MadeWheels:
    """Made wheels on disk, where they are found again after a restart.

    :param folder: where they are kept
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = Singly()

    def known(self, file: File, filename: str, metadata: bytes) -> Made | None:
        """Return a wheel if it was made already."""
        path = self._path(file, filename, metadata)
        try:
            facts = json.loads(_facts(path).read_text("utf-8"))
            made = Made(path, str(facts["sha256"]), int(facts["size"]))
            return made if path.stat().st_size == made.size else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def make(
        self, file: File, filename: str, metadata: bytes, fetch: Callable[[File], Path]
    ) -> Made:
        """Return a wheel, made if need be; several who ask at once have it made once.

        :param filename: the name it is to have
        :param metadata: its core metadata
        :param fetch: returns the local path of the wheel that it is made of
        :raises WhichwheelError: if it cannot be made
        """
        path = self._path(file, filename, metadata)
        with self._making.at(str(path)):
            known = self.known(file, filename, metadata)
            if known is not None:
                return known
            write_plain(fetch(file), path, metadata=metadata, force=True)
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            made = Made(path, digest, path.stat().st_size)
            facts = json.dumps({"sha256": made.sha256, "size": made.size})
            _facts(path).write_text(facts, "utf-8")
            return made

    def _path(self, file: File, filename: str, metadata: bytes) -> Path:
        parts = (_identity(file).encode(), filename.encode(), metadata)
        key = hashlib.sha256(b"\n".join(parts)).hexdigest()
        return self._folder / key[:2] / key[2:] / filename


def _identity(file: File) -> str:
    """Return what tells the content of a file from that of any other."""
    known = strongest(file.hashes)
    if known is not None:
        return known[1]
    path = file_path(file.url)
    if path is None or not path.is_file():
        return file.url
    facts = path.stat()
    return f"{file.url} {facts.st_size} {facts.st_mtime_ns}"


def _facts(path: Path) -> Path:
    return path.with_name("made.json")

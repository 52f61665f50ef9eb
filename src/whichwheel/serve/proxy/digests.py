"""The hashes of local files, which no index tells."""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from whichwheel.sources.addresses import file_path
from whichwheel.sources.hashes import strongest
from whichwheel.sources.release import File

__all__ = ["LocalDigests"]

#: Most that is read for one page, in bytes; a page asked for again knows more.
_MOST_READ = 2 * 1024**3
_MOST_KEPT = 20_000

_Key = tuple[Path, int, int]


class LocalDigests:
    """Reads each local file once for its hash; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[_Key, str] = OrderedDict()

    def of(self, files: Iterable[File]) -> Mapping[str, File]:
        """Return, by their URLs, those files that have got a hash and their size by this."""
        left = _MOST_READ
        found = {}
        for file in files:
            path = file_path(file.url) if file.url.startswith("file:") else None
            if path is None or strongest(file.hashes) is not None:
                continue
            try:
                facts = path.stat()
                digest = self._known.get(_key(path, facts))
                if digest is None:
                    left -= facts.st_size
                    if left < 0:
                        continue
                    digest = self._read(path, facts)
            except OSError:
                continue  # whoever asks for the file is told
            found[file.url] = replace(file, hashes={"sha256": digest}, size=facts.st_size)
        return found

    def of_path(self, path: Path) -> tuple[str, int] | None:
        """Return the SHA-256 and the size of a file, None if it cannot be read."""
        try:
            facts = path.stat()
            return self._known.get(_key(path, facts)) or self._read(path, facts), facts.st_size
        except OSError:
            return None

    def _read(self, path: Path, facts: os.stat_result) -> str:
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        with self._lock:
            self._known[_key(path, facts)] = digest
            if len(self._known) > _MOST_KEPT:
                self._known.popitem(last=False)
        return digest


def _key(path: Path, facts: os.stat_result) -> _Key:
    return path, facts.st_size, facts.st_mtime_ns

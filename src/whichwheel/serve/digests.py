"""The hashes of local files, which no index tells."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from whichwheel.sources.addresses import file_path
from whichwheel.sources.hashes import strongest
from whichwheel.sources.release import File

__all__ = ["LocalDigests"]

#: Most that is read for one page, in bytes; a page asked for again knows more.
_MOST_READ = 2 * 1024**3
_MOST_KEPT = 20_000


class LocalDigests:
    """Reads each local file once for its hash; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int, int], str] = OrderedDict()

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
                key = (file.url, facts.st_size, facts.st_mtime_ns)
                digest = self._known.get(key)
                if digest is None:
                    left -= facts.st_size
                    if left < 0:
                        continue
                    with path.open("rb") as content:
                        digest = hashlib.file_digest(content, "sha256").hexdigest()
            except OSError:
                continue  # whoever asks for the file is told
            self._keep(key, digest)
            found[file.url] = replace(file, hashes={"sha256": digest}, size=facts.st_size)
        return found

    def _keep(self, key: tuple[str, int, int], digest: str) -> None:
        with self._lock:
            self._known[key] = digest
            if len(self._known) > _MOST_KEPT:
                self._known.popitem(last=False)

"""Whole files, fetched once and kept by their hash."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from whichwheel.sources.addresses import file_path
from whichwheel.sources.errors import HashMismatch, SourceError
from whichwheel.sources.hashes import check_digests, strongest
from whichwheel.sources.http import Body, HttpClient
from whichwheel.sources.ports import Progress
from whichwheel.sources.release import File

__all__ = ["Downloads", "read_chunks"]

_CHUNK = 1 << 20
_UNCHANGED = 304


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's content in pieces.

    :raises SourceError: if it cannot be read
    """
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise SourceError(
            f"cannot read `{path}`: {error.strerror or error}", where=str(path)
        ) from None


class Downloads:
    """Files on this machine, downloaded when they are not.

    :param directory: where downloads are kept
    """

    def __init__(self, client: HttpClient, directory: Path, progress: Progress) -> None:
        self._client = client
        self._directory = directory
        self._progress = progress

    def fetch(self, file: File) -> Path:
        """Return the path of a file, its hash checked.

        :raises HashMismatch: if it is not the file that the source promised
        :raises SourceError: if it cannot be had
        """
        local = file_path(file.url)
        if local is not None:
            if not local.is_file():
                raise SourceError(f"there is no file `{local}`", where=str(local))
            check_digests(read_chunks(local), file.hashes, str(local))
            return local
        known = strongest(file.hashes)
        key = hashlib.sha256((known[1] if known is not None else file.url).encode()).hexdigest()
        path = self._directory / key[:2] / key[2:] / file.filename
        if known is not None and path.is_file():
            try:
                check_digests(read_chunks(path), file.hashes, str(path))
            except HashMismatch:
                path.unlink(missing_ok=True)  # damaged since; the source still has it
            else:
                return path
        self._download(file, path)
        return path

    def _download(self, file: File, path: Path) -> None:
        """Download into place; without a hash to go by, ask whether a kept file is the same."""
        import tempfile  # noqa: PLC0415 -- only where something is kept

        etag = path.with_name(f"{path.name}.etag")
        headers = {"Accept-Encoding": "identity"}
        if path.is_file() and etag.is_file() and (known := etag.read_text("utf-8")):
            headers["If-None-Match"] = known

        def take(body: Body) -> None:
            if body.status == _UNCHANGED:
                return
            size = body.headers.get("content-length", "")
            self._progress.start(what, int(size) if size.isdigit() else file.size)
            taken = 0
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    for chunk in body.chunks:
                        target.write(chunk)
                        taken += len(chunk)
                        self._progress.advance(what, len(chunk))
                check_digests(read_chunks(temporary), file.hashes, file.url)
                try:
                    temporary.replace(path)
                except PermissionError:
                    # On Windows, another process that put the same file there holds it open.
                    if not file.hashes or not path.is_file():
                        raise
            except BaseException:
                self._progress.advance(what, -taken)  # it may begin anew
                raise
            finally:
                temporary.unlink(missing_ok=True)
            if not file.hashes:
                # Empty, it still says that there is no digest to go by.
                etag.write_text(body.headers.get("etag", ""), "utf-8")

        what = f"download {file.filename}"
        try:
            self._client.read(file.url, headers, take)
        except OSError as error:
            raise SourceError(
                f"cannot keep `{file.filename}` in `{path.parent}`: {error.strerror or error}",
                where=str(path),
                hint="name another folder with `--cache-dir`",
            ) from None
        finally:
            self._progress.finish(what)

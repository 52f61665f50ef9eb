"""Whole files, fetched once and kept by their hash."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from whichwheel.sources.addresses import file_path
from whichwheel.sources.errors import HashMismatch, HttpStatusError, SourceError
from whichwheel.sources.hashes import check_digests, strongest
from whichwheel.sources.network.http import Body, HttpClient
from whichwheel.sources.network.http_cache import write_atomically
from whichwheel.sources.partial import PartialDownload
from whichwheel.sources.ports import Progress
from whichwheel.sources.release import File

__all__ = ["Downloads", "kept_etag", "read_chunks"]

_CHUNK = 1 << 20
_UNCHANGED = 304
#: What servers answer that do not send the rest of a file.
_REFUSALS = frozenset({400, 405, 412, 416, 501})


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
        path = self._path(file)
        if strongest(file.hashes) is not None and path.is_file():
            try:
                check_digests(read_chunks(path), file.hashes, str(path))
            except HashMismatch:
                path.unlink(missing_ok=True)  # damaged since; the source still has it
            else:
                return path
        self._download(file, path)
        return path

    def keep(self, file: File, data: bytes) -> None:
        """Keep what came of a file by another way, if it is known to be what is promised."""
        if strongest(file.hashes) is None:
            return
        with suppress(HashMismatch, OSError):
            check_digests([data], file.hashes, file.url)
            write_atomically(self._path(file), data)

    def _path(self, file: File) -> Path:
        known = strongest(file.hashes)
        key = hashlib.sha256((known[1] if known is not None else file.url).encode()).hexdigest()
        return self._directory / key[:2] / key[2:] / file.filename

    def _download(self, file: File, path: Path) -> None:
        """Download into place; without a hash to go by, ask whether a kept file is the same."""
        what = f"download {file.filename}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._temporary(path.parent) as temporary:
                partial = PartialDownload(file, temporary, self._progress, what)
                try:
                    etag = self._read(file, path, partial)
                except BaseException:
                    partial.give_up_parts()
                    raise
                if etag is None:
                    return
                try:
                    temporary.replace(path)
                except PermissionError:
                    # On Windows, another process that put the same file there holds it open.
                    if not file.hashes or not path.is_file():
                        raise
                if not file.hashes:
                    _note_etag(path, etag)
        except OSError as error:
            raise SourceError(
                f"cannot keep `{file.filename}` in `{path.parent}`: {error.strerror or error}",
                where=str(path),
                hint="name another folder with `--cache-dir`",
            ) from None
        finally:
            self._progress.finish(what)

    def _read(self, file: File, path: Path, partial: PartialDownload) -> str | None:
        """Fetch a file, and return its ETag; None if the kept one is still the same."""
        whole = {"Accept-Encoding": "identity"}
        if known := kept_etag(path):
            whole["If-None-Match"] = known

        def headers() -> Mapping[str, str]:
            return (
                {"Accept-Encoding": "identity", **partial.headers()} if partial.resumes else whole
            )

        def take(body: Body) -> str | None:
            if body.status == _UNCHANGED:
                return None
            partial.take(body)
            return body.headers.get("etag", "")

        try:
            return self._client.read(file.url, headers, take)
        except HttpStatusError as error:
            if not partial.resumes or error.status not in _REFUSALS:
                raise
            partial.give_up_parts()
            return self._client.read(file.url, headers, take)

    @contextmanager
    def _temporary(self, folder: Path) -> Iterator[Path]:
        """Make an empty file beside the one it is to become; nothing of it stays."""
        import tempfile  # noqa: PLC0415 -- only where something is kept

        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)


def kept_etag(path: Path) -> str | None:
    """Return the ETag of a kept file that came without a hash; empty if it had none.

    :return: None if there is no such file, or it is not as it came
    """
    try:
        digest, _, etag = _etag_file(path).read_text("utf-8").partition("\n")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None
    return etag if digest == hashlib.sha256(f"{found} {etag}".encode()).hexdigest() else None


def _note_etag(path: Path, etag: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256(f"{found} {etag}".encode()).hexdigest()
    _etag_file(path).write_text(f"{digest}\n{etag}", "utf-8")


def _etag_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.etag")

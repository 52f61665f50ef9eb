"""A download under way: what has come of it is kept from one attempt to the next."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from whichwheel.sources.errors import HashMismatch, SourceError
from whichwheel.sources.hashes import RunningCheck, strongest
from whichwheel.sources.network.http import Body
from whichwheel.sources.network.retrying import Temporary
from whichwheel.sources.network.unreachable import is_web_page, web_page
from whichwheel.sources.ports import Progress
from whichwheel.sources.release import File
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["PartialDownload"]

_PARTIAL = 206
_CONTENT_RANGE = lazy_pattern(r"bytes ([0-9]{1,18})-([0-9]{1,18})/(?:([0-9]{1,18})|\*)")
#: A break after this many new bytes is none that counts: the download gets on.
_PROGRESS = 1 << 20
#: Longest file that is taken where nobody says how long it is, in bytes.
_LONGEST = 64 << 30


class PartialDownload:
    """A file that comes whole, or in several parts after breaks (RFC 9110, Range, If-Range).

    :param temporary: where it is written; exists and is empty
    :param what: its name in the progress
    """

    def __init__(self, file: File, temporary: Path, progress: Progress, what: str) -> None:
        self._file = file
        self._temporary = temporary
        self._progress = progress
        self._what = what
        self._resumable = True
        self._validator: str | None = None
        self._most = 0
        self._taken = 0
        self._check = RunningCheck(file.hashes, file.url)

    @property
    def resumes(self) -> bool:
        """Whether the next request asks for the rest alone."""
        known = self._validator is not None or strongest(self._file.hashes) is not None
        return self._taken > 0 and self._resumable and known

    def headers(self) -> Mapping[str, str]:
        """Return what the next request asks for: the rest, or all of it."""
        if not self.resumes:
            return {}
        headers = {"Range": f"bytes={self._taken}-"}
        if self._validator is not None:
            headers["If-Range"] = self._validator
        return headers

    def give_up_parts(self) -> None:
        """Ask for the whole file from now on."""
        self._begin_anew()
        self._resumable = False

    def take(self, body: Body) -> None:
        """Write what comes to the end of what there is, and check the whole.

        :raises Temporary: if it breaks off, or is not what it should be and may be next time
        :raises SourceError: if it is something else altogether
        """
        if body.status == _PARTIAL:
            self._continue(body)
        else:
            self._begin(body)
        with self._counting(), self._temporary.open("r+b") as target:
            target.seek(self._taken)
            for chunk in body.chunks:
                if not self._taken:
                    self._refuse_page(body, chunk)
                target.write(chunk)
                self._note(len(chunk))
                self._check.update(chunk)
        self._finish(resumed=body.status == _PARTIAL)

    def _begin(self, body: Body) -> None:
        self._begin_anew()
        size = body.headers.get("content-length", "")
        known = int(size) if re.fullmatch(r"[0-9]{1,18}", size) else self._file.size
        self._progress.start(self._what, known)
        # What was unpacked on the way cannot be asked for from the middle.
        self._resumable = self._resumable and "content-encoding" not in body.headers
        etag = body.headers.get("etag", "")
        strong = etag if etag.startswith('"') else None
        # A time says too little by itself.
        dated = body.headers.get("last-modified") if strongest(self._file.hashes) else None
        self._validator = strong or dated

    def _continue(self, body: Body) -> None:
        found = _CONTENT_RANGE.fullmatch(body.headers.get("content-range", ""))
        if found is None or int(found[1]) != self._taken or "content-encoding" in body.headers:
            self.give_up_parts()
            raise Temporary(self._not_continued(), free=True)

    def _finish(self, *, resumed: bool) -> None:
        file = self._file
        try:
            self._check.finish()
        except HashMismatch as error:
            self.give_up_parts()
            # Parts that do not fit each other say nothing of the file.
            raise Temporary(error, once=not resumed, free=resumed) from None
        if strongest(file.hashes) is None and file.size not in {None, self._taken}:
            taken = self._taken
            self.give_up_parts()
            raise Temporary(
                SourceError(
                    f"`{file.url}` has {taken} bytes, not {file.size} as its source says",
                    where=file.url,
                    hint="the file was changed or cut short; with `--refresh`, the index is asked "
                    "anew",
                ),
                once=True,
            )

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Let a break not count if much has come since the last one."""
        before = self._most
        try:
            yield
        except Temporary as error:
            if self._most - before >= _PROGRESS and self.resumes:
                error.free = True
            raise

    def _note(self, amount: int) -> None:
        self._taken += amount
        self._most = max(self._most, self._taken)
        self._progress.advance(self._what, amount)
        # An index may be wrong about a length by a little; a hash says more.
        longest = _LONGEST if self._file.size is None else 2 * self._file.size + _PROGRESS
        if self._taken > longest:
            raise SourceError(
                f"`{self._file.url}` does not end: it is longer than {longest} bytes",
                where=self._file.url,
                hint="tell the owner of the index",
            )

    def _refuse_page(self, body: Body, chunk: bytes) -> None:
        if is_web_page(body.headers.get("content-type", ""), chunk):
            raise web_page(self._file.url, "the file", chunk)

    def _begin_anew(self) -> None:
        if self._taken:
            self._progress.advance(self._what, -self._taken)
        self._taken = 0
        self._check = RunningCheck(self._file.hashes, self._file.url)
        os.truncate(self._temporary, 0)

    def _not_continued(self) -> SourceError:
        return SourceError(
            f"`{self._file.url}` goes on with another part than the one that is missing",
            where=self._file.url,
            hint="try again",
        )

"""Answers that hold a file: where it is, its content from disk, or passed through from afar."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from whichwheel.serve.proxy.negotiating import is_known
from whichwheel.sources.errors import SourceError
from whichwheel.sources.network.http import Body
from whichwheel.sources.ports import PassingSources
from whichwheel.sources.release import File

__all__ = ["from_disk", "from_memory", "passed_through", "sent_elsewhere"]

_KIND = "application/octet-stream"
_UNCHANGED = 304
#: What a client may say of its request to the server that has the file.
_ASKED = ("Range", "If-Range", "If-None-Match", "If-Modified-Since")
#: What it is told of the answer.
_TOLD = ("etag", "last-modified", "accept-ranges", "content-range")


def sent_elsewhere(url: str) -> Response:
    """Tell a client where a file is."""
    # A redirect that is kept would outlive the reason for it.
    return RedirectResponse(url, 302, headers={"Cache-Control": "no-cache"})


def from_memory(
    request: Request, body: bytes, etag: str, kind: str = _KIND, *, fresh_for: int = 0
) -> Response:
    """Answer with content, or that the client has it already.

    :param etag: with its quotes
    :param fresh_for: how long the client may use it without asking again, in seconds
    """
    control = f"private, max-age={fresh_for}" if fresh_for else "no-cache"
    headers = {"ETag": etag, "Cache-Control": control}
    if is_known(etag, request.headers.get("if-none-match")):
        return Response(status_code=_UNCHANGED, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def from_disk(request: Request, path: Path) -> Response:
    """Answer with a local file, or the part of it that is asked for.

    :raises SourceError: if it is not there
    """
    try:
        facts = path.stat()
    except OSError:
        raise SourceError("the file is not there any more", where=path.name) from None
    response = FileResponse(path, media_type=_KIND, stat_result=facts)
    etag = response.headers.get("etag", "")
    if is_known(etag, request.headers.get("if-none-match")):
        return Response(status_code=_UNCHANGED, headers={"ETag": etag})
    return response


def passed_through(
    request: Request, file: File, sources: PassingSources, held: ExitStack
) -> Response:
    """Answer with what the server that has the file sends, piece by piece.

    :param held: what has to stay open until the last piece is sent; it is closed then
    :raises SourceError: if the file cannot be had
    """
    asked = {name: request.headers[name] for name in _ASKED if name in request.headers}
    body = held.enter_context(sources.open(file, {"Accept-Encoding": "identity", **asked}))
    headers = {name: body.headers[name] for name in _TOLD if name in body.headers}
    # Whatever the source says: no browser shows as a page of ours what somebody uploaded there.
    headers["content-type"] = _KIND
    if "content-encoding" not in body.headers and "content-length" in body.headers:
        headers["content-length"] = body.headers["content-length"]
    if body.status == _UNCHANGED or request.method == "HEAD":
        held.close()
        if body.status == _UNCHANGED:
            headers.pop("content-length", None)
        return Response(status_code=body.status, headers=headers)
    return _Passing(body, headers, held)


class _Passing(StreamingResponse):
    """Sends a body on, and lets go of what it took, however the client leaves."""

    def __init__(self, body: Body, headers: Mapping[str, str], held: ExitStack) -> None:
        super().__init__(body.chunks, body.status, headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._held.close()

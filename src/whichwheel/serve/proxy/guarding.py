"""Who is answered, and what a browser must not make of the answer."""

import base64
import binascii
import hmac
import ipaddress
import re

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LocalNameRequired", "NothingGuessed", "TokenRequired"]

_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::\d+)?")


class LocalNameRequired:
    """Lets a request through that names this machine by an address, or as ``localhost``.

    A page from elsewhere that a browser on this machine shows can have its own name lead here,
    and read all answers. It cannot have an address stand for another.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        if scope["type"] != "http" or _is_local_name(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse(
            "without a token this index answers to `localhost` and to addresses alone; who started "
            "it may allow any name with `--no-token`\n",
            status_code=421,
        )
        await refusal(scope, receive, send)


def _is_local_name(host: str) -> bool:
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1].strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class NothingGuessed:
    """Tells browsers to take every answer for what it says it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, marked)


class TokenRequired:
    """Lets a request through that has the token as its password; the user name may be any.

    RFC 7617, Basic authentication.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        if scope["type"] != "http" or self._is_known(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse(
            "this index wants its token as the password, and any user name\n",
            status_code=401,
            headers={"WWW-Authenticate": 'Basic realm="whichwheel", charset="UTF-8"'},
        )
        await refusal(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        kind, _, encoded = headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given.partition(b":")[2], self._token)

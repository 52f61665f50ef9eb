"""The proxy: a simple index on which every machine finds what fits it (PEP 503, 691, 658)."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from whichwheel.resolve.failures import UnusableMetadata
from whichwheel.serve.proxy.delivering import from_disk, from_memory, passed_through, sent_elsewhere
from whichwheel.serve.proxy.file_address import METADATA_SUFFIX, FileAddress
from whichwheel.serve.proxy.guarding import LocalNameRequired, NothingGuessed, TokenRequired
from whichwheel.serve.proxy.making import MADE_FOLDER, MadeWheels
from whichwheel.serve.proxy.negotiating import Form, wanted_form
from whichwheel.serve.proxy.offering import Offer
from whichwheel.serve.proxy.renewing import Generation, RenewedSources
from whichwheel.serve.proxy.views import Found, View, Views
from whichwheel.sources.errors import HttpStatusError, SourceError, SourceTimeout
from whichwheel.sources.ports import PassingSources
from whichwheel.spec.errors import WhichwheelError

__all__ = ["make_application"]

_LONGEST_NAME = 200
_ABSENT = (404, 410)
_UNSATISFIABLE = 416
#: Most requests that are answered at once; the others wait.
_MOST_THREADS = 128
_SCHEMES = ("http:", "https:")
_ROUTING = {
    "Not Found": "there is nothing here; projects are at `simple/NAME/`",
    "Method Not Allowed": "this index is only read",
}


def _nobody(_message: str) -> None:
    """Tell nobody."""


def _nobody_of_files(_offer: Offer, _sources: PassingSources) -> None:
    """Tell nobody."""


def make_application(  # noqa: PLR0913 -- each is one thing to decide
    views: Iterable[View],
    *,
    open_sources: Callable[[], AbstractContextManager[PassingSources]],
    token: str | None,
    cache_directory: Path,
    local_only: bool = False,
    copy_files: bool = False,
    fresh_for: int = 0,
    warn: Callable[[str], None] = _nobody,
    served: Callable[[Offer, PassingSources], None] = _nobody_of_files,
) -> Starlette:
    """Make the application that serves one view at ``/simple/`` and others by their names.

    :param views: what there is to see; the one without name is at ``/simple/``
    :param open_sources: opens the sources anew, every so often, to see what is new in them
    :param token: the password without which nobody is answered; None for no such guard
    :param cache_directory: where wheels are kept that are made anew
    :param local_only: whether nobody is answered who does not ask for this very machine
    :param copy_files: whether files are kept here and served from here, instead of telling
        clients where they are
    :param fresh_for: how long clients may use what they have without asking again, in seconds;
        only where the same address never serves another choice
    :param warn: told in a sentence what went wrong
    :param served: told what file a client is sent, or sent to, with the sources that have it
    """
    proxy = _Proxy(
        Views(views, MadeWheels(cache_directory / MADE_FOLDER), link=not copy_files, warn=warn),
        RenewedSources(open_sources),
        copy_files=copy_files,
        fresh_for=fresh_for,
        warn=warn,
        served=served,
    )
    guards = [Middleware(NothingGuessed)]
    if local_only:
        guards.append(Middleware(LocalNameRequired))
    if token is not None:
        guards.append(Middleware(TokenRequired, token=token))
    application = Starlette(
        middleware=guards,
        exception_handlers={HTTPException: _in_words, Exception: proxy.unexpected},
        lifespan=proxy.lifespan,
    )
    application.router.redirect_slashes = False
    application.router.routes += proxy.routes()
    return application


class _Proxy:
    """Answers requests; what may wait for a source runs in a thread."""

    def __init__(  # noqa: PLR0913 -- what the application was made with
        self,
        views: Views,
        sources: RenewedSources,
        *,
        copy_files: bool,
        fresh_for: int,
        warn: Callable[[str], None],
        served: Callable[[Offer, PassingSources], None],
    ) -> None:
        self._views = views
        self._sources = sources
        self._copy_files = copy_files
        self._fresh_for = fresh_for
        self._warn = warn
        self._served = served

    def routes(self) -> list[Route]:
        """Return what there is to ask for."""
        found = [Route("/", self.welcome)]
        for prefix in ("", "/for/{view}"):
            found += [
                Route(f"{prefix}/simple", _with_slash),
                Route(f"{prefix}/simple/", self.root),
                Route(f"{prefix}/simple/{{project}}", self.project),
                Route(f"{prefix}/simple/{{project}}/", self.project),
                Route(f"{prefix}/files/{{path:path}}", self.file),
            ]
        return found

    @asynccontextmanager
    async def lifespan(self, _application: Starlette) -> AsyncIterator[None]:
        """Let a hundred clients wait for sources side by side; close what was opened in the end."""
        current_default_thread_limiter().total_tokens = _MOST_THREADS
        try:
            yield
        finally:
            self._views.close()
            self._sources.close()

    async def welcome(self, _request: Request) -> Response:
        """Say what this is, and where the index is."""
        where = [f"for/{name}/simple/" if name else "simple/" for name in self._views.names]
        return PlainTextResponse("".join(f"an index for pip and uv: {each}\n" for each in where))

    async def root(self, request: Request) -> Response:
        """Say that there is no list of all projects."""
        self._view(request)
        raise HTTPException(
            404,
            "this index has no list of all projects: its sources are asked for one at a time, "
            "as `simple/NAME/`",
        )

    def project(self, request: Request) -> Response:
        """Answer with the page of a project."""
        view = self._view(request)
        asked = request.path_params["project"]
        name = _normalized(asked)
        has_slash = request.url.path.endswith("/")
        if asked != name or not has_slash:
            to = f"../{name}/" if has_slash else f"{name}/"
            return Response(status_code=301, headers={"Location": to})
        form = wanted_form(request.headers.get("accept"))
        if form is None:
            kinds = ", ".join(Form)
            raise HTTPException(406, f"pages are served as {kinds}", {"Vary": "Accept"})
        try:
            with self._asked() as generation:
                page = self._views.page(view, name, form, generation)
        except WhichwheelError as error:
            raise self._failure(error) from None
        if page is None:
            raise HTTPException(404, f"no source has the project `{name}`")
        kind = f"{form}; charset=utf-8" if form is Form.HTML else str(form)
        response = from_memory(request, page.body, page.etag, kind, fresh_for=self._fresh_for)
        response.headers["Vary"] = "Accept"
        return response

    def file(self, request: Request) -> Response:
        """Answer with a file, with a part of it, with its metadata, or where it is."""
        view = self._view(request)
        path = request.path_params["path"]
        wants_metadata = path.endswith(METADATA_SUFFIX)
        address = FileAddress.parse(path.removesuffix(METADATA_SUFFIX))
        if address is None:
            raise HTTPException(404, "there is no such file")
        try:
            with ExitStack() as held:
                generation = held.enter_context(self._asked())
                found = self._views.find(view, address, generation.sources)
                if found is None or (wants_metadata and found.offer.wheel is None):
                    raise HTTPException(404, f"there is no file `{address.filename}` any more")
                if wants_metadata:
                    body = self._views.metadata(found, generation.sources) or b""
                    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
                    return from_memory(request, body, etag, fresh_for=self._fresh_for)
                return self._content(request, found, generation, held)
        except WhichwheelError as error:
            raise self._failure(error) from None

    @contextmanager
    def _asked(self) -> Iterator[Generation]:
        """Lend sources for a request; those that failed are lent to nobody else."""
        with self._sources.lend() as generation:
            try:
                yield generation
            except HttpStatusError as error:
                if error.status not in {*_ABSENT, _UNSATISFIABLE}:
                    self._sources.renew(generation)
                raise
            except SourceError:
                self._sources.renew(generation)
                raise

    def _content(
        self, request: Request, found: Found, generation: Generation, held: ExitStack
    ) -> Response:
        file, sources = found.offer.file, generation.sources
        self._served(found.offer, sources)
        if found.metadata is not None:
            made = self._views.made.make(file, found.offer.filename, found.metadata, sources.fetch)
            return from_disk(request, made.path)
        if not found.is_remote or self._copy_files:
            return from_disk(request, self._views.fetched(file, sources))
        public = sources.public_address(file)
        if public is not None and public.isascii():
            return sent_elsewhere(public)
        return passed_through(request, file, sources, held.pop_all())

    def _view(self, request: Request) -> View:
        name = request.path_params.get("view", "")
        view = self._views.view(name)
        if view is None:
            known = ", ".join(f"`for/{each}/simple/`" for each in self._views.names if each)
            there = f"; there is {known}" if known else ""
            raise HTTPException(404, f"there is no such index{there}")
        return view

    def _failure(self, error: WhichwheelError) -> HTTPException:
        """Return what a client is told of a failure: the sentence, and whose fault it is."""
        self._warn(error.message)
        if isinstance(error, HttpStatusError) and error.status in {*_ABSENT, _UNSATISFIABLE}:
            status = 404 if error.status in _ABSENT else _UNSATISFIABLE
            return HTTPException(status, error.message)
        if isinstance(error, SourceTimeout):
            return HTTPException(504, error.message)
        is_upstream = isinstance(error, SourceError) and error.where.startswith(_SCHEMES)
        if is_upstream or isinstance(error, UnusableMetadata):
            return HTTPException(502, error.message)
        # What is wrong on this machine is for those who have it to know.
        return HTTPException(502, "the file cannot be had; the log of the proxy says why")

    async def unexpected(self, _request: Request, error: Exception) -> Response:
        """Answer where we are at fault."""
        self._warn(f"internal error: {type(error).__name__}")
        return _text(500, "internal error of the proxy")


async def _with_slash(_request: Request) -> Response:
    return Response(status_code=301, headers={"Location": "simple/"})


def _normalized(text: str) -> NormalizedName:
    try:
        name = canonicalize_name(text, validate=True)
    except InvalidName:
        name = None
    if name is None or len(text) > _LONGEST_NAME:
        raise HTTPException(404, "that is no project's name")
    return name


async def _in_words(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError(error)
    # What the router finds out itself has the bare phrase of the status.
    sentence = _ROUTING.get(error.detail, error.detail)
    return _text(error.status_code, sentence, error.headers)


def _text(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{sentence}\n", status, dict(headers or {}))

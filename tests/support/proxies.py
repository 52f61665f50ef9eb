"""A running proxy, and a client that asks it byte by byte."""

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from support.targets import written_target
from whichwheel.choose.choosing import Preferences
from whichwheel.serve.proxy.application import make_application
from whichwheel.serve.proxy.server import serving
from whichwheel.serve.proxy.views import View
from whichwheel.sources.collection import SourceCollection, open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.target.target import Target

__all__ = ["JSON", "Answer", "Proxy", "ask", "proxying", "taster", "view_of"]

JSON = "application/vnd.pypi.simple.v1+json"
PREFERENCES = Preferences()


def taster(*tastes: str) -> Target:
    """A machine that likes these tastes, best first."""
    return written_target({"taste": {"kind": tastes}})


def view_of(
    *tastes: str, name: str = "", preferences: Preferences = PREFERENCES, is_strict: bool = False
) -> View:
    """What such a machine sees."""
    return View(name, taster(*tastes), preferences, is_strict=is_strict)


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    url: str,
    *,
    method: str = "GET",
    accept: str | None = None,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask once, following nothing.

    :raises http.client.IncompleteRead: if the body breaks off
    """
    split = urlsplit(url)
    sent = dict(headers or {})
    if accept is not None:
        sent["Accept"] = accept
    if token is not None:
        sent["Authorization"] = "Basic " + b64encode(f"anybody:{token}".encode()).decode()
    connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=20)
    try:
        target = split.path + (f"?{split.query}" if split.query else "")
        connection.request(method, target, headers=sent)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


@dataclass
class Proxy:
    """A running proxy.

    :param url: without a closing slash
    :param told: what it told of failures
    """

    url: str
    told: list[str] = field(default_factory=list)

    def page(self, name: str, *, accept: str = JSON, view: str = "") -> Answer:
        """Ask for a project's page."""
        where = f"{self.url}/for/{view}" if view else self.url
        return ask(f"{where}/simple/{name}/", accept=accept)

    def files(self, name: str, *, view: str = "") -> dict[str, dict[str, object]]:
        """What a project's page lists, by name, with absolute URLs."""
        where = f"{self.url}/for/{view}" if view else self.url
        answer = self.page(name, view=view)
        assert answer.status == 200, answer.text
        listed = json.loads(answer.body)["files"]
        base = f"{where}/simple/{name}/"
        return {each["filename"]: {**each, "url": urljoin(base, each["url"])} for each in listed}


@contextmanager
def proxying(  # noqa: PLR0913 -- what differs from test to test
    cache: Path,
    *,
    views: Sequence[View] = (),
    index_urls: Sequence[str] = (),
    find_links: Sequence[Path] = (),
    token: str | None = None,
    local_only: bool = False,
    copy_files: bool = False,
    fresh_for: int = 0,
    timeout: float = 10.0,
    retries: int = 0,
) -> Iterator[Proxy]:
    """Run a proxy over some sources until the block ends."""
    settings = IndexSettings(
        index_urls=tuple(index_urls),
        find_links=tuple(map(str, find_links)),
        timeout=timeout,
        retries=retries,
    )
    told: list[str] = []
    open_now: list[SourceCollection] = []

    @contextmanager
    def opened() -> Iterator[SourceCollection]:
        with open_sources(settings, cache_directory=cache) as sources:
            open_now.append(sources)
            yield sources
        open_now.remove(sources)

    application = make_application(
        views or [view_of("sweet", "salty")],
        open_sources=opened,
        token=token,
        cache_directory=cache,
        local_only=local_only,
        copy_files=copy_files,
        fresh_for=fresh_for,
        warn=told.append,
    )
    with serving(application) as url:
        yield Proxy(url, told)
    assert not open_now, "somebody was lent sources and did not give them back"

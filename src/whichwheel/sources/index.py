"""A simple index, on a server or on disk (PEP 503, PEP 691)."""

import re

from packaging.utils import NormalizedName

from whichwheel.sources.addresses import file_path
from whichwheel.sources.errors import HttpStatusError, SourceError
from whichwheel.sources.folders import index_folder_links
from whichwheel.sources.listing import list_project
from whichwheel.sources.network.http import HttpClient
from whichwheel.sources.network.http_cache import CachedResponse
from whichwheel.sources.network.unreachable import web_page
from whichwheel.sources.outline import Outlines
from whichwheel.sources.release import Project
from whichwheel.sources.simple_html import MAXIMUM_PAGE, parse_html
from whichwheel.sources.simple_json import parse_json
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["ABSENT", "ACCEPT", "IndexSource", "page_text"]

#: JSON first (PEP 691, Version + Format Selection).
ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html; q=0.2, text/html; q=0.1"
)
#: What a server answers that does not have a file.
ABSENT = frozenset({404, 410})
_FILES = (".whl", ".tar.gz", ".zip", ".egg", ".json")
#: What no index page needs.
_FOR_PEOPLE = lazy_pattern(rb"<(?:form|script|input|meta[^>]{0,80}refresh)\b", re.IGNORECASE)
_CHARSET = lazy_pattern(r"charset=[\"']?([\w.-]+)", re.IGNORECASE)


def page_text(response: CachedResponse) -> str:
    """Return the text of an HTML page in the encoding that the server names."""
    found = _CHARSET.search(response.content_type)
    try:
        return response.body.decode(found[1] if found is not None else "utf-8", "replace")
    except (LookupError, UnicodeError):
        return response.body.decode("utf-8", "replace")


class IndexSource:
    """One index.

    :param url: without credentials; also its name for people
    :param outlines: of its pages
    """

    def __init__(self, url: str, client: HttpClient, outlines: Outlines) -> None:
        self.name = url
        self._url = url.rstrip("/") + "/"
        self._client = client
        self._outlines = outlines

    def will_ask(self, name: NormalizedName) -> bool:
        """Whether a server has to be asked for a project."""
        if file_path(self._url) is not None:
            return False
        return self._client.needs_server(f"{self._url}{name}/", accept=ACCEPT)

    def project(self, name: NormalizedName) -> Project | None:
        """Return a project, None if the index does not have it.

        :raises SourceError: if the index cannot be read: another one must not step in, since
            then whoever can stop this one decides where packages come from
        """
        if file_path(self._url) is not None:
            links = index_folder_links(self._url, name)
            return None if links is None else list_project(name, self.name, links)
        url = f"{self._url}{name}/"
        try:
            response = self._client.get(url, accept=ACCEPT, maximum=MAXIMUM_PAGE)
        except HttpStatusError as error:
            if error.status in ABSENT:
                return None
            raise
        try:
            found = self._list(name, response, url)
            if found is None:
                _check_page(response, url)
        except SourceError:
            # What is no use today must not be found in the cache tomorrow.
            self._client.forget(url, accept=ACCEPT)
            raise
        return found

    def _list(self, name: NormalizedName, response: CachedResponse, url: str) -> Project | None:
        content_type = response.content_type.partition(";")[0].strip().lower()
        if content_type.endswith("json"):
            return list_project(name, self.name, parse_json(response.body, response.url, url))
        if content_type and not content_type.endswith("html"):
            raise SourceError(
                f"`{url}` is no index page but `{content_type}`",
                where=url,
                hint="check that the index URL ends where the project names begin, as `/simple/`",
            )
        grouped = self._outlines.group(response, page_text(response), name, self.name)
        return grouped.project(name, self.name)


def _check_page(response: CachedResponse, url: str) -> None:
    """Tell a page that lists nothing from one that somebody else sent in its place.

    :raises SourceError: if it is a page for people, as that of a log-in
    """
    if "json" in response.content_type or _FOR_PEOPLE.search(response.body) is None:
        return
    listed = parse_html(page_text(response), response.url)
    if not any(link.filename.endswith(_FILES) for link in listed):
        raise web_page(url, "an index page", response.body)

"""Where on a long page the files of each version are, kept so that nobody reads it all again.

A page of thousands of files is asked for again and again, each time for the sake of one version.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from whichwheel.sources.listing import Grouped, Link, Section, links_of
from whichwheel.sources.network.http_cache import CachedResponse, HttpCache
from whichwheel.sources.release import SourceWarning
from whichwheel.sources.simple_html import parse_html

__all__ = ["Outlines"]

#: Pages of fewer bytes are read in less time than an outline.
_LEAST = 64 * 1024
#: To be raised when pages are read otherwise than before.
_FORMAT = 1
_FOR_GOOD = 1e11  # seconds since the epoch, long after anybody's


class Outlines:
    """Outlines of HTML pages, kept by what the pages are."""

    def __init__(self, cache: HttpCache) -> None:
        self._cache = cache

    def group(self, page: CachedResponse, text: str, name: NormalizedName, source: str) -> Grouped:
        """Return the files of a project on a page by version.

        :param text: of the page
        :param source: its name, for people
        """
        if len(page.body) < _LEAST:
            return Grouped.of(name, source, parse_html(text, page.url))
        key = f"outline {_FORMAT} {page.digest} {page.content_type} {name} {source}"
        kept = self._cache.get(page.url, key)
        found = None if kept is None else _read(kept.body, partial(_again, text, page.url, name))
        if found is None:
            found = Grouped.of(name, source, parse_html(text, page.url))
            outline = _write(found)
            if outline is not None:
                response = CachedResponse(page.url, "", outline, expires=_FOR_GOOD)
                self._cache.put(page.url, key, response)
        return found


def _again(
    text: str, url: str, name: NormalizedName, version: Version, spans: Sequence[int]
) -> list[Link]:
    """Read the links of one version again, from the parts of the page where they are."""
    links: list[Link] = []
    for start, end in zip(spans[::2], spans[1::2], strict=True):
        links += links_of(name, version, parse_html(text, url, start, end))
    return links


def _write(grouped: Grouped) -> bytes | None:
    """Return the outline of a page, None if its parts cannot be read by themselves."""
    versions = []
    for version, section in grouped.by_version.items():
        spans: list[int] = []
        for link in section.links():
            if link.span is None:
                return None
            spans += link.span
        versions.append([str(version), section.is_current, spans])
    warnings = [[warning.kind, warning.message] for warning in grouped.warnings]
    return json.dumps([versions, warnings], separators=(",", ":")).encode()


def _read(data: bytes, again: Callable[[Version, Sequence[int]], list[Link]]) -> Grouped | None:
    """Read an outline, None if it is not what :func:`_write` writes."""
    try:
        versions, warnings = json.loads(data)
        by_version: Mapping[Version, Section] = {
            (version := Version(text)): Section(partial(again, version, spans), current is True)
            for text, current, spans in versions
        }
        told = tuple(SourceWarning(kind, message) for kind, message in warnings)
    except (ValueError, TypeError, InvalidVersion):
        return None
    return Grouped(by_version, told)

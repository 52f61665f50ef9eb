"""Simple index pages in HTML (PEP 503, 592, 629, 658, 714), and find-links pages.

Only the anchors are looked at, and of each only its ``href`` until its version is asked for:
pages are megabytes long, and one version of them is wanted.
"""

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from urllib.parse import unquote

from whichwheel.sources.addresses import resolve_link
from whichwheel.sources.errors import SourceError
from whichwheel.sources.hashes import parse_fragment
from whichwheel.sources.listing import Link, is_plain_name
from whichwheel.sources.release import File
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["MAXIMUM_PAGE", "parse_html"]

#: Largest page that is read, in bytes.
MAXIMUM_PAGE = 128 * 1024 * 1024

# Comments, scripts and styles are swallowed, so that no anchor inside one counts. What is
# begun and not ended is swallowed too, so that no page takes more than one pass.
_TAG = lazy_pattern(
    r"""<!--.*?(?:-->|\Z)
      | <(?:script|style)\b.*?(?:</(?:script|style)|\Z)
      | <(?P<name>a|base)\s (?P<attributes> (?: [^<>"']++ | "[^"]*+" | '[^']*+' )*+ )
        (?P<end> > | (?=<) | ["'] | \Z )""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = lazy_pattern(
    r"""([^\s"'>/=]+) \s* (?: = \s* (?: "([^"]*)" | '([^']*)' | ([^\s"'>]+) ) )?""", re.VERBOSE
)
_HREF = lazy_pattern(
    r"""(?:^|\s) href \s* = \s* (?: "([^"]*)" | '([^']*)' | ([^\s"'>]+) )""",
    re.VERBOSE | re.IGNORECASE,
)


def parse_html(text: str, url: str, start: int = 0, end: int | None = None) -> Iterator[Link]:
    """Yield the files that a page links to.

    :param text: the page
    :param url: its address after redirects, for relative links
    :param start: where to begin, in characters
    :param end: where to end; None for the end of the page
    """
    base = url
    for tag in _TAG.finditer(text, start, len(text) if end is None else end):
        attributes = tag["attributes"]
        if tag["end"] != ">":
            continue
        found = _HREF.search(attributes)
        if found is None:
            continue
        href = found[1] or found[2] or found[3] or ""
        if "&" in href:
            href = _unescape(href)
        name = tag["name"].lower()
        if name == "base":
            base = _base(url, href)
        elif name == "a":
            filename = href.partition("#")[0].partition("?")[0].rpartition("/")[2]
            if "%" in filename:
                filename = unquote(filename)
            if is_plain_name(filename):
                is_current = "yanked" not in attributes.lower()
                span = tag.span() if base == url else None
                read = partial(_read, filename, href, attributes, base)
                yield Link(filename, read, is_current, span)


# Many files share what they say.
@lru_cache(maxsize=1024)
def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    from html import unescape  # noqa: PLC0415 -- it loads a table of two thousand names

    return unescape(text)


def _base(url: str, href: str) -> str:
    try:
        return resolve_link(url, href)[0]
    except SourceError:
        return url


def _read(filename: str, href: str, attributes: str, base: str) -> File:
    values = {
        name.lower(): double or single or bare
        for name, double, single, bare in _ATTRIBUTE.findall(attributes)
    }
    url, fragment = resolve_link(base, href)
    requires_python, yanked = values.get("data-requires-python"), values.get("data-yanked")
    metadata = values.get("data-core-metadata", values.get("data-dist-info-metadata"))
    return File(
        filename,
        url,
        hashes=parse_fragment(fragment),
        requires_python=_unescape(requires_python) if requires_python else None,
        yanked=None if yanked is None else _unescape(yanked),
        metadata_hashes=None if metadata in {None, "false"} else parse_fragment(metadata or ""),
    )

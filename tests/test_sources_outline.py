from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from whichwheel.sources.listing import Grouped, list_project
from whichwheel.sources.network.http_cache import CachedResponse, HttpCache
from whichwheel.sources.outline import Outlines
from whichwheel.sources.release import Project
from whichwheel.sources.simple_html import parse_html

URL = "https://index.example/simple/foo/"
FOO = canonicalize_name("foo")
LONG = f"<!-- {'x' * 70_000} -->"

#: Pages with something that is easily read otherwise in parts than as a whole.
PAGES = {
    "in order": "".join(
        f'<a href="foo-{version}-py3-none-any.whl#sha256={version[0] * 64}">x</a><br>\n'
        for version in ("1.0", "1.1", "2.0rc1", "2.0")
    ),
    "versions mixed": '<a href="foo-1.0.tar.gz">x</a><a href="foo-2.0.tar.gz">x</a>'
    '<a href="foo-1.0.0-py3-none-any.whl">x</a>',
    "other files between": '<a href="foo-1.0.tar.gz">x</a><a href="bar-1.0.tar.gz">x</a>'
    '<a href="foo-x-py3-none-any.whl">x</a><a href="foo-1.0-py3-none-any.whl">x</a>'
    '<a href="foo-1.0-variants.json">x</a>',
    "yanked": '<a href="foo-1.0-py3-none-any.whl" DATA-YANKED="why">x</a>'
    '<a href="foo-2.0-py3-none-any.whl">x</a>',
    "commented out": '<a href="foo-1.0.tar.gz">x</a><!-- <a href="foo-1.1.tar.gz">x</a> -->'
    '<script><a href="foo-1.2.tar.gz"></script><a href="foo-1.0-py3-none-any.whl">x</a>',
    "escaped": "<a href='../../f/foo-1.0%2Bcpu-py3-none-any.whl#sha256=aa'"
    ' data-requires-python="&gt;=3.9">é</a>',
    "twice": '<a href="a/foo-1.0.tar.gz#sha256=aa">x</a><a href="b/foo-1.0.tar.gz#sha256=bb">x</a>',
    "another base": '<base href="https://files.example/"><a href="foo-1.0.tar.gz">x</a>',
    "nothing": "<p>none</p>",
}


def _all(project: Project | None) -> object:
    if project is None:
        return None
    yanked = [project.releases.is_yanked(each) for each in project.releases]  # type: ignore[attr-defined]
    return project.warnings, yanked, dict(project.releases)


def _grouped(cache: HttpCache, page: str) -> Grouped:
    response = CachedResponse(URL, "text/html", page.encode())
    return Outlines(cache).group(response, page, FOO, "the index")


@pytest.mark.parametrize("page", [PAGES[name] for name in PAGES], ids=list(PAGES))
@pytest.mark.parametrize("length", ["short", "long"])
def test_an_outlined_page_is_read_as_the_whole_page(tmp_path: Path, page: str, length: str) -> None:
    if length == "long":
        page = LONG + page
    expected = _all(list_project(FOO, "the index", parse_html(page, URL)))
    cache = HttpCache(tmp_path)
    for _ in range(2):
        assert _all(_grouped(cache, page).project(FOO, "the index")) == expected
    kept = any(path.is_file() for path in tmp_path.rglob("*"))
    assert kept == (length == "long" and "<base" not in page)


def test_an_outline_is_that_of_one_page_alone(tmp_path: Path) -> None:
    cache = HttpCache(tmp_path)
    before = LONG + PAGES["in order"]
    _grouped(cache, before)
    after = before.replace("1.0", "7.5")
    expected = _all(list_project(FOO, "the index", parse_html(after, URL)))
    assert _all(_grouped(cache, after).project(FOO, "the index")) == expected


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data.replace(b"1.1", b"1.2"),
        lambda data: data.partition(b"\n")[0] + b"\n{}",
        lambda _: b"",
    ],
)
def test_a_damaged_outline_is_made_anew(tmp_path: Path, damage: "type[bytes]") -> None:
    cache = HttpCache(tmp_path)
    page = LONG + PAGES["in order"]
    expected = _all(_grouped(cache, page).project(FOO, "the index"))
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert _all(_grouped(cache, page).project(FOO, "the index")) == expected
    assert path.read_bytes() == whole

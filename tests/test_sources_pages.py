import json
from collections.abc import Iterable

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from whichwheel.sources.errors import SourceError
from whichwheel.sources.listing import Link, list_project
from whichwheel.sources.release import File, Project
from whichwheel.sources.simple_html import parse_html
from whichwheel.sources.simple_json import parse_json

URL = "https://index.example/simple/foo/"


def project(links: Iterable[Link]) -> Project:
    found = list_project(canonicalize_name("foo"), "the index", links)
    assert found is not None
    return found


def files(html: str) -> list[File]:
    return [link.read() for link in parse_html(html, URL)]


def test_html_and_json_say_the_same() -> None:
    html = """
    <!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body>
    <a href="../../f/foo-1.0-py3-none-any.whl#sha256=AB12"
       data-requires-python="&gt;=3.8,&lt;4" data-yanked="broken &amp; bad"
       data-core-metadata="sha256=CD34">foo-1.0-py3-none-any.whl</a><br>
    <a href="https://files.example/foo-1.0-py3-none-any-cu12.whl">x</a>
    </body></html>"""
    document = {
        "meta": {"api-version": "1.0"},
        "name": "foo",
        "files": [
            {
                "filename": "foo-1.0-py3-none-any.whl",
                "url": "../../f/foo-1.0-py3-none-any.whl",
                "hashes": {"sha256": "AB12"},
                "requires-python": ">=3.8,<4",
                "yanked": "broken & bad",
                "core-metadata": {"sha256": "CD34"},
            },
            {
                "filename": "foo-1.0-py3-none-any-cu12.whl",
                "url": "https://files.example/foo-1.0-py3-none-any-cu12.whl",
                "hashes": {},
            },
        ],
    }
    from_json = [link.read() for link in parse_json(json.dumps(document).encode(), URL, URL)]
    assert files(html) == from_json
    assert from_json[0] == File(
        "foo-1.0-py3-none-any.whl",
        "https://index.example/f/foo-1.0-py3-none-any.whl",
        {"sha256": "ab12"},
        ">=3.8,<4",
        "broken & bad",
        {"sha256": "cd34"},
    )


@pytest.mark.parametrize(
    "html",
    [
        '<!-- <a href="foo-1.0-py3-none-any.whl">x</a> -->',
        "<script>var a = '<a href=\"foo-1.0-py3-none-any.whl\">';</script>",
        '<a name="foo-1.0-py3-none-any.whl">x</a>',
        '<a data-href="foo-1.0-py3-none-any.whl">x</a>',
        '<abbr href="foo-1.0-py3-none-any.whl">x</abbr>',
        '<a href="foo-1.0-py3-none-any.whl"',
        '<a href="x/">folder</a><a href="">empty</a><a href="#top">top</a>',
    ],
)
def test_what_is_no_link_to_a_file_is_passed_over(html: str) -> None:
    assert files(html) == []


@pytest.mark.parametrize(
    ("anchor", "name"),
    [
        ("<A HREF='foo-1.0-py3-none-any.whl'>x</A>", "foo-1.0-py3-none-any.whl"),
        ('<a class="x>y"\n href = foo-1.0-py3-none-any.whl >x</a>', "foo-1.0-py3-none-any.whl"),
        ('<a href="foo-1.0%2Bcu12-py3-none-any.whl">x</a>', "foo-1.0+cu12-py3-none-any.whl"),
        ('<a href="f.php/foo-1.0.zip?a=1&amp;b=2#x">x</a>', "foo-1.0.zip"),
    ],
)
def test_unusual_anchors_are_read(anchor: str, name: str) -> None:
    assert [file.filename for file in files(anchor)] == [name]


def test_a_base_element_moves_relative_links() -> None:
    found = files('<base href="https://cdn.example/files/"><a href="foo-1.0.zip">x</a>')
    assert found[0].url == "https://cdn.example/files/foo-1.0.zip"


@pytest.mark.parametrize(
    "name",
    [
        "%2e%2e%2fevil-1.0-py3-none-any.whl",
        "a%5Cb-1.0.zip",
        "c%3Afoo-1.0.zip",
        "foo-1.0-py3-none-any.x%00.whl",
        "foo-1.0-py3-none-any.%1b[31mx.whl",
        "foo-1.0-py3-none-any.%E2%80%AEx.whl",
    ],
)
def test_a_name_that_is_unsafe_as_a_file_or_on_a_terminal_is_passed_over(name: str) -> None:
    assert files(f'<a href="{name}">x</a>') == []


@pytest.mark.parametrize(
    ("prefix", "why"),
    [
        ("http://[/", "is no URL"),
        ("file:///etc/", "a link to `file:` is not followed"),
        ("file://host.example/share/", "a link to `file:` is not followed"),
        ("ftp://index.example/", "a link to `ftp:` is not followed"),
    ],
)
@pytest.mark.parametrize("base", ["", '<base href="file:///">', '<base href="http://[">'])
def test_a_file_whose_address_is_not_to_be_opened_is_left_out(
    prefix: str, why: str, base: str
) -> None:
    page = f"""{base}<a href="{prefix}foo-1.0-py3-none-any.whl">x</a>
    <a href="foo-1.0-py3-none-win32.whl">y</a>"""
    release = project(parse_html(page, URL)).releases[Version("1.0")]
    assert [wheel.file.url for wheel in release.wheels] == [URL + "foo-1.0-py3-none-win32.whl"]
    assert [warning.kind for warning in release.warnings] == ["address-invalid"]
    assert why in release.warnings[0].message


def test_a_page_on_disk_may_link_to_files_on_disk() -> None:
    links = parse_html('<a href="sub/foo-1.0.zip">x</a>', "file:///pages/index.html")
    assert [link.read().url for link in links] == ["file:///pages/sub/foo-1.0.zip"]


def test_credentials_in_a_link_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hush")
    link = "https://${SECRET}:word@files.example/foo-1.0.zip"
    document = {
        "meta": {"api-version": "1.0"},
        "files": [{"filename": "foo-1.0.zip", "url": link}],
    }
    from_json = [found.read() for found in parse_json(json.dumps(document).encode(), URL, URL)]
    assert from_json == files(f'<a href="{link}">x</a>')
    assert from_json[0].url == "https://files.example/foo-1.0.zip"


@pytest.mark.parametrize(
    "page",
    [
        "<a " * 300_000,
        '<a "' * 300_000,
        "<script " * 100_000,
        "<!--" * 200_000,
        "<a href=" * 100_000,
        '<a x="' + "'" * 500_000,
    ],
)
def test_a_page_made_to_be_slow_takes_one_pass(page: str) -> None:
    assert files(page) == []


def test_releases_are_grouped_newest_first_and_made_when_asked_for() -> None:
    made: list[str] = []

    def link(filename: str) -> Link:
        def read() -> File:
            made.append(filename)
            return File(filename, URL + filename)

        return Link(filename, read)

    names = [
        "foo-1.9-py3-none-any.whl",
        "Foo-1.10-py3-none-any.whl",
        "foo-1.10.tar.gz",
        "foo-1.10-variants.json",
        "bar-1.0-py3-none-any.whl",
        "foo-notaversion.tar.gz",
    ]
    found = project(link(name) for name in names)
    assert list(found.releases) == [Version("1.10"), Version("1.9")]
    assert made == []
    release = found.releases[Version("1.10")]
    assert [wheel.file.filename for wheel in release.wheels] == ["Foo-1.10-py3-none-any.whl"]
    assert [file.filename for file in release.sdists] == ["foo-1.10.tar.gz"]
    assert release.variants_json is not None
    assert made == ["Foo-1.10-py3-none-any.whl", "foo-1.10.tar.gz", "foo-1.10-variants.json"]
    assert found.releases[Version("1.10")] is release


def test_files_that_cannot_be_used_are_left_out_with_a_reason() -> None:
    html = """
    <a href="foo-what!-py3-none-any.whl">x</a>
    <a href="foo-1.0-py3-none-any-BAD.whl">x</a>
    <a href="foo-1.0-py3-none-any-...whl">x</a>
    <a href="foo-1.0-py3-none-any.whl#sha256=aa">x</a>
    <a href="other/foo-1.0-py3-none-any.whl#sha256=bb">x</a>
    <a href="foo-1.0-variants.json#sha256=aa">x</a>
    <a href="foo-1.0-variants.json#sha256=bb">x</a>"""
    found = project(parse_html(html, URL))
    assert [warning.kind for warning in found.warnings] == ["file-name-invalid"]
    release = found.releases[Version("1.0")]
    assert [wheel.file.hashes for wheel in release.wheels] == [{"sha256": "aa"}]
    assert [warning.kind for warning in release.warnings] == [
        "file-name-invalid",
        "file-name-invalid",
        "file-name-twice",
        "file-name-twice",
    ]
    assert release.variants_json is not None
    assert release.variants_json.hashes == {"sha256": "aa"}


@pytest.mark.parametrize(
    "data", [b"[]", b"{", b"\xff", b'{"meta": {"api-version": "2.0"}, "files": []}', b"[" * 100_000]
)
def test_a_json_page_that_is_none_is_an_error(data: bytes) -> None:
    with pytest.raises(SourceError, match="index page"):
        list(parse_json(data, URL, URL))


def test_malformed_json_entries_are_left_out() -> None:
    document = {
        "meta": {"api-version": "1.4"},
        "files": [
            3,
            {},
            {"filename": 1, "url": "x"},
            {"filename": "../x-1.zip", "url": "x"},
            {"filename": "foo-1.0.zip", "url": "foo-1.0.zip", "yanked": True, "size": 7},
        ],
    }
    found = [link.read() for link in parse_json(json.dumps(document).encode(), URL, URL)]
    assert [(file.filename, file.yanked, file.size) for file in found] == [("foo-1.0.zip", "", 7)]


def test_the_shape_of_a_published_page() -> None:
    html = """<ul><li>
      <a href="foo-2.9.0-variants.json#sha256=54f0"
         integrity="sha256-54f0">foo-2.9.0-variants.json</a>
      <a href="https://files.example/whl/foo-2.9.0-cp314-cp314t-win_amd64-cuda13.0.whl">w</a>
      <a href="https://files.example/whl/foo-2.9.0-cp314-cp314t-win_amd64-null.whl">w</a>
    </li></ul>"""
    release = project(parse_html(html, URL)).releases[Version("2.9.0")]
    assert release.variants_json == File(
        "foo-2.9.0-variants.json", URL + "foo-2.9.0-variants.json", {"sha256": "54f0"}
    )
    assert [wheel.name.label for wheel in release.wheels] == ["cuda13.0", "null"]

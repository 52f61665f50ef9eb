"""The proxy as its clients meet it: pages, files, and all that goes wrong on the way."""

import hashlib
import http.client
import io
import json
import os
import socket
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.proxies import JSON, Proxy, ask, proxying, taster, view_of
from support.server import Behaviour, Server, serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import PROVIDERS
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.publish.index import write_index
from whichwheel.resolve.resolution import Pin
from whichwheel.serve.proxy.views import View
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import IndexSettings

TASTES = ("sweet", "salty", "sour")
SALTED = "dep; variant_label == 'salty'"


def build_soup(folder: Path, *, version: str = "1.0", requires: tuple[str, ...] = ()) -> None:
    for taste in TASTES:
        build_wheel(
            folder,
            WheelSpec(
                "soup",
                version,
                label=taste,
                properties={"taste": {"kind": [taste]}},
                namespaces=["taste"],
                providers=PROVIDERS,
                requires=requires,
            ),
        )
    build_wheel(folder, WheelSpec("soup", version))


def build_index(folder: Path) -> None:
    """A release in variants, another with variant markers, and plain ones."""
    build_soup(folder)
    build_soup(folder, version="2.0", requires=(SALTED,))
    build_wheel(folder, WheelSpec("plain", requires_python=">=3.8"))
    build_wheel(folder, WheelSpec("dep"))
    write_index(folder)


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Server]:
    """An index that a test may make misbehave."""
    build_index(tmp_path / "upstream")
    with serve(tmp_path / "upstream") as server:
        yield server


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Such an index that always behaves."""
    folder = tmp_path_factory.mktemp("sound")
    build_index(folder)
    with serve(folder) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(sound: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy over it."""
    with proxying(
        tmp_path_factory.mktemp("cache"),
        views=[view_of("salty", "sweet"), view_of("sweet", name="kitchen")],
        index_urls=[sound.url],
    ) as running:
        yield running


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_each_view_sees_its_build_under_a_name_that_no_other_file_has(
    proxy: Proxy, sound: Server
) -> None:
    salty = proxy.files("soup")
    sweet = proxy.files("soup", view="kitchen")
    name = "soup-1.0-1_salty-py3-none-any.whl"
    assert list(salty) == [name, "soup-2.0-1_salty-py3-none-any.whl"]
    assert list(sweet) == [text.replace("salty", "sweet") for text in salty]
    original = sound.folder / "soup-1.0-py3-none-any-salty.whl"
    assert salty[name]["hashes"] == {"sha256": digest(original.read_bytes())}
    assert salty[name]["size"] == original.stat().st_size
    answer = ask(str(salty[name]["url"]))
    assert answer.status == 302
    assert answer.headers["location"] == f"{sound.url}{original.name}"


def test_a_project_without_variants_is_shown_as_it_is(proxy: Proxy, sound: Server) -> None:
    listed = proxy.files("plain")["plain-1.0-py3-none-any.whl"]
    assert listed["url"] == f"{sound.url}plain-1.0-py3-none-any.whl"
    assert listed["requires-python"] == ">=3.8"
    metadata = sound.folder / "plain-1.0-py3-none-any.whl.metadata"
    assert listed["core-metadata"] == {"sha256": digest(metadata.read_bytes())}


def test_variant_markers_are_answered_in_the_metadata_and_in_the_wheel(proxy: Proxy) -> None:
    name = "soup-2.0-1_salty-py3-none-any.whl"
    listed = proxy.files("soup")[name]
    metadata = ask(f"{listed['url']}.metadata")
    assert listed["core-metadata"] == {"sha256": digest(metadata.body)}
    assert b"Requires-Dist: dep\n" in metadata.body
    wheel = ask(str(listed["url"]))
    assert wheel.status == 200
    with zipfile.ZipFile(io.BytesIO(wheel.body)) as archive:
        assert archive.read("soup-2.0.dist-info/METADATA") == metadata.body
    other = proxy.files("soup", view="kitchen")["soup-2.0-1_sweet-py3-none-any.whl"]
    assert b"Requires-Dist" not in ask(f"{other['url']}.metadata").body


def test_a_made_wheel_has_its_own_hash_once_it_is_made(sound: Server, tmp_path: Path) -> None:
    name = "soup-2.0-1_salty-py3-none-any.whl"
    views = [view_of("salty", "sweet")]
    with proxying(tmp_path / "cache", views=views, index_urls=[sound.url]) as first:
        listed = first.files("soup")[name]
        # Version 1.1 has the size of every file (PEP 700).
        assert json.loads(first.page("soup").body)["meta"] == {"api-version": "1.0"}
        assert json.loads(first.page("plain").body)["meta"] == {"api-version": "1.1"}
        assert listed["hashes"] == {}
        wheel = ask(str(listed["url"])).body
    with proxying(tmp_path / "cache", views=views, index_urls=[sound.url]) as restarted:
        now = restarted.files("soup")[name]
        assert now["hashes"] == {"sha256": digest(wheel)}
        assert now["size"] == len(wheel)
        # The address that a lock file holds is the same after a restart.
        assert urlsplit(str(now["url"])).path == urlsplit(str(listed["url"])).path
        assert ask(str(now["url"])).body == wheel
    with proxying(tmp_path / "elsewhere", views=views, index_urls=[sound.url]) as fresh:
        path = urlsplit(str(listed["url"])).path
        assert ask(fresh.url + path).body == wheel


def test_who_for_locks_is_told_them_or_reads_the_file(tmp_path: Path) -> None:
    for version in ("1.0", "2.0"):
        build_soup(tmp_path / "upstream", version=version, requires=(SALTED,))
    build_wheel(tmp_path / "upstream", WheelSpec("dep"))
    write_index(tmp_path / "upstream")
    view = View("", taster("salty"), Preferences(), for_locks=True)
    older, newer = (f"soup-{version}-1_salty-py3-none-any.whl" for version in ("1.0", "2.0"))
    with (
        serve(tmp_path / "upstream") as server,
        proxying(tmp_path / "cache", views=[view], index_urls=[server.url]) as proxy,
    ):
        listed = proxy.files("soup")
        content = ask(str(listed[newer]["url"])).body
        assert listed[newer]["hashes"] == {"sha256": digest(content)}
        assert listed[newer]["core-metadata"]
        # `pip lock` gives up where it gets the metadata apart from a file without hash.
        assert "core-metadata" not in listed[older]
        ask(str(listed[older]["url"]))
    with (
        serve(tmp_path / "upstream") as server,
        proxying(tmp_path / "cache", views=[view], index_urls=[server.url]) as restarted,
    ):
        assert {"hashes", "core-metadata", "size"} < set(restarted.files("soup")[newer])


def test_the_html_page_says_the_same(proxy: Proxy) -> None:
    page = proxy.page("soup", accept="text/html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "soup-1.0-1_salty-py3-none-any.whl</a>" in page.text
    assert "#sha256=" in page.text
    assert 'data-core-metadata="sha256=' in page.text
    assert "sweet" not in page.text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/html; charset=utf-8"),
        ("", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        (JSON, JSON),
        ("application/vnd.pypi.simple.latest+json", JSON),
        ("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"),
        (f"text/html;q=0.1, {JSON};q=0.9", JSON),
        (f"text/html, {JSON};q=0.9", "text/html; charset=utf-8"),
        (f"{JSON};q=0, */*;q=0.1", "text/html; charset=utf-8"),
        ("application/*", JSON),
        (f"nonsense;;;, {JSON}", JSON),
        ("application/vnd.pypi.simple.v2+json, text/html;q=0.01", "text/html; charset=utf-8"),
        ("image/png", None),
        ("text/html;q=0", None),
        ("application/vnd.pypi.simple.v2+json", None),
        (f"{JSON};q=nan", None),
    ],
)
def test_the_form_of_a_page_is_what_the_client_takes(
    proxy: Proxy, accept: str | None, kind: str | None
) -> None:
    answer = ask(f"{proxy.url}/simple/plain/", accept=accept)
    assert answer.status == (406 if kind is None else 200)
    assert answer.headers["vary"] == "Accept"
    if kind is not None:
        assert answer.headers["content-type"] == kind


def test_a_page_that_did_not_change_is_not_sent_again(proxy: Proxy) -> None:
    page = proxy.page("soup")
    known = {"If-None-Match": f'"other", W/{page.headers["etag"]}'}
    again = ask(f"{proxy.url}/simple/soup/", accept=JSON, headers=known)
    assert (again.status, again.body) == (304, b"")
    assert ask(f"{proxy.url}/simple/soup/", accept="text/html", headers=known).status == 200


def test_a_client_asks_each_time_unless_the_address_never_serves_anything_else(
    proxy: Proxy, sound: Server, tmp_path: Path
) -> None:
    assert proxy.page("soup").headers["cache-control"] == "no-cache"
    with proxying(tmp_path / "cache", index_urls=[sound.url], fresh_for=60) as private:
        assert private.page("soup").headers["cache-control"] == "private, max-age=60"


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/simple/Soup", "soup/"),
        ("/simple/soup", "soup/"),
        ("/simple/SOUP/", "../soup/"),
        ("/for/kitchen/simple/so.up-_x/", "../so-up-x/"),
        ("/simple", "simple/"),
    ],
)
def test_other_spellings_lead_to_the_page(proxy: Proxy, asked: str, location: str) -> None:
    answer = ask(proxy.url + asked)
    assert answer.status == 301
    assert answer.headers["location"] == location


@pytest.mark.parametrize(
    ("offered", "status"),
    [
        ("soup-2.0-py3-none-any.whl", 200),
        ("soup-2.0-1_salty-py3-none-any.whl", 200),
        ("soup-2.0-2_salty-py3-none-any.whl", 200),
        ("soup-2.0-1_sweet-py3-none-any.whl", 404),
        ("soup-2.0-999999_salty-py3-none-any.whl", 404),
        ("soup-2.0-1_salty-cp312-cp312-linux_x86_64.whl", 404),
        ("soup-1.0-1_salty-py3-none-any.whl", 404),
        ("soup-2.0.tar.gz", 404),
    ],
)
def test_a_wheel_is_made_under_no_name_that_it_never_had(
    sound: Server, tmp_path: Path, offered: str, status: int
) -> None:
    with proxying(tmp_path / "cache", index_urls=[sound.url]) as proxy:
        path = f"files/soup/2.0/salty/soup-2.0-py3-none-any-salty.whl/{offered}"
        assert ask(f"{proxy.url}/{path}").status == status
    assert bool(list((tmp_path / "cache").rglob("made-1/*/*/*.whl"))) is (status == 200)


def test_head_is_answered_like_get_without_the_body(proxy: Proxy) -> None:
    listed = proxy.files("soup")
    made = str(listed["soup-2.0-1_salty-py3-none-any.whl"]["url"])
    for url in (f"{proxy.url}/simple/soup/", made, f"{made}.metadata"):
        whole, head = ask(url), ask(url, method="HEAD")
        assert (head.status, head.body) == (whole.status, b"")
        assert head.headers["content-length"] == str(len(whole.body))
        assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/simple/",
        "/simple/nowhere-to-be-found/",
        "/simple/%2e%2e/",
        "/simple/../../etc/passwd",
        "/simple/..%2f..%2fetc%2fpasswd/",
        "/simple/a%00b/",
        "/simple/%ff%fe/",
        "/simple/" + "a" * 3000 + "/",
        "/simple/soup/more/",
        "//simple/soup/",
        "/for/nobody/simple/soup/",
        "/for//simple/soup/",
        "/files/",
        "/files/a/b/c",
        "/files/soup/1.0/-/../../../../etc/passwd",
        "/files/soup/1.0/-/..%2f..%2fetc/passwd",
        "/files/soup/1.0/-/soup-1.0-py3-none-any.whl/evil-1.0-py3-none-any.whl",
        "/files/soup/1.0/salty/soup-1.0-py3-none-any-salty.whl/..%5c..%5cx.whl",
        "/files/soup/1.0/LABEL!/soup-1.0-py3-none-any-salty.whl/soup-1.0-py3-none-any.whl",
        "/files/soup/9.9/-/soup-9.9-py3-none-any.whl/soup-9.9-py3-none-any.whl",
        "/files/soup/not-a-version/-/a.whl/a.whl",
        "/files/soup/1.0/sour/soup-1.0-py3-none-any-sweet.whl/soup-1.0-py3-none-any.whl",
        "/files/Soup/1.0/-/soup-1.0-py3-none-any.whl/soup-1.0-py3-none-any.whl",
    ],
)
def test_what_is_not_there_is_a_404_in_one_sentence(proxy: Proxy, path: str) -> None:
    answer = ask(proxy.url + path)
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(answer.text) < 300
    assert "Traceback" not in answer.text
    assert not proxy.told


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_only_reading_is_answered(proxy: Proxy, method: str) -> None:
    answer = ask(f"{proxy.url}/simple/soup/", method=method)
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


def test_huge_headers_are_refused_and_the_next_client_is_served(proxy: Proxy) -> None:
    try:
        answer = ask(f"{proxy.url}/simple/soup/", headers={"X-Huge": "x" * 300_000})
    except (ConnectionError, http.client.HTTPException):
        pass  # it hung up while we were still talking
    else:
        assert 400 <= answer.status < 500
    assert proxy.page("soup").status == 200


def test_a_client_that_talks_no_http_is_told_so(proxy: Proxy) -> None:
    split = urlsplit(proxy.url)
    with socket.create_connection((split.hostname or "", split.port or 0), timeout=10) as raw:
        raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert proxy.page("soup").status == 200


def test_without_the_token_nobody_is_told_anything(upstream: Server, tmp_path: Path) -> None:
    token = "s3cret-token"  # noqa: S105 -- of this test alone
    with proxying(tmp_path / "c", index_urls=[upstream.url], token=token) as proxy:
        for path in ("/", "/simple/soup/", "/simple/nothing/", "/nothing", "/files/x"):
            for given in (None, "", "wrong", token[:-1], token + "x"):
                answer = ask(proxy.url + path, token=given)
                assert answer.status == 401
                assert answer.headers["www-authenticate"].startswith("Basic ")
                assert token not in answer.text + str(answer.headers)
        for value in ("Basic", "Basic !!!", "Bearer s3cret-token", "basic", "Basic " + "A" * 5000):
            headers = {"Authorization": value}
            assert ask(f"{proxy.url}/simple/soup/", headers=headers).status == 401
        assert upstream.paths() == []
        page = ask(f"{proxy.url}/simple/soup/", token=token)
        assert page.status == 200
        assert token not in page.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("[::1]:8765", 200),
        ("localhost", 200),
        ("App.localhost:80", 200),
        ("attacker.example:8765", 421),
        ("127.0.0.1.attacker.example", 421),
        ("localhost.attacker.example", 421),
        ("[attacker.example]", 421),
        ("", 421),
    ],
)
def test_without_a_token_only_names_of_this_machine_are_answered(
    sound: Server, tmp_path: Path, host: str, status: int
) -> None:
    with proxying(tmp_path / "cache", index_urls=[sound.url], local_only=True) as proxy:
        answer = ask(f"{proxy.url}/simple/plain/", accept=JSON, headers={"Host": host})
        assert answer.status == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (b"plain-1.0" in answer.body) is (status == 200)


def test_no_browser_takes_what_somebody_uploaded_for_a_page_of_the_proxy(
    upstream: Server, tmp_path: Path
) -> None:
    name = "plain-1.0-py3-none-any.whl"
    upstream.default = Behaviour(user="me:geheim")
    upstream.set(name, Behaviour(user="me:geheim", content_type="text/html"))
    url = upstream.url.replace("//", "//me:geheim@")
    with proxying(tmp_path / "cache", index_urls=[url]) as proxy:
        answer = ask(str(proxy.files("plain")[name]["url"]))
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_credentials_of_the_upstream_stay_inside(upstream: Server, tmp_path: Path) -> None:
    upstream.default = Behaviour(user="cook:p4ssword")
    url = upstream.with_user("cook:p4ssword")
    with proxying(tmp_path / "cache", views=[view_of("sweet")], index_urls=[url]) as proxy:
        for name in ("soup", "plain"):
            page = proxy.page(name)
            assert "p4ssword" not in page.text + str(page.headers)
            assert upstream.url not in page.text
        listed = proxy.files("plain")["plain-1.0-py3-none-any.whl"]
        original = (upstream.folder / "plain-1.0-py3-none-any.whl").read_bytes()
        file = ask(str(listed["url"]))
        assert (file.status, file.body) == (200, original)
        assert file.headers["content-length"] == str(len(original))
        part = ask(str(listed["url"]), headers={"Range": "bytes=10-19"})
        assert (part.status, part.body) == (206, original[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(original)}"
        unchanged = ask(str(listed["url"]), headers={"If-None-Match": file.headers["etag"]})
        assert (unchanged.status, unchanged.body) == (304, b"")
        beyond = ask(str(listed["url"]), headers={"Range": "bytes=99999999-"})
        assert beyond.status == 416
        head = ask(str(listed["url"]), method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(original))
        assert "p4ssword" not in str((file.headers, part.headers, proxy.told))


def test_wrong_credentials_are_the_fault_of_the_proxy(upstream: Server, tmp_path: Path) -> None:
    upstream.default = Behaviour(user="cook:p4ssword")
    url = upstream.with_user("cook:wr0ng")
    with proxying(tmp_path / "cache", index_urls=[url]) as proxy:
        answer = proxy.page("soup")
        assert answer.status == 502
        assert "HTTP status 401" in answer.text
        assert "wr0ng" not in answer.text + str(proxy.told)


def test_kept_files_are_fetched_once_for_all_clients(upstream: Server, tmp_path: Path) -> None:
    with proxying(tmp_path / "cache", index_urls=[upstream.url], copy_files=True) as proxy:
        url = str(proxy.files("plain")["plain-1.0-py3-none-any.whl"]["url"])
        assert url.startswith(proxy.url)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, [url] * 8))
        original = (upstream.folder / "plain-1.0-py3-none-any.whl").read_bytes()
        assert all((each.status, each.body) == (200, original) for each in answers)
        part = ask(url, headers={"Range": "bytes=-5"})
        assert (part.status, part.body) == (206, original[-5:])
        unchanged = ask(url, headers={"If-None-Match": part.headers["etag"]})
        assert unchanged.status == 304
    assert upstream.paths().count("plain-1.0-py3-none-any.whl") == 1


def test_local_files_are_served_with_the_hash_they_have(tmp_path: Path) -> None:
    build_soup(tmp_path / "wheels")
    (tmp_path / "wheels" / "soup-1.0.tar.gz").write_bytes(b"sources")
    with proxying(tmp_path / "cache", find_links=[tmp_path / "wheels"]) as proxy:
        listed = proxy.files("soup")
        assert list(listed) == ["soup-1.0-1_sweet-py3-none-any.whl", "soup-1.0.tar.gz"]
        for file in listed.values():
            body = ask(str(file["url"])).body
            assert file["hashes"] == {"sha256": digest(body)}
            assert file["size"] == len(body)
        (tmp_path / "wheels" / "soup-1.0.tar.gz").unlink()
        gone = ask(str(listed["soup-1.0.tar.gz"]["url"]))
        assert gone.status in {404, 502}
        assert str(tmp_path) not in gone.text


def test_the_first_source_that_has_a_project_wins(upstream: Server, tmp_path: Path) -> None:
    build_wheel(tmp_path / "other", WheelSpec("plain", "9.0"))
    build_wheel(tmp_path / "other", WheelSpec("only-here"))
    write_index(tmp_path / "other")
    with serve(tmp_path / "other") as second:
        urls = [upstream.url, second.url]
        with proxying(tmp_path / "cache", index_urls=urls) as proxy:
            assert list(proxy.files("plain")) == ["plain-1.0-py3-none-any.whl"]
            assert list(proxy.files("only-here")) == ["only_here-1.0-py3-none-any.whl"]
            upstream.set("only-here/", Behaviour(status=500))
        with proxying(tmp_path / "fresh", index_urls=urls) as proxy:
            # Whoever can stop the first must not decide where packages come from.
            assert proxy.page("only-here").status == 502


def test_an_upstream_that_is_away_is_a_502_until_it_is_back(
    upstream: Server, tmp_path: Path
) -> None:
    with proxying(tmp_path / "cache", index_urls=[upstream.url]) as proxy:
        upstream.set("soup/", Behaviour(status=503))
        answer = proxy.page("soup")
        assert answer.status == 502
        assert answer.text == f"`{upstream.url}soup/` answered with HTTP status 503\n"
        assert proxy.told == [answer.text.strip()]
        upstream.set("soup/", Behaviour())
        assert proxy.page("soup").status == 200


def test_an_upstream_that_hangs_is_a_504(upstream: Server, tmp_path: Path) -> None:
    with proxying(tmp_path / "cache", index_urls=[upstream.url], timeout=0.3) as proxy:
        upstream.set("soup/", Behaviour(delay=1))
        answer = proxy.page("soup")
        assert answer.status == 504
        assert "did not answer" in answer.text


def test_an_upstream_that_dies_in_the_middle_leaves_no_half_that_looks_whole(
    upstream: Server, tmp_path: Path
) -> None:
    upstream.default = Behaviour(user="a:b")
    url = upstream.with_user("a:b")
    with proxying(tmp_path / "cache", index_urls=[url]) as proxy:
        listed = proxy.files("plain")["plain-1.0-py3-none-any.whl"]
        upstream.set("plain-1.0-py3-none-any.whl", Behaviour(user="a:b", cut_after=100))
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            ask(str(listed["url"]))
        upstream.set("dep/", Behaviour(user="a:b", cut_after=20))
        assert proxy.page("dep").status == 502
        upstream.set("plain-1.0-py3-none-any.whl", Behaviour(status=404))
        assert ask(str(listed["url"])).status == 404
        assert proxy.page("soup").status == 200


def test_clients_that_hang_up_leave_nothing_open(upstream: Server, tmp_path: Path) -> None:
    build_wheel(upstream.folder, WheelSpec("large", files={"large/data": os.urandom(5_000_000)}))
    write_index(upstream.folder)
    upstream.default = Behaviour(user="a:b")
    with proxying(tmp_path / "cache", index_urls=[upstream.with_user("a:b")]) as proxy:
        split = urlsplit(str(proxy.files("large")["large-1.0-py3-none-any.whl"]["url"]))
        for wanted in (0, 1, 1000, 300_000):
            with socket.create_connection((split.hostname or "", split.port or 0)) as raw:
                raw.sendall(f"GET {split.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                left = wanted
                while left > 0:
                    left -= len(raw.recv(left))
        assert proxy.page("soup").status == 200


def test_a_wheel_that_is_not_what_was_promised_is_not_made_anew(
    upstream: Server, tmp_path: Path
) -> None:
    upstream.set("soup-2.0-py3-none-any-sweet.whl", Behaviour(body=b"PK evil"))
    with proxying(tmp_path / "cache", index_urls=[upstream.url]) as proxy:
        listed = proxy.files("soup")["soup-2.0-1_sweet-py3-none-any.whl"]
        answer = ask(str(listed["url"]))
        assert answer.status == 502
        assert "wrong sha256 hash" in answer.text


def test_unusable_metadata_leaves_the_plain_wheel_or_with_strict_nothing(
    upstream: Server, tmp_path: Path
) -> None:
    build_wheel(upstream.folder, WheelSpec("soup", "3.0"))
    build_wheel(upstream.folder, WheelSpec("soup", "3.0", label="sweet", properties=SWEET))
    write_index(upstream.folder)
    upstream.set("soup-3.0-variants.json", Behaviour(body=b"{]"))
    views = [view_of("sweet"), view_of("sweet", name="strict", is_strict=True)]
    with proxying(tmp_path / "cache", views=views, index_urls=[upstream.url]) as proxy:
        assert "soup-3.0-py3-none-any.whl" in proxy.files("soup")
        assert any("soup-3.0-variants.json" in each for each in proxy.told)
        answer = proxy.page("soup", view="strict")
        assert answer.status == 502
        assert "soup 3.0" in answer.text


SWEET = {"taste": {"kind": ["sweet"]}}


def test_a_release_of_which_nothing_fits_shows_its_sources_alone(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    build_wheel(folder, WheelSpec("soup", label="sweet", properties=SWEET, providers=PROVIDERS))
    (folder / "soup-1.0.tar.gz").write_bytes(b"sources")
    views = [view_of("salty")]
    with proxying(tmp_path / "cache", views=views, find_links=[folder]) as proxy:
        assert list(proxy.files("soup")) == ["soup-1.0.tar.gz"]
    labels = Preferences(variants=False)
    views = [view_of("sweet", preferences=labels)]
    with proxying(tmp_path / "cache", views=views, find_links=[folder]) as proxy:
        assert list(proxy.files("soup")) == ["soup-1.0.tar.gz"]


def test_a_pinned_project_is_one_wheel_whatever_else_there_is(
    sound: Server, tmp_path: Path
) -> None:
    settings = IndexSettings(index_urls=(sound.url,))
    name, target = canonicalize_name("soup"), taster("sweet", "salty")
    with open_sources(settings, cache_directory=tmp_path / "cache") as sources:
        project = sources.project(name)
        assert project is not None
        release = project.releases[Version("1.0")]
        choice = choose(release, sources.variants(release), target, Preferences())
    second = choice.ranked[1].wheel
    assert second.name.label == "salty"
    pin = Pin(name, release.version, choice, second, ())
    views = [View("", target, Preferences(), {name: pin})]
    with proxying(tmp_path / "cache", views=views, index_urls=[sound.url]) as proxy:
        (listed,) = proxy.files("soup").values()
        assert listed["filename"] == "soup-1.0-1_salty-py3-none-any.whl"
        answer = ask(str(listed["url"]))
        assert answer.headers["location"].endswith("/soup-1.0-py3-none-any-salty.whl")
        assert list(proxy.files("plain")) == ["plain-1.0-py3-none-any.whl"]


def test_many_clients_at_once_are_all_served(upstream: Server, tmp_path: Path) -> None:
    views = [view_of("salty"), view_of("sweet", name="kitchen")]
    with proxying(tmp_path / "cache", views=views, index_urls=[upstream.url]) as proxy:

        def visit(number: int) -> int:
            name = ("soup", "plain", "dep", "missing")[number % 4]
            return proxy.page(name, view="kitchen" if number % 3 else "").status

        with ThreadPoolExecutor(50) as pool:
            statuses = list(pool.map(visit, range(200)))
    assert statuses == [404 if number % 4 == 3 else 200 for number in range(200)]
    assert upstream.paths().count("soup/") == 1


def test_relative_addresses_work_below_another_server(proxy: Proxy) -> None:
    page = json.loads(proxy.page("soup", view="kitchen").body)
    for file in page["files"]:
        behind = urljoin("https://team.example/index/for/kitchen/simple/soup/", file["url"])
        assert behind.startswith("https://team.example/index/for/kitchen/files/soup/")

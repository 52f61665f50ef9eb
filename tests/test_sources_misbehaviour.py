"""What sources make of a server that misbehaves: repeated where it may pass, else one message."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from support.index import write_project
from support.misbehaving import (
    Fault,
    Script,
    bad_gzip,
    busy,
    changed,
    closed_quietly,
    cut,
    cut_chunks,
    cut_head,
    drips,
    drips_headers,
    gone_before,
    gzip_bomb,
    hangs,
    log_in,
    redirected,
    shortened,
    status,
    too_long,
    unchanged,
    whole_instead,
    write_pantry,
    wrong_part,
)
from support.server import Exchange, Server, serve
from support.wheels import WheelSpec, build_wheel
from whichwheel.sources.collection import SourceCollection, open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import (
    HashMismatch,
    HttpStatusError,
    RangesNotSupported,
    SourceError,
    SourceTimeout,
)
from whichwheel.sources.release import Wheel
from whichwheel.sources.wheel_archive import WheelArchive

PAGE = "simple/soup/"
VARIANTS = "simple/soup/soup-1.0-variants.json"
SOUP = "wheels/soup-1.0-py3-none-any-sweet.whl"
METADATA = f"{SOUP}.metadata"
SPOON = "wheels/spoon-1.0-py3-none-any.whl"

#: What may pass: repeated.
PASSING = [
    gone_before(),
    cut(0.0),
    cut(0.5),
    cut(0.99),
    cut_chunks(),
    cut_head(),
    too_long(),
    busy(429),
    busy(503, wait=None),
    busy(429, wait="Sat, 01 Jan 2022 00:00:00 GMT"),
    status(500),
    status(502),
    status(504),
    status(408),
    bad_gzip(),
]
#: What may pass where a hash tells that it is wrong.
TOLD_BY_HASH = [shortened(), changed()]
#: What will not pass.
LASTING = [
    status(401),
    status(403),
    status(407),
    status(451),
    status(418),
    unchanged(),
    log_in(),
    log_in({"Cache-Control": "max-age=3600"}),
    redirected("file:///etc/passwd"),
    redirected("http://["),
    busy(429, wait="3600"),
    busy(429, wait="9" * 400),
    # Far in the future; the same for all processes that share these tests.
    busy(503, wait="Fri, 31 Dec 2100 23:59:59 GMT"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("pantry")
    write_pantry(folder)
    with serve(folder) as server:
        yield server


@pytest.fixture
def server(served: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    served.interfere = lambda _: False
    served.requests.clear()
    return served


@contextmanager
def opened(
    server: Server,
    cache: Path,
    *,
    retries: int = 2,
    timeout: float = 5.0,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[SourceCollection]:
    asked = IndexSettings(
        (f"{server.url}simple",), retries=retries, timeout=timeout, retry_wait=0.001
    )
    with open_sources(asked, cache_directory=cache, tell=tell) as sources:
        yield sources


def own_variants(sources: SourceCollection, wheel: Wheel) -> bytes | None:
    """The `variant.json` inside a wheel, from all of it if it cannot be had in parts."""
    try:
        return sources.own_variants(wheel)
    except RangesNotSupported:
        with WheelArchive(sources.fetch(wheel.file)) as archive:
            return archive.variant_json


def gather(sources: SourceCollection) -> dict[str, object]:
    """All that can be had of the two projects."""
    found: dict[str, object] = {}
    for name in ("soup", "spoon"):
        project = sources.project(canonicalize_name(name))
        assert project is not None
        for version, release in project.releases.items():
            data = sources.variants(release)
            assert data.unusable is None, data.warnings
            found[f"{name} {version}"] = data.metadata
            for wheel in release.wheels:
                found[f"{wheel.name} metadata"] = sources.metadata(wheel)
                found[f"{wheel.name} inside"] = own_variants(sources, wheel)
                found[wheel.name.filename] = sources.fetch(wheel.file).read_bytes()
    return found


@pytest.fixture(scope="module")
def right(served: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    served.interfere = lambda _: False
    with opened(served, tmp_path_factory.mktemp("cache")) as sources:
        return gather(sources)


def is_clean(error: SourceError, server: Server) -> bool:
    """Whether an error says where, and what to do."""
    return server.url in error.message and error.hint is not None


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_what_passes_is_not_noticed(
    server: Server, tmp_path: Path, right: dict[str, object], fault: Fault
) -> None:
    script = server.interfere = Script()
    script.first_of_each(fault, fault)
    with opened(server, tmp_path) as sources:
        assert gather(sources) == right
    assert {PAGE, VARIANTS, METADATA, SOUP, SPOON} <= {path for path, _ in script.given}
    assert {request.method for request in server.requests} == {"GET"}


@pytest.mark.parametrize("fault", TOLD_BY_HASH, ids=repr)
def test_content_with_a_wrong_hash_is_asked_for_once_more(
    server: Server, tmp_path: Path, right: dict[str, object], fault: Fault
) -> None:
    script = server.interfere = Script()
    for path in (VARIANTS, METADATA, SOUP, SPOON):
        script.first(path, fault, parts=False)
    with opened(server, tmp_path) as sources:
        assert gather(sources) == right
    for path in (METADATA, SPOON):
        script.first(path, fault, fault)
    with opened(server, tmp_path / "other") as sources, pytest.raises(HashMismatch) as caught:
        gather(sources)
    assert is_clean(caught.value, server)


@pytest.mark.parametrize("path", [PAGE, METADATA, SPOON])
@pytest.mark.parametrize("fault", [*PASSING, *LASTING, *TOLD_BY_HASH], ids=repr)
def test_what_stays_is_said_in_one_message_and_leaves_nothing(
    server: Server, tmp_path: Path, right: dict[str, object], path: str, fault: Fault
) -> None:
    if fault in TOLD_BY_HASH and path == PAGE:
        fault = shortened(1)
    script = server.interfere = Script()
    script.always(path, fault)
    with opened(server, tmp_path, retries=1) as sources, pytest.raises(SourceError) as caught:
        gather(sources)
    assert is_clean(caught.value, server), caught.value
    given = sum(each == path for each, _ in script.given)
    lasting = fault in LASTING
    # A wheel is looked into by parts, too, before it is fetched.
    assert given <= 1 + (path == SPOON) if lasting else given <= 5
    assert not list(tmp_path.rglob(".new-*"))
    server.interfere = lambda _: False
    with opened(server, tmp_path) as sources:
        assert gather(sources) == right


@pytest.mark.parametrize("fault", [*PASSING[:4], log_in(), status(403), changed()], ids=repr)
def test_variant_metadata_that_cannot_be_had_is_told_and_not_kept(
    server: Server, tmp_path: Path, right: dict[str, object], fault: Fault
) -> None:
    script = server.interfere = Script()
    script.always(VARIANTS, fault)
    with opened(server, tmp_path, retries=1) as sources:
        project = sources.project(canonicalize_name("soup"))
        assert project is not None
        (release,) = project.releases.values()
        data = sources.variants(release)
    assert data.unusable is not None
    assert VARIANTS.rpartition("/")[2] in data.warnings[0].message
    server.interfere = lambda _: False
    with opened(server, tmp_path) as sources:
        assert gather(sources) == right


@pytest.mark.parametrize(
    "fault",
    [
        whole_instead(lambda _: b""),
        status(416),
        status(501),
        wrong_part(),
    ],
    ids=repr,
)
def test_a_wheel_that_cannot_be_read_in_parts_is_fetched_whole(
    server: Server, tmp_path: Path, fault: Fault
) -> None:
    if fault.name == "sends the whole":
        fault = whole_instead(lambda path: (server.folder / path).read_bytes())
    script = server.interfere = Script()
    script.always(METADATA, status(404))
    script.always(SOUP, fault, parts=True)
    with opened(server, tmp_path) as sources:
        project = sources.project(canonicalize_name("soup"))
        assert project is not None
        (wheel,) = next(iter(project.releases.values())).wheels
        assert sources.metadata(wheel).startswith(b"Metadata-Version")


def parts_of(server: Server, path: str) -> list[str | None]:
    return [each.headers.get("range") for each in server.requests if each.path == f"/{path}"]


def fetch_spoon(sources: SourceCollection) -> bytes:
    project = sources.project(canonicalize_name("spoon"))
    assert project is not None
    (wheel,) = next(iter(project.releases.values())).wheels
    return sources.fetch(wheel.file).read_bytes()


def test_a_download_goes_on_where_it_broke_off(
    server: Server, tmp_path: Path, right: dict[str, object]
) -> None:
    script = server.interfere = Script()
    script.first(SPOON, cut(0.5), cut(0.5))
    size = (server.folder / SPOON).stat().st_size
    half = size // 2
    with opened(server, tmp_path) as sources:
        assert fetch_spoon(sources) == right[SPOON.rpartition("/")[2]]
    more = half + (size - half) // 2
    assert parts_of(server, SPOON) == [None, f"bytes={half}-", f"bytes={more}-"]
    assert all("if-range" in each.headers for each in server.requests if "range" in each.headers)


@pytest.mark.parametrize(
    "fault",
    [wrong_part(), status(416), status(400), whole_instead(lambda _: b"")],
    ids=repr,
)
def test_a_download_that_cannot_go_on_begins_anew(
    server: Server, tmp_path: Path, right: dict[str, object], fault: Fault
) -> None:
    if fault.name == "sends the whole":
        fault = whole_instead(lambda path: (server.folder / path).read_bytes())
    script = server.interfere = Script()
    script.first(SPOON, cut(0.5))
    script.always(SPOON, fault, parts=True)
    with opened(server, tmp_path, retries=1) as sources:
        assert fetch_spoon(sources) == right[SPOON.rpartition("/")[2]]
    assert parts_of(server, SPOON).count(None) == (1 if fault.name == "sends the whole" else 2)


def test_parts_of_two_files_do_not_make_one(
    server: Server, tmp_path: Path, right: dict[str, object]
) -> None:

    def give(exchange: Exchange) -> None:
        exchange.answer(data=b"?" * 1000, length=len(exchange.data))
        exchange.hang_up()

    script = server.interfere = Script()
    script.first(SPOON, Fault("begins another file", give))
    with opened(server, tmp_path, retries=1) as sources:
        assert fetch_spoon(sources) == right[SPOON.rpartition("/")[2]]
    assert parts_of(server, SPOON) == [None, "bytes=1000-", None]


def test_breaks_that_let_a_download_get_on_do_not_count(tmp_path: Path) -> None:
    noise = hashlib.shake_256(b"spoon").digest(8_000_000)
    wheel = build_wheel(tmp_path / "wheels", WheelSpec("spoon", files={"spoon/data": noise}))
    write_project(tmp_path, "spoon", [wheel])
    with serve(tmp_path) as server:
        script = server.interfere = Script()
        script.first(SPOON, *[cut(0.3)] * 3)
        with opened(server, tmp_path / "cache", retries=0) as sources:
            assert fetch_spoon(sources) == wheel.read_bytes()
        # One that does not get on ends, all the same.
        script.always(SPOON, cut(0.0))
        with (
            opened(server, tmp_path / "other", retries=2) as sources,
            pytest.raises(SourceError, match="broke off"),
        ):
            fetch_spoon(sources)


@pytest.mark.parametrize("path", [PAGE, METADATA, SPOON])
@pytest.mark.parametrize("fault", [hangs(0.5), drips(0.02), drips_headers(0.02)], ids=repr)
def test_a_slow_server_is_given_up_in_time(
    server: Server, tmp_path: Path, path: str, fault: Fault
) -> None:
    script = server.interfere = Script()
    script.always(path, fault)
    with (
        opened(server, tmp_path, retries=0, timeout=0.2) as sources,
        pytest.raises(SourceTimeout) as caught,
    ):
        gather(sources)
    assert "--timeout" in (caught.value.hint or "")
    assert is_clean(caught.value, server)


def test_a_bomb_is_not_unpacked(server: Server, tmp_path: Path) -> None:
    script = server.interfere = Script()
    script.always(SPOON, gzip_bomb(20_000_000))
    script.always(METADATA, gzip_bomb(80_000_000))
    with opened(server, tmp_path) as sources:
        with pytest.raises(SourceError, match="does not end") as caught:
            fetch_spoon(sources)
        assert is_clean(caught.value, server)
        with pytest.raises(SourceError, match="longer than") as caught:
            gather(sources)
        assert is_clean(caught.value, server)


def test_a_pause_that_a_server_asks_for_is_made_and_told(server: Server, tmp_path: Path) -> None:
    script = server.interfere = Script()
    script.first("simple/spoon/", busy(429, wait="1"))
    told: list[str] = []
    started = time.monotonic()
    with opened(server, tmp_path, tell=told.append) as sources:
        fetch_spoon(sources)
    assert time.monotonic() - started >= 1
    assert told == ["`127.0.0.1` asks to wait 1 s"]


def test_a_pause_that_is_too_long_is_said(server: Server, tmp_path: Path) -> None:
    script = server.interfere = Script()
    script.always("simple/spoon/", busy(429, wait="3600"))
    with (
        opened(server, tmp_path) as sources,
        pytest.raises(HttpStatusError, match="status 429 and asks to wait 3600 s"),
    ):
        fetch_spoon(sources)
    assert len(server.requests) == 1


def test_connections_that_are_closed_at_random_cost_no_repetition(
    server: Server, tmp_path: Path, right: dict[str, object]
) -> None:
    script = server.interfere = Script()
    script.first_of_each(closed_quietly())
    for path in (PAGE, METADATA, SPOON):
        script.first(path, gone_before())
    with opened(server, tmp_path, retries=0) as sources:
        assert gather(sources) == right


@given(
    schedule=st.dictionaries(
        st.sampled_from([PAGE, VARIANTS, METADATA, SOUP, SPOON]),
        st.lists(st.sampled_from(PASSING), max_size=3),
        min_size=1,
    )
)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_faults_that_end_change_nothing(
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
    right: dict[str, object],
    schedule: dict[str, list[Fault]],
) -> None:
    script = server.interfere = Script()
    for path, faults in schedule.items():
        script.first(path, *faults)
    cache = tmp_path_factory.mktemp("cache")
    with opened(server, cache, retries=3) as sources:
        assert gather(sources) == right

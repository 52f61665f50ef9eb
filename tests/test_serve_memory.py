"""That a proxy which runs for long sees what is new, and does not grow."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from support.proxies import view_of
from support.wheels import WheelSpec, build_wheel
from whichwheel.serve.proxy.making import MadeWheels
from whichwheel.serve.proxy.negotiating import Form
from whichwheel.serve.proxy.remembering import Page, Remembered
from whichwheel.serve.proxy.renewing import RenewedSources
from whichwheel.serve.proxy.singly import Singly
from whichwheel.serve.proxy.views import Views
from whichwheel.sources.collection import SourceCollection, open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import SourceError

SOUP = canonicalize_name("soup")


class Counted:
    """Opens sources, and counts how many were opened and closed."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._settings = IndexSettings(find_links=(str(folder),))
        self._cache = cache
        self.opened = 0
        self.closed = 0

    @contextmanager
    def __call__(self) -> Iterator[SourceCollection]:
        self.opened += 1
        with open_sources(self._settings, cache_directory=self._cache) as sources:
            yield sources
        self.closed += 1


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    (tmp_path / "wheels").mkdir()
    return Counted(tmp_path / "wheels", tmp_path / "cache")


def test_a_new_upload_is_seen_when_the_sources_are_old(counted: Counted, tmp_path: Path) -> None:
    views = Views([view_of("sweet")], MadeWheels(tmp_path / "made"))
    view = views.view("")
    assert view is not None
    sources = RenewedSources(counted, lifetime=0.2)

    def body() -> bytes:
        with sources.lend() as generation:
            page = views.page(view, SOUP, Form.JSON, generation)
        return b"" if page is None else page.body

    assert body() == b""
    build_wheel(tmp_path / "wheels", WheelSpec("soup"))
    assert body() == b""
    time.sleep(0.25)
    assert b"soup-1.0" in body()
    sources.close()
    views.close()
    assert counted.opened == counted.closed == 2


def test_sources_stay_open_as_long_as_somebody_uses_them(counted: Counted) -> None:
    sources = RenewedSources(counted)
    with sources.lend() as first:
        sources.renew(first)
        sources.renew(first)
        with sources.lend() as second:
            assert second.number > first.number
            assert counted.closed == 0
        first.sources.project(SOUP)
    assert counted.closed == 1
    sources.close()
    assert counted.closed == 2


def page_of(size: int) -> Page:
    return Page(b"x" * size, '"x"')


def test_pages_take_no_more_memory_than_they_may() -> None:
    kept = Remembered(100_000)
    for number in range(200):
        kept.get(number % 150, 1, lambda: page_of(5_000))
        assert kept.size <= 100_000
    assert len(kept) == 16
    assert kept.get("huge", 1, lambda: page_of(1_000_000)) == page_of(1_000_000)
    assert kept.size <= 100_000
    for number in range(1_000):
        assert kept.get(number, 1, lambda: None) is None
    assert len(kept) < 100


def test_a_page_is_made_once_for_all_who_ask_at_once() -> None:
    made = []
    both = threading.Barrier(8)

    def make() -> Page:
        made.append(1)
        time.sleep(0.05)
        return page_of(1)

    def ask(_: int) -> Page | None:
        both.wait(5)
        return kept.get("soup", 1, make)

    kept = Remembered(1_000_000)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [page_of(1)] * 8
    assert made == [1]


def test_pages_of_an_earlier_generation_are_made_anew_and_failures_are_not_kept() -> None:
    kept = Remembered(1_000_000)
    assert kept.get("soup", 1, lambda: page_of(1)) == page_of(1)
    assert kept.get("soup", 2, lambda: page_of(2)) == page_of(2)
    # A slow request that began before sees what is there now.
    assert kept.get("soup", 1, lambda: page_of(3)) == page_of(2)

    def fail() -> Page:
        raise SourceError("away", where="x")

    with pytest.raises(SourceError):
        kept.get("dep", 1, fail)
    assert kept.get("dep", 1, lambda: page_of(4)) == page_of(4)


def test_one_works_at_a_time_and_nothing_is_left_of_it() -> None:
    singly = Singly()
    inside: list[int] = []

    def work(number: int) -> None:
        with singly.at("file"):
            inside.append(number)
            assert len(inside) == 1
            time.sleep(0.005)
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert singly.is_idle

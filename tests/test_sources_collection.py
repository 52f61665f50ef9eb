import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from support.index import write_project
from support.server import Behaviour, Server, serve
from support.wheels import WheelSpec, build_wheel, variant_json
from whichwheel.sources.collection import SourceCollection, open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import (
    HashMismatch,
    HttpStatusError,
    RangesNotSupported,
    SourceError,
)
from whichwheel.sources.ports import Progress
from whichwheel.sources.release import Project, Release, VariantData
from whichwheel.spec.wheel_name import InvalidWheelName

FOO = canonicalize_name("foo")
LEVELS = {"v3": {"x86_64": {"level": ["v3"]}}, "v2": {"x86_64": {"level": ["v2"]}}}
VARIANTS_JSON = "simple/foo/foo-1.0-variants.json"

Open = Callable[..., SourceCollection]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path) as running:
        yield running


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    collections: list[SourceCollection] = []

    def make(
        *index_urls: str,
        find_links: tuple[str, ...] = (),
        cache: str = "cache",
        refresh: bool = False,
        progress: Progress | None = None,
    ) -> SourceCollection:
        settings = IndexSettings(index_urls, find_links, timeout=0.5, retries=2)
        folder = tmp_path / cache
        collections.append(
            open_sources(settings, cache_directory=folder, progress=progress, refresh=refresh)
        )
        return collections[-1]

    yield make
    for collection in collections:
        collection.close()


def build(tmp_path: Path, *, indexed: bool = True, form: str = "html") -> list[Path]:
    """Write foo 1.0, plain and in two variants, and its index."""
    specs = [WheelSpec("foo", label=label, properties=LEVELS[label]) for label in LEVELS]
    wheels = [build_wheel(tmp_path / "files", spec) for spec in (WheelSpec("foo"), *specs)]
    document = variant_json(LEVELS, namespaces=["x86_64"])
    write_project(
        tmp_path, "foo", wheels, variants={"1.0": document} if indexed else None, form=form
    )
    return wheels


def project(sources: SourceCollection, name: NormalizedName = FOO) -> Project:
    found = sources.project(name)
    assert found is not None
    return found


def release(sources: SourceCollection) -> Release:
    return project(sources).releases[Version("1.0")]


def variants(sources: SourceCollection) -> VariantData:
    return sources.variants(release(sources))


@pytest.mark.parametrize("form", ["html", "json"])
def test_a_project_with_its_variants_is_read_from_a_server(
    tmp_path: Path, server: Server, opened: Open, form: str
) -> None:
    wheels = build(tmp_path, form=form)
    sources = opened(server.url + "simple/")
    found = release(sources)
    assert [wheel.file.filename for wheel in found.wheels] == [path.name for path in wheels]
    data = sources.variants(found)
    assert (data.origin, data.warnings) == ("index", ())
    assert data.metadata is not None
    assert set(data.metadata.variants) == {"v2", "v3"}
    fetched = sources.fetch(found.wheels[0].file)
    assert fetched.read_bytes() == wheels[0].read_bytes()
    assert sources.metadata(found.wheels[1]).startswith(b"Metadata-Version")


def test_a_folder_and_an_index_on_disk_are_read(tmp_path: Path, opened: Open) -> None:
    build(tmp_path)
    for sources in (
        opened(find_links=(str(tmp_path / "files"),)),
        opened(str(tmp_path / "simple")),
        opened((tmp_path / "simple").as_uri()),
    ):
        assert len(release(sources).wheels) == 3
        assert sources.project(canonicalize_name("bar")) is None
    assert variants(opened(find_links=(str(tmp_path / "files"),))).origin == "wheels"


def test_the_first_source_that_has_the_project_wins(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path)
    build_wheel(tmp_path / "links", WheelSpec("foo", "9.0"))
    empty = tmp_path / "empty"
    empty.mkdir()
    sources = opened(str(empty), server.url + "simple", find_links=(str(tmp_path / "links"),))
    assert project(sources).source == str(tmp_path / "links")
    assert list(project(sources).releases) == [Version("9.0")]
    later = opened(str(empty), server.url + "simple", str(tmp_path / "links"))
    assert project(later).source == server.url + "simple"


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_source_that_fails_is_an_error_and_never_passed_over(
    tmp_path: Path, server: Server, opened: Open, status: int
) -> None:
    build(tmp_path)
    server.set("private/foo/", Behaviour(status=status))
    with pytest.raises(HttpStatusError, match=f"private/foo/.*{status}"):
        opened(server.url + "private", server.url + "simple").project(FOO)


def test_a_busy_server_is_asked_again(tmp_path: Path, server: Server, opened: Open) -> None:
    build(tmp_path)
    server.set("simple/foo/", Behaviour(failures=2))
    assert release(opened(server.url + "simple")).wheels
    assert server.paths().count("simple/foo/") == 3


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (Behaviour(delay=2.0), "did not answer within 0.5 s"),
        (Behaviour(cut_after=20), "broke off"),
        (Behaviour(redirect="/simple/foo/"), "in a circle"),
        (Behaviour(redirect="ftp://index.example/"), "redirects to nowhere"),
        (Behaviour(content_type="text/plain"), "no index page"),
        (Behaviour(body=b"{", content_type="application/vnd.pypi.simple.v1+json"), "not JSON"),
    ],
    ids=["hangs", "cuts off", "circle", "nowhere", "other type", "no JSON"],
)
def test_an_index_that_misbehaves_gets_one_clear_message(
    tmp_path: Path, server: Server, opened: Open, behaviour: Behaviour, why: str
) -> None:
    build(tmp_path)
    server.set("simple/foo/", behaviour)
    with pytest.raises(SourceError, match=why) as caught:
        opened(server.url + "simple").project(FOO)
    assert "simple/foo/" in caught.value.message


def test_an_unreachable_index_is_named(opened: Open) -> None:
    with pytest.raises(SourceError, match=r"cannot reach `http://127.0.0.1:9/simple/foo/`"):
        opened("http://127.0.0.1:9/simple").project(FOO)


def test_pages_are_kept_and_asked_for_again_by_their_etag(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path)
    release(opened(server.url + "simple"))
    release(opened(server.url + "simple"))
    assert [request.status for request in server.requests] == [200, 304]
    server.default = Behaviour(headers={"Cache-Control": "max-age=600"})
    release(opened(server.url + "simple"))
    release(opened(server.url + "simple"))
    assert [request.status for request in server.requests] == [200, 304, 304]
    release(opened(server.url + "simple", refresh=True))
    assert len(server.requests) == 4


def test_a_response_that_is_not_to_be_stored_is_not(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path)
    server.default = Behaviour(headers={"Cache-Control": "no-store"})
    release(opened(server.url + "simple"))
    release(opened(server.url + "simple"))
    assert [request.status for request in server.requests] == [200, 200]


def test_credentials_go_to_their_own_host_only_and_are_never_shown(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path)
    with serve(tmp_path) as other:
        server.set("private/foo/", Behaviour(user="me:secret", redirect=other.url + "simple/foo/"))
        sources = opened(server.with_user("me:secret") + "private")
        found = project(sources)
        assert found.source == server.url + "private"
        assert "authorization" in server.requests[0].headers
        assert all("authorization" not in request.headers for request in other.requests)
    server.set("private/bar/", Behaviour(status=401))
    with pytest.raises(HttpStatusError) as caught:
        sources.project(canonicalize_name("bar"))
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_a_netrc_file_is_honoured(
    tmp_path: Path, server: Server, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.default = Behaviour(user="me:secret")
    assert release(opened(server.url + "simple")).wheels


def test_a_wheel_is_looked_into_by_ranges_once(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    noise = b"".join(hashlib.sha512(bytes([i % 256, i // 256])).digest() for i in range(20_000))
    big = build_wheel(
        tmp_path / "files",
        WheelSpec("foo", label="v3", properties=LEVELS["v3"], files={"foo/noise": noise}),
    )
    write_project(tmp_path, "foo", [big])
    sources = opened(server.url + "simple")
    wheel = release(sources).wheels[0]
    assert sources.variants(release(sources)).origin == "wheels"
    assert sources.metadata(wheel).startswith(b"Metadata-Version")
    asked = [request for request in server.requests if request.path.endswith(".whl")]
    assert {request.status for request in asked} == {206}
    again = opened(server.url + "simple")
    assert again.variants(release(again)).metadata is not None
    assert len([path for path in server.paths() if path.endswith(".whl")]) == len(asked)


def test_one_look_into_a_wheel_brings_its_metadata_too(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path)
    wheel = release(sources := opened(server.url + "simple")).wheels[1]
    promised = replace(wheel, file=replace(wheel.file, metadata_hashes={}))
    assert sources.own_variants(promised) is not None
    before = len(server.requests)
    assert sources.metadata(promised).startswith(b"Metadata-Version")
    assert len(server.requests) == before
    # Metadata that is not what the index promises is not taken for it.
    other = {"sha256": hashlib.sha256(b"other").hexdigest()}
    (tmp_path / "files" / f"{wheel.file.filename}.metadata").write_bytes(b"other")
    promised = replace(wheel, file=replace(wheel.file, metadata_hashes=other))
    assert sources.metadata(promised) == b"other"


def test_a_server_that_sends_no_parts_is_asked_for_one_once(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path)
    server.default = Behaviour(ranges=False)
    sources = opened(server.url + "simple")
    for wheel in release(sources).wheels[1:]:
        with pytest.raises(RangesNotSupported):
            sources.own_variants(wheel)
    assert sum("range" in request.headers for request in server.requests) == 1


def test_documents_that_equal_each_other_are_fetched_once(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    specs = [
        WheelSpec("foo", version, label="v2", properties=LEVELS["v2"]) for version in ("1.0", "2.0")
    ]
    document = variant_json({"v2": LEVELS["v2"]}, namespaces=["x86_64"])
    write_project(
        tmp_path,
        "foo",
        [build_wheel(tmp_path / "files", spec) for spec in specs],
        variants={"1.0": document, "2.0": document},
    )
    sources = opened(server.url + "simple")
    first, second = (sources.variants(each) for each in project(sources).releases.values())
    assert first.metadata == second.metadata is not None
    assert len([path for path in server.paths() if path.endswith("-variants.json")]) == 1


def test_a_server_without_ranges_is_looked_into_by_a_download(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path, indexed=False)
    server.default = Behaviour(ranges=False)
    data = variants(opened(server.url + "simple"))
    assert data.origin == "wheels"
    assert data.metadata is not None
    assert set(data.metadata.variants) == {"v2", "v3"}


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Behaviour(status=404), "metadata-missing"),
        (Behaviour(body=b"{}"), "metadata-hash"),
        (Behaviour(cut_after=3), "metadata-unreachable"),
        (Behaviour(delay=2.0), "metadata-unreachable"),
    ],
    ids=["404", "hash", "cut off", "hangs"],
)
def test_metadata_that_cannot_be_had_is_reported_and_degrades(
    tmp_path: Path, server: Server, opened: Open, behaviour: Behaviour, kind: str
) -> None:
    build(tmp_path)
    server.set(VARIANTS_JSON, behaviour)
    data = variants(opened(server.url + "simple"))
    assert [warning.kind for warning in data.warnings] == [kind]
    assert "foo-1.0-variants.json" in data.warnings[0].message
    assert data.metadata is None
    assert data.unusable


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("{", "metadata-malformed"),
        ('{"$schema": "https://x.example/v7.0.0.json"}', "metadata-version"),
        ("[" * 10_000, "metadata-malformed"),
        ('{"a": 1, "a": 2}', "metadata-malformed"),
        ("\ufeff{}", "metadata-malformed"),
    ],
)
def test_metadata_that_cannot_be_used_is_reported_and_degrades(
    tmp_path: Path, opened: Open, content: str, kind: str
) -> None:
    wheels = build(tmp_path, indexed=False)
    folder = tmp_path / "links"
    folder.mkdir()
    for wheel in wheels:
        wheel.rename(folder / wheel.name)
    (folder / "foo-1.0-variants.json").write_text(content, "utf-8")
    data = variants(opened(find_links=(str(folder),)))
    assert [warning.kind for warning in data.warnings] == [kind]
    assert data.unusable


def test_a_changed_metadata_file_is_not_taken_from_the_cache(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    build(tmp_path)
    server.set(VARIANTS_JSON, Behaviour(headers={"Cache-Control": "max-age=600"}))
    assert variants(opened(server.url + "simple")).metadata is not None
    more = {**LEVELS, "v4": {"x86_64": {"level": ["v4"]}}}
    wheels = sorted((tmp_path / "files").iterdir())
    write_project(
        tmp_path, "foo", wheels, variants={"1.0": variant_json(more, namespaces=["x86_64"])}
    )
    data = variants(opened(server.url + "simple"))
    assert data.warnings == ()
    assert data.metadata is not None
    assert "v4" in data.metadata.variants


def test_wheels_whose_own_metadata_is_wrong_are_left_out_one_by_one(
    tmp_path: Path, opened: Open
) -> None:
    good = WheelSpec("foo", label="v2", properties=LEVELS["v2"])
    other = variant_json({"v9": LEVELS["v3"]}, namespaces=["x86_64"])
    wheels = tmp_path / "links"
    build_wheel(wheels, good)
    build_wheel(wheels, WheelSpec("foo", label="other", metadata=other))
    build_wheel(wheels, WheelSpec("foo", label="null", metadata={"no": "matter"}))
    absent = build_wheel(wheels, WheelSpec("foo", tag="py2.py3-none-any"))
    absent.rename(wheels / "foo-1.0-py2.py3-none-any-absent.whl")
    (wheels / "foo-1.0-py3-none-any-corrupt.whl").write_bytes(b"PK no")
    data = variants(opened(find_links=(str(wheels),)))
    assert data.metadata is not None
    assert set(data.metadata.variants) == {"v2"}
    assert len(data.warnings) == 3
    text = " ".join(warning.message for warning in data.warnings)
    assert "that of `v9`, not of `other`" in text
    assert "no `variant.json`" in text
    assert "corrupt.whl" in text


def test_wheels_that_disagree_are_not_combined(tmp_path: Path, opened: Open) -> None:
    wheels = tmp_path / "links"
    build_wheel(wheels, WheelSpec("foo", label="a", properties=LEVELS["v2"], namespaces=["x86_64"]))
    build_wheel(
        wheels, WheelSpec("foo", label="b", properties=LEVELS["v3"], namespaces=["p", "x86_64"])
    )
    data = variants(opened(find_links=(str(wheels),)))
    assert data.metadata is None
    assert data.warnings[-1].kind == "metadata-inconsistent"


def test_a_wrong_hash_stops_a_download_and_nothing_is_kept(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    wheels = build(tmp_path)
    sources = opened(server.url + "simple")
    found = release(sources)
    server.set(f"files/{wheels[0].name}", Behaviour(body=b"evil"))
    with pytest.raises(HashMismatch, match="wrong sha256 hash"):
        sources.fetch(found.wheels[0].file)
    assert not [path for path in (tmp_path / "cache" / "files").rglob("*") if path.is_file()]


def test_a_download_that_breaks_off_is_tried_again(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    wheels = build(tmp_path)
    server.set(f"files/{wheels[0].name}", Behaviour(failures=1))
    sources = opened(server.url + "simple")
    assert sources.fetch(release(sources).wheels[0].file).read_bytes() == wheels[0].read_bytes()


def test_a_kept_file_that_was_damaged_is_fetched_again(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    wheels = build(tmp_path)
    sources = opened(server.url + "simple")
    path = sources.fetch(release(sources).wheels[0].file)
    path.write_bytes(b"damaged")
    assert sources.fetch(release(sources).wheels[0].file).read_bytes() == wheels[0].read_bytes()


def test_many_projects_are_fetched_side_by_side(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    names = [canonicalize_name(f"p{number}") for number in range(6)]
    for name in names:
        write_project(tmp_path, name, [build_wheel(tmp_path / "files", WheelSpec(name))])
        server.set(f"simple/{name}/", Behaviour(delay=0.2))
    sources = opened(server.url + "simple")
    sources.prefetch(names)
    assert [project(sources, name).name for name in names] == names
    # Each was asked for once, though announced and then asked for.
    assert sorted(server.paths()) == sorted(f"simple/{name}/" for name in names)


def test_wheels_are_looked_into_side_by_side_and_once(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    labels = [f"v{number}" for number in range(6)]
    for label in labels:
        spec = WheelSpec("foo", label=label, properties=LEVELS["v2"])
        wheel = build_wheel(tmp_path / "files", spec)
        server.set(f"files/{wheel.name}", Behaviour(delay=0.2))
    write_project(tmp_path, "foo", sorted((tmp_path / "files").iterdir()), hashes=False)
    sources = opened(server.url + "simple")
    start = time.monotonic()
    data = sources.variants(release(sources))
    assert time.monotonic() - start < 0.2 * len(labels)
    assert data.metadata is not None
    assert sorted(data.metadata.variants) == labels
    asked = len(server.requests)
    for found in release(sources).wheels:
        assert sources.metadata(found).startswith(b"Metadata-Version")
    assert len(server.requests) == asked


def test_a_server_that_hangs_does_not_keep_the_program_from_ending(
    tmp_path: Path, server: Server
) -> None:
    server.default = Behaviour(delay=20)
    script = f"""
import pathlib
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import IndexSettings
settings = IndexSettings(("{server.url}",), timeout=15)
with open_sources(settings, cache_directory=pathlib.Path({str(tmp_path / "cache")!r})) as sources:
    sources.prefetch(["foo", "bar"])
    import time
    time.sleep(0.5)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=10)


def test_separate_metadata_files_are_used_and_checked(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    wheel = build_wheel(tmp_path / "files", WheelSpec("foo"))
    address = f"../../files/{wheel.name}"
    digest = hashlib.sha256(b"mine").hexdigest()
    page = f'<a href="{address}" data-core-metadata="sha256={digest}">x</a>'
    server.set("simple/foo/", Behaviour(body=page.encode(), content_type="text/html"))
    beside = f"files/{wheel.name}.metadata"

    def metadata() -> bytes:
        sources = opened(server.url + "simple")
        return sources.metadata(release(sources).wheels[0])

    # One that is announced and absent is looked for in the wheel.
    assert metadata().startswith(b"Metadata-Version")
    server.set(beside, Behaviour(body=b"mine"))
    assert metadata() == b"mine"
    server.set(beside, Behaviour(body=b"other"))
    with pytest.raises(HashMismatch):
        metadata()


def test_several_processes_share_a_cache(tmp_path: Path, server: Server) -> None:
    wheels = build(tmp_path)
    server.default = Behaviour(headers={"Cache-Control": "max-age=600"})
    script = f"""
import pathlib
from packaging.version import Version
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import IndexSettings
settings = IndexSettings(("{server.url}simple",))
for _ in range(5):
    with open_sources(
        settings, cache_directory=pathlib.Path({str(tmp_path / "cache")!r}), refresh=True
    ) as sources:
        release = sources.project("foo").releases[Version("1.0")]
        assert sources.variants(release).warnings == ()
        for wheel in release.wheels:
            assert sources.fetch(wheel.file).stat().st_size
"""
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(4)]
    assert [process.wait(30) for process in processes] == [0, 0, 0, 0]
    kept = [path for path in (tmp_path / "cache" / "files").rglob("*") if path.is_file()]
    assert sorted(path.name for path in kept) == sorted(path.name for path in wheels)


@pytest.mark.parametrize(
    "address",
    ["https://index.example/%2e%2e%2ffoo-1.0-py3-none-any.whl%00", "https://index.example/foo.zip"],
)
def test_what_is_named_and_no_wheel_is_refused(opened: Open, address: str) -> None:
    with pytest.raises(InvalidWheelName):
        opened().single(address)


def test_downloads_report_their_progress(tmp_path: Path, server: Server, opened: Open) -> None:
    told: list[tuple[str, int | None]] = []

    class Listener:
        def start(self, what: str, total: int | None) -> None:
            told.append((what, total))

        def advance(self, what: str, amount: int) -> None:
            told.append((what, amount))

        def finish(self, what: str) -> None:
            told.append((what, None))

    wheels = build(tmp_path)
    path, size = f"files/{wheels[0].name}", wheels[0].stat().st_size
    sources = opened(server.url + "simple", progress=Listener())
    server.set(path, Behaviour(cut_after=10))
    with pytest.raises(SourceError, match="broke off"):
        sources.fetch(release(sources).wheels[0].file)
    what = f"download {wheels[0].name}"
    assert sum(amount or 0 for _, amount in told if amount != size) == 0
    told.clear()
    server.set(path, Behaviour())
    sources.fetch(release(sources).wheels[0].file)
    assert told == [(what, size), (what, size), (what, None)]


def test_a_wheel_named_by_url_or_path_is_a_release_of_its_own(
    tmp_path: Path, server: Server, opened: Open
) -> None:
    wheels = build(tmp_path)
    digest = hashlib.sha256(wheels[1].read_bytes()).hexdigest()
    for address in (f"{server.url}files/{wheels[1].name}", wheels[1].as_uri()):
        sources = opened()
        found = sources.single(f"{address}#sha256={digest}")
        assert (found.name, str(found.version)) == ("foo", "1.0")
        assert found.wheels[0].file.hashes == {"sha256": digest}
        assert sources.fetch(found.wheels[0].file).read_bytes() == wheels[1].read_bytes()
        assert sources.variants(found).origin == "wheels"
        with pytest.raises(HashMismatch):
            sources.fetch(sources.single(f"{address}#sha256={'0' * 64}").wheels[0].file)


def test_a_page_that_is_too_long_is_not_read(tmp_path: Path, opened: Open) -> None:
    missing = opened(find_links=(str(tmp_path / "no" / "page.html"),))
    with pytest.raises(SourceError, match="cannot read the page"):
        missing.project(FOO)


def test_json_of_the_index_is_not_mistaken_for_a_wheel(tmp_path: Path, opened: Open) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "foo-1.0-variants.json").write_text(json.dumps({}))
    assert opened(find_links=(str(folder),)).project(canonicalize_name("fo")) is None

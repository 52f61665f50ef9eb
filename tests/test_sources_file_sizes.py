from pathlib import Path

from support.server import Behaviour, serve
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.file_sizes import file_size
from whichwheel.sources.release import File


def test_a_size_is_found_out_without_fetching_the_file(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    path = tmp_path / "files" / "a.whl"
    path.write_bytes(b"x" * 100_000)
    settings = IndexSettings(retries=0, timeout=5.0)
    with (
        serve(tmp_path / "files") as server,
        open_sources(settings, cache_directory=tmp_path / "cache") as sources,
    ):
        remote = File("a.whl", f"{server.url}a.whl")
        assert file_size(remote, sources) == 100_000
        assert server.requests[-1].headers["range"] == "bytes=0-0"
        server.set("a.whl", Behaviour(ranges=False))
        assert file_size(remote, sources) == 100_000
        assert file_size(File("b.whl", f"{server.url}b.whl"), sources) is None
        assert file_size(File("a.whl", path.as_uri()), sources) == 100_000
        assert file_size(File("c.whl", (tmp_path / "c.whl").as_uri()), sources) is None
        asked = len(server.requests)
        assert file_size(File("a.whl", f"{server.url}a.whl", size=7), sources) == 7
        assert len(server.requests) == asked


def test_what_a_hash_names_is_asked_for_once(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.whl").write_bytes(b"x" * 1234)
    kept = tmp_path / "sizes"
    settings = IndexSettings(retries=0, timeout=5.0)
    with (
        serve(tmp_path / "files") as server,
        open_sources(settings, cache_directory=tmp_path / "cache") as sources,
    ):
        named = File("a.whl", f"{server.url}a.whl", hashes={"sha256": "ab" * 32})
        assert file_size(named, sources, kept) == 1234
        asked = len(server.requests)
        assert file_size(named, sources, kept) == 1234
        assert len(server.requests) == asked
        (note,) = kept.iterdir()
        note.write_text("nonsense")
        assert file_size(named, sources, kept) == 1234
        unnamed = File("a.whl", f"{server.url}a.whl", hashes={"sha256": "../../../note"})
        assert file_size(unnamed, sources, kept) == 1234
        assert list(kept.iterdir()) == [note]
    (tmp_path / "file").write_text("in the way")
    with (
        serve(tmp_path / "files") as server,
        open_sources(settings, cache_directory=tmp_path / "cache") as sources,
    ):
        named = File("a.whl", f"{server.url}a.whl", hashes={"sha256": "ab" * 32})
        assert file_size(named, sources, tmp_path / "file" / "sizes") == 1234

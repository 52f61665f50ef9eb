import contextlib
import io
import secrets
import shutil
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.sdists import SdistSpec, build_sdist
from whichwheel.building.errors import BrokenSource, BuildFailed
from whichwheel.building.isolated import isolated_of
from whichwheel.building.source_archive import unpack_source
from whichwheel.building.source_builder import SourceBuilder
from whichwheel.building.source_trees import Archive
from whichwheel.building.static_metadata import project_metadata

PYTHON = Path(sys.executable)
FOO, ONE = canonicalize_name("foo"), Version("1.0")


class Filled:
    """Fills nothing, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Path, tuple[str, ...]]] = []

    def __call__(self, python: Path, requirements: Collection[str]) -> None:
        assert python.exists()
        self.asked.append((python, tuple(sorted(requirements))))


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What builds said that they did."""
    path = tmp_path / "build.log"
    monkeypatch.setenv("BUILD_LOG", str(path))
    return lambda: path.read_text().splitlines() if path.exists() else []


def _builder(tmp_path: Path, filled: Filled | None = None, python: str = "3.11") -> SourceBuilder:
    return SourceBuilder(
        tmp_path / "cache",
        interpreter=python,
        isolated=lambda _: isolated_of(PYTHON, filled or Filled()),
        python=PYTHON,
    )


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_a_wheel_is_built_once_and_kept(
    suffix: str, tmp_path: Path, log: Callable[[], list[str]]
) -> None:
    source = build_sdist(tmp_path, SdistSpec("foo"), suffix=suffix)
    first = _builder(tmp_path).wheel(Archive(source), (FOO, ONE))
    assert first.name == "foo-1.0-py3-none-any.whl"
    assert _builder(tmp_path).wheel(Archive(source), (FOO, ONE)) == first
    assert log() == ["wheel foo 1.0"]
    assert _builder(tmp_path, python="3.12").wheel(Archive(source), (FOO, ONE)) != first
    assert log() == ["wheel foo 1.0"] * 2


def test_other_sources_are_another_wheel(tmp_path: Path, log: Callable[[], list[str]]) -> None:
    first = build_sdist(tmp_path / "a", SdistSpec("foo"))
    second = build_sdist(tmp_path / "b", SdistSpec("foo", requires=["bar"]))
    builder = _builder(tmp_path)
    assert builder.wheel(Archive(first), (FOO, ONE)) != builder.wheel(Archive(second), (FOO, ONE))
    assert len(log()) == 2


def test_metadata_comes_from_the_hook_without_a_build(
    tmp_path: Path, log: Callable[[], list[str]]
) -> None:
    source = build_sdist(tmp_path, SdistSpec("foo", requires=["bar>=1"]))
    assert b"Requires-Dist: bar>=1" in _builder(tmp_path).metadata(Archive(source), (FOO, ONE))
    assert b"Requires-Dist: bar>=1" in _builder(tmp_path).metadata(Archive(source), (FOO, ONE))
    assert log() == ["metadata foo 1.0"]


def test_metadata_that_is_static_runs_nothing(tmp_path: Path, log: Callable[[], list[str]]) -> None:
    filled = Filled()
    spec = SdistSpec("foo", requires=["bar"], pkg_info="2.2", dynamic=["Description"])
    source = build_sdist(tmp_path, spec)
    assert b"Requires-Dist: bar" in _builder(tmp_path, filled).metadata(Archive(source), (FOO, ONE))
    assert (log(), filled.asked) == ([], [])


@pytest.mark.parametrize("dynamic", ["Requires-Dist", "requires-python", "Provides-Extra"])
def test_metadata_that_may_differ_is_asked_for(
    dynamic: str, tmp_path: Path, log: Callable[[], list[str]]
) -> None:
    source = build_sdist(tmp_path, SdistSpec("foo", pkg_info="2.4", dynamic=[dynamic]))
    _builder(tmp_path).metadata(Archive(source), (FOO, ONE))
    assert log() == ["metadata foo 1.0"]


def test_a_backend_without_the_hook_builds_the_wheel_once(
    tmp_path: Path, log: Callable[[], list[str]]
) -> None:
    source = build_sdist(tmp_path, SdistSpec("foo", has_hook=False))
    builder = _builder(tmp_path)
    assert b"Name: foo" in builder.metadata(Archive(source), (FOO, ONE))
    assert builder.wheel(Archive(source), (FOO, ONE)).is_file()
    assert log() == ["wheel foo 1.0"]


def test_build_requirements_are_put_into_a_fresh_environment(tmp_path: Path) -> None:
    filled = Filled()
    spec = SdistSpec("foo", build_requires=["tool>=1"], more_requires=["other"])
    _builder(tmp_path, filled).wheel(Archive(build_sdist(tmp_path, spec)), (FOO, ONE))
    (first, tools), (second, more) = filled.asked
    assert (tools, more) == (("tool>=1",), ("other",))
    assert first == second != PYTHON
    assert not first.exists()


def test_many_threads_build_once(tmp_path: Path, log: Callable[[], list[str]]) -> None:
    source = build_sdist(tmp_path, SdistSpec("foo"))
    builder = _builder(tmp_path)
    threads = [
        threading.Thread(target=builder.wheel, args=(Archive(source), (FOO, ONE))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log() == ["wheel foo 1.0"]


def test_a_build_that_fails_says_what_it_printed(tmp_path: Path) -> None:
    spec = SdistSpec("foo", code="print('no compiler'); raise SystemExit(3)")
    with pytest.raises(BuildFailed) as caught:
        _builder(tmp_path).wheel(Archive(build_sdist(tmp_path, spec)), (FOO, ONE))
    assert "no compiler" in caught.value.message
    assert "`foo 1.0`" in caught.value.message


@pytest.mark.parametrize("made", ["bar-1.0", "foo-2.0", "foo"])
def test_a_build_that_makes_something_else(made: str, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed):
        _builder(tmp_path).wheel(
            Archive(build_sdist(tmp_path, SdistSpec("foo", made=made))), (FOO, ONE)
        )
    assert not list((tmp_path / "cache").rglob("*.whl"))


def _tar(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def _member(name: str, **more: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(info, key, value)
    return info


@pytest.mark.parametrize(
    "members",
    [
        (),
        (_member("foo-1.0/../../out", size=1),),
        (_member("/out", size=1),),
        (_member("foo-1.0/link", type=tarfile.SYMTYPE, linkname="../../out"),),
        (_member("foo-1.0/hard", type=tarfile.LNKTYPE, linkname="../../out"),),
        (_member("foo-1.0/device", type=tarfile.CHRTYPE),),
        (_member("foo-1.0/pipe", type=tarfile.FIFOTYPE),),
        (_member("a/b", size=1), _member("c/d", size=1)),
        (_member("alone.txt", size=1),),
    ],
)
def test_an_archive_that_is_no_source_tree(
    members: tuple[tarfile.TarInfo, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "within" / "folder"
    folder.mkdir(parents=True)
    with pytest.raises(BrokenSource):
        unpack_source(_tar(tmp_path / "foo-1.0.tar.gz", *members), folder)
    assert set(tmp_path.rglob("out")) <= set(folder.rglob("out"))


@pytest.mark.parametrize("name", ["../out", "/out", "foo\\..\\..\\out", "c:/out", "a/../../out"])
def test_a_zip_that_reaches_out(name: str, tmp_path: Path) -> None:
    path = tmp_path / "foo-1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    folder = tmp_path / "within" / "folder"
    folder.mkdir(parents=True)
    with pytest.raises(BrokenSource, match="reaches out"):
        unpack_source(path, folder)
    assert not list(tmp_path.rglob("out"))


@pytest.mark.parametrize("name", ["foo-1.0.tar.gz", "foo-1.0.zip"])
def test_what_is_no_archive(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"no archive")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(BrokenSource, match="no archive"):
        unpack_source(path, folder)


def test_what_a_build_leaves_running_does_not_hold_it_up(tmp_path: Path) -> None:
    code = (
        "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])"
    )
    source = build_sdist(tmp_path, SdistSpec("foo", code=code))
    started = time.monotonic()
    assert _builder(tmp_path).wheel(Archive(source), (FOO, ONE)).is_file()
    assert time.monotonic() - started < 15


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    code = "print('x' * 3_000_000); print('the end'); raise SystemExit(3)"
    with pytest.raises(BuildFailed) as caught:
        _builder(tmp_path).wheel(
            Archive(build_sdist(tmp_path, SdistSpec("foo", code=code))), (FOO, ONE)
        )
    assert len(caught.value.message) < 2000
    assert caught.value.output[-1] == "the end"


def test_a_broken_wheel_is_not_kept(tmp_path: Path) -> None:
    spec = SdistSpec("foo", code="hashlib.sha256 = hashlib.sha512")
    with pytest.raises(BuildFailed, match="its backend made a broken wheel: `foo"):
        _builder(tmp_path).wheel(Archive(build_sdist(tmp_path, spec)), (FOO, ONE))
    assert not list((tmp_path / "cache").rglob("*.whl"))


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_a_damaged_archive_is_told_as_such(suffix: str, tmp_path: Path) -> None:
    spec = SdistSpec("foo", files={"noise": secrets.token_hex(50_000)})
    source = build_sdist(tmp_path, spec, suffix=suffix)
    if suffix == ".zip":
        _deflate(source)
    whole = source.read_bytes()
    for place in range(20, len(whole), len(whole) // 40):
        source.write_bytes(whole[:place] + b"\xff\xfe\xfd" + whole[place + 3 :])
        folder = tmp_path / "out" / str(place)
        folder.mkdir(parents=True)
        with contextlib.suppress(BrokenSource):
            unpack_source(source, folder)


def _deflate(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def test_what_is_refused_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(BrokenSource) as caught:
        unpack_source(_tar(tmp_path / "foo-1.0.tar.gz", _member("foo-1.0/../../out")), folder)
    assert caught.value.why == "`foo-1.0/../../out` reaches out of it"


def test_a_cache_that_is_cleared_during_a_build_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARED", str(tmp_path / "cache"))
    code = "import shutil; shutil.rmtree(os.environ['CLEARED'])"
    source = build_sdist(tmp_path, SdistSpec("foo", has_hook=False, code=code))
    assert b"Name: foo" in _builder(tmp_path).metadata(Archive(source), (FOO, ONE))
    shutil.rmtree(tmp_path / "cache")
    assert _builder(tmp_path).wheel(Archive(source), (FOO, ONE)).is_file()


_PROJECT = '[project]\nname = "Foo.Bar"\nversion = "1.0"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_PROJECT, "Metadata-Version: 2.2\nName: foo-bar\nVersion: 1.0\n"),
        (f"{_PROJECT}requires-python = '>=3.11'\n", "Requires-Python: >=3.11\n"),
        (
            f"{_PROJECT}dependencies = ['a>1; os_name == \"x\"']",
            'Requires-Dist: a>1; os_name == "x"',
        ),
        (
            f"{_PROJECT}[project.optional-dependencies]\nX_y = ['a; os_name == \"x\"', 'b @ file:///b']",
            (
                'Provides-Extra: x-y\nRequires-Dist: a ; (os_name == "x") and extra == "x-y"\n'
                'Requires-Dist: b @ file:///b ; extra == "x-y"\n'
            ),
        ),
        (f"{_PROJECT}dynamic = ['readme', 'scripts']", "Version: 1.0"),
        (f"{_PROJECT}dynamic = ['dependencies']", None),
        (f"{_PROJECT}dynamic = 'dependencies'", None),
        ("[project]\nname = 'foo'\ndynamic = ['version']", None),
        ("[project]\nname = 'foo'", None),
        (f"{_PROJECT}dependencies = ['a b']", None),
        (f"{_PROJECT}dependencies = ['a\\nName: b']", None),
        (f"{_PROJECT}dependencies = 'a'", None),
        (f"{_PROJECT}requires-python = 'new'", None),
        ("[build-system]\nrequires = []", None),
        ("[project", None),
    ],
)
def test_what_a_project_says_of_itself(text: str, expected: str | None, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    found = project_metadata(tmp_path)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert expected in found.decode()

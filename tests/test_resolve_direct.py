from collections.abc import Iterator
from pathlib import Path

import pytest

from support.resolutions import found, installed_package, level
from support.server import serve
from support.targets import written_target
from support.wheels import WheelSpec, build_wheel
from whichwheel.resolve.explaining import explain_choice
from whichwheel.resolve.failures import Conflict, NothingFits
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import InvalidRequest, parse_requested
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.sources.collection import SourceCollection, open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import HashMismatch

TARGET = written_target({"x86_64": {"level": ["v3", "v2"]}})


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[SourceCollection]:
    folder = tmp_path / "links"
    build_wheel(folder, WheelSpec("dep", "1.0"))
    build_wheel(folder, WheelSpec("foo", "9.0"))
    build_wheel(folder, WheelSpec("other", requires=["foo"]))
    build_wheel(folder, WheelSpec("newer", requires=["foo>=2"]))
    settings = IndexSettings(find_links=(str(folder),))
    with open_sources(settings, cache_directory=tmp_path / "cache") as opened:
        yield opened


def go(
    sources: SourceCollection, *texts: str, installed: tuple[InstalledPackage, ...] = ()
) -> Resolution:
    return resolve(
        [parse_requested(text) for text in texts],
        target=TARGET,
        sources=sources,
        options=ResolveOptions(),
        installed={package.name: package for package in installed},
    )


def test_a_local_wheel_is_taken_for_all_who_need_its_project(
    tmp_path: Path, sources: SourceCollection
) -> None:
    spec = WheelSpec("foo", label="v3", properties=level("v3"), requires=["dep; extra == 'x'"])
    path = build_wheel(tmp_path, spec)
    resolution = go(sources, f"{path}[x]", "other", installed=(installed_package("foo", "1.0"),))
    assert found(resolution) == {"dep": "1.0", "foo": "1.0 v3", "other": "1.0"}
    pins = {pin.name: pin for pin in resolution.pins}
    direct = pins[resolution.pins[1].name].direct_url
    assert direct is not None
    assert direct.url == path.as_uri()
    assert resolution.pins[0].direct_url is None
    with pytest.raises(Conflict):
        go(sources, str(path), "newer")


def test_a_local_variant_that_does_not_fit_is_refused_with_the_reason(
    tmp_path: Path, sources: SourceCollection
) -> None:
    path = build_wheel(tmp_path, WheelSpec("foo", label="v4", properties=level("v4")))
    with pytest.raises(NothingFits, match="`v4`: `x86_64 :: level` must be `v4`"):
        go(sources, str(path))
    request = parse_requested(str(path))
    options = ResolveOptions()
    choice = explain_choice(request, target=TARGET, sources=sources, options=options)
    assert choice.chosen is None


def test_a_wheel_by_url_is_read_and_its_hash_checked(
    tmp_path: Path, sources: SourceCollection
) -> None:
    build_wheel(tmp_path / "web", WheelSpec("foo", "2.0", requires=["dep"]))
    with serve(tmp_path / "web") as server:
        url = f"{server.url}foo-2.0-py3-none-any.whl"
        build_wheel(tmp_path / "links", WheelSpec("urls", requires=[f"foo @ {url}#egg=foo"]))
        resolution = go(sources, f"foo @ {url}", "newer")
        assert found(resolution) == {"dep": "1.0", "foo": "2.0", "newer": "1.0"}
        assert resolution.pins[1].direct_url is not None
        assert resolution.pins[1].direct_url.url == url
        assert found(go(sources, url, "urls"))["foo"] == "2.0"
        server_file = resolution.pins[1].wheel.file
        request = parse_requested(f"{url}#sha256={'0' * 64}")
        assert request.wheel is not None
        with pytest.raises(HashMismatch):
            sources.fetch(sources.single(request.wheel.address).wheels[0].file)
        assert sources.fetch(server_file).is_file()


def test_two_wheels_for_one_project_cannot_both_be_meant(
    tmp_path: Path, sources: SourceCollection
) -> None:
    one = build_wheel(tmp_path / "a", WheelSpec("foo"))
    other = build_wheel(tmp_path / "b", WheelSpec("foo"))
    with pytest.raises(InvalidRequest, match="another wheel is named for `foo`"):
        go(sources, str(one), str(other))
    assert found(go(sources, str(one), str(one))) == {"foo": "1.0"}

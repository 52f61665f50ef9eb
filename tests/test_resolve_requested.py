import pickle
from pathlib import Path

import pytest

from support.wheels import WheelSpec, build_wheel
from whichwheel.resolve.requested import InvalidRequest, Requested, parse_requested
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.markers import InvalidRequirement

GUARDED = "https://someone:secret@index.example/d/foo-1.0-py3-none-any-v3.whl"


def test_a_requirement_keeps_its_parts() -> None:
    requested = parse_requested('Foo.Bar[x]>=1,<2; python_version < "4"')
    assert requested.name == "foo-bar"
    assert requested.requirement.extras == {"x"}
    assert str(requested.requirement.specifier) == "<2,>=1"
    assert requested.wheel is None
    assert requested.direct_url is None
    assert requested.applies({"python_version": "3.12"})
    assert not requested.applies({"python_version": "4.1"})


def test_variant_markers_in_a_request_are_those_of_a_plain_wheel() -> None:
    assert parse_requested('foo; variant_label == ""').applies({})
    assert not parse_requested('foo; variant_label == "v3"').applies({})


@pytest.mark.parametrize("form", ["path", "uri", "name", "extras"])
def test_a_local_wheel_in_every_form(tmp_path: Path, form: str) -> None:
    path = build_wheel(tmp_path / "with space", WheelSpec("foo", label="v3"))
    text = {
        "path": str(path),
        "uri": path.as_uri(),
        "name": f"foo @ {path.as_uri()}",
        "extras": f"{path}[a,b]",
    }[form]
    requested = parse_requested(text)
    assert requested.name == "foo"
    assert requested.wheel is not None
    assert requested.wheel.path == path
    assert requested.wheel.name.label == "v3"
    assert requested.direct_url is not None
    assert requested.direct_url.url == path.as_uri()
    assert requested.requirement.extras == ({"a", "b"} if form == "extras" else set())


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = build_wheel(tmp_path, WheelSpec("foo"))
    monkeypatch.chdir(tmp_path)
    for text in (path.name, f"./{path.name}"):
        location = parse_requested(text).wheel
        assert location is not None
        assert location.path == path


@pytest.mark.parametrize("text", [GUARDED, f"foo @ {GUARDED}"])
def test_credentials_are_used_and_never_shown(text: str) -> None:
    requested = parse_requested(f"{text}#sha256=ABCDEF&egg=foo")
    assert requested.wheel is not None
    assert requested.wheel.url == f"{GUARDED}#sha256=ABCDEF&egg=foo"
    assert requested.direct_url is not None
    assert requested.direct_url.url == "https://index.example/d/foo-1.0-py3-none-any-v3.whl"
    assert requested.direct_url.hashes == {"sha256": "abcdef"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("git+https://index.example/foo.git", "has to be built"),
        ("https://index.example/foo-1.0.tar.gz", "has to be built"),
        ("https://someone:secret@index.example/foo", "does not name a wheel"),
        ("https://index.example/..%2F..%2Ffoo-1.0-py3-none-any.whl", None),
        ("https://index.example/..%5Cfoo-1.0-py3-none-any.whl", "holds a path"),
        ("https://[bad/foo-1.0-py3-none-any.whl", "Invalid IPv6"),
        ("file://elsewhere/foo-1.0-py3-none-any.whl", "on another machine"),
        ("./missing-1.0-py3-none-any.whl", "no such file"),
        ("./project", "no such file or folder"),
        ("../dist/foo-1.0.tar.gz", "no such file"),
        ("foo @ https://index.example/bar-1.0-py3-none-any.whl", "one of `bar`"),
        ("foo @ git+ssh://index.example/foo", "has to be built"),
        ("hg+https://someone:secret@index.example/foo", "git alone, and not `hg`"),
        ("git+ext://index.example/foo", "is not one of"),
        ("git+https://-oProxyCommand=x/foo", "no host"),
        ("git+https://index.example/foo@--upload-pack=x", "cannot be a branch"),
        ("git+https://index.example/foo@", "no branch"),
        ("git+https://index.example/foo#subdirectory=../x", "reaches out of it"),
        ("git+https://index.example/foo#egg=!", "not the name of a project"),
        ("foo @ git+https://index.example/foo#egg=bar", "names `bar`"),
        ("ftp://index.example/foo-1.0.tar.gz", "the scheme `ftp`"),
    ],
)
def test_what_is_no_wheel_is_told_without_credentials(text: str, why: str | None) -> None:
    if why is None:
        assert parse_requested(text).name == "foo"
        return
    with pytest.raises(InvalidRequest, match=why) as caught:
        parse_requested(text)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", "foo bar", "foo>=", "-r file", "foo-1.0-x.whl"])
def test_nonsense_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(WhichwheelError):
        parse_requested(text)


def test_a_marker_without_a_value_is_told() -> None:
    requested = parse_requested('foo; os_name ~= "x"')
    with pytest.raises(InvalidRequirement, match="its marker has no value"):
        requested.applies({"os_name": "posix"})


def test_errors_can_be_pickled() -> None:
    error = InvalidRequest("x", "y")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301
    assert isinstance(parse_requested("foo"), Requested)

"""`whichwheel install` of projects that have to be built from sources."""

import sys

import pytest

from support.environments import run_in
from support.sdists import SdistSpec, build_sdist
from support.server import serve
from support.workplace import Workplace


def test_sources_are_not_built_unless_the_user_says_so(workplace: Workplace) -> None:
    build_sdist(workplace.wheels, SdistSpec("foo"))
    before = workplace.tree()
    done = workplace.install("foo")
    assert done.code == 1
    assert "--allow-build foo" in done.stderr
    assert workplace.tree() == before
    assert not workplace.built()


@pytest.mark.parametrize("name", ["foo", "Foo", ":all:", "bar,foo"])
def test_sources_are_built_for_the_environment(name: str, workplace: Workplace) -> None:
    build_sdist(workplace.wheels, SdistSpec("foo", requires=["bar"]))
    workplace.build("bar", version="3.0")
    done = workplace.install("foo", "--allow-build", name)
    assert done.code == 0, done.stderr
    assert "foo 1.0" in done.stdout
    version = ".".join(map(str, sys.version_info[:2]))
    assert version.replace(".", ", ") in run_in(
        workplace.environment, "python", "-c", "import foo, bar; print(foo.BUILT_BY)"
    )
    assert workplace.built() == ["metadata foo 1.0", "wheel foo 1.0"]
    assert "nothing to do" in workplace.install("foo", "--allow-build", name).stdout


def test_a_wheel_that_fits_comes_before_sources(workplace: Workplace) -> None:
    build_sdist(workplace.wheels, SdistSpec("foo"))
    workplace.build("foo", version="1.0")
    assert workplace.install("foo", "--allow-build", "foo").code == 0
    assert workplace.built() == []
    done = workplace.install("foo", "--no-binary", "foo", "--reinstall")
    assert done.code == 0
    assert workplace.built() == ["metadata foo 1.0", "wheel foo 1.0"]


def test_what_is_newest_is_taken_though_only_its_sources_are_there(workplace: Workplace) -> None:
    build_sdist(workplace.wheels, SdistSpec("foo", version="2.0"))
    workplace.build("foo", version="1.0")
    assert "foo 1.0" in workplace.install("foo", "--dry-run").stdout
    assert "foo 2.0" in workplace.install("foo", "--allow-build=foo", "--dry-run").stdout
    never = ("--allow-build=:all:", "--only-binary=foo", "--dry-run")
    assert "foo 1.0" in workplace.install("foo", *never).stdout


def test_what_a_build_needs_is_installed_for_it_alone(workplace: Workplace) -> None:
    spec = SdistSpec("foo", build_requires=["tool>=2"], code="import tool, other; print(tool)")
    build_sdist(workplace.wheels, SdistSpec(**{**_fields(spec), "more_requires": ["other"]}))  # type: ignore[arg-type]
    workplace.build("tool", version="1.0")
    workplace.build("tool", version="2.0")
    build_sdist(workplace.wheels, SdistSpec("other"))
    refused = workplace.install("foo", "--allow-build", "foo")
    assert refused.code == 1
    assert "--allow-build other" in refused.stderr
    done = workplace.install("foo", "--allow-build", "foo", "--allow-build", "other")
    assert done.code == 0, done.stderr
    assert workplace.run("freeze", "--python", workplace.python).stdout == "foo==1.0\n"


def _fields(spec: SdistSpec) -> dict[str, object]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def test_a_build_that_needs_itself_ends(workplace: Workplace) -> None:
    build_sdist(workplace.wheels, SdistSpec("foo", build_requires=["bar"]))
    build_sdist(workplace.wheels, SdistSpec("bar", build_requires=["foo"]))
    done = workplace.install("foo", "--allow-build", ":all:")
    assert done.code == 1
    assert done.stderr.count("error: ") == 1
    assert "its build requirements cannot be installed" in done.stderr
    assert "--allow-build" not in done.stderr


def test_sources_whose_metadata_is_another_projects_are_told_as_such(workplace: Workplace) -> None:
    other = "Metadata-Version: 2.2\nName: bar\nVersion: 1.0\n"
    build_sdist(workplace.wheels, SdistSpec("foo", files={"PKG-INFO": other}))
    done = workplace.install("foo", "--allow-build", "foo")
    assert done.code == 1
    assert "the metadata that it builds is that of `bar 1.0`" in done.stderr
    assert "--allow-build" not in done.stderr
    assert not workplace.built()


def test_a_project_without_sources_cannot_do_without_wheels(workplace: Workplace) -> None:
    workplace.build("foo")
    done = workplace.install("foo", "--no-binary", "foo")
    assert done.code == 1
    assert "its wheels are left out by `--no-binary`, and it has no sources" in done.stderr


def test_a_build_without_isolation_sees_the_environment(workplace: Workplace) -> None:
    spec = SdistSpec("foo", build_requires=["tool"], code="import tool")
    build_sdist(workplace.wheels, spec)
    workplace.build("tool", version="1.0")
    how = ("foo", "--allow-build", "foo", "--no-build-isolation")
    assert workplace.install(*how).code == 1
    assert workplace.install("tool").code == 0
    assert workplace.install(*how).code == 0


def test_a_build_that_fails_leaves_the_environment_as_it_was(workplace: Workplace) -> None:
    build_sdist(
        workplace.wheels, SdistSpec("foo", code="print('no compiler'); raise SystemExit(3)")
    )
    workplace.build("bar")
    before = workplace.tree()
    done = workplace.install("foo", "bar", "--allow-build", "foo")
    assert done.code == 1
    assert "no compiler" in done.stderr
    assert "Traceback" not in done.stderr
    assert workplace.tree() == before


def test_what_a_backend_warns_its_author_of_is_not_told(workplace: Workplace) -> None:
    code = "import warnings; warnings.simplefilter('always'); warnings.warn('old licence')"
    build_sdist(workplace.wheels, SdistSpec("foo", code=code))
    done = workplace.install("foo", "--allow-build", "foo")
    assert (done.code, done.stderr) == (0, "")


def test_sources_from_a_server_are_checked_before_they_run(workplace: Workplace) -> None:
    path = build_sdist(workplace.wheels / "foo", SdistSpec("foo"))
    page = '<a href="{name}#sha256={digest}">{name}</a>'
    (workplace.wheels / "foo" / "index.html").write_text(
        page.format(name=path.name, digest="0" * 64)
    )
    with serve(workplace.wheels) as server:
        done = workplace.run(
            *("install", "foo", "--allow-build", "foo", "--python", workplace.python),
            *("--index-url", server.url),
        )
    assert done.code == 1
    assert "wrong sha256 hash" in done.stderr
    assert not workplace.built()


def test_what_is_built_is_explained_by_the_plan(workplace: Workplace) -> None:
    build_sdist(workplace.wheels, SdistSpec("foo"))
    done = workplace.install("foo", "--allow-build", "foo", "--dry-run", "-v")
    assert "it is built from `foo-1.0.tar.gz`" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--allow-build", "no name!"), "give the name of a project, or `:all:`"),
        (("--allow-build", "foo", "--for", "aws-g5", "--dry-run"), "`--for` names another"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], message: str, workplace: Workplace) -> None:
    done = workplace.run("install", "foo", "--no-index", *arguments)
    assert done.code == 2
    assert message in done.stderr

"""`whichwheel install` of folders and archives that hold sources."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.environments import new_environment, run_in
from support.sdists import SdistSpec, build_sdist, write_tree
from support.server import serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import PROVIDERS, Workplace


def _by_pip(workplace: Workplace, what: str | Path) -> tuple[dict[str, object], list[str]]:
    """Install the same with pip elsewhere: what it writes down, and what it freezes."""
    other = Workplace(workplace.folder, new_environment(workplace.folder / "other"))
    pip = [sys.executable, "-m", "pip", "--python", other.python]
    how = ("--no-deps", "--no-index", "--no-build-isolation", "-q")
    subprocess.run([*pip, "install", *how, str(what)], check=True, cwd=workplace.folder)
    frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True)
    return other.direct_url(), frozen.stdout.splitlines()


@pytest.mark.parametrize("text", ["./tree", "tree/", "foo @ {url}", "{url}", "{path}"])
def test_a_folder_is_built_and_installed(text: str, workplace: Workplace) -> None:
    tree = write_tree(workplace.folder / "tree", SdistSpec("foo", requires=["bar"]))
    workplace.build("bar", version="3.0")
    done = workplace.install(text.format(url=tree.as_uri(), path=tree))
    assert (done.code, done.stderr) == (0, "")
    assert "foo 1.0" in done.stdout
    run_in(workplace.environment, "python", "-c", "import foo, bar")
    assert workplace.built() == ["metadata foo 1.0", "wheel foo 1.0"]
    assert workplace.frozen() == ["bar==3.0", f"foo @ {tree.as_uri()}"]
    assert workplace.run("check", "--python", workplace.python).code == 0


def test_the_current_folder_with_an_extra(workplace: Workplace) -> None:
    project = (
        '[project]\nname = "foo"\nversion = "2.0"\n'
        "[project.optional-dependencies]\nx = [\"bar; python_version > '3'\"]\n"
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    spec = SdistSpec("foo", version="2.0", files={"pyproject.toml": project})
    write_tree(workplace.folder, spec)
    workplace.build("bar")
    done = workplace.install(".[x]", "--dry-run")
    assert "would install 2 packages: foo 2.0, bar 1.0" in done.stdout
    # What it says of itself is enough: none of its code was run.
    assert workplace.built() == []


def test_a_dry_run_and_a_clash_build_nothing(workplace: Workplace) -> None:
    write_tree(workplace.folder / "tree", SdistSpec("foo", requires=["bar>2"]))
    workplace.build("bar", version="1.0")
    done = workplace.install("./tree")
    assert done.code == 1
    assert "bar>2" in done.stderr
    assert workplace.built() == ["metadata foo 1.0"]
    workplace.build("bar", version="3.0")
    assert workplace.install("./tree", "--dry-run").code == 0
    assert workplace.built() == ["metadata foo 1.0"] * 2


def test_a_folder_is_installed_anew_each_time(workplace: Workplace) -> None:
    tree = write_tree(workplace.folder / "tree", SdistSpec("foo", static=True))
    assert workplace.install("./tree").code == 0
    (tree / "foo.py").write_text("CHANGED = True\n")
    assert workplace.install("./tree").code == 0
    run_in(workplace.environment, "python", "-c", "import foo; foo.CHANGED")
    assert workplace.built() == ["wheel foo 1.0"] * 2


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar"])
def test_an_archive_by_path_is_built_once(suffix: str, workplace: Workplace) -> None:
    path = build_sdist(workplace.folder, SdistSpec("foo"), suffix=suffix)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    done = workplace.install(f"./{path.name}")
    assert (done.code, done.stderr) == (0, "")
    assert workplace.direct_url() == {
        "url": path.as_uri(),
        "archive_info": {"hashes": {"sha256": digest}},
    }
    assert "nothing to do" in workplace.install(path).stdout
    assert workplace.install(path, "--reinstall").code == 0
    assert workplace.built() == ["metadata foo 1.0", "wheel foo 1.0"]
    assert workplace.frozen() == [f"foo @ {path.as_uri()}#sha256={digest}"]


def test_an_archive_by_url(workplace: Workplace) -> None:
    served = workplace.folder / "served"
    path = build_sdist(served, SdistSpec("foo"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with serve(served) as server:
        url = f"{server.url}/{path.name}"
        wrong = workplace.install(f"{url}#sha256={'0' * 64}")
        assert wrong.code == 1
        assert "wrong sha256 hash" in wrong.stderr
        secret = url.replace("://", "://someone:secret@")
        done = workplace.install(f"foo @ {secret}#sha256={digest}")
        assert done.code == 0, done.stderr
        assert "secret" not in done.stdout + done.stderr
    assert workplace.direct_url()["url"] == url
    assert "secret" not in json.dumps(workplace.direct_url())
    record = next(workplace.environment.site_folders[0].glob("foo-*/whichwheel.json"))
    assert "secret" not in record.read_text()


def test_a_project_below_the_top(workplace: Workplace) -> None:
    write_tree(workplace.folder / "mono/libs/foo", SdistSpec("foo"))
    url = (workplace.folder / "mono").as_uri()
    done = workplace.install(f"{url}#subdirectory=libs/foo&egg=foo")
    assert done.code == 0, done.stderr
    assert workplace.frozen() == [f"foo @ {url}#subdirectory=libs/foo"]


@pytest.mark.parametrize("how", ["tree", "archive"])
def test_what_is_written_down_is_what_pip_writes_down(how: str, workplace: Workplace) -> None:
    if how == "tree":
        what = write_tree(workplace.folder / "tree", SdistSpec("foo"))
    else:
        what = build_sdist(workplace.folder, SdistSpec("foo"))
    assert workplace.install(what).code == 0
    theirs, frozen = _by_pip(workplace, what)
    if how == "archive":
        info = theirs["archive_info"]
        assert isinstance(info, dict)
        info.pop("hash", None)  # an older way to say the same
    assert workplace.direct_url() == theirs
    assert workplace.frozen() == frozen


def test_a_variant_that_a_folder_makes_keeps_its_label(workplace: Workplace) -> None:
    wheel = build_wheel(
        workplace.folder / "made",
        WheelSpec(
            "foo",
            label="sweet",
            properties={"taste": {"kind": ["sweet"]}},
            namespaces=["taste"],
            providers=PROVIDERS,
        ),
    )
    backend = (
        "import pathlib, shutil\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        f"    shutil.copy({str(wheel)!r}, folder)\n"
        f"    return {wheel.name!r}\n"
    )
    write_tree(workplace.folder / "tree", SdistSpec("foo", files={"backend.py": backend}))
    done = workplace.install("./tree")
    assert done.code == 0, done.stderr
    listed = workplace.run("list", "--json", "--python", workplace.python).document["packages"]
    assert isinstance(listed, list)
    assert [(each["name"], each["label"]) for each in listed] == [("foo", "sweet")]
    assert workplace.run("check", "--python", workplace.python).code == 0


def test_sources_in_a_file_of_requirements(workplace: Workplace) -> None:
    write_tree(workplace.folder / "tree", SdistSpec("foo"))
    path = build_sdist(workplace.folder, SdistSpec("bar"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (workplace.folder / "more").mkdir()
    file = workplace.folder / "more" / "requirements.txt"
    # As pip: paths start from the current folder, wherever the file lies.
    file.write_text("./tree ; python_version > '3'\n./missing ; python_version < '3'\n")
    assert "no such file" in workplace.install("-r", file).stderr
    file.write_text(f"./tree ; python_version > '3'\n./{path.name}\n")
    assert workplace.install("-r", file).code == 0
    assert len(workplace.frozen()) == 2
    file.write_text(f"./{path.name} --hash=sha256:{digest}\n")
    assert "nothing to do" in workplace.install("-r", file).stdout
    file.write_text(f"./{path.name} --hash=sha256:{'0' * 64}\n")
    assert "wrong sha256 hash" in workplace.install("-r", file).stderr
    file.write_text("./tree\n")
    done = workplace.install("--require-hashes", "-r", file)
    assert done.code == 2
    assert "a folder has no digest to be checked" in done.stderr


def test_what_a_build_prints_is_shown(workplace: Workplace) -> None:
    spec = SdistSpec("foo", code="print('compiling'); raise SystemExit(3)", static=True)
    write_tree(workplace.folder / "tree", spec)
    before = workplace.tree()
    done = workplace.install("./tree")
    assert done.code == 1
    assert "building `foo 1.0` failed" in done.stderr
    assert "    compiling" in done.stderr
    assert workplace.tree() == before
    write_tree(workplace.folder / "tree", SdistSpec("foo", code="print('compiling')"))
    assert "compiling" in workplace.install("./tree", "-v").stderr
    assert "compiling" not in workplace.install("./tree").stderr


def test_a_build_sees_none_of_what_would_lead_it_astray(workplace: Workplace) -> None:
    code = "import os; assert not {'PYTHONHOME', 'GIT_DIR'} & set(os.environ), os.environ"
    write_tree(workplace.folder / "tree", SdistSpec("foo", code=code))
    env = {"GIT_DIR": "/nowhere", "PYTHONSTARTUP": "/nowhere"}
    done = workplace.install("./tree", env=env)
    assert done.code == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("./nothing",), "there is no such file or folder"),
        (("./empty",), "neither a `pyproject.toml` nor a `setup.py`"),
        (("./text.txt",), "it is neither a wheel nor an archive of sources"),
        (("./gone-1.0.tar.gz",), "there is no such file"),
        (("./broken-1.0.tar.gz",), "it is no archive that can be read"),
        (("./no-project-1.0.tar.gz",), "neither a `pyproject.toml` nor a `setup.py`"),
        (("./other",), "its backend made `bar-2.0-py3-none-any.whl`"),
        (("bar @ {url}/foo",), "is the project `foo`"),
        (("{url}/foo#egg=bar",), "is the project `foo`"),
        (("{url}/foo#subdirectory=../other",), "reaches out of it"),
        (("{url}/foo#subdirectory=gone",), "neither a `pyproject.toml` nor a `setup.py`"),
        (("./foo", "./again"), "it is the project `foo`, and so is `./foo`"),
        (("./foo", "foo>2"), "foo"),
        (("./foo", "--only-binary", "foo"), "`--only-binary` says that nothing of `foo` is"),
        (("./foo", "--only-binary", ":all:"), "`--only-binary` says that nothing is"),
        (("./foo", "--for", "x86-64-v3"), "--dry-run"),
        (("./foo[no!name]",), "does not name extras"),
        (("./toml",), "Expected ']'"),
        (("./no-name",), "failed"),
    ],
)
def test_what_cannot_be_taken_leaves_the_environment_as_it_was(
    arguments: tuple[str, ...], message: str, workplace: Workplace
) -> None:
    here = workplace.folder
    write_tree(here / "foo", SdistSpec("foo"))
    write_tree(here / "again", SdistSpec("foo", version="2.0"))
    write_tree(here / "other", SdistSpec("foo", static=True, made="bar-2.0"))
    (here / "empty").mkdir()
    (here / "toml").mkdir()
    (here / "toml" / "pyproject.toml").write_text("[project\n")
    (here / "no-name").mkdir()
    (here / "no-name" / "pyproject.toml").write_text("[build-system]\nrequires = 3\n")
    (here / "text.txt").write_text("x")
    (here / "broken-1.0.tar.gz").write_bytes(b"\x1f\x8bx")
    subprocess.run(["tar", "czf", here / "no-project-1.0.tar.gz", "-C", here, "empty"], check=True)
    before = workplace.tree()
    done = workplace.install(*(each.format(url=here.as_uri()) for each in arguments))
    assert done.code in {1, 2}, done.stdout
    assert message in done.stderr
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    assert "internal" not in done.stderr
    assert workplace.tree() == before


def test_sources_that_a_dependency_names_are_refused(workplace: Workplace) -> None:
    tree = write_tree(workplace.folder / "tree", SdistSpec("bar"))
    workplace.build("foo", requires=[f"bar @ {tree.as_uri()}"])
    done = workplace.install("foo")
    assert done.code == 1
    assert workplace.built() == []
    # Once the user names the same, it is the user's own choice.
    done = workplace.install("foo", tree.as_uri())
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("command", ["explain", "lock"])
def test_what_takes_no_sources_says_who_does(command: str, workplace: Workplace) -> None:
    write_tree(workplace.folder / "tree", SdistSpec("foo"))
    done = workplace.run(command, "./tree", "--no-index")
    assert done.code == 2
    assert "has to be built" in done.stderr
    assert "whichwheel install" in done.stderr

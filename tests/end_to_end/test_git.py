"""`whichwheel install git+...`: projects from repositories."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import Completed
from support.environments import new_environment
from support.sdists import SdistSpec, write_tree
from support.workplace import Workplace

_PLAIN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@index.example")
    done = subprocess.run(
        ["git", *who, "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env={**os.environ, **_PLAIN},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _commit(folder: Path) -> str:
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "Change")
    return _git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(workplace: Workplace) -> Path:
    """A repository with version 1.0, tagged as `v1`, and 2.0 on its main branch."""
    folder = workplace.folder / "repository"
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    write_tree(folder, SdistSpec("foo"))
    _commit(folder)
    _git(folder, "tag", "-a", "v1", "-m", "One")
    write_tree(folder, SdistSpec("foo", version="2.0"))
    _commit(folder)
    return folder


def _install(
    workplace: Workplace, *arguments: str | Path, env: dict[str, str] | None = None
) -> Completed:
    return workplace.install(*arguments, env={**_PLAIN, **(env or {})})


def test_the_head_of_a_repository(repository: Path, workplace: Workplace) -> None:
    url = repository.as_uri()
    done = _install(workplace, f"git+{url}")
    assert (done.code, done.stderr) == (0, "")
    assert "foo 2.0" in done.stdout
    commit = _git(repository, "rev-parse", "HEAD")
    assert workplace.direct_url() == {
        "url": url,
        "vcs_info": {"vcs": "git", "commit_id": commit},
    }
    assert workplace.frozen() == [f"foo @ git+{url}@{commit}"]
    assert workplace.run("check", "--python", workplace.python).code == 0
    # What is frozen installs the same again.
    file = workplace.folder / "requirements.txt"
    file.write_text(workplace.frozen()[0] + "\n")
    assert "nothing to do" in _install(workplace, "-r", file).stdout


def test_a_branch_a_tag_and_a_commit(repository: Path, workplace: Workplace) -> None:
    url = repository.as_uri()
    one = _git(repository, "rev-parse", "v1^{commit}")
    _git(repository, "branch", "feature/one", "v1")
    _git(repository, "update-ref", "refs/pull/7/head", one)
    for revision in ("v1", "feature/one", one, one[:9], "refs/pull/7/head", "refs/tags/v1"):
        done = _install(workplace, f"foo @ git+{url}@{revision}")
        assert done.code == 0, done.stderr
        found = workplace.direct_url()
        assert isinstance(found, dict)
        expected = {"vcs": "git", "commit_id": one, "requested_revision": revision}
        if "foo 1.0" in done.stdout:
            assert found["vcs_info"] == expected
        else:  # the same commit is nothing to do
            assert "nothing to do" in done.stdout
    assert workplace.built() == ["metadata foo 1.0", "wheel foo 1.0"]


def test_a_branch_that_moved_is_installed_anew(repository: Path, workplace: Workplace) -> None:
    url = f"git+{repository.as_uri()}@main"
    assert _install(workplace, url).code == 0
    assert "nothing to do" in _install(workplace, url).stdout
    write_tree(repository, SdistSpec("foo", version="2.0", requires=["bar"]))
    workplace.build("bar")
    _commit(repository)
    done = _install(workplace, url)
    assert "foo 2.0" in done.stdout
    assert len(workplace.frozen()) == 2


def test_a_commit_is_built_once(repository: Path, workplace: Workplace) -> None:
    url = f"git+{repository.as_uri()}"
    assert _install(workplace, url).code == 0
    assert workplace.run("uninstall", "foo", "--python", workplace.python).code == 0
    assert _install(workplace, url).code == 0
    assert workplace.built() == ["metadata foo 2.0", "wheel foo 2.0"]


def test_a_project_below_the_top(workplace: Workplace) -> None:
    folder = workplace.folder / "mono"
    write_tree(folder / "libs" / "foo", SdistSpec("foo"))
    _git(folder, "init", "-q")
    commit = _commit(folder)
    url = folder.as_uri()
    done = _install(workplace, f"git+{url}#egg=foo&subdirectory=libs/foo")
    assert done.code == 0, done.stderr
    assert workplace.frozen() == [f"foo @ git+{url}@{commit}#subdirectory=libs/foo"]
    assert _install(workplace, f"git+{url}").code == 1


def test_what_a_backend_asks_of_the_history_is_there(
    repository: Path, workplace: Workplace
) -> None:
    code = (
        "import subprocess; "
        "print('HISTORY', subprocess.check_output(['git', 'describe', '--tags'], text=True))"
    )
    write_tree(repository, SdistSpec("foo", version="2.0", code=code))
    _commit(repository)
    done = _install(workplace, f"git+{repository.as_uri()}", "-v")
    assert done.code == 0, done.stderr
    assert "HISTORY v1-2-g" in done.stderr


def test_what_is_written_down_is_what_pip_writes_down(
    repository: Path, workplace: Workplace
) -> None:
    what = f"git+{repository.as_uri()}@v1"
    assert _install(workplace, what).code == 0
    other = Workplace(workplace.folder, new_environment(workplace.folder / "other"))
    pip = [sys.executable, "-m", "pip", "--python", other.python]
    how = ("--no-deps", "--no-index", "--no-build-isolation", "-q")
    env = {**os.environ, **_PLAIN}
    subprocess.run([*pip, "install", *how, what], check=True, env=env)
    frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True, env=env)
    assert workplace.direct_url() == other.direct_url()
    assert workplace.frozen() == frozen.stdout.splitlines()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("git+{url}@gone", "it has no branch, tag or commit `gone`"),
        ("git+{url}@" + "0" * 40, "git could not fetch the commit"),
        ("git+{url}@abcdef0", "it has no branch, tag or commit `abcdef0`"),
        ("git+{url}-gone", "git could not list its branches and tags"),
        ("git+{url}@--upload-pack=touch${{IFS}}here", "cannot be a branch"),
        ("git+file://-x/y", "no host"),
        ("git+ssh://-oProxyCommand=touch/x", "no host"),
        ("git+ext://sh/x", "`git+ext` is not one of"),
        ("hg+https://index.example/x", "git alone"),
        ("bar @ git+{url}", "is the project `foo`"),
        ("git+https://someone:secret@127.0.0.1:9/x.git", "git could not list"),
        ("git+{empty}", "no commit that is its head"),
    ],
)
def test_what_cannot_be_had_is_told(
    url: str, message: str, repository: Path, workplace: Workplace
) -> None:
    empty = workplace.folder / "empty"
    empty.mkdir()
    _git(empty, "init", "-q")
    before = workplace.tree()
    done = _install(workplace, url.format(url=repository.as_uri(), empty=empty.as_uri()))
    assert done.code in {1, 2}
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\nerror: ") == 0
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert workplace.tree() == before
    assert not list(workplace.folder.rglob("here"))


def test_without_git_it_is_told(repository: Path, workplace: Workplace) -> None:
    done = _install(workplace, f"git+{repository.as_uri()}", env={"PATH": "/nowhere"})
    assert done.code == 1
    assert "there is no `git` command on this machine" in done.stderr


def test_submodules_come_along_and_reach_no_folder_of_this_machine(
    repository: Path, workplace: Workplace
) -> None:
    other = workplace.folder / "private"
    other.mkdir()
    (other / "secret.txt").write_text("x")
    _git(other, "init", "-q")
    _commit(other)
    _git(repository, "submodule", "add", "-q", other.as_uri(), "inside")
    _commit(repository)
    done = _install(workplace, f"git+{repository.as_uri()}")
    assert done.code == 1
    assert "git could not fetch its submodules" in done.stderr
    (workplace.folder / "gitconfig").write_text('[protocol "file"]\n    allow = always\n')
    own = {"GIT_CONFIG_GLOBAL": str(workplace.folder / "gitconfig")}
    done = _install(workplace, f"git+{repository.as_uri()}", env=own)
    assert done.code == 0, done.stderr


def test_a_hook_of_git_that_runs_us_is_not_in_the_way(
    repository: Path, workplace: Workplace
) -> None:
    env = {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "GIT_INDEX_FILE": "/nowhere"}
    done = _install(workplace, f"git+{repository.as_uri()}", env=env)
    assert done.code == 0, done.stderr

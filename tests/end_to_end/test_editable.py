"""`whichwheel install -e`: projects that are worked on while they are installed (PEP 660)."""

import subprocess
import sys

import pytest

from support.environments import new_environment, run_in
from support.sdists import SdistSpec, build_sdist, write_tree
from support.workplace import Workplace


def test_a_change_of_the_folder_takes_effect(workplace: Workplace) -> None:
    tree = write_tree(
        workplace.folder / "tree", SdistSpec("foo", requires=["bar"], files={"foo.py": "A = 1\n"})
    )
    workplace.build("bar")
    done = workplace.install("-e", "./tree")
    assert (done.code, done.stderr) == (0, "")
    (tree / "foo.py").write_text("A = 2\n")
    assert run_in(workplace.environment, "python", "-c", "import foo; print(foo.A)") == "2"
    assert workplace.built() == ["metadata foo 1.0", "editable foo 1.0"]
    assert workplace.direct_url() == {"url": tree.as_uri(), "dir_info": {"editable": True}}
    assert workplace.frozen() == ["bar==1.0", f"-e {tree}"]
    assert workplace.run("check", "--python", workplace.python).code == 0
    assert "editable" in workplace.run("list", "--python", workplace.python).stdout


def test_it_is_installed_anew_each_time_and_gives_way_to_what_is_not(workplace: Workplace) -> None:
    write_tree(workplace.folder / "tree", SdistSpec("foo", static=True))
    for _ in range(2):
        assert workplace.install("--editable", "tree").code == 0
    assert workplace.install("./tree").code == 0
    assert workplace.built() == ["editable foo 1.0", "editable foo 1.0", "wheel foo 1.0"]
    assert workplace.direct_url() == {
        "url": (workplace.folder / "tree").as_uri(),
        "dir_info": {},
    }
    assert "nothing to do" in workplace.install("foo").stdout


def test_it_goes_when_it_is_uninstalled(workplace: Workplace) -> None:
    tree = write_tree(workplace.folder / "tree", SdistSpec("foo", files={"foo.py": ""}))
    before = workplace.tree()
    assert workplace.install("-e", tree).code == 0
    assert workplace.run("uninstall", "foo", "--python", workplace.python).code == 0
    assert workplace.tree() == before
    assert (tree / "foo.py").is_file()


def test_what_pip_makes_of_it_is_the_same(workplace: Workplace) -> None:
    tree = write_tree(workplace.folder / "tree", SdistSpec("foo"))
    assert workplace.install("-e", tree).code == 0
    other = Workplace(workplace.folder, new_environment(workplace.folder / "other"))
    pip = [sys.executable, "-m", "pip", "--python", other.python]
    how = ("--no-deps", "--no-index", "--no-build-isolation", "-q")
    subprocess.run([*pip, "install", *how, "-e", tree], check=True)
    assert workplace.direct_url() == other.direct_url()
    frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    assert workplace.frozen() == [line for line in frozen.splitlines() if line[0] != "#"]
    assert other.frozen() == workplace.frozen()


def test_a_file_of_requirements_names_it(workplace: Workplace) -> None:
    write_tree(workplace.folder / "tree", SdistSpec("foo"))
    file = workplace.folder / "requirements.txt"
    for line in ("-e ./tree", "--editable=./tree", "-e tree[x]", f"-e {workplace.folder}/tree"):
        file.write_text(f"{line}  # ours\n")
        done = workplace.install("-r", file)
        assert done.code == 0, done.stderr
    assert workplace.built().count("editable foo 1.0") == 4
    done = workplace.install("-c", file, "foo")
    assert done.code == 1
    assert "no constraint" in done.stderr


def test_what_its_build_needs_is_installed_for_it_alone(workplace: Workplace) -> None:
    spec = SdistSpec("foo", editable_requires=["tool"], code="import tool")
    write_tree(workplace.folder / "tree", spec)
    workplace.build("tool")
    assert workplace.install("-e", "tree").code == 0
    assert len(workplace.frozen()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-e", "old"), "its build backend makes no editable installs"),
        (("-e", "foo-1.0.tar.gz"), "only a folder with a project"),
        (("-e", "foo"), "there is no such file or folder"),
        (("-e", "git+https://index.example/foo"), "only a folder with a project"),
        (("-e", "https://index.example/foo-1.0.tar.gz"), "only a folder with a project"),
        (("-e", "tree", "./tree"), "and so is"),
        (("-e", "tree", "--only-binary=:all:"), "`--only-binary`"),
        (("-e", "tree", "--require-hashes"), "has no digest to be checked"),
    ],
)
def test_what_cannot_be_editable_is_told(
    arguments: tuple[str, ...], message: str, workplace: Workplace
) -> None:
    write_tree(workplace.folder / "old", SdistSpec("foo", has_editable=False, static=True))
    write_tree(workplace.folder / "tree", SdistSpec("foo"))
    build_sdist(workplace.folder, SdistSpec("foo"))
    before = workplace.tree()
    done = workplace.install(*arguments)
    assert done.code in {1, 2}
    assert message in done.stderr
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    assert workplace.tree() == before


_BACKENDS = {
    "setuptools": (
        'requires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"',
        '[tool.setuptools]\npy-modules = ["foo"]',
    ),
    "hatchling": (
        'requires = ["hatchling"]\nbuild-backend = "hatchling.build"',
        '[tool.hatch.build.targets.wheel]\ninclude = ["foo.py"]',
    ),
    "flit": ('requires = ["flit_core>=3.9"]\nbuild-backend = "flit_core.buildapi"', ""),
}


@pytest.mark.network
@pytest.mark.parametrize("backend", _BACKENDS)
def test_the_backends_that_people_use(backend: str, workplace: Workplace) -> None:
    system, tool = _BACKENDS[backend]
    tree = workplace.folder / "tree"
    tree.mkdir()
    (tree / "foo.py").write_text('"""Foo."""\nA = 1\n')
    (tree / "pyproject.toml").write_text(
        f"[build-system]\n{system}\n[project]\nname = 'foo'\nversion = '1.0'\n"
        f"description = 'Foo'\n{tool}\n"
    )
    for how in (("-e", "./tree"), ("./tree",)):
        # Some warn their author of what is well with us.
        env = {"PYTHONWARNINGS": ""}
        done = workplace.run("install", *how, "--python", workplace.python, env=env)
        assert done.code == 0, done.stderr
        (tree / "foo.py").write_text('"""Foo."""\nA = 2\n')
        assert run_in(workplace.environment, "python", "-c", "import foo; print(foo.A)") == "2"
        assert workplace.run("check", "--python", workplace.python).code == 0
    assert workplace.run("uninstall", "foo", "--python", workplace.python).code == 0

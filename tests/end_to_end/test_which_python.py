"""Which Python is meant: by what is active, what is nearby, a path, a name or a version."""

import json
import os
import sys
import time
import venv
from pathlib import Path

import pytest

from support.command import run_whichwheel
from support.environments import tree
from support.market import fine
from support.workplace import Workplace
from whichwheel.environment.site import Environment
from whichwheel.target.interpreters.inspection import describe_interpreter
from whichwheel.target.interpreters.places import read_launcher

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes interpreters of shell scripts")

OWN = "{}.{}".format(*sys.version_info[:2])
#: None of it is there for us.
NOTHING = {"PATH": "", "PYENV_ROOT": "/nonexistent", "UV_PYTHON_INSTALL_DIR": "/nonexistent"}


def fake(
    path: Path, version: str, environment: Environment, *, managed: bool = False, **more: object
) -> Path:
    """Make a Python of another version, which has the environment for its own."""
    stdlib = path.parent / f"lib-{path.name}"
    stdlib.mkdir(parents=True)
    if managed:
        (stdlib / "EXTERNALLY-MANAGED").write_text(
            "[externally-managed]\nError=To install, use apt\n  instead.\n"
            "Error-de=Bitte apt nehmen.\nError-de_AT=Bitte apt nehmen, gelt.\n",
            encoding="utf-8",
        )
    interpreter = environment.interpreter
    answer = {
        **describe_interpreter(),
        "version": version,
        "paths": {key: str(each) for key, each in interpreter.paths.items()},
        "prefix": str(path.parent),
        "stdlib": str(stdlib),
        "is_virtual": False,
        **more,
    }
    (stdlib / "answer").write_text(json.dumps(answer), encoding="utf-8")
    path.write_text(
        "#!/bin/sh\n"
        f"""if [ "$2" = -c ]; then printf %s "'{path}'"; else cat "{stdlib}/answer"; fi\n""",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path


def own_environment(folder: Path) -> Path:
    """Make a virtual environment of the Python that runs the tests."""
    venv.create(folder, with_pip=False)
    return folder


def used(place: Workplace, *arguments: str, env: dict[str, str] | None = None) -> str:
    """The version of the interpreter that a command takes."""
    done = place.run("platform", "--json", *arguments, env={"PATH": "/usr/bin:/bin", **(env or {})})
    assert done.code == 0, done.stderr
    target = done.document["target"]
    assert isinstance(target, dict), done.stdout
    return str(target["python"])


def listed(place: Workplace, *arguments: str, env: dict[str, str]) -> list[str]:
    """What is installed where a command looks."""
    done = place.run("list", "--json", *arguments, env=env)
    assert done.code == 0, done.stderr
    packages = done.document["packages"]
    assert isinstance(packages, list)
    return [each["name"] for each in packages]


@pytest.fixture
def nearby(workplace: Workplace) -> Path:
    """The environment `.venv` of the project in the current folder, with `soup`."""
    folder = own_environment(workplace.folder / ".venv")
    wheel = workplace.build("soup")
    fine(workplace.run("install", "--no-index", wheel, env=NOTHING))
    return folder


def test_without_a_word_it_is_the_environment_nearby(workplace: Workplace, nearby: Path) -> None:
    assert (nearby / "lib" / f"python{OWN}" / "site-packages" / "soup").is_dir()
    assert listed(workplace, env=NOTHING) == ["soup"]
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        env = {**NOTHING, variable: str(workplace.folder / "env")}
        assert listed(workplace, env=env) == []
    assert listed(workplace, "--python", workplace.python, env=NOTHING) == []
    for command in (("freeze",), ("check", "--offline"), ("uninstall", "soup")):
        assert "soup" in fine(workplace.run(*command, env=NOTHING)) or command[0] == "check"
    assert listed(workplace, env=NOTHING) == []


def test_a_version_is_that_of_an_environment_first(workplace: Workplace, nearby: Path) -> None:
    other = own_environment(workplace.folder / "other")
    active = {**NOTHING, "VIRTUAL_ENV": str(other)}
    for wanted in (OWN, f">={OWN}", "3", "cpython", f"cpython-{OWN}", "python" + OWN):
        assert listed(workplace, "--python", wanted, env=NOTHING) == ["soup"]
        assert listed(workplace, "--python", wanted, env=active) == []
    assert listed(workplace, env={**NOTHING, "WHICHWHEEL_PYTHON": OWN}) == ["soup"]
    assert nearby.is_dir()


def test_a_python_of_the_system_changes_only_if_that_is_said(workplace: Workplace) -> None:
    folder = workplace.folder / "bin"
    folder.mkdir()
    system = fake(folder / "python3.77", "3.77.1", workplace.environment)
    fake(folder / "python3", "3.76.0", workplace.environment)
    env = {**NOTHING, "PATH": f"{folder}:/usr/bin:/bin"}
    workplace.build("soup")
    links = ("--no-index", "--find-links", str(workplace.wheels))
    install = ("install", "soup", *links)
    before = tree(workplace.environment)
    for wanted in ("3.77", ">=3.77", "cpython3.77.1"):
        refused = workplace.run(*install, "--python", wanted, env=env)
        assert refused.code == 1
        assert f"no virtual environment with Python `{wanted}`" in refused.stderr
        assert f"`{system}` (3.77.1) is none" in refused.stderr
        assert "change that Python with `--system`" in refused.stderr
    assert tree(workplace.environment) == before
    # To look at it is no change.
    assert listed(workplace, "--python", "3.77", env=env) == []
    for said in (
        ("--python", "3.77", "--system"),
        ("--python", "python3.77"),
        ("--python", str(system)),
        ("--system",),
    ):
        assert "+ soup" in fine(workplace.run(*install, *said, "--dry-run", env=env))
    by_variable = {**env, "WHICHWHEEL_SYSTEM": "1", "WHICHWHEEL_PYTHON": "3.77"}
    fine(workplace.run(*install, env=by_variable))
    assert listed(workplace, "--python", "3.77", env=env) == ["soup"]
    fine(workplace.run("uninstall", "soup", "--python", "3.77", "--system", env=env))


def test_the_first_of_the_system_is_the_first_on_the_path(workplace: Workplace) -> None:
    folders = [workplace.folder / name for name in ("one", "two")]
    for number, folder in enumerate(folders):
        folder.mkdir()
        fake(folder / "python3", f"3.9{number}.0", workplace.environment)
        fake(folder / "python3.99", f"3.99.{number}", workplace.environment)
        (folder / "python3.98").write_text("#!/bin/sh\necho no such version >&2\nexit 127\n")
        (folder / "python3.98").chmod(0o755)
    path = ":".join([*map(str, folders), "/usr/bin", "/bin"])
    env = {**NOTHING, "PATH": path}
    assert used(workplace, "--system", env=env) == "3.90.0"
    assert used(workplace, "--python", "3.99", env=env) == "3.99.0"
    assert used(workplace, "--python", "==3.99.1", env=env) == "3.99.1"
    assert used(workplace, "--python", "<3.99,>3.90.5", env=env) == "3.91.0"
    assert used(workplace, "--python", "python3", env=env) == "3.90.0"
    # A stand-in that calls nothing is passed over.
    missing = workplace.run("platform", "--python", "3.98", env=env)
    assert missing.code == 1
    assert "no Python is `3.98`; found: " in missing.stderr
    assert f"3.90.0 (`{folders[0] / 'python3'}`)" in missing.stderr


def test_the_folders_of_pyenv_and_uv_are_looked_into(workplace: Workplace) -> None:
    pyenv, managed = workplace.folder / "pyenv", workplace.folder / "uv"
    for root, name, version in (
        (pyenv / "versions", "3.77.1", "3.77.1"),
        (pyenv / "versions", "3.77.12", "3.77.12"),
        (pyenv / "versions", "pypy3.78-7.3.17", "3.78.2"),
        (managed, "cpython-3.79.3-linux-x86_64-gnu", "3.79.3"),
    ):
        implementation = "pypy" if name.startswith("pypy") else "cpython"
        (root / name / "bin").mkdir(parents=True)
        python = root / name / "bin" / "python3"
        fake(python, version, workplace.environment, implementation=implementation)
    env = {**NOTHING, "PATH": "/usr/bin:/bin"}
    env |= {"PYENV_ROOT": str(pyenv), "UV_PYTHON_INSTALL_DIR": str(managed)}
    assert used(workplace, "--python", "3.77", env=env) == "3.77.12"
    assert used(workplace, "--python", "3.77.1", env=env) == "3.77.1"
    assert used(workplace, "--python", "pypy", env=env) == "3.78.2"
    assert used(workplace, "--python", "pypy3.78", env=env) == "3.78.2"
    assert used(workplace, "--python", ">=3.79", env=env) == "3.79.3"
    assert workplace.run("platform", "--python", "cpython3.78", env=env).code == 1
    assert workplace.run("platform", "--python", "pypy3.77", env=env).code == 1


def test_what_another_tool_manages_is_refused_in_its_words(workplace: Workplace) -> None:
    folder = workplace.folder / "bin"
    folder.mkdir()
    system = fake(folder / "python3", "3.77.1", workplace.environment, managed=True)
    workplace.build("soup")
    links = ("--no-index", "--find-links", str(workplace.wheels))
    install = ("install", "soup", *links, "--python", str(system))
    before = tree(workplace.environment)
    for language, words in {
        "C": "To install, use apt instead.",
        "de_AT.UTF-8": "Bitte apt nehmen, gelt.",
        "de_DE@euro": "Bitte apt nehmen.",
        "fr_FR.UTF-8": "To install, use apt instead.",
    }.items():
        refused = workplace.run(*install, env={"LC_ALL": language})
        assert refused.code == 1
        assert "is externally managed" in refused.stderr
        assert words in refused.stderr
        assert "`--break-system-packages`" in refused.stderr
    assert tree(workplace.environment) == before
    fine(workplace.run(*install, "--break-system-packages"))
    uninstall = ("uninstall", "soup", "--python", str(system))
    assert "is externally managed" in workplace.run(*uninstall).stderr
    by_variable = {"WHICHWHEEL_BREAK_SYSTEM_PACKAGES": "1"}
    fine(workplace.run(*uninstall, env=by_variable))


def test_somebody_elses_environment_round_the_folder_does_not_count(
    workplace: Workplace, nearby: Path
) -> None:
    if os.getuid() != 0:
        pytest.skip("gives a folder away")
    inner = workplace.folder / "src" / "inner"
    inner.mkdir(parents=True)

    def found(folder: Path) -> list[str]:
        home = workplace.folder / "home"
        done = run_whichwheel("list", "--json", home=home, cwd=folder, env=NOTHING)
        assert done.code == 0, done.stderr
        packages = done.document["packages"]
        assert isinstance(packages, list)
        return [each["name"] for each in packages]

    assert found(inner) == found(workplace.folder) == ["soup"]
    os.chown(nearby, 12345, 12345)
    assert found(workplace.folder) == ["soup"]
    assert "pytest" in found(inner)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--python", ">=x"), "`>=x` is no range of Python versions"),
        (("--python", "3.12.4.5"), "`3.12.4.5` cannot be used: it does not exist"),
        (("--python", ""), "cannot be used"),
        (("--python", "./3.12"), "`3.12` cannot be used: it does not exist"),
        (("--python", "no-such-python"), "`no-such-python` cannot be used: it does not exist"),
        (("--system", "--for", "any.toml"), "`--system` excludes it"),
        (("--python", "3.12", "--for", "any.toml"), "`--python` excludes it"),
    ],
)
def test_what_names_no_python_says_so(
    workplace: Workplace, arguments: tuple[str, ...], words: str
) -> None:
    done = workplace.run("platform", *arguments, env={**NOTHING, "PATH": "/usr/bin:/bin"})
    assert done.code in {1, 2}
    assert words in done.stderr


def test_an_environment_is_none_of_the_system(workplace: Workplace) -> None:
    done = workplace.run("list", "--system", "--python", workplace.python)
    assert done.code == 1
    assert "it is in a virtual environment" in done.stderr
    assert "hint: leave out `--system`, or `--python`" in done.stderr


def test_the_list_of_the_launcher_is_read() -> None:
    listed = (
        " -V:3.13 *        C:\\Program Files\\Python313\\python.exe\n"
        " -V:3.12          C:\\Python312\\python.exe\n"
        " -3.9-64          C:\\Python39\\python.exe *\n"
        "No runtimes installed\n\n"
    )
    assert [str(place.path) for place in read_launcher(listed)] == [
        "C:\\Program Files\\Python313\\python.exe",
        "C:\\Python312\\python.exe",
        "C:\\Python39\\python.exe",
    ]


def test_an_environment_that_comes_nearer_is_taken(workplace: Workplace, nearby: Path) -> None:
    inner = workplace.folder / "inner"
    inner.mkdir()
    home = workplace.folder / "home"
    install = ("install", "soup", "--no-index", "--find-links", str(workplace.wheels))
    time.sleep(0.2)  # what changed just now is not taken for settled
    for _ in range(2):
        done = run_whichwheel(*install, home=home, cwd=inner, env=NOTHING)
        assert "nothing to do" in fine(done)
    own_environment(inner / ".venv")
    assert "soup 1.0" in fine(run_whichwheel(*install, home=home, cwd=inner, env=NOTHING))
    assert nearby.is_dir()

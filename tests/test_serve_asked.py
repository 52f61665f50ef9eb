import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whichwheel.requirements.project_file import InvalidProjectFile
from whichwheel.requirements.requirement_files import RequirementFileError
from whichwheel.serve.running.asked import Asked, NothingAsked, what_is_asked
from whichwheel.serve.running.commands import Tool, recognise
from whichwheel.serve.running.projects import poetry_requirement
from whichwheel.spec.errors import WhichwheelError

PROJECT = """
[project]
name = "app"
version = "1"
dependencies = ["numpy>=2", "torch; sys_platform == 'linux'"]
optional-dependencies.gui = ["qt", "app[net]"]
optional-dependencies.net = ["urllib3"]
[dependency-groups]
dev = ["pytest", {include-group = "lint"}]
lint = ["ruff"]
"""
POETRY = """
[tool.poetry.dependencies]
python = "^3.11"
numpy = "^2.1"
torch = {version = "~2.9", extras = ["x"], markers = "os_name == 'posix'"}
here = {path = "../here"}
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""


def asked(line: str, folder: Path) -> Asked:
    return what_is_asked(recognise(line.split()), folder)


@pytest.mark.parametrize(
    ("line", "requirements"),
    [
        ("pip install -U -q numpy torch>=2", ["numpy", "torch>=2"]),
        ("pip3.12 install --target x --upgrade numpy[y]==2", ["numpy[y]==2"]),
        ("/usr/bin/python3 -Im pip -v install --cache-dir c -- numpy", ["numpy"]),
        ("python -X dev -m pip download -dhere --platform p numpy", ["numpy"]),
        (r"C:\env\Scripts\pip.exe wheel numpy", ["numpy"]),
        ("pip install https://h/torch-1-py3-none-any.whl", ["https://h/torch-1-py3-none-any.whl"]),
        ("uv --project x pip install -p 3.12 --index-strategy s numpy", ["numpy"]),
        ("uv tool install --with a,b ruff@0.5", ["ruff==0.5", "a", "b"]),
        ("uvx --from x[y] y --index-url z", ["x[y]"]),
        ("uv tool run ruff@latest check -r .", ["ruff"]),
        ("pipx install --pip-args=--pre black", ["black"]),
        ("pipx run --spec black==24 black -c x", ["black==24"]),
        ("conda run -n env --no-capture-output pip install numpy", ["numpy"]),
    ],
)
def test_arguments_are_told_from_values_of_options(
    line: str, requirements: list[str], tmp_path: Path
) -> None:
    assert list(asked(line, tmp_path).requirements) == requirements


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("uv sync --frozen", []),
        ("uv lock", []),
        ("pdm install -G x", []),
        ("poetry install", []),
        ("uv add -r more.txt rich", ["rich", "more"]),
        ("pdm add -G dev rich", ["rich"]),
        ("poetry add rich@^13.1", ["rich>=13.1,<14"]),
    ],
)
def test_a_project_is_what_its_lock_covers(line: str, more: list[str], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "more.txt").write_text("more\n")
    (tmp_path / "src").mkdir()
    found = asked(line, tmp_path if "-r" in line else tmp_path / "src")
    whole = ["numpy>=2", "torch; sys_platform == 'linux'", "qt", "urllib3", "pytest", "ruff"]
    assert list(found.requirements) == whole + more
    assert found.fresh


def test_a_project_in_a_folder_is_installed_with_the_extras_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert asked("pip install .", tmp_path).requirements == (
        "numpy>=2",
        "torch; sys_platform == 'linux'",
    )
    assert asked("pip install -e .[net] rich", tmp_path).requirements == (
        "rich",
        "numpy>=2",
        "torch; sys_platform == 'linux'",
        "urllib3",
    )


def test_tables_of_poetry_are_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(POETRY)
    assert asked("poetry lock", tmp_path).requirements == (
        "numpy>=2.1,<3",
        "torch[x]>=2.9,<2.10; os_name == 'posix'",
        "pytest",
    )
    wanted = {
        "^0.2.3": ">=0.2.3,<0.3",
        "^0.0.3": ">=0.0.3,<0.0.4",
        "^0": ">=0,<1",
        "~1": ">=1,<2",
        "1.2.*": "==1.2.*",
        ">=1,<2": ">=1,<2",
        "~=1.4": "~=1.4",
        "*": "",
    }
    assert {text: poetry_requirement("", text) for text in wanted} == wanted


def test_files_of_requirements_are_read_by_the_rules_of_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANTED", "2.1")
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text(
        "\ufeff# a comment\n"
        "--index-url https://index.example/simple\n"
        f"numpy==${{WANTED}} \\\n    --hash=sha256:{'0' * 64} \\\n"
        f"    --hash=sha256:{'1' * 64}\n"
        "torch>=2  # the new one\n"
        "-r sub/b.txt\n-c sub/c.txt\n--pre\n"
        "git+https://host.example/x#egg=x\n",
        encoding="utf-8",
    )
    (tmp_path / "sub" / "b.txt").write_text("rich\n-r ../a.txt\n-e ./own\n")
    (tmp_path / "sub" / "c.txt").write_text("pygments<3\nx @ https://h/x.whl\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pyproject.toml").write_text(PROJECT)
    found = asked("pip install -ra.txt -r https://h/more.txt", tmp_path)
    assert found.requirements == (
        "numpy==2.1",
        "torch>=2",
        "rich",
        "numpy>=2",
        "torch; sys_platform == 'linux'",
    )
    assert found.constraints == ("pygments<3",)
    assert found.prereleases
    assert found.left_out == ("git+https://host.example/x#egg=x", "https://h/more.txt")


def test_what_asks_for_nothing_is_an_error_with_a_hint(tmp_path: Path) -> None:
    for line in ("pip list", "make install", "pip install", "uv sync", "pip install git+https://h"):
        with pytest.raises(NothingAsked) as raised:
            asked(line, tmp_path)
        assert raised.value.hint is not None


def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    for line in ("pip install -r nothing.txt", "pip install -r ."):
        with pytest.raises(RequirementFileError):
            asked(line, tmp_path)
    (tmp_path / "large.txt").write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(RequirementFileError, match="4 MiB"):
        asked("pip install -r large.txt", tmp_path)
    (tmp_path / "many.txt").write_text("\n".join(f"-r {n}.txt" for n in range(200)))
    for number in range(200):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(RequirementFileError, match="100 files"):
        asked("pip install -r many.txt", tmp_path)
    for text in (
        "= 1",
        "[project]\ndynamic = ['dependencies']",
        "[project]\ndependencies = 'numpy'",
        "[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'a'}]",
    ):
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(InvalidProjectFile):
            asked("uv sync", tmp_path)


def test_programs_are_known_by_their_names() -> None:
    named = {
        "pip": Tool.PIP,
        "pip3.13": Tool.PIP,
        "/opt/bin/uv": Tool.UV,
        "poetry.CMD": Tool.POETRY,
        "micromamba": Tool.CONDA,
        "pip-compile": Tool.OTHER,
        "bash": Tool.OTHER,
        "other": Tool.OTHER,
    }
    assert {name: recognise([name, "install"]).tool for name in named} == named
    assert recognise(["conda", "run", "-p", "/x", "pip", "install", "y"]).prefix == "/x"


@given(st.lists(st.text(max_size=12), max_size=6))
@example(["~0"])
@example(["-r", "~0/\0"])
@example(["x.whl"])
@example(["..", "-e", "[", "--"])
def test_no_command_line_is_too_odd(words: list[str]) -> None:
    folder = Path(os.devnull).parent
    for start in (["pip", "install"], ["python", "-m", "pip"], ["uv", "add"], ["conda", "run"]):
        try:
            what_is_asked(recognise([*start, *words]), folder)
        except WhichwheelError as error:
            assert error.hint  # noqa: PT017 -- whatever is raised

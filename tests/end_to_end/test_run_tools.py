"""`whichwheel run` with installers from the package index, each in an environment of its own."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from support.command import child_environment
from support.running import PIP, UV, Shop, open_shop, sha256
from support.workplace import Workplace

pytestmark = pytest.mark.network

PIPS = ("23.2.1", "24.3.1", "26.2")
#: What is installed for each tool; pdm with the versions that it is published with.
TOOLS = {
    **{f"pip-{version}": [f"pip=={version}"] for version in PIPS},
    "poetry": ["poetry==2.5.1", "poetry-plugin-pypi-mirror==0.6.5"],
    "pdm": ["pdm[locked]==2.29.3"],
    "pipx": ["pipx==1.18.4"],
    "hatch": ["hatch==1.18.2"],
}
PROJECT = (
    '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["soup"]\n'
)
#: The tools warn of what is not ours.
ENV = {"PYTHONWARNINGS": "", "POETRY_VIRTUALENVS_IN_PROJECT": "true", "PDM_CHECK_UPDATE": "false"}


@pytest.fixture
def shop(workplace: Workplace) -> Iterator[Shop]:
    with open_shop(workplace) as opened:
        yield opened


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the environments, shared by all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "tools"


def install(tools: Path, tool: str) -> Path:
    """Return the folder of a tool's programs; skip where its index cannot be reached."""
    folder = tools / tool
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    tools.mkdir(exist_ok=True)
    with FileLock(tools / f"{tool}.lock"):
        if (folder / "done").exists():
            return programs
        venv.create(folder, with_pip=False, symlinks=os.name != "nt", clear=True)
        command = [*PIP, "--python", str(folder), "install", "--quiet", *TOOLS[tool]]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if "Could not find a version" in done.stderr or "connection" in done.stderr.lower():
            pytest.skip(f"{tool} cannot be had from the index here")
        assert done.returncode == 0, done.stderr
        (folder / "done").touch()
    return programs


def project(shop: Shop) -> Path:
    folder = shop.workplace.folder / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


def sweet(shop: Shop) -> str:
    return sha256(shop.workplace.wheels / "soup-1.0-py3-none-any-sweet.whl")


@pytest.mark.parametrize("version", PIPS)
def test_pip(version: str, shop: Shop, tools: Path) -> None:
    pip = install(tools, f"pip-{version}") / "pip"
    into = ("--python", shop.workplace.python)
    done = shop.run(pip, *into, "install", "soup", env=ENV)
    assert done.code == 0, done.stderr
    assert "soup 1.0 (sweet)" in done.stderr
    assert shop.labels() == {"bread": None, "soup": "sweet", "sugar": None}
    checked = subprocess.run([pip, *into, "check"], check=False, capture_output=True, text=True)
    assert checked.stdout == "No broken requirements found.\n"
    pins = shop.workplace.folder / "pins.txt"
    pins.write_text(f"soup==1.0 --hash=sha256:{sweet(shop)}\n")
    hashed = ("install", "--force-reinstall", "--no-deps", "--require-hashes", "-r", pins)
    done = shop.run(pip, *into, *hashed, env=ENV)
    assert done.code == 0, done.stderr
    done = shop.run(pip, "download", "-d", "got", "soup", env=ENV)
    assert done.code == 0, done.stderr
    digests = {sha256(path) for path in (shop.workplace.folder / "got").iterdir()}
    assert sweet(shop) in digests


def test_poetry(shop: Shop, tools: Path) -> None:
    poetry = install(tools, "poetry") / "poetry"
    folder = project(shop)
    done = shop.run(poetry, "lock", "-n", cwd=folder, env=ENV)
    assert (done.code, "warning" in done.stderr) == (0, False), done.stdout + done.stderr
    locked = (folder / "poetry.lock").read_text()
    assert sweet(shop) in locked
    assert "127.0.0.1" not in locked
    for _ in range(2):
        done = shop.run(poetry, "install", "--no-root", "-n", cwd=folder, env=ENV)
        assert done.code == 0, done.stdout + done.stderr
        labels = shop.labels(folder / ".venv")
        assert (labels["soup"], "sugar" in labels) == ("sweet", True)
        assert (folder / "poetry.lock").read_text() == locked


@pytest.mark.parametrize("tool", ["poetry", "pdm"])
def test_what_a_tool_remembers_of_the_plain_wheel_is_not_taken_for_the_build(
    tool: str, shop: Shop, tools: Path
) -> None:
    program = install(tools, tool) / tool
    folder = project(shop)
    env = {**ENV, "POETRY_PYPI_MIRROR_URL": shop.url, "PDM_PYPI_URL": shop.url}
    home = child_environment(shop.workplace.folder / "home", env)
    command: list[str | Path] = [program, "lock", "-n"] if tool == "poetry" else [program, "lock"]
    done = subprocess.run(command, cwd=folder, env=home, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lock = folder / f"{tool}.lock"
    assert "sugar" not in lock.read_text()
    lock.unlink()
    assert shop.run(*command, cwd=folder, env=ENV).code == 0
    assert sweet(shop) in lock.read_text()
    assert "sugar" in lock.read_text()
    lock.unlink()
    subprocess.run(command, cwd=folder, env=home, check=True, capture_output=True)
    assert "sugar" not in lock.read_text()


def test_poetry_without_its_plugin_is_told_of(shop: Shop, tools: Path) -> None:
    programs = install(tools, "poetry")
    [site] = [
        *(programs.parent).glob("lib/python*/site-packages"),
        *programs.parent.glob("Lib/site-packages"),
    ]
    bare = shop.workplace.folder / "bare"
    (bare / "bin").mkdir(parents=True)
    (bare / "lib" / "python3" / "site-packages" / "poetry").mkdir(parents=True)
    assert (site / "poetry_plugin_pypi_mirror").is_dir()
    script = bare / "bin" / "poetry"
    script.write_text(f"#!{sys.executable}\n")
    script.chmod(0o755)
    done = shop.run(script, "lock", options=["--dry-run"])
    assert "`poetry self add poetry-plugin-pypi-mirror`" in done.stderr


def test_pdm(shop: Shop, tools: Path) -> None:
    pdm = install(tools, "pdm") / "pdm"
    folder = project(shop)
    env = {**ENV, "PDM_VENV_IN_PROJECT": "true"}
    subprocess.run([UV, "venv", "-q", "-p", sys.executable, ".venv"], check=True, cwd=folder)
    (folder / ".pdm-python").write_text(str(folder / ".venv" / "bin" / "python"))
    done = shop.run(pdm, "lock", cwd=folder, env=env)
    assert done.code == 0, done.stdout + done.stderr
    locked = (folder / "pdm.lock").read_text()
    assert sweet(shop) in locked
    assert "127.0.0.1" not in locked
    for command in ("sync", "install"):
        done = shop.run(pdm, command, "--no-self", cwd=folder, env=env)
        assert done.code == 0, done.stdout + done.stderr
        assert shop.labels(folder / ".venv") == {"bread": None, "soup": "sweet", "sugar": None}
        assert (folder / "pdm.lock").read_text() == locked


def test_pipx(shop: Shop, tools: Path) -> None:
    pipx = install(tools, "pipx") / "pipx"
    shop.add("cook", requires=["soup"], entry_points="[console_scripts]\ncook = soup:main\n")
    env = {
        **ENV,
        "PIPX_HOME": str(shop.workplace.folder / "pipx"),
        "PIPX_BIN_DIR": str(shop.workplace.folder / "programs"),
        "PIPX_DEFAULT_BACKEND": "pip",
    }
    done = shop.run(pipx, "install", "--skip-maintenance", "cook", env=env)
    assert done.code == 0, done.stdout + done.stderr
    assert shop.labels(shop.workplace.folder / "pipx" / "venvs" / "cook")["soup"] == "sweet"


def test_hatch(shop: Shop, tools: Path) -> None:
    hatch = install(tools, "hatch") / "hatch"
    folder = project(shop)
    with (folder / "pyproject.toml").open("a") as file:
        file.write('[tool.hatch.envs.default]\nskip-install = true\ndependencies = ["soup"]\n')
    env = {**ENV, "HATCH_DATA_DIR": str(shop.workplace.folder / "hatch")}
    done = shop.run(hatch, "env", "create", cwd=folder, env=env)
    assert done.code == 0, done.stdout + done.stderr
    where = shop.run(hatch, "env", "find", cwd=folder, env=env).stdout.strip()
    assert shop.labels(where)["soup"] == "sweet"


def test_the_lock_of_pip_names_the_offered_file(shop: Shop, tools: Path) -> None:
    pip = install(tools, "pip-26.2") / "pip"
    done = shop.run(pip, "lock", "soup", "-o", "pylock.toml", env=ENV)
    assert done.code == 0, done.stderr
    locked = (shop.workplace.folder / "pylock.toml").read_text()
    assert sweet(shop) in locked
    again = (shop.workplace.folder / "home").rglob("addresses.json")
    [entry] = json.loads(next(again).read_text())["addresses"].values()
    assert entry["token"] not in locked

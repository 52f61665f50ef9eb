"""Locks between whichwheel, pip and uv, each of them real."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.command import child_environment
from support.environments import installed_by_pip, pip, uv
from support.index import write_project
from support.locks import build_tensor, lifted, lock, lock_table, write_targets
from support.server import serve
from support.workplace import Workplace

UV = Path(sys.executable).with_name("uv")


def _run(workplace: Workplace, *command: str | Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        cwd=workplace.folder,
        env=child_environment(workplace.folder / "home"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _locked_for_this(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread"])
    workplace.build("bread")
    where = ("--no-index", "-f", workplace.wheels)
    done = workplace.run("lock", "soup", *where, "--for", "this")
    assert done.code == 0, done.stderr


def test_uv_installs_an_exported_lock(workplace: Workplace) -> None:
    _locked_for_this(workplace)
    done = workplace.run("export", "--format", "pylock", "-o", "pylock.plain.toml")
    assert done.code == 0, done.stderr
    lifted(lock_table(workplace, "pylock.plain.toml"))
    uv(workplace.environment, "pip", "sync", str(workplace.folder / "pylock.plain.toml"))
    assert installed_by_pip(workplace.environment) == {"bread": "1.0", "soup": "1.0"}
    listed: Any = workplace.run("list", "--python", workplace.python, "--json").document
    assert {each["name"]: each["label"] for each in listed["packages"]}["soup"] == "sweet"


def test_uv_installs_a_lock_of_ours_that_has_no_variants(workplace: Workplace) -> None:
    write_targets(workplace)
    workplace.build("bread", requires=["butter; sys_platform == 'linux'", "jam"])
    workplace.build("butter")
    workplace.build("jam")
    assert lock(workplace, "bread").code == 0
    uv(workplace.environment, "pip", "install", "-r", str(workplace.folder / "pylock.toml"))
    assert installed_by_pip(workplace.environment) == {
        "bread": "1.0",
        "butter": "1.0",
        "jam": "1.0",
    }


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_exported_pins_install_with(tool: str, workplace: Workplace) -> None:
    _locked_for_this(workplace)
    done = workplace.run("export", "-o", "requirements.txt")
    assert (done.code, "`--wheels DIR`" in done.stderr) == (1, True)
    done = workplace.run("export", "-o", "requirements.txt", "--wheels", "copies")
    assert done.code == 0, done.stderr
    copies = [path.name for path in (workplace.folder / "copies").iterdir()]
    assert copies == ["soup-1.0-py3-none-any.whl"]
    pins = str(workplace.folder / "requirements.txt")
    arguments = ("install", "--no-index", "--require-hashes", "-r", pins)
    if tool == "pip":
        pip(workplace.environment, *arguments)
    else:
        uv(workplace.environment, "pip", *arguments)
    assert installed_by_pip(workplace.environment) == {"bread": "1.0", "soup": "1.0"}


def test_exported_pins_of_an_index_name_versions(workplace: Workplace) -> None:
    bread = workplace.build("bread")
    write_project(workplace.folder, "bread", [bread])
    with serve(workplace.folder) as server:
        url = f"{server.url}simple/"
        assert workplace.run("lock", "bread", "-i", url, "--for", "this").code == 0
        done = workplace.run("export")
    digest = hashlib.sha256(bread.read_bytes()).hexdigest()
    assert done.stdout == f"bread==1.0 \\\n    --hash=sha256:{digest}\n"


def test_what_uv_locks_installs_with_us(workplace: Workplace) -> None:
    paths = [workplace.build("bread", requires=["butter; sys_platform != 'win32'"])]
    butter = workplace.build("butter", requires_python=">=3.8")
    write_project(workplace.folder, "bread", paths)
    write_project(workplace.folder, "butter", [butter])
    (workplace.folder / "requirements.in").write_text("bread\n")
    with serve(workplace.folder) as server:
        url = f"{server.url}simple/"
        command: list[str | Path] = [
            UV,
            "pip",
            "compile",
            "requirements.in",
            "--format",
            "pylock.toml",
        ]
        _run(workplace, *command, "-o", "pylock.toml", "--index-url", url, "-p", sys.executable)
        assert 'created-by = "uv"' in (workplace.folder / "pylock.toml").read_text()
        done = workplace.run("sync", "--python", workplace.python)
        assert done.code == 0, done.stderr
    assert installed_by_pip(workplace.environment) == {"bread": "1.0", "butter": "1.0"}
    again = workplace.run("install", "-r", "pylock.toml", "--python", workplace.python)
    assert again.stdout == "nothing to do: 2 packages are installed already\n"


def test_what_pip_locks_installs_with_us(workplace: Workplace) -> None:
    workplace.build("bread", requires=["butter"])
    workplace.build("butter")
    pip_lock: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "lock",
        "--no-index",
        "-f",
        workplace.wheels,
    ]
    _run(workplace, *pip_lock, "bread", "-o", "pylock.toml", "--disable-pip-version-check")
    done = workplace.run("sync", "--python", workplace.python)
    assert done.code == 0, done.stderr
    assert installed_by_pip(workplace.environment) == {"bread": "1.0", "butter": "1.0"}


def test_groups_and_extras_of_other_tools_are_asked_for(workplace: Workplace) -> None:
    entries = []
    for name, marker in (
        ("bread", None),
        ("butter", "'rich' in extras"),
        ("knife", "'dev' in dependency_groups"),
        ("plate", "'default' in dependency_groups"),
    ):
        wheel = workplace.build(name)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        entries.append(
            f'[[packages]]\nname = "{name}"\nversion = "1.0"\n'
            + (f'marker = "{marker}"\n' if marker else "")
            + f'wheels = [{{path = "wheels/{wheel.name}", hashes = {{sha256 = "{digest}"}}}}]\n'
        )
    (workplace.folder / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "pdm"\nextras = ["rich"]\n'
        'dependency-groups = ["dev"]\ndefault-groups = ["default"]\n' + "".join(entries)
    )
    python = ("--python", workplace.python)
    assert workplace.run("sync", *python).code == 0
    assert set(installed_by_pip(workplace.environment)) == {"bread", "plate"}
    assert workplace.run("sync", *python, "--extra", "rich", "--group", "dev").code == 0
    assert set(installed_by_pip(workplace.environment)) == {"bread", "butter", "knife", "plate"}


def test_a_lock_with_variants_is_refused_by_tools_that_know_none(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    assert lock(workplace, "tensor").code == 0
    command = [UV, "pip", "sync", "pylock.toml", "--python", workplace.python]
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        capture_output=True,
        text=True,
        cwd=workplace.folder,
        env=child_environment(workplace.folder / "home"),
    )
    assert done.returncode != 0
    assert installed_by_pip(workplace.environment) == {}

"""The shipped overlays on the real files of today, from the index that pip here would use."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.command import Completed
from support.environments import new_environment
from whichwheel.sources.overlays.overlay_reading import shipped_overlays

pytestmark = pytest.mark.network

#: Those that are tried on the index; the others name pages of their publishers.
ON_THE_INDEX = tuple(
    name
    for name, overlay in shipped_overlays().items()
    if not any(build.index or build.page for build in overlay.builds)
)
#: A processor without AVX2, and without any GPU.
OLD = """
extends = "x86-64-v1"
name = "old"
[facts.x86_64]
level = "v2"
"""
#: A driver of CUDA 12, and an A100.
CUDA_12 = """
extends = "aws-c7i"
name = "older-driver"
[facts.nvidia]
driver_cuda_version = "12.4"
compute_capabilities = ["8.0"]
"""
#: The last driver that serves a V100, for which CUDA 13 has no code.
VOLTA = """
extends = "aws-c7i"
name = "volta"
[facts.nvidia]
driver_cuda_version = "13.0"
compute_capabilities = ["7.0"]
"""


def run(folder: Path, *arguments: str | Path) -> Completed:
    """Run a command with the settings of pip on this machine, and none of whichwheel's."""
    mine = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHONWARNINGS": "error",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WHICHWHEEL_")}
    done = subprocess.run(
        [sys.executable, "-m", "whichwheel", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**kept, **mine},
        cwd=folder,
        timeout=300,
    )
    return Completed(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cache all tests of this module share."""
    made = tmp_path_factory.mktemp("home")
    for name, text in {"old": OLD, "cuda12": CUDA_12, "volta": VOLTA}.items():
        (made / f"{name}.toml").write_text(text, "utf-8")
    return made


def planned(folder: Path, *arguments: str | Path) -> dict[str, str | None]:
    """Return the labels of what would be installed, by the names of the files' own projects."""
    done = run(folder, "install", *arguments, "--dry-run", "--json")
    assert done.code == 0, done.stderr
    added = json.loads(done.stdout)["add"]
    return {each["filename"].partition("-")[0].replace("_", "-"): each["label"] for each in added}


@pytest.mark.parametrize(
    ("arguments", "there", "absent"),
    [
        (["xgboost", "--for", "aws-p5"], {"xgboost": "cuda13"}, ["xgboost-cpu"]),
        (["xgboost", "--for", "cuda12.toml"], {"xgboost-cu12": "cuda12"}, ["xgboost"]),
        (["xgboost", "--for", "volta.toml"], {"xgboost-cu12": "cuda12"}, ["xgboost"]),
        (["xgboost==3.0.5", "--for", "aws-p5"], {"xgboost": "cuda12"}, ["xgboost-cpu"]),
        (["xgboost", "--for", "aws-c7i"], {"xgboost-cpu": "null"}, ["xgboost"]),
        (["xgboost", "--for", "aws-c7g"], {"xgboost-cpu": "null"}, ["xgboost"]),
        # From before there was a build without GPU code.
        (["xgboost==2.0.3", "--for", "aws-c7i"], {"xgboost": None}, ["xgboost-cpu"]),
        (["xgboost", "--for", "apple-m4"], {"xgboost": None}, ["xgboost-cpu"]),
        (["xgboost", "--for", "github-windows-2025"], {"xgboost": None}, ["xgboost-cpu"]),
        (["cupy", "--for", "aws-p5"], {"cupy-cuda13x": "cuda13"}, []),
        (["cupy", "--for", "cuda12.toml"], {"cupy-cuda12x": "cuda12"}, []),
        (["cupy", "--for", "volta.toml"], {"cupy-cuda12x": "cuda12"}, []),
        (["onnxruntime", "--for", "rtx-4090"], {"onnxruntime-gpu": "cuda13"}, ["onnxruntime"]),
        (["onnxruntime", "--for", "aws-c7i"], {"onnxruntime": None}, ["onnxruntime-gpu"]),
        (["polars", "--for", "aws-c7i"], {"polars": "x86_64_v3"}, ["polars-runtime-compat"]),
        (
            ["polars", "--for", "old.toml"],
            {"polars": "x86_64_v2", "polars-runtime-compat": None},
            [],
        ),
        (["polars<1.34", "--for", "old.toml"], {"polars-lts-cpu": "x86_64_v2"}, ["polars"]),
        (["polars", "--for", "apple-m4"], {"polars": None}, ["polars-runtime-compat"]),
        (
            ["tensorflow", "--for", "aws-p5"],
            {"tensorflow": "cuda12", "nvidia-cudnn-cu12": None},
            ["tensorflow-cpu"],
        ),
        (["tensorflow", "--for", "aws-c7i"], {"tensorflow-cpu": "null"}, ["tensorflow"]),
        (
            ["jax", "--overlay", "jax", "--for", "aws-p5"],
            {"jax": "cuda13", "jax-cuda13-plugin": None},
            ["jax-cuda12-plugin"],
        ),
        (
            ["jax", "--overlay", "jax", "--for", "volta.toml"],
            {"jax": "cuda12", "jax-cuda12-plugin": None},
            ["jax-cuda13-plugin"],
        ),
        (["jax", "--overlay", "jax", "--for", "gcp-tpu-v5e"], {"jax": "tpu", "libtpu": None}, []),
        (["jax", "--for", "aws-p5"], {"jax": None}, ["jax-cuda13-plugin"]),
        (
            ["faiss-cpu", "--overlay", "faiss-cpu", "--for", "aws-p5"],
            {"faiss-gpu": "cuda12"},
            ["faiss-cpu"],
        ),
        # TensorFlow has no build for CUDA 13, and all agree on one CUDA.
        (
            ["tensorflow", "xgboost", "cupy", "--for", "aws-p5"],
            {"tensorflow": "cuda12", "xgboost-cu12": "cuda12", "cupy-cuda12x": "cuda12"},
            ["xgboost", "cupy-cuda13x"],
        ),
        (
            ["opencv-python-headless", "--for", "aws-c7i"],
            {"opencv-python-headless": "null"},
            ["opencv-python"],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_machines_get_what_the_vendors_pages_say(
    folder: Path, arguments: Sequence[str], there: dict[str, str | None], absent: Sequence[str]
) -> None:
    plan = planned(folder, *arguments)
    assert {name: plan.get(name, "absent") for name in there} == there
    assert not set(absent) & set(plan)


def test_without_a_gpu_there_is_no_cupy_and_the_reason_is_told(folder: Path) -> None:
    done = run(folder, "install", "cupy", "--dry-run", "--for", "aws-c7i")
    assert done.code == 1
    assert "`cuda12`: `nvidia :: cuda_version_lower_bound` must be `12.0`" in done.stderr
    assert "no GPU" in done.stderr


@pytest.mark.parametrize("name", ON_THE_INDEX)
def test_every_build_has_files(folder: Path, name: str) -> None:
    done = run(folder, "overlay", "test", name, "--for", "aws-p5", "--for", "aws-c7i")
    assert (done.code, done.stderr) == (0, "")


def test_a_machine_without_a_gpu_gets_an_xgboost_that_works(folder: Path, tmp_path: Path) -> None:
    environment = new_environment(tmp_path)
    python = str(environment.interpreter.executable)
    # Whatever this machine has: what would be found is given.
    done = run(folder, "install", "xgboost", "--python", python, "--unset", "nvidia")
    assert done.code == 0, done.stderr
    assert "xgboost-cpu" in done.stdout
    listed = run(folder, "list", "--python", python, "--json")
    assert "xgboost-cpu" in listed.stdout
    check = run(folder, "check", "--python", python)
    assert check.code == 0, check.stdout + check.stderr
    subprocess.run([python, "-c", "import xgboost; xgboost.DMatrix([[1.0]])"], check=True)
    again = run(folder, "install", "xgboost", "--python", python, "--unset", "nvidia")
    assert "nothing to do" in again.stdout

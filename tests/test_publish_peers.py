"""Unmodified pip and uv use the folder that `write_index` made."""

import os
import platform
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.wheels import WheelSpec, build_wheel
from whichwheel.publish.index import write_index

UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
needs_uv = pytest.mark.skipif(UV is None, reason="uv is not installed")
needs_x86 = pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="the wheels are for x86-64"
)


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as inherited
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index folder: a release of four wheels that needs another project."""
    path = tmp_path_factory.mktemp("index")
    provider = {"x86_64": {"requires": ["x86-64-variant-provider"]}}
    build_wheel(path, WheelSpec("demo-pkg", requires=["helper"], requires_python=">=3.8"))
    for label, properties in (
        ("null", {}),
        ("baseline", {"x86_64": {"level": ["v2"]}}),
        ("future", {"x86_64": {"level": ["v99"]}}),
    ):
        build_wheel(
            path,
            WheelSpec(
                "demo-pkg",
                label=label,
                properties=properties,
                namespaces=["x86_64"],
                providers=provider,
                requires=["helper"],
            ),
        )
    build_wheel(path, WheelSpec("helper", "2.0+local"))
    assert write_index(path).is_whole
    return path


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The folder behind a plain file server, under a path of its own."""
    handler = partial(_Silent, directory=str(folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
        server.shutdown()
        thread.join()


def clean_environment(tmp_path: Path) -> dict[str, str]:
    """The environment without what this machine's pip and uv are told to use."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }


def run(tmp_path: Path, *command: str) -> None:
    done = subprocess.run(
        command,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def label_of(target: Path) -> object:
    return runpy.run_path(str(target / "demo_pkg/__init__.py"))["label"]


@pytest.mark.parametrize("kind", ["http", "file", "find-links"])
def test_pip_installs_the_plain_wheel(folder: Path, url: str, tmp_path: Path, kind: str) -> None:
    where = {
        "http": ["--index-url", url],
        "file": ["--index-url", folder.as_uri()],
        "find-links": ["--no-index", "--find-links", str(folder)],
    }[kind]
    target = tmp_path / "target"
    run(
        tmp_path, sys.executable, "-m", "pip", "install", "--quiet", "--no-cache-dir",
        *where, "--target", str(target), "demo-pkg",
    )  # fmt: skip
    assert label_of(target) is None
    assert (target / "helper").is_dir()


@needs_uv
@needs_x86
@pytest.mark.parametrize("variants", [True, False], ids=["variants", "plain"])
@pytest.mark.parametrize("kind", ["http", "file", "find-links"])
def test_uv_installs_what_it_understands(
    folder: Path, url: str, tmp_path: Path, kind: str, *, variants: bool
) -> None:
    where = {
        "http": ["--index-url", url],
        "file": ["--index-url", folder.as_uri()],
        "find-links": ["--no-index", "--find-links", str(folder)],
    }[kind]
    preview = ["--preview-features", "wheel-variants"] if variants else []
    target = tmp_path / "target"
    run(
        tmp_path, UV or "uv", "pip", "install", "--quiet", *preview, "--python", sys.executable,
        *where, "--target", str(target), "demo-pkg",
    )  # fmt: skip
    assert label_of(target) == ("baseline" if variants else None)

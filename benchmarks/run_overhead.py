"""`whichwheel run` beside the installer alone: a set of packages from loopback, all caches warm.

Each run fills a fresh environment, as a build of a container or a job of a CI does.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from functools import partial
from io import BytesIO
from pathlib import Path

from loopback import serve_pages
from measuring import Cost, Row, command_cost, interleaved, print_table

__all__ = ["rows"]

REPEATS = 5
WANTED = 1.3
PACKAGES = 30
FILES = 40
SIZE = 40_000

VARIANTS = json.dumps(
    {
        "$schema": "https://variants-schema.example/v0.1.1.json",
        "default-priorities": {"namespace": ["x86_64"]},
        "variants": {"v1": {"x86_64": {"level": ["v1"]}}},
    }
).encode()


def _metadata(name: str, requires: str | None) -> str:
    needs = "" if requires is None else f"Requires-Dist: {requires}\n"
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}"


def _wheel(name: str, requires: str | None) -> bytes:
    """Return a wheel with as many files as a small real one."""
    info = f"{name}-1.0.dist-info"
    contents = {
        **{f"{name}/part{number}.py": f"x = {'0' * SIZE!r}\n" for number in range(FILES)},
        f"{info}/METADATA": _metadata(name, requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in contents) + f"{info}/RECORD,,\n"
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return file.getvalue()


def _index() -> dict[str, bytes]:
    """Return an index of packages of which each needs the next; every other one has variants."""
    pages: dict[str, bytes] = {}
    for number in range(PACKAGES):
        name = f"part{number}"
        requires = f"part{number + 1}" if number + 1 < PACKAGES else None
        wheel = _wheel(name, requires)
        metadata = _metadata(name, requires).encode()
        filenames = [f"{name}-1.0-py3-none-any.whl"]
        if number % 2 == 0:
            filenames.append(f"{name}-1.0-py3-none-any-v1.whl")
            pages[f"/simple/{name}/{name}-1.0-variants.json"] = VARIANTS
        lines = []
        for filename in filenames:
            path = f"/simple/{name}/{filename}"
            pages[path] = wheel
            pages[f"{path}.metadata"] = metadata
            known = hashlib.sha256(metadata).hexdigest()
            lines.append(
                f'<a href="{filename}#sha256={hashlib.sha256(wheel).hexdigest()}" '
                f'data-core-metadata="sha256={known}">{filename}</a><br>'
            )
        if number % 2 == 0:
            digest = hashlib.sha256(VARIANTS).hexdigest()
            file = f"{name}-1.0-variants.json"
            lines.append(f'<a href="{file}#sha256={digest}">{file}</a>')
        pages[f"/simple/{name}/"] = ("<!DOCTYPE html>\n" + "\n".join(lines)).encode()
    return pages


def rows() -> list[Row]:
    """Measure both, with pip and with uv."""
    with serve_pages(_index()) as url, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = {
            "HOME": folder,
            "XDG_CACHE_HOME": folder,
            "XDG_CONFIG_HOME": folder,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_INDEX_URL": f"{url}/",
            "UV_DEFAULT_INDEX": f"{url}/",
            "WHICHWHEEL_NO_PROGRESS": "1",
        }
        for variable in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL"):
            env[variable] = ""
        uv = str(Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv"))
        tools = {
            "pip install": [sys.executable, "-m", "pip", "install", "-q", "--target"],
            "uv pip install": [uv, "pip", "install", "-q", "-p", sys.executable, "--target"],
        }
        through = [sys.executable, "-m", "whichwheel", "run", "-q", "--"]

        def cost(command: list[str]) -> Cost:
            into = home / "into"
            shutil.rmtree(into, ignore_errors=True)
            found = command_cost([*command, str(into), "part0"], env)
            assert (into / f"part{PACKAGES - 1}").is_dir()
            return found

        runs = {}
        for name, command in tools.items():
            runs[f"{name} alone"] = partial(cost, command)
            runs[f"{name} through"] = partial(cost, [*through, *command])
        for run in runs.values():
            run()  # fills the caches
        costs = interleaved(runs, REPEATS)
    found = []
    for name in tools:
        ours, alone = costs[f"{name} through"].wall, costs[f"{name} alone"].wall
        met = ours <= WANTED * alone
        work = f"`whichwheel run -- {name}` beside it alone, {PACKAGES} packages"
        found.append(Row(work, ours, alone, f"at most {WANTED}x", met))
    return found


if __name__ == "__main__":
    print_table(rows())

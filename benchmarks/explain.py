"""Explain one release of 5000 variants from a warm cache, beside uv's resolve of it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from loopback import project_pages, serve_pages
from measuring import Cost, Row, child_environment, command_cost, interleaved, print_table
from selection import release, supported
from whichwheel import order_variants, read_metadata_object

__all__ = ["isolated_settings", "rows"]

VARIANTS = 5000
SHAPE = (3, 5, 10)
REPEATS = 9
WANTED = 3.0


def isolated_settings(home: Path) -> dict[str, str]:
    """Return what keeps this machine's own settings and caches out of it."""
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LOCALAPPDATA": str(home / "AppData"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(home / "uv-cache"),
    }


def _chosen(command: list[str], env: dict[str, str]) -> object:
    done = subprocess.run(
        command, env=child_environment(env), check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)["packages"][0]["chosen"]["label"]


def rows() -> list[Row]:
    """Measure both sides."""
    document = release(VARIANTS, *SHAPE)
    target = {
        namespace: {feature: tuple(values) for feature, values in table.items()}
        for namespace, table in supported(*SHAPE).items()
    }
    order = order_variants(read_metadata_object(document, where="the benchmark"), target)
    filenames = [f"big-1.0-py3-none-any-{label}.whl" for label in sorted(order)]
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    pages = project_pages("big", "1.0", filenames, json.dumps(document).encode())
    with tempfile.TemporaryDirectory() as temporary, serve_pages(pages) as url:
        home = Path(temporary)
        env = isolated_settings(home)
        explain = [sys.executable, "-m", "whichwheel", "explain", "big"]
        explain += ["--index-url", url, "--json"]
        assert _chosen(explain, env) == order[0]  # and the cache is warm now
        runs = {"ours": lambda: command_cost(explain, env, home)}
        if uv is None:
            print("uv is not installed: explain shows our side only")
        else:
            wanted = home / "requirements.in"
            wanted.write_text("big\n", "utf-8")
            resolve = [uv, "--preview-features", "wheel-variants", "pip", "compile", str(wanted)]
            resolve += ["--index-url", url, "--python", sys.executable, "--quiet"]
            command_cost(resolve, env, home)
            runs["peer"] = lambda: command_cost(resolve, env, home)
        costs: dict[str, Cost] = interleaved(runs, REPEATS)
    ours, peer = costs["ours"], costs.get("peer")
    work = f"explain {VARIANTS} variants of one release, warm cache, beside uv's resolve"
    return [
        Row(
            f"{work}, CPU",
            ours.cpu,
            None if peer is None else peer.cpu,
            f"at most {WANTED:.0f}x",
            None if peer is None else ours.cpu <= WANTED * peer.cpu,
        ),
        Row(f"{work}, wall", ours.wall, None if peer is None else peer.wall),
    ]


if __name__ == "__main__":
    print_table(rows())

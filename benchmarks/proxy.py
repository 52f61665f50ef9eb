"""A hundred clients of one proxy, what it keeps in memory, and uv through it."""

import http.client
import json
import math
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from explain import isolated_settings
from loopback import project_pages, serve_pages
from measuring import Row, child_environment, command_cost, interleaved, print_table

__all__ = ["rows"]

PROJECTS = 60
VARIANTS = 40
CLIENTS = 100
#: Each client asks for so many pages, and gives up after so many seconds.
PAGES_EACH = 40
LONGEST = 60.0
REPEATS = 5
MIB = 1024.0
#: What 64 MiB of kept pages and a hundred connections may add, in MiB.
GROWTH = 100.0
JSON = "application/vnd.pypi.simple.v1+json"
OK = 200


def _pages() -> dict[str, bytes]:
    """Return an index of which every second project has variants."""
    pages: dict[str, bytes] = {}
    for number in range(PROJECTS):
        name = f"project{number}"
        labels = [f"l{place}" for place in range(VARIANTS)] if number % 2 else []
        filenames = [f"{name}-1.0-py3-none-any-{label}.whl" for label in labels]
        filenames.append(f"{name}-1.0-py3-none-any.whl")
        variants = {
            "$schema": "https://variants-schema.example/peps/825/v0.2.0.json",
            "default-priorities": {"namespace": ["bench"]},
            "providers": {"bench": {"static-properties": {"level": ["l3", "l2", "l1"]}}},
            "variants": {label: {"bench": {"level": [label]}} for label in labels},
        }
        pages |= project_pages(name, "1.0", filenames, json.dumps(variants).encode())
    return pages


@contextmanager
def _proxy(index: str, env: Mapping[str, str], home: Path) -> Iterator[tuple[str, int]]:
    """Run a proxy over an index; yield its URL and process id."""
    command = [sys.executable, "-m", "whichwheel", "serve", "--proxy", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--index-url", index],
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(env),
        cwd=home,
    ) as process:
        try:
            text = ""
            for line in process.stdout or ():
                text += line
                if line == "}\n":
                    break
            yield json.loads(text)["url"], process.pid
        finally:
            process.terminate()


def _memory(pid: int) -> float:
    """Return what a process has in memory, in MiB; NaN where that is not to be had."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        return math.nan
    line = next(line for line in path.read_text("ascii").splitlines() if "VmRSS" in line)
    return int(line.split()[1]) / MIB


def _visit(url: str, number: int, together: threading.Barrier) -> tuple[int, float]:
    """Ask for pages over one connection; return how many came, and the longest wait."""
    split = urlsplit(url)
    connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=LONGEST)
    together.wait()
    came, longest = 0, 0.0
    deadline = time.monotonic() + LONGEST
    for step in range(PAGES_EACH):
        began = time.monotonic()
        if began > deadline:
            break
        name = f"project{(number * 7 + step) % PROJECTS}"
        connection.request("GET", f"/simple/{name}/", headers={"Accept": JSON})
        response = connection.getresponse()
        listed = json.loads(response.read())["files"]
        came += response.status == OK and len(listed) == 1
        longest = max(longest, time.monotonic() - began)
    connection.close()
    return came, longest


def _all_visit(url: str) -> tuple[float, int, float]:
    """Let all clients in at once; return wall time, pages that came, and the longest wait."""
    together = threading.Barrier(CLIENTS)
    with ThreadPoolExecutor(CLIENTS) as pool:
        began = time.perf_counter()
        found = list(pool.map(lambda number: _visit(url, number, together), range(CLIENTS)))
        wall = time.perf_counter() - began
    return wall, sum(came for came, _ in found), max(longest for _, longest in found)


def _through_uv(index: str, proxy: str, env: Mapping[str, str], home: Path) -> list[Row]:
    """Measure what a proxy adds to uv, with its caches warm."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        print("uv is not installed: no tool is measured through the proxy")
        return []
    wanted = home / "requirements.in"
    wanted.write_text("".join(f"project{number}\n" for number in range(0, PROJECTS, 2)), "utf-8")
    compile_ = [uv, "pip", "compile", str(wanted), "--python", sys.executable, "--quiet"]
    runs = {"ours": [*compile_, "--index-url", proxy], "peer": [*compile_, "--index-url", index]}
    for command in runs.values():
        command_cost(command, env, home)
    measured = {name: partial(command_cost, command, env, home) for name, command in runs.items()}
    costs = interleaved(measured, REPEATS)
    ours, peer = costs["ours"].wall, costs["peer"].wall
    # Our pages are asked for again each time, those of the index may be used unasked.
    work = f"uv resolves {PROJECTS // 2} projects through the proxy, beside without, warm, wall"
    return [Row(work, ours, peer)]


def rows() -> list[Row]:
    """Measure cold pages, warm pages, memory, and a tool through the proxy."""
    with tempfile.TemporaryDirectory() as temporary, serve_pages(_pages()) as index:
        home = Path(temporary)
        env = isolated_settings(home)
        with _proxy(index, env, home) as (url, pid):
            before = _memory(pid)
            cold, came_cold, _ = _all_visit(url)
            between = _memory(pid)
            warm, came, longest = _all_visit(url)
            after = _memory(pid)
            through = _through_uv(index, f"{url}/simple", env, home)
    asked = CLIENTS * PAGES_EACH
    print(
        f"the proxy: {CLIENTS} clients, {asked / warm:.0f} pages/s warm, the longest wait "
        f"{longest * 1000:.0f} ms; {before:.0f} MiB before, {between:.0f} MiB after {asked} pages, "
        f"{after:.0f} MiB after {2 * asked}"
    )
    bounded = math.isnan(before) or after - before <= GROWTH
    return [
        Row(
            f"{asked} pages for {CLIENTS} clients at once, cold",
            cold,
            None,
            "all served",
            came_cold == asked,
        ),
        Row(
            f"{asked} pages for {CLIENTS} clients at once, warm",
            warm,
            None,
            f"all served, at most {GROWTH:.0f} MiB more",
            came == asked and bounded,
        ),
        *through,
    ]


if __name__ == "__main__":
    print_table(rows())

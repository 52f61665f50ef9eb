"""Lock 30 packages of 6 variants for 8 targets: how large the file is, and how fast it holds."""

import hashlib
import json
import os
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

from loopback import serve_pages
from measuring import Row, command_cost, interleaved, print_table
from whichwheel.lock.document import Lock
from whichwheel.lock.reading import read_lock
from whichwheel.lock.writing import lock_text

__all__ = ["rows"]

PACKAGES = 30
VERSIONS = 3
REPEATS = 9
WANTED_SECONDS = 0.5
WANTED_SIZE = 1.5

#: Too long to be taken where a part was asked for, of which this server has none.
WHEEL = b"nobody looks into this" * 10_000

LINUX = "cp312-cp312-manylinux_2_28_x86_64"
OTHERS = ("cp312-cp312-macosx_14_0_arm64", "cp312-cp312-win_amd64")
NVIDIA, X86_64 = "nvidia", "x86_64"
#: Five variants; the null variant is the sixth.
VARIANTS: dict[str, dict[str, dict[str, list[str]]]] = {
    "cu126": {NVIDIA: {"cuda_version_lower_bound": ["12.6"]}},
    "cu128": {NVIDIA: {"cuda_version_lower_bound": ["12.8"]}},
    "cu130": {NVIDIA: {"cuda_version_lower_bound": ["13.0"]}},
    "v3": {X86_64: {"level": ["v3"]}},
    "v4": {X86_64: {"level": ["v4"]}},
}
TARGETS = """
[targets.plain]
platform = "manylinux_2_35_x86_64"
[targets.laptop]
platform = "manylinux_2_35_x86_64"
facts.x86_64.level = "v3"
[targets.desktop]
platform = "manylinux_2_35_x86_64"
facts.x86_64.level = "v4"
[targets.cuda-126]
platform = "manylinux_2_35_x86_64"
facts.nvidia = { driver_cuda_version = "12.6", compute_capabilities = ["8.0"] }
[targets.cuda-128]
platform = "manylinux_2_35_x86_64"
facts.nvidia = { driver_cuda_version = "12.8", compute_capabilities = ["9.0"] }
[targets.cuda-130]
platform = "manylinux_2_35_x86_64"
facts.nvidia = { driver_cuda_version = "13.0", compute_capabilities = ["10.0"] }
[targets.mac]
platform = "macosx_14_0_arm64"
[targets.windows]
platform = "win_amd64"
"""


def _document() -> bytes:
    return json.dumps(
        {
            "$schema": "https://variants-schema.example/v0.2.0.json",
            "default-priorities": {"namespace": [NVIDIA, X86_64]},
            "providers": {
                NVIDIA: {"requires": ["nvidia-variant-provider"]},
                X86_64: {"requires": ["provider-variant-x86-64"]},
            },
            "variants": {**VARIANTS, "null": {}},
        }
    ).encode()


def _pages() -> dict[str, bytes]:
    """Return an index of packages of which each needs the next two; nobody fetches a wheel."""
    pages = {}
    document = _document()
    for number in range(PACKAGES):
        name = f"package-{number:02}"
        stem = name.replace("-", "_")
        files: list[dict[str, object]] = []
        for minor in range(VERSIONS):
            version = f"1.{minor}"
            needs = [f"package-{other:02}" for other in (number + 1, number + 2)]
            lines = [f"Requires-Dist: {each}>=1.0" for each in needs if int(each[-2:]) < PACKAGES]
            head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
            metadata = "\n".join([*head, *lines, ""]).encode()
            names = [f"{stem}-{version}-{LINUX}-{label}.whl" for label in (*VARIANTS, "null")]
            names += [f"{stem}-{version}-{tag}.whl" for tag in OTHERS]
            for filename in names:
                digest = hashlib.sha256(filename.encode()).hexdigest()
                address = f"files/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{filename}"
                pages[f"/{address}.metadata"] = metadata
                pages[f"/{address}"] = WHEEL
                files.append(
                    {
                        "filename": filename,
                        "url": f"../../{address}",
                        "hashes": {"sha256": digest},
                        "size": 1_000_000 + len(files),
                        "upload-time": "2026-10-01T12:00:00.123456Z",
                        "requires-python": ">=3.9",
                        "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
                    }
                )
            index_file = f"{stem}-{version}-variants.json"
            pages[f"/files/{index_file}"] = document
            digest = hashlib.sha256(document).hexdigest()
            entry = {"filename": index_file, "url": f"../../files/{index_file}"}
            files.append({**entry, "hashes": {"sha256": digest}})
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
        pages[f"/simple/{name}/"] = json.dumps(page).encode()
    return pages


def _settings(home: Path) -> dict[str, str]:
    """Return what keeps this machine's own settings and caches out of it."""
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LOCALAPPDATA": str(home / "AppData"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PIP_CONFIG_FILE": os.devnull,
    }


def _without_variants(lock: Lock) -> str:
    """Return the same lock, of the same files, without what PEP 825 adds."""
    plain = tuple(replace(package, metadata=None) for package in lock.packages)
    return lock_text(replace(lock, packages=plain))


def rows() -> list[Row]:
    """Measure the command, and print the sizes."""
    with tempfile.TemporaryDirectory() as temporary, serve_pages(_pages(), parts=False) as url:
        home = Path(temporary)
        env = _settings(home)
        configured = TARGETS.replace("]\nplatform", ']\npython = "3.12.4"\nplatform')
        (home / "whichwheel.toml").write_text(configured, "utf-8")
        names = list(tomllib.loads(configured)["targets"])
        machines = [word for name in names for word in ("--for", name)]
        command = [sys.executable, "-m", "whichwheel", "lock", "package-00", *machines, "-qq"]
        command += ["--index-url", url]
        first = command_cost(command, env, home)
        path = home / "pylock.toml"
        before = path.read_bytes()
        costs = interleaved({"again": lambda: command_cost(command, env, home)}, REPEATS)
        assert path.read_bytes() == before
        fresh = interleaved({"all": lambda: command_cost([*command, "-U"], env, home)}, 3)
        assert path.read_bytes() == before
        lock = read_lock(path)
        assert len(lock.packages) == PACKAGES
        ours, plain = len(before), len(_without_variants(lock).encode())
        single = 0
        for name in names:
            export = [sys.executable, "-m", "whichwheel", "export", "--format", "pylock"]
            output = home / f"pylock.{name}.toml"
            command_cost([*export, "--for", name, "-o", str(output), "-qq"], env, home)
            single += output.stat().st_size
    shape = f"{PACKAGES} packages x 6 variants x {len(names)} targets"
    print(
        f"lock of {shape}: {ours} bytes; the same files without variants {plain} bytes, "
        f"{ours / plain:.2f}x (wanted at most {WANTED_SIZE}x: "
        f"{'yes' if ours <= WANTED_SIZE * plain else 'NO'}); "
        f"{len(names)} locks of one target each {single} bytes together"
    )
    again = costs["again"].wall
    return [
        Row(
            f"lock {shape} again, nothing changed, wall",
            again,
            None,
            f"under {WANTED_SECONDS} s",
            again < WANTED_SECONDS,
        ),
        Row("the same with `--upgrade`, warm cache, wall", fresh["all"].wall, None),
        Row("the same for the first time, cold cache, wall", first.wall, None),
    ]


if __name__ == "__main__":
    print_table(rows())

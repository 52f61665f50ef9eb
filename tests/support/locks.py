"""Wheels that differ by machine, the machines, and what a lock gives them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.pylock import Pylock

from support.command import Completed
from support.wheels import WheelSpec, build_wheel
from support.workplace import Workplace
from whichwheel.spec.wheel_name import WheelName

__all__ = [
    "LINUX",
    "MAC",
    "build_tensor",
    "gets",
    "lifted",
    "lock",
    "lock_table",
    "write_targets",
]

LINUX = "py3-none-manylinux_2_28_x86_64"
MAC = "py3-none-macosx_14_0_arm64"

_NVIDIA = {"nvidia": {"requires": ["nvidia-variant-provider"]}}

#: Three machines on which environment markers are the same, and one more.
_TARGETS = """
[targets.laptop]
python = "3.11.4"
platform = "manylinux_2_35_x86_64"

[targets.server]
python = "3.11.4"
platform = "manylinux_2_35_x86_64"
facts.nvidia = { driver_cuda_version = "12.8", compute_capabilities = ["9.0"] }

[targets.old]
python = "3.11.4"
platform = "manylinux_2_35_x86_64"
facts.nvidia = { driver_cuda_version = "12.6", compute_capabilities = ["9.0"] }

[targets.mac]
python = "3.11.4"
platform = "macosx_14_0_arm64"
"""

MACHINES = ("--for", "laptop", "--for", "server", "--for", "old", "--for", "mac")


def write_targets(workplace: Workplace, more: str = "") -> None:
    """Configure the machines."""
    (workplace.folder / "whichwheel.toml").write_text(_TARGETS + more, "utf-8")


def build_tensor(folder: Path, version: str = "2.9") -> None:
    """Build what stands for a package with builds for several CUDA versions, and its libraries."""
    for cuda in ("12.6", "12.8"):
        build_wheel(
            folder,
            WheelSpec(
                "tensor",
                version,
                label="cu" + cuda.replace(".", ""),
                tag=LINUX,
                properties={"nvidia": {"cuda_version_lower_bound": [cuda]}},
                namespaces=["nvidia"],
                providers=_NVIDIA,
                requires=[
                    "numbers",
                    f'cublas=={cuda}.1; "nvidia" in variant_namespaces',
                    'kernels; "nvidia" in variant_namespaces',
                ],
            ),
        )
        build_wheel(folder, WheelSpec("cublas", f"{cuda}.1"))
    null = WheelSpec(
        "tensor",
        version,
        label="null",
        tag=LINUX,
        namespaces=["nvidia"],
        providers=_NVIDIA,
        requires=["numbers"],
    )
    build_wheel(folder, null)
    plain = WheelSpec("tensor", version, tag=MAC, requires=["numbers", "metal"])
    build_wheel(folder, plain)
    for name in ("numbers", "kernels", "metal"):
        build_wheel(folder, WheelSpec(name))


def lock(workplace: Workplace, *arguments: str | Path) -> Completed:
    """Lock from the folder of wheels, for the machines."""
    where = ("--no-index", "--find-links", workplace.wheels)
    return workplace.run("lock", *where, *MACHINES, *arguments)


def lock_table(workplace: Workplace, name: str = "pylock.toml") -> dict[str, Any]:
    """The lock file, parsed."""
    return tomllib.loads((workplace.folder / name).read_text("utf-8"))


def lifted(table: Mapping[str, Any]) -> Pylock:
    """Read a lock with what PEP 825 adds taken out, as every tool must be able to."""
    packages = []
    for package in table["packages"]:
        plain = {key: value for key, value in package.items() if key != "variants-json"}
        if "wheels" in plain:
            plain["wheels"] = [
                {**wheel, "name": WheelName.parse(_filename(wheel)).without_label}
                for wheel in plain["wheels"]
            ]
        packages.append(plain)
    return Pylock.from_dict({**table, "packages": packages})


def _filename(wheel: Mapping[str, Any]) -> str:
    where = wheel.get("name") or wheel.get("path") or wheel["url"]
    return str(where).rpartition("/")[2]


def gets(workplace: Workplace, *targets: str, path: str = "pylock.toml") -> dict[str, list[str]]:
    """What each target gets from the lock: names, versions and labels."""
    named = [word for target in targets for word in ("--for", target)]
    done = workplace.run("lock", "--show", "-o", path, *named, "--json", "--no-index")
    assert done.code == 0, done.stderr
    document: Any = done.document
    return {
        target["name"]: [
            " ".join(filter(None, (each["name"], each["version"], each["label"])))
            for each in target["packages"]
        ]
        for target in document["targets"]
    }

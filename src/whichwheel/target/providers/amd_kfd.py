"""AMD's GPUs as the Linux kernel shows them: the topology of its compute driver, KFD.

Only files are read, so all of it can be tested on recorded trees.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from whichwheel.spec.values import dataclass
from whichwheel.target.providers.amd_targets import old_target, target_of
from whichwheel.target.providers.driver_files import file_text, names_in

__all__ = ["OVERRIDE_TARGET", "TOPOLOGY", "KfdGpu", "kfd_gpus"]

TOPOLOGY = "sys/class/kfd/kfd/topology"
#: Makes ROCm's runtime take all GPUs, or with `_1` appended the one of node 1, for another.
OVERRIDE_TARGET = "HSA_OVERRIDE_GFX_VERSION"

_OVERRIDE = re.compile(r"(\d{1,2})\.(\d{1,3})\.(\d{1,3})")
_LONGEST = 16384
_LONGEST_NAME = 200
_AMD = 0x1002
# Memory of the GPU itself, which the processor reaches or does not.
_OWN_HEAPS = {1, 2}
_MEBIBYTE = 1024 * 1024
_UNNAMED = {"", "ip discovery"}

_PRODUCTS = ("usr/share/libdrm/amdgpu.ids", "opt/amdgpu/share/libdrm/amdgpu.ids")
_LONGEST_PRODUCTS = 1024 * 1024


@dataclass(frozen=True, slots=True)
class KfdGpu:
    """A GPU, or a partition of one, that programs may use.

    :param node: its number in the topology
    :param target: as ``gfx942``
    :param told_by: the file or variable that tells the target
    :param name: the product's name as far as the system knows it
    :param uuid: as ``GPU-1901fdd6adbc6fe6``; empty if it has none
    :param memory_mib: in MiB; None if it is not known
    """

    node: int
    target: str
    told_by: str
    name: str
    uuid: str = ""
    memory_mib: int | None = None


def kfd_gpus(root: Path, environ: Mapping[str, str]) -> tuple[KfdGpu, ...]:
    """Return the GPUs in the order of the runtime, without those that are closed to this process.

    A container sees the nodes of all GPUs, but may neither read those that it was not given nor
    open their devices.

    :param root: the root of the file system
    :raises OSError: if a node is there but does not tell what it is
    """
    nodes = root / TOPOLOGY / "nodes"
    numbers = sorted(int(name) for name in names_in(nodes) if name.isdecimal())
    found = (_gpu(root, nodes / str(number), number, environ) for number in numbers)
    return tuple(gpu for gpu in found if gpu is not None)


def _gpu(root: Path, node: Path, number: int, environ: Mapping[str, str]) -> KfdGpu | None:
    try:
        with (node / "properties").open("rb") as file:
            values = _values(file.read(_LONGEST).decode("utf-8", "replace"))
    except (PermissionError, FileNotFoundError):
        return None
    if not values.get("simd_count") or values.get("vendor_id", _AMD) != _AMD:
        return None
    minor = values.get("drm_render_minor", 0)
    # Without it the runtime passes the GPU over.
    if minor and not os.access(root / "dev/dri" / f"renderD{minor}", os.R_OK | os.W_OK):
        return None
    device = values.get("device_id", 0)
    target, told_by = _target(number, values, environ)
    unique = values.get("unique_id", 0)
    return KfdGpu(
        node=number,
        target=target,
        told_by=told_by,
        name=_name(root, node, device, minor)[:_LONGEST_NAME],
        uuid=f"GPU-{unique:016x}" if unique else "",
        memory_mib=_memory_mib(node),
    )


def _target(number: int, values: Mapping[str, int], environ: Mapping[str, str]) -> tuple[str, str]:
    version, device = values.get("gfx_target_version", 0), values.get("device_id", 0)
    own = target_of(version) if version else old_target(device)
    if own is None:
        raise OSError(
            f"the kernel does not tell the target of the GPU 0x{device:04x}, as Linux before 5.16"
        )
    for variable in (f"{OVERRIDE_TARGET}_{number}", OVERRIDE_TARGET):
        text = environ.get(variable)
        if text is None:
            continue
        match = _OVERRIDE.fullmatch(text)
        if match is None:
            raise OSError(f"`{variable}` holds `{text}`, expected a version as `10.3.0`")
        major, minor, stepping = map(int, match.groups())
        return f"gfx{major}{minor:x}{stepping:x}", variable
    return own, f"/{TOPOLOGY}"


def _values(text: str) -> dict[str, int]:
    """Read lines of a name and a number each."""
    found = {}
    for line in text.splitlines():
        name, _, number = line.strip().partition(" ")
        if number.isascii() and number.isdigit():
            found[name] = int(number)
    return found


def _memory_mib(node: Path) -> int | None:
    banks = node / "mem_banks"
    listed = [_values(file_text(banks / name / "properties")) for name in names_in(banks)]
    own = [bank.get("size_in_bytes", 0) for bank in listed if bank.get("heap_type") in _OWN_HEAPS]
    return sum(own) // _MEBIBYTE or None


def _name(root: Path, node: Path, device: int, minor: int) -> str:
    """Return the product's name, else the name that the driver has for the chip."""
    entry = root / "sys/class/drm" / f"renderD{minor}" / "device"
    revision = file_text(entry / "revision")
    name = file_text(entry / "product_name") or _product(root, device, revision)
    if name:
        return " ".join(name.split())
    chip = file_text(node / "name")
    return f"AMD GPU 0x{device:04x}" if chip in _UNNAMED else f"AMD {chip}"


def _product(root: Path, device: int, revision: str) -> str:
    """Look a product up in the list that libdrm keeps: ``744C, C8, AMD Radeon RX 7900 XTX``."""
    try:
        wanted = (device, int(revision, 16))
    except ValueError:
        return ""
    for path in _PRODUCTS:
        for line in file_text(root / path, _LONGEST_PRODUCTS).splitlines():
            fields = line.split(",", 2)
            try:
                listed = (int(fields[0], 16), int(fields[1], 16))
            except (ValueError, IndexError):
                continue
            if listed == wanted:
                return fields[2].strip() if len(fields) > len(listed) else ""
    return ""

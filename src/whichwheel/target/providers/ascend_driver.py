"""What Huawei's driver says of itself and of the NPUs.

The names come from the management library ``libdcmi`` (``dcmi_interface_api.h``, version 1 of its
functions), the versions from the files that driver and CANN install. ``npu-smi`` is never run. The
library may hang in a broken driver: run :func:`detect` in a child process.

Never ran against a real driver or NPU: the tests load a small library with the same
functions.
"""

import ctypes
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.driver_files import file_text, names_in
from whichwheel.target.providers.driver_libraries import DriverFailed, load_library, terminated

__all__ = ["cann_version", "detect", "driver_version", "visible"]

_VISIBLE = "ASCEND_RT_VISIBLE_DEVICES"
_LIBRARIES = ("/usr/local/dcmi/libdcmi.so", "libdcmi.so")
_SUCCESS = 0
_MOST_CARDS = 64
_NAME_SIZE = 32
_MOST_DEVICES = 64

_DRIVER_FILE = "usr/local/Ascend/driver/version.info"
_CANN_FILE = "ascend_toolkit_install.info"
_VERSION_LINE = re.compile(
    r"^\s*version\s*=\s*(?P<numbers>\d{1,4}\.\d{1,4}(\.\d{1,4})?)(\.?rc(?P<candidate>\d{1,4}))?",
    re.IGNORECASE | re.MULTILINE,
)


class _ChipInfo(ctypes.Structure):
    """``struct dcmi_chip_info``, with room for what newer versions add."""

    _fields_ = (
        ("kind", ctypes.c_char * _NAME_SIZE),
        ("name", ctypes.c_char * _NAME_SIZE),
        ("version", ctypes.c_char * _NAME_SIZE),
        ("cores", ctypes.c_uint),
        ("more", ctypes.c_char * 256),
    )


def detect(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Facts:
    """Find the NPUs out. No driver at all is an answer, a driver that fails is not.

    :param environ: the environment variables; ``ASCEND_RT_VISIBLE_DEVICES`` hides NPUs
    :param root: the root of the file system, for the versions and device nodes
    :raises DriverFailed: if a driver is there but does not work
    """
    if sys.platform != "linux":
        return Facts([_fact("present", value=False, source=f"no driver for {sys.platform}")])
    library = load_library(_LIBRARIES)
    if library is None:
        return Facts([_fact("present", value=False, source="no libdcmi")])
    try:
        names = tuple(_names(library))
    except AttributeError as error:
        raise DriverFailed(f"the management library of the NPUs is not whole: {error}") from None
    except DriverFailed:
        # The library lies in many images that are started on machines without an NPU too.
        if any(name.startswith("davinci") for name in names_in(root / "dev")):
            raise
        return Facts([_fact("present", value=False, source="no /dev/davinci devices")])
    shown = visible(len(names), environ.get(_VISIBLE))
    hidden = tuple(name for index, name in enumerate(names) if index not in shown)
    facts = [
        _fact("present", value=bool(names), source="libdcmi"),
        _fact("npus", tuple(names[index] for index in shown), "libdcmi"),
    ]
    if hidden:
        facts.append(_fact("hidden_npus", hidden, _VISIBLE))
    for name, (version, source) in (
        ("driver_version", driver_version(root)),
        ("cann_version", cann_version(root, environ)),
    ):
        if version:
            facts.append(_fact(name, version, source))
    return Facts(facts)


def visible(count: int, listed: str | None) -> tuple[int, ...]:
    """Return the numbers of the NPUs that ``ASCEND_RT_VISIBLE_DEVICES`` leaves.

    The list ends at the first entry that names no NPU, as that of ``CUDA_VISIBLE_DEVICES``.
    """
    if listed is None:
        return tuple(range(count))
    shown: list[int] = []
    for part in listed.split(","):
        text = part.strip()
        if not text.isascii() or not text.isdigit() or int(text) >= count or int(text) in shown:
            break
        shown.append(int(text))
    return tuple(shown)


def driver_version(root: Path) -> tuple[str, str]:
    """Return the driver's version, empty if it is not told, and the file it was read from."""
    return _version(root / _DRIVER_FILE), f"/{_DRIVER_FILE}"


def cann_version(root: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return CANN's version, empty if it is not told, and the file it was read from."""
    homes = [environ.get(name, "") for name in ("ASCEND_TOOLKIT_HOME", "ASCEND_HOME_PATH")]
    usual = root / "usr/local/Ascend"
    folders = [Path(home) for home in homes if home]
    folders += [usual / "ascend-toolkit/latest", usual / "cann"]
    for folder in folders:
        path = folder / f"{platform.machine()}-linux" / _CANN_FILE
        found = _version(path)
        if found:
            return found, str(path)
    return "", ""


def _version(path: Path) -> str:
    match = _VERSION_LINE.search(file_text(path))
    if match is None:
        return ""
    candidate = match["candidate"]
    return match["numbers"] + (f".rc{candidate}" if candidate else "")


def _names(library: ctypes.CDLL) -> Iterator[str]:
    _check("dcmi_init", library.dcmi_init())
    count = ctypes.c_int(0)
    cards = (ctypes.c_int * _MOST_CARDS)()
    _check(
        "dcmi_get_card_list",
        library.dcmi_get_card_list(ctypes.byref(count), cards, ctypes.c_int(_MOST_CARDS)),
    )
    for card in cards[: min(max(count.value, 0), _MOST_CARDS)]:
        number = ctypes.c_int(0)
        code = library.dcmi_get_device_num_in_card(ctypes.c_int(card), ctypes.byref(number))
        _check("dcmi_get_device_num_in_card", code)
        for device in range(min(number.value, _MOST_DEVICES)):
            info = _ChipInfo()
            code = library.dcmi_get_device_chip_info(
                ctypes.c_int(card), ctypes.c_int(device), ctypes.byref(info)
            )
            _check("dcmi_get_device_chip_info", code)
            yield terminated(info.name)


def _check(function: str, code: int) -> None:
    if code != _SUCCESS:
        raise DriverFailed(f"`{function}` of the NPU's management library failed with code {code}")


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"ascend.{name}", value, Origin.DETECTED, source)

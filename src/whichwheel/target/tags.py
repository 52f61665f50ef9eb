"""Compatibility tags and marker values of a platform that is only described."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from packaging.tags import Tag, compatible_tags, cpython_tags, generic_tags, mac_platforms

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass

__all__ = [
    "FAMILIES",
    "IMPLEMENTATIONS",
    "MARKER_NAMES",
    "InvalidPlatform",
    "Platform",
    "default_abi",
    "described_environment",
    "described_platform",
    "described_tags",
    "parse_platform",
]

#: How the platforms that can be described are written.
FAMILIES = (
    "manylinux_2_28_x86_64",
    "musllinux_1_2_x86_64",
    "linux_x86_64",
    "macosx_14_0_arm64",
    "win_amd64",
)

#: The implementations whose tags follow from their version.
IMPLEMENTATIONS = ("cpython", "pypy")

#: The marker values that every target has (PEP 508), ``extra`` left out.
MARKER_NAMES = (
    *("implementation_name", "implementation_version", "os_name", "platform_machine"),
    *("platform_python_implementation", "platform_release", "platform_system"),
    *("platform_version", "python_full_version", "python_version", "sys_platform"),
)

_LEGACY = {"manylinux1": 5, "manylinux2010": 12, "manylinux2014": 17}
_LEGACY_BY_MINOR = {minor: name for name, minor in _LEGACY.items()}
_MANYLINUX = re.compile(r"manylinux_2_(?P<minor>\d{1,3})_(?P<machine>\w+)")
_OLD_MANYLINUX = re.compile(r"(?P<name>manylinux1|manylinux2010|manylinux2014)_(?P<machine>\w+)")
_MUSLLINUX = re.compile(r"musllinux_1_(?P<minor>\d{1,3})_(?P<machine>\w+)")
_LINUX = re.compile(r"linux_(?P<machine>\w+)")
_MACOS = re.compile(r"macosx_(?P<major>1\d|[2-9]\d)_(?P<minor>\d{1,3})_(?P<machine>arm64|x86_64)")
_LINUX_MACHINES = {
    *("aarch64", "armv7l", "i686", "loongarch64", "ppc64le", "riscv64", "s390x", "x86_64")
}
_WINDOWS_MACHINES = {"win_amd64": "AMD64", "win_arm64": "ARM64", "win32": "x86"}

# The oldest glibc that manylinux tags exist for (PEP 600; PEP 513 for x86).
_OLDEST_GLIBC = 17
_OLDEST_GLIBC_ON_X86 = 5


class InvalidPlatform(WhichwheelError, ValueError):
    """A text is not a platform that can be described.

    :param text: the text as given
    """

    def __init__(self, text: str) -> None:
        listed = ", ".join(f"`{family}`" for family in FAMILIES)
        super().__init__(
            f"`{text}` is not a platform tag that can be described", hint=f"write one as {listed}"
        )
        self.text = text


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform tag, taken apart.

    :param text: the newest platform tag, as ``manylinux_2_28_x86_64``
    :param machine: as in ``platform_machine``
    :param system: as in ``platform_system``
    :param tags: all platform tags that it runs, best first
    """

    text: str
    machine: str
    system: str
    tags: tuple[str, ...]


@lru_cache(maxsize=32)
def parse_platform(text: str) -> Platform:
    """Take a platform tag apart.

    :raises InvalidPlatform: if it is of no family that is known

    >>> parse_platform("musllinux_1_1_aarch64").tags
    ('linux_aarch64', 'musllinux_1_1_aarch64', 'musllinux_1_0_aarch64')
    """
    if text in _WINDOWS_MACHINES:
        return Platform(text, _WINDOWS_MACHINES[text], "Windows", (text,))
    match = _MACOS.fullmatch(text)
    if match:
        version = (int(match["major"]), int(match["minor"]))
        if version[0] > 10 or match["machine"] == "x86_64":  # noqa: PLR2004 -- macOS 10
            tags = tuple(mac_platforms(version, match["machine"]))
            return Platform(text, match["machine"], "Darwin", tags)
    for pattern in (_MANYLINUX, _OLD_MANYLINUX, _MUSLLINUX, _LINUX):
        match = pattern.fullmatch(text)
        if match and match["machine"] in _LINUX_MACHINES:
            return Platform(text, match["machine"], "Linux", _linux_tags(match))
    raise InvalidPlatform(text)


def _linux_tags(match: re.Match[str]) -> tuple[str, ...]:
    machine = match["machine"]
    # The order of packaging 26.3: what was built for this very system comes first.
    tags = [f"linux_{machine}"]
    if match.re is _MUSLLINUX:
        tags += [f"musllinux_1_{minor}_{machine}" for minor in range(int(match["minor"]), -1, -1)]
    elif match.re is not _LINUX:
        newest = int(match["minor"]) if match.re is _MANYLINUX else _LEGACY[match["name"]]
        on_x86 = machine in {"x86_64", "i686"}
        oldest = _OLDEST_GLIBC_ON_X86 if on_x86 else _OLDEST_GLIBC
        for minor in range(newest, oldest - 1, -1):
            tags.append(f"manylinux_2_{minor}_{machine}")
            if minor in _LEGACY_BY_MINOR:
                tags.append(f"{_LEGACY_BY_MINOR[minor]}_{machine}")
    return tuple(tags)


def described_platform(tags: Iterable[Tag]) -> Platform | None:
    """Return the platform whose tags these are, None if it cannot be described.

    It is named by the newest platform tag, other than ``linux_*`` if there is another.
    """
    names = list(dict.fromkeys(tag.platform for tag in tags))
    for name in [name for name in names if not _LINUX.fullmatch(name)] + names:
        try:
            return parse_platform(name)
        except InvalidPlatform:
            continue
    return None


def default_abi(python: tuple[int, int], implementation: str) -> str:
    """Return the ABI tag of an ordinary build.

    >>> default_abi((3, 12), "cpython")
    'cp312'
    """
    major, minor = python
    return f"pypy{major}{minor}_pp73" if implementation == "pypy" else f"cp{major}{minor}"


@lru_cache(maxsize=32)
def described_tags(
    python: tuple[int, int], platform: Platform, *, implementation: str, abi: str
) -> tuple[Tag, ...]:
    """Return the tags of an interpreter on a platform, best first, as it would say itself.

    :param implementation: of `IMPLEMENTATIONS`
    :param abi: its ABI tag, as ``cp313t`` for a free-threaded build
    """
    version = f"{python[0]}{python[1]}"
    if implementation == "pypy":
        interpreter = "pp3"
        own = generic_tags(f"pp{version}", [abi], platform.tags)
    else:
        interpreter = f"cp{version}"
        own = cpython_tags(python, [abi], platform.tags)
    return (*own, *compatible_tags(python, interpreter, platform.tags))


def described_environment(
    version: str, platform: Platform, *, implementation: str
) -> Mapping[str, str]:
    """Return the marker values of an interpreter on a platform.

    What cannot follow from them, as the kernel's release, is empty.

    :param version: full version, as ``3.12.4``
    """
    names = {"cpython": "CPython", "pypy": "PyPy"}
    sys_platforms = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}
    return {
        "implementation_name": implementation,
        "implementation_version": version,
        "os_name": "nt" if platform.system == "Windows" else "posix",
        "platform_machine": platform.machine,
        "platform_python_implementation": names.get(implementation, implementation),
        "platform_release": "",
        "platform_system": platform.system,
        "platform_version": "",
        "python_full_version": version,
        "python_version": ".".join(version.split(".")[:2]),
        "sys_platform": sys_platforms[platform.system],
    }

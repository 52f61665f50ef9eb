"""The names of AMD's GPU targets, and the generic ones that stand in for several.

Source: LLVM, User Guide for AMDGPU Backend, the tables of processors and of generic processors.
"""

import re
from collections.abc import Mapping

__all__ = ["GENERIC_TARGETS", "is_integrated", "is_target", "old_target", "target_of", "values_of"]

# gfx, the major version in decimal, the minor version and the stepping as one digit each.
_TARGET = re.compile(r"gfx\d{1,3}[0-9a-f]{2}")

#: The targets that code for a generic one runs on. LLVM writes `-` where values have `_`.
GENERIC_TARGETS: Mapping[str, tuple[str, ...]] = {
    "gfx9_generic": ("gfx900", "gfx902", "gfx904", "gfx906", "gfx909", "gfx90c"),
    "gfx9_4_generic": ("gfx940", "gfx941", "gfx942", "gfx950"),
    "gfx10_1_generic": ("gfx1010", "gfx1011", "gfx1012", "gfx1013"),
    "gfx10_3_generic": (
        *("gfx1030", "gfx1031", "gfx1032", "gfx1033", "gfx1034", "gfx1035", "gfx1036"),
    ),
    "gfx11_generic": (
        *("gfx1100", "gfx1101", "gfx1102", "gfx1103"),
        *("gfx1150", "gfx1151", "gfx1152", "gfx1153"),
    ),
    "gfx12_generic": ("gfx1200", "gfx1201"),
}
_GENERIC = {target: name for name, targets in GENERIC_TARGETS.items() for target in targets}

# Those that the table of processors calls an APU.
_INTEGRATED = frozenset(
    {
        *("gfx902", "gfx909", "gfx90c", "gfx1013", "gfx1033", "gfx1035", "gfx1036"),
        *("gfx1103", "gfx1150", "gfx1151", "gfx1152", "gfx1153"),
    }
)

# By PCI device, for Linux before 5.16, which does not tell the target. Source: ROCm's libhsakmt,
# table of devices. Only discrete GPUs, and only what ROCm built code for.
_OLD = {
    "gfx900": (
        *(0x6860, 0x6861, 0x6862, 0x6863, 0x6864, 0x6867, 0x6868, 0x6869, 0x686A, 0x686B),
        *(0x686C, 0x686D, 0x686E, 0x687F),
    ),
    "gfx906": (0x66A0, 0x66A1, 0x66A2, 0x66A3, 0x66A4, 0x66A7, 0x66AF),
    "gfx908": (0x7388, 0x738C, 0x738E, 0x7390),
    "gfx90a": (0x7408, 0x740C, 0x740F, 0x7410),
    "gfx1010": (0x7310, 0x7312, 0x7318, 0x731A, 0x731E, 0x731F),
    "gfx1012": (0x7340, 0x7341, 0x7347),
    "gfx1030": (
        *(0x73A0, 0x73A1, 0x73A2, 0x73A3, 0x73A5, 0x73A8, 0x73A9, 0x73AB, 0x73AC, 0x73AD),
        *(0x73AE, 0x73BF),
    ),
}
_OLD_BY_DEVICE = {device: target for target, devices in _OLD.items() for device in devices}


def is_target(text: str) -> bool:
    """Return whether a text is the name of a target, known or not.

    >>> is_target("gfx90a"), is_target("gfx11-generic"), is_target("navi31")
    (True, False, False)
    """
    return _TARGET.fullmatch(text) is not None


def target_of(version: int) -> str:
    """Return the target that the kernel's ``gfx_target_version`` stands for.

    >>> target_of(90402), target_of(90010), target_of(100300), target_of(110501)
    ('gfx942', 'gfx90a', 'gfx1030', 'gfx1151')
    """
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def old_target(device: int) -> str | None:
    """Return the target of a PCI device that a kernel before 5.16 may drive."""
    return _OLD_BY_DEVICE.get(device)


def values_of(target: str) -> tuple[str, ...]:
    """Return what a GPU of a target runs: its own code, then that of its generic target.

    >>> values_of("gfx1100")
    ('gfx1100', 'gfx11_generic')
    """
    generic = _GENERIC.get(target)
    return (target,) if generic is None else (target, generic)


def is_integrated(target: str) -> bool:
    """Return whether GPUs of a target are parts of a processor."""
    return target in _INTEGRATED

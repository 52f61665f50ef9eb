"""The flags of this machine's x86-64 processor, under Linux's names.

Linux was run on real hardware. macOS and Windows were not: there the tests cover the
translation of recorded values, and the CPUID part on Linux.
"""

import ctypes
import os
import platform
import sys
from collections.abc import Iterable, Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.cpuinfo import CPUINFO, flags_of_all, read_cpuinfo
from whichwheel.target.providers.sysctl import sysctl_text

__all__ = ["cpuid_flags", "detect", "flags_from_cpuinfo", "flags_from_sysctl", "usable_flags"]

_MACHINES = {"x86_64", "amd64"}

# Other names of the same flags, in CPUID tables, on macOS and in older kernels.
_ALIASES = {
    "pni": "sse3",
    "lzcnt": "abm",
    "sha": "sha_ni",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "avx1.0": "avx",
    "lahf": "lahf_lm",
    "clfsopt": "clflushopt",
    "rdwrfsgs": "fsgsbase",
    "tsc_thread_offset": "tsc_adjust",
    "avx512vnni": "avx512_vnni",
    "avx512bitalg": "avx512_bitalg",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512vpopcntdq": "avx512_vpopcntdq",
}
_SYSCTLS = (
    "machdep.cpu.features",
    "machdep.cpu.leaf7_features",
    "machdep.cpu.extfeatures",
)

# State that the operating system must save before an instruction set may be used: bits of
# XCR0 (Intel SDM, volume 1, section 13.3).
_AVX_STATE = 1 << 2
_AVX512_STATE = 0b111 << 5
_AMX_STATE = 0b11 << 17
_NEED_AVX_STATE = {"f16c", "fma", "fma4", "vaes", "vpclmulqdq", "xop"}


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Find the flags of this machine's processor out.

    :raises OSError: if the system does not tell
    """
    del environ  # nothing in it bears on a processor
    if platform.machine().lower() not in _MACHINES:
        source = "platform.machine()"
        return Facts([Fact("x86_64.present", value=False, origin=Origin.DETECTED, source=source)])
    if sys.platform == "linux":
        facts = _facts(flags_from_cpuinfo(read_cpuinfo()), str(CPUINFO))
    elif sys.platform == "darwin":
        facts = _facts(flags_from_sysctl(sysctl_text(name) for name in _SYSCTLS), "sysctl")
    elif sys.platform == "win32":
        state = ctypes.windll.kernel32.GetEnabledXStateFeatures
        state.restype = ctypes.c_uint64
        facts = _facts(usable_flags(cpuid_flags(), state()), "CPUID, GetEnabledXStateFeatures")
    else:
        source = "what every x86-64 processor has"
        facts = Facts([Fact("x86_64.level", "v1", Origin.DEFAULT, source)])
    return facts


def _facts(flags: tuple[str, ...], source: str) -> Facts:
    if not flags:
        raise OSError(f"{source} lists no processor flags")
    return Facts([Fact("x86_64.flags", flags, Origin.DETECTED, source)])


def flags_from_cpuinfo(text: str) -> tuple[str, ...]:
    """Read the content of Linux's ``/proc/cpuinfo``."""
    return _renamed(flags_of_all(text, "flags"))


def flags_from_sysctl(values: Iterable[str]) -> tuple[str, ...]:
    """Read the values of macOS's ``machdep.cpu`` feature lists."""
    return _renamed(flag for value in values for flag in value.lower().split())


def cpuid_flags() -> tuple[str, ...]:
    """Ask the processor itself, by the CPUID instruction."""
    from archspec.cpu.detect import CpuidInfoCollector  # noqa: PLC0415 -- start-up speed

    return _renamed(sorted(str(flag) for flag in CpuidInfoCollector().features))


def usable_flags(flags: Iterable[str], state: int) -> tuple[str, ...]:
    """Leave out what the operating system does not enable, though the processor has it.

    :param state: the bits of XCR0
    """
    return tuple(flag for flag in flags if state & _state_for(flag) == _state_for(flag))


def _state_for(flag: str) -> int:
    if flag.startswith("avx512"):
        return _AVX_STATE | _AVX512_STATE
    if flag.startswith("amx"):
        return _AMX_STATE
    return _AVX_STATE if flag.startswith("avx") or flag in _NEED_AVX_STATE else 0


def _renamed(flags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ALIASES.get(flag, flag) for flag in flags))

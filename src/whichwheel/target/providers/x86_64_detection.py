"""The flags of this machine's x86-64 processor, under Linux's names, and what it is called.

Linux was run on real hardware. macOS and Windows were not: there the tests cover the
translation of recorded values, and the CPUID part on Linux.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.cpuinfo import CPUINFO, flags_of_all, read_cpuinfo, values_of
from whichwheel.target.providers.processor import LONGEST_MODEL, absent, machine_is
from whichwheel.target.providers.sysctl import sysctl_number, sysctl_text
from whichwheel.target.providers.windows_processor import processor_values
from whichwheel.target.providers.x86_64_flags import canonical_flags

__all__ = [
    "cpuid_flags",
    "detect",
    "facts_from_sysctl",
    "facts_of_linux",
    "flags_from_cpuinfo",
    "flags_from_sysctl",
    "usable_flags",
]

_SYSCTLS = (
    "machdep.cpu.features",
    "machdep.cpu.leaf7_features",
    "machdep.cpu.extfeatures",
)
# Of leaf 0xD, subleaf 1: EAX stands first (Intel SDM, volume 2, CPUID).
_XSAVE_SYSCTL = "machdep.cpu.xsave.extended_state1"
_XSAVE_BITS = ("xsaveopt", "xsavec", "xgetbv1", "xsaves")
# 1 where Rosetta translates the process (Apple, "About the Rosetta translation environment").
_TRANSLATED = "sysctl.proc_translated"

# State that the operating system must save before an instruction set may be used: bits of
# XCR0 (Intel SDM, volume 1, section 13.3).
_AVX_STATE = 1 << 2
_AVX512_STATE = 0b111 << 5
_AMX_STATE = 0b11 << 17
_NEED_AVX_STATE = {"f16c", "fma", "fma4", "sha512", "sm3", "sm4", "vaes", "vpclmulqdq", "xop"}


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Find the flags and the name of this machine's processor out.

    :raises OSError: if the system does not tell
    """
    del environ  # nothing in it bears on a processor
    if not machine_is("x86_64", "amd64"):
        return absent("x86_64")
    if sys.platform == "linux":
        facts = facts_of_linux()
    elif sys.platform == "darwin":
        facts = facts_from_sysctl(sysctl_text, sysctl_number)
    elif sys.platform == "win32":
        facts = _facts_of_windows()
    else:
        source = "what every x86-64 processor has"
        facts = Facts([Fact("x86_64.level", "v1", Origin.DEFAULT, source)])
    return facts


def facts_of_linux(root: Path = Path("/")) -> Facts:
    """Read ``/proc/cpuinfo``.

    :param root: the root of the file system
    :raises OSError: if it cannot be read, or lists no flags
    """
    text = read_cpuinfo(root / CPUINFO.relative_to("/"))
    vendor, model = ("".join(values_of(text, key)[:1]) for key in ("vendor_id", "model name"))
    return _facts(flags_from_cpuinfo(text), str(CPUINFO), vendor, model)


def flags_from_cpuinfo(text: str) -> tuple[str, ...]:
    """Read the content of Linux's ``/proc/cpuinfo``."""
    return canonical_flags(flags_of_all(text, "flags"))


def facts_from_sysctl(text: Callable[[str], str], number: Callable[[str], int]) -> Facts:
    """Read macOS's ``machdep.cpu`` values; under Rosetta they are what Rosetta translates.

    :param text: the text of a ``sysctl`` name, empty where there is none
    :param number: the number of one, 0 where there is none
    :raises OSError: if they list no flags
    """
    state = number(_XSAVE_SYSCTL)
    flags = [
        *flags_from_sysctl(text(name) for name in _SYSCTLS),
        *(flag for bit, flag in enumerate(_XSAVE_BITS) if state >> bit & 1),
    ]
    vendor, model = text("machdep.cpu.vendor"), text("machdep.cpu.brand_string")
    found = [*_named(canonical_flags(flags), "sysctl machdep.cpu", vendor, model)]
    if number(_TRANSLATED) == 1:
        found.append(_fact("translated", value=True, source=_TRANSLATED))
        if not flags:
            # It shows some of these values alone, but what it translates has to start.
            source = "what every x86-64 processor has"
            found.append(Fact("x86_64.level", "v1", Origin.DEFAULT, source))
    elif not flags:
        raise OSError("sysctl machdep.cpu lists no processor flags")
    return Facts(found)


def flags_from_sysctl(values: Iterable[str]) -> tuple[str, ...]:
    """Read the values of macOS's ``machdep.cpu`` feature lists."""
    return canonical_flags(flag for value in values for flag in value.lower().split())


def _facts_of_windows() -> Facts:
    found: Facts = Facts()
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 -- start-up speed

        state = ctypes.windll.kernel32.GetEnabledXStateFeatures
        state.restype = ctypes.c_uint64
        flags = usable_flags(cpuid_flags(), state())
        names = ("VendorIdentifier", "ProcessorNameString")
        values = next(iter(processor_values(names)), {})
        vendor, model = (str(values.get(name, "")) for name in names)
        found = _facts(flags, "CPUID, GetEnabledXStateFeatures", vendor, model)
    return found


def cpuid_flags() -> tuple[str, ...]:
    """Ask the processor itself, by the CPUID instruction."""
    from archspec.cpu.detect import CpuidInfoCollector  # noqa: PLC0415 -- start-up speed

    return canonical_flags(sorted(str(flag) for flag in CpuidInfoCollector().features))


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


def _facts(flags: tuple[str, ...], source: str, vendor: str, model: str) -> Facts:
    if not flags:
        raise OSError(f"{source} lists no processor flags")
    return Facts(_named(flags, source, vendor, model))


def _named(flags: tuple[str, ...], source: str, vendor: str, model: str) -> Iterator[Fact]:
    if vendor.strip():
        yield _fact("vendor", vendor.strip()[:LONGEST_MODEL], source)
    if model.strip():
        yield _fact("model", " ".join(model.split())[:LONGEST_MODEL], source)
    if flags:
        yield _fact("flags", flags, source)


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"x86_64.{name}", value, Origin.DETECTED, source)

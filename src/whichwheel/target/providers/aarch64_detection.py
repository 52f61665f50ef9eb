"""The features of this machine's 64-bit ARM processor, under the names of Linux's HWCAPs.

None of this ran on real hardware: the tests cover the translation of recorded values.
"""

import ctypes
import os
import platform
import sys
from collections.abc import Callable, Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.cpuinfo import CPUINFO, flags_of_all, read_cpuinfo
from whichwheel.target.providers.sysctl import sysctl_number

__all__ = [
    "detect",
    "features_from_cpuinfo",
    "features_from_id_registers",
    "features_from_sysctl",
]

_MACHINES = {"aarch64", "arm64"}

# macOS: hw.optional.arm.FEAT_*, and what Apple called them before macOS 12.
_SYSCTLS: Mapping[str, tuple[str, ...]] = {
    "AdvSIMD": ("fp", "asimd"),
    "FEAT_AES": ("aes",),
    "FEAT_PMULL": ("pmull",),
    "FEAT_SHA1": ("sha1",),
    "FEAT_SHA256": ("sha2",),
    "FEAT_SHA512": ("sha512",),
    "FEAT_SHA3": ("sha3",),
    "FEAT_CRC32": ("crc32",),
    "FEAT_LSE": ("atomics",),
    "FEAT_LSE2": ("uscat",),
    "FEAT_RDM": ("asimdrdm",),
    "FEAT_FP16": ("fphp", "asimdhp"),
    "FEAT_FHM": ("asimdfhm",),
    "FEAT_DotProd": ("asimddp",),
    "FEAT_JSCVT": ("jscvt",),
    "FEAT_FCMA": ("fcma",),
    "FEAT_LRCPC": ("lrcpc",),
    "FEAT_LRCPC2": ("ilrcpc",),
    "FEAT_DPB": ("dcpop",),
    "FEAT_DPB2": ("dcpodp",),
    "FEAT_DIT": ("dit",),
    "FEAT_FlagM": ("flagm",),
    "FEAT_FlagM2": ("flagm2",),
    "FEAT_FRINTTS": ("frint",),
    "FEAT_SB": ("sb",),
    "FEAT_SSBS": ("ssbs",),
    "FEAT_PAuth": ("paca", "pacg"),
    "FEAT_BTI": ("bti",),
    "FEAT_ECV": ("ecv",),
    "FEAT_BF16": ("bf16",),
    "FEAT_I8MM": ("i8mm",),
    "FEAT_SME": ("sme",),
    "FEAT_SME2": ("sme2",),
}
_OLD_SYSCTLS: Mapping[str, tuple[str, ...]] = {
    "hw.optional.floatingpoint": ("fp",),
    "hw.optional.neon": ("asimd",),
    "hw.optional.neon_hpfp": ("asimdhp",),
    "hw.optional.neon_fp16": ("fphp",),
    "hw.optional.armv8_crc32": ("crc32",),
    "hw.optional.armv8_1_atomics": ("atomics",),
    "hw.optional.armv8_2_fhm": ("asimdfhm",),
    "hw.optional.armv8_2_sha512": ("sha512",),
    "hw.optional.armv8_2_sha3": ("sha3",),
    "hw.optional.armv8_3_compnum": ("fcma",),
}

# Windows keeps the ID registers in the registry, by their number. Of each register: position
# of a four-bit field, its least value, the feature (Arm ARM, chapter D24).
_PFR0, _PFR1, _ZFR0 = "CP 4020", "CP 4021", "CP 4024"
_ISAR0, _ISAR1, _MMFR2 = "CP 4030", "CP 4031", "CP 403A"
_FIELDS = (
    (_ISAR0, 4, 1, "aes"),
    (_ISAR0, 4, 2, "pmull"),
    (_ISAR0, 8, 1, "sha1"),
    (_ISAR0, 12, 1, "sha2"),
    (_ISAR0, 12, 2, "sha512"),
    (_ISAR0, 16, 1, "crc32"),
    (_ISAR0, 20, 2, "atomics"),
    (_ISAR0, 28, 1, "asimdrdm"),
    (_ISAR0, 32, 1, "sha3"),
    (_ISAR0, 44, 1, "asimddp"),
    (_ISAR0, 48, 1, "asimdfhm"),
    (_ISAR0, 52, 1, "flagm"),
    (_ISAR0, 52, 2, "flagm2"),
    (_ISAR0, 60, 1, "rng"),
    (_ISAR1, 0, 1, "dcpop"),
    (_ISAR1, 0, 2, "dcpodp"),
    (_ISAR1, 4, 1, "paca"),
    (_ISAR1, 8, 1, "paca"),
    (_ISAR1, 12, 1, "jscvt"),
    (_ISAR1, 16, 1, "fcma"),
    (_ISAR1, 20, 1, "lrcpc"),
    (_ISAR1, 20, 2, "ilrcpc"),
    (_ISAR1, 24, 1, "pacg"),
    (_ISAR1, 28, 1, "pacg"),
    (_ISAR1, 32, 1, "frint"),
    (_ISAR1, 36, 1, "sb"),
    (_ISAR1, 44, 1, "bf16"),
    (_ISAR1, 48, 1, "dgh"),
    (_ISAR1, 52, 1, "i8mm"),
    (_PFR0, 32, 1, "sve"),
    (_PFR0, 48, 1, "dit"),
    (_PFR1, 0, 1, "bti"),
    (_PFR1, 4, 1, "ssbs"),
    (_ZFR0, 0, 1, "sve2"),
    (_MMFR2, 32, 1, "uscat"),
)
_ABSENT = 0b1111  # of the signed fields FP and AdvSIMD
_PROCESSOR_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
_PF_ARM_SVE_INSTRUCTIONS_AVAILABLE = 46


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Find the features of this machine's processor out.

    :raises OSError: if the system does not tell
    """
    del environ  # nothing in it bears on a processor
    if platform.machine().lower() not in _MACHINES:
        source = "platform.machine()"
        return Facts([Fact("aarch64.present", value=False, origin=Origin.DETECTED, source=source)])
    if sys.platform == "linux":
        facts = _facts(features_from_cpuinfo(read_cpuinfo()), str(CPUINFO))
    elif sys.platform == "darwin":
        facts = _facts(features_from_sysctl(sysctl_number), "sysctl")
    elif sys.platform == "win32":
        found = features_from_id_registers(_id_registers())
        available = ctypes.windll.kernel32.IsProcessorFeaturePresent
        if not available(_PF_ARM_SVE_INSTRUCTIONS_AVAILABLE):
            found = tuple(name for name in found if not name.startswith("sve"))
        facts = _facts(found, "the registry's ID registers")
    else:
        source = "what every 64-bit ARM has"
        facts = Facts([Fact("aarch64.version", "8a", Origin.DEFAULT, source)])
    return facts


def _facts(features: tuple[str, ...], source: str) -> Facts:
    if not features:
        raise OSError(f"{source} lists no processor features")
    return Facts([Fact("aarch64.features", features, Origin.DETECTED, source)])


def features_from_cpuinfo(text: str) -> tuple[str, ...]:
    """Read the content of Linux's ``/proc/cpuinfo``."""
    return flags_of_all(text, "Features")


def features_from_sysctl(value: Callable[[str], int]) -> tuple[str, ...]:
    """Read macOS's ``hw.optional`` values.

    :param value: the value of a ``sysctl`` name, 0 where there is none
    """
    found: dict[str, None] = {}
    for name, features in _SYSCTLS.items():
        if value(f"hw.optional.arm.{name}") == 1:
            found.update(dict.fromkeys(features))
    for name, features in _OLD_SYSCTLS.items():
        if value(name) == 1:
            found.update(dict.fromkeys(features))
    return tuple(found)


def features_from_id_registers(registers: Mapping[str, int]) -> tuple[str, ...]:
    """Read the processor's ID registers.

    :param registers: by their name in Windows' registry, as ``CP 4030``; those missing are 0
    """
    found: dict[str, None] = {}
    for position, plain, half in ((16, "fp", "fphp"), (20, "asimd", "asimdhp")):
        level = _field(registers, _PFR0, position)
        if level != _ABSENT:
            found[plain] = None
            if level >= 1:
                found[half] = None
    for register, position, least, feature in _FIELDS:
        if _field(registers, register, position) >= least:
            found[feature] = None
    if "sve" not in found:
        found.pop("sve2", None)
    return tuple(found)


def _field(registers: Mapping[str, int], register: str, position: int) -> int:
    return registers.get(register, 0) >> position & 0b1111


def _id_registers() -> Mapping[str, int]:
    registers: dict[str, int] = {}
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 -- only Windows has it

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _PROCESSOR_KEY) as key:
            for name in (_PFR0, _PFR1, _ZFR0, _ISAR0, _ISAR1, _MMFR2):
                try:
                    value, _ = winreg.QueryValueEx(key, name)
                except FileNotFoundError:
                    continue
                if isinstance(value, int):
                    registers[name] = value
    return registers

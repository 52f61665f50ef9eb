"""The features of this machine's 64-bit ARM processor, and which cores it has.

None of this ran on real hardware: the tests cover the translation of recorded values.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.aarch64_parts import core_name
from whichwheel.target.providers.cpuinfo import CPUINFO, entries, flags_of_all, read_cpuinfo
from whichwheel.target.providers.processor import LONGEST_MODEL, absent, joined, machine_is
from whichwheel.target.providers.sysctl import sysctl_number, sysctl_text
from whichwheel.target.providers.windows_processor import processor_values

__all__ = [
    "cores_from_cpuinfo",
    "cores_from_registers",
    "detect",
    "facts_from_sysctl",
    "facts_of_linux",
    "features_from_cpuinfo",
    "features_from_id_registers",
    "features_from_sysctl",
]

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
    "FEAT_EBF16": ("ebf16",),
    "FEAT_AFP": ("afp",),
    "FEAT_RPRES": ("rpres",),
    "FEAT_WFxT": ("wfxt",),
    "FEAT_CSSC": ("cssc",),
    "FEAT_HBC": ("hbc",),
    "FEAT_MTE": ("mte",),
    "FEAT_MTE3": ("mte3",),
    "FEAT_SME": ("sme",),
    "FEAT_SME2": ("sme2",),
    "FEAT_SME2p1": ("sme2p1",),
    "FEAT_SME_F64F64": ("smef64f64",),
    "FEAT_SME_I16I64": ("smei16i64",),
    "FEAT_SME_B16B16": ("smeb16b16",),
    "FEAT_SME_F16F16": ("smef16f16",),
    "SME_F32F32": ("smef32f32",),
    "SME_BI32I32": ("smebi32i32",),
    "SME_B16F32": ("smeb16f32",),
    "SME_F16F32": ("smef16f32",),
    "SME_I8I32": ("smei8i32",),
    "SME_I16I32": ("smei16i32",),
}
_OLD_SYSCTLS: Mapping[str, tuple[str, ...]] = {
    "hw.optional.floatingpoint": ("fp",),
    "hw.optional.neon": ("asimd",),
    "hw.optional.AdvSIMD": ("fp", "asimd"),
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
_ISAR0, _ISAR1, _ISAR2 = "CP 4030", "CP 4031", "CP 4032"
_MMFR0, _MMFR1, _MMFR2 = "CP 4038", "CP 4039", "CP 403A"
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
    (_ISAR0, 36, 1, "sm3"),
    (_ISAR0, 40, 1, "sm4"),
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
    (_ISAR1, 44, 2, "ebf16"),
    (_ISAR1, 52, 1, "i8mm"),
    (_ISAR1, 60, 1, "ls64"),
    (_ISAR2, 0, 2, "wfxt"),
    (_ISAR2, 4, 1, "rpres"),
    (_ISAR2, 8, 1, "pacg"),
    (_ISAR2, 12, 1, "paca"),
    (_ISAR2, 16, 1, "mops"),
    (_ISAR2, 20, 1, "hbc"),
    (_ISAR2, 52, 1, "cssc"),
    (_PFR0, 32, 1, "sve"),
    (_PFR0, 48, 1, "dit"),
    (_PFR1, 0, 1, "bti"),
    (_PFR1, 4, 1, "ssbs"),
    (_ZFR0, 0, 1, "sve2"),
    (_ZFR0, 0, 2, "sve2p1"),
    (_ZFR0, 4, 1, "sveaes"),
    (_ZFR0, 4, 2, "svepmull"),
    (_ZFR0, 16, 1, "svebitperm"),
    (_ZFR0, 20, 1, "svebf16"),
    (_ZFR0, 24, 1, "sveb16b16"),
    (_ZFR0, 32, 1, "svesha3"),
    (_ZFR0, 40, 1, "svesm4"),
    (_ZFR0, 44, 1, "svei8mm"),
    (_ZFR0, 52, 1, "svef32mm"),
    (_ZFR0, 56, 1, "svef64mm"),
    (_MMFR0, 60, 1, "ecv"),
    (_MMFR1, 44, 1, "afp"),
    (_MMFR2, 32, 1, "uscat"),
)
_REGISTERS = tuple(dict.fromkeys(register for register, *_ in _FIELDS))
_ABSENT = 0b1111  # of the signed fields FP and AdvSIMD
_MIDR = "CP 4000"
_NAME_VALUE = "ProcessorNameString"
_PF_ARM_SVE_INSTRUCTIONS_AVAILABLE = 46


# An implementer and a part.
_Core = tuple[int, int]


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Find the features and the cores of this machine's processor out.

    :raises OSError: if the system does not tell
    """
    del environ  # nothing in it bears on a processor
    if not machine_is("aarch64", "arm64"):
        return absent("aarch64")
    if sys.platform == "linux":
        facts = facts_of_linux()
    elif sys.platform == "darwin":
        facts = facts_from_sysctl(sysctl_text, sysctl_number)
    elif sys.platform == "win32":
        facts = _facts_of_windows()
    else:
        source = "what every 64-bit ARM has"
        facts = Facts([Fact("aarch64.version", "8a", Origin.DEFAULT, source)])
    return facts


def facts_of_linux(root: Path = Path("/")) -> Facts:
    """Read ``/proc/cpuinfo``.

    :param root: the root of the file system
    :raises OSError: if it cannot be read, or lists no features
    """
    text = read_cpuinfo(root / CPUINFO.relative_to("/"))
    return _facts(features_from_cpuinfo(text), str(CPUINFO), cores_from_cpuinfo(text))


def facts_from_sysctl(text: Callable[[str], str], number: Callable[[str], int]) -> Facts:
    """Read macOS's values.

    :param text: the text of a ``sysctl`` name, empty where there is none
    :param number: the number of one, 0 where there is none
    :raises OSError: if they tell of no features
    """
    model = text("machdep.cpu.brand_string")
    return _facts(features_from_sysctl(number), "sysctl hw.optional", (), model)


def _facts_of_windows() -> Facts:
    found = Facts()
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 -- start-up speed

        each = processor_values([_MIDR, _NAME_VALUE, *_REGISTERS], first=False)
        first = each[0] if each else {}
        features = features_from_id_registers(_numbers(first))
        available = ctypes.windll.kernel32.IsProcessorFeaturePresent
        if not available(_PF_ARM_SVE_INSTRUCTIONS_AVAILABLE):
            features = tuple(name for name in features if not name.startswith("sve"))
        cores = cores_from_registers(_numbers(values) for values in each)
        source = "the registry's ID registers"
        found = _facts(features, source, cores, str(first.get(_NAME_VALUE, "")))
    return found


def _numbers(values: Mapping[str, str | int]) -> dict[str, int]:
    return {name: value for name, value in values.items() if isinstance(value, int)}


def _facts(
    features: tuple[str, ...], source: str, cores: tuple[_Core, ...], model: str = ""
) -> Facts:
    if not features:
        raise OSError(f"{source} lists no processor features")
    return Facts(_described(features, source, cores, model))


def _described(
    features: tuple[str, ...], source: str, cores: tuple[_Core, ...], model: str
) -> Iterator[Fact]:
    if cores:
        yield _fact("implementer", tuple(f"{implementer:#04x}" for implementer, _ in cores), source)
        yield _fact("part", tuple(f"{part:#05x}" for _, part in cores), source)
    names = [core_name(*core) for core in cores]
    known = list(dict.fromkeys(name for name in names if name is not None))
    words = " ".join(model.split()) or (joined(known) if known and None not in names else "")
    if words:
        yield _fact("model", words[:LONGEST_MODEL], source)
    yield _fact("features", features, source)


def _fact(name: str, value: FactValue, source: str) -> Fact:
    return Fact(f"aarch64.{name}", value, Origin.DETECTED, source)


def features_from_cpuinfo(text: str) -> tuple[str, ...]:
    """Read the content of Linux's ``/proc/cpuinfo``."""
    return flags_of_all(text, "Features")


def cores_from_cpuinfo(text: str) -> tuple[_Core, ...]:
    """Return the different cores as implementer and part, in the order of the processors.

    :param text: the content of ``/proc/cpuinfo``
    """
    found: dict[_Core, None] = {}
    implementer: int | None = None
    for name, value in entries(text):
        if name == "CPU implementer":
            implementer = _hex(value)
        elif name == "CPU part" and implementer is not None:
            part = _hex(value)
            if part is not None:
                found[implementer, part] = None
    return tuple(found)


def _hex(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None


def cores_from_registers(each: Iterable[Mapping[str, int]]) -> tuple[_Core, ...]:
    """Return the different cores, by the register MIDR_EL1 of each processor."""
    registers = [values[_MIDR] for values in each if _MIDR in values]
    return tuple(dict.fromkeys((value >> 24 & 0xFF, value >> 4 & 0xFFF) for value in registers))


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
        found = {name: None for name in found if not name.startswith("sve")}
    return tuple(found)


def _field(registers: Mapping[str, int], register: str, position: int) -> int:
    return registers.get(register, 0) >> position & 0b1111

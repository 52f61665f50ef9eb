import sys
from pathlib import Path

import pytest

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers import aarch64, x86_64
from whichwheel.target.providers.aarch64_detection import (
    features_from_cpuinfo,
    features_from_id_registers,
    features_from_sysctl,
)
from whichwheel.target.providers.cpuinfo import flags_of_all
from whichwheel.target.providers.x86_64_detection import (
    cpuid_flags,
    detect,
    flags_from_cpuinfo,
    flags_from_sysctl,
    usable_flags,
)

RECORDED = Path(__file__).parent / "data" / "cpuinfo"


def recorded(name: str) -> str:
    return (RECORDED / f"{name}.txt").read_text()


def detected(key: str, value: tuple[str, ...]) -> Facts:
    return Facts([Fact(key, value, Origin.DETECTED, "a recording")])


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("k10", "v1"),
        ("ivybridge", "v2"),
        ("piledriver", "v2"),
        ("haswell", "v3"),
        ("haswell_without_aes", "v3"),
        ("sapphire_rapids", "v4"),
        ("zen5", "v4"),
    ],
)
def test_real_x86_64_processors_have_the_level_that_their_flags_say(name: str, level: str) -> None:
    facts = detected("x86_64.flags", flags_from_cpuinfo(recorded(name)))
    levels = x86_64.properties(facts)["level"]
    assert levels == tuple(f"v{number}" for number in range(int(level[1]), 0, -1))
    assert x86_64.phrase(facts) == f"x86-64-{level} (detected)"


def test_x86_64_features_come_after_the_level_newest_first() -> None:
    facts = detected("x86_64.flags", flags_from_cpuinfo(recorded("haswell")))
    names = list(x86_64.properties(facts))
    assert names[0] == "level"
    assert names[-10:] == [
        *("sse4_2", "sse4_1", "ssse3", "sse3", "cx16", "lahf_lm", "popcnt"),
        *("sse2", "sse", "mmx"),
    ]
    assert names.index("avx2") < names.index("avx") < names.index("aes")
    assert set(x86_64.properties(facts).values()) == {("v3", "v2", "v1"), ("on",)}


def test_a_given_level_implies_the_flags_of_that_level_and_no_more() -> None:
    facts = Facts([Fact("x86_64.level", "v2", Origin.GIVEN, "a file")])
    found = x86_64.properties(facts)
    assert found["level"] == ("v2", "v1")
    assert found["sse4_2"] == ("on",)
    assert "avx" not in found


def test_a_single_given_flag_still_means_an_x86_64_processor() -> None:
    facts = Facts([Fact("x86_64.flags", ("avx512f",), Origin.GIVEN, "a file")])
    assert x86_64.properties(facts)["level"] == ("v1",)
    assert "avx512f" in x86_64.properties(facts)


def test_no_processor_of_the_kind_supports_nothing() -> None:
    for provider, words in ((x86_64, "no x86-64 processor"), (aarch64, "no 64-bit ARM processor")):
        name = provider.PROVIDER.name
        absent = Fact(f"{name}.present", value=False, origin=Origin.DETECTED, source="test")
        assert provider.properties(Facts([absent])) == {}
        assert provider.phrase(Facts([absent])) == f"{words} (detected)"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("cortex_a72", "8a"),
        ("thunderx2", "8.1a"),
        ("neoverse_n1", "8.2a"),
        ("a64fx", "8.2a"),
        ("neoverse_v1", "8.4a"),
        ("apple_m1", "8.5a"),
        ("neoverse_n2", "9.0a"),
        ("neoverse_v2", "9.0a"),
    ],
)
def test_real_arm_processors_have_the_version_that_their_features_say(
    name: str, version: str
) -> None:
    facts = detected("aarch64.features", features_from_cpuinfo(recorded(name)))
    versions = aarch64.properties(facts)["version"]
    assert versions[0] == version
    assert versions == aarch64.VERSIONS[: len(versions)][::-1]
    assert aarch64.phrase(facts) == f"ARMv{version} (detected)"


def test_only_flags_of_all_processors_count() -> None:
    text = "flags\t: sse avx avx2\n\nflags\t: avx sse\n"
    assert flags_of_all(text, "flags") == ("sse", "avx")
    assert flags_of_all("processor : 0\n", "flags") == ()


def test_macos_feature_lists_of_an_intel_mac_give_its_level() -> None:
    # `machdep.cpu` of a MacBook with an i7-4980HQ, from the recordings that data/cpuinfo names;
    # the third list is missing there and written by hand.
    features = (
        "FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFSH DS ACPI "
        "MMX FXSR SSE SSE2 SS HTT TM PBE SSE3 PCLMULQDQ DTES64 MON DSCPL VMX SMX EST TM2 SSSE3 "
        "FMA CX16 TPR PDCM SSE4.1 SSE4.2 x2APIC MOVBE POPCNT AES PCID XSAVE OSXSAVE SEGLIM64 "
        "TSCTMR AVX1.0 RDRAND F16C"
    )
    leaf7 = "RDWRFSGS TSC_THREAD_OFFSET BMI1 AVX2 SMEP BMI2 ERMS INVPCID FPU_CSDS MDCLEAR IBRS"
    extended = "SYSCALL XD 1GBPAGE EM64T LAHF LZCNT RDTSCP TSCI"
    flags = flags_from_sysctl([features, leaf7, extended])
    found = x86_64.properties(detected("x86_64.flags", flags))
    assert found["level"] == ("v3", "v2", "v1")
    assert {"fsgsbase", "rdrand", "aes"} <= found.keys()


def test_macos_values_of_an_m1_give_what_linux_says_of_it() -> None:
    # `hw.optional` of an M1 under macOS 12, from the recordings that data/cpuinfo names.
    names = (
        "FlagM FlagM2 FHM DotProd SHA3 RDM LSE SHA256 SHA512 SHA1 AES PMULL SB FRINTTS LRCPC "
        "LRCPC2 FCMA JSCVT PAuth DPB DPB2 ECV LSE2 FP16 SSBS"
    )
    values = {f"hw.optional.arm.FEAT_{name}": 1 for name in names.split()}
    values |= {"hw.optional.floatingpoint": 1, "hw.optional.neon": 1}
    values |= {"hw.optional.armv8_crc32": 1, "hw.optional.armv8_1_atomics": 1}
    features = features_from_sysctl(lambda name: values.get(name, 0))
    by_linux = set(features_from_cpuinfo(recorded("apple_m1")))
    assert by_linux - set(features) == {"evtstrm", "cpuid", "dit"}
    assert aarch64.versions_of(features)[0] == "8.5a"


def test_id_registers_are_read_field_by_field() -> None:
    # Written by hand: the fields of the architecture manual, filled in for what an N1 has.
    neoverse_n1 = {
        "CP 4020": 0x1100000011111112,
        "CP 4021": 0x0000000000000010,
        "CP 4030": 0x0000100010211120,
        "CP 4031": 0x0000000000100001,
        "CP 403A": 0x0000000000001011,
    }
    features = features_from_id_registers(neoverse_n1)
    by_linux = set(features_from_cpuinfo(recorded("neoverse_n1")))
    assert set(features) == by_linux - {"evtstrm", "cpuid"}


def test_sve2_needs_sve_in_the_id_registers() -> None:
    assert "sve2" not in features_from_id_registers({"CP 4024": 1})
    assert "sve2" in features_from_id_registers({"CP 4024": 1, "CP 4020": 1 << 32})


def test_instructions_whose_state_the_system_does_not_save_are_not_usable() -> None:
    flags = ("sse2", "avx", "fma", "avx512f", "amx_tile")
    assert usable_flags(flags, 0b11) == ("sse2",)
    assert usable_flags(flags, 0b111) == ("sse2", "avx", "fma")
    assert usable_flags(flags, 0b11100111) == ("sse2", "avx", "fma", "avx512f")
    assert usable_flags(flags, 0b11100111 | 0b11 << 17) == flags


@pytest.mark.skipif(sys.platform != "linux", reason="compares with Linux")
def test_the_cpuid_instruction_and_linux_agree_on_this_machine() -> None:
    facts = detect()
    if "x86_64.flags" not in facts:
        pytest.skip("needs an x86-64 processor")
    by_linux = x86_64.properties(facts)
    by_cpuid = x86_64.properties(detected("x86_64.flags", cpuid_flags()))
    assert by_cpuid["level"] == by_linux["level"]


@pytest.mark.parametrize(
    ("machine", "expected"),
    [("x86_64", ("v1",)), ("AMD64", ("v1",)), ("aarch64", ()), ("ppc64le", ())],
)
def test_an_x86_64_platform_without_facts_has_level_v1(
    machine: str, expected: tuple[str, ...]
) -> None:
    facts = x86_64.defaults({"platform_machine": machine})
    assert x86_64.properties(facts).get("level", ()) == expected
    assert all(fact.origin is Origin.DEFAULT for fact in facts.values())

import json
import sys
from pathlib import Path

import archspec
import pytest

from support.processors import detected, given, machine_root, recorded, sysctl_of, values_of
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers import x86_64
from whichwheel.target.providers.cpuinfo import flags_of_all
from whichwheel.target.providers.x86_64_detection import (
    cpuid_flags,
    detect,
    facts_from_sysctl,
    facts_of_linux,
    flags_from_cpuinfo,
    usable_flags,
)
from whichwheel.target.providers.x86_64_flags import FEATURES, LEVELS, canonical_flags

ARCHSPEC = Path(archspec.__file__).parent / "json/cpu/microarchitectures.json"


def archspec_flags() -> set[str]:
    """Return the features of all of archspec's cores that descend from x86_64."""
    cores = json.loads(ARCHSPEC.read_text())["microarchitectures"]

    def is_x86_64(name: str) -> bool:
        return name == "x86_64" or any(is_x86_64(parent) for parent in cores[name]["from"])

    return {flag for name in cores if is_x86_64(name) for flag in cores[name]["features"]}


def test_every_flag_that_archspec_knows_is_a_feature() -> None:
    flags = archspec_flags()
    assert len(flags) >= 77
    assert flags <= set(FEATURES)
    assert len(FEATURES) == len(set(FEATURES))


def test_every_flag_is_a_property_where_it_is_there() -> None:
    found = x86_64.properties(detected("x86_64.flags", FEATURES))
    assert list(found) == ["level", *FEATURES]
    assert all(found[name] == ("on",) for name in FEATURES)


def test_archspecs_other_names_of_flags_are_understood() -> None:
    aliases = json.loads(ARCHSPEC.read_text())["feature_aliases"]
    of_flags = {
        name: alias["any_of"]
        for name, alias in aliases.items()
        if len(alias.get("any_of", ())) == 1
    }
    assert {"sse3", "sse4.1", "sse4.2"} <= of_flags.keys()
    for name, (flag,) in of_flags.items():
        assert set(canonical_flags([name])) <= set(canonical_flags([flag]))
    conversions = json.loads(ARCHSPEC.read_text())["conversions"]["darwin_flags"]
    # Two of them are guesses: what XSAVE and POPCNT bring besides is read where it stands.
    for name, flags in conversions.items():
        if name not in {"xsave", "popcnt lzcnt"}:
            assert set(flags.split()) <= set(canonical_flags([name]))


def test_what_the_published_provider_knows_keeps_its_order() -> None:
    # Newest first by the core that brought it, as in the published provider.
    published = (
        *("avx_vnni", "movdir64b", "avx512_bf16", "vpclmulqdq", "clwb", "avx512bw", "avx512vl"),
        *("clflushopt", "xsaveopt", "adx", "avx2", "avx", "bmi2", "xsave", "rdrand", "aes"),
        *("pclmulqdq", "sse4a", "fsgsbase", "sse4_2", "sse4_1", "popcnt", "sse2", "sse", "mmx"),
    )
    places = [FEATURES.index(name) for name in published]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("name", "level", "vendor", "model"),
    [
        # Levels by the flags that the x86-64 psABI asks for, "Micro-Architecture Levels".
        ("k10", "v1", None, None),
        ("ivybridge", "v2", None, None),
        ("piledriver", "v2", None, None),
        ("haswell", "v3", None, None),
        ("haswell_without_aes", "v3", None, None),
        ("sapphire_rapids", "v4", None, None),
        ("zen5", "v4", None, None),
        ("epyc_7351p", "v3", "AuthenticAMD", "AMD EPYC 7351P 16-Core Processor"),
        ("epyc_9654", "v4", "AuthenticAMD", "AMD EPYC 9654 96-Core Processor"),
        ("core_ultra_9_285", "v3", "GenuineIntel", "Intel(R) Core(TM) Ultra 9 285"),
        # Without AVX, though later than Haswell.
        ("pentium_g4560", "v2", "GenuineIntel", "Intel(R) Pentium(R) CPU G4560 @ 3.50GHz"),
        # Virtual machines that mask flags, one of which gives itself the model of a Pentium 4.
        (
            "xeon_8272cl_azure",
            "v4",
            "GenuineIntel",
            "Intel(R) Xeon(R) Platinum 8272CL CPU @ 2.60GHz",
        ),
        ("xeon_5120_nutanix", "v4", "GenuineIntel", "Intel(R) Xeon(R) Gold 5120 CPU @ 2.20GHz"),
    ],
)
def test_real_processors_have_the_level_that_their_flags_say(
    name: str, level: str, vendor: str | None, model: str | None, tmp_path: Path
) -> None:
    facts = facts_of_linux(machine_root(tmp_path, recorded("cpuinfo", name)))
    levels = x86_64.properties(facts)["level"]
    assert levels == tuple(f"v{number}" for number in range(int(level[1]), 0, -1))
    assert x86_64.phrase(facts) == f"x86-64-{level} (detected)"
    assert facts["x86_64.flags"].source == "/proc/cpuinfo"
    if model is not None:
        assert (facts.text("x86_64.vendor"), facts.text("x86_64.model")) == (vendor, model)


def test_a_virtual_machine_is_judged_by_the_flags_that_it_shows() -> None:
    # The silicon of a Platinum 8272CL has these (Intel, Cascade Lake); Azure showed none.
    masked = {"avx512_vnni", "clwb", "pku"}
    flags = flags_from_cpuinfo(recorded("cpuinfo", "xeon_8272cl_azure"))
    found = x86_64.properties(detected("x86_64.flags", flags))
    assert masked.isdisjoint(found)
    assert "avx512cd" in found


def test_features_come_after_the_level_newest_first() -> None:
    flags = flags_from_cpuinfo(recorded("cpuinfo", "haswell"))
    names = list(x86_64.properties(detected("x86_64.flags", flags)))
    assert names[0] == "level"
    assert names[-10:] == [
        *("sse4_2", "sse4_1", "ssse3", "sse3", "cx16", "lahf_lm", "popcnt"),
        *("sse2", "sse", "mmx"),
    ]
    assert names.index("avx2") < names.index("avx") < names.index("aes")


def test_flags_that_nobody_knows_are_kept_as_facts_alone(tmp_path: Path) -> None:
    text = "flags\t: sse sse2 mmx avx99 ssse3\n"
    facts = facts_of_linux(machine_root(tmp_path, text))
    assert "avx99" in facts.texts("x86_64.flags")
    assert "avx99" not in x86_64.properties(facts)
    assert "sse3" in x86_64.properties(facts)


def test_a_given_level_implies_the_flags_of_that_level_and_no_more() -> None:
    found = x86_64.properties(given(x86_64__level="v2"))
    assert found["level"] == ("v2", "v1")
    assert found["sse4_2"] == ("on",)
    assert "avx" not in found


def test_given_flags_may_have_any_of_their_names() -> None:
    flags = ("sse4.1", "pni", "lzcnt", "avx512-vnni")
    found = x86_64.properties(given(x86_64__flags=flags))
    assert {"sse4_1", "sse3", "abm", "avx512_vnni"} <= found.keys()


def test_a_single_given_flag_still_means_an_x86_64_processor() -> None:
    found = x86_64.properties(given(x86_64__flags=("avx512f",)))
    assert found["level"] == ("v1",)
    assert "avx512f" in found


def test_no_processor_of_the_kind_supports_nothing() -> None:
    absent = detected("x86_64.present", value=False)
    assert x86_64.properties(absent) == {}
    assert x86_64.phrase(absent) == "no x86-64 processor (detected)"


def test_only_flags_of_all_processors_count() -> None:
    text = "flags\t: sse avx avx2\n\nflags\t: avx sse\n"
    assert flags_of_all(text, "flags") == ("sse", "avx")
    assert flags_of_all("processor : 0\n", "flags") == ()


@pytest.mark.parametrize("text", ["", "processor\t: 0\n", "flags\t\t:\n"])
def test_a_system_that_lists_no_flags_is_a_failure(text: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="/proc/cpuinfo lists no processor flags"):
        facts_of_linux(machine_root(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "level", "there", "missing"),
    [
        ("core_i5_3230m", "v2", {"f16c", "xsaveopt"}, {"xsavec", "avx2"}),
        ("core_i7_4980hq", "v3", {"fsgsbase", "rdrand", "aes"}, {"adx"}),
        ("core_i7_6700k", "v3", {"adx", "clflushopt", "rdseed"}, {"avx512f"}),
    ],
)
def test_real_intel_macs_have_what_their_feature_lists_say(
    name: str, level: str, there: set[str], missing: set[str]
) -> None:
    facts = facts_from_sysctl(*sysctl_of(name))
    found = x86_64.properties(facts)
    assert found["level"][0] == level
    assert there <= found.keys()
    assert missing.isdisjoint(found)
    assert facts.text("x86_64.vendor") == "GenuineIntel"
    assert str(facts.text("x86_64.model")).startswith("Intel(R) Core(TM) i")
    assert "x86_64.translated" not in facts


def test_rosetta_is_named() -> None:
    # Written by hand: of the names, an issue of archspec (76) tells which are there.
    text, number = values_of(
        "machdep.cpu.brand_string: VirtualApple @ 2.50GHz\n"
        "machdep.cpu.features: FPU CX8 CMOV MMX FXSR SSE SSE2 SSE3 SSSE3 CX16 SSE4.1 SSE4.2 AES\n"
        "sysctl.proc_translated: 1\n"
    )
    facts = facts_from_sysctl(text, number)
    assert facts["x86_64.translated"].value is True
    assert x86_64.properties(facts)["level"] == ("v1",)
    assert x86_64.why(facts, "avx2", "on") == (
        "the processor (VirtualApple @ 2.50GHz, translated by Rosetta) does not list avx2"
    )
    silent = facts_from_sysctl(*values_of("sysctl.proc_translated: 1\n"))
    assert x86_64.properties(silent)["level"] == ("v1",)
    assert silent["x86_64.level"].origin is Origin.DEFAULT


def test_a_mac_that_tells_nothing_is_a_failure() -> None:
    with pytest.raises(OSError, match="lists no processor flags"):
        facts_from_sysctl(*values_of(""))


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


PENTIUM = Facts(
    [
        Fact("x86_64.model", "Intel(R) Pentium(R) CPU G4560", Origin.DETECTED, "/proc/cpuinfo"),
        *detected(
            "x86_64.flags", flags_from_cpuinfo(recorded("cpuinfo", "pentium_g4560"))
        ).values(),
    ]
)


@pytest.mark.parametrize(
    ("facts", "feature", "value", "words"),
    [
        (
            PENTIUM,
            "level",
            "v3",
            (
                "level v3 needs avx, avx2, bmi1, bmi2, f16c and fma, which the processor"
                " (Intel(R) Pentium(R) CPU G4560) does not list"
            ),
        ),
        (
            PENTIUM,
            "level",
            "v2",
            "the processor (Intel(R) Pentium(R) CPU G4560) lists all flags that level v2 needs",
        ),
        (PENTIUM, "level", "v9", "`v9` is no level, as `v1` to `v4` are"),
        (PENTIUM, "aes", "on", "the processor (Intel(R) Pentium(R) CPU G4560) lists aes"),
        (PENTIUM, "aes", "off", "`aes` has no value but `on`"),
        (PENTIUM, "avx99", "on", "`avx99` is no feature that is known"),
        (
            PENTIUM,
            "pni",
            "on",
            "`pni` is no feature that is known",
        ),
        (
            detected("x86_64.flags", tuple(f for f in FEATURES if f not in {"avx2", "pku"})),
            "level",
            "v3",
            "level v3 needs avx2, which the processor does not list",
        ),
        (
            given(x86_64__level="v2"),
            "level",
            "v3",
            (
                "level v3 needs abm, avx, avx2, bmi1, bmi2, f16c, fma, movbe and xsave, which a"
                " processor of level v2 does not have"
            ),
        ),
        (
            detected("x86_64.present", value=False),
            "level",
            "v1",
            "there is no x86-64 processor: a recording",
        ),
        (Facts(), "avx", "on", "nothing is known of a processor of the kind x86-64 processor"),
    ],
)
def test_why_names_the_flags_that_decide(
    facts: Facts, feature: str, value: str, words: str
) -> None:
    assert x86_64.why(facts, feature, value) == words


def test_levels_are_made_of_flags_that_are_features() -> None:
    assert {flag for flags in LEVELS.values() for flag in flags} <= set(FEATURES)

import json
from pathlib import Path

import archspec
import pytest

from support.processors import detected, given, machine_root, recorded, sysctl_of, values_of
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.providers import aarch64
from whichwheel.target.providers.aarch64_detection import (
    cores_from_registers,
    detect,
    facts_from_sysctl,
    facts_of_linux,
    features_from_cpuinfo,
    features_from_id_registers,
    features_from_sysctl,
)
from whichwheel.target.providers.aarch64_features import (
    FEATURES,
    VERSIONS,
    needed_by,
    versions_of,
)

ARCHSPEC = Path(archspec.__file__).parent / "json/cpu/microarchitectures.json"


def test_every_feature_that_archspec_knows_is_one() -> None:
    cores = json.loads(ARCHSPEC.read_text())["microarchitectures"]

    def is_aarch64(name: str) -> bool:
        return name == "aarch64" or any(is_aarch64(parent) for parent in cores[name]["from"])

    known = {flag for name in cores if is_aarch64(name) for flag in cores[name]["features"]}
    assert len(known) >= 63
    assert known <= set(FEATURES)
    assert len(FEATURES) == len(set(FEATURES))


@pytest.mark.parametrize(
    ("name", "version", "part", "model"),
    [
        # Versions that the makers give in the cores' technical reference manuals, but where the
        # system shows less, or a core has all that the next version is made of.
        ("cortex_a72", "8a", "0xd08", "Arm Cortex-A72"),
        ("thunderx2", "8.1a", "0x0af", "Cavium ThunderX2-99xx"),
        ("raspberry_pi_5", "8.2a", "0xd0b", "Arm Cortex-A76"),
        ("neoverse_n1", "8.2a", "0xd0c", "Arm Neoverse-N1"),
        ("a64fx", "8.2a", "0x001", "Fujitsu A64FX"),
        ("neoverse_v1", "8.4a", "0xd40", "Arm Neoverse-V1"),
        ("apple_m1", "8.5a", "0x022", "Apple Icestorm-M1"),
        ("apple_m2", "8.6a", "0x032", "Apple Blizzard-M2"),
        ("neoverse_n2", "9.0a", "0xd49", "Arm Neoverse-N2"),
        ("neoverse_v2", "9.0a", "0xd4f", "Arm Neoverse-V2"),
        ("neoverse_v3ae", "9.2a", "0xd83", "Arm Neoverse-V3AE"),
        ("nvidia_olympus", "9.2a", "0x010", "NVIDIA Olympus"),
    ],
)
def test_real_processors_have_the_version_that_their_features_say(
    name: str, version: str, part: str, model: str, tmp_path: Path
) -> None:
    facts = facts_of_linux(machine_root(tmp_path, recorded("cpuinfo", name)))
    versions = aarch64.properties(facts)["version"]
    assert versions[0] == version
    assert versions[-1] == "8a"
    assert list(versions) == [each for each in reversed(VERSIONS) if each in versions]
    assert aarch64.phrase(facts) == f"ARMv{version} (detected)"
    assert facts.texts("aarch64.part") == (part,)
    assert len(facts.texts("aarch64.implementer")) == 1
    assert facts.text("aarch64.model") == model


def test_the_cores_of_a_processor_of_two_kinds_are_all_told(tmp_path: Path) -> None:
    facts = facts_of_linux(machine_root(tmp_path, recorded("cpuinfo", "rk3576")))
    assert facts.texts("aarch64.implementer") == ("0x41", "0x41")
    assert facts.texts("aarch64.part") == ("0xd03", "0xd08")
    assert facts.text("aarch64.model") == "Arm Cortex-A53 and Arm Cortex-A72"
    assert aarch64.properties(facts)["version"] == ("8a",)


def test_cores_that_nobody_knows_have_numbers_but_no_name(tmp_path: Path) -> None:
    text = (
        "Features\t: fp asimd\nCPU implementer\t: 0x99\nCPU part\t: 0x7\n"
        "CPU implementer\t: what\nCPU part\t: 0xd0c\n"
    )
    facts = facts_of_linux(machine_root(tmp_path, text))
    assert facts.texts("aarch64.part") == ("0x007",)
    assert "aarch64.model" not in facts


def test_versions_9_hold_the_versions_8_that_they_are_made_of() -> None:
    # Arm Architecture Reference Manual, A2.1: Armv9.N-A builds on Armv8.(N+5)-A.
    for minor in range(3):
        assert set(needed_by(f"8.{minor + 5}a")) < set(needed_by(f"9.{minor}a"))
    assert versions_of(needed_by("9.1a")) == tuple(
        version for version in reversed(VERSIONS) if version not in {"9.2a", "8.7a"}
    )
    assert "9.0a" not in versions_of(needed_by("8.7a"))


def test_a_given_version_implies_its_features_and_no_more() -> None:
    found = aarch64.properties(given(aarch64__version="8.2a"))
    assert found["version"] == ("8.2a", "8.1a", "8a")
    assert "atomics" in found
    assert "asimddp" not in found


def test_no_processor_of_the_kind_supports_nothing() -> None:
    absent = detected("aarch64.present", value=False)
    assert aarch64.properties(absent) == {}
    assert aarch64.phrase(absent) == "no 64-bit ARM processor (detected)"


def test_a_system_that_lists_no_features_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="/proc/cpuinfo lists no processor features"):
        facts_of_linux(machine_root(tmp_path, "processor\t: 0\n"))


@pytest.mark.parametrize(
    ("name", "version", "model"),
    [
        ("apple_m1", "8.5a", "Apple M1 Pro"),
        ("apple_m2", "8.6a", "Apple M2"),
        ("apple_m3", "8.6a", "Apple M3 Max"),
        ("apple_m4_max", "8.7a", "Apple M4 Max"),
    ],
)
def test_real_macs_have_the_version_that_their_values_say(
    name: str, version: str, model: str
) -> None:
    facts = facts_from_sysctl(*sysctl_of(name))
    assert aarch64.properties(facts)["version"][0] == version
    assert facts.text("aarch64.model") == model
    assert "aarch64.part" not in facts


@pytest.mark.parametrize(
    ("name", "unseen"), [("apple_m1", {"evtstrm", "cpuid", "dit"}), ("apple_m2", {"dit"})]
)
def test_macos_and_linux_say_the_same_of_a_chip(name: str, unseen: set[str]) -> None:
    by_macos = set(features_from_sysctl(sysctl_of(name)[1]))
    by_linux = set(features_from_cpuinfo(recorded("cpuinfo", name)))
    assert by_linux - by_macos == unseen | {"evtstrm", "cpuid"}


def test_matrix_extensions_of_an_m4_are_told() -> None:
    found = aarch64.properties(facts_from_sysctl(*sysctl_of("apple_m4_max")))
    assert {"sme", "sme2", "smef64f64", "smei16i64", "smef32f32", "smei8i32"} <= found.keys()
    # It has no SVE outside of the streaming mode.
    assert "sve" not in found


def test_a_mac_that_tells_nothing_is_a_failure() -> None:
    with pytest.raises(OSError, match="lists no processor features"):
        facts_from_sysctl(*values_of(""))


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
    by_linux = set(features_from_cpuinfo(recorded("cpuinfo", "neoverse_n1")))
    assert set(features) == by_linux - {"evtstrm", "cpuid"}


def test_sve2_needs_sve_in_the_id_registers() -> None:
    assert "sve2" not in features_from_id_registers({"CP 4024": 1})
    assert "sve2" in features_from_id_registers({"CP 4024": 1, "CP 4020": 1 << 32})


def test_the_register_midr_names_the_cores() -> None:
    # MIDR_EL1 of a Neoverse N1 r3p1 (its technical reference manual), and one without a value.
    assert cores_from_registers([{"CP 4000": 0x413FD0C1}, {}, {"CP 4000": 0x413FD0C1}]) == (
        (0x41, 0xD0C),
    )


def test_a_foreign_machine_is_no_failure() -> None:
    facts = detect()
    if "aarch64.features" not in facts:
        assert facts["aarch64.present"].value is False


@pytest.mark.parametrize(("machine", "expected"), [("arm64", ("8a",)), ("x86_64", ())])
def test_an_arm_platform_without_facts_has_version_8a(
    machine: str, expected: tuple[str, ...]
) -> None:
    facts = aarch64.defaults({"platform_machine": machine})
    assert aarch64.properties(facts).get("version", ()) == expected
    assert all(fact.origin is Origin.DEFAULT for fact in facts.values())


M1 = facts_from_sysctl(*sysctl_of("apple_m1"))


@pytest.mark.parametrize(
    ("facts", "feature", "value", "words"),
    [
        (
            M1,
            "version",
            "9.0a",
            "version 9.0a needs sve and sve2, which the processor (Apple M1 Pro) does not list",
        ),
        (
            M1,
            "version",
            "8.4a",
            "the processor (Apple M1 Pro) lists all features that version 8.4a needs",
        ),
        (M1, "version", "v8", "`v8` is no version, as `8a` to `9.2a` are"),
        (M1, "sve", "on", "the processor (Apple M1 Pro) does not list sve"),
        (M1, "sve", "2", "`sve` has no value but `on`"),
        (M1, "neon", "on", "`neon` is no feature that is known"),
        (
            given(aarch64__version="8.2a"),
            "version",
            "8.1a",
            "a processor of version 8.2a has all features that version 8.1a needs",
        ),
        (
            detected("aarch64.present", value=False),
            "sve",
            "on",
            "there is no 64-bit ARM processor: a recording",
        ),
    ],
)
def test_why_names_the_features_that_decide(
    facts: Facts, feature: str, value: str, words: str
) -> None:
    assert aarch64.why(facts, feature, value) == words

from pathlib import Path

import pytest

from support.processors import detected, given, machine_root, recorded
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.providers import riscv64
from whichwheel.target.providers.riscv64_detection import detect, facts_of_linux
from whichwheel.target.providers.riscv64_isa import (
    FEATURES,
    PROFILES,
    closure,
    extensions_of,
    profiles_of,
)

# RISC-V Profiles 1.1 (RVA20U64 and RVA22U64, Mandatory Extensions) and RVA23 Profiles 1.0
# (RVA23U64, Mandatory Extensions), what they say whole.
MANDATORY = {
    "rva20u64": "i m a f d c zicsr zicntr ziccif ziccrse ziccamoa za128rs zicclsm",
    "rva22u64": (
        "i m a f d c zicsr zicntr ziccif ziccrse ziccamoa zicclsm za64rs b zihpm zihintpause"
        " zic64b zicbom zicbop zicboz zfhmin zkt"
    ),
    "rva23u64": (
        "i m a f d c b zicsr zicntr zihpm ziccif ziccrse ziccamoa zicclsm za64rs zihintpause"
        " zic64b zicbom zicbop zicboz zfhmin zkt v zvfhmin zvbb zvkt zihintntl zicond zimop"
        " zcmop zcb zfa zawrs supm"
    ),
}
# Properties of memory, sizes, hints, promises about time, and what the kernel is asked for.
NO_INSTRUCTIONS = {
    *("ziccif", "ziccrse", "ziccamoa", "zicclsm", "za128rs", "za64rs", "zic64b"),
    *("zihintpause", "zihintntl", "zicbop", "zkt", "zvkt", "supm"),
}


@pytest.mark.parametrize(
    ("name", "profile", "model", "there"),
    [
        ("visionfive_2", "rva20u64", "sifive,u74-mc", {"c", "d", "zicsr"}),
        ("milkv_mars", "rva20u64", "sifive,u74-mc", {"zba", "zbb", "zca"}),
        ("hifive_premier_p550", "rva20u64", None, {"h", "zba", "zbb"}),
        ("lichee_pi_4a", "rva20u64", None, {"c"}),
        ("thead_v_by_name", "rva20u64", None, {"c"}),
        ("spacemit_x60", "rva22u64", "Spacemit(R) X60", {"v", "zvfh", "zicond", "b", "zve64d"}),
    ],
)
def test_real_processors_have_the_profile_that_their_extensions_make_up(
    name: str, profile: str, model: str | None, there: set[str], tmp_path: Path
) -> None:
    facts = facts_of_linux(machine_root(tmp_path, recorded("riscv64", name)))
    found = riscv64.properties(facts)
    assert found["profile"][0] == profile
    assert found["profile"][-1] == "rva20u64"
    assert there <= found.keys()
    assert facts.text("riscv64.model") == model
    assert riscv64.phrase(facts) == f"RISC-V {profile} (detected)"


@pytest.mark.parametrize("name", ["lichee_pi_4a", "thead_v_by_name"])
def test_a_draft_of_the_vector_extension_is_none(name: str, tmp_path: Path) -> None:
    facts = facts_of_linux(machine_root(tmp_path, recorded("riscv64", name)))
    assert "v" in extensions_of(facts.text("riscv64.isa") or "")
    assert "v" not in riscv64.properties(facts)
    assert "of which it has a draft" in facts["riscv64.extensions"].source


def test_a_later_processor_of_the_same_maker_keeps_its_vectors(tmp_path: Path) -> None:
    text = (
        "isa\t\t: rv64imafdcv\nuarch\t\t: thead,c908\nmvendorid\t: 0x5b7\n"
        "marchid\t\t: 0x8000000009140d00\nmimpid\t\t: 0x50000\n"
    )
    assert "v" in riscv64.properties(facts_of_linux(machine_root(tmp_path, text)))


def test_only_extensions_of_all_processors_count(tmp_path: Path) -> None:
    text = "isa\t: rv64imafdcv_zba\n\nisa\t: rv64imafdc_zba_zbb\n"
    found = riscv64.properties(facts_of_linux(machine_root(tmp_path, text)))
    assert "zba" in found
    assert "v" not in found
    assert "zbb" not in found


@pytest.mark.parametrize("profile", PROFILES)
def test_all_that_a_profile_mandates_makes_it_up_and_nothing_less_does(profile: str) -> None:
    mandatory = MANDATORY[profile].split()
    assert profiles_of(closure(mandatory))[0] == profile
    for left_out in set(mandatory) - NO_INSTRUCTIONS - {"zicsr", "zicntr", "zihpm"}:
        rest = closure(name for name in mandatory if name != left_out)
        if left_out not in rest:
            assert profile not in profiles_of(rest), left_out


@pytest.mark.parametrize("profile", PROFILES)
def test_what_no_instruction_depends_on_is_not_asked_for(profile: str) -> None:
    seen = [name for name in MANDATORY[profile].split() if name not in NO_INSTRUCTIONS]
    assert profiles_of(closure(seen))[0] == profile


@pytest.mark.parametrize(
    ("isa", "extensions"),
    [
        ("rv64imac", "i m a c"),
        ("rv64gc", "g c"),
        ("RV64GCV", "g c v"),
        ("rv64i2p1_m2p0_zicsr2p0_zvl128b1p0", "i m zicsr zvl128b"),
        ("rv64imafdczba_zbb", "i m a f d c zba zbb"),
        ("rv64imafdcsu", "i m a f d c"),
        ("rv64imafdch_xtheadba_sscofpmf", "i m a f d c h xtheadba sscofpmf"),
        ("rv32imac", ""),
        ("rv64", ""),
        ("x86-64", ""),
    ],
)
def test_isa_strings_are_taken_apart(isa: str, extensions: str) -> None:
    assert extensions_of(isa) == tuple(extensions.split())


def test_extensions_bring_what_they_hold() -> None:
    assert {"zve32x", "zvl128b", "d", "zicsr"} <= closure(["v"])
    assert "a" in closure(["zaamo", "zalrsc"])
    assert "b" in closure(["zba", "zbb", "zbs"])
    assert "zcd" in closure(extensions_of("rv64gc"))


def test_extensions_that_nobody_knows_are_kept_as_facts_alone(tmp_path: Path) -> None:
    facts = facts_of_linux(machine_root(tmp_path, "isa\t: rv64imafdc_zfuture_xmaker\n"))
    assert {"zfuture", "xmaker"} <= set(facts.texts("riscv64.extensions"))
    assert next(iter(riscv64.properties(facts))) == "profile"
    assert {"zfuture", "xmaker"}.isdisjoint(riscv64.properties(facts))


def test_features_follow_the_profile_vectors_first() -> None:
    names = list(riscv64.properties(given(riscv64__isa="rv64gcv_zba_zbb_zbs")))
    assert names[0] == "profile"
    assert names.index("v") < names.index("b") < names.index("c")
    assert len(FEATURES) == len(set(FEATURES))


def test_a_given_profile_implies_its_extensions() -> None:
    found = riscv64.properties(given(riscv64__profile="rva23u64"))
    assert found["profile"] == ("rva23u64", "rva22u64", "rva20u64")
    assert {"v", "zvbb", "zfa", "zba"} <= found.keys()


def test_a_small_processor_has_extensions_and_no_profile() -> None:
    facts = given(riscv64__isa="rv64imac")
    assert "profile" not in riscv64.properties(facts)
    assert riscv64.properties(facts)["c"] == ("on",)
    assert riscv64.phrase(facts) == "RISC-V without an RVA profile (given)"


@pytest.mark.parametrize("text", ["", "isa\t: rv32ima\n", "isa\t:\n"])
def test_a_system_that_shows_no_isa_is_a_failure(text: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="/proc/cpuinfo shows no ISA string"):
        facts_of_linux(machine_root(tmp_path, text))


def test_a_foreign_machine_is_no_failure() -> None:
    facts = detect()
    if "riscv64.extensions" not in facts:
        assert facts["riscv64.present"].value is False
        assert riscv64.properties(facts) == {}
        assert riscv64.phrase(facts) == "no 64-bit RISC-V processor (detected)"


@pytest.mark.parametrize(("machine", "expected"), [("riscv64", ("rva20u64",)), ("x86_64", ())])
def test_a_platform_without_facts_has_what_linux_needs(
    machine: str, expected: tuple[str, ...]
) -> None:
    facts = riscv64.defaults({"platform_machine": machine})
    assert riscv64.properties(facts).get("profile", ()) == expected
    assert all(fact.origin is Origin.DEFAULT for fact in facts.values())


GC = given(riscv64__isa="rv64gc", riscv64__model="sifive,u74-mc")


@pytest.mark.parametrize(
    ("facts", "feature", "value", "words"),
    [
        (
            GC,
            "profile",
            "rva22u64",
            (
                "rva22u64 needs zba, zbb, zbs, zicbom, zicboz and zfhmin, which the processor"
                " (sifive,u74-mc) does not list"
            ),
        ),
        (
            GC,
            "profile",
            "rva20u64",
            ("the processor (sifive,u74-mc) lists all extensions that code for rva20u64 needs"),
        ),
        (
            GC,
            "profile",
            "rva20s64",
            ("`rva20s64` is no profile that is known: there are rva20u64, rva22u64, rva23u64"),
        ),
        (GC, "v", "on", "the processor (sifive,u74-mc) does not list v"),
        (GC, "zicsr", "on", "the processor (sifive,u74-mc) lists zicsr"),
        (
            detected("riscv64.present", value=False),
            "v",
            "on",
            "there is no 64-bit RISC-V processor: a recording",
        ),
    ],
)
def test_why_names_the_extensions_that_decide(
    facts: Facts, feature: str, value: str, words: str
) -> None:
    assert riscv64.why(facts, feature, value) == words

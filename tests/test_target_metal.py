import ctypes
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.metal import FakeMacGpu, build_metal, recorded_facts
from whichwheel.target.described.target_file import read_target_file
from whichwheel.target.detection.detecting import detect_facts
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import InvalidGpuPolicy
from whichwheel.target.providers import metal
from whichwheel.target.providers.catalogue import CATALOGUE, ProviderKind, by_namespace
from whichwheel.target.providers.driver_libraries import DriverFailed
from whichwheel.target.providers.metal_devices import Device, devices_of, facts_of, family_of
from whichwheel.target.support import Support

RECORDED = Path(__file__).parent / "data" / "metal"


def recorded(name: str) -> Facts:
    return recorded_facts((RECORDED / f"{name}.txt").read_text(encoding="utf-8"))


def mac(*families: str, names: Sequence[str] = (), policy: str | None = None) -> Facts:
    listed = {"families": families, "gpus": tuple(names)}
    facts = [
        Fact(f"metal.{key}", tuple(values), Origin.DETECTED, "test")
        for key, values in listed.items()
        if values or key == "families"
    ]
    if policy is not None:
        facts.append(Fact("metal.gpu_policy", policy, Origin.GIVEN, "--gpus"))
    return Facts(facts)


def down(kind: str, latest: int, first: int = 1) -> tuple[str, ...]:
    return tuple(f"{kind}{number}" for number in range(latest, first - 1, -1))


# Apple, Metal feature set tables: "each family includes the features of those before it"; the
# families of GPUs in Macs and the common ones go by themselves.
@pytest.mark.parametrize(
    ("families", "family", "version"),
    [
        (
            "apple7 mac2 common3 metal3",
            (*down("apple", 7), *down("mac", 2), *down("common", 3)),
            ("3",),
        ),
        ("metal4 common3 apple10", (*down("apple", 10), *down("common", 3)), ("4", "3")),
        ("apple12 metal6", down("apple", 12), ("6", "5", "4", "3")),
        ("mac2", down("mac", 2), ()),
    ],
)
def test_a_family_includes_the_earlier_ones(
    families: str, family: tuple[str, ...], version: tuple[str, ...]
) -> None:
    found = metal.properties(mac(families))
    assert found.get("family", ()) == family
    assert found.get("version", ()) == version


# Expectations: the families of each recording, downwards within their kind; what a program does
# not print is not there: the Mac families with llama.cpp, the version with old MoltenVK.
@pytest.mark.parametrize(
    ("name", "family", "versions", "memory"),
    [
        (
            "apple_m1_pro",
            (*down("apple", 7), *down("mac", 2), *down("common", 3)),
            ("3",),
            (),
        ),
        ("apple_m1_ultra", (*down("apple", 7), *down("common", 3)), ("4", "3"), ("110100",)),
        ("apple_m2_max", (*down("apple", 8), *down("common", 3)), ("3",), ("21845",)),
        ("apple_m3_max", (*down("apple", 9), *down("common", 3)), ("3",), ("98304",)),
        ("apple_m4", (*down("apple", 9), *down("common", 3)), ("3",), ("10922",)),
        ("apple_m5_pro", (*down("apple", 10), *down("common", 3)), ("4", "3"), ("38338",)),
        ("radeon_pro_5300m", (*down("mac", 2), *down("common", 3)), (), ()),
        ("uhd_630_radeon_pro_5600m", (), ("3",), ()),
        # One of its two GPUs has no Metal 3.
        ("radeon_vii_pro_570", down("common", 3), (), ()),
        ("paravirtual_macos_26", (*down("apple", 5), *down("common", 3)), (), ("10922",)),
        ("paravirtual_runner", down("common", 3), (), ("4778",)),
    ],
)
def test_recorded_machines(
    name: str, family: tuple[str, ...], versions: tuple[str, ...], memory: tuple[str, ...]
) -> None:
    facts = recorded(name)
    found = metal.properties(facts)
    assert found.get("family", ()) == family
    assert found.get("version", ()) == versions
    assert facts.texts("metal.memory_mib") == memory


def test_every_recording_is_tested_and_may_stand_in_a_target_file() -> None:
    names = {path.stem for path in RECORDED.glob("*.txt")}
    assert len(names) == 11
    fields = {field.name: field for field in metal.PROVIDER.fields}
    for name in names:
        for key, fact in recorded(name).items():
            field = fields[key.removeprefix("metal.")]
            texts = fact.value if isinstance(fact.value, tuple) else ()
            assert all(field.pattern.fullmatch(each) for each in texts)


def test_several_gpus_follow_the_policy() -> None:
    both = ("mac2 common3", "mac2 common3 metal3")
    assert metal.properties(mac(*both)) == {"family": (*down("mac", 2), *down("common", 3))}
    assert metal.properties(mac(*both, policy="any"))["version"] == ("3",)
    assert metal.properties(mac(*both, policy="1"))["version"] == ("3",)
    with pytest.raises(InvalidGpuPolicy):
        metal.properties(mac(*both, policy="2"))
    mixed = mac("apple7", "apple9 mac2", policy="any")
    assert metal.properties(mixed)["family"] == (*down("apple", 9), *down("mac", 2))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (mac("apple7 common3 metal3"), "Metal 3 on apple7 (detected)"),
        (mac("mac2", "mac2 metal3"), "Metal on mac2 and Metal 3 on mac2 (detected)"),
        (
            mac("mac2", "mac2 metal3", policy="any"),
            "Metal on mac2 and Metal 3 on mac2 (detected), any GPU will do (given)",
        ),
        (metal.defaults({}), "no GPU (default)"),
        (facts_of(()), "no Metal GPU (detected)"),
        (facts_of((Device("a GPU", ()),)), "Metal of unknown families (detected)"),
    ],
)
def test_the_phrase_names_version_and_family(facts: Facts, words: str) -> None:
    assert metal.phrase(facts) == words


@pytest.mark.parametrize(
    ("facts", "feature", "value", "clause"),
    [
        (
            mac("apple7 metal3", names=["Apple M1"]),
            "family",
            "apple9",
            "GPU 0 (Apple M1) is of apple7 and metal3, and apple9 needs apple9 or a later one",
        ),
        (
            mac("mac2", "mac2 metal3"),
            "version",
            "3",
            "GPU 0 is of mac2, and metal3 needs metal3 or a later one",
        ),
        (
            mac("mac2 metal3", "mac2 metal3"),
            "version",
            "3",
            (
                "GPU 0 is of mac2 and metal3, and metal3 needs metal3 or a later one"
                "; the other GPUs run it too"
            ),
        ),
        (mac("apple7"), "version", "2", "`2` is no version of Metal from 3 on, as `4` is"),
        (mac("apple7"), "version", "", "`` is no version of Metal from 3 on, as `4` is"),
        (
            mac("apple7"),
            "family",
            "metal3",
            "`metal3` is no family of GPUs, as `apple7` and `mac2` are",
        ),
        (mac("apple7"), "sm_arch", "90", "`metal` has the features `family` and `version`, and no"),
        (Facts(), "family", "apple7", "the GPUs of Metal are not known"),
        (
            metal.defaults({}),
            "family",
            "apple7",
            "no GPU is assumed: nothing was said of a GPU",
        ),
        (facts_of(()), "version", "3", "there is no GPU of Metal: Metal shows no GPU"),
    ],
)
def test_why_names_the_gpu_that_decides(
    facts: Facts, feature: str, value: str, clause: str
) -> None:
    assert metal.why(facts, feature, value).startswith(clause)


# MTLGPUFamily: Apple1 is 1001, Mac2 is 2002, Common3 is 3003, Mac Catalyst 2 is 4002, Metal3 is
# 5001.
@pytest.mark.parametrize(
    ("number", "family"),
    [
        (1001, "apple1"),
        (1010, "apple10"),
        (2002, "mac2"),
        (3003, "common3"),
        (4002, None),
        (5000, None),
        (5001, "metal3"),
        (5002, "metal4"),
    ],
)
def test_numbers_of_families(number: int, family: str | None) -> None:
    assert family_of(number) == family


def test_a_target_file_may_say_what_metal_there_is(tmp_path: Path) -> None:
    path = tmp_path / "mac.toml"
    path.write_text(
        'python = "3.12"\nplatform = "macosx_15_0_arm64"\n'
        '[facts.metal]\nfamilies = ["apple8 mac2 common3 metal3"]\n'
    )
    answer = read_target_file(path).machine.support("metal", None)
    assert isinstance(answer, Support)
    assert answer.features["version"] == ("3",)
    assert answer.features["family"][0] == "apple8"
    assert answer.origin is Origin.GIVEN


def test_the_provider_is_listed_runs_apart_and_stands_for_no_package() -> None:
    entry = CATALOGUE["metal"]
    assert (entry.kind, entry.packages, entry.overrides) == (ProviderKind.ACCELERATOR, (), ())
    assert by_namespace("metal") is metal.PROVIDER
    assert metal.PROVIDER.isolated


@pytest.mark.skipif(sys.platform == "darwin", reason="there Metal is")
def test_other_systems_have_no_metal() -> None:
    facts = detect_facts(metal.PROVIDER, environ={})
    assert facts["metal.present"].value is False
    assert metal.why(facts, "family", "apple7").endswith("no Metal, which only macOS has")


def test_metal_is_asked_for_gpus(tmp_path: Path) -> None:
    amd = FakeMacGpu("AMD Radeon Pro 5500M", (0, 2002, 3003, 5001), 4_278_190_080)
    library = build_metal(tmp_path, [FakeMacGpu(), amd])
    facts = facts_of(devices_of(library, library))
    assert {key.partition(".")[2]: fact.value for key, fact in facts.items()} == {
        "present": True,
        "gpus": ("Apple M1", "AMD Radeon Pro 5500M"),
        "families": ("apple7 mac2 common3 metal3", "mac2 common3 metal3"),
        "memory_mib": ("10922", "4080"),
    }
    assert metal.properties(facts)["version"] == ("3",)
    assert metal.properties(facts)["family"] == (*down("mac", 2), *down("common", 3))


def test_a_gpu_that_cannot_be_asked_for_its_families(tmp_path: Path) -> None:
    library = build_metal(tmp_path, [FakeMacGpu("Intel HD Graphics 4000", knows=False, memory=0)])
    facts = facts_of(devices_of(library, library))
    assert set(facts) == {"metal.present", "metal.gpus"}
    assert metal.properties(facts) == {}


@pytest.mark.parametrize("gpus", [[], None])
def test_a_mac_without_a_gpu_is_an_answer(
    tmp_path: Path, gpus: Sequence[FakeMacGpu] | None
) -> None:
    library = build_metal(tmp_path, gpus)
    facts = facts_of(devices_of(library, library))
    assert facts["metal.present"].value is False
    assert metal.properties(facts) == {}


def test_a_metal_without_its_functions_is_a_failure() -> None:
    library = ctypes.CDLL(None)
    with pytest.raises(DriverFailed, match="Metal is not whole"):
        devices_of(library, library)

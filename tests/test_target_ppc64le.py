from pathlib import Path

import pytest

from support.processors import detected, given, machine_root, recorded
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.providers import ppc64le
from whichwheel.target.providers.ppc64le_detection import (
    auxiliary_platform,
    detect,
    facts_of_linux,
)


@pytest.mark.parametrize(
    ("name", "level", "model"),
    [
        ("power8e", 8, "POWER8E (raw), altivec supported"),
        ("power8nvl", 8, "POWER8NVL (raw), altivec supported"),
        ("power9", 9, "POWER9, altivec supported"),
        ("power9_lpar", 9, "POWER9 (architected), altivec supported"),
        ("power10", 10, "POWER10, altivec supported"),
        ("power11_lpar", 11, "Power11 (architected), altivec supported"),
    ],
)
def test_real_processors_have_the_level_that_they_are_called_by(
    name: str, level: int, model: str, tmp_path: Path
) -> None:
    facts = facts_of_linux("", machine_root(tmp_path, recorded("ppc64le", name)))
    levels = tuple(f"power{number}" for number in range(level, 7, -1))
    assert ppc64le.properties(facts) == {"level": levels}
    assert ppc64le.phrase(facts) == f"POWER{level} (detected)"
    assert facts.text("ppc64le.model") == model
    assert facts["ppc64le.level"].source == "/proc/cpuinfo"


def test_the_auxiliary_vector_comes_first(tmp_path: Path) -> None:
    root = machine_root(tmp_path, recorded("ppc64le", "power10"))
    facts = facts_of_linux("power9", root)
    assert ppc64le.properties(facts)["level"] == ("power9", "power8")
    assert facts["ppc64le.level"].source == "AT_PLATFORM"
    assert facts.text("ppc64le.model") == "POWER10, altivec supported"


def test_the_auxiliary_vector_is_enough(tmp_path: Path) -> None:
    assert facts_of_linux("power10", tmp_path).text("ppc64le.level") == "power10"


def test_a_level_that_nobody_has_heard_of_works_like_any_other(tmp_path: Path) -> None:
    root = machine_root(tmp_path, "cpu\t\t: Power13 (raw), altivec supported\n")
    found = ppc64le.properties(facts_of_linux("", root))
    assert found["level"][0] == "power13"
    assert found["level"][-1] == "power8"


@pytest.mark.parametrize("text", ["", "cpu\t: PPC970MP, altivec supported\n", "cpu\t: POWER7\n"])
def test_a_system_that_names_no_level_is_a_failure(text: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="AT_PLATFORM and /proc/cpuinfo name no level of POWER"):
        facts_of_linux("", machine_root(tmp_path, text))


def test_this_machine_answers() -> None:
    facts = detect()
    if "ppc64le.level" not in facts:
        assert facts["ppc64le.present"].value is False
        assert ppc64le.properties(facts) == {}
        assert ppc64le.phrase(facts) == "no little-endian POWER processor (detected)"
    assert isinstance(auxiliary_platform(), str)


@pytest.mark.parametrize(("machine", "expected"), [("ppc64le", ("power8",)), ("ppc64", ())])
def test_a_platform_without_facts_has_power8(machine: str, expected: tuple[str, ...]) -> None:
    facts = ppc64le.defaults({"platform_machine": machine})
    assert ppc64le.properties(facts).get("level", ()) == expected
    assert all(fact.origin is Origin.DEFAULT for fact in facts.values())


@pytest.mark.parametrize(
    ("facts", "feature", "value", "words"),
    [
        (
            given(ppc64le__level="power9", ppc64le__model="POWER9 (raw)"),
            "level",
            "power10",
            "the processor (POWER9 (raw)) is of level power9, and power10 is later",
        ),
        (
            given(ppc64le__level="power9"),
            "level",
            "power8",
            "the processor is of level power9, which holds all of power8",
        ),
        (
            given(ppc64le__level="power9"),
            "level",
            "power9",
            "the processor is of level power9",
        ),
        (
            given(ppc64le__level="power9"),
            "level",
            "p9",
            "`p9` is no level, as `power8` and `power10` are",
        ),
        (given(ppc64le__level="power9"), "mma", "on", "`mma` is no feature: there is `level`"),
        (
            detected("ppc64le.present", value=False),
            "level",
            "power8",
            "there is no little-endian POWER processor: a recording",
        ),
    ],
)
def test_why_names_the_level(facts: Facts, feature: str, value: str, words: str) -> None:
    assert ppc64le.why(facts, feature, value) == words

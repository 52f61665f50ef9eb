import os
import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.drivers import compile_library
from whichwheel.spec.metadata import Provider
from whichwheel.target.described.target_file import read_target_file
from whichwheel.target.detection.detecting import detect_facts
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers import ascend
from whichwheel.target.providers.ascend_driver import cann_version, driver_version, visible
from whichwheel.target.providers.governing import DetectionFailed
from whichwheel.target.providers.provider import InvalidOverride
from whichwheel.target.support import Support

linux = pytest.mark.skipif(sys.platform != "linux", reason="the driver is for Linux")
RECORDED = Path(__file__).parent / "data" / "ascend"
_ROW = re.compile(r"^\|\s*\d+\s+(?P<name>\S+)\s+\|", re.MULTILINE)


def recorded(name: str) -> tuple[str, ...]:
    return tuple(_ROW.findall((RECORDED / f"{name}.txt").read_text()))


def machine(*npus: str, **more: str) -> Facts:
    facts = [Fact("ascend.npus", npus, Origin.DETECTED, "test")]
    facts += [Fact(f"ascend.{key}", text, Origin.DETECTED, "test") for key, text in more.items()]
    return Facts(facts)


@pytest.mark.parametrize(
    ("name", "count", "kind"),
    [
        # What the published provider (0.0.2, `pysmi.py`) reads from the same lines.
        ("910premiuma", 2, "910premiuma"),
        ("910b1", 3, "910b"),
        ("910b1_older", 1, "910b"),
        ("910b2", 5, "910b"),
    ],
)
def test_recorded_npus_have_the_type_that_the_published_provider_gives_them(
    name: str, count: int, kind: str
) -> None:
    npus = recorded(name)
    assert len(npus) == count
    assert ascend.properties(machine(*npus)) == {"npu_type": (kind,)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("310P3", "310p"), ("910", "910"), ("Ascend 910B4", "910b"), ("950PR", "950pr")],
)
def test_names_that_nobody_recorded_are_read_by_the_same_rule(name: str, kind: str) -> None:
    assert ascend.npu_type(name) == kind


def test_of_npus_of_several_types_the_policy_says_which_count() -> None:
    mixed = machine("910B3", "310P3")
    assert ascend.properties(mixed) == {}
    assert ascend.properties(machine("910B3", "310P3", gpu_policy="any")) == {
        "npu_type": ("910b", "310p")
    }
    assert ascend.properties(machine("910B3", "310P3", gpu_policy="1")) == {"npu_type": ("310p",)}
    assert ascend.why(mixed, "npu_type", "910b") == "NPU 1 (310P3) is of type `310p`"


def test_versions_are_exact() -> None:
    facts = machine("910B3", driver_version="24.1.rc2", cann_version="8.0.rc3")
    assert ascend.properties(facts) == {
        "npu_type": ("910b",),
        "driver_version": ("24.1.rc2",),
        "cann_version": ("8.0.rc3",),
    }
    assert ascend.phrase(facts) == "Ascend 910B3, driver 24.1.rc2, CANN 8.0.rc3 (detected)"
    assert ascend.why(facts, "cann_version", "8.1") == "CANN has version 8.0.rc3"
    assert ascend.why(machine("910B3"), "cann_version", "8.1") == "CANN was not found"
    assert "no feature `x`" in ascend.why(facts, "x", "y")


def test_the_overrides_of_the_published_provider_are_read() -> None:
    names = list(ascend.OVERRIDES)
    given = ascend.overrides({names[0]: "910B", names[1]: "24.1.RC2", names[2]: "8.0"})
    assert ascend.properties(Facts(given)) == {
        "npu_type": ("910b",),
        "driver_version": ("24.1.rc2",),
        "cann_version": ("8.0",),
    }
    assert {fact.origin for fact in given} == {Origin.GIVEN}
    for name, text in zip(names, ("a b", "new", "8"), strict=True):
        with pytest.raises(InvalidOverride, match=name):
            ascend.overrides({name: text})


def test_a_target_file_describes_npus(tmp_path: Path) -> None:
    path = tmp_path / "atlas.toml"
    path.write_text(
        'python = "3.11"\nplatform = "manylinux_2_35_aarch64"\n'
        '[facts.ascend]\nnpus = ["910B3", "910B3"]\ncann_version = "8.0.rc3"\n'
    )
    provider = Provider(requires=("ascend-variant-provider>=0.0.1,<1.0.0",))
    answer = read_target_file(path).machine.support("ascend", provider)
    assert isinstance(answer, Support)
    assert answer.features == {"npu_type": ("910b",), "cann_version": ("8.0.rc3",)}


@pytest.mark.parametrize(
    ("listed", "shown"),
    [(None, (0, 1, 2)), ("1", (1,)), ("2,0", (2, 0)), ("", ()), ("0,7,1", (0,)), ("0,0", (0,))],
)
def test_npus_can_be_hidden(listed: str | None, shown: tuple[int, ...]) -> None:
    assert visible(3, listed) == shown


def installed(root: Path) -> Path:
    """Rebuild the files that driver and CANN install."""
    toolkit = f"usr/local/Ascend/ascend-toolkit/latest/{platform.machine()}-linux"
    for name, text in (
        ("usr/local/Ascend/driver/version.info", "Version=24.1.rc2\nascendhal_version=7.35.19\n"),
        (
            f"{toolkit}/ascend_toolkit_install.info",
            "package_name=Ascend-cann-toolkit\nversion=8.0.RC3\ninnerversion=V100R001C20\n",
        ),
        ("dev/davinci0", ""),
        ("dev/davinci_manager", ""),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_versions_are_read_from_the_installed_files(tmp_path: Path) -> None:
    root = installed(tmp_path)
    assert driver_version(root)[0] == "24.1.rc2"
    assert cann_version(root, {})[0] == "8.0.rc3"
    other = tmp_path / "other" / f"{platform.machine()}-linux"
    other.mkdir(parents=True)
    (other / "ascend_toolkit_install.info").write_text("version=8.1.1\n")
    home = {"ASCEND_TOOLKIT_HOME": str(tmp_path / "other")}
    assert cann_version(root, home) == ("8.1.1", str(other / "ascend_toolkit_install.info"))
    assert driver_version(tmp_path / "nothing")[0] == ""


_DCMI = r"""
#include <string.h>
#include <unistd.h>
struct dcmi_chip_info { char type[32], name[32], version[32]; unsigned cores; };
int dcmi_init(void) { sleep(SLEEP); return CODE; }
int dcmi_get_card_list(int *count, int *cards, int length) {
    *count = 2;
    cards[0] = 3;
    cards[1] = 5;
    return 0;
}
int dcmi_get_device_num_in_card(int card, int *count) { *count = card == 3 ? 2 : 1; return 0; }
int dcmi_get_device_chip_info(int card, int device, struct dcmi_chip_info *info) {
    strcpy(info->type, "Ascend");
    strcpy(info->name, card == 3 ? "910B3" : "310P3");
    return 0;
}
"""


def driver(folder: Path, *, code: int = 0, sleep: int = 0) -> Mapping[str, str]:
    """Build the management library; return variables under which it is found."""
    compile_library(folder / "libdcmi.so", _DCMI, (f"CODE={code}", f"SLEEP={sleep}"))
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ASCEND_")}
    return {**kept, "LD_LIBRARY_PATH": str(folder)}


def test_a_driver_is_asked_for_its_npus(tmp_path: Path) -> None:
    facts = detect_facts(ascend.PROVIDER, environ=driver(tmp_path))
    assert facts.texts("ascend.npus") == ("910B3", "910B3", "310P3")
    assert facts["ascend.npus"].source == "libdcmi"


def test_hidden_npus_do_not_count(tmp_path: Path) -> None:
    environ = {**driver(tmp_path), "ASCEND_RT_VISIBLE_DEVICES": "0,1"}
    facts = detect_facts(ascend.PROVIDER, environ=environ)
    assert ascend.properties(facts)["npu_type"] == ("910b",)
    assert facts.texts("ascend.hidden_npus") == ("310P3",)


@linux
def test_without_library_or_devices_there_is_no_npu(tmp_path: Path) -> None:
    facts = detect_facts(ascend.PROVIDER, environ={})
    assert facts["ascend.present"].value is False
    assert ascend.properties(facts) == {}
    assert ascend.phrase(facts) == "no Ascend NPU (detected)"
    nodeless = detect_facts(ascend.PROVIDER, environ=driver(tmp_path, code=-8005))
    assert nodeless["ascend.present"].source == "no /dev/davinci devices"


def test_a_hung_driver_ends_in_a_failure_within_the_limit(tmp_path: Path) -> None:
    with pytest.raises(DetectionFailed, match=r"gave no answer within 0\.5 s"):
        detect_facts(ascend.PROVIDER, environ=driver(tmp_path, sleep=60), limit=0.5)


def test_a_library_that_lacks_the_functions_is_a_broken_driver(tmp_path: Path) -> None:
    environ = driver(tmp_path)
    compile_library(tmp_path / "libdcmi.so", "int dcmi_init(void) { return 0; }")
    with pytest.raises(DetectionFailed, match="is not whole"):
        detect_facts(ascend.PROVIDER, environ=environ)

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.drivers import compile_library
from support.recorded_trees import unpack_tree
from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.gpus import InvalidGpuPolicy
from whichwheel.target.providers import amd
from whichwheel.target.providers.amd_detection import detect_linux
from whichwheel.target.providers.amd_surroundings import VARIABLES, identity
from whichwheel.target.providers.amd_targets import GENERIC_TARGETS, is_integrated, target_of
from whichwheel.target.providers.amd_visible import visible
from whichwheel.target.providers.catalogue import CATALOGUE, by_package
from whichwheel.target.providers.provider import InvalidOverride

RECORDED = Path(__file__).parent / "data" / "amd"
NODES = "sys/class/kfd/kfd/topology/nodes"


def machine(**values: FactValue) -> Facts:
    return Facts(
        Fact(f"amd.{name}", value, Origin.DETECTED, "test") for name, value in values.items()
    )


def recorded(name: str, root: Path, environ: Mapping[str, str] | None = None) -> Facts:
    """Detect on a recorded machine, all of whose devices are open."""
    text = (RECORDED / f"{name}.txt").read_text()
    minors = [line.split()[1] for line in text.splitlines() if line.startswith("drm_render_minor")]
    devices = ("dev/kfd", *(f"dev/dri/renderD{minor}" for minor in minors if minor != "0"))
    unpack_tree(RECORDED / f"{name}.txt", root, devices=devices)
    return detect_linux(environ or {}, root)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# (file, what it runs, memory, phrase). The targets: ROCm, "GPU hardware specifications", column
# "LLVM target name"; the generic ones: LLVM, User Guide for AMDGPU Backend.
MACHINES = [
    ("mi25", ("gfx900", "gfx9_generic"), ("16368",), "gfx900, no ROCm (detected)"),
    ("mi210", ("gfx90a",), (), "gfx90a, no ROCm (detected)"),
    ("mi300x_cpx", ("gfx942", "gfx9_4_generic"), (), "gfx942, no ROCm (detected)"),
    (
        "rx6600_ryzen",
        ("gfx10_3_generic",),
        ("8176", "15619"),
        "gfx1032 and gfx1036, no ROCm (detected)",
    ),
    ("rx7900xtx", ("gfx1100", "gfx11_generic"), (), "gfx1100, no ROCm (detected)"),
]


@pytest.mark.parametrize(("name", "runs", "memory", "words"), MACHINES)
def test_real_machines_run_what_amd_says(
    tmp_path: Path, name: str, runs: tuple[str, ...], memory: tuple[str, ...], words: str
) -> None:
    facts = recorded(name, tmp_path)
    assert amd.properties(facts) == {"gfx_arch": runs}
    assert facts.texts("amd.memory_mib") == memory
    assert amd.phrase(facts) == words
    assert facts["amd.gfx_archs"].source == "/sys/class/kfd/kfd/topology"


@pytest.mark.parametrize("name", [name for name, *_ in MACHINES])
def test_recorded_facts_may_stand_in_a_target_file(tmp_path: Path, name: str) -> None:
    fields = {field.name: field for field in amd.PROVIDER.fields}
    facts = recorded(name, tmp_path, {"HIP_VISIBLE_DEVICES": "0"})
    count = len(facts.texts("amd.gpus"))
    assert count == 1
    for key, fact in facts.items():
        field = fields[key.removeprefix("amd.")]
        texts = fact.value if isinstance(fact.value, tuple) else (str(fact.value),)
        assert all(field.pattern.fullmatch(text) for text in texts)
        assert not field.per_device or len(texts) == count


def test_every_recording_is_checked_and_said_where_from() -> None:
    readme = (RECORDED / "README.md").read_text()
    names = {path.stem for path in RECORDED.glob("*.txt")}
    assert names == {name for name, *_ in MACHINES}
    assert all(f"`{name}.txt`" in readme for name in names)


# Source: ROCm, "GPU hardware specifications".
@pytest.mark.parametrize(
    ("version", "target"),
    [
        *((90000, "gfx900"), (90008, "gfx908"), (90010, "gfx90a"), (90012, "gfx90c")),
        *((90402, "gfx942"), (90500, "gfx950"), (100300, "gfx1030"), (110501, "gfx1151")),
        *((120001, "gfx1201"), (120500, "gfx1250")),
    ],
)
def test_the_kernel_s_number_stands_for_a_target(version: int, target: str) -> None:
    assert target_of(version) == target


def test_a_target_stands_in_one_generic_target() -> None:
    listed = [target for targets in GENERIC_TARGETS.values() for target in targets]
    assert len(listed) == len(set(listed))
    assert {"gfx908", "gfx90a"}.isdisjoint(listed)


@pytest.mark.parametrize("target", ["gfx1250", "gfx1310", "gfx95f"])
def test_a_target_that_nobody_knows_runs_its_own_code(target: str) -> None:
    assert amd.properties(machine(gfx_archs=(target,))) == {"gfx_arch": (target,)}


# A desktop as they are sold: the processor's own GPU is another architecture.
DESKTOP = machine(
    gfx_archs=("gfx1100", "gfx1036"),
    gpus=("AMD Radeon RX 7900 XTX", "AMD Radeon Graphics"),
    rocm_version="6.4",
)


def with_policy(facts: Facts, policy: str) -> Facts:
    return facts.merged([Fact("amd.gpu_policy", policy, Origin.GIVEN, "--gpus")])


def test_the_policy_says_which_gpus_count() -> None:
    assert amd.properties(DESKTOP) == {"rocm_version": ("6.4",)}
    assert amd.properties(with_policy(DESKTOP, "0"))["gfx_arch"] == ("gfx1100", "gfx11_generic")
    assert amd.properties(with_policy(DESKTOP, "any"))["gfx_arch"] == (
        *("gfx1100", "gfx11_generic", "gfx1036", "gfx10_3_generic"),
    )
    with pytest.raises(InvalidGpuPolicy, match="there are 2 GPUs"):
        amd.properties(with_policy(DESKTOP, "2"))
    alike = machine(gfx_archs=("gfx1100", "gfx1102"))
    assert amd.properties(alike)["gfx_arch"] == ("gfx11_generic",)


ABSENT = Facts(
    [Fact("amd.present", value=False, origin=Origin.DETECTED, source="no /sys/class/kfd")]
)


@pytest.mark.parametrize(
    ("facts", "feature", "value", "words"),
    [
        (
            DESKTOP,
            "gfx_arch",
            "gfx1100",
            (
                "GPU 1 (AMD Radeon Graphics) is gfx1036, and code for gfx1100 runs on gfx1100; it "
                "is part of a processor, and `--gpus 0` leaves it out"
            ),
        ),
        (
            DESKTOP,
            "gfx_arch",
            "gfx1036",
            "GPU 0 (AMD Radeon RX 7900 XTX) is gfx1100, and code for gfx1036 runs on gfx1036",
        ),
        (
            with_policy(DESKTOP, "any"),
            "gfx_arch",
            "gfx12_generic",
            (
                "GPU 0 (AMD Radeon RX 7900 XTX) is gfx1100, and code for gfx12_generic runs on "
                "gfx1200 or gfx1201; no other GPU runs it either"
            ),
        ),
        (
            with_policy(DESKTOP, "0"),
            "gfx_arch",
            "gfx1100",
            "GPU 0 (AMD Radeon RX 7900 XTX) is gfx1100, and code for gfx1100 runs on gfx1100",
        ),
        (
            machine(gfx_archs=("gfx942", "gfx942")),
            "gfx_arch",
            "gfx942",
            "GPU 0 is gfx942, and code for gfx942 runs on gfx942; the other GPUs run it too",
        ),
        (DESKTOP, "gfx_arch", "navi31", "`navi31` is no target, as `gfx942` and"),
        (DESKTOP, "rocm_version", "6.4", "ROCm 6.4 is installed (test)"),
        (DESKTOP, "rocm_version", "6.3", "ROCm 6.4 is installed (test), and exactly 6.3 is needed"),
        (DESKTOP, "rocm_version", "new", "`new` is no version of ROCm"),
        (
            machine(gfx_archs=("gfx942",)),
            "rocm_version",
            "6.4",
            "no installed ROCm was found, and 6.4 is needed",
        ),
        (machine(rocm_version="6.4"), "gfx_arch", "gfx942", "the targets of the GPUs are not"),
        (DESKTOP, "gfx", "gfx942", "`gfx` is no feature: there are `gfx_arch` and `rocm_version`"),
        (ABSENT, "gfx_arch", "gfx942", "there is no GPU: no /sys/class/kfd"),
        (amd.defaults({}), "rocm_version", "6.4", "no GPU is assumed: nothing was said of a GPU"),
    ],
)
def test_the_reason_names_the_gpu_that_refuses_or_rocm(
    facts: Facts, feature: str, value: str, words: str
) -> None:
    assert amd.why(facts, feature, value).startswith(words)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (DESKTOP, "gfx1100 and gfx1036, ROCm 6.4 (detected)"),
        (
            with_policy(DESKTOP, "any"),
            "gfx1100 and gfx1036 (detected), ROCm 6.4 (detected), any GPU will do (given)",
        ),
        (ABSENT, "no AMD GPU (detected)"),
        (amd.defaults({}), "no AMD GPU (default)"),
        (machine(gfx_archs=()), "no visible AMD GPU (detected)"),
        (machine(rocm_version="6.4"), "ROCm 6.4 (detected)"),
        (Facts(), "nothing is known of AMD GPUs (default)"),
    ],
)
def test_the_facts_are_put_in_words(facts: Facts, words: str) -> None:
    assert amd.phrase(facts) == words


def test_without_a_gpu_nothing_is_supported_and_without_word_of_it_rocm_is() -> None:
    for facts in (ABSENT, amd.defaults({}), machine(gfx_archs=(), rocm_version="6.4")):
        assert amd.properties(facts) == {}
    assert amd.properties(machine(rocm_version="6.4")) == {"rocm_version": ("6.4",)}


UUIDS = ("GPU-1901fdd6adbc6fe6", "GPU-51276d4b7a05bc33", "GPU-93bb8a9d3e5d92dc", "")
ALL = (0, 1, 2, 3)


# Sources: ROCR-Runtime, amd_filter_device.cpp; CLR, rocdevice.cpp; ROCm, "GPU isolation
# techniques".
@pytest.mark.parametrize(
    ("environ", "seen"),
    [
        ({}, ALL),
        ({"ROCR_VISIBLE_DEVICES": ""}, ()),
        ({"ROCR_VISIBLE_DEVICES": "2,0"}, (2, 0)),
        ({"ROCR_VISIBLE_DEVICES": " 1 , 3"}, (1, 3)),
        ({"ROCR_VISIBLE_DEVICES": "1,1,2"}, (1,)),
        ({"ROCR_VISIBLE_DEVICES": "1,-1,2"}, (1,)),
        ({"ROCR_VISIBLE_DEVICES": "4"}, ()),
        ({"ROCR_VISIBLE_DEVICES": "0,GPU-51276D4B7A05BC33"}, (0, 1)),
        ({"ROCR_VISIBLE_DEVICES": "gpu-93"}, (2,)),
        ({"ROCR_VISIBLE_DEVICES": "GPU-"}, ()),
        ({"ROCR_VISIBLE_DEVICES": "GPU-XX"}, ()),
        ({"HIP_VISIBLE_DEVICES": ""}, ALL),
        ({"HIP_VISIBLE_DEVICES": "-1"}, ()),
        ({"HIP_VISIBLE_DEVICES": "2,0,2"}, (2, 0)),
        ({"HIP_VISIBLE_DEVICES": "0, 1"}, (0,)),
        ({"HIP_VISIBLE_DEVICES": "0,9,1"}, (0,)),
        ({"HIP_VISIBLE_DEVICES": "01"}, ()),
        ({"HIP_VISIBLE_DEVICES": "GPU-93bb,0"}, (2, 0)),
        ({"HIP_VISIBLE_DEVICES": "GPU-93BB"}, ()),
        ({"CUDA_VISIBLE_DEVICES": "1"}, (1,)),
        ({"CUDA_VISIBLE_DEVICES": "1", "HIP_VISIBLE_DEVICES": "0"}, (0,)),
        ({"CUDA_VISIBLE_DEVICES": "1", "HIP_VISIBLE_DEVICES": ""}, (1,)),
        ({"ROCR_VISIBLE_DEVICES": "3,1", "HIP_VISIBLE_DEVICES": "1"}, (1,)),
        ({"ROCR_VISIBLE_DEVICES": "3,1", "HIP_VISIBLE_DEVICES": "2"}, ()),
        ({"ROCR_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": "0"}, ()),
    ],
)
def test_gpus_are_hidden_as_the_runtimes_hide_them(
    environ: dict[str, str], seen: tuple[int, ...]
) -> None:
    assert visible(UUIDS, environ).indices == seen


def test_hidden_gpus_do_not_count_and_are_named(tmp_path: Path) -> None:
    facts = recorded("rx6600_ryzen", tmp_path, {"HIP_VISIBLE_DEVICES": "0"})
    assert facts.texts("amd.gfx_archs") == ("gfx1032",)
    assert facts.texts("amd.hidden_gpus") == ("GPU 1 (AMD GPU 0x164e)",)
    assert facts["amd.hidden_gpus"].source == "HIP_VISIBLE_DEVICES"
    none = detect_linux({"ROCR_VISIBLE_DEVICES": ""}, tmp_path)
    assert none["amd.present"].value is True
    assert amd.properties(none) == {}
    assert amd.why(none, "gfx_arch", "gfx1032") == (
        "there is no visible GPU: `ROCR_VISIBLE_DEVICES` hides GPU 0 (AMD GPU 0x73ff), "
        "GPU 1 (AMD GPU 0x164e)"
    )


def test_partitions_of_one_gpu_share_its_uuid(tmp_path: Path) -> None:
    facts = recorded("mi300x_cpx", tmp_path)
    uuids = facts.texts("amd.uuids")
    assert uuids == (*["GPU-e3aa140f9a5f9e31"] * 2, *["GPU-2250f807caf2231a"] * 2)
    # One UUID for two GPUs names neither.
    assert detect_linux({"ROCR_VISIBLE_DEVICES": uuids[0]}, tmp_path).texts("amd.gfx_archs") == ()


def test_gpus_that_a_container_was_not_given_are_passed_over(tmp_path: Path) -> None:
    recorded("mi210", tmp_path)
    (tmp_path / "dev/dri/renderD128").unlink()
    facts = detect_linux({}, tmp_path)
    assert facts.texts("amd.gfx_archs") == ("gfx90a", "gfx90a")
    if os.geteuid() != 0:
        (tmp_path / NODES / "3/properties").chmod(0)
        assert detect_linux({}, tmp_path).texts("amd.gfx_archs") == ("gfx90a",)
    for path in (tmp_path / "dev/dri").iterdir():
        path.unlink()
    absent = detect_linux({}, tmp_path)["amd.present"]
    assert absent.value is False
    assert absent.source.startswith("no GPU in /sys/class/kfd")


def test_a_machine_without_the_driver_has_no_gpu(tmp_path: Path) -> None:
    assert detect_linux({}, tmp_path)["amd.present"].source == "no /sys/class/kfd/kfd/topology"
    unpack_tree(RECORDED / "mi25.txt", tmp_path)
    assert detect_linux({}, tmp_path)["amd.present"].source == "no /dev/kfd"
    assert amd.properties(detect_linux({}, tmp_path)) == {}


def test_this_machine_is_detected_without_a_fault() -> None:
    facts = amd.PROVIDER.detect({})
    assert isinstance(facts["amd.present"].value, bool)


def test_a_gpu_that_the_kernel_does_not_tell_is_a_failure_that_names_it(tmp_path: Path) -> None:
    recorded("mi25", tmp_path)
    path = tmp_path / NODES / "1/properties"
    path.write_text(path.read_text().replace("device_id 26720", "device_id 26721"))
    assert detect_linux({}, tmp_path).texts("amd.gfx_archs") == ("gfx900",)
    path.write_text(path.read_text().replace("device_id 26721", "device_id 4919"))
    with pytest.raises(OSError, match="does not tell the target of the GPU 0x1337"):
        detect_linux({}, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "\0\xff", "simd_count\n", "simd_count many\n", "simd_count 0\n", "a b c\n\n"]
)
def test_a_node_that_says_nothing_of_a_gpu_is_none(tmp_path: Path, text: str) -> None:
    write(tmp_path / "dev/kfd", "")
    write(tmp_path / NODES / "1/properties", text)
    write(tmp_path / NODES / "x/properties", "simd_count 4\n")
    assert detect_linux({}, tmp_path)["amd.present"].value is False


def test_the_runtime_may_be_told_another_target(tmp_path: Path) -> None:
    facts = recorded("rx6600_ryzen", tmp_path, {"HSA_OVERRIDE_GFX_VERSION": "10.3.0"})
    assert amd.properties(facts)["gfx_arch"] == ("gfx1030", "gfx10_3_generic")
    assert facts["amd.gfx_archs"].source == "HSA_OVERRIDE_GFX_VERSION"
    one = detect_linux({"HSA_OVERRIDE_GFX_VERSION_1": "9.0.10"}, tmp_path)
    assert one.texts("amd.gfx_archs") == ("gfx90a", "gfx1036")
    with pytest.raises(OSError, match="`HSA_OVERRIDE_GFX_VERSION` holds `gfx1030`"):
        detect_linux({"HSA_OVERRIDE_GFX_VERSION": "gfx1030"}, tmp_path)


def test_names_come_from_the_product_the_list_or_the_chip(tmp_path: Path) -> None:
    recorded("mi210", tmp_path)
    for minor in (128, 129, 130):
        write(tmp_path / f"sys/class/drm/renderD{minor}/device/revision", "0x02\n")
    write(tmp_path / "sys/class/drm/renderD128/device/product_name", "AMD INSTINCT MI210\n")
    write(tmp_path / "sys/class/drm/renderD130/device/revision", "0x99\n")
    # Lines as libdrm's amdgpu.ids has them.
    table = "# List\n\n1.0.0\n740C,\t01,\tAMD Instinct MI250X\n740F,\t02,\tAMD Instinct MI210\n"
    write(tmp_path / "usr/share/libdrm/amdgpu.ids", table)
    write(tmp_path / NODES / "4/name", "aldebaran\n")
    assert detect_linux({}, tmp_path).texts("amd.gpus") == (
        *("AMD INSTINCT MI210", "AMD Instinct MI210", "AMD aldebaran"),
    )
    write(tmp_path / NODES / "4/name", "ip discovery\n")
    assert detect_linux({}, tmp_path).texts("amd.gpus")[2] == "AMD GPU 0x740f"


def test_rocm_is_found_by_its_files(tmp_path: Path) -> None:
    recorded("mi210", tmp_path)
    header = "#define ROCM_VERSION_MAJOR   6\n#define ROCM_VERSION_MINOR   2\n"
    write(tmp_path / "usr/include/rocm-core/rocm_version.h", header)
    write(tmp_path / "sys/module/amdgpu/version", "6.12.12\n")

    def found(**environ: str) -> tuple[str | None, str]:
        facts = detect_linux(environ, tmp_path)
        return facts.text("amd.rocm_version"), facts["amd.rocm_version"].source

    assert found() == ("6.2", "/usr/include/rocm-core/rocm_version.h")
    write(tmp_path / "opt/rocm-6.3.4/.info/version", "6.3.4-76\n")
    write(tmp_path / "opt/rocm-6.10.0/.info/version", "6.10.0-1\n")
    assert found() == ("6.10", "/opt/rocm-6.10.0/.info/version")
    write(tmp_path / "opt/rocm/.info/version", "7.0.2-56\n")
    assert found() == ("7.0", "/opt/rocm/.info/version")
    assert found(ROCM_PATH="/opt/rocm-6.3.4") == ("6.3", "/opt/rocm-6.3.4/.info/version")
    assert found(ROCM_PATH="/nowhere")[0] == "7.0"
    write(tmp_path / "opt/rocm/.info/version", "not a version")
    assert found()[0] == "6.10"
    facts = detect_linux({}, tmp_path)
    assert facts.text("amd.driver_version") == "6.12.12"
    assert amd.properties(facts) == {"gfx_arch": ("gfx90a",), "rocm_version": ("6.10",)}


def test_what_is_kept_changes_with_the_driver_rocm_and_the_devices(tmp_path: Path) -> None:
    recorded("mi210", tmp_path)
    before = identity({}, tmp_path)
    assert identity({}, tmp_path) == before
    write(tmp_path / "sys/class/kfd/kfd/topology/generation_id", "3\n")
    after = identity({}, tmp_path)
    assert after != before
    write(tmp_path / "opt/rocm/.info/version", "6.4.0\n")
    assert identity({}, tmp_path) != after
    assert identity({"HSA_OVERRIDE_GFX_VERSION_1": "9.0.10"}, tmp_path) != identity({}, tmp_path)
    (tmp_path / "dev/dri/renderD128").unlink()
    assert "ROCR_VISIBLE_DEVICES" in VARIABLES


def test_the_override_variables_are_read_and_named() -> None:
    gfx, rocm = CATALOGUE["amd"].overrides
    assert amd.overrides({gfx: "gfx1100", rocm: "6.4.0"}) == (
        Fact("amd.gfx_archs", ("gfx1100",), Origin.GIVEN, gfx),
        Fact("amd.rocm_version", "6.4", Origin.GIVEN, rocm),
    )
    assert amd.overrides({gfx: "gfx90a, GFX942;gfx1100"})[0].value == (
        *("gfx90a", "gfx942", "gfx1100"),
    )
    assert amd.overrides({gfx: " ", rocm: ""}) == ()
    forced = ABSENT.merged(amd.overrides({gfx: "gfx1100", rocm: "6.4.0"}))
    assert amd.properties(forced)["gfx_arch"] == ("gfx1100", "gfx11_generic")
    assert by_package("amd-variant-provider") is amd.PROVIDER


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("AMD_VARIANT_PROVIDER_FORCE_GFX_ARCH", "1100"),
        ("AMD_VARIANT_PROVIDER_FORCE_GFX_ARCH", "gfx11-generic"),
        ("AMD_VARIANT_PROVIDER_FORCE_GFX_ARCH", ","),
        ("AMD_VARIANT_PROVIDER_FORCE_ROCM_VERSION", "6"),
        ("AMD_VARIANT_PROVIDER_FORCE_ROCM_VERSION", "rocm6.4"),
    ],
)
def test_a_malformed_override_is_an_error_that_names_it(variable: str, text: str) -> None:
    with pytest.raises(InvalidOverride, match=variable) as caught:
        amd.overrides({variable: text})
    assert caught.value.value == text


def test_apus_are_known_as_parts_of_a_processor() -> None:
    assert is_integrated("gfx1036")
    assert not is_integrated("gfx1100")


_HIP = r"""
#include <string.h>
int hipRuntimeGetVersion(int *version) { *version = 60443483; return VERSION_CODE; }
int hipGetDeviceCount(int *count) { *count = 2; return COUNT_CODE; }
int hipGetDevicePropertiesR0600(char *properties, int device) {
    strcpy(properties, device ? "AMD Radeon(TM) Graphics" : "AMD Radeon RX 7900 XTX");
    if (TARGETS) strcpy(properties + 1160, device ? "gfx1036" : "gfx1100");
    return 0;
}
int hipDeviceTotalMem(unsigned long *size, int device) { *size = 24560ul << 20; return device; }
"""


def test_the_hip_runtime_is_asked_where_the_driver_brings_it(tmp_path: Path) -> None:
    import ctypes  # noqa: PLC0415 -- for this test alone

    from whichwheel.target.providers.amd_hip import (  # noqa: PLC0415 -- loads ctypes
        HipGpu,
        hip_gpus,
        hip_version,
    )
    from whichwheel.target.providers.driver_libraries import DriverFailed  # noqa: PLC0415

    def built(name: str, **macros: int) -> ctypes.CDLL:
        defined = {"VERSION_CODE": 0, "COUNT_CODE": 0, "TARGETS": 1} | macros
        compile_library(tmp_path / name, _HIP, [f"{key}={value}" for key, value in defined.items()])
        return ctypes.CDLL(str(tmp_path / name))

    library = built("whole.so")
    assert hip_version(library) == "6.4"
    assert hip_gpus(library) == (
        HipGpu("gfx1100", "AMD Radeon RX 7900 XTX", 24560),
        HipGpu("gfx1036", "AMD Radeon(TM) Graphics", None),
    )
    assert hip_gpus(built("none.so", COUNT_CODE=100)) == ()
    with pytest.raises(DriverFailed, match="hipGetDeviceCount answered with error 999"):
        hip_gpus(built("broken.so", COUNT_CODE=999))
    with pytest.raises(DriverFailed, match="tells no target of GPU 0"):
        hip_gpus(built("silent.so", TARGETS=0))
    with pytest.raises(DriverFailed, match="hipRuntimeGetVersion"):
        hip_version(built("old.so", VERSION_CODE=1))

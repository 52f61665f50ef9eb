import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.level_zero import FakeZeroGpu, build_level_zero
from whichwheel.target.detection.detecting import detect_facts
from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.gpus import InvalidGpuPolicy
from whichwheel.target.providers import intel
from whichwheel.target.providers.catalogue import CATALOGUE, by_package
from whichwheel.target.providers.governing import DetectionFailed
from whichwheel.target.providers.intel_architectures import COMPATIBLE, DeviceIp, values_of
from whichwheel.target.providers.intel_kernel import identity, kernel_gpus, kernel_npu
from whichwheel.target.providers.provider import InvalidOverride

RECORDED = Path(__file__).parent / "data" / "intel"

A770 = FakeZeroGpu("Intel(R) Arc(TM) A770 Graphics", "12.55.8")
A380 = FakeZeroGpu("Intel(R) Arc(TM) A380 Graphics", "12.56.5", 0x56A5, memory_mib=6064)
UHD_770 = FakeZeroGpu("Intel(R) UHD Graphics 770", "12.2.0", 0x4680, integrated=True)


def machine(**values: FactValue) -> Facts:
    return Facts(
        Fact(f"intel.{name}", value, Origin.DETECTED, "test") for name, value in values.items()
    )


def detected(environ: Mapping[str, str], **more: str) -> Facts:
    return detect_facts(intel.PROVIDER, environ={**environ, **more})


def recorded(name: str) -> list[tuple[str, str]]:
    """Return the names and IP versions of the GPUs that a recording shows."""
    text = (RECORDED / f"{name}.txt").read_text()
    listed = re.findall(
        r"^\[level_zero:gpu\].*Level-Zero(?: V2)?, (.+) (\S+) \[", text, re.MULTILINE
    )
    verbose = re.findall(r"Type +: gpu\n +Version +: (.+)\n +Name +: (.+)", text)
    logged = re.findall(r"GT0: GMD_ID (0x[0-9a-f]+)", text)
    return [
        *listed,
        *((name, version) for version, name in verbose),
        *(("Intel Graphics", str(DeviceIp.unpack(int(number, 16)))) for number in logged),
    ]


# (file, what it runs, phrase). Sources: Intel's compute runtime, platforms.h, deviceAcronyms for
# the versions and compatibilityMapping for what else runs.
MACHINES = [
    ("a750", ("12.55.8",), "device IP 12.55.8 (detected)"),
    ("a770_uhd770", (), "device IPs 12.55.8 and 12.2.0 (detected)"),
    ("arrow_lake", ("12.74.4",), "device IP 12.74.4 (detected)"),
    ("max_1550", ("12.60.7",), "device IP 12.60.7 (detected)"),
    ("meteor_lake", ("12.71.4", "12.70.4"), "device IP 12.71.4 (detected)"),
    ("panther_lake", ("30.0.4",), "device IP 30.0.4 (detected)"),
]


@pytest.mark.parametrize(("name", "runs", "words"), MACHINES)
def test_real_machines_run_what_intel_says(
    tmp_path: Path, name: str, runs: tuple[str, ...], words: str
) -> None:
    gpus = recorded(name)
    facts = detected(build_level_zero(tmp_path, [FakeZeroGpu(*gpu) for gpu in gpus]))
    assert facts.texts("intel.gpus") == tuple(name for name, _ in gpus)
    assert intel.properties(facts) == ({"device_ip": runs} if runs else {})
    assert intel.phrase(facts) == words


def test_every_recording_is_checked_and_said_where_from() -> None:
    readme = (RECORDED / "README.md").read_text()
    names = {path.stem for path in RECORDED.glob("*.txt")}
    assert names == {name for name, *_ in MACHINES}
    assert all(f"`{name}.txt`" in readme for name in names)


# Source: Intel's compute runtime, platforms.h, PRODUCT_CONFIG.
@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((0x03000000, "12.0.0"), (0x03028000, "12.10.0"), (0x030DC008, "12.55.8")),
        *((0x030E0005, "12.56.5"), (0x030F0007, "12.60.7"), (0x03128004, "12.74.4")),
        *((0x05004000, "20.1.0"), (0x05010004, "20.4.4"), (0x07804000, "30.1.0")),
    ],
)
def test_the_driver_s_number_stands_for_a_version(number: int, text: str) -> None:
    assert str(DeviceIp.unpack(number)) == text
    assert DeviceIp.parse(text) == DeviceIp.unpack(number)


# Source: Intel's compute runtime, platforms.h, compatibilityMapping.
@pytest.mark.parametrize(
    ("device", "runs"),
    [
        ("12.56.5", ("12.56.5", "12.55.8")),
        ("12.57.0", ("12.57.0", "12.55.8")),
        ("20.4.4", ("20.4.4", "20.1.0")),
        ("30.1.0", ("30.1.0", "30.0.4")),
        ("12.60.7", ("12.60.7",)),
        ("12.55.8", ("12.55.8",)),
        ("99.12.3", ("99.12.3",)),
    ],
)
def test_a_gpu_runs_its_own_code_and_that_of_the_one_it_is_compatible_with(
    device: str, runs: tuple[str, ...]
) -> None:
    assert values_of(device) == runs
    assert intel.properties(machine(device_ips=(device,))) == {"device_ip": runs}


def test_no_gpu_is_compatible_with_two_others() -> None:
    listed = [device for devices in COMPATIBLE.values() for device in devices]
    assert len(listed) == len(set(listed))
    assert COMPATIBLE.keys().isdisjoint(listed)


BOTH = machine(
    device_ips=("12.55.8", "12.2.0"),
    gpus=("Intel(R) Arc(TM) A770 Graphics", "Intel(R) UHD Graphics 770"),
    kinds=("discrete", "integrated"),
)


def with_policy(facts: Facts, policy: str) -> Facts:
    return facts.merged([Fact("intel.gpu_policy", policy, Origin.GIVEN, "--gpus")])


def test_the_policy_says_which_gpus_count() -> None:
    assert intel.properties(BOTH) == {}
    assert intel.properties(with_policy(BOTH, "0")) == {"device_ip": ("12.55.8",)}
    assert intel.properties(with_policy(BOTH, "any")) == {"device_ip": ("12.55.8", "12.2.0")}
    with pytest.raises(InvalidGpuPolicy, match="there are 2 GPUs"):
        intel.properties(with_policy(BOTH, "2"))
    alike = machine(device_ips=("12.55.8", "12.56.5"))
    assert intel.properties(alike) == {"device_ip": ("12.55.8",)}


UNDRIVEN = Facts(
    [
        Fact("intel.present", value=False, origin=Origin.DETECTED, source="no Level Zero library"),
        Fact("intel.kernel_gpus", ("0x56a0",), Origin.DETECTED, "/sys/class/drm"),
    ]
)
ABSENT = Facts([UNDRIVEN["intel.present"]])


@pytest.mark.parametrize(
    ("facts", "value", "words"),
    [
        (
            BOTH,
            "12.55.8",
            (
                "GPU 1 (Intel(R) UHD Graphics 770) has device IP 12.2.0, and code for 12.55.8 runs "
                "on 12.55.8, 12.56.5 or 12.57.0; it is part of a processor, and `--gpus 0` leaves "
                "it out"
            ),
        ),
        (
            BOTH,
            "12.2.0",
            (
                "GPU 0 (Intel(R) Arc(TM) A770 Graphics) has device IP 12.55.8, and code for 12.2.0 "
                "runs on 12.2.0"
            ),
        ),
        (
            with_policy(BOTH, "any"),
            "12.2.0",
            (
                "GPU 1 (Intel(R) UHD Graphics 770) has device IP 12.2.0, and code for 12.2.0 runs "
                "on 12.2.0; one GPU is enough"
            ),
        ),
        (BOTH, "dg2", "`dg2` is no IP version, as `12.55.8` is"),
        (machine(device_ips=()), "12.55.8", "there is no visible GPU"),
        (
            machine(device_ips=(), affinity_mask="3"),
            "12.55.8",
            "there is no visible GPU: `ZE_AFFINITY_MASK` is `3`",
        ),
        (
            UNDRIVEN,
            "12.55.8",
            "there is no Level Zero library, though the kernel shows the GPU 0x56a0",
        ),
        (ABSENT, "12.55.8", "there is no GPU for programs: no Level Zero library"),
        (intel.defaults({}), "12.55.8", "no GPU is assumed: nothing was said of a GPU"),
        (Facts(), "12.55.8", "the IP versions of the GPUs are not known"),
    ],
)
def test_the_reason_names_the_gpu_that_refuses_or_the_driver(
    facts: Facts, value: str, words: str
) -> None:
    assert intel.why(facts, "device_ip", value) == words
    assert intel.why(facts, "gmdid", value) == "`gmdid` is no feature: there is `device_ip`"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (with_policy(BOTH, "any"), "device IPs 12.55.8 and 12.2.0 (detected), any GPU will do"),
        (machine(device_ips=()), "no visible Intel GPU (detected)"),
        (UNDRIVEN, "an Intel GPU without driver (detected)"),
        (ABSENT, "no Intel GPU (detected)"),
        (intel.defaults({}), "no Intel GPU (default)"),
    ],
)
def test_the_facts_are_put_in_words(facts: Facts, words: str) -> None:
    assert intel.phrase(facts).startswith(words)


@pytest.mark.parametrize("facts", [UNDRIVEN, ABSENT, intel.defaults({}), machine(device_ips=())])
def test_without_a_gpu_for_programs_nothing_is_supported(facts: Facts) -> None:
    assert intel.properties(facts) == {}


def test_level_zero_is_asked_for_the_gpus(tmp_path: Path) -> None:
    npu = FakeZeroGpu("Intel(R) AI Boost", "0.0.0", kind=5)
    other = FakeZeroGpu("another vendor's GPU", "1.2.3", vendor=0x10DE)
    facts = detected(build_level_zero(tmp_path, [A770, npu, other, UHD_770]))
    names = {key.partition(".")[2]: fact.value for key, fact in facts.items()}
    assert {key: names[key] for key in names if key not in {"kernel_gpus", "npu"}} == {
        "present": True,
        "driver_version": "1.14.37020",
        "device_ips": ("12.55.8", "12.2.0"),
        "gpus": (A770.name, UHD_770.name),
        "device_ids": ("0x56a0", "0x4680"),
        "kinds": ("discrete", "integrated"),
        "memory_mib": ("16288", "16288"),
    }
    assert facts["intel.device_ips"].source == "Level Zero"


@pytest.mark.parametrize("options", [{"NEW": 0}, {"NEW_CODE": 0x78000003}])
def test_older_loaders_are_asked_the_older_way(tmp_path: Path, options: dict[str, int]) -> None:
    facts = detected(build_level_zero(tmp_path, [A380], options))
    assert intel.properties(facts) == {"device_ip": ("12.56.5", "12.55.8")}


def test_all_facts_may_stand_in_a_target_file(tmp_path: Path) -> None:
    fields = {field.name: field for field in intel.PROVIDER.fields}
    environ = build_level_zero(tmp_path, [A770, UHD_770])
    for facts in (detected(environ), detected(environ, ZE_AFFINITY_MASK="1"), UNDRIVEN):
        count = len(facts.texts("intel.device_ips"))
        for key, fact in facts.items():
            field = fields[key.removeprefix("intel.")]
            texts = fact.value if isinstance(fact.value, tuple) else (str(fact.value),)
            assert all(field.pattern.fullmatch(text) for text in texts)
            assert not field.per_device or len(texts) == count


def test_the_driver_hides_what_the_affinity_mask_hides(tmp_path: Path) -> None:
    environ = build_level_zero(tmp_path, [A770, UHD_770])
    facts = detected(environ, ZE_AFFINITY_MASK="0")
    assert intel.properties(facts) == {"device_ip": ("12.55.8",)}
    none = detected(environ, ZE_AFFINITY_MASK="7")
    assert none["intel.present"].value is True
    assert intel.properties(none) == {}
    assert intel.why(none, "device_ip", "12.55.8").endswith("`ZE_AFFINITY_MASK` is `7`")


def test_memory_that_is_not_known_is_not_told(tmp_path: Path) -> None:
    facts = detected(build_level_zero(tmp_path, [A770], {"MEMORY_CODE": 1}))
    assert "intel.memory_mib" not in facts


@pytest.mark.parametrize("code", [0x78000001, 0x70020000])
def test_a_loader_without_driver_is_an_answer(tmp_path: Path, code: int) -> None:
    for new in (0, 1):
        options = {"START_CODE": code, "NEW": new}
        facts = detected(build_level_zero(tmp_path / str(new), [A770], options))
        assert facts["intel.present"].value is False
        assert facts["intel.present"].source == "no driver that Level Zero can use"
        assert intel.properties(facts) == {}


def test_a_machine_without_the_library_has_no_gpu_for_programs() -> None:
    facts = detected({"LD_LIBRARY_PATH": "/nonexistent"})
    if facts["intel.present"].value is not True:
        assert intel.properties(facts) == {}
        assert "Level Zero" in facts["intel.present"].source


@pytest.mark.parametrize(
    ("options", "gpu", "words"),
    [
        ({"START_CODE": 0x70000001}, A770, "zeInitDrivers answered with error 0x70000001"),
        ({"START_CODE": 0x70000001, "NEW": 0}, A770, "zeInit answered with error 0x70000001"),
        ({"PROPERTIES_CODE": 0x70000001}, A770, "zeDeviceGetProperties answered with"),
        ({"CRASH": 1}, A770, "it was ended by signal 6"),
        ({}, FakeZeroGpu("UHD Graphics 630", ""), "too old to tell the IP version of UHD"),
    ],
)
def test_a_broken_driver_is_a_failure_that_says_how(
    tmp_path: Path, options: dict[str, int], gpu: FakeZeroGpu, words: str
) -> None:
    environ = build_level_zero(tmp_path, [gpu], options)
    with pytest.raises(DetectionFailed, match=words):
        detected(environ)


def test_a_library_that_is_not_whole_is_a_failure(tmp_path: Path) -> None:
    from support.drivers import compile_library  # noqa: PLC0415 -- for this test alone

    compile_library(tmp_path / "libze_loader.so.1", "int zeInit(unsigned flags) { return 0; }")
    with pytest.raises(DetectionFailed, match="the Level Zero library is not whole"):
        detected({"LD_LIBRARY_PATH": str(tmp_path)})


def test_a_driver_that_hangs_ends_in_a_failure_within_the_limit(tmp_path: Path) -> None:
    environ = build_level_zero(tmp_path, [A770], {"SLEEP": 60})
    before = time.monotonic()
    with pytest.raises(DetectionFailed, match="it gave no answer within 1 s"):
        detect_facts(intel.PROVIDER, environ=environ, limit=1.0)
    assert time.monotonic() - before < 10


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def device(root: Path, name: str, vendor: str, number: str) -> None:
    write(root / "sys/class" / name / "device/vendor", f"{vendor}\n")
    write(root / "sys/class" / name / "device/device", f"{number}\n")


def test_the_kernel_shows_gpus_and_the_npu(tmp_path: Path) -> None:
    assert kernel_gpus(tmp_path) == ()
    assert kernel_npu(tmp_path) is None
    device(tmp_path, "drm/card10", "0x8086", "0x56a0")
    device(tmp_path, "drm/card1", "0x8086", "0x643e")
    device(tmp_path, "drm/card0", "0x1002", "0x73ff")
    device(tmp_path, "drm/card2", "", "")
    device(tmp_path, "drm/card1-DP-1", "0x8086", "0x1")
    assert kernel_gpus(tmp_path) == ("0x643e", "0x56a0")
    device(tmp_path, "accel/accel0", "0x1da3", "0x1060")
    assert kernel_npu(tmp_path) is None
    device(tmp_path, "accel/accel1", "0x8086", "0x643e")
    assert kernel_npu(tmp_path) == "Lunar Lake (0x643e)"
    device(tmp_path, "accel/accel1", "0x8086", "0xd71d")
    assert kernel_npu(tmp_path) == "0xd71d"


def test_what_is_kept_changes_with_the_driver_and_the_devices(tmp_path: Path) -> None:
    before = identity({}, tmp_path)
    assert identity({}, tmp_path) == before
    write(tmp_path / "usr/lib64/libze_intel_gpu.so.1", "")
    after = identity({}, tmp_path)
    assert after != before
    write(tmp_path / "dev/dri/renderD128", "")
    assert identity({}, tmp_path) != after
    write(tmp_path / "own/libze_loader.so.1", "")
    path = str(tmp_path / "own")
    assert identity({"LD_LIBRARY_PATH": path}, tmp_path) != identity({}, tmp_path)


def test_the_override_variable_is_read_and_named() -> None:
    (variable,) = CATALOGUE["intel"].overrides
    assert intel.overrides({variable: " 30.0.4 "}) == (
        Fact("intel.device_ips", ("30.0.4",), Origin.GIVEN, variable),
    )
    assert intel.overrides({variable: "12.55.8, 12.2.0"})[0].value == ("12.55.8", "12.2.0")
    assert intel.overrides({variable: ""}) == ()
    assert by_package("intel-variant-provider") is intel.PROVIDER


@pytest.mark.parametrize("text", ["12", "12.55", "dg2", "12.55.08", "12.55.8.1", ",", "0x30dc008"])
def test_a_malformed_override_is_an_error_that_names_it(text: str) -> None:
    variable = "INTEL_VARIANT_PROVIDER_FORCE_DEVICE_IP"
    with pytest.raises(InvalidOverride, match=variable) as caught:
        intel.overrides({variable: text})
    assert caught.value.value == text

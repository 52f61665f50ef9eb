import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.vulkan import FakeDevice, build_loader, recorded_facts
from whichwheel.target.described.target_file import read_target_file
from whichwheel.target.detection.detecting import detect_facts
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import InvalidGpuPolicy
from whichwheel.target.providers import vulkan
from whichwheel.target.providers.catalogue import CATALOGUE, ProviderKind, by_namespace
from whichwheel.target.providers.governing import DetectionFailed
from whichwheel.target.providers.vulkan_loader import driver_version
from whichwheel.target.providers.vulkan_surroundings import identity
from whichwheel.target.support import Support

RECORDED = Path(__file__).parent / "data" / "vulkan"
RX_6700_XT = FakeDevice("AMD Radeon RX 6700 XT (RADV NAVI22)")
IRIS = FakeDevice("Intel(R) HD Graphics 530", (1, 1, 90), 1, 0x8086, 75903075)
LLVMPIPE = FakeDevice("llvmpipe (LLVM 20.1.2, 256 bits)", (1, 4, 318), 4, 0x10005, 1)


def recorded(name: str) -> Facts:
    return recorded_facts((RECORDED / f"{name}.txt").read_text(encoding="utf-8"))


def machine(
    versions: Sequence[str],
    types: Sequence[str] = (),
    *,
    names: Sequence[str] = (),
    loader: str | None = None,
    policy: str | None = None,
) -> Facts:
    listed = {"api_versions": versions, "device_types": types, "gpus": names}
    texts = {"loader_version": loader, "gpu_policy": policy}
    return Facts(
        [
            *(
                Fact(f"vulkan.{key}", tuple(values), Origin.DETECTED, "test")
                for key, values in listed.items()
                if values or key == "api_versions"
            ),
            *(
                Fact(f"vulkan.{key}", value, Origin.DETECTED, "test")
                for key, value in texts.items()
                if value is not None
            ),
        ]
    )


def lower(newest: str) -> tuple[str, ...]:
    major, minor = newest.split(".")
    return tuple(f"{major}.{each}" for each in range(int(minor), -1, -1))


# Vulkan specification, "Version Numbers": a difference in the minor version adds functionality
# and keeps compatibility, one in the major version may not.
@pytest.mark.parametrize(
    ("version", "values"),
    [
        ("1.0", ("1.0",)),
        ("1.3", ("1.3", "1.2", "1.1", "1.0")),
        ("1.12", lower("1.12")),
        ("2.1", ("2.1", "2.0")),
    ],
)
def test_a_version_serves_the_earlier_minors_of_its_major(
    version: str, values: tuple[str, ...]
) -> None:
    assert vulkan.properties(machine([version])) == {"api_version": values}


# Expectations: the lowest of the `apiVersion` lines whose device is no CPU, minors downwards.
@pytest.mark.parametrize(
    ("name", "newest", "types"),
    [
        ("rtx4070_laptop", "1.4", ("integrated", "discrete", "cpu")),
        ("rtx3070_windows", "1.3", ("integrated", "discrete")),
        ("jetson_orin_nano", "1.3", ("integrated",)),
        ("rx6700xt", "1.3", ("discrete",)),
        ("tegra_x1", "1.1", ("integrated",)),
        ("raspberry_pi_400", None, ("cpu",)),
        ("apple_m5", "1.4", ("integrated",)),
    ],
)
def test_recorded_machines(name: str, newest: str | None, types: tuple[str, ...]) -> None:
    facts = recorded(name)
    assert facts.texts("vulkan.device_types") == types
    assert vulkan.properties(facts) == ({} if newest is None else {"api_version": lower(newest)})
    assert facts["vulkan.present"].value is (newest is not None)


def test_every_recording_is_tested_and_may_stand_in_a_target_file() -> None:
    names = {path.stem for path in RECORDED.glob("*.txt")}
    assert len(names) == 7
    fields = {field.name: field for field in vulkan.PROVIDER.fields}
    for name in names:
        for key, fact in recorded(name).items():
            field = fields[key.removeprefix("vulkan.")]
            texts = fact.value if isinstance(fact.value, tuple) else (fact.value,)
            assert all(field.pattern.fullmatch(each) for each in texts if isinstance(each, str))


def test_drivers_are_named_with_their_version() -> None:
    assert recorded("rtx4070_laptop").texts("vulkan.drivers") == (
        "Intel open-source Mesa driver Mesa 25.2.8-0ubuntu0.24.04.2",
        "NVIDIA 595.84",
        "llvmpipe Mesa 25.2.8-0ubuntu0.24.04.2 (LLVM 20.1.2)",
    )
    # The packing of each vendor; 32.3.1 is the release of the system image of the Tegra X1.
    assert recorded("tegra_x1").texts("vulkan.drivers") == ("32.3.1",)
    assert driver_version(2223653056, 0x10DE, "linux") == "530.41.3"
    assert driver_version((101 << 14) | 5448, 0x8086, "win32") == "101.5448"
    assert driver_version(75903075, 0x8086, "linux") == "18.99.99"


def test_a_policy_numbers_devices_as_the_loader_does() -> None:
    facts = recorded("rtx3070_windows")

    def with_policy(text: str) -> Facts:
        return facts.merged([Fact("vulkan.gpu_policy", text, Origin.GIVEN, "--gpus")])

    assert vulkan.properties(with_policy("any")) == {"api_version": lower("1.4")}
    assert vulkan.properties(with_policy("1")) == {"api_version": lower("1.4")}
    assert vulkan.properties(with_policy("0,1")) == {"api_version": lower("1.3")}
    with pytest.raises(InvalidGpuPolicy):
        vulkan.properties(with_policy("2"))


@pytest.mark.parametrize("policy", ["all", "any", "0,1"])
def test_a_processor_before_the_gpu_neither_limits_nor_serves(policy: str) -> None:
    facts = machine(["1.4", "1.2"], ["cpu", "discrete"], policy=policy)
    assert vulkan.properties(facts) == {"api_version": lower("1.2")}


def test_a_picked_processor_serves_nothing() -> None:
    facts = machine(["1.4", "1.2"], ["cpu", "discrete"], policy="0")
    assert vulkan.properties(facts) == {}
    assert "picks no GPU" in vulkan.why(facts, "api_version", "1.0")


# Vulkan specification, `VkApplicationInfo`: implementations of 1.0 fail instances of any later
# version, those of 1.1 and later never do.
def test_a_loader_of_1_0_lets_no_program_ask_for_more() -> None:
    facts = machine(["1.3", "1.2"], loader="1.0")
    assert vulkan.properties(facts) == {"api_version": ("1.0",)}
    assert "loader" in vulkan.why(facts, "api_version", "1.2")
    assert "has Vulkan 1.3" in vulkan.why(facts, "api_version", "1.0")
    assert vulkan.phrase(facts).startswith("Vulkan 1.3 and 1.2, a loader of Vulkan 1.0")
    assert vulkan.properties(machine(["1.3"], loader="1.1")) == {"api_version": lower("1.3")}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (recorded("rtx3070_windows"), "Vulkan 1.3 and 1.4 (detected)"),
        (recorded("rtx4070_laptop"), "Vulkan 1.4 (detected)"),
        (recorded("raspberry_pi_400"), "no Vulkan GPU (detected)"),
        (vulkan.defaults({}), "no GPU (default)"),
    ],
)
def test_the_phrase_names_the_versions_of_gpus(facts: Facts, words: str) -> None:
    assert vulkan.phrase(facts) == words


@pytest.mark.parametrize(
    ("name", "value", "clause"),
    [
        (
            "rtx3070_windows",
            "1.4",
            "GPU 0 (AMD Radeon(TM) Graphics) has Vulkan 1.3, and 1.4 needs 1.4 or a later 1.x",
        ),
        (
            "rtx3070_windows",
            "1.3",
            (
                "GPU 0 (AMD Radeon(TM) Graphics) has Vulkan 1.3, and 1.3 needs 1.3 or a later 1.x"
                "; the other GPUs run it too"
            ),
        ),
        (
            "rx6700xt",
            "2.0",
            (
                "GPU 0 (AMD Radeon RX 6700 XT (RADV NAVI22)) has Vulkan 1.3, and 2.0 needs 2.0 or "
                "a later 2.x"
            ),
        ),
        (
            "raspberry_pi_400",
            "1.0",
            (
                "GPU 0 (llvmpipe (LLVM 11.0.1, 128 bits)) is a processor, and processors do not "
                "count as GPUs"
            ),
        ),
        ("rx6700xt", "new", "`new` is no version of the Vulkan API, as `1.3` is"),
        ("rx6700xt", "", "`` is no version of the Vulkan API, as `1.3` is"),
    ],
)
def test_why_names_the_device_that_decides(name: str, value: str, clause: str) -> None:
    assert vulkan.why(recorded(name), "api_version", value) == clause


def test_why_without_a_gpu() -> None:
    assert vulkan.why(Facts(), "api_version", "1.3") == "the GPUs of Vulkan are not known"
    assert vulkan.why(vulkan.defaults({}), "api_version", "1.3") == (
        "no GPU is assumed: nothing was said of a GPU"
    )
    assert vulkan.why(Facts(), "sm_arch", "1.3").endswith("no `sm_arch`")
    assert vulkan.why(machine([]), "api_version", "1.3") == "there is no GPU of Vulkan: test"


def test_the_provider_is_listed_and_stands_for_no_package() -> None:
    entry = CATALOGUE["vulkan"]
    assert (entry.kind, entry.packages, entry.overrides) == (ProviderKind.ACCELERATOR, (), ())
    assert by_namespace("vulkan") is vulkan.PROVIDER


def test_a_target_file_may_say_what_vulkan_there_is(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text(
        'python = "3.12"\nplatform = "manylinux_2_35_x86_64"\n'
        '[facts.vulkan]\napi_versions = ["1.3", "1.4"]\ndevice_types = ["integrated", "cpu"]\n'
    )
    answer = read_target_file(path).machine.support("vulkan", None)
    assert isinstance(answer, Support)
    assert answer.features == {"api_version": lower("1.3")}
    assert answer.origin is Origin.GIVEN


def test_a_loader_is_asked_for_devices(tmp_path: Path) -> None:
    environ = build_loader(tmp_path, [RX_6700_XT, IRIS, LLVMPIPE])
    facts = detect_facts(vulkan.PROVIDER, environ=environ)
    assert {key.partition(".")[2]: fact.value for key, fact in facts.items()} == {
        "present": True,
        "loader_version": "1.3",
        "api_versions": ("1.3", "1.1", "1.4"),
        "device_types": ("discrete", "integrated", "cpu"),
        "gpus": (RX_6700_XT.name, IRIS.name, LLVMPIPE.name),
        "drivers": ("radv Mesa 24.0.9", "18.99.99", "radv Mesa 24.0.9"),
    }
    assert vulkan.properties(facts) == {"api_version": ("1.1", "1.0")}


def test_a_loader_of_1_0_is_asked_for_no_more_than_it_knows(tmp_path: Path) -> None:
    environ = build_loader(tmp_path, [RX_6700_XT], {"LOADER_MINOR": 0})
    facts = detect_facts(vulkan.PROVIDER, environ=environ)
    assert facts.text("vulkan.loader_version") == "1.0"
    assert facts.texts("vulkan.drivers") == ("24.0.9",)


def test_devices_of_other_kinds_and_of_vulkan_sc(tmp_path: Path) -> None:
    strange = FakeDevice("a card", kind=77)
    safety = FakeDevice("a card of Vulkan SC", variant=1)
    venus = FakeDevice("a card of the host", kind=3)
    nameless = FakeDevice("", kind=0)
    environ = build_loader(tmp_path, [strange, safety, venus, nameless])
    facts = detect_facts(vulkan.PROVIDER, environ=environ)
    assert facts.texts("vulkan.device_types") == ("other", "virtual", "other")
    assert facts.texts("vulkan.gpus") == (
        "a card",
        "a card of the host",
        "a device without a name",
    )


@pytest.mark.parametrize(
    ("devices", "options"),
    [
        ([], {}),
        ([RX_6700_XT], {"CREATE_CODE": -9}),
        ([RX_6700_XT], {"ENUMERATE_CODE": -3}),
        ([LLVMPIPE], {}),
    ],
)
def test_a_loader_without_a_gpu_is_an_answer(
    tmp_path: Path, devices: Sequence[FakeDevice], options: dict[str, int]
) -> None:
    facts = detect_facts(vulkan.PROVIDER, environ=build_loader(tmp_path, devices, options))
    assert facts["vulkan.present"].value is False
    assert facts["vulkan.present"].source == "the Vulkan loader shows no GPU"
    assert vulkan.properties(facts) == {}


def test_a_machine_without_a_loader_has_no_vulkan() -> None:
    facts = detect_facts(vulkan.PROVIDER, environ={"LD_LIBRARY_PATH": "/nonexistent"})
    if "vulkan.loader_version" in facts:
        pytest.skip("this machine has a loader")
    assert facts["vulkan.present"].value is False
    assert facts["vulkan.present"].source == "no Vulkan loader"
    assert vulkan.why(facts, "api_version", "1.3") == "there is no GPU of Vulkan: no Vulkan loader"


@pytest.mark.parametrize("function", ["SLEEP", "ENUMERATE_SLEEP"])
def test_a_hung_driver_ends_in_a_failure_within_the_limit(tmp_path: Path, function: str) -> None:
    environ = build_loader(tmp_path, [RX_6700_XT], {function: 60})
    started = time.monotonic()
    with pytest.raises(DetectionFailed, match=r"gave no answer within 0\.5 s"):
        detect_facts(vulkan.PROVIDER, environ=environ, limit=0.5)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"CRASH": 1}, "signal 6"),
        ({"VERSION_CODE": -1}, "`vkEnumerateInstanceVersion` of the Vulkan loader failed with"),
        ({"CREATE_CODE": -1}, "`vkCreateInstance` of the Vulkan loader failed with code -1"),
        ({"ENUMERATE_CODE": -4}, "`vkEnumeratePhysicalDevices` of the Vulkan loader failed with"),
        ({"LIST_CODE": -4}, "`vkEnumeratePhysicalDevices` of the Vulkan loader failed with"),
    ],
)
def test_a_broken_loader_ends_in_a_failure_that_says_how(
    tmp_path: Path, options: dict[str, int], why: str
) -> None:
    with pytest.raises(DetectionFailed) as caught:
        detect_facts(vulkan.PROVIDER, environ=build_loader(tmp_path, [RX_6700_XT], options))
    assert why in caught.value.message
    assert caught.value.provider == "vulkan"


def test_an_incomplete_list_is_taken_as_far_as_it_goes(tmp_path: Path) -> None:
    environ = build_loader(tmp_path, [RX_6700_XT], {"LIST_CODE": 5})
    facts = detect_facts(vulkan.PROVIDER, environ=environ)
    assert facts.texts("vulkan.gpus") == (RX_6700_XT.name,)


@pytest.mark.skipif(sys.platform == "win32", reason="looks at other files on Windows")
def test_the_identity_changes_with_loader_drivers_and_devices(tmp_path: Path) -> None:
    root, home, own = tmp_path / "root", tmp_path / "home", tmp_path / "own.json"
    environ = {
        "LD_LIBRARY_PATH": str(tmp_path / "libraries"),
        "HOME": str(home),
        "VK_DRIVER_FILES": str(own),
    }
    paths = [
        root / "usr/lib/x86_64-linux-gnu/libvulkan.so.1",
        root / "usr/share/vulkan/icd.d/radeon_icd.x86_64.json",
        root / "etc/vulkan/icd.d/nvidia_icd.json",
        root / "usr/share/vulkan/implicit_layer.d/VkLayer_MESA_device_select.json",
        root / "dev/dri/renderD128",
        root / "dev/nvidia0",
        root / "sys/module/nvidia/version",
        tmp_path / "libraries/libvulkan.so.1",
        home / ".local/share/vulkan/icd.d/own.json",
        own,
    ]
    known = [identity(environ, root)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a text")
        known.append(identity(environ, root))
    assert len(set(known)) == len(known)
    (root / "dev/tty0").touch()
    assert identity(environ, root) == known[-1]

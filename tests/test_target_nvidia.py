import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.drivers import build_driver
from whichwheel.target.detection import detect_facts
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers import nvidia
from whichwheel.target.providers.governing import DetectionFailed
from whichwheel.target.providers.provider import InvalidOverride


def machine(cuda: str | None = None, capabilities: Sequence[str] | None = None) -> Facts:
    facts = []
    if cuda is not None:
        facts.append(Fact("nvidia.driver_cuda_version", cuda, Origin.DETECTED, "test"))
    if capabilities is not None:
        key = "nvidia.compute_capabilities"
        facts.append(Fact(key, tuple(capabilities), Origin.DETECTED, "test"))
    return Facts(facts)


def versions(major: int, newest: int, oldest: int = 0) -> list[str]:
    return [f"{major}.{minor}" for minor in range(newest, oldest - 1, -1)]


def test_features_stand_in_the_published_order() -> None:
    assert list(nvidia.properties(machine("12.8", ["9.0"]))) == [
        "cuda_version_lower_bound",
        "cuda_version_upper_bound",
        "sm_arch",
    ]


def test_lower_bounds_go_down_from_the_driver_to_cuda_11() -> None:
    bounds = nvidia.properties(machine("12.2"))["cuda_version_lower_bound"]
    assert bounds == ("12.2", "12.1", "12.0", "12", *versions(11, 20), "11")


def test_upper_bounds_hold_the_published_values_in_their_order_and_go_beyond() -> None:
    bounds = nvidia.properties(machine("14.19"))["cuda_version_upper_bound"]
    published = (*versions(15, 20), "15", "14.20")
    assert bounds[-len(published) :] == published
    assert bounds[0] == "19.20"
    assert "14" not in bounds


@pytest.mark.parametrize(("cuda", "newest"), [("16.0", "16.0"), ("27.25", "27.25"), ("13", "13.0")])
def test_a_cuda_version_newer_than_any_known_works_like_any_other(cuda: str, newest: str) -> None:
    found = nvidia.properties(machine(cuda, ["31.4"]))
    major, minor = newest.split(".")
    assert found["cuda_version_lower_bound"][0] == newest
    assert "12.8" in found["cuda_version_lower_bound"]
    assert found["cuda_version_upper_bound"][-1] == f"{major}.{int(minor) + 1}"
    assert str(int(major) + 1) in found["cuda_version_upper_bound"]
    assert found["sm_arch"][:5] == ("314_real", "313_real", "312_real", "311_real", "310_real")
    assert found["sm_arch"][5] == "310_virtual"


def test_machine_code_runs_within_its_major_and_the_published_values_come_first() -> None:
    architectures = nvidia.properties(machine("12.8", ["8.6"]))["sm_arch"]
    assert architectures[:8] == (
        *("86_real", "85_real", "84_real", "83_real", "82_real", "81_real", "80_real"),
        "80_virtual",
    )
    assert "75_real" not in architectures
    assert "89_real" not in architectures


def test_intermediate_code_of_everything_older_runs_too() -> None:
    architectures = nvidia.properties(machine("13.0", ["12.0"]))["sm_arch"]
    virtuals = [name for name in architectures if name.endswith("_virtual")]
    assert virtuals[0] == "120_virtual"
    assert virtuals[1] == "119_virtual"
    assert {"90_virtual", "75_virtual", "50_virtual"} <= set(virtuals)
    assert "121_virtual" not in virtuals


@pytest.mark.parametrize(
    ("capabilities", "real", "virtual"),
    [
        (["8.0", "8.6"], "80_real", "80_virtual"),
        (["7.5", "9.0"], None, "70_virtual"),
        (["9.0", "9.0"], "90_real", "90_virtual"),
    ],
)
def test_of_several_gpus_only_what_all_run_is_supported(
    capabilities: list[str], real: str | None, virtual: str
) -> None:
    architectures = nvidia.properties(machine("12.8", capabilities))["sm_arch"]
    reals = [name for name in architectures if name.endswith("_real")]
    assert reals[:1] == ([real] if real else [])
    assert architectures[len(reals)] == virtual
    newest = min(capabilities, key=float).replace(".", "")
    assert all(int(name.split("_")[0]) <= int(newest) for name in architectures)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (machine("12.8", ["9.0"]), "driver CUDA 12.8, compute capability 9.0 (detected)"),
        (
            machine("12.8", ["9.0", "8.0", "9.0"]),
            "driver CUDA 12.8, compute capabilities 9.0 and 8.0 (detected)",
        ),
        (machine("12.8", []), "driver CUDA 12.8, no visible GPU (detected)"),
        (nvidia.defaults({}), "no GPU (default)"),
    ],
)
def test_the_facts_are_put_in_words(facts: Facts, words: str) -> None:
    assert nvidia.phrase(facts) == words


def test_without_driver_or_visible_gpu_nothing_is_supported_and_without_word_of_it_the_bounds() -> (
    None
):
    assert nvidia.properties(nvidia.defaults({})) == {}
    assert nvidia.properties(machine(None, ["9.0"])) == {}
    assert nvidia.properties(machine("12.8", [])) == {}
    assert list(nvidia.properties(machine("12.8"))) == [
        "cuda_version_lower_bound",
        "cuda_version_upper_bound",
    ]


def test_a_gpu_older_than_all_published_values_runs_no_labelled_code() -> None:
    assert "sm_arch" not in nvidia.properties(machine("11.0", ["3.7"]))


@pytest.mark.parametrize(
    ("text", "value"), [("12", "12.0"), ("12.7.1", "12.7"), ("v12.07", "12.7"), ("16.25", "16.25")]
)
def test_the_cuda_override_is_read_and_names_its_variable(text: str, value: str) -> None:
    variable = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"
    assert nvidia.overrides({variable: text}) == (
        Fact("nvidia.driver_cuda_version", value, Origin.GIVEN, variable),
    )
    assert nvidia.overrides({variable: ""}) == ()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION", "new"),
        ("NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION", "12.x"),
        ("NV_VARIANT_PROVIDER_FORCE_SM_ARCH", "90"),
        ("NV_VARIANT_PROVIDER_FORCE_SM_ARCH", "9.0a"),
        ("NV_VARIANT_PROVIDER_FORCE_SM_ARCH", "8.9.1"),
    ],
)
def test_a_malformed_override_is_an_error_that_names_it(variable: str, text: str) -> None:
    with pytest.raises(InvalidOverride, match=variable) as caught:
        nvidia.overrides({variable: text})
    assert caught.value.value == text


def test_a_driver_is_asked_for_version_gpus_and_capabilities(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, version=13010, capabilities=[(9, 0), (8, 6)])
    facts = detect_facts(nvidia.PROVIDER, environ=environ)
    assert facts.text("nvidia.driver_cuda_version") == "13.1"
    assert facts.texts("nvidia.compute_capabilities") == ("9.0", "8.6")
    assert facts.texts("nvidia.gpus") == ("GPU by NVML", "GPU by NVML")
    assert facts.text("nvidia.driver_version") == "570.86.10"


def test_where_nvml_fails_the_cuda_driver_api_lists_the_gpus(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, capabilities=[(7, 5)], options={"NVML_CODE": 999})
    facts = detect_facts(nvidia.PROVIDER, environ=environ)
    assert facts.texts("nvidia.compute_capabilities") == ("7.5",)
    assert facts["nvidia.compute_capabilities"].source == "the CUDA driver API"


@pytest.mark.parametrize(
    ("visible", "capabilities"), [("", ()), ("-1", ()), ("1", ("9.0",)), ("GPU-5e5f", ("9.0",))]
)
def test_hidden_gpus_do_not_count(
    tmp_path: Path, visible: str, capabilities: tuple[str, ...]
) -> None:
    environ = build_driver(tmp_path, capabilities=[(9, 0), (8, 6)])
    facts = detect_facts(nvidia.PROVIDER, environ={**environ, "CUDA_VISIBLE_DEVICES": visible})
    assert facts.texts("nvidia.compute_capabilities") == capabilities


def test_a_driver_without_gpu_is_an_answer(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, options={"NVML_CODE": 999, "INIT_CODE": 100})
    facts = detect_facts(nvidia.PROVIDER, environ=environ)
    assert facts.texts("nvidia.compute_capabilities") == ()
    assert nvidia.properties(facts) == {}


def test_the_stub_of_a_toolkit_is_no_driver(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, options={"VERSION_CODE": 34})
    facts = detect_facts(nvidia.PROVIDER, environ=environ)
    assert facts["nvidia.present"].value is False


def test_a_hung_driver_ends_in_a_failure_within_the_limit(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, options={"SLEEP": 60})
    started = time.monotonic()
    with pytest.raises(DetectionFailed, match=r"gave no answer within 0\.5 s"):
        detect_facts(nvidia.PROVIDER, environ=environ, limit=0.5)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"NVML_CODE": 999, "CRASH": 1}, "signal 6"),
        ({"NVML_CODE": 999, "INIT_CODE": 803}, "`cuInit` of the CUDA driver failed with code 803"),
        ({"VERSION_CODE": 999}, "`cuDriverGetVersion` of the CUDA driver failed with code 999"),
    ],
)
def test_a_broken_driver_ends_in_a_failure_that_says_how(
    tmp_path: Path, options: dict[str, int], why: str
) -> None:
    environ = build_driver(tmp_path, options=options)
    with pytest.raises(DetectionFailed) as caught:
        detect_facts(nvidia.PROVIDER, environ=environ)
    assert why in caught.value.message
    assert caught.value.provider == "nvidia"


def test_a_library_that_lacks_the_functions_is_a_broken_driver(tmp_path: Path) -> None:
    environ = build_driver(tmp_path)
    (tmp_path / "libcuda.so.1").write_bytes((tmp_path / "libnvidia-ml.so.1").read_bytes())
    with pytest.raises(DetectionFailed, match="is not whole"):
        detect_facts(nvidia.PROVIDER, environ=environ)

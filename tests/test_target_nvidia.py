from collections.abc import Sequence

import pytest

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import InvalidGpuPolicy
from whichwheel.target.providers import nvidia
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
    assert found["sm_arch"][:3] == ("314a_real", "314f_real", "314_real")
    assert {"313_real", "310f_real", "310_virtual", "300_virtual"} <= set(found["sm_arch"])


@pytest.mark.parametrize("capability", ["5.0", "8.6", "8.9", "9.0", "10.3", "12.1", "31.4"])
def test_the_published_values_stand_in_the_published_order(capability: str) -> None:
    major, minor = capability.split(".")
    published = [*(f"{major}{older}_real" for older in range(int(minor), -1, -1))]
    published.append(f"{major}0_virtual")
    found = nvidia.properties(machine("12.8", [capability]))["sm_arch"]
    # The code of a Tegra, which the published provider does not tell apart, runs nowhere else.
    expected = [value for value in published if value not in {"87_real", "101_real"}]
    assert [value for value in found if value in published] == expected


def test_machine_code_comes_before_intermediate_code_and_newer_before_older() -> None:
    architectures = nvidia.properties(machine("13.0", ["10.3"]))["sm_arch"]
    assert architectures[:7] == (
        *("103a_real", "103f_real", "103_real", "102f_real", "102_real", "100f_real", "100_real"),
    )
    assert architectures[7:11] == ("103a_virtual", "103f_virtual", "103_virtual", "102f_virtual")
    assert architectures[-3:] == ("52_virtual", "51_virtual", "50_virtual")


@pytest.mark.parametrize(
    ("capabilities", "real", "virtual"),
    [
        (["8.0", "8.6"], "80_real", "80_virtual"),
        (["7.5", "9.0"], None, "75_virtual"),
        (["9.0", "9.0"], "90a_real", "90a_virtual"),
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
    assert all(int(name.split("_")[0].rstrip("af")) <= int(newest) for name in architectures)


def with_policy(facts: Facts, policy: str) -> Facts:
    return facts.merged([Fact("nvidia.gpu_policy", policy, Origin.GIVEN, "--gpus")])


def test_the_policy_says_which_gpus_count() -> None:
    both = machine("12.8", ["8.6", "9.0"])
    assert "90a_real" in nvidia.properties(with_policy(both, "any"))["sm_arch"]
    assert "86_real" in nvidia.properties(with_policy(both, "any"))["sm_arch"]
    assert nvidia.properties(with_policy(both, "1")) == nvidia.properties(machine("12.8", ["9.0"]))
    assert nvidia.properties(with_policy(both, "0,1")) == nvidia.properties(both)
    with pytest.raises(InvalidGpuPolicy, match="there are 2 GPUs"):
        nvidia.properties(with_policy(both, "2"))


@pytest.mark.parametrize(
    ("policy", "capabilities", "words"),
    [
        ("any", ["9.0", "8.0"], ", any GPU will do (given)"),
        ("0,1", ["9.0", "8.0"], ", GPUs that count: 0,1 (given)"),
        ("all", ["9.0", "8.0"], "compute capabilities 9.0 and 8.0 (detected)"),
        ("any", ["9.0"], "compute capability 9.0 (detected)"),
    ],
)
def test_a_policy_is_told_where_it_matters(
    policy: str, capabilities: list[str], words: str
) -> None:
    facts = with_policy(machine("12.8", capabilities), policy)
    assert nvidia.phrase(facts).endswith(words)


NAMED = machine("12.4", ["9.0", "8.9"]).merged(
    [Fact("nvidia.gpus", ("NVIDIA H100 PCIe", "NVIDIA L4"), Origin.DETECTED, "test")]
)


@pytest.mark.parametrize(
    ("facts", "feature", "value", "words"),
    [
        (
            NAMED,
            "sm_arch",
            "90_real",
            (
                "GPU 1 (NVIDIA L4) has compute capability 8.9, and machine code for 9.0 needs 9.0 "
                "or a later 9.x"
            ),
        ),
        (
            NAMED,
            "sm_arch",
            "80_real",
            (
                "GPU 0 (NVIDIA H100 PCIe) has compute capability 9.0, and machine code for 8.0 "
                "needs 8.0 or a later 8.x"
            ),
        ),
        (
            with_policy(NAMED, "any"),
            "sm_arch",
            "80_real",
            (
                "GPU 1 (NVIDIA L4) has compute capability 8.9, and machine code for 8.0 needs 8.0 "
                "or a later 8.x; one GPU is enough"
            ),
        ),
        (
            NAMED,
            "sm_arch",
            "80_virtual",
            (
                "GPU 0 (NVIDIA H100 PCIe) has compute capability 9.0, and intermediate code for "
                "8.0 needs 8.0 or later; the other GPUs run it too"
            ),
        ),
        (
            machine("12.8", ["8.7"]),
            "sm_arch",
            "80_real",
            (
                "GPU 0 has compute capability 8.7, and machine code for 8.0 needs 8.0 or a later "
                "8.x; a Tegra runs no machine code of other GPUs"
            ),
        ),
        (machine("12.8"), "sm_arch", "90_real", "the compute capability of the GPUs is not known"),
        (NAMED, "sm_arch", "sm_90", "`sm_90` is no architecture, as `90_real` and `80_virtual`"),
        (
            NAMED,
            "cuda_version_lower_bound",
            "12.8",
            "the driver's CUDA version is 12.4, and 12.8 or later is needed",
        ),
        (
            NAMED,
            "cuda_version_lower_bound",
            "12",
            "the driver's CUDA version 12.4 is not older than 12.0",
        ),
        (NAMED, "cuda_version_lower_bound", "10.2", "`10.2` is no bound that is in use"),
        (NAMED, "cuda_version_lower_bound", "new", "`new` is no CUDA version"),
        (
            NAMED,
            "cuda_version_upper_bound",
            "12.4",
            "the driver's CUDA version is 12.4, and one older than 12.4 is needed",
        ),
        (
            NAMED,
            "cuda_version_upper_bound",
            "13",
            "the driver's CUDA version 12.4 is older than 13.0",
        ),
        (NAMED, "cuda_version_upper_bound", "12.99", "`12.99` is no bound that is in use"),
        (NAMED, "cuda_version_upper_bound", "-", "`-` is no CUDA version"),
        (NAMED, "cuda", "12", "`cuda` is no feature: there are `cuda_version_lower_bound`, "),
        (nvidia.defaults({}), "sm_arch", "90_real", "no GPU is assumed: nothing was said of a GPU"),
        (
            Facts(
                [
                    Fact(
                        "nvidia.present",
                        value=False,
                        origin=Origin.DETECTED,
                        source="no CUDA driver library",
                    )
                ]
            ),
            "cuda_version_lower_bound",
            "12",
            "there is no driver: no CUDA driver library",
        ),
        (Facts(), "sm_arch", "90_real", "the CUDA version of the driver is not known"),
        (
            machine("12.8", []).merged(
                [
                    Fact(
                        "nvidia.hidden_gpus",
                        ("GPU 0 (NVIDIA L4)",),
                        Origin.DETECTED,
                        "CUDA_VISIBLE_DEVICES",
                    )
                ]
            ),
            "sm_arch",
            "80_real",
            (
                "the driver has CUDA 12.8, but there is no visible GPU: `CUDA_VISIBLE_DEVICES` "
                "hides GPU 0 (NVIDIA L4)"
            ),
        ),
    ],
)
def test_the_reason_names_the_gpu_that_refuses_or_the_driver(
    facts: Facts, feature: str, value: str, words: str
) -> None:
    assert nvidia.why(facts, feature, value).startswith(words)


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

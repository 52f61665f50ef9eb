"""What NVIDIA documents, case by case: this table is the judge, not the code."""

import pytest

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers import nvidia
from whichwheel.target.providers.nvidia_architectures import Capability
from whichwheel.target.providers.nvidia_visible import Gpu, visible

BINARY = "CUDA C++ Programming Guide 13.0, 6.1.2 Binary Compatibility"
TEGRA = f"{BINARY}, note on Tegra"
PTX = "CUDA C++ Programming Guide 13.0, 6.1.3 PTX Compatibility"
SETS = "CUDA Programming Guide 13.1, 5.1.2.3 Feature Set Compiler Targets"
FAMILIES = f"{SETS}, Table 28 Family-Specific Compatibility"
BLACKWELL = "Blackwell Compatibility Guide, 1.2 Application Compatibility on Blackwell Architecture"
HOPPER = "Hopper Compatibility Guide, 1.2 Application Compatibility on Hopper Architecture"
TWO_FAMILIES = "PTX ISA 8.8, Target ISA Notes: sm_100f and sm_101f, each with its own family"
RENAMED = "PTX ISA 9.0, target sm_101 renamed to sm_110"
MINOR = "CUDA Compatibility, Minor Version Compatibility, Table 1"
BACKWARD = "CUDA Compatibility, Minor Version Compatibility: newer drivers run older applications"
ORDER = "CUDA Programming Guide 13.1, 5.2.1 Device Enumeration and Properties, CUDA_DEVICE_ORDER"
VISIBLE = "CUDA Programming Guide 13.1, 5.2.1.1 CUDA_VISIBLE_DEVICES"

# (compute capabilities, policy, value, whether it runs, source)
CASES: tuple[tuple[tuple[str, ...], str, str, bool, str], ...] = (
    # Machine code: X.y executes on X.z where z >= y, on no other major.
    (("8.0",), "all", "80_real", True, BINARY),
    (("8.6",), "all", "80_real", True, BINARY),
    (("8.9",), "all", "86_real", True, BINARY),
    (("8.0",), "all", "86_real", False, BINARY),
    (("8.6",), "all", "89_real", False, BINARY),
    (("9.0",), "all", "80_real", False, BINARY),
    (("9.0",), "all", "89_real", False, HOPPER),
    (("7.5",), "all", "70_real", True, BINARY),
    (("7.0",), "all", "75_real", False, BINARY),
    (("6.1",), "all", "60_real", True, BINARY),
    (("10.0",), "all", "90_real", False, BLACKWELL),
    (("12.0",), "all", "100_real", False, BLACKWELL),
    (("10.3",), "all", "100_real", True, BLACKWELL),
    (("12.1",), "all", "120_real", True, BLACKWELL),
    (("12.0",), "all", "121_real", False, BLACKWELL),
    # Intermediate code: compiled by the driver for any greater or equal compute capability.
    (("9.0",), "all", "90_virtual", True, PTX),
    (("9.0",), "all", "80_virtual", True, HOPPER),
    (("12.0",), "all", "90_virtual", True, BLACKWELL),
    (("12.0",), "all", "50_virtual", True, PTX),
    (("10.0",), "all", "100_virtual", True, SETS),
    (("12.1",), "all", "100_virtual", True, SETS),
    (("8.6",), "all", "89_virtual", False, PTX),
    (("7.5",), "all", "80_virtual", False, PTX),
    (("10.0",), "all", "103_virtual", False, PTX),
    # Architecture-specific code: that compute capability and no other, forth or back.
    (("9.0",), "all", "90a_real", True, SETS),
    (("9.0",), "all", "90a_virtual", True, SETS),
    (("10.0",), "all", "90a_virtual", False, SETS),
    (("12.0",), "all", "90a_real", False, SETS),
    (("10.0",), "all", "100a_real", True, SETS),
    (("10.3",), "all", "100a_real", False, SETS),
    (("10.3",), "all", "100a_virtual", False, SETS),
    (("12.0",), "all", "120a_virtual", True, SETS),
    (("12.1",), "all", "120a_virtual", False, SETS),
    (("8.9",), "all", "89a_real", False, f"{SETS}: introduced with compute capability 9.0"),
    # Family-specific code: the later members of its family.
    (("10.0",), "all", "100f_real", True, FAMILIES),
    (("10.3",), "all", "100f_real", True, FAMILIES),
    (("10.3",), "all", "100f_virtual", True, FAMILIES),
    (("10.0",), "all", "103f_real", False, FAMILIES),
    (("10.3",), "all", "103f_virtual", True, FAMILIES),
    (("10.7",), "all", "103f_virtual", True, "CUDA Programming Guide 13.4, Table 28"),
    (("11.0",), "all", "100f_virtual", False, FAMILIES),
    (("11.0",), "all", "110f_real", True, FAMILIES),
    (("12.0",), "all", "110f_virtual", False, FAMILIES),
    (("12.0",), "all", "100f_virtual", False, FAMILIES),
    (("12.0",), "all", "120f_real", True, FAMILIES),
    (("12.1",), "all", "120f_virtual", True, FAMILIES),
    (("12.0",), "all", "121f_real", False, FAMILIES),
    (("12.1",), "all", "121f_real", True, FAMILIES),
    (("9.0",), "all", "90f_real", False, f"{SETS}: introduced with compute capability 10.0"),
    (("10.1",), "all", "100f_virtual", False, TWO_FAMILIES),
    (("10.1",), "all", "101f_virtual", True, TWO_FAMILIES),
    # Tegra: no binary compatibility, neither among Tegras nor between them and others.
    (("8.7",), "all", "87_real", True, TEGRA),
    (("8.7",), "all", "86_real", False, TEGRA),
    (("8.7",), "all", "80_real", False, TEGRA),
    (("8.9",), "all", "87_real", False, TEGRA),
    (("7.2",), "all", "70_real", False, TEGRA),
    (("7.5",), "all", "72_real", False, TEGRA),
    (("10.3",), "all", "101_real", False, TEGRA),
    (("11.0",), "all", "110_real", True, TEGRA),
    (("11.0",), "all", "101_real", False, RENAMED),
    (("11.0",), "all", "101_virtual", True, PTX),
    (("8.7",), "all", "80_virtual", True, PTX),
    (("8.7",), "all", "86_virtual", True, PTX),
    (("8.9",), "all", "87_virtual", True, PTX),
    # Several GPUs: each is judged as above, the policy says how many of the answers count.
    (("9.0", "8.9"), "all", "90_real", False, BINARY),
    (("9.0", "8.9"), "any", "90_real", True, BINARY),
    (("9.0", "8.9"), "0", "90_real", True, BINARY),
    (("9.0", "8.9"), "1", "90_real", False, BINARY),
    (("9.0", "8.9"), "all", "89_virtual", True, PTX),
    (("9.0", "8.9"), "all", "90_virtual", False, PTX),
    (("8.6", "8.9"), "all", "86_real", True, BINARY),
    (("8.6", "8.9"), "all", "89_real", False, BINARY),
    (("12.0", "9.0", "8.6"), "0,1", "90_virtual", True, PTX),
    (("12.0", "9.0", "8.6"), "0,2", "90_virtual", False, PTX),
    (("12.0", "9.0", "8.6"), "any", "70_real", False, BINARY),
    (("10.0", "10.3"), "all", "100f_real", True, FAMILIES),
    (("10.0", "10.3"), "all", "100a_real", False, SETS),
    (("10.0", "10.3"), "any", "100a_real", True, SETS),
    # Nobody has heard of these; the rules above know no list of names.
    (("13.0",), "all", "120_virtual", True, PTX),
    (("13.2",), "all", "130_real", True, BINARY),
    (("13.2",), "all", "120_real", False, BINARY),
    (("27.3",), "all", "270f_virtual", True, SETS),
    (("27.3",), "all", "270a_virtual", False, SETS),
)

# (CUDA version of the driver, bound, value, whether it holds, source)
BOUNDS: tuple[tuple[str, str, str, bool, str], ...] = (
    ("12.8", "lower", "12.8", True, BACKWARD),
    ("12.8", "lower", "12.4", True, BACKWARD),
    ("12.8", "lower", "11.8", True, BACKWARD),
    ("13.0", "lower", "12.9", True, MINOR),
    ("12.4", "lower", "12.8", False, MINOR),
    # What is built with toolkit 12.9 and relies on minor version compatibility asks for 12.0.
    ("12.0", "lower", "12.0", True, MINOR),
    ("12.0", "lower", "12", True, MINOR),
    ("11.8", "lower", "12.0", False, MINOR),
    ("11.8", "lower", "12", False, MINOR),
    ("12.9", "lower", "13.0", False, MINOR),
    ("11.0", "lower", "11", True, MINOR),
    ("14.2", "lower", "13.0", True, BACKWARD),
    ("27.4", "lower", "27.4", True, BACKWARD),
    ("12.8", "upper", "13.0", True, BACKWARD),
    ("12.8", "upper", "13", True, BACKWARD),
    ("12.8", "upper", "12.9", True, BACKWARD),
    ("12.8", "upper", "12.8", False, BACKWARD),
    ("13.0", "upper", "13.0", False, BACKWARD),
    ("13.0", "upper", "13", False, BACKWARD),
    ("13.1", "upper", "12.9", False, BACKWARD),
    ("27.4", "upper", "28.0", True, BACKWARD),
    ("27.4", "upper", "27.4", False, BACKWARD),
)

EQUAL = [
    Gpu("NVIDIA L4", Capability(8, 9), uuid=uuid)
    for uuid in ("GPU-aaaa1111-0", "GPU-aaaa2222-1", "GPU-bbbb3333-2")
]
PARTS = tuple(
    Gpu("NVIDIA H100", Capability(9, 0), uuid=uuid, mig="1g.10gb", instance=(instance, 0))
    for uuid, instance in (("MIG-cccc1111", 7), ("MIG-cccc2222", 8))
)
MIXED = [
    Gpu("NVIDIA L4", Capability(8, 9), uuid="GPU-aaaa1111-0"),
    Gpu("NVIDIA H100", Capability(9, 0), uuid="GPU-cccc0000-1", mig="on", parts=PARTS),
]

# (GPUs, CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER, UUIDs seen or None if only CUDA knows, source)
SEEN: tuple[tuple[list[Gpu], str | None, str | None, tuple[str, ...] | None, str], ...] = (
    (EQUAL, None, None, ("GPU-aaaa1111-0", "GPU-aaaa2222-1", "GPU-bbbb3333-2"), VISIBLE),
    (EQUAL, "", None, (), VISIBLE),
    (EQUAL, "2,1", None, ("GPU-bbbb3333-2", "GPU-aaaa2222-1"), VISIBLE),
    (EQUAL, "0,2,-1,1", None, ("GPU-aaaa1111-0", "GPU-bbbb3333-2"), VISIBLE),
    (EQUAL, "-1", None, (), VISIBLE),
    (EQUAL, "1,7,0", None, ("GPU-aaaa2222-1",), VISIBLE),
    (EQUAL, "1,,0", None, ("GPU-aaaa2222-1",), VISIBLE),
    (EQUAL, " 1 , 0 ", None, ("GPU-aaaa2222-1", "GPU-aaaa1111-0"), VISIBLE),
    (EQUAL, "GPU-bbbb3333-2", None, ("GPU-bbbb3333-2",), VISIBLE),
    (EQUAL, "GPU-b", None, ("GPU-bbbb3333-2",), VISIBLE),
    (EQUAL, "GPU-b,GPU-dddd,GPU-aaaa1", None, ("GPU-bbbb3333-2",), VISIBLE),
    (EQUAL, "GPU-aaaa", None, None, f"{VISIBLE}: it must identify one GPU"),
    (EQUAL, "0,0", None, None, "not documented"),
    (EQUAL, "0x1", None, None, "not documented"),
    (EQUAL, "0,GPU-b", None, None, "not documented"),
    (MIXED, "MIG-cccc2222", None, ("MIG-cccc2222",), VISIBLE),
    (MIXED, "MIG-cccc2222,MIG-cccc1111", None, ("MIG-cccc2222",), f"{VISIBLE}: only one"),
    (MIXED, "MIG-GPU-cccc0000-1/7/0", None, ("MIG-cccc1111",), VISIBLE),
    (MIXED, "MIG-none", None, (), VISIBLE),
    (MIXED, "MIG-GPU-cccc0000-1/9/0", None, (), VISIBLE),
    (MIXED, "GPU-aaaa", None, ("GPU-aaaa1111-0",), VISIBLE),
    (MIXED, "GPU-cccc0000-1", None, None, "which MIG device is not documented"),
    (MIXED, "0", None, None, ORDER),
    (MIXED, "0", "PCI_BUS_ID", ("GPU-aaaa1111-0",), ORDER),
    (MIXED, "1", "PCI_BUS_ID", None, "which MIG device is not documented"),
    (MIXED, None, "PCI_BUS_ID", None, "which MIG device is not documented"),
)


def facts(driver: str, capabilities: tuple[str, ...] = (), policy: str = "all") -> Facts:
    found = [Fact("nvidia.driver_cuda_version", driver, Origin.GIVEN, "test")]
    if capabilities:
        found += [
            Fact("nvidia.compute_capabilities", capabilities, Origin.GIVEN, "test"),
            Fact("nvidia.gpu_policy", policy, Origin.GIVEN, "test"),
        ]
    return Facts(found)


@pytest.mark.parametrize(("capabilities", "policy", "value", "expected", "source"), CASES)
def test_code_runs_where_nvidia_says_so(
    capabilities: tuple[str, ...],
    policy: str,
    value: str,
    expected: bool,  # noqa: FBT001 -- a column of the table
    source: str,
) -> None:
    machine = facts("13.0", capabilities, policy)
    found = nvidia.properties(machine)["sm_arch"]
    assert (value in found) == expected, source
    assert nvidia.why(machine, "sm_arch", value)


@pytest.mark.parametrize(("driver", "bound", "value", "expected", "source"), BOUNDS)
def test_a_driver_is_within_bounds_where_nvidia_says_so(
    driver: str,
    bound: str,
    value: str,
    expected: bool,  # noqa: FBT001 -- a column of the table
    source: str,
) -> None:
    feature = f"cuda_version_{bound}_bound"
    assert (value in nvidia.properties(facts(driver))[feature]) == expected, source
    words = nvidia.why(facts(driver), feature, value)
    assert words.endswith("is needed") == (not expected)


@pytest.mark.parametrize(("gpus", "variable", "order", "expected", "source"), SEEN)
def test_a_cuda_program_sees_the_gpus_that_nvidia_says(
    gpus: list[Gpu],
    variable: str | None,
    order: str | None,
    expected: tuple[str, ...] | None,
    source: str,
) -> None:
    seen = visible(gpus, variable, order)
    assert (None if seen is None else tuple(gpu.uuid for gpu in seen)) == expected, source


def test_the_tables_are_large_enough() -> None:
    assert len(CASES) >= 40
    assert len({(capabilities, policy, value) for capabilities, policy, value, *_ in CASES}) == len(
        CASES
    )

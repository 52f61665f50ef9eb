"""For every shipped profile, the build of torch that the vendor's own page tells to install.

The release is made up; its labels, properties and tags are those that matter of torch 2.9.0 as it
was published with variants.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from support.command import Completed, run_whichwheel
from support.wheels import WheelSpec, build_wheel
from whichwheel.target.described.known_targets import SHIPPED

#: The commands of each release, by platform and accelerator. For 2.9.0: CUDA 12.6, 12.8 and 13.0,
#: ROCm 6.4 on Linux alone, and one build for macOS.
PYTORCH = "https://pytorch.org/get-started/previous-versions/"


class Expected(NamedTuple):
    """The build for one profile.

    :param label: of the wheel
    :param source: the page that says so
    :param why: what it says
    """

    label: str
    source: str
    why: str


CUDA_13 = Expected(
    "cuda13.0",
    "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html",
    "CUDA 13.x runs on every driver from 580 on, and the newest build is the one to take",
)
CPU = Expected("null", PYTORCH, "without an accelerator, the build for the CPU")
MAC = Expected("null", PYTORCH, "for macOS there is one build, which has Metal in it")

EXPECTED: Mapping[str, Expected] = {
    "apple-m1": MAC,
    "apple-m4": MAC,
    "aws-c7g": CPU,
    "aws-c7i": CPU,
    "aws-g4dn": CUDA_13._replace(why="compute capability 7.5 is the oldest that CUDA 13 serves"),
    "aws-g5": CUDA_13,
    "aws-p4d": CUDA_13,
    "aws-p5": CUDA_13,
    "azure-nd-mi300x-v5": Expected(
        "rocm6.4",
        "https://rocm.docs.amd.com/projects/install-on-linux/en/docs-6.4.3/install/3rd-party/"
        "pytorch-install.html",
        "the build of the ROCm version that is installed; gfx942 is among its architectures",
    ),
    "gcp-a3": CUDA_13,
    "gcp-tpu-v5e": Expected(
        "null",
        "https://github.com/pytorch/xla",
        "TPUs are driven by torch_xla, beside a torch that needs no accelerator of its own",
    ),
    "github-macos-15": MAC,
    "github-ubuntu-24.04": CPU,
    "github-windows-2025": CPU,
    "jetson-orin": Expected(
        "null",
        "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/",
        "builds with CUDA for Jetson come from NVIDIA alone; of those published for all, the CPU's",
    ),
    "raspberry-pi-5": CPU,
    "rtx-4090": CUDA_13,
    "rtx-5090": CUDA_13._replace(why="compute capability 12.0 is served from CUDA 12.8 on"),
    "x86-64-v1": CPU,
}

ROCM_TARGETS = (
    *("gfx1030", "gfx1100", "gfx1101", "gfx1102", "gfx1200", "gfx1201"),
    *("gfx900", "gfx906", "gfx908", "gfx90a", "gfx942"),
)
DEVICE_IPS = ("12.55.8", "12.60.7", "12.71.4", "12.74.4", "20.1.0", "20.4.4")


def cuda(bound: str, order: str, *architectures: str) -> dict[str, dict[str, list[str]]]:
    return {
        "nvidia": {
            "cuda_version_lower_bound": [bound],
            "sm_arch": [
                each if each.endswith("virtual") else f"{each}_real" for each in architectures
            ],
        },
        "priority": {"order": [order]},
    }


VARIANTS: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = {
    "cuda12.6": cuda("12.0", "3", "50", "60", "70", "75", "80", "86", "90"),
    "cuda12.8": cuda("12.0", "2", "70", "75", "80", "86", "90", "100", "120"),
    "cuda13.0": cuda("13.0", "1", "75", "80", "86", "90", "100", "120", "120_virtual"),
    "rocm6.3": {"amd": {"gfx_arch": [*ROCM_TARGETS], "rocm_version": ["6.3"]}},
    "rocm6.4": {"amd": {"gfx_arch": [*ROCM_TARGETS], "rocm_version": ["6.4"]}},
    "xpu": {"intel": {"device_ip": [*DEVICE_IPS]}},
    "null": {},
}
CUDAS = ("cuda12.6", "cuda12.8", "cuda13.0")
BUILDS = {
    "manylinux_2_28_x86_64": (*CUDAS, "rocm6.3", "rocm6.4", "xpu", "null"),
    "manylinux_2_28_aarch64": (*CUDAS, "null"),
    "win_amd64": (*CUDAS, "xpu", "null"),
    "macosx_11_0_arm64": ("null",),
}
PROVIDERS: Mapping[str, Mapping[str, object]] = {
    "nvidia": {"requires": ["nvidia-variant-provider>=0.0.2,<1.0.0; sys_platform != 'darwin'"]},
    "intel": {"requires": ["intel-variant-provider>=0.0.2,<1.0.0; sys_platform != 'darwin'"]},
    "amd": {"requires": ["amd-variant-provider>=0.0.2,<1.0.0; sys_platform == 'linux'"]},
    "priority": {"static-properties": {"order": ["1", "2", "3"]}},
}


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Completed:
    folder = tmp_path_factory.mktemp("profiles")
    for platform, labels in BUILDS.items():
        for label in labels:
            spec = WheelSpec(
                "torch",
                version="2.9.0",
                label=label,
                properties=VARIANTS[label],
                namespaces=["nvidia", "intel", "amd", "priority"],
                providers=PROVIDERS,
                tag=f"py3-none-{platform}",
            )
            build_wheel(folder / "wheels", spec)
    names = [argument for name in SHIPPED for argument in ("--for", name)]
    where = ("--no-index", "--find-links", folder / "wheels")
    return run_whichwheel("explain", "torch", *names, *where, "--json", home=folder / "home")


def chosen(explained: Completed) -> dict[str, str]:
    assert explained.code == 0, explained.stderr
    documents = explained.document["targets"]
    assert isinstance(documents, list)
    return {
        document["target"]["name"]: document["packages"][0]["chosen"]["label"]
        for document in documents
    }


def test_every_profile_is_expected_to_get_something() -> None:
    assert sorted(EXPECTED) == sorted(SHIPPED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_profile_gets_what_the_vendors_page_says(explained: Completed, name: str) -> None:
    assert chosen(explained)[name] == EXPECTED[name].label, EXPECTED[name].why


def test_every_expectation_names_its_page() -> None:
    for expected in EXPECTED.values():
        assert re.fullmatch(r"https://\S+", expected.source)
        assert expected.why


def test_the_page_of_profiles_lists_every_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "profiles.rst"
    listed = re.findall(r"^   \* - ``([a-z0-9.-]+)``$", page.read_text("utf-8"), re.MULTILINE)
    assert listed == [*SHIPPED]

"""Metadata as publishers wrote it, and the wheel that each machine gets of a GPU framework."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from whichwheel.choose.choice import Choice, ReasonKind
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.ordering import order_variants
from whichwheel.spec.reading import read_metadata, read_metadata_object
from whichwheel.spec.wheel_name import WheelName
from whichwheel.spec.writing import write_metadata
from whichwheel.target.described.target_file import read_target_file

PUBLISHED = sorted(
    (Path(__file__).parents[2] / "shared/data/published-index").glob("*/*-variants.json")
)
with_published = pytest.mark.skipif(not PUBLISHED, reason="the published index is not here")


@with_published
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_a_published_file_reads_and_can_be_written_anew(path: Path) -> None:
    read = read_metadata(path.read_bytes(), where=path.name)
    assert read.variants
    assert read.format_version.startswith("0.0.")
    again = read_metadata(write_metadata(read), where=path.name)
    assert (again.namespaces, set(again.variants)) == (read.namespaces, set(read.variants))
    # A machine without any of it gets what asks for nothing, and only that.
    fitting = order_variants(read, {})
    assert all(not read.variants[label] for label in fitting)


# A framework of the shape that is published: one namespace that only orders the builds.


def _nvidia(lower_bound: str, architectures: Sequence[str], place: str) -> dict[str, object]:
    return {
        "nvidia": {
            "cuda_version_lower_bound": [lower_bound],
            "sm_arch": sorted(f"{number}_real" for number in architectures),
        },
        "priority": {"order": [place]},
    }


def _amd(version: str) -> dict[str, object]:
    return {"amd": {"gfx_arch": ["gfx1100", "gfx90a", "gfx942"], "rocm_version": [version]}}


FRAMEWORK: dict[str, object] = {
    "$schema": "https://variants-schema.example/v0.0.3.json",
    "default-priorities": {
        "feature": {},
        "namespace": ["nvidia", "intel", "amd", "priority"],
        "property": {"priority": {"order": ["1", "2", "3"]}},
    },
    "providers": {
        "nvidia": {
            "enable-if": "platform_system == 'Linux' or platform_system == 'Windows'",
            "install-time": True,
            "plugin-api": "nvidia_variant_provider.plugin:NvidiaVariantPlugin",
            "requires": ["nvidia-variant-provider>=0.0.2,<1.0.0"],
        },
        "intel": {
            "enable-if": "platform_system == 'Linux' or platform_system == 'Windows'",
            "requires": ["intel-variant-provider>=0.0.2"],
        },
        "amd": {
            "enable-if": "platform_system == 'Linux'",
            "requires": ["amd-variant-provider>=0.0.2"],
        },
        "priority": {"install-time": False, "requires": []},
    },
    "static-properties": {"priority": {"order": ["1", "2", "3"]}},
    "variants": {
        "cuda12.6": _nvidia("12.0", ("50", "60", "70", "75", "80", "86", "90"), "3"),
        "cuda12.8": _nvidia("12.0", ("70", "75", "80", "86", "90", "100", "120"), "2"),
        "cuda13.0": _nvidia("13.0", ("75", "80", "86", "90", "100", "120"), "1"),
        "rocm6.3": _amd("6.3"),
        "rocm6.4": _amd("6.4"),
        "xpu": {"intel": {"device_ip": ["12.55.8", "12.60.7"]}},
        "null": {},
    },
}

FILES = (
    *(f"manylinux_2_28_x86_64-{name}" for name in ("cuda12.6", "cuda12.8", "cuda13.0", "null")),
    *("manylinux_2_28_x86_64-rocm6.3", "manylinux_2_28_x86_64-rocm6.4"),
    *("linux_x86_64-xpu", "win_amd64-cuda12.8", "win_amd64-cuda13.0", "win_amd64-null"),
    *("manylinux_2_28_aarch64-cuda13.0", "macosx_11_0_arm64-null"),
)

LINUX = """
python = "3.12"
platform = "manylinux_2_28_x86_64"
"""
H100 = f"""{LINUX}
[facts.nvidia]
driver_cuda_version = "13.0"
compute_capabilities = ["9.0"]
"""
T4 = f"""{LINUX}
[facts.nvidia]
driver_cuda_version = "12.4"
compute_capabilities = ["7.5"]
"""
GTX_1080 = f"""{LINUX}
[facts.nvidia]
driver_cuda_version = "12.4"
compute_capabilities = ["6.1"]
"""
OLD_DRIVER = f"""{LINUX}
[facts.nvidia]
driver_cuda_version = "11.8"
compute_capabilities = ["8.0"]
"""
MI300X = f"""{LINUX}
[properties.amd]
gfx_arch = ["gfx942"]
rocm_version = ["6.4"]
"""
PONTE_VECCHIO = f"""{LINUX}
[properties.intel]
device_ip = ["12.60.7"]
"""
WINDOWS = """
python = "3.12"
platform = "win_amd64"

[facts.nvidia]
driver_cuda_version = "12.9"
compute_capabilities = ["8.6"]
"""
MAC = """
python = "3.12"
platform = "macosx_14_0_arm64"
"""


def choice_of(tmp_path: Path, machine: str) -> Choice:
    path = tmp_path / "box.toml"
    path.write_text(machine, "utf-8")
    filenames = [f"torchlike-2.9.0-cp312-cp312-{rest}.whl" for rest in FILES]
    wheels = tuple(
        Wheel(File(name, f"https://index.example/{name}"), WheelName.parse(name))
        for name in filenames
    )
    release = Release(canonicalize_name("torchlike"), Version("2.9.0"), "the index", wheels)
    data = VariantData(read_metadata_object(FRAMEWORK, where="x"), "index")
    return choose(release, data, read_target_file(path), Preferences())


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        pytest.param(H100, ["cuda13.0", "cuda12.8", "cuda12.6", "null"], id="H100"),
        pytest.param(T4, ["cuda12.8", "cuda12.6", "null"], id="T4"),
        pytest.param(GTX_1080, ["cuda12.6", "null"], id="GTX 1080"),
        pytest.param(OLD_DRIVER, ["null"], id="old driver"),
        pytest.param(MI300X, ["rocm6.4", "null"], id="MI300X"),
        pytest.param(PONTE_VECCHIO, ["xpu", "null"], id="Ponte Vecchio"),
        pytest.param(LINUX, ["null"], id="CPU only"),
        pytest.param(WINDOWS, ["cuda12.8", "null"], id="Windows"),
        pytest.param(MAC, ["null"], id="Mac"),
    ],
)
def test_each_machine_gets_the_wheel_that_its_user_expects(
    tmp_path: Path, machine: str, expected: list[str]
) -> None:
    choice = choice_of(tmp_path, machine)
    assert [judged.wheel.name.label for judged in choice.ranked] == expected


def test_the_t4_is_told_why_it_does_not_get_the_newest(tmp_path: Path) -> None:
    choice = choice_of(tmp_path, T4)
    newest = next(
        judged
        for judged in choice.judgements
        if judged.wheel.file.filename.endswith("manylinux_2_28_x86_64-cuda13.0.whl")
    )
    (reason,) = newest.reasons
    assert reason.kind is ReasonKind.PROPERTY
    assert reason.facts["feature"] == "nvidia :: cuda_version_lower_bound"
    assert reason.facts["wanted"] == ["13.0"]
    assert "the driver's CUDA version is 12.4, and 13.0 or later is needed" in reason.message


def test_what_no_provider_judges_is_refused_and_said(tmp_path: Path) -> None:
    choice = choice_of(tmp_path, H100)
    kinds = {
        str(judged.wheel.name.label): {reason.kind for reason in judged.reasons}
        for judged in choice.judgements
        if judged.wheel.file.filename.endswith(("x86_64-rocm6.4.whl", "x86_64-xpu.whl"))
    }
    assert kinds["rocm6.4"] <= {ReasonKind.PROVIDER_UNKNOWN, ReasonKind.PROPERTY}
    assert kinds["xpu"] <= {ReasonKind.PROVIDER_UNKNOWN, ReasonKind.PROPERTY}
    assert all(kinds.values())

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.drivers import FakeGpu, build_driver, compile_library
from whichwheel.target.detection.detecting import detect_facts
from whichwheel.target.detection.facts_document import read_facts
from whichwheel.target.facts import Facts
from whichwheel.target.providers import nvidia
from whichwheel.target.providers.governing import DetectionFailed
from whichwheel.target.providers.nvidia_surroundings import (
    identity,
    jetson_model,
    runs_under_wsl,
)

TREES = Path(__file__).parent / "data" / "nvidia" / "trees"
H100 = FakeGpu("NVIDIA H100 PCIe", (9, 0), 81559, number=1)
A100 = FakeGpu("NVIDIA A100-SXM4-40GB", (8, 0), 40960, number=2, mig=("1g.5gb", "3g.20gb"))
L4 = FakeGpu("NVIDIA L4", (8, 9), 23034, number=3)
SECOND_L4 = FakeGpu("NVIDIA L4", (8, 9), 23034, number=4)


def detected(environ: Mapping[str, str], **more: str) -> Facts:
    return detect_facts(nvidia.PROVIDER, environ={**environ, **more})


def test_a_driver_is_asked_for_version_and_gpus(tmp_path: Path) -> None:
    facts = detected(build_driver(tmp_path, version=13010, gpus=[L4, SECOND_L4]))
    assert {key.partition(".")[2]: fact.value for key, fact in facts.items()} == {
        "present": True,
        "driver_cuda_version": "13.1",
        "driver_version": "570.86.10",
        "compute_capabilities": ("8.9", "8.9"),
        "gpus": ("NVIDIA L4", "NVIDIA L4"),
        "memory_mib": ("23034", "23034"),
        "mig": ("off", "off"),
        "uuids": (L4.uuid, SECOND_L4.uuid),
    }
    assert facts["nvidia.compute_capabilities"].source == "NVML"


def test_all_facts_may_stand_in_a_target_file(tmp_path: Path) -> None:
    fields = {field.name: field for field in nvidia.PROVIDER.fields}
    environ = build_driver(tmp_path, gpus=[H100, A100], seen=[2])
    for facts in (detected(environ), detected(environ, CUDA_VISIBLE_DEVICES="1")):
        for key, fact in facts.items():
            field = fields[key.removeprefix("nvidia.")]
            texts = fact.value if isinstance(fact.value, tuple) else (fact.value,)
            assert all(field.pattern.fullmatch(each) for each in texts if isinstance(each, str))


@pytest.mark.parametrize("options", [{"NVML_CODE": 999}, {"CAPABILITY_CODE": 3}])
def test_where_nvml_fails_the_cuda_driver_api_lists_the_gpus(
    tmp_path: Path, options: dict[str, int]
) -> None:
    facts = detected(build_driver(tmp_path, gpus=[L4], options=options))
    assert facts.texts("nvidia.compute_capabilities") == ("8.9",)
    assert facts.texts("nvidia.uuids") == (L4.uuid,)
    assert facts.texts("nvidia.memory_mib") == ("22534",)
    assert facts["nvidia.compute_capabilities"].source == "the CUDA driver API"


def test_memory_that_is_not_known_of_every_gpu_is_not_told(tmp_path: Path) -> None:
    facts = detected(build_driver(tmp_path, gpus=[L4], options={"MEMORY_CODE": 3}))
    assert "nvidia.memory_mib" not in facts


def test_gpus_of_several_kinds_are_numbered_as_cuda_numbers_them(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, gpus=[L4, H100], seen=[1, 0])
    facts = detected(environ)
    assert facts.texts("nvidia.gpus") == (H100.name, L4.name)
    assert facts.texts("nvidia.memory_mib") == ("81559", "23034")
    by_bus = detected(environ, CUDA_DEVICE_ORDER="PCI_BUS_ID")
    assert by_bus.texts("nvidia.gpus") == (L4.name, H100.name)
    assert by_bus["nvidia.gpus"].source == "NVML"


@pytest.mark.parametrize(
    ("variable", "seen", "hidden"),
    [
        ("", (), ("GPU 0 (NVIDIA L4)", "GPU 1 (NVIDIA L4)")),
        ("-1", (), ("GPU 0 (NVIDIA L4)", "GPU 1 (NVIDIA L4)")),
        ("1", (SECOND_L4.uuid,), ("GPU 0 (NVIDIA L4)",)),
        ("1,0", (SECOND_L4.uuid, L4.uuid), ()),
        ("0,-1,1", (L4.uuid,), ("GPU 1 (NVIDIA L4)",)),
        (SECOND_L4.uuid[:12], (SECOND_L4.uuid,), ("GPU 0 (NVIDIA L4)",)),
    ],
)
def test_hidden_gpus_do_not_count_and_are_named(
    tmp_path: Path, variable: str, seen: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    environ = build_driver(tmp_path, gpus=[L4, SECOND_L4], options={"CRASH": 1})
    facts = detected(environ, CUDA_VISIBLE_DEVICES=variable)
    assert facts.texts("nvidia.uuids") == seen
    assert facts.texts("nvidia.compute_capabilities") == ("8.9",) * len(seen)
    assert facts.texts("nvidia.hidden_gpus") == hidden
    assert bool(nvidia.properties(facts)) == bool(seen)


def test_of_mig_devices_cuda_shows_one_and_its_gpu_is_not_hidden(tmp_path: Path) -> None:
    # The table is H100, A100 and the two MIG devices of the A100.
    environ = build_driver(tmp_path, gpus=[H100, A100], seen=[3])
    facts = detected(environ)
    assert facts.texts("nvidia.gpus") == (A100.name,)
    assert facts.texts("nvidia.mig") == ("3g.20gb",)
    assert facts.texts("nvidia.memory_mib") == ("40960",)
    assert facts.texts("nvidia.uuids") == (A100.part_uuid(1),)
    assert facts["nvidia.mig"].source == "the CUDA driver API"
    named = detected(environ, CUDA_VISIBLE_DEVICES=A100.part_uuid(0))
    assert named.texts("nvidia.mig") == ("1g.5gb",)
    assert named.texts("nvidia.compute_capabilities") == ("8.0",)
    assert named.texts("nvidia.hidden_gpus") == ("GPU 0 (NVIDIA H100 PCIe)",)
    assert named["nvidia.mig"].source == "NVML"


def test_a_gpu_in_mig_mode_without_mig_devices_is_not_seen(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, gpus=[FakeGpu("NVIDIA H100", (9, 0), mig=())], seen=[])
    facts = detected(environ)
    assert facts.texts("nvidia.compute_capabilities") == ()
    assert nvidia.properties(facts) == {}


def test_a_driver_without_gpu_is_an_answer(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, options={"NVML_CODE": 999, "INIT_CODE": 100})
    facts = detected(environ)
    assert facts["nvidia.present"].value is True
    assert facts.texts("nvidia.compute_capabilities") == ()
    assert nvidia.properties(facts) == {}


def test_a_driver_whose_kernel_module_is_not_loaded_shows_no_gpu(tmp_path: Path) -> None:
    facts = detected(build_driver(tmp_path, options={"NVML_CODE": 9}))
    assert facts.texts("nvidia.compute_capabilities") == ()
    assert facts["nvidia.compute_capabilities"].source == "nvmlInit_v2"


def test_the_stub_of_a_toolkit_is_no_driver(tmp_path: Path) -> None:
    facts = detected(build_driver(tmp_path, options={"VERSION_CODE": 34}))
    assert facts["nvidia.present"].value is False


def test_a_machine_without_the_library_has_no_driver() -> None:
    facts = detected({"LD_LIBRARY_PATH": "/nonexistent"})
    if facts["nvidia.present"].value is True:
        pytest.skip("this machine has a driver")
    assert facts["nvidia.present"].source == "no CUDA driver library"


@pytest.mark.parametrize("function", ["SLEEP", "NVML_SLEEP", "INIT_SLEEP"])
def test_a_hung_driver_ends_in_a_failure_within_the_limit(tmp_path: Path, function: str) -> None:
    environ = build_driver(tmp_path, gpus=[H100, L4], options={function: 60})
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
        detected(environ)
    assert why in caught.value.message
    assert caught.value.provider == "nvidia"


def test_a_library_that_lacks_the_functions_is_a_broken_driver(tmp_path: Path) -> None:
    environ = build_driver(tmp_path)
    (tmp_path / "libcuda.so.1").write_bytes((tmp_path / "libnvidia-ml.so.1").read_bytes())
    with pytest.raises(DetectionFailed, match="is not whole"):
        detected(environ)


def test_an_old_nvml_without_the_newer_functions_leaves_them_out(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, gpus=[L4])
    compile_library(tmp_path / "libnvidia-ml.so.1", "int nvmlInit_v2(void) { return 0; }")
    facts = detected(environ)
    assert facts.texts("nvidia.gpus") == ("NVIDIA L4",)
    assert "nvidia.driver_version" not in facts


def detected_in(root: Path, environ: dict[str, str]) -> Facts:
    code = (
        "import json, os, sys; from pathlib import Path;"
        "from whichwheel.target.detection.facts_document import facts_document;"
        "from whichwheel.target.providers.nvidia_driver import detect;"
        "facts = detect(os.environ, Path(sys.argv[1]));"
        "Path(sys.argv[2]).write_text(json.dumps(facts_document(facts)))"
    )
    output = Path(environ["LD_LIBRARY_PATH"]) / "facts.json"
    command = [sys.executable, "-c", code, str(root), str(output)]
    subprocess.run(command, env=environ, check=True, capture_output=True)
    return read_facts(json.loads(output.read_text()))


def test_a_jetson_is_named_and_its_gpu_asked_of_the_cuda_driver_api(tmp_path: Path) -> None:
    orin = FakeGpu("Orin", (8, 7), 62840)
    facts = detected_in(TREES / "agx_orin", build_driver(tmp_path, version=12060, gpus=[orin]))
    assert facts.text("nvidia.jetson") == "NVIDIA Jetson AGX Orin Developer Kit"
    assert facts["nvidia.gpus"].source == "the CUDA driver API"
    assert "nvidia.wsl" not in facts
    assert nvidia.properties(facts)["sm_arch"][:2] == ("87_real", "87_virtual")


def test_wsl_is_told(tmp_path: Path) -> None:
    facts = detected_in(TREES / "wsl", build_driver(tmp_path, gpus=[L4]))
    assert facts["nvidia.wsl"].value is True
    assert "nvidia.jetson" not in facts


@pytest.mark.parametrize(
    ("tree", "model"),
    [
        ("agx_orin", "NVIDIA Jetson AGX Orin Developer Kit"),
        ("agx_thor", "NVIDIA Jetson AGX Thor Developer Kit"),
        ("wsl", None),
    ],
)
def test_recorded_trees_tell_a_jetson(tree: str, model: str | None) -> None:
    assert jetson_model(TREES / tree) == model
    assert runs_under_wsl(TREES / tree) == (tree == "wsl")


def test_without_a_device_tree_the_system_image_names_the_jetson(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    release = (TREES / "agx_orin" / "etc" / "nv_tegra_release").read_text()
    (tmp_path / "etc" / "nv_tegra_release").write_text(release)
    assert str(jetson_model(tmp_path)).startswith("R39 (release), REVISION: 2.0")


def test_the_identity_changes_with_the_driver_and_with_what_it_shows(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "libraries"
    steps = [
        ("proc/driver/nvidia/version", "NVRM version: 570.86.10"),
        ("sys/module/nvidia/version", "570.86.10"),
        ("usr/lib/x86_64-linux-gnu/libcuda.so.1", "a library"),
        ("proc/driver/nvidia/gpus/0000:17:00.0/information", "a GPU"),
        ("dev/nvidia0", ""),
        ("dev/nvidia-caps/nvidia-cap12", ""),
        ("../libraries/libcuda.so.1", "another library"),
    ]
    environ = {"LD_LIBRARY_PATH": f"{folder}:"}
    known = [identity(environ, root)]
    for name, text in steps:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        known.append(identity(environ, root))
    assert len(set(known)) == len(known)
    (root / "dev" / "tty0").touch()
    assert identity(environ, root) == known[-1]

"""What recorded machines support, against what NVIDIA's documents say of their GPUs."""

import re

import pytest

from support.nvidia_recordings import RECORDED, recorded_facts
from whichwheel.target.providers import nvidia
from whichwheel.target.providers.nvidia_architectures import Capability
from whichwheel.target.providers.nvidia_visible import Gpu, visible

# (file, words, values that it runs, values that it does not run); sources as in
# test_target_nvidia_semantics.py
MACHINES = [
    (
        "a100_mig",
        "driver CUDA 12.2, compute capability 8.0 (detected)",
        {"80_real", "80_virtual", "75_virtual"},
        {"86_real", "90_real", "75_real", "90_virtual"},
    ),
    (
        "h100_mig",
        "driver CUDA 12.2, compute capability 9.0 (detected)",
        {"90_real", "90a_real", "80_virtual"},
        {"89_real", "100_virtual", "100_real"},
    ),
    (
        "rtx3090_rtx5070ti",
        "driver CUDA 13.2, compute capabilities 8.6 and 12.0 (detected)",
        {"86_virtual", "80_virtual", "75_virtual"},
        {"86_real", "120_real", "120_virtual", "89_virtual"},
    ),
    (
        "rtx4090_rtx5090",
        "driver CUDA 12.8, compute capabilities 8.9 and 12.0 (detected)",
        {"89_virtual", "86_virtual"},
        {"89_real", "120a_real", "90_virtual"},
    ),
    (
        "rtx_pro_6000",
        "driver CUDA 13.1, compute capability 12.0 (detected)",
        {"120_real", "120f_real", "120a_virtual", "100_virtual", "90_virtual"},
        {"100_real", "100f_virtual", "121_real", "90a_virtual"},
    ),
    (
        "wsl_gtx1650ti",
        "driver CUDA 11.6, compute capability 7.5 (detected)",
        {"75_real", "70_real", "75_virtual", "50_virtual"},
        {"80_real", "72_real", "80_virtual"},
    ),
    (
        "jetson_agx_orin",
        "driver CUDA 12.9, compute capability 8.7 (detected)",
        {"87_real", "86_virtual", "80_virtual"},
        {"80_real", "86_real", "89_virtual"},
    ),
    (
        "jetson_nano",
        "driver CUDA 10.2, compute capability 5.3 (detected)",
        {"53_real", "53_virtual", "50_virtual"},
        {"50_real", "52_real", "60_virtual"},
    ),
]


@pytest.mark.parametrize(("name", "words", "runs", "refuses"), MACHINES)
def test_real_machines_run_what_nvidia_says(
    name: str, words: str, runs: set[str], refuses: set[str]
) -> None:
    facts = recorded_facts(name)
    found = nvidia.properties(facts)
    assert nvidia.phrase(facts) == words
    assert runs <= set(found["sm_arch"])
    assert not refuses & set(found["sm_arch"])
    version = str(facts["nvidia.driver_cuda_version"].value)
    assert found["cuda_version_lower_bound"][0] == version
    assert version not in found["cuda_version_upper_bound"]
    for value in refuses:
        assert nvidia.why(facts, "sm_arch", value).startswith("GPU ")


def test_every_recording_is_checked_and_said_where_from() -> None:
    names = {path.stem for path in RECORDED.glob("*.txt")}
    assert names == {name for name, *_ in MACHINES}
    readme = (RECORDED / "README.md").read_text()
    assert all(f"`{name}.txt`" in readme for name in names)


@pytest.mark.parametrize("name", [name for name, *_ in MACHINES])
def test_recorded_facts_may_stand_in_a_target_file(name: str) -> None:
    fields = {field.name: field for field in nvidia.PROVIDER.fields}
    facts = recorded_facts(name)
    count = len(facts.texts("nvidia.gpus"))
    assert count
    for key, fact in facts.items():
        field = fields[key.removeprefix("nvidia.")]
        texts = fact.value if isinstance(fact.value, tuple) else (str(fact.value),)
        assert all(field.pattern.fullmatch(text) for text in texts)
        assert not field.per_device or len(texts) == count


def test_what_was_recorded_is_read() -> None:
    facts = recorded_facts("rtx3090_rtx5070ti")
    assert facts.texts("nvidia.gpus") == (
        "NVIDIA GeForce RTX 3090",
        "NVIDIA GeForce RTX 5070 Ti",
    )
    assert facts.texts("nvidia.memory_mib") == ("24576", "16303")
    assert facts.text("nvidia.driver_version") == "595.71.05"
    assert recorded_facts("h100_mig").texts("nvidia.memory_mib") == ("81559",)
    assert recorded_facts("wsl_gtx1650ti").texts("nvidia.uuids") == (
        "GPU-b5e386b4-3e71-5837-aca5-80c5914cf07f",
    )


def test_of_the_mixed_machine_a_user_may_pick_one_gpu() -> None:
    reasons = nvidia.why(recorded_facts("rtx3090_rtx5070ti"), "sm_arch", "120_real")
    assert reasons.startswith("GPU 0 (NVIDIA GeForce RTX 3090) has compute capability 8.6")


def test_mig_devices_of_the_recorded_machine_are_chosen_by_their_uuid() -> None:
    listed = (RECORDED / "a100_mig.txt").read_text()
    gpus: list[Gpu] = []
    for line in listed.splitlines():
        found = re.search(r"UUID: ((?:GPU|MIG)-[^)]+)", line)
        if found is None:
            continue
        if found[1].startswith("GPU-"):
            gpus.append(Gpu("NVIDIA A100-SXM4-80GB", Capability(8, 0), uuid=found[1]))
            continue
        part = Gpu(gpus[0].name, Capability(8, 0), uuid=found[1], mig="1g.20gb")
        first = gpus[0]
        gpus[0] = Gpu(
            first.name, first.capability, first.uuid, mig="on", parts=(*first.parts, part)
        )
    assert len(gpus) == 4
    assert len(gpus[0].parts) == 4
    assert visible(gpus, "MIG-f00d722c-f4e1-52c9-aa31-750441ae1bfe") == (gpus[0].parts[2],)
    assert visible(gpus, "MIG-f00d,MIG-a458") == (gpus[0].parts[2],)
    assert visible(gpus, "2,3") == (gpus[2], gpus[3])
    # Which of its MIG devices CUDA would take, only CUDA knows.
    assert visible(gpus, "0") is None
    assert visible(gpus, None) is None

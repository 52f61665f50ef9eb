from collections.abc import Sequence
from pathlib import Path

import pytest

from whichwheel.spec.metadata import Provider
from whichwheel.target.described.target_file import read_target_file
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers import tpu
from whichwheel.target.providers.provider import InvalidOverride
from whichwheel.target.support import Support

#: PCI device and generation (jax-ml/jax, `jax/_src/hardware_utils.py`; the first four also
#: google/gvisor, `pkg/abi/tpu/tpu.go`).
GENERATIONS = {
    "0x0056": "v4 lite",
    "0x005e": "v4",
    "0x0062": "v5p",
    "0x0063": "v5e",
    "0x0027": "v2 or v3",
    "0x006f": "v6e",
    "0x0076": "7x",
}


def bus(root: Path, devices: Sequence[tuple[str, str]]) -> Path:
    for number, (vendor, device) in enumerate(devices):
        folder = root / f"sys/bus/pci/devices/0000:00:{number:02x}.0"
        folder.mkdir(parents=True)
        (folder / "vendor").write_text(f"{vendor}\n")
        (folder / "device").write_text(f"{device}\n")
    return root


@pytest.mark.parametrize(("device", "generation"), GENERATIONS.items())
def test_each_generation_is_known_by_its_pci_device(
    tmp_path: Path, device: str, generation: str
) -> None:
    root = bus(tmp_path, [("0x8086", "0x1237"), ("0x1ae0", device), ("0x1ae0", device)])
    facts = tpu.facts_of_linux(root)
    assert facts.texts("tpu.devices") == (generation, generation)
    assert tpu.properties(facts) == {"present": ("true",)}
    assert tpu.phrase(facts) == f"2 TPU {generation} (detected)"


@pytest.mark.parametrize(
    "devices",
    [
        [],
        [("0x10de", "0x2330")],
        # A network card of Google's clouds, and a Coral Edge TPU, which is another thing.
        [("0x1ae0", "0x0042")],
        [("0x1ac1", "0x089a")],
    ],
)
def test_other_devices_are_no_tpu(tmp_path: Path, devices: list[tuple[str, str]]) -> None:
    facts = tpu.facts_of_linux(bus(tmp_path, devices))
    assert facts["tpu.present"].value is False
    assert tpu.properties(facts) == {"present": ("false",)}
    assert tpu.phrase(facts) == "no TPU (detected)"


def test_a_device_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    root = bus(tmp_path, [("0x1ae0", "0x0063")])
    (root / "sys/bus/pci/devices/0000:00:01.0").mkdir()
    (root / "sys/bus/pci/devices/0000:00:02.0").write_text("no folder")
    assert tpu.facts_of_linux(root).texts("tpu.devices") == ("v5e",)


@pytest.mark.parametrize(
    ("text", "value"), [("true", "true"), ("TRUE", "true"), ("1", "true"), ("false", "false")]
)
def test_the_override_says_whether_there_is_one(text: str, value: str) -> None:
    (fact,) = tpu.overrides({tpu.FORCE_PRESENT: text})
    assert fact.origin is Origin.GIVEN
    assert fact.source == tpu.FORCE_PRESENT
    assert tpu.properties(Facts([fact])) == {"present": (value,)}


def test_an_override_that_is_no_answer_is_an_error() -> None:
    assert tpu.overrides({tpu.FORCE_PRESENT: ""}) == ()
    with pytest.raises(InvalidOverride, match=tpu.FORCE_PRESENT):
        tpu.overrides({tpu.FORCE_PRESENT: "maybe"})


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("", "false"),
        ("[facts.tpu]\npresent = true", "true"),
        ('[facts.tpu]\ndevices = ["v5e"]', "true"),
    ],
)
def test_a_target_file_says_whether_there_is_one(tmp_path: Path, table: str, value: str) -> None:
    path = tmp_path / "vm.toml"
    path.write_text(f'python = "3.12"\nplatform = "manylinux_2_35_x86_64"\n{table}\n')
    provider = Provider(requires=("tpu-variant-provider>=0.0.1",))
    answer = read_target_file(path).machine.support("tpu", provider)
    assert isinstance(answer, Support)
    assert answer.features == {"present": (value,)}


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("present", "true", "there is 1 TPU v5e (detected)"),
        ("present", "maybe", "`present` is `true` or `false`"),
        ("version", "v5e", "has the feature `present`"),
    ],
)
def test_why_names_the_devices(feature: str, value: str, words: str) -> None:
    facts = Facts([Fact("tpu.devices", ("v5e",), Origin.DETECTED, "test")])
    assert words in tpu.why(facts, feature, value)

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.tags import Tag, sys_tags

from whichwheel.spec.metadata import Provider
from whichwheel.target.described.target_file import InvalidTargetFile, read_target_file
from whichwheel.target.described.target_writing import target_to_toml
from whichwheel.target.description import describe_target
from whichwheel.target.detection.detector import Detector
from whichwheel.target.facts import Origin
from whichwheel.target.interpreters.interpreter import inspect_interpreter
from whichwheel.target.support import Refusal, RefusalKind, Support
from whichwheel.target.tags import (
    InvalidPlatform,
    default_abi,
    described_tags,
    parse_platform,
)
from whichwheel.target.target import Target
from whichwheel.target.this_machine import this_machine

H100 = """\
python = "3.12"
platform = "manylinux_2_28_x86_64"

[facts.nvidia]
driver_cuda_version = "13.0"
compute_capabilities = ["9.0"]
"""
MINIMAL = 'python = "3.12"\nplatform = "{platform}"\n'


def read(tmp_path: Path, text: str) -> Target:
    path = tmp_path / "box.toml"
    path.write_text(text, encoding="utf-8")
    return read_target_file(path)


def support(target: Target, namespace: str, provider: Provider | None = None) -> Support:
    answer = target.machine.support(namespace, provider)
    assert isinstance(answer, Support)
    return answer


def test_six_lines_describe_a_gpu_machine(tmp_path: Path) -> None:
    target = read(tmp_path, H100)
    assert (target.name, target.python_version, target.implementation) == (
        *("box", "3.12.0"),
        "cpython",
    )
    assert Tag("cp312", "cp312", "manylinux_2_28_x86_64") in target.tags
    assert Tag("cp312", "cp312", "manylinux_2_29_x86_64") not in target.tags
    assert Tag("py3", "none", "any") in target.tags
    nvidia = support(target, "nvidia")
    assert nvidia.facts == "driver CUDA 13.0, compute capability 9.0 (given)"
    assert nvidia.features["cuda_version_lower_bound"][0] == "13.0"
    assert nvidia.features["sm_arch"][0] == "90a_real"
    assert Marker("platform_system == 'Linux' and python_version == '3.12'").evaluate(
        dict(target.environment)
    )


def test_what_is_not_said_is_a_default_and_nothing_is_detected(tmp_path: Path) -> None:
    target = read(tmp_path, MINIMAL.format(platform="manylinux_2_28_x86_64"))
    assert {fact.origin for fact in target.machine.facts().values()} == {Origin.DEFAULT}
    assert support(target, "x86_64").features["level"] == ("v1",)
    assert support(target, "x86_64").facts == "x86-64-v1 (default)"
    assert support(target, "nvidia").facts == "no GPU (default)"
    assert support(target, "nvidia").features == {}
    assert support(target, "aarch64").features == {}
    arm = read(tmp_path, MINIMAL.format(platform="macosx_14_0_arm64"))
    assert support(arm, "aarch64").features["version"] == ("8a",)
    assert support(arm, "x86_64").features == {}


def test_exact_properties_serve_a_namespace_that_is_not_built_in(tmp_path: Path) -> None:
    card = """
        name = "the card"
        python = "3.13"
        platform = "manylinux_2_35_x86_64"
        [properties.fpga]
        family = ["u50"]
        shell = ["6.4", "6.3"]
    """
    target = read(tmp_path, card)
    fpga = support(target, "fpga", Provider(requires=("fpga-variant-provider>=0.0.2,<1.0.0",)))
    assert fpga.features == {"family": ("u50",), "shell": ("6.4", "6.3")}
    assert fpga.origin is Origin.GIVEN
    assert target.name == "the card"
    other = target.machine.support("dsp", Provider(requires=("dsp-variant-provider",)))
    assert isinstance(other, Refusal)
    assert other.kind is RefusalKind.UNKNOWN


def test_an_optional_provider_is_turned_on_by_name(tmp_path: Path) -> None:
    text = 'enable = ["debug"]\n' + MINIMAL.format(platform="win_amd64")
    optional = Provider(static_properties={"build": ("on",)}, optional=True)
    assert support(read(tmp_path, text), "debug", optional).features == {"build": ("on",)}


def test_markers_can_be_given_beside_those_that_follow(tmp_path: Path) -> None:
    text = MINIMAL.format(platform="win_arm64") + '[markers]\nplatform_version = "10.0.26100"\n'
    environment = read(tmp_path, text).environment
    assert environment["platform_version"] == "10.0.26100"
    assert (environment["sys_platform"], environment["platform_machine"]) == ("win32", "ARM64")
    assert environment["os_name"] == "nt"


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('pyton = "3.12"', "pyton", "is not known, did you mean `python`?"),
        ('platfrom = "win_amd64"', "platfrom", "did you mean `platform`?"),
        ("python = 3.12", "python", "is a number, expected a version as `3.12`"),
        ('python = "3"', "python", "expected a version as `3.12`"),
        ('python = "2.7"', "python", "expected a version"),
        ('platform = "plan9_x86"', "platform", "`manylinux_2_28_x86_64`"),
        ('implementation = "jython"', "implementation", "expected `cpython` or `pypy`"),
        ('abi = "cp 313"', "abi", "expected an ABI tag"),
        ('tags = ["any"]', "tags[0]", "expected tags as"),
        ('enable = "debug"', "enable", "is a text, expected a list"),
        ("facts = 1", "facts", "is a number, expected a table"),
        ("[facts.nvida]", "facts.nvida", "did you mean `nvidia`?"),
        ("[facts.fpga]", "facts.fpga", "`properties.fpga`"),
        ('[facts.nvidia]\ncuda = "12"', "facts.nvidia.cuda", "is not known"),
        (
            '[facts.nvidia]\ndriver_cuda_versoin = "12.8"',
            "facts.nvidia.driver_cuda_versoin",
            "did you mean `driver_cuda_version`?",
        ),
        (
            "[facts.nvidia]\ndriver_cuda_version = 12.8",
            "facts.nvidia.driver_cuda_version",
            "is a number, expected a CUDA version as `12.8`",
        ),
        (
            '[facts.nvidia]\ncompute_capabilities = ["9.0"]',
            "facts.nvidia.compute_capabilities",
            "needs `driver_cuda_version` beside it",
        ),
        (
            '[facts.nvidia]\ndriver_cuda_version = "12.8"\ncompute_capabilities = ["90"]',
            "facts.nvidia.compute_capabilities[0]",
            "is `90`",
        ),
        (
            '[facts.nvidia]\npresent = false\ndriver_cuda_version = "12.8"',
            "facts.nvidia.present",
            "yet more is said",
        ),
        ('[facts.nvidia]\npresent = "no"', "facts.nvidia.present", "expected `true` or `false`"),
        ('[facts.x86_64]\nlevel = "v5"', "facts.x86_64.level", "is `v5`"),
        ('[facts.x86_64]\nflags = "avx2"', "facts.x86_64.flags", "expected a list"),
        ('[facts.aarch64]\nversion = "8.9a"', "facts.aarch64.version", "is `8.9a`"),
        ('[properties.amd]\ngfx_arch = "gfx942"', "properties.amd.gfx_arch", "expected a list"),
        ('[properties.amd]\ngfx = ["GFX"]', "properties.amd.gfx[0]", "is `GFX`"),
        ('[properties.AMD]\ngfx = ["g"]', "properties.AMD", "is not a namespace"),
        ('[properties.amd]\n"a b" = ["g"]', "properties.amd.a b", "is not a feature"),
        ('[markers]\nsys_plattform = "x"', "markers.sys_plattform", "`sys_platform`"),
        ('[markers]\npython_version = "3.9"', "markers.python_version", "follows from `python`"),
        ("[markers]\nos_name = 1", "markers.os_name", "is a number"),
        ('name = " "', "name", "is ` `, expected a text"),
        ('dated = "yesterday"', "dated", "expected a date as `2026-11-21`"),
        ("dated = 2026-11-21T10:00:00", "dated", "is a date or time, expected a date"),
        ('source = "https://x.example"', "source", "expected a list of addresses"),
        ('source = ["x.example"]', "source[0]", "expected addresses as `https://...`"),
        ('gpus = "most"', "gpus", "is `most`, expected `all`, `any` or numbers"),
        ("gpus = 0", "gpus", "is a number, expected `all`, `any`"),
        ('extends = "rtx4090"', "extends", "did you mean `rtx-4090`?"),
        ('extends = "nothing-like-it"', "extends", "`whichwheel target list` tells the names"),
        ('extends = "gone.toml"', "extends", "it cannot be read: No such file"),
        ('disable = ["AMD"]', "disable[0]", "did you mean `amd`?"),
        ('enable = ["a", "a"]', "enable[1]", "is `a`, which stands in the list already"),
        ('enable = ["a"]\ndisable = ["a"]', "disable[0]", "is `a`, which `enable` has too"),
        ("tags = []", "tags", "is empty, expected tags"),
        ("[properties.amd]\ngfx_arch = []", "properties.amd.gfx_arch", "is empty, expected"),
        (
            '[properties.amd]\ngfx_arch = ["gfx942", "gfx942"]',
            "properties.amd.gfx_arch[1]",
            "stands in the list already",
        ),
        (
            '[properties.amd]\ngfx_arch = ["GFX942"]',
            "properties.amd.gfx_arch[0]",
            "did you mean `gfx942`?",
        ),
    ],
)
def test_a_fault_names_its_key_and_what_was_expected(
    tmp_path: Path, text: str, path: str, message: str
) -> None:
    key = text.split(" ", 1)[0]
    whole = [
        line
        for line in ('python = "3.12"', 'platform = "win_amd64"')
        if not line.startswith(f"{key} ")
    ]
    with pytest.raises(InvalidTargetFile) as caught:
        read(tmp_path, "\n".join([*whole, text]))
    (fault,) = caught.value.faults
    assert fault.path == path
    assert message in fault.message
    assert str(tmp_path / "box.toml") in caught.value.message


def test_a_fault_names_its_line(tmp_path: Path) -> None:
    text = H100.replace('"9.0"', '"9.0", "nine"') + '[facts.x86_64]\nlevels = "v3"\n'
    with pytest.raises(InvalidTargetFile) as caught:
        read(tmp_path, text)
    assert [(fault.line, fault.path) for fault in caught.value.faults] == [
        (6, "facts.nvidia.compute_capabilities[1]"),
        (8, "facts.x86_64.levels"),
    ]
    assert "line 8: `facts.x86_64.levels` is not known" in caught.value.message


def test_a_long_text_is_cut_and_many_faults_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InvalidTargetFile) as caught:
        read(tmp_path, H100.replace("13.0", "9" * 5000))
    assert len(caught.value.message) < 500
    keys = "".join(f"k{number} = 1\n" for number in range(500))
    with pytest.raises(InvalidTargetFile, match="and 480 more") as caught:
        read(tmp_path, keys + H100)
    assert len(caught.value.faults) == 500


def test_only_the_providers_whose_facts_are_named_are_loaded(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text(H100, encoding="utf-8")
    code = f"""
import sys
from pathlib import Path
from whichwheel.target.described.target_file import read_target_file
target = read_target_file(Path({str(path)!r}))
target.machine.support("nvidia", None)
found = [name for name in sys.modules if name.startswith("whichwheel.target.providers.")]
print(*sorted(name.rpartition(".")[2] for name in found if not name.endswith("detection")))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "nvidia" in loaded
    assert not loaded & {"x86_64", "aarch64", "mpi", "openmp", "blas_lapack"}


def test_a_policy_holds_for_every_gpu_and_is_given_by_the_file(tmp_path: Path) -> None:
    two = H100.replace('"9.0"', '"9.0", "7.5"')
    strict = support(read(tmp_path, two), "nvidia")
    target = read(tmp_path, 'gpus = "0"\n' + two)
    picked = support(target, "nvidia")
    assert "90_real" not in strict.features["sm_arch"]
    assert "90_real" in picked.features["sm_arch"]
    fact = target.machine.facts()["nvidia.gpu_policy"]
    assert (fact.value, fact.origin, fact.source) == ("0", Origin.GIVEN, str(tmp_path / "box.toml"))


def test_a_namespace_that_is_disabled_is_refused(tmp_path: Path) -> None:
    target = read(tmp_path, 'disable = ["nvidia"]\n' + H100)
    answer = target.machine.support("nvidia", None)
    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.OFF


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidTargetFile) as caught:
        read(tmp_path, 'pyton = "3"\n[facts.x86_64]\nlevel = "v9"\n[facts.gpu]\n')
    assert [fault.path for fault in caught.value.faults] == [
        *("pyton", "facts.x86_64.level", "facts.gpu", "python", "platform"),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'python = "3.12', "it is not TOML"),
        (b"\xff\xfe", "it is not TOML"),
        (b"#" * (1024 * 1024 + 1), "it is larger than"),
        (b"a = " + b"[" * 100_000, "it is not TOML"),
        (b'python = "3.12"\npython = "3.13"', "line 2: it is not TOML"),
        (b"a = " + b"9" * 5000, "it is not TOML that can be read"),
    ],
)
def test_a_file_that_is_no_toml_is_an_error(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidTargetFile, match=why):
        read_target_file(path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(InvalidTargetFile, match="it is not a file"):
        read_target_file(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.toml")
        with pytest.raises(InvalidTargetFile, match="it is not a file"):
            read_target_file(tmp_path / "pipe.toml")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidTargetFile, match="it cannot be read: No such file"):
        read_target_file(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("platform", "newest", "oldest", "machine"),
    [
        ("manylinux_2_28_x86_64", "manylinux_2_28_x86_64", "manylinux1_x86_64", "x86_64"),
        ("manylinux_2_34_aarch64", "manylinux_2_34_aarch64", "manylinux2014_aarch64", "aarch64"),
        ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux1_x86_64", "x86_64"),
        ("musllinux_1_2_x86_64", "musllinux_1_2_x86_64", "musllinux_1_0_x86_64", "x86_64"),
        ("macosx_14_0_arm64", "macosx_14_0_arm64", "macosx_11_0_universal2", "arm64"),
        ("macosx_10_9_x86_64", "macosx_10_9_x86_64", None, "x86_64"),
        ("win_amd64", "win_amd64", "win_amd64", "AMD64"),
        ("linux_riscv64", "linux_riscv64", "linux_riscv64", "riscv64"),
    ],
)
def test_every_platform_family_gives_its_tags(
    platform: str, newest: str, oldest: str | None, machine: str
) -> None:
    parsed = parse_platform(platform)
    assert parsed.machine == machine
    own = [tag for tag in parsed.tags if not tag.startswith("linux_")] or list(parsed.tags)
    assert own[0] == newest
    assert oldest is None or oldest in parsed.tags


@pytest.mark.parametrize("text", ["", "any", "manylinux_2_28", "macosx_10_9_arm64", "win_x86"])
def test_what_is_no_platform_tag_is_refused(text: str) -> None:
    with pytest.raises(InvalidPlatform):
        parse_platform(text)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="compares with CPython")
def test_described_tags_are_those_that_this_interpreter_says_itself(tmp_path: Path) -> None:
    own = this_machine(inspect_interpreter(None, environ={}))
    described = read(tmp_path, target_to_toml(own))
    assert described.tags == tuple(sys_tags())
    assert described.environment == own.environment


def test_a_free_threaded_or_pypy_interpreter_can_be_described(tmp_path: Path) -> None:
    threaded = read(tmp_path, 'abi = "cp313t"\npython = "3.13"\nplatform = "win_amd64"\n')
    assert threaded.tags[0] == Tag("cp313", "cp313t", "win_amd64")
    assert Tag("cp313", "abi3", "win_amd64") not in threaded.tags
    text = 'implementation = "pypy"\npython = "3.11"\nplatform = "win_amd64"\n'
    pypy = read(tmp_path, text)
    assert pypy.tags[0] == Tag("pp311", "pypy311_pp73", "win_amd64")
    assert pypy.environment["platform_python_implementation"] == "PyPy"


def test_tags_that_do_not_follow_are_written_one_by_one(tmp_path: Path) -> None:
    platform = parse_platform("win_amd64")
    abi = default_abi((3, 12), "cpython")
    usual = described_tags((3, 12), platform, implementation="cpython", abi=abi)
    text = MINIMAL.format(platform="win_amd64") + f'tags = ["{usual[0]}", "py3-none-any"]\n'
    target = read(tmp_path, text)
    assert target.tags == (usual[0], Tag("py3", "none", "any"))
    assert read(tmp_path, target_to_toml(target)).tags == target.tags


def test_this_machine_read_back_from_its_file_answers_the_same(tmp_path: Path) -> None:
    forced = {
        "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "12.8",
        "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0",
    }
    own = this_machine(
        inspect_interpreter(None, environ={}), detector=Detector({**os.environ, **forced})
    )
    text = target_to_toml(own)
    assert 'driver_cuda_version = "12.8"  # given: NV_VARIANT_PROVIDER_FORCE_CUDA' in text
    again = read(tmp_path, text)
    for namespace in ("x86_64", "aarch64", "nvidia"):
        before, after = support(own, namespace), support(again, namespace)
        assert list(after.features.items()) == list(before.features.items())


def test_a_failed_detection_is_told_in_the_file(tmp_path: Path) -> None:
    environ = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    own = this_machine(inspect_interpreter(None, environ={}), detector=Detector(environ, limit=0.0))
    text = target_to_toml(own)
    assert "# the detection of `nvidia` failed: it gave no answer within 0 s" in text
    assert support(read(tmp_path, text), "nvidia").facts == "no GPU (default)"


def test_a_described_target_is_described_in_json_values(tmp_path: Path) -> None:
    target = read(tmp_path, H100 + '[properties.amd]\ngfx_arch = ["gfx942"]\n')
    description = describe_target(target)
    assert description["platform"] == "manylinux_2_28_x86_64"
    assert isinstance(description["supported"], dict)
    assert description["supported"]["amd"] == {
        "facts": "properties (given)",
        "origin": "given",
        "features": {"gfx_arch": ["gfx942"]},
    }

"""What a person says of a machine on the command line, and what is then never asked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.command import child_environment
from support.drivers import build_driver
from support.workplace import Workplace

_PROGRAM = """
import sys
from whichwheel.cli.application import run
code = run(sys.argv[1:])
sys.stderr.write(" ".join(name for name in sys.modules if name.startswith("whichwheel.target")))
sys.exit(code)
"""


@pytest.fixture
def matmul(workplace: Workplace) -> Workplace:
    """A folder with builds for two architectures, and one for every machine."""
    for label, arch in (("hopper", "90_real"), ("ampere", "80_real")):
        workplace.build(
            "matmul",
            label=label,
            properties={"nvidia": {"sm_arch": [arch]}},
            namespaces=["nvidia"],
        )
    workplace.build("matmul", label="null", namespaces=["nvidia"])
    return workplace


def chosen(workplace: Workplace, *arguments: str, env: dict[str, str] | None = None) -> str:
    document: Any = workplace.explain("matmul", "--json", *arguments, env=env).document
    return str(document["packages"][0]["chosen"]["label"])


def test_given_properties_choose_and_their_order_is_the_preference(matmul: Workplace) -> None:
    assert chosen(matmul, "--set", "nvidia :: sm_arch :: 80_real") == "ampere"
    assert chosen(matmul, "--set", "nvidia::sm_arch::90_real,80_real") == "hopper"
    assert chosen(matmul, "--set", "nvidia :: sm_arch :: 80_real, 90_real") == "ampere"
    variable = {"WHICHWHEEL_SET": "nvidia :: sm_arch :: 80_real; x86_64 :: level :: v1"}
    assert chosen(matmul, env=variable) == "ampere"


def test_given_properties_do_not_even_load_the_provider(matmul: Workplace) -> None:
    def loaded(*arguments: str) -> str:
        home = matmul.folder / "home"
        home.mkdir(exist_ok=True)
        where = ("--no-index", "--find-links", str(matmul.wheels), "--python", matmul.python)
        command = [sys.executable, "-c", _PROGRAM, "explain", "matmul", *where, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env=child_environment(home)
        )
        return done.stderr

    assert "whichwheel.target.providers.nvidia" in loaded().split()
    without = loaded("--set", "nvidia :: sm_arch :: 90_real").split()
    assert not [name for name in without if "nvidia" in name]


def test_a_namespace_is_turned_off_for_one_run(matmul: Workplace) -> None:
    given = ("--set", "nvidia :: sm_arch :: 90_real")
    done = matmul.explain("matmul", *given, "--unset", "nvidia")
    assert done.code == 0
    assert "turned off" in done.stdout
    assert "matmul 1.0 (null)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (
            ("--set", "nvidia :: sm_arch"),
            "`nvidia :: sm_arch` is not a variant property: expected 3",
        ),
        (("--set", "garbage"), "`garbage` is not a variant property: expected 3 parts"),
        (("--set", "nvidia :: sm_arch :: "), "the value ``"),
        (("--set", "nvidia :: sm_arch :: 90_REAL"), "`90_REAL`"),
        (("--set", "NVIDIA :: sm_arch :: x"), "`NVIDIA`"),
        (("--unset", "NVIDIA"), "`NVIDIA` is not a namespace"),
        (("--enable", "a-b"), "`a-b` is not a namespace"),
        (("--gpus", "some"), "`some`"),
        (("--gpus", "0,,1"), "`0,,1`"),
        (("--gpus", "-1"), "`-1`"),
    ],
)
def test_what_cannot_be_read_is_wrong_use(
    matmul: Workplace, arguments: tuple[str, ...], word: str
) -> None:
    done = matmul.explain("matmul", *arguments)
    assert done.code == 2
    assert word in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_why_names_the_fact_and_the_exit_code_says_whether(workplace: Workplace) -> None:
    given = ("--set", "nvidia :: sm_arch :: 90_real, 80_real")
    wanted = "nvidia :: sm_arch :: 80_real"
    done = workplace.run("platform", *given, "--why", wanted)
    assert done.code == 0
    assert done.stdout.splitlines()[0] == f"{wanted} is supported (value 2 of 2, best first)"
    missing = workplace.run("platform", *given, "--why", "nvidia :: sm_arch :: 75_real", "--json")
    assert missing.code == 1
    why = "`sm_arch` was given as 90_real, 80_real, and not 75_real"
    assert why in missing.stdout
    document: Any = missing.document
    assert document["format"] == "whichwheel-why/1"
    assert document["properties"][0]["supported"] is False
    nonsense = workplace.run("platform", "--why", "nonsense")
    assert nonsense.code == 2
    assert nonsense.stderr.count("namespace :: feature :: value") == 1


def test_nothing_is_detected_anew_of_another_machine(workplace: Workplace) -> None:
    done = workplace.run("platform", "--for", "rtx-4090", "--refresh")
    assert done.code == 2
    assert "`--refresh` excludes it" in done.stderr


def test_a_driver_that_was_asked_once_is_not_asked_again(
    workplace: Workplace, tmp_path: Path
) -> None:
    environ = build_driver(tmp_path / "driver", capabilities=[(9, 0)])
    env = {"LD_LIBRARY_PATH": environ["LD_LIBRARY_PATH"]}

    def version(*arguments: str) -> object:
        done = workplace.run("platform", "--json", *arguments, env=env)
        assert done.code == 0, done.stderr
        facts: Any = done.document["target"]
        assert json.dumps(facts)
        listed = {fact["key"]: fact["value"] for fact in facts["facts"]}
        return listed.get("nvidia.driver_cuda_version")

    assert version() == "12.8"
    # Another driver that looks the same from outside: only asking it would tell.
    library = tmp_path / "driver" / "libcuda.so.1"
    status = library.stat()
    build_driver(tmp_path / "newer", version=13000, capabilities=[(9, 0)])
    newer = (tmp_path / "newer" / "libcuda.so.1").read_bytes()
    assert len(newer) == status.st_size
    library.write_bytes(newer)
    os.utime(library, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert version() == "12.8"
    assert version("--no-detect-cache") == "13.0"
    assert version() == "12.8"
    assert version("--refresh") == "13.0"
    assert version() == "13.0"


def test_which_of_several_gpus_count(matmul: Workplace, tmp_path: Path) -> None:
    environ = build_driver(tmp_path / "driver", capabilities=[(9, 0), (8, 0)])
    env = {"LD_LIBRARY_PATH": environ["LD_LIBRARY_PATH"]}
    assert chosen(matmul, env=env) == "null"
    assert chosen(matmul, "--gpus", "any", env=env) == "hopper"
    assert chosen(matmul, "--gpus", "1", env=env) == "ampere"
    assert chosen(matmul, "--gpus", "0", env=env) == "hopper"
    done = matmul.explain("matmul", env=env)
    assert "GPU 1" in done.stdout
    absent = matmul.explain("matmul", "--gpus", "2", env=env)
    assert absent.code == 0
    assert "no GPU 2" in absent.stdout


def test_overrides_bear_on_nothing_where_properties_are_given(workplace: Workplace) -> None:
    broken = {"NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "abc"}
    assert workplace.run("platform", env=broken).code == 1
    for answered in (("--set", "nvidia :: sm_arch :: 90_real"), ("--unset", "nvidia")):
        done = workplace.run("platform", *answered, env=broken)
        assert (done.code, done.stderr) == (0, "")


def test_an_override_is_announced_once_and_in_words_of_its_own(workplace: Workplace) -> None:
    env = {"TPU_VARIANT_PROVIDER_FORCE_PRESENT": "1"}
    done = workplace.run("platform", env=env)
    assert done.stderr == (
        "note: `tpu.present` is not detected but given: `true`"
        " (`TPU_VARIANT_PROVIDER_FORCE_PRESENT`)\n"
    )
    assert ["tpu", "present", "given", "true"] in [
        line.split()[:4] for line in done.stdout.splitlines()
    ]


def test_gpus_of_which_no_wheel_serves_all_are_shown(workplace: Workplace) -> None:
    env = {"AMD_VARIANT_PROVIDER_FORCE_GFX_ARCH": "gfx90a,gfx1100"}
    done = workplace.run("platform", env=env)
    rows = [line.split()[:4] for line in done.stdout.splitlines()]
    assert ["amd", "device", "0", "given"] in rows
    assert ["device", "1", "given", "gfx1100"] in rows


def test_a_policy_holds_for_gpus_that_are_only_given(workplace: Workplace) -> None:
    env = {"AMD_VARIANT_PROVIDER_FORCE_GFX_ARCH": "gfx90a,gfx1100"}
    wanted = ("--why", "amd :: gfx_arch :: gfx90a")
    assert workplace.run("platform", *wanted, env=env).code == 1
    assert workplace.run("platform", "--gpus", "0", *wanted, env=env).code == 0
    missing = workplace.run("platform", "--gpus", "0,2", env=env)
    assert "and no GPU 2" in missing.stdout


def test_a_policy_says_who_gave_it(workplace: Workplace) -> None:
    env = {"NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0"}
    (workplace.folder / "whichwheel.toml").write_text('[providers]\ngpus = "any"\n', "utf-8")
    assert "any [configuration]" in workplace.run("platform", env=env).stdout
    assert "all [--gpus]" in workplace.run("platform", "--gpus", "all", env=env).stdout


def test_targets_that_get_nothing_are_named_once(workplace: Workplace) -> None:
    workplace.build("fruit", tag="py3-none-win_amd64")
    names = ("apple-m4", "rtx-4090")
    where = ("--no-index", "--find-links", str(workplace.wheels))
    done = workplace.run("explain", "fruit", *where, *(f"--for={name}" for name in names))
    assert done.code == 1
    assert done.stderr.splitlines() == [
        "error: no wheel of `fruit` fits `apple-m4`, `rtx-4090`",
        "hint: with a single `--for`, the reason of every wheel is told",
    ]


def test_a_detected_gpu_stays_detected_whichever_of_them_count(
    matmul: Workplace, tmp_path: Path
) -> None:
    environ = build_driver(tmp_path / "driver", capabilities=[(8, 0)])
    env = {"LD_LIBRARY_PATH": environ["LD_LIBRARY_PATH"]}
    document: Any = matmul.explain("matmul", "--gpus", "0", "--json", env=env).document
    (refused,) = [
        reason["message"]
        for wheel in document["packages"][0]["wheels"]
        for reason in wheel["reasons"]
        if reason["kind"] == "property-not-supported"
    ]
    assert "(detected)" in refused
    assert "(given)" not in refused


def test_why_tells_where_its_facts_come_from(workplace: Workplace) -> None:
    asked = ("platform", "--for", "rtx-4090", "--why", "nvidia :: sm_arch :: 89_real")
    done = workplace.run(*asked, "--gpus", "0")
    assert done.stdout.splitlines()[-1] == (
        "  known from: profile rtx-4090 (given), --gpus (given)"
    )
    document: Any = workplace.run(*asked, "--json").document
    facts = {fact["key"]: fact for fact in document["properties"][0]["facts"]}
    assert facts["nvidia.driver_cuda_version"]["origin"] == "given"
    assert facts["nvidia.driver_cuda_version"]["source"] == "profile rtx-4090"


def test_why_names_no_source_twice(workplace: Workplace) -> None:
    (workplace.folder / "site.toml").write_text(
        'namespace = "site"\n[values]\nkind.hosted = { file = "/etc/passwd" }\n', "utf-8"
    )
    (workplace.folder / "whichwheel.toml").write_text('[providers]\nrules = ["site.toml"]\n')
    done = workplace.run("platform", "--why", "site :: kind :: hosted")
    assert done.stdout.splitlines()[1:] == ["  there is file `/etc/passwd` (detected)"]

"""`whichwheel refresh`, from the outside: an environment that moves from machine to machine."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.command import Completed
from support.drivers import build_driver
from support.environments import new_environment, pip, uv
from support.workplace import TASTES, Workplace

_DRIVER = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"
_LOWER = "cuda_version_lower_bound"


@dataclass(frozen=True)
class Step:
    """A machine that the environment finds itself on.

    :param driver: the CUDA version of the driver; None for no GPU
    :param level: the levels of the processor, best first
    :param builds: what a fresh install would take, by package
    """

    name: str
    driver: str | None
    level: str
    builds: dict[str, str | None]

    @property
    def options(self) -> tuple[str, ...]:
        return (
            *("--set", f"x86_64 :: level :: {self.level}"),
            *("--set", "blas_lapack :: library :: mkl, openblas"),
        )

    @property
    def variables(self) -> dict[str, str]:
        return {} if self.driver is None else {_DRIVER: self.driver}


_AVX512, _AVX2 = "v4, v3, v2, v1", "v3, v2, v1"
_COMMON: dict[str, str | None] = {"tensor-bits": None, "stats": "mkl"}
STORY = (
    Step(
        "driver 12.6",
        "12.6",
        _AVX512,
        {
            **_COMMON,
            "tensor": "cu126",
            "cuda-libs": None,
            "cuda-tools12": None,
            "attention": "cu12",
            "linalg": "v4_mkl",
        },
    ),
    Step(
        "driver 13.0",
        "13.0",
        _AVX512,
        {
            **_COMMON,
            "tensor": "cu130",
            "cuda-libs": None,
            "cuda-tools13": None,
            "attention": "cu13",
            "linalg": "v4_mkl",
        },
    ),
    Step(
        "no GPU",
        None,
        _AVX512,
        {**_COMMON, "tensor": "null", "attention": "null", "linalg": "v4_mkl"},
    ),
    Step(
        "no GPU, no AVX-512",
        None,
        _AVX2,
        {**_COMMON, "tensor": "null", "attention": "null", "linalg": "v3_mkl"},
    ),
    Step(
        "driver 13.0 again",
        "13.0",
        _AVX2,
        {
            **_COMMON,
            "tensor": "cu130",
            "cuda-libs": None,
            "cuda-tools13": None,
            "attention": "cu13",
            "linalg": "v3_mkl",
        },
    ),
)


def build_world(workplace: Workplace) -> None:
    """Build packages like those around torch: one for GPUs, one for its ABI, two with a BLAS."""
    needs = [
        "tensor-bits",
        'cuda-libs; "nvidia" in variant_namespaces',
        f'cuda-tools12; "nvidia :: {_LOWER} :: 12.6" in variant_properties',
        f'cuda-tools13; "nvidia :: {_LOWER} :: 13.0" in variant_properties',
    ]
    for label, version in (("cu126", "12.6"), ("cu130", "13.0")):
        workplace.build(
            "tensor",
            version="2.9",
            label=label,
            properties={"nvidia": {_LOWER: [version]}},
            requires=needs,
            files={"tensor/kernels.so": label * 500},
        )
    workplace.build("tensor", version="2.9", label="null", namespaces=["nvidia"], requires=needs)
    for label, version in (("cu12", "12.0"), ("cu13", "13.0")):
        workplace.build(
            "attention",
            label=label,
            properties={"nvidia": {_LOWER: [version]}},
            requires=["tensor"],
        )
    workplace.build("attention", label="null", namespaces=["nvidia"], requires=["tensor"])
    for level in ("v4", "v3"):
        for library in ("mkl", "openblas"):
            workplace.build(
                "linalg",
                label=f"{level}_{library}",
                properties={"x86_64": {"level": [level]}, "blas_lapack": {"library": [library]}},
                namespaces=["blas_lapack", "x86_64"],
            )
    for library in ("openblas", "mkl"):
        workplace.build(
            "stats",
            label=library,
            properties={"blas_lapack": {"library": [library]}},
            requires=["linalg"],
        )
    for name in ("tensor-bits", "cuda-libs", "cuda-tools12", "cuda-tools13"):
        workplace.build(name)


def refresh(
    workplace: Workplace, *arguments: str | Path, env: dict[str, str] | None = None
) -> Completed:
    """Refresh from the folder of wheels alone."""
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    return workplace.run("refresh", *where, *arguments, env=env)


def builds(workplace: Workplace) -> dict[str, str | None]:
    """Return what is installed."""
    done = workplace.run("list", "--python", workplace.python, "--json")
    assert done.code == 0, done.stderr
    packages: Any = done.document["packages"]
    return {each["name"]: each["label"] for each in packages}


def requested(workplace: Workplace) -> set[str]:
    """Return what somebody asked for."""
    packages: Any = workplace.run("list", "--python", workplace.python, "--json").document
    return {each["name"] for each in packages["packages"] if each["requested"]}


def contents(workplace: Workplace) -> dict[str, bytes]:
    """Return the installed files, without the accounts of when and why."""
    site = workplace.environment.interpreter.paths["purelib"]
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and path.name not in {"RECORD", "whichwheel.json", ".whichwheel.lock"}
    }


def marks(workplace: Workplace) -> dict[str, tuple[int, int, int]]:
    """Return what tells whether a file was moved or written: inode and times."""
    site = workplace.environment.interpreter.paths["purelib"]
    return {
        path.relative_to(site).as_posix(): (state.st_ino, state.st_mtime_ns, state.st_dev)
        for path in site.rglob("*")
        if path.is_file() and (state := path.lstat())
    }


def of_package(path: str, name: str) -> bool:
    """Whether a file belongs to a package of our little world."""
    module = name.replace("-", "_")
    return path.startswith((f"{module}/", f"{module}-"))


def test_an_environment_follows_its_machine(workplace: Workplace, tmp_path: Path) -> None:
    build_world(workplace)
    wanted = ("attention", "stats")
    first = STORY[0]
    done = workplace.install(*wanted, *first.options, env=first.variables)
    assert done.code == 0, done.stderr
    assert builds(workplace) == first.builds
    for number, step in enumerate(STORY):
        before, were = marks(workplace), builds(workplace)
        done = refresh(workplace, *step.options, env=step.variables)
        assert done.code == 0, (step.name, done.stderr)
        now = builds(workplace)
        assert now == step.builds, step.name
        assert requested(workplace) == set(wanted), step.name
        # What stays is not touched, not even by a rename.
        after = marks(workplace)
        stayed = [name for name, build in now.items() if were.get(name, "") == build]
        for path, mark in before.items():
            if any(of_package(path, name) for name in stayed):
                assert after[path] == mark, (step.name, path)
        # It is what a fresh install would give.
        fresh = Workplace(workplace.folder, new_environment(tmp_path, f"fresh{number}"))
        assert fresh.install(*wanted, *step.options, env=step.variables).code == 0
        assert builds(fresh) == now, step.name
        assert contents(fresh) == contents(workplace), step.name
        # And then there is nothing more to do.
        again = refresh(workplace, *step.options, env=step.variables)
        assert again.stdout.startswith("nothing to do"), again.stdout
        assert marks(workplace) == after
        check = workplace.run(
            *("check", "--no-index", "--find-links", workplace.wheels),
            *("--python", workplace.python, "--strict", *step.options),
            env=step.variables,
        )
        assert check.code == 0, check.stdout


def test_check_tells_at_every_step_what_refresh_would_do(workplace: Workplace) -> None:
    build_world(workplace)
    first, newer, without, _, _ = STORY
    workplace.install("attention", "stats", *first.options, env=first.variables)

    def check(step: Step, *arguments: str) -> Completed:
        where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
        return workplace.run("check", *where, *step.options, *arguments, env=step.variables)

    better = check(newer)
    assert better.code == 0
    assert "`tensor 2.9`: `cu130` would now be taken instead of `cu126`" in better.stdout
    assert check(newer, "--strict").code == 1
    assert check(newer, "--strict", "--offline").code == 0
    moved = check(without)
    assert moved.code == 1
    # One finding for each, not a second one for what will be taken instead.
    assert "hint: `whichwheel refresh tensor` swaps it for `null`" in moved.stdout
    assert moved.stdout.endswith(": 2 errors\n")
    unfit = check(without, "--offline", "--json")
    assert unfit.code == 1
    document: Any = unfit.document
    found = {each["packages"][0]: each for each in document["findings"]}
    assert set(found) == {"attention", "tensor"}
    assert found["tensor"]["kind"] == "variant-unfit"
    assert f"`nvidia :: {_LOWER}` must be `12.6`" in found["tensor"]["message"]
    assert "there is no driver" in found["tensor"]["message"]
    only = check(without, "--offline", "linalg")
    assert only.code == 0
    assert "checked 1 package " in only.stdout


def test_a_dry_run_says_all_and_changes_nothing(workplace: Workplace) -> None:
    build_world(workplace)
    first, _, without, _, _ = STORY
    workplace.install("attention", "stats", *first.options, env=first.variables)
    before = workplace.tree()
    done = refresh(workplace, "--dry-run", *without.options)
    assert done.code == 0
    assert done.stdout.splitlines()[:4] == [
        " ~ attention 1.0 (cu12) -> 1.0 (null)",
        " - cuda-libs 1.0",
        " - cuda-tools12 1.0",
        " ~ tensor 2.9 (cu126) -> 2.9 (null)",
    ]
    assert "would install 2 packages and uninstall 2 packages" in done.stdout
    document: Any = refresh(workplace, "--dry-run", "--json", *without.options).document
    assert document["format"] == "whichwheel-refresh/1"
    assert [each["name"] for each in document["remove"]] == ["cuda-libs", "cuda-tools12"]
    assert document["findings"] == []
    assert workplace.tree() == before


def test_only_what_is_named_is_looked_at(workplace: Workplace) -> None:
    build_world(workplace)
    first, _, without, _, _ = STORY
    workplace.install("attention", "stats", *first.options, env=first.variables)
    done = refresh(workplace, "tensor", *without.options)
    assert done.code == 0, done.stderr
    now = builds(workplace)
    assert (now["tensor"], now["attention"]) == ("null", "cu12")
    assert not {"cuda-libs", "cuda-tools12"} & set(now)
    assert refresh(workplace, "tensr", *without.options).code == 1


def test_versions_change_only_on_request(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread"])
    workplace.build("bread")
    workplace.install("soup")
    workplace.build_tastes(version="2.0", requires=["bread"])
    workplace.build("bread", version="1.1")
    assert refresh(workplace).stdout.startswith("nothing to do: 2 packages")
    done = refresh(workplace, "--upgrade", "soup", "--dry-run")
    assert done.stdout.splitlines()[0] == " ~ soup 1.0 (sweet) -> 2.0 (sweet)"
    assert "bread" not in done.stdout
    done = refresh(workplace, "--upgrade")
    assert "installed 2 packages" in done.stdout
    assert requested(workplace) == {"soup"}


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_what_others_installed_is_refreshed_too(workplace: Workplace, tool: str) -> None:
    workplace.build_tastes()
    page = workplace.folder / "page"
    page.mkdir()
    # They know no variants, and take the wheel under a name without a label.
    salty = workplace.wheels / "soup-1.0-py3-none-any-salty.whl"
    shutil.copyfile(salty, page / "soup-1.0-py3-none-any.whl")
    where = ("--no-index", "--find-links", str(page))
    if tool == "pip":
        pip(workplace.environment, "install", *where, "soup")
    else:
        uv(workplace.environment, "pip", "install", "--no-cache", *where, "soup")
    assert builds(workplace) == {"soup": "salty"}
    done = refresh(workplace)
    assert done.code == 0, done.stderr
    assert builds(workplace) == {"soup": "sweet"}
    assert requested(workplace) == {"soup"}


FAST, SLOW = (("--set", f"x86_64 :: level :: {level}") for level in ("v3, v2", "v2"))


def build_levels(workplace: Workplace) -> None:
    """Build variants for two levels of the processor."""
    for level in ("v3", "v2"):
        workplace.build("simd", label=level, properties={"x86_64": {"level": [level]}})


def test_what_no_source_has_any_more_is_kept_while_it_fits(workplace: Workplace) -> None:
    build_levels(workplace)
    workplace.build("bread")
    workplace.install("simd", "bread", *FAST)
    for wheel in workplace.wheels.iterdir():
        wheel.unlink()
    done = refresh(workplace, *FAST)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("nothing to do: 2 packages")
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    check = workplace.run("check", *where, "--strict", *FAST)
    assert check.code == 0
    assert "`simd 1.0` is at no source" in check.stdout
    before = workplace.tree()
    done = refresh(workplace, *SLOW)
    assert done.code == 1
    assert "error: `simd 1.0 (v3)` does not fit: `x86_64 :: level` must be `v3`" in done.stderr
    assert "hint: " in done.stderr
    document: Any = refresh(workplace, "--json", *SLOW).document
    assert [each["kind"] for each in document["findings"]] == ["variant-unfit"]
    assert workplace.tree() == before


def test_a_build_that_vanished_is_kept_while_it_fits(workplace: Workplace) -> None:
    build_levels(workplace)
    workplace.install("simd", *FAST)
    (workplace.wheels / "simd-1.0-py3-none-any-v3.whl").unlink()
    assert refresh(workplace, *FAST).stdout.startswith("nothing to do")
    done = refresh(workplace, *SLOW)
    assert done.code == 0
    assert builds(workplace) == {"simd": "v2"}


def test_what_nobody_needs_and_what_is_ones_own_stays(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread"])
    workplace.build("bread")
    own = workplace.build("knife", version="9.0")
    workplace.install("soup", str(own))
    workplace.run("uninstall", "soup", "--python", workplace.python)
    # Nothing needs bread now, but that is not this refresh's doing.
    assert refresh(workplace).stdout.startswith("nothing to do: 2 packages")
    assert set(builds(workplace)) == {"bread", "knife"}


def test_another_machine_is_only_asked_what_if(workplace: Workplace) -> None:
    build_levels(workplace)
    workplace.install("simd", *FAST)
    target = workplace.folder / "old.toml"
    target.write_text(
        'python = "3.11"\nplatform = "manylinux_2_28_x86_64"\n[properties.x86_64]\nlevel = ["v2"]\n'
    )
    done = refresh(workplace, "--for", target)
    assert done.code == 2
    assert "add `--dry-run`" in done.stderr
    done = refresh(workplace, "--for", target, "--dry-run")
    assert done.code == 0, done.stderr
    assert done.stdout.startswith(" ~ simd 1.0 (v3) -> 1.0 (v2)\n")


def test_a_plain_wheel_gives_way_to_a_variant_of_the_same_version(workplace: Workplace) -> None:
    workplace.build()
    workplace.install("soup")
    workplace.build_tastes(tastes=TASTES)
    done = refresh(workplace)
    assert done.code == 0, done.stderr
    assert builds(workplace) == {"soup": "sweet"}
    assert requested(workplace) == {"soup"}


def test_builds_follow_the_abi_of_what_changed_beside_them(workplace: Workplace) -> None:
    for version in ("2.9.1", "2.10.0"):
        workplace.build("tensor", version=version)
    for label, release in (("t29", "2.9"), ("t210", "2.10")):
        workplace.build(
            "attention",
            label=label,
            properties={"abi_dependency": {"tensor": [release]}},
            requires=["tensor"],
        )
    assert workplace.install("attention", "tensor==2.9.1").code == 0
    assert builds(workplace)["attention"] == "t29"
    where = ("--no-index", "--find-links", str(workplace.wheels))
    pip(workplace.environment, "install", *where, "--no-deps", "tensor==2.10.0")
    done = workplace.run("check", *where, "--python", workplace.python)
    assert done.code == 1
    assert "`attention 1.0 (t29)` was built for `tensor==2.9.*`" in done.stdout
    done = refresh(workplace)
    assert done.code == 0, done.stderr
    assert done.stdout.endswith("attention 1.0 (t210)\n")
    assert workplace.run("check", *where, "--python", workplace.python, "--strict").code == 0


def test_an_agreement_by_hand_is_kept_and_another_is_followed(workplace: Workplace) -> None:
    build_world(workplace)
    step = STORY[-1]
    both = ("--variant", "stats=openblas", "--variant", "linalg=v3_openblas")
    done = workplace.install("stats", *both, *step.options)
    assert done.code == 0, done.stderr
    # openblas was chosen by hand once; that mkl is in front is no reason to swap it.
    assert refresh(workplace, *step.options).stdout.startswith("nothing to do")
    config = workplace.folder / "whichwheel.toml"
    config.write_text('[axes.blas]\nvalue = "mkl"\n')
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    check = workplace.run("check", *where, "--offline", *step.options)
    assert "`blas_lapack :: library = mkl` was chosen" in " ".join(check.stdout.split())
    done = refresh(workplace, *step.options)
    assert done.code == 0, done.stderr
    assert builds(workplace) == {"stats": "mkl", "linalg": "v3_mkl"}


def test_what_cannot_be_had_together_is_one_message(workplace: Workplace) -> None:
    workplace.build("soup", requires=["bread<2"])
    workplace.build("bread")
    workplace.build("bread", version="2.0")
    workplace.install("soup", "bread")
    pip(
        workplace.environment,
        *("install", "--no-index", "--find-links", str(workplace.wheels), "--no-deps"),
        "bread==2.0",
    )
    before = workplace.tree()
    done = refresh(workplace)
    assert done.code == 1
    assert "error: the installed versions cannot be had together in any builds: " in done.stderr
    assert workplace.tree() == before
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    document: Any = workplace.run("check", *where, "--json").document
    found = {each["kind"] for each in document["findings"]}
    assert found == {"dependency-version", "unresolvable"}
    done = refresh(workplace, "--upgrade")
    assert done.code == 0, done.stderr
    assert workplace.run("check", *where, "--strict").code == 0


def test_what_only_the_user_can_choose_is_not_asked_again(workplace: Workplace) -> None:
    given = ("--set", "mpi :: implementation :: openmpi, mpich")
    for library in ("openmpi", "mpich"):
        workplace.build(
            "bindings", label=library, properties={"mpi": {"implementation": [library]}}
        )
    config = workplace.folder / "whichwheel.toml"
    config.write_text('[axes.mpi]\nvalue = "mpich"\n')
    assert workplace.install("bindings", *given).code == 0
    assert builds(workplace) == {"bindings": "mpich"}
    config.unlink()
    done = refresh(workplace, *given)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("nothing to do")
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    assert workplace.run("check", *where, "--strict", *given).code == 0


def test_a_build_is_not_given_up_for_a_driver_that_crashes(workplace: Workplace) -> None:
    build_world(workplace)
    first = STORY[0]
    workplace.install("tensor", *first.options, env=first.variables)
    before = workplace.tree()
    driver = build_driver(workplace.folder / "driver", options={"NVML_CODE": 999, "CRASH": 1})
    env = {"LD_LIBRARY_PATH": driver["LD_LIBRARY_PATH"]}
    done = refresh(workplace, *first.options, env=env)
    assert done.code == 1, done.stdout
    assert "error: `tensor 2.9 (cu126)` does not fit: " in done.stderr
    assert "hint: the build is kept" in done.stderr
    assert workplace.tree() == before


def test_a_banned_build_is_swapped_or_told_if_there_is_no_other(workplace: Workplace) -> None:
    workplace.build_tastes(tastes=["sweet", "salty"])
    assert workplace.install("soup").code == 0
    swapped = refresh(workplace, "--ban", "label:sweet")
    assert swapped.code == 0, swapped.stderr
    assert "soup 1.0 (salty)" in swapped.stdout
    before = workplace.tree()
    done = refresh(workplace, "--ban", "taste")
    assert done.code == 1
    assert "`soup 1.0 (salty)` is not what you want: `taste` is banned" in done.stderr
    assert "`whichwheel refresh --upgrade soup` looks at other versions" in done.stderr
    assert workplace.tree() == before

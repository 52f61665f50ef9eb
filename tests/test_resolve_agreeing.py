from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from support.resolutions import Box, found, installed_package
from support.targets import written_target
from support.wheels import WheelSpec
from whichwheel.resolve.axes.axes import Axes, AxisStrategy, Exclusion
from whichwheel.resolve.failures import AxisNotChosen, Conflict
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.resolution import Resolution

Properties = Mapping[str, Mapping[str, Sequence[str]]]

SUPPORTED = {
    "blas_lapack": {"library": ["mkl", "openblas", "blis"]},
    "mpi": {"implementation": ["openmpi", "mpich", "msmpi"]},
    "openmp": {"runtime": ["libiomp5", "libgomp"]},
    "nvidia": {"cuda_version_lower_bound": ["13.0", "12.8", "11.8"]},
}


def blas(value: str) -> Properties:
    return {"blas_lapack": {"library": [value]}}


def mpi(value: str) -> Properties:
    return {"mpi": {"implementation": [value]}}


def cuda(value: str) -> Properties:
    return {"nvidia": {"cuda_version_lower_bound": [value]}}


def abi(**releases: Sequence[str]) -> Properties:
    return {"abi_dependency": releases}


def wheel(name: str, version: str, label: str, properties: Properties, *requires: str) -> WheelSpec:
    return WheelSpec(name, version, label=label, properties=properties, requires=requires)


def of_blas(name: str, version: str, *values: str, null: bool = False) -> list[WheelSpec]:
    built = [wheel(name, version, value, blas(value)) for value in values]
    return built + ([wheel(name, version, "null", {})] if null else [])


def of_cuda(name: str, *values: str, null: bool = False) -> list[WheelSpec]:
    built = [wheel(name, "1.0", f"cu{value.replace('.', '')}", cuda(value)) for value in values]
    return built + ([wheel(name, "1.0", "null", {})] if null else [])


def box(folder: Path, *wheels: WheelSpec) -> Box:
    made = Box.of(folder, *wheels)
    made.target = written_target(SUPPORTED)
    return made


def choosing(*texts: str, strategy: AxisStrategy | None = None) -> ResolveOptions:
    axes = Axes.shipped().choosing(texts, "--axis")
    if strategy is not None:
        axes = Axes(axes.by_name, axes.chosen, axes.excludes, strategy)
    return ResolveOptions(axes=axes)


def agreed(resolution: Resolution) -> dict[str, str]:
    return {each.axis: each.value for each in resolution.agreed}


def told(resolution: Resolution) -> dict[str, str]:
    return {warning.kind: warning.message for warning in resolution.warnings}


def test_packages_agree_on_a_value_and_the_result_says_which(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_blas("num", "1.0", "mkl", "openblas"),
        *of_blas("sci", "1.0", "openblas", "blis"),
        WheelSpec("plain"),
    )
    resolution = packages.resolve("num", "sci", "plain")
    assert found(resolution) == {"num": "1.0 openblas", "plain": "1.0", "sci": "1.0 openblas"}
    [value] = resolution.agreed
    assert (value.axis, value.shown, value.value) == ("blas", "blas_lapack :: library", "openblas")
    assert value.by == ("num", "sci")
    assert resolution.steps > 0
    assert (
        "`num 1.0` is taken, and not what is better: `mkl` is built for"
        in (told(resolution)["variant-fallback"])
    )


# The order in which an agreement is reached: another variant without the feature, else another
# version, else another value.
def test_a_build_without_the_feature_comes_before_another_version(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_blas("num", "1.0", "mkl"),
        *of_blas("sci", "2.0", "openblas", null=True),
        *of_blas("sci", "1.0", "mkl"),
    )
    resolution = packages.resolve("num", "sci")
    assert found(resolution) == {"num": "1.0 mkl", "sci": "2.0 null"}
    message = told(resolution)["variant-fallback"]
    assert "`openblas` is built for `blas_lapack :: library = openblas`" in message
    assert "`num 1.0` for `mkl`" in message


def test_another_version_comes_before_another_value(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_blas("num", "1.0", "mkl", "openblas"),
        *of_blas("sci", "2.0", "openblas"),
        *of_blas("sci", "1.0", "mkl"),
    )
    resolution = packages.resolve("num", "sci")
    assert found(resolution) == {"num": "1.0 mkl", "sci": "1.0 mkl"}
    assert "is built for" in told(resolution)["version-fallback"]


def test_another_value_comes_before_a_failure(tmp_path: Path) -> None:
    packages = box(
        tmp_path, *of_blas("num", "1.0", "mkl", "openblas"), *of_blas("sci", "1.0", "openblas")
    )
    assert agreed(packages.resolve("num", "sci")) == {"blas": "openblas"}


def test_no_agreement_is_a_failure_that_names_axis_and_packages(tmp_path: Path) -> None:
    packages = box(tmp_path, *of_blas("num", "1.0", "mkl"), *of_blas("sci", "1.0", "openblas"))
    with pytest.raises(Conflict) as caught:
        packages.resolve("num", "sci")
    message = caught.value.message
    assert "`num 1.0` is built for `blas_lapack :: library = mkl`" in message
    assert "`sci 1.0` is built for `blas_lapack :: library = openblas`" in message
    assert caught.value.axes == ("blas_lapack :: library",)
    assert '--axis "blas_lapack :: library = VALUE"' in (caught.value.hint or "")


def test_the_user_chooses_a_value(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_blas("num", "1.0", "mkl", "openblas", "blis"),
        *of_blas("sci", "1.0", "openblas", null=True),
    )
    resolution = packages.resolve("num", "sci", options=choosing("blas = blis"))
    assert found(resolution) == {"num": "1.0 blis", "sci": "1.0 null"}
    assert resolution.agreed[0].because == "chosen (--axis)"
    # That `num` is not for its favourite is what the user wants; `sci` has nothing for it.
    [warning] = resolution.warnings
    assert warning.kind == "variant-fallback"
    assert "`null` of `sci 1.0` is taken" in warning.message
    assert "is chosen (--axis)" in warning.message


def test_a_value_that_nothing_has_leaves_builds_without_one_or_fails(tmp_path: Path) -> None:
    packages = box(
        tmp_path, *of_blas("num", "1.0", "mkl", null=True), *of_blas("sci", "1.0", "mkl")
    )
    essl = choosing("blas = essl")
    assert found(packages.resolve("num", options=essl)) == {"num": "1.0 null"}
    with pytest.raises(Conflict, match=r"is chosen \(--axis\)"):
        packages.resolve("sci", options=essl)


def test_what_is_installed_binds_what_comes(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_blas("num", "1.0", "mkl", "openblas"),
        *of_blas("sci", "1.0", "mkl", "openblas"),
        *of_blas("only", "1.0", "mkl"),
    )
    num = installed_package("num", "1.0", label="openblas", properties=blas("openblas"))
    resolution = packages.resolve("sci", installed=[num])
    assert found(resolution) == {"sci": "1.0 openblas"}
    assert resolution.agreed[0].because == "`num` is installed for it"
    with pytest.raises(Conflict, match=r"`num 1\.0`, which stays, is built for"):
        packages.resolve("only", installed=[num])


def test_a_chosen_value_swaps_what_is_installed_in_the_same_version(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_blas("num", "1.0", "mkl", "openblas"),
        *of_blas("num", "2.0", "mkl", "openblas"),
        *of_blas("sci", "1.0", "mkl", "openblas"),
    )
    num = installed_package("num", "1.0", label="openblas", properties=blas("openblas"))
    resolution = packages.resolve("sci", installed=[num], options=choosing("blas = mkl"))
    assert found(resolution) == {"num": "1.0 mkl", "sci": "1.0 mkl"}
    assert [pin.requested for pin in resolution.pins] == [False, True]


def test_an_environment_that_is_mixed_already_is_told(tmp_path: Path) -> None:
    packages = box(tmp_path, *of_blas("sci", "1.0", "mkl", "openblas"))
    mixed = [
        installed_package("a", "1.0", label="mkl", properties=blas("mkl")),
        installed_package("b", "1.0", label="blis", properties=blas("blis")),
    ]
    resolution = packages.resolve("sci", installed=mixed)
    assert found(resolution) == {"sci": "1.0 mkl"}
    assert "`a` and `b` were built for mkl and blis" in told(resolution)["axis-mixed"]


def test_mpi_has_to_be_chosen(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        wheel("mpi4x", "1.0", "ompi", mpi("openmpi")),
        wheel("mpi4x", "1.0", "mpich", mpi("mpich")),
    )
    with pytest.raises(AxisNotChosen) as caught:
        packages.resolve("mpi4x")
    assert caught.value.offers == {"openmpi": ("mpi4x",), "mpich": ("mpi4x",)}
    assert "`openmpi`: `mpi4x`; `mpich`: `mpi4x`" in caught.value.message
    assert '--axis "mpi :: implementation = openmpi"' in (caught.value.hint or "")
    assert "`value` in `[axes.mpi]` of `whichwheel.toml`" in (caught.value.hint or "")
    chosen = packages.resolve("mpi4x", options=choosing("mpi = mpich"))
    assert found(chosen) == {"mpi4x": "1.0 mpich"}
    there = installed_package("other", "1.0", label="x", properties=mpi("mpich"))
    assert found(packages.resolve("mpi4x", installed=[there])) == {"mpi4x": "1.0 mpich"}


def test_the_cuda_major_is_an_axis(tmp_path: Path) -> None:
    packages = box(tmp_path, *of_cuda("torch", "13.0", "12.8"), *of_cuda("cupy", "12.8", "11.8"))
    resolution = packages.resolve("torch", "cupy")
    assert found(resolution) == {"cupy": "1.0 cu128", "torch": "1.0 cu128"}
    assert agreed(resolution) == {"cuda": "12"}


def test_values_that_exclude_one_another_do_not_meet(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_blas("num", "1.0", "mkl", "openblas"),
        wheel("threads", "1.0", "gomp", {"openmp": {"runtime": ["libgomp"]}}),
    )
    exclusion = Exclusion(("blas", "mkl"), ("openmp", "libgomp"), "a file")
    shipped = Axes.shipped()
    options = ResolveOptions(axes=Axes(shipped.by_name, {}, (exclusion,)))
    assert found(packages.resolve("num", "threads", options=options)) == {
        "num": "1.0 openblas",
        "threads": "1.0 gomp",
    }
    both = ResolveOptions(
        axes=Axes(shipped.by_name, {}, (exclusion,)).choosing(["blas = mkl"], "--axis")
    )
    with pytest.raises(Conflict, match="excludes `openmp :: runtime = libgomp`"):
        packages.resolve("num", "threads", options=both)


def test_most_packages_is_one_flag(tmp_path: Path) -> None:
    wheels = [
        *of_blas("a", "1.0", "mkl", "openblas"),
        *of_blas("b", "1.0", "openblas", null=True),
        *of_blas("c", "1.0", "openblas", null=True),
    ]
    packages = box(tmp_path, *wheels)
    assert agreed(packages.resolve("a", "b", "c")) == {"blas": "mkl"}
    resolution = packages.resolve(
        "a", "b", "c", options=choosing(strategy=AxisStrategy.MOST_PACKAGES)
    )
    assert found(resolution) == {"a": "1.0 openblas", "b": "1.0 openblas", "c": "1.0 openblas"}
    assert resolution.agreed[0].because == "best of 2 combinations (`most-packages`)"
    assert resolution.warnings == ()


def test_the_newest_that_all_can_share_is_one_flag(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        *of_cuda("a", "13.0", "12.8", "11.8", null=True),
        *of_cuda("b", "12.8", "11.8", null=True),
    )
    assert agreed(packages.resolve("a", "b")) == {"cuda": "13"}
    newest = choosing(strategy=AxisStrategy.NEWEST)
    assert agreed(packages.resolve("a", "b", options=newest)) == {"cuda": "12"}


def test_a_build_matches_the_release_of_its_dependency(tmp_path: Path) -> None:
    builds = [
        wheel("vllm", "1.0", f"t{release.replace('.', '')}", abi(torch=[release]), "torch")
        for release in ("2.8", "2.9", "2.10")
    ]
    packages = box(tmp_path, *builds, *(WheelSpec("torch", f"2.{n}.0") for n in (8, 9, 10, 11)))
    assert found(packages.resolve("vllm")) == {"torch": "2.10.0", "vllm": "1.0 t210"}
    older = packages.resolve("vllm", "torch<2.10")
    assert found(older) == {"torch": "2.9.0", "vllm": "1.0 t29"}
    assert older.warnings == (), "the build for the torch that is taken is no fallback"
    torch = installed_package("torch", "2.8.0")
    resolution = packages.resolve("vllm", installed=[torch])
    assert found(resolution) == {"vllm": "1.0 t28"}
    with pytest.raises(Conflict, match=r"vllm"):
        packages.resolve("vllm", "torch==2.11.0")


def test_the_most_specific_match_comes_first_and_several_are_alternatives(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        wheel("vllm", "1.0", "any", abi(torch=["2"])),
        wheel("vllm", "1.0", "minor", abi(torch=["2.9"])),
        wheel("vllm", "1.0", "patches", abi(torch=["2.8.0", "2.7.0"])),
        *(WheelSpec("torch", version) for version in ("2.6.0", "2.7.0", "2.8.0", "2.9.0")),
    )

    def with_torch(version: str) -> str:
        return found(packages.resolve("vllm", f"torch=={version}"))["vllm"]

    assert with_torch("2.9.0") == "1.0 minor"
    assert with_torch("2.8.0") == with_torch("2.7.0") == "1.0 patches"
    assert with_torch("2.6.0") == "1.0 any"
    # A build for torch needs torch, whether or not it says so besides.
    assert found(packages.resolve("vllm")) == {"torch": "2.9.0", "vllm": "1.0 minor"}


def test_both_backtrack_over_versions_and_abis(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        wheel("vllm", "2.0", "t210", abi(torch=["2.10"])),
        wheel("vllm", "1.0", "t29", abi(torch=["2.9"])),
        wheel("flash_attn", "1.0", "t29", abi(torch=["2.9"])),
        *(WheelSpec("torch", f"2.{n}.0") for n in (9, 10)),
    )
    assert found(packages.resolve("vllm", "flash-attn")) == {
        "flash-attn": "1.0 t29",
        "torch": "2.9.0",
        "vllm": "1.0 t29",
    }


def test_a_value_that_is_no_release_is_refused_with_a_reason(tmp_path: Path) -> None:
    packages = box(
        tmp_path,
        wheel("vllm", "1.0", "odd", abi(torch=["2.9.0.1"])),
        wheel("vllm", "1.0", "null", {}),
        WheelSpec("torch", "2.9.0"),
    )
    assert found(packages.resolve("vllm")) == {"vllm": "1.0 null"}
    [refused] = [each for each in packages.explain("vllm").judgements if each.rank is None]
    assert "`2.9.0.1` is no release of up to three numbers" in refused.reasons[0].message


def test_a_changed_dependency_that_breaks_an_installed_build_is_told(tmp_path: Path) -> None:
    packages = box(tmp_path, *(WheelSpec("torch", f"2.{n}.0") for n in (8, 9)))
    installed = [
        installed_package("torch", "2.8.0"),
        installed_package("vllm", "1.0", label="t28", properties=abi(torch=["2.8"])),
    ]
    kept = packages.resolve("torch", installed=installed, options=ResolveOptions(upgrade=True))
    assert found(kept) == {}
    forced = packages.resolve("torch>=2.9", installed=installed)
    assert found(forced) == {"torch": "2.9.0"}
    message = told(forced)["breaks-installed"]
    assert "`vllm 1.0`, which stays, needs `torch ==2.8.*`" in message
    assert "`whichwheel refresh vllm`" in message


def test_an_explanation_heeds_a_chosen_value(tmp_path: Path) -> None:
    packages = box(tmp_path, *of_blas("num", "1.0", "mkl", "openblas", null=True))
    choice = packages.explain("num", choosing("blas = openblas"))
    assert choice.chosen is not None
    assert choice.chosen.name.label == "openblas"
    [refused] = [each for each in choice.judgements if each.rank is None]
    assert refused.reasons[0].message == (
        "it is built for `blas_lapack :: library = mkl`, and `openblas` is chosen (--axis)"
    )

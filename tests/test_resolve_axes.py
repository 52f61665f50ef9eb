from pathlib import Path

import pytest

from whichwheel.resolve.axes.axes import (
    SHIPPED_NAMESPACES,
    Axes,
    AxisChoice,
    AxisStrategy,
    InvalidAxis,
)
from whichwheel.resolve.axes.axis import Axis, AxisPolicy, AxisReading
from whichwheel.resolve.axes.axis_reading import configured_axes
from whichwheel.spec.properties import VariantFeature, VariantProperties
from whichwheel.target.described.configuration import read_configuration
from whichwheel.target.described.configuration_file import InvalidConfiguration

SHIPPED = Axes.shipped()


def test_what_the_shipped_axes_are_about_is_known_without_reading_them() -> None:
    assert SHIPPED.namespaces == SHIPPED_NAMESPACES


def configured(folder: Path, text: str) -> Axes:
    (folder / "whichwheel.toml").write_text(text)
    return configured_axes(read_configuration(folder).sections("axes"))


@pytest.mark.parametrize(
    ("properties", "claims"),
    [
        ({"blas_lapack": {"library": ("mkl",)}}, {"blas": ("mkl",)}),
        ({"blas_lapack": {"library": ("openblas64", "mkl_rt")}}, {"blas": ("openblas", "mkl")}),
        ({"nvidia": {"cuda_version_lower_bound": ("12.8", "12.6")}}, {"cuda": ("12",)}),
        ({"nvidia": {"sm_arch": ("90_real",)}}, {}),
        ({"amd": {"rocm_version": ("6.4",), "gfx_arch": ("gfx942",)}}, {"rocm": ("6",)}),
        ({"openmp": {"runtime": ("gomp", "libgomp")}}, {"openmp": ("libgomp",)}),
        ({"mpi": {"library": ("ompi",)}}, {"mpi": ("openmpi",)}),
        ({"nvidia": {"cuda_version_lower_bound": ("new",)}}, {}),
        # Two features of one axis: what both say.
        (
            {"mpi": {"implementation": ("mpich", "openmpi"), "library": ("ompi",)}},
            {"mpi": ("openmpi",)},
        ),
        ({}, {}),
    ],
)
def test_what_variants_claim(
    properties: VariantProperties, claims: dict[str, tuple[str, ...]]
) -> None:
    assert SHIPPED.claims(properties) == claims


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("libscipy_openblas64_-ff651d7f.so", {"blas": "openblas"}),
        ("libmkl_rt.so.2", {"blas": "mkl"}),
        ("libgomp-a34b3233.so.1.0.0", {"openmp": "libgomp"}),
        ("libomp.dylib", {"openmp": "libomp"}),
        ("libiomp5md.dll", {"openmp": "libiomp5"}),
        ("libompstub.so", {}),
        ("libcudart.so.12", {"cuda": "12"}),
        ("libcudart-c3a75b33.so.12.8.90", {"cuda": "12"}),
        ("msmpi.dll", {"mpi": "msmpi"}),
        ("numpy.py", {}),
    ],
)
def test_files_show_what_a_plain_wheel_bundles(name: str, value: dict[str, str]) -> None:
    found = {
        axis.name: each for axis in SHIPPED.by_name.values() for each in axis.bundled(iter([name]))
    }
    assert found == value


def test_an_axis_is_found_by_name_and_by_each_feature() -> None:
    assert SHIPPED.find("blas_lapack::library").name == "blas"
    assert SHIPPED.find(" mpi :: library ").name == "mpi"
    assert SHIPPED.find("cuda").reading is AxisReading.MAJOR
    with pytest.raises(InvalidAxis, match="no such axis") as caught:
        SHIPPED.find("blaz")
    assert caught.value.hint == "perhaps `blas` is meant"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("blas_lapack :: library = mkl", ("blas", "mkl")),
        ("blas=mkl_rt", ("blas", "mkl")),
        ("cuda = 12.8", ("cuda", "12")),
    ],
)
def test_a_value_is_chosen_by_any_spelling(text: str, value: tuple[str, str]) -> None:
    chosen = SHIPPED.choosing([text], "--axis").chosen
    assert chosen == {value[0]: AxisChoice(value[1], "--axis")}


@pytest.mark.parametrize(
    ("texts", "why", "hint"),
    [
        (["blas"], "it has no `=`", "write it as"),
        (["blas = mlk"], "it has no value `mlk`", "perhaps `mkl` is meant"),
        (["cuda = new"], "its values are major versions", "write it as `12`"),
        (["sm_arch = 90"], "there is no such axis", "there are `blas`"),
        (["blas = mkl", "blas = openblas"], "`mkl` was chosen too", "choose one"),
    ],
)
def test_what_chooses_nothing_is_told(texts: list[str], why: str, hint: str) -> None:
    with pytest.raises(InvalidAxis) as caught:
        SHIPPED.choosing(texts, "--axis")
    assert why in caught.value.why
    assert hint in (caught.value.hint or "")


def test_configuration_adds_to_the_axes_and_chooses(tmp_path: Path) -> None:
    axes = configured(
        tmp_path,
        """
[axes]
strategy = "most-packages"
[axes.blas]
value = "mkl"
prefer = ["mkl", "openblas"]
policy = "must-choose"
[axes.fpga]
features = ["fpga :: family"]
values = ["agilex", "versal"]
[axes.openmp]
policy = "free"
[axes.excludes]
"mpi :: implementation :: msmpi" = ["fpga :: versal"]
""",
    )
    blas = axes.by_name["blas"]
    assert axes.strategy is AxisStrategy.MOST_PACKAGES
    assert (blas.policy, blas.prefer) == (AxisPolicy.MUST_CHOOSE, ("mkl", "openblas"))
    assert blas.features == SHIPPED.by_name["blas"].features
    assert axes.chosen["blas"].value == "mkl"
    assert axes.chosen["blas"].origin == f"{tmp_path / 'whichwheel.toml'}, line 5"
    assert axes.by_name["fpga"].features == (VariantFeature("fpga", "family"),)
    assert axes.claims({"openmp": {"runtime": ("libgomp",)}}) == {}
    [exclusion] = axes.excludes
    assert (exclusion.first, exclusion.second) == (("mpi", "msmpi"), ("fpga", "versal"))


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("axes = 3", ["line 1: `axes` is a number, expected a table"]),
        ("[axes]\nblas = 3", ["line 2: `axes.blas` is a number, expected a table"]),
        ("[axes]\nstrategy = 'best'", ["line 2: `axes.strategy` is `best`, expected `preferred`"]),
        ("[axes.fpga]\n", ["`axes.fpga` is not known, and has no `features`"]),
        ("[axes.blas]\npolicy = 'Free'\n", ["line 2: `axes.blas.policy` is `Free`, expected"]),
        ("[axes.blas]\nvalue = 'mlk'\n", ["it has no value `mlk` (perhaps `mkl` is meant"]),
        ("[axes.blas]\nprefers = []\n", ["is not known, did you mean `prefer`?"]),
        ("[axes.blas]\nprefer = ['MKL', 3]\n", ["prefer[0]` is `MKL`", "prefer[1]` is a number"]),
        ("[axes.blas]\nfeatures = ['blas']\n", ["features[0]` is `blas`, expected features"]),
        (
            "[axes.excludes]\n'mpi' = ['blas :: mkl']\n'mpi :: msmpi' = ['mpi :: mpich']\n",
            ["is `mpi`, expected a property", "excludes a value of its own axis"],
        ),
        ("[axes.excludes]\n'mpi :: msmpi' = 'blas :: mkl'\n", ["expected a list of properties"]),
        ("[axes.Blas]\nfeatures = ['a :: b']\n", ["`axes.Blas` is no name of an axis"]),
    ],
)
def test_every_fault_of_a_configuration_is_told(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        configured(tmp_path, text)
    for fault in faults:
        assert fault in caught.value.message


def test_an_axis_of_no_properties_claims_nothing() -> None:
    assert Axis("x", (VariantFeature("a", "b"),)).claims({"a": {"c": ("1",)}}) == ()

from collections.abc import Sequence
from pathlib import Path

from support.resolutions import Box, installed_package
from support.targets import written_target
from support.wheels import WheelSpec
from whichwheel.choose.choice import Choice
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.narrowing import narrowed
from whichwheel.resolve.resolution import InstalledPackage


def blas(*values: str) -> dict[str, dict[str, Sequence[str]]]:
    return {"blas_lapack": {"library": values}}


def scipy(folder: Path) -> Box:
    box = Box.of(
        folder,
        WheelSpec("scipy", label="openblas", properties=blas("openblas")),
        WheelSpec("scipy", label="mkl", properties=blas("mkl")),
        WheelSpec("scipy", label="any", properties=blas("mkl", "blis")),
        WheelSpec("scipy"),
    )
    box.target = written_target({"blas_lapack": {"library": ["openblas", "mkl", "blis"]}})
    return box


def judged(
    box: Box, *installed: InstalledPackage, name: str = "scipy", axes: Axes | None = None
) -> Choice:
    project = box.sources.project(installed_package(name, "1").name)
    assert project is not None
    [release] = project.releases.values()
    preferences = narrowed(Preferences(), axes, installed)
    return choose(release, box.sources.variants(release), box.target, preferences)


def against(choice: Choice) -> dict[str | None, str]:
    return {
        each.wheel.name.label: each.reasons[0].message
        for each in choice.judgements
        if each.rank is None
    }


def test_what_is_installed_binds_what_comes(tmp_path: Path) -> None:
    numpy = installed_package("numpy", "2.0", label="mkl", properties=blas("mkl"))
    choice = judged(scipy(tmp_path), numpy)
    assert [each.wheel.name.label for each in choice.ranked] == ["any", "mkl", None]
    assert against(choice) == {
        "openblas": "it is built for `blas_lapack :: library = openblas`, and the installed "
        "`numpy 2.0` is built for `mkl`"
    }


def test_values_in_common_bind_and_a_mixture_does_not_forbid_both(tmp_path: Path) -> None:
    box = scipy(tmp_path)
    wide = installed_package("a", "1", label="w", properties=blas("mkl", "openblas"))
    narrow = installed_package("b", "1", label="n", properties=blas("openblas"))
    other = installed_package("c", "1", label="o", properties=blas("mkl"))
    assert set(against(judged(box, wide, narrow))) == {"mkl", "any"}
    assert against(judged(box, narrow, other)) == {}


def test_a_chosen_value_counts_more_than_an_installed_one(tmp_path: Path) -> None:
    numpy = installed_package("numpy", "2.0", label="mkl", properties=blas("mkl"))
    axes = Axes.shipped().choosing(["blas = openblas"], "--axis")
    choice = judged(scipy(tmp_path), numpy, axes=axes)
    assert set(against(choice)) == {"mkl", "any"}
    assert against(choice)["mkl"].endswith("and `openblas` is chosen (--axis)")


def test_the_version_of_a_dependency_binds_builds_that_were_made_for_one(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        *(
            WheelSpec(
                "flash", label=f"t{minor}", properties={"abi_dependency": {"torch": [f"2.{minor}"]}}
            )
            for minor in (8, 9)
        ),
    )
    assert judged(box, name="flash").chosen is not None
    choice = judged(box, installed_package("torch", "2.8.1"), name="flash")
    assert choice.chosen is not None
    assert choice.chosen.name.label == "t8"
    assert against(choice) == {"t9": "it is built for `torch` 2.9, and 2.8.1 is installed"}


def test_what_settles_nothing_leaves_preferences_as_they_are() -> None:
    preferences = Preferences(variants=False)
    assert narrowed(preferences, None) is preferences
    assert narrowed(preferences, Axes.shipped()) is preferences

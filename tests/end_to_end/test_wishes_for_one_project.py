"""What is wished for one project, in a project's own configuration."""

from typing import Any

import pytest

from support.workplace import Workplace

BOTH = ("--set", "blas_lapack :: library :: openblas, mkl")
WISH = '{table}]\nrequire = ["blas_lapack :: library :: mkl"]\n'
FILES = {
    "whichwheel.toml": WISH.format(table="[packages.NumPy"),
    "pyproject.toml": '[project]\nname = "mine"\nversion = "1"\n\n'
    + WISH.format(table="[tool.whichwheel.packages.numpy"),
}

configured = pytest.mark.parametrize("filename", FILES)


def _builds(workplace: Workplace, filename: str) -> None:
    (workplace.folder / filename).write_text(FILES[filename], "utf-8")
    for project in ("numpy", "scipy"):
        for library in ("mkl", "openblas"):
            workplace.build(
                project,
                label=library,
                properties={"blas_lapack": {"library": [library]}},
                namespaces=["blas_lapack"],
            )
        workplace.build(project)


def _labels(workplace: Workplace) -> dict[str, str | None]:
    packages: Any = workplace.run("list", "--python", workplace.python, "--json").document[
        "packages"
    ]
    return {each["name"]: each["label"] for each in packages}


@configured
def test_explain_obeys_it_for_that_project_alone(workplace: Workplace, filename: str) -> None:
    _builds(workplace, filename)
    labels = {}
    for project in ("numpy", "scipy"):
        packages: Any = workplace.explain(project, *BOTH, "--json").document["packages"]
        labels[project] = packages[0]["chosen"]["label"]
    assert labels == {"numpy": "mkl", "scipy": "openblas"}
    refused = workplace.explain("numpy", *BOTH)
    assert "it has no `blas_lapack :: library :: mkl`, which is required" in refused.stdout
    assert filename in refused.stdout


@configured
def test_install_obeys_it_and_installs_nothing_else_instead(
    workplace: Workplace, filename: str
) -> None:
    _builds(workplace, filename)
    before = workplace.tree()
    without = workplace.install("numpy", "--set", "blas_lapack :: library :: openblas")
    assert without.code == 1
    assert "which is required" in without.stderr
    assert workplace.tree() == before
    done = workplace.install("numpy", *BOTH)
    assert (done.code, done.stderr) == (0, "")
    assert _labels(workplace) == {"numpy": "mkl"}
    # BLAS is one for the whole environment, so what is required of one binds the other.
    assert workplace.install("numpy", "scipy", *BOTH).code == 0
    assert _labels(workplace) == {"numpy": "mkl", "scipy": "mkl"}


@configured
def test_lock_obeys_it(workplace: Workplace, filename: str) -> None:
    _builds(workplace, filename)
    lock = workplace.folder / "pylock.toml"
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    done = workplace.run("lock", "numpy", *where, *BOTH, "-o", lock)
    assert (done.code, done.stderr) == (0, "")
    text = lock.read_text("utf-8")
    assert "numpy-1.0-py3-none-any-mkl.whl" in text
    assert "numpy-1.0-py3-none-any-openblas.whl" not in text
    assert "numpy-1.0-py3-none-any.whl" not in text
    synced = workplace.run("sync", lock, "--python", workplace.python, *BOTH)
    assert synced.code == 0
    assert _labels(workplace) == {"numpy": "mkl"}
    without = ("--set", "blas_lapack :: library :: openblas")
    refused = workplace.run(
        "lock", "numpy", *where, *without, "-o", workplace.folder / "pylock.no.toml"
    )
    assert refused.code == 1
    assert "which is required" in refused.stderr

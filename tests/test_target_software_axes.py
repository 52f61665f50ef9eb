import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from support.listings import rebuild
from whichwheel.target.described.target_file import read_target_file
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.catalogue import CATALOGUE, PROVIDERS, ProviderKind
from whichwheel.target.rules.rule import Rule
from whichwheel.target.rules.rule_file import read_rules
from whichwheel.target.rules.rule_provider import detect_rule
from whichwheel.target.rules.shipped_rules import shipped_rules
from whichwheel.target.rules.surroundings import Surroundings

RECORDED = Path(__file__).parent / "data" / "software_axes"
AXES = {"mpi": "implementation", "openmp": "runtime", "blas_lapack": "library"}
EASYBUILD = "/CHBS/apps/EB/software/MPICH/4.2.0-GCCcore-9.3.0/lib64"


def rule_of(namespace: str) -> Rule:
    (rule,) = read_rules(shipped_rules()[namespace])
    return rule


def detected(
    namespace: str,
    root: Path,
    *,
    prefix: str = "",
    system: str = "linux",
    environ: Mapping[str, str] | None = None,
) -> Facts:
    surroundings = Surroundings(
        environ or {},
        prefixes=[prefix] if prefix else [],
        root=root,
        system=system,
        machine="x86_64",
    )
    return detect_rule(rule_of(namespace), surroundings)


class Machine(NamedTuple):
    """A recorded one.

    :param expected: values by namespace, from what its packages are (see README.md beside it)
    """

    name: str
    expected: Mapping[str, list[str]]
    system: str = "linux"
    prefix: str = ""
    library_path: str = ""


MACHINES = (
    Machine(
        "debian_12_openmpi",
        {
            "mpi": ["openmpi"],
            "openmp": ["libgomp", "libomp"],
            "blas_lapack": ["openblas", "netlib"],
        },
    ),
    Machine(
        "debian_12_mpich",
        {"mpi": ["mpich"], "openmp": ["libgomp"], "blas_lapack": ["blis", "netlib"]},
    ),
    Machine("rhel_9_mpich", {"mpi": ["mpich"]}, library_path=EASYBUILD),
    # Without `module load` nothing finds it.
    Machine("rhel_9_mpich", {}),
    Machine(
        "conda_mpich",
        {"mpi": ["mpich"], "openmp": ["libgomp"]},
        prefix="/home/user/.conda/envs/nbk-env",
    ),
    Machine("opensuse_openblas", {"blas_lapack": ["openblas"]}),
    Machine(
        "venv_linux_intel",
        {"mpi": ["intelmpi"], "openmp": ["libiomp5"], "blas_lapack": ["mkl"]},
        prefix="/venv",
    ),
    Machine("venv_linux_intel", {}, prefix="/other"),
    Machine(
        "venv_windows_intel",
        {"mpi": ["intelmpi"], "openmp": ["libiomp5"]},
        system="win32",
        prefix="C:\\venv",
    ),
    Machine("venv_linux_openmpi", {"mpi": ["openmpi"]}, prefix="/venv"),
    Machine("venv_linux_mpich", {"mpi": ["mpich"]}, prefix="/venv"),
    Machine("venv_macos_openmpi", {"mpi": ["openmpi"]}, system="darwin", prefix="/venv"),
    Machine("venv_macos_mpich", {"mpi": ["mpich"]}, system="darwin", prefix="/venv"),
    Machine("homebrew_openmpi", {"mpi": ["openmpi"]}, system="darwin"),
    Machine("homebrew_libomp", {"openmp": ["libomp"]}, system="darwin"),
)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_real_systems_have_what_their_packages_are(tmp_path: Path, machine: Machine) -> None:
    root = rebuild(tmp_path, (RECORDED / f"{machine.name}.txt").read_text())
    found = {}
    for namespace, feature in AXES.items():
        facts = detected(
            namespace,
            root,
            prefix=machine.prefix,
            system=machine.system,
            environ={"LD_LIBRARY_PATH": machine.library_path},
        )
        properties = PROVIDERS[namespace].properties(facts)
        if properties:
            found[namespace] = list(properties[feature])
        else:
            assert facts[f"{namespace}.present"].value is False
    assert found == machine.expected


def test_versions_are_those_that_file_names_tell(tmp_path: Path) -> None:
    root = rebuild(tmp_path, (RECORDED / "debian_12_openmpi.txt").read_text())
    assert detected("mpi", root).texts("mpi.implementation_versions") == ("openmpi 40.30.4",)
    versions = detected("blas_lapack", root).texts("blas_lapack.library_versions")
    assert versions == ("openblas 0.3.21", "netlib 3")
    assert detected("openmp", root).texts("openmp.runtime_versions") == (
        "libgomp 1.0.0",
        "libomp 5",
    )


def test_the_source_of_a_fact_is_the_library_and_its_folder(tmp_path: Path) -> None:
    root = rebuild(tmp_path, (RECORDED / "debian_12_openmpi.txt").read_text())
    fact = detected("mpi", root)["mpi.implementation"]
    assert fact.origin is Origin.DETECTED
    assert fact.source == (
        "library `libmpi.so.40` in /usr/lib/x86_64-linux-gnu (libmpi.so.40.30.4)"
    )


def test_why_names_the_library_that_is_there_or_missing(tmp_path: Path) -> None:
    root = rebuild(tmp_path, (RECORDED / "debian_12_openmpi.txt").read_text())
    facts = detected("mpi", root)
    why = PROVIDERS["mpi"].why
    assert why is not None
    assert why(facts, "implementation", "openmpi") == (
        "there is library `libmpi.so.40` in /usr/lib/x86_64-linux-gnu (libmpi.so.40.30.4)"
    )
    assert why(facts, "implementation", "msmpi") == (
        "`msmpi` needs library `msmpi.dll`, and that was not found"
    )
    assert why(facts, "implementation", "lam") == (
        "`lam` is no value of `implementation`,"
        " which may be `openmpi`, `mpich`, `intelmpi`, `msmpi`"
    )
    assert why(facts, "colour", "red") == (
        "`colour` is no feature of `mpi`, which has `implementation`"
    )
    given = Facts([Fact("mpi.implementation", ("mpich",), Origin.GIVEN, "box.toml")])
    assert why(given, "implementation", "openmpi") == (
        "`mpi.implementation` was given as `mpich` (box.toml)"
    )


def test_accelerate_is_there_on_macos(tmp_path: Path) -> None:
    # The folder is on disk in every release; only the library itself moved into the cache.
    (tmp_path / "System/Library/Frameworks/Accelerate.framework").mkdir(parents=True)
    facts = detected("blas_lapack", tmp_path, system="darwin")
    assert facts.texts("blas_lapack.library") == ("accelerate",)


def test_open_mpi_1_10_is_not_taken_for_mpich(tmp_path: Path) -> None:
    # Its own libraries' versions: libmpi.so.12 and libopen-rte.so.12 (VERSION of Open MPI 1.10).
    rebuild(tmp_path, "/usr/lib64/libmpi.so.12\n/usr/lib64/libopen-rte.so.12\n")
    assert detected("mpi", tmp_path)["mpi.present"].value is False


def test_a_target_file_gives_an_axis(tmp_path: Path) -> None:
    path = tmp_path / "cluster.toml"
    path.write_text(
        'python = "3.12"\nplatform = "manylinux_2_28_x86_64"\n'
        '[facts.mpi]\nimplementation = ["mpich"]\n'
        "[facts.openmp]\npresent = false\n"
    )
    target = read_target_file(path)
    for namespace, features in (("mpi", {"implementation": ("mpich",)}), ("openmp", {})):
        answer = target.machine.support(namespace, None)
        assert getattr(answer, "features", None) == features
        assert answer == target.machine.support(namespace, None)


def test_the_axes_are_providers_of_software_that_load_no_library() -> None:
    for namespace in AXES:
        entry = CATALOGUE[namespace]
        assert entry.kind is ProviderKind.SOFTWARE
        # The published packages of these names answer a fixed list, whatever the machine has.
        assert entry.packages == ()
        assert not PROVIDERS[namespace].isolated


@pytest.mark.skipif(sys.platform != "linux", reason="compares with the loader of Linux")
def test_what_this_machine_has_the_loader_finds_too() -> None:
    import ctypes  # noqa: PLC0415 -- only here

    facts = PROVIDERS["openmp"].detect(os.environ)
    loadable = True
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        loadable = False
    assert not loadable or "libgomp" in facts.texts("openmp.runtime")

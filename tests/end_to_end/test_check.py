"""`whichwheel check`, from the outside: what is wrong with an environment, and the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.command import Completed
from support.environments import pip
from support.workplace import Workplace


def check(workplace: Workplace, *arguments: str | Path, **env: str) -> Completed:
    """Check against the folder of wheels alone."""
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    return workplace.run("check", *where, *arguments, env=env)


def kinds(workplace: Workplace, *arguments: str | Path, **env: str) -> list[tuple[str, str]]:
    """Return severity and kind of every finding."""
    document: Any = check(workplace, "--json", *arguments, **env).document
    assert document["format"] == "whichwheel-check/1"
    return [(found["severity"], found["kind"]) for found in document["findings"]]


def dist_info(workplace: Workplace, name: str) -> Path:
    """Return the folder that holds a package's metadata."""
    (found,) = workplace.environment.interpreter.paths["purelib"].glob(f"{name}-*.dist-info")
    return found


def test_all_is_well(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread>=1"])
    workplace.build("bread")
    assert workplace.install("soup").code == 0
    done = check(workplace)
    assert done.code == 0, done.stdout
    assert done.stdout.startswith("checked 2 packages with ")
    assert done.stdout.endswith(" for this machine in " + done.stdout.partition(" in ")[2])
    assert done.stdout.endswith(": all is well\n")
    offline = check(workplace, "--offline", "--no-verify")
    assert "(no source was asked for other builds, no hash was compared)" in offline.stdout


def test_an_empty_environment_is_well(workplace: Workplace) -> None:
    done = check(workplace)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("checked 0 packages with 0 files for this machine in ")


def test_a_build_that_does_not_fit_is_an_error_that_names_the_fact(workplace: Workplace) -> None:
    workplace.build("simd", label="v3", properties={"x86_64": {"level": ["v3"]}})
    workplace.install("simd", "--set", "x86_64 :: level :: v3")
    done = check(workplace, "--offline", "--set", "x86_64 :: level :: v2, v1")
    assert done.code == 1
    text = " ".join(done.stdout.split())
    assert "error: `simd 1.0 (v3)` does not fit: `x86_64 :: level` must be `v3`" in text
    assert "hint: `whichwheel refresh simd` looks for a build that does" in text
    assert text.endswith(": 1 error (no source was asked for other builds)")


def test_another_machine_is_checked_for(workplace: Workplace) -> None:
    workplace.build("simd", label="v3", properties={"x86_64": {"level": ["v3"]}})
    workplace.build("plain", tag="py3-none-manylinux_2_17_x86_64")
    workplace.build("modern", requires_python=">=3.11")
    workplace.install("simd", "plain", "modern", "--set", "x86_64 :: level :: v3")
    target = workplace.folder / "board.toml"
    target.write_text('python = "3.10"\nplatform = "manylinux_2_28_aarch64"\n')
    found = kinds(workplace, "--offline", "--for", target)
    assert sorted(found) == [
        ("error", "platform-unfit"),
        ("error", "python-unfit"),
        ("error", "variant-unfit"),
    ]
    assert "for board in " in check(workplace, "--offline", "--for", target).stdout


def test_dependencies_with_variant_markers_are_missed(workplace: Workplace) -> None:
    workplace.build_tastes(
        requires=['spoon>=2; variant_label == "sweet"', 'fork; variant_label == "salty"', "bread"]
    )
    workplace.build("bread", requires=['butter; extra == "rich"'], extras=["rich"])
    workplace.install("soup", "--no-deps")
    workplace.install("bread")
    done = check(workplace, "--offline")
    assert done.code == 1
    assert "`soup 1.0 (sweet)` needs `spoon>=2`, which is not installed" in done.stdout
    assert "fork" not in done.stdout
    assert "butter" not in done.stdout
    workplace.build("spoon", version="1.0")
    workplace.install("spoon", "--no-deps")
    done = check(workplace, "--offline")
    assert "needs `spoon>=2`, and `spoon 1.0` is installed" in done.stdout


def test_extras_that_were_asked_for_count(workplace: Workplace) -> None:
    workplace.build("bread", requires=['butter; extra == "rich"'], extras=["rich"])
    workplace.build("butter")
    workplace.install("bread[rich]")
    assert check(workplace).code == 0
    workplace.run("uninstall", "butter", "--python", workplace.python)
    done = check(workplace)
    assert done.code == 1
    assert "`bread 1.0` needs `butter`" in done.stdout


def test_two_packages_that_write_one_file_are_found(workplace: Workplace) -> None:
    workplace.build("one", files={"shared/core.py": "one = 1\n", "shared/__init__.py": ""})
    workplace.build("two", files={"shared/core.py": "two = 2\n", "shared/__init__.py": ""})
    # whichwheel refuses to do this; pip does not.
    for name in ("one", "two"):
        where = ("--no-index", "--find-links", str(workplace.wheels))
        pip(workplace.environment, "install", *where, name)
    document: Any = check(workplace, "--json").document
    (found,) = document["findings"]
    assert (found["severity"], found["kind"]) == ("error", "files-overwritten")
    assert found["packages"] == ["one", "two"]
    assert [Path(path).name for path in found["facts"]["files"]] == ["core.py"]


def test_two_runtimes_are_found_by_the_names_of_files(workplace: Workplace) -> None:
    workplace.build("gnu", files={"gnu.libs/libgomp-a34b3233.so.1.0.0": "gomp"})
    workplace.build("intel", files={"intel/lib/libiomp5.so": "iomp"})
    assert workplace.install("gnu").code == 0
    assert check(workplace).code == 0
    done = workplace.install("intel")
    assert done.code == 0
    # And at install, never silently, and only by whom it brought.
    assert "warning: more than one `openmp :: runtime` in one environment" in done.stderr
    assert "`gnu 1.0` (`gnu.libs/libgomp-a34b3233.so.1.0.0`)" in done.stderr
    assert "`intel 1.0` (`intel/lib/libiomp5.so`)" in done.stderr
    workplace.build("bread")
    assert workplace.install("bread").stderr == ""
    document: Any = workplace.install("intel", "--reinstall", "--json").document
    assert [each["kind"] for each in document["warnings"]] == ["two-runtimes"]
    done = check(workplace)
    assert done.code == 0
    text = " ".join(done.stdout.split())
    assert "warning: more than one `openmp :: runtime` in one environment" in text
    assert "`libgomp` with `gnu 1.0` (`gnu.libs/libgomp-a34b3233.so.1.0.0`)" in text
    assert "`libiomp5` with `intel 1.0` (`intel/lib/libiomp5.so`)" in text
    assert check(workplace, "--strict").code == 1


def test_a_variant_and_a_bundle_disagree(workplace: Workplace) -> None:
    given = ("--set", "openmp :: runtime :: libomp")
    workplace.build("ours", label="llvm", properties={"openmp": {"runtime": ["libomp"]}})
    workplace.build("intel", files={"intel/lib/libiomp5.so": "iomp"})
    workplace.install("ours", "intel", *given)
    assert kinds(workplace, *given) == [("warning", "two-runtimes")]
    # What a person does not bind does not count.
    (workplace.folder / "whichwheel.toml").write_text('[axes.openmp]\npolicy = "free"\n')
    assert kinds(workplace, *given) == []


def test_variants_that_disagree_on_an_axis_are_an_error(workplace: Workplace) -> None:
    both = ("--set", "blas_lapack :: library :: mkl, openblas")
    for name, library in (("stats", "mkl"), ("linalg", "openblas"), ("fits", "mkl")):
        workplace.build(name, label=library, properties={"blas_lapack": {"library": [library]}})
        wheel = workplace.wheels / f"{name}-1.0-py3-none-any-{library}.whl"
        page = workplace.folder / "page"
        page.mkdir(exist_ok=True)
        (page / f"{name}-1.0-py3-none-any.whl").write_bytes(wheel.read_bytes())
        pip(workplace.environment, "install", "--no-index", "--find-links", str(page), name)
    document: Any = check(workplace, "--json", "--offline", *both).document
    (found,) = document["findings"]
    assert (found["severity"], found["kind"]) == ("error", "axis-disagrees")
    assert found["packages"][0] == "linalg"
    assert found["facts"]["values"] == {
        "linalg": ["openblas"],
        "fits": ["mkl"],
        "stats": ["mkl"],
    }


def test_a_build_for_another_abi_is_an_error(workplace: Workplace) -> None:
    workplace.build("tensor", version="2.9.1")
    workplace.build("tensor", version="2.10.0")
    for label, release in (("t29", "2.9"), ("t210", "2.10")):
        workplace.build(
            "attention",
            label=label,
            properties={"abi_dependency": {"tensor": [release]}},
            requires=["tensor"],
        )
    page = workplace.folder / "page"
    page.mkdir()
    wheel = workplace.wheels / "attention-1.0-py3-none-any-t29.whl"
    (page / "attention-1.0-py3-none-any.whl").write_bytes(wheel.read_bytes())
    where = ("--no-index", "--find-links", str(page), "--find-links", str(workplace.wheels))
    pip(workplace.environment, "install", *where, "attention", "tensor==2.9.1")
    assert kinds(workplace, "--offline") == []
    pip(workplace.environment, "install", *where, "tensor==2.10.0")
    done = check(workplace, "--offline")
    assert done.code == 1
    text = " ".join(done.stdout.split())
    assert "`attention 1.0 (t29)` was built for `tensor==2.9.*`, and `tensor 2.10.0` is" in text


def test_changed_and_missing_files_are_found_and_bytecode_is_not(workplace: Workplace) -> None:
    workplace.build("soup", files={"soup/a.py": "a = 1\n", "soup/b.py": "b = 1\n"})
    workplace.install("soup", "--compile", "--link-mode", "copy")
    site = workplace.environment.interpreter.paths["purelib"]
    for compiled in site.rglob("*.pyc"):
        compiled.write_bytes(b"other")
    assert check(workplace).code == 0
    (site / "soup" / "a.py").write_text("a = 2\n")
    (site / "soup" / "b.py").unlink()
    done = check(workplace)
    assert done.code == 1
    assert "of `soup 1.0`, not as it was installed: `soup/a.py`" in done.stdout
    assert "of `soup 1.0`, missing: `soup/b.py`" in done.stdout
    # The size is the same.
    assert kinds(workplace, "--no-verify") == [("error", "files-missing")]


DAMAGES = {
    "no METADATA": ("METADATA", None, "metadata-unreadable"),
    "METADATA of nobody": ("METADATA", b"\xff\xfe\0", "metadata-unreadable"),
    "no RECORD": ("RECORD", None, "record-unreadable"),
    "RECORD of noise": ("RECORD", b"\x80\x81\n", "record-unreadable"),
    "RECORD of other lines": ("RECORD", b"a,b\n\n", "record-unreadable"),
    "RECORD with a bad size": ("RECORD", b"soup/__init__.py,sha256=x,many\n", "record-unreadable"),
    "RECORD with open quotes": ("RECORD", b'"soup/__init__.py,sha256=x,1\n', "record-unreadable"),
    "RECORD with a NUL": ("RECORD", b"so\0up,sha256=x,1\n", "record-unreadable"),
    "no variant.json": ("variant.json", None, "variant-unreadable"),
    "variant.json of noise": ("variant.json", b"\xff{", "variant-unreadable"),
    "variant.json of a list": ("variant.json", b"[]", "variant-unreadable"),
    "whichwheel.json of noise": ("whichwheel.json", b"\xff{", "variant-unreadable"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_distribution_is_a_finding_and_no_traceback(
    workplace: Workplace, damage: str
) -> None:
    name, content, kind = DAMAGES[damage]
    workplace.build_tastes()
    workplace.install("soup", "--link-mode", "copy")
    path = dist_info(workplace, "soup") / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    done = check(workplace, "--json")
    assert done.stderr == ""
    document: Any = done.document
    assert kind in {found["kind"] for found in document["findings"]}
    if name != "whichwheel.json":
        assert done.code == 1
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    done = workplace.run("refresh", *where)
    assert "internal error" not in done.stderr


def test_a_folder_in_place_of_a_file_is_a_finding(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.install("soup")
    for name in ("RECORD", "variant.json"):
        path = dist_info(workplace, "soup") / name
        path.unlink()
        path.mkdir()
    done = check(workplace)
    assert done.code == 1
    assert "internal" not in done.stderr


def test_one_name_twice_and_leftovers_are_found(workplace: Workplace) -> None:
    workplace.build("soup")
    workplace.install("soup")
    folder = dist_info(workplace, "soup")
    (folder.with_name("soup-0.9.dist-info")).mkdir()
    other = folder.with_name("soup-0.9.dist-info") / "METADATA"
    other.write_text("Metadata-Version: 2.1\nName: soup\nVersion: 0.9\n")
    folder.with_name("~oup-0.8.dist-info").mkdir()
    (folder.with_name("~oup-0.8.dist-info") / "METADATA").write_text("Name: oup\nVersion: 0.8\n")
    found = kinds(workplace, "--offline")
    assert ("error", "installed-twice") in found
    assert ("warning", "leftover") in found
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    done = workplace.run("refresh", *where)
    assert done.code == 0, done.stderr


def test_names_are_checked_and_sources_may_fail(workplace: Workplace) -> None:
    workplace.build("soup")
    workplace.install("soup")
    done = check(workplace, "soop")
    assert done.code == 1
    assert "error: `soop` is not installed\nhint: did you mean `soup`?\n" in done.stderr
    assert check(workplace, "not a name").code == 2
    # Port 9 discards; nothing listens there.
    gone = ("--index-url", "http://127.0.0.1:9/simple", "--retries", "0")
    done = workplace.run("check", *gone, "--python", workplace.python)
    assert done.code == 0
    assert "warning: whether other builds would be better is not known" in done.stdout


def test_the_document_has_all_that_the_text_says(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.install("soup", "--variant", "soup=salty")
    document: Any = check(workplace, "--json").document
    findings = document.pop("findings")
    assert document.pop("target")["name"] == "this machine"
    assert document.pop("files") > 4
    assert document == {
        "format": "whichwheel-check/1",
        "environment": str(workplace.environment.interpreter.prefix),
        "packages": 1,
        "asked_sources": True,
        "verified": True,
        "counts": {"error": 0, "warning": 1, "note": 0},
    }
    assert json.dumps(findings)
    assert findings[0]["kind"] == "better-build"
    assert findings[0]["facts"] == {"from": "salty", "to": "sweet", "version": "1.0"}


def test_a_fallback_is_a_note_or_an_error_as_the_user_wants(workplace: Workplace) -> None:
    workplace.build("tensor", label="cu12", properties={"nvidia": {"sm_arch": ["90_real"]}})
    workplace.build("tensor", label="null", namespaces=["nvidia"])
    given = ("--set", "nvidia :: sm_arch :: 80_real")
    workplace.install("tensor", *given)
    assert kinds(workplace, *given) == [("note", "fallback")]
    assert check(workplace, *given, "--strict").code == 0
    done = check(workplace, *given, "--fail-on-fallback")
    assert done.code == 1
    assert "error: the `null` variant of `tensor 1.0` serves" in done.stdout
    assert check(workplace, *given, "--fail-on-fallback", "--offline").code == 0
    (workplace.folder / "whichwheel.toml").write_text("fail-on-fallback = true\n")
    assert check(workplace, *given).code == 1
    # Where the build for the GPU fits, this one is no longer the best.
    better = ("--set", "nvidia :: sm_arch :: 90_real")
    assert kinds(workplace, *better) == [("warning", "better-build")]


def test_a_banned_build_is_an_error_that_names_the_rule(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.install("soup")
    config = workplace.folder / "whichwheel.toml"
    config.write_text('ban = ["taste :: kind :: sweet"]\n')
    offline: Any = check(workplace, "--offline", "--json").document
    (found,) = offline["findings"]
    assert (found["severity"], found["kind"]) == ("error", "build-unwanted")
    assert "`taste :: kind :: sweet` is banned" in found["message"]
    assert "whichwheel.toml" in found["message"]
    done = check(workplace)
    assert done.code == 1
    assert "hint: `whichwheel refresh soup` swaps it for `salty`" in done.stdout
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    assert workplace.run("refresh", *where).code == 0
    assert kinds(workplace) == []

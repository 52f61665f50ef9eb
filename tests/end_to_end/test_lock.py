"""`whichwheel lock`, `sync`, `export` and `install -r`, from the outside."""

import json
import os
import time
from typing import Any

import pytest

from support.command import Completed
from support.environments import run_in
from support.index import write_project
from support.locks import LINUX, build_tensor, gets, lifted, lock, lock_table, write_targets
from support.server import serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import PROVIDERS, Workplace


def _installed(workplace: Workplace) -> dict[str, tuple[str, str | None]]:
    done = workplace.run("list", "--python", workplace.python, "--json")
    packages: Any = done.document["packages"]
    return {each["name"]: (each["version"], each["label"]) for each in packages}


def _sync(workplace: Workplace, *arguments: str) -> Completed:
    done = workplace.run("sync", "--python", workplace.python, "--no-index", *arguments)
    assert done.code == 0, done.stderr
    return done


def test_one_file_serves_machines_that_no_marker_tells_apart(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    done = lock(workplace, "tensor")
    assert done.code == 0, done.stderr
    assert "locked 6 packages for 4 targets in " in done.stdout
    assert gets(workplace, "laptop", "server", "old", "mac") == {
        "laptop": ["numbers 1.0", "tensor 2.9 null"],
        "server": ["cublas 12.8.1", "kernels 1.0", "numbers 1.0", "tensor 2.9 cu128"],
        "old": ["cublas 12.6.1", "kernels 1.0", "numbers 1.0", "tensor 2.9 cu126"],
        "mac": ["metal 1.0", "numbers 1.0", "tensor 2.9"],
    }
    table = lock_table(workplace)
    lifted(table)
    assert table["environments"] == [
        "sys_platform == 'darwin' and platform_machine == 'arm64'",
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
    ]
    assert table["requires-python"] == ">=3.11"
    by_name = {package["name"]: package for package in table["packages"]}
    assert by_name["metal"]["marker"] == "sys_platform == 'darwin'"
    assert "marker" not in by_name["numbers"]
    variants = by_name["tensor"]["variants-json"]
    assert variants["variants"] == {
        "cu126": {"nvidia": {"cuda_version_lower_bound": ["12.6"]}},
        "cu128": {"nvidia": {"cuda_version_lower_bound": ["12.8"]}},
    }
    assert variants["$schema"].startswith("https://variants-schema.example/")
    needed = {
        (each["name"], each.get("version")): each.get("marker")
        for each in by_name["tensor"]["dependencies"]
    }
    assert needed["numbers", None] is None
    assert needed["cublas", "12.8.1"] == (
        "'nvidia' in variant_namespaces and variant_label == 'cu128'"
    )


def test_what_cannot_be_upgraded_is_named(workplace: Workplace) -> None:
    build_wheel(workplace.wheels, WheelSpec("one"))
    locking = ("lock", "one", "--no-index", "-f", workplace.wheels)
    assert workplace.run(*locking).code == 0
    build_wheel(workplace.wheels, WheelSpec("one", "2.0"))
    done = workplace.run(*locking, "--check", "-P", "one", "-P", "noe")
    assert done.code == 1
    assert "warning: `noe`, which `--upgrade-package` names, is not in the lock" in done.stderr
    assert done.stdout.splitlines()[-1].endswith("pylock.toml` would change: 1 package")


def test_labels_that_no_target_can_get_are_left_out(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    assert (
        workplace.run("lock", "tensor", "--no-index", "-f", workplace.wheels, "--for", "old").code
        == 0
    )
    tensor = next(each for each in lock_table(workplace)["packages"] if each["name"] == "tensor")
    assert [wheel["path"].rpartition("-")[2] for wheel in tensor["wheels"]] == [
        "cu126.whl",
        "null.whl",
    ]
    assert "cu128" not in tensor["variants-json"]["variants"]


def test_any_is_every_build_there_is(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    where = ("--no-index", "-f", workplace.wheels)
    done = workplace.run("lock", "tensor", *where, "--for", "any", "--for", "laptop")
    assert done.code == 0, done.stderr
    table = lock_table(workplace)
    assert "environments" not in table
    names = [(each["name"], each.get("version")) for each in table["packages"]]
    assert ("cublas", "12.6.1") in names
    assert ("cublas", "12.8.1") in names
    assert gets(workplace, "laptop", "server") == {
        "laptop": ["numbers 1.0", "tensor 2.9 null"],
        "server": ["cublas 12.8.1", "kernels 1.0", "numbers 1.0", "tensor 2.9 cu128"],
    }


def test_what_is_locked_is_what_the_project_needs(workplace: Workplace) -> None:
    project = workplace.folder / "pyproject.toml"
    project.write_text('[project]\nname = "own"\nversion = "1"\ndependencies = ["bread>=1"]\n')
    workplace.build("bread")
    done = workplace.run("lock", "--no-index", "-f", workplace.wheels, "--for", "this")
    assert done.code == 0, done.stderr
    assert lock_table(workplace)["tool"]["whichwheel"]["requirements"] == ["bread>=1"]
    assert _sync(workplace).stdout.startswith("installed 1 package in ")
    assert _installed(workplace) == {"bread": ("1.0", None)}


def test_sync_adds_swaps_and_removes(workplace: Workplace) -> None:
    workplace.build_tastes(requires=["bread"])
    workplace.build("bread")
    workplace.build("bread", version="0.9")
    workplace.build("leftover")
    where = ("--no-index", "-f", workplace.wheels)
    assert workplace.run("lock", "soup", *where, "--for", "this").code == 0
    assert workplace.install("leftover", "bread==0.9", "soup", "--variant", "soup=salty").code == 0
    done = _sync(workplace, "--dry-run")
    summary = "would install 2 packages and uninstall 1 package: "
    assert done.stdout.splitlines() == [
        " ~ bread 0.9 -> 1.0",
        " - leftover 1.0",
        " ~ soup 1.0 (salty) -> 1.0 (sweet)",
        f"{summary}soup 1.0 (sweet), bread 1.0, and no longer leftover 1.0",
    ]
    _sync(workplace)
    assert _installed(workplace) == {"bread": ("1.0", None), "soup": ("1.0", "sweet")}
    before = workplace.tree()
    assert _sync(workplace).stdout == "nothing to do: 2 packages are installed already\n"
    assert workplace.tree() == before


def test_sync_leaves_what_installs_packages(workplace: Workplace) -> None:
    workplace.build("bread")
    for name in ("pip", "setuptools", "wheel", "leftover"):
        workplace.build(name)
    workplace.build("whichwheel", requires=["helper"])
    workplace.build("helper")
    where = ("--no-index", "-f", workplace.wheels)
    assert workplace.run("lock", "bread", *where, "--for", "this").code == 0
    everything = ("pip", "setuptools", "wheel", "whichwheel", "leftover")
    assert workplace.install(*everything).code == 0
    _sync(workplace)
    assert set(_installed(workplace)) == {
        *("bread", "pip", "setuptools", "wheel", "whichwheel", "helper")
    }


def test_installing_a_lock_removes_nothing(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.build("other")
    where = ("--no-index", "-f", workplace.wheels)
    assert workplace.run("lock", "soup", *where, "--for", "this").code == 0
    assert workplace.install("other").code == 0
    done = workplace.run("install", "-r", "pylock.toml", "--python", workplace.python, "--no-index")
    assert done.code == 0, done.stderr
    assert set(_installed(workplace)) == {"other", "soup"}
    assert (
        run_in(workplace.environment, "python", "-c", "import soup; print(soup.label)") == "sweet"
    )


def test_a_lock_goes_with_nothing_that_says_what_to_take(workplace: Workplace) -> None:
    for more in ("bread", "--upgrade", "--require-hashes", "--no-binary=bread"):
        done = workplace.run("install", "-r", "pylock.toml", more, "--python", workplace.python)
        assert (done.code, "a lock says all" in done.stderr) == (2, True)


def test_with_a_filled_cache_nothing_is_asked_of_the_network(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    files = workplace.wheels.iterdir()
    by_name: dict[str, list[Any]] = {}
    for path in sorted(files):
        by_name.setdefault(path.name.partition("-")[0], []).append(path)
    for name, paths in by_name.items():
        write_project(workplace.folder, name, paths)
    with serve(workplace.folder) as server:
        url = f"{server.url}simple/"
        done = workplace.run("lock", "tensor", "-i", url, "--for", "this")
        assert done.code == 0, done.stderr
        assert workplace.run("sync", "--python", workplace.python).code == 0
        table = lock_table(workplace)
        assert {package["index"] for package in table["packages"]} == {url}
        asked = len(server.requests)
        again = workplace.run("lock", "tensor", "-i", url, "--for", "this")
        assert again.stdout.startswith("nothing to do")
        assert len(server.requests) == asked
    assert workplace.run("uninstall", "tensor", "numbers", "--python", workplace.python).code == 0
    done = workplace.run("sync", "--python", workplace.python)
    assert done.code == 0, done.stderr
    assert _installed(workplace) == {"numbers": ("1.0", None), "tensor": ("2.9", "null")}


def test_locking_again_changes_nothing(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    assert lock(workplace, "tensor").code == 0
    path = workplace.folder / "pylock.toml"
    before, written = path.read_bytes(), path.stat().st_mtime_ns
    done = lock(workplace, "tensor")
    assert done.stdout == "nothing to do: `pylock.toml` holds for 4 targets, 6 packages\n"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, written)
    # The same from the beginning, and with everything asked anew.
    path.unlink()
    lock(workplace, "tensor")
    assert path.read_bytes() == before
    assert lock(workplace, "tensor", "-U").stdout.startswith("nothing to do")


def test_only_what_is_upgraded_changes(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    lock(workplace, "tensor")
    path = workplace.folder / "pylock.toml"
    before = path.read_text().splitlines()
    for name in ("numbers", "kernels"):
        build_wheel(workplace.wheels, WheelSpec(name, "2.0"))
    # A build that was published since, of a release that stays.
    build_tensor_more(workplace)
    assert lock(workplace, "tensor").stdout.startswith("nothing to do")
    done = lock(workplace, "tensor", "--check", "-P", "numbers")
    assert (done.code, path.read_text().splitlines()) == (1, before)
    assert " ~ numbers 1.0 -> 2.0\n" in done.stdout
    done = lock(workplace, "tensor", "-P", "numbers")
    assert done.code == 0, done.stderr
    after = path.read_text().splitlines()
    changed = [line for line in after if line not in before]
    # The version, the file, what each of the four targets gets, and the digest of it all.
    assert len(changed) == 7, changed
    assert lock(workplace, "tensor", "--check").code == 0
    assert lock(workplace, "tensor", "-U").stdout.count(" ~ ") == 2


def build_tensor_more(workplace: Workplace) -> None:
    build_wheel(
        workplace.wheels,
        WheelSpec(
            "tensor",
            "2.9",
            label="cu127",
            tag=LINUX,
            properties={"nvidia": {"cuda_version_lower_bound": ["12.7"]}},
            namespaces=["nvidia"],
            providers={"nvidia": {"requires": ["nvidia-variant-provider"]}},
            requires=["numbers"],
        ),
    )


def test_targets_agree_on_versions_where_they_can(workplace: Workplace) -> None:
    write_targets(workplace)
    for version in ("1.0", "2.0"):
        build_wheel(workplace.wheels, WheelSpec("engine", version, requires=["oil"]))
        build_wheel(workplace.wheels, WheelSpec("oil", version))
    # The first target cannot have the newer oil.
    build_wheel(
        workplace.wheels, WheelSpec("brake", requires=["oil<2; sys_platform == 'linux'", "oil"])
    )
    assert lock(workplace, "engine", "brake").code == 0
    found = gets(workplace, "laptop", "mac")
    assert found["laptop"] == found["mac"] == ["brake 1.0", "engine 2.0", "oil 1.0"]


def test_versions_that_differ_have_markers(workplace: Workplace) -> None:
    write_targets(workplace)
    build_wheel(workplace.wheels, WheelSpec("engine", "2.0", tag=LINUX))
    for tag in (LINUX, "cp311-cp311-macosx_14_0_arm64"):
        build_wheel(workplace.wheels, WheelSpec("engine", "1.0", tag=tag))
    assert lock(workplace, "engine").code == 0
    markers = {
        package["version"]: package["marker"] for package in lock_table(workplace)["packages"]
    }
    assert markers == {"1.0": "sys_platform == 'darwin'", "2.0": "sys_platform == 'linux'"}
    assert gets(workplace, "mac")["mac"] == ["engine 1.0"]


def test_a_lock_for_other_machines_serves_this_one_and_says_so(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    assert lock(workplace, "tensor").code == 0
    force = {"NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "12.9"}
    arguments = ("sync", "--python", workplace.python, "--no-index")
    done = workplace.run(*arguments, env=force)
    assert done.code == 0, done.stderr
    assert "made for" not in done.stderr
    assert _installed(workplace)["tensor"] == ("2.9", "cu128")
    where = ("--no-index", "-f", workplace.wheels)
    assert workplace.run("lock", "tensor", *where, "--for", "server").code == 0
    done = workplace.run(*arguments)
    assert done.code == 0, done.stderr
    assert (
        "note: `pylock.toml` was made for `server`; this machine is like none of them, and gets "
        "what fits it\n"
    ) in done.stderr
    assert _installed(workplace) == {"numbers": ("1.0", None), "tensor": ("2.9", "null")}


def test_tables_of_other_tools_stay(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    lock(workplace, "tensor")
    path = workplace.folder / "pylock.toml"
    theirs = '\n[tool.audit]\nlevel = 3\nseen = 2026-01-02\n[[tool.audit.notes]]\ntext = "fine"\n'
    text = path.read_text()
    place = text.index('[[packages]]\nname = "numbers"')
    end = text.index("\n\n", place)
    path.write_text(f"{text[:end]}\n\n[packages.tool]\naudit = {{ok = true}}{text[end:]}{theirs}")
    build_wheel(workplace.wheels, WheelSpec("kernels", "2.0"))
    done = lock(workplace, "tensor", "-P", "kernels")
    assert done.code == 0, done.stderr
    table = lock_table(workplace)
    assert table["tool"]["audit"]["notes"] == [{"text": "fine"}]
    numbers = next(each for each in table["packages"] if each["name"] == "numbers")
    assert numbers["tool"] == {"audit": {"ok": True}}


def test_the_result_is_a_document_for_programs(workplace: Workplace) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    done = lock(workplace, "tensor", "--json")
    document: Any = done.document
    assert document["format"] == "whichwheel-lock/1"
    assert (document["changed"], len(document["targets"])) == (True, 4)
    assert document["changes"][0] == {"name": "cublas", "from": [], "to": ["12.6.1", "12.8.1"]}
    assert {warning["target"] for warning in document["warnings"]} == {"laptop"}
    assert json.loads(done.stdout) == document
    done = workplace.run("lock", "--show", "--for", "laptop", "--for", "mac")
    assert [line.split() for line in done.stdout.splitlines()][:3] == [
        ["name", "version", "variant", "targets"],
        ["metal", "1.0", "-", "mac"],
        ["numbers", "1.0", "-", "all"],
    ]


def test_a_wheel_named_by_path_is_locked_as_an_archive(workplace: Workplace) -> None:
    wheel = workplace.build("bread", requires=["butter"])
    workplace.build("butter")
    where = ("--no-index", "-f", workplace.wheels)
    done = workplace.run("lock", wheel, *where, "--for", "this")
    assert done.code == 0, done.stderr
    by_name = {package["name"]: package for package in lock_table(workplace)["packages"]}
    assert by_name["bread"]["archive"]["path"] == "wheels/bread-1.0-py3-none-any.whl"
    _sync(workplace)
    listed: Any = workplace.run("list", "--python", workplace.python, "--json").document
    assert {each["name"]: each["url"] for each in listed["packages"]} == {
        "bread": wheel.as_uri(),
        "butter": None,
    }
    assert _sync(workplace).stdout.startswith("nothing to do")


def test_variants_that_need_no_detection_are_locked_whole(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.build_null()
    where = ("--no-index", "-f", workplace.wheels)
    assert workplace.run("lock", "soup", *where, "--for", "this").code == 0
    soup = lock_table(workplace)["packages"][0]
    assert soup["variants-json"]["providers"] == PROVIDERS
    assert set(soup["variants-json"]["variants"]) >= {"sweet", "salty"}
    assert "sour" not in soup["variants-json"]["variants"]


@pytest.mark.skipif(os.name == "nt", reason="times are coarse there")
def test_locking_again_is_quick(workplace: Workplace) -> None:
    workplace.build("bread")
    where = ("--no-index", "-f", workplace.wheels, "--for", "this")
    workplace.run("lock", "bread", *where)
    started = time.perf_counter()
    workplace.run("lock", "bread", *where)
    assert time.perf_counter() - started < 5


def test_builds_for_releases_that_are_not_locked_are_left_out(workplace: Workplace) -> None:
    for release in ("2.8", "2.9"):
        build_wheel(workplace.wheels, WheelSpec("torch", f"{release}.0"))
        label = f"torch{release.replace('.', '')}"
        built_for = {"abi_dependency": {"torch": [release]}}
        build_wheel(workplace.wheels, WheelSpec("serving", label=label, properties=built_for))
    write_targets(workplace)
    assert lock(workplace, "serving", "torch<2.9").code == 0
    by_name = {package["name"]: package for package in lock_table(workplace)["packages"]}
    [wheel] = by_name["serving"]["wheels"]
    assert wheel["path"].endswith("serving-1.0-py3-none-any-torch28.whl")
    _sync(workplace)
    assert _installed(workplace)["serving"] == ("1.0", "torch28")

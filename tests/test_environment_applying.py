"""Installing real wheels into real environments, and what pip and uv say of it afterwards."""

import base64
import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.environments import (
    install,
    installed_by_pip,
    new_environment,
    pin_of,
    pip,
    run_in,
    tree,
    uninstall,
    uv,
)
from support.folder_sources import FolderSources
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.applying import UNPACKED_FOLDER, apply_plan
from whichwheel.environment.errors import (
    CacheFailed,
    CannotRemove,
    ChangeFailed,
    FileConflict,
    PlanOutdated,
)
from whichwheel.environment.links import LinkMode
from whichwheel.environment.planning import make_plan
from whichwheel.environment.site import Environment
from whichwheel.resolve.resolution import DirectUrl, Pin, Resolution
from whichwheel.sources.errors import BrokenWheel, HashMismatch
from whichwheel.spec.errors import WhichwheelError

V3 = {"x86_64": {"level": ["v3"]}}


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return new_environment(tmp_path)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def make(tmp_path: Path) -> Callable[[WheelSpec], Path]:
    return lambda spec: build_wheel(tmp_path / "wheels", spec)


Make = Callable[[WheelSpec], Path]


def site(environment: Environment) -> Path:
    return environment.interpreter.paths["purelib"]


def full(name: str = "full", version: str = "1.0", label: str | None = None) -> WheelSpec:
    data = f"{name}-{version}.data"
    return WheelSpec(
        name,
        version,
        label=label,
        properties=V3 if label else {},
        entry_points=f"[console_scripts]\n{name}-say = {name}:say\n",
        files={
            f"{name}/__init__.py": f"def say() -> None:\n    print('{name} {version} {label}')\n",
            f"{data}/scripts/{name}-script": "#!python\nimport sys\nprint(sys.prefix)\n",
            f"{data}/scripts/{name}-sh": "#!/bin/sh\necho shell\n",
            f"{data}/headers/{name}.h": "#define FULL\n",
            f"{data}/data/share/{name}/words.txt": "words\n",
            f"{data}/purelib/{name}/extra.py": "here = True\n",
        },
    )


def test_an_install_is_what_pip_and_uv_expect(
    environment: Environment, cache: Path, make: Make
) -> None:
    pin = pin_of(make(full(label="v3")), properties={"v3": {"x86_64": {"level": ("v3",)}}})
    install(environment, cache, replace(pin, requested=True))
    assert installed_by_pip(environment) == {"full": "1.0"}
    assert "No broken requirements" in pip(environment, "check")
    assert json.loads(uv(environment, "pip", "list", "--format", "json")) == [
        {"name": "full", "version": "1.0"}
    ]
    assert run_in(environment, "full-say") == "full 1.0 v3"
    assert run_in(environment, "full-script") == str(environment.interpreter.prefix)
    assert run_in(environment, "full-sh") == "shell"
    assert run_in(environment, "python", "-c", "import full.extra; print(full.extra.here)")
    headers = environment.interpreter.paths["headers"]
    assert (headers / "full" / "full.h").is_file()
    assert (environment.interpreter.prefix / "share" / "full" / "words.txt").is_file()
    dist_info = site(environment) / "full-1.0.dist-info"
    assert (dist_info / "INSTALLER").read_text() == "whichwheel\n"
    assert (dist_info / "REQUESTED").read_bytes() == b""
    assert not (dist_info / "direct_url.json").exists()
    assert "full-1.0.dist-info/whichwheel.json,sha256=" in (dist_info / "RECORD").read_text()


def test_pip_uninstalls_what_we_installed(
    environment: Environment, cache: Path, make: Make
) -> None:
    before = tree(environment)
    install(environment, cache, pin_of(make(full())))
    pip(environment, "uninstall", "--yes", "full")
    # pip leaves folders of its own choice behind; no file may stay.
    left = {name: content for name, content in tree(environment).items() if content is not None}
    assert left == {name: content for name, content in before.items() if content is not None}


def test_we_uninstall_what_pip_installed(environment: Environment, cache: Path, make: Make) -> None:
    before = tree(environment)
    pip(environment, "install", "--no-index", str(make(full())))
    uninstall(environment, cache, "full")
    assert tree(environment) == before


def test_installing_then_uninstalling_restores_the_tree(
    environment: Environment, cache: Path, make: Make
) -> None:
    before = tree(environment)
    install(environment, cache, pin_of(make(full())), compile_bytecode=True)
    # A run of the package leaves bytecode of its own behind.
    run_in(environment, "full-say")
    uninstall(environment, cache, "full")
    assert tree(environment) == before


def test_installing_twice_does_nothing(environment: Environment, cache: Path, make: Make) -> None:
    pin = pin_of(make(full()))
    install(environment, cache, pin)
    before = tree(environment)
    plan = install(environment, cache, pin)
    assert plan.is_empty
    assert [kept.name for kept in plan.keep] == ["full"]
    assert tree(environment) == before


def test_another_variant_replaces_the_first_whole(
    environment: Environment, cache: Path, make: Make
) -> None:
    first = make(replace(full(), files={**full().files, "full/only_plain.py": ""}))
    install(environment, cache, replace(pin_of(first), requested=True))
    run_in(environment, "full-say")
    plan = install(environment, cache, pin_of(make(full(label="v3"))))
    assert [(each.old.label, each.new.wheel.name.label) for each in plan.replace] == [(None, "v3")]
    assert run_in(environment, "full-say") == "full 1.0 v3"
    assert not (site(environment) / "full" / "only_plain.py").exists()
    # Who asked for the package still has asked for it.
    assert environment.installed()[pin_of(first).name].requested


def test_an_upgrade_leaves_nothing_of_the_old_version(
    environment: Environment, cache: Path, make: Make
) -> None:
    new = pin_of(make(full(version="2.0")))
    install(environment, cache, new)
    expected = tree(environment)
    uninstall(environment, cache, "full")
    install(environment, cache, pin_of(make(full())))
    install(environment, cache, new)
    assert tree(environment) == expected


def test_several_wheels_share_a_namespace_folder(
    environment: Environment, cache: Path, make: Make
) -> None:
    pins = [
        pin_of(make(WheelSpec(f"ns-{x}", files={"ns/__init__.py": "", f"ns/{x}/__init__.py": ""})))
        for x in ("a", "b", "c")
    ]
    before = tree(environment)
    install(environment, cache, *pins)
    run_in(environment, "python", "-c", "import ns.a, ns.b, ns.c")
    uninstall(environment, cache, "ns-a")
    run_in(environment, "python", "-c", "import ns.b, ns.c")
    uninstall(environment, cache, "ns-b", "ns-c")
    assert tree(environment) == before


@pytest.mark.parametrize("mode", [LinkMode.HARDLINK, LinkMode.COPY])
def test_the_link_mode_is_obeyed(
    environment: Environment, cache: Path, make: Make, mode: LinkMode
) -> None:
    install(environment, cache, pin_of(make(full())), link_mode=mode)
    links = (site(environment) / "full" / "__init__.py").stat().st_nlink
    assert links == (2 if mode is LinkMode.HARDLINK else 1)
    assert run_in(environment, "full-say") == "full 1.0 None"


def test_bytecode_is_compiled_on_demand(environment: Environment, cache: Path, make: Make) -> None:
    broken = replace(full(), files={**full().files, "full/template.py": "def {{ name }}"})
    install(environment, cache, pin_of(make(broken)), compile_bytecode=True)
    compiled = {path.name for path in (site(environment) / "full" / "__pycache__").iterdir()}
    assert {name.partition(".")[0] for name in compiled} == {"__init__", "extra"}
    [path] = (site(environment) / "full" / "__pycache__").glob("extra.*")
    assert os.fsencode(site(environment) / "full" / "extra.py") in path.read_bytes()
    # Python takes it for fresh: it does not write it again.
    stamp = path.stat().st_mtime_ns
    run_in(environment, "python", "-c", "import full.extra")
    assert path.stat().st_mtime_ns == stamp


def test_a_wheel_named_by_path_is_remembered(
    environment: Environment, cache: Path, make: Make
) -> None:
    wheel = make(full())
    url = DirectUrl("file:///somewhere/full-1.0-py3-none-any.whl")
    install(environment, cache, pin_of(wheel, direct_url=url))
    dist_info = site(environment) / "full-1.0.dist-info"
    assert json.loads((dist_info / "direct_url.json").read_text()) == {
        "url": url.url,
        "archive_info": {"hashes": {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}},
    }
    assert f"full @ {url.url}" in pip(environment, "freeze")


def test_a_wheel_does_not_speak_in_the_installers_name(
    environment: Environment, cache: Path, make: Make
) -> None:
    info = "full-1.0.dist-info"
    lies = {f"{info}/{name}": "lie" for name in ("INSTALLER", "REQUESTED", "direct_url.json")}
    lies |= {f"{info}/whichwheel.json": "lie", "full/__pycache__/x.cpython-311.pyc": "lie"}
    install(environment, cache, pin_of(make(WheelSpec("full", files=lies))))
    [found] = environment.installed().values()
    assert (found.installer, found.requested, found.url) == ("whichwheel", False, None)
    assert found.source == "https://index.example/simple/"
    assert not (site(environment) / "full" / "__pycache__").exists()


def test_a_known_hash_needs_no_fetch(environment: Environment, cache: Path, make: Make) -> None:
    path = make(full())
    pin = pin_of(path, promise=True)
    install(environment, cache, pin)
    uninstall(environment, cache, "full")
    path.unlink()
    install(environment, cache, pin)
    assert run_in(environment, "full-say") == "full 1.0 None"


def unchanged(
    environment: Environment, error: type[WhichwheelError], change: Callable[[], object]
) -> WhichwheelError:
    before = tree(environment)
    with pytest.raises(error) as caught:
        change()
    assert tree(environment) == before
    return caught.value


def test_two_packages_with_different_files_in_one_place_are_an_error(
    environment: Environment, cache: Path, make: Make
) -> None:
    mine = pin_of(make(WheelSpec("mine", files={"shared/x.py": "1"})))
    theirs = pin_of(make(WheelSpec("theirs", files={"shared/x.py": "2"})))
    error = unchanged(environment, FileConflict, lambda: install(environment, cache, mine, theirs))
    assert "mine 1.0" in error.message
    assert "theirs 1.0" in error.message
    install(environment, cache, theirs)
    error = unchanged(environment, FileConflict, lambda: install(environment, cache, mine))
    assert str(site(environment) / "shared" / "x.py") in error.message


@pytest.mark.parametrize(
    "bad",
    [
        ({"bad-1.0.data/lib/x.py": ""}, "", "install scheme"),
        ({"bad-1.0.data": ""}, "", "install scheme"),
        ({"bad-1.0.data/scripts": ""}, "", "install scheme"),
        ({"bad-1.0.data/scripts/python3": "#!/bin/sh\n"}, "", "not part of the installed"),
        ({"bad-1.0.data/data/pyvenv.cfg": ""}, "", "not part of the installed"),
        ({"bad-1.0.data/purelib/bad/x.py": "", "bad/x.py": ""}, "", "two of its files"),
        ({"bad/a": "", "bad/a/b": ""}, "", "in the way"),
        ({}, "[console_scripts]\n../evil = bad:main\n", "plain name"),
        ({}, "[console_scripts]\npython = bad:main\n", "not part of the installed"),
        ({}, "[console_scripts]\nbad = not an object\n", "entry_points.txt"),
        ({}, "no section\n", "entry_points.txt"),
    ],
)
def test_a_wheel_that_breaks_the_rules_changes_nothing(
    environment: Environment, tmp_path: Path, bad: tuple[dict[str, str], str, str]
) -> None:
    files, entry_points, words = bad
    folder, cache = tmp_path / "wheels", tmp_path / "cache"
    path = build_wheel(folder, WheelSpec("bad", files=files, entry_points=entry_points))
    pins = [pin_of(build_wheel(folder, full())), pin_of(path)]
    error = unchanged(environment, BrokenWheel, lambda: install(environment, cache, *pins))
    assert words in error.message
    assert "bad-1.0-py3-none-any.whl" in error.message


def test_a_wheel_of_another_format_version_changes_nothing(
    environment: Environment, cache: Path, make: Make
) -> None:
    path = rewrite(make(full()), {b"Wheel-Version: 1.0": b"Wheel-Version: 2.0"})
    error = unchanged(environment, BrokenWheel, lambda: install(environment, cache, pin_of(path)))
    assert "Wheel-Version 2.0" in error.message


def rewrite(path: Path, changes: dict[bytes, bytes]) -> Path:
    """Change texts in a wheel's files and make its ``RECORD`` right again."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            if name.endswith("/RECORD"):
                archive.writestr(name, f"{record}{name},,\n")
                continue
            data = content
            for old, new in changes.items():
                data = data.replace(old, new)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            record += f"{name},sha256={digest},{len(data)}\n"
            archive.writestr(name, data)
    return path


def test_a_variant_wheel_must_be_what_its_label_was_chosen_for(
    environment: Environment, cache: Path, make: Make
) -> None:
    path = make(full(label="v3"))
    other = {"v3": {"x86_64": {"level": ("v4",)}}}
    error = unchanged(
        environment,
        BrokenWheel,
        lambda: install(environment, cache, pin_of(path, properties=other)),
    )
    assert "other properties" in error.message
    plain = make(full("plain"))
    relabelled = plain.rename(plain.with_name("plain-1.0-py3-none-any-v3.whl"))
    error = unchanged(
        environment, BrokenWheel, lambda: install(environment, cache, pin_of(relabelled))
    )
    assert "no `variant.json`" in error.message
    renamed = path.rename(path.with_name("full-1.0-py3-none-any-v4.whl"))
    error = unchanged(
        environment, BrokenWheel, lambda: install(environment, cache, pin_of(renamed))
    )
    assert "is that of `v3`, not of `v4`" in error.message


def test_a_file_that_is_not_the_promised_one_changes_nothing(
    environment: Environment, cache: Path, make: Make
) -> None:
    pin = pin_of(make(full()), promise=True)
    make(full(version="1.0", label=None))
    path = make(replace(full(), files={"full/__init__.py": "changed"}))
    assert path.name == pin.wheel.name.filename
    unchanged(environment, HashMismatch, lambda: install(environment, cache, pin))


def test_bytes_kept_under_one_name_do_not_pass_under_another(
    environment: Environment, cache: Path, make: Make
) -> None:
    path = make(full())
    pin = pin_of(path, promise=True)
    install(environment, cache, pin)
    other = path.rename(path.with_name("other-1.0-py3-none-any.whl"))
    error = unchanged(
        environment, BrokenWheel, lambda: install(environment, cache, pin_of(other, promise=True))
    )
    assert "another release" in error.message


def obstruct_with_folder(environment: Environment) -> None:
    (site(environment) / "zzz" / "__init__.py").mkdir(parents=True)


def obstruct_with_file(environment: Environment) -> None:
    (site(environment) / "zzz").write_text("a file in the place of a folder")


def obstruct_with_link(environment: Environment) -> None:
    outside = environment.interpreter.prefix.parent / "outside"
    outside.mkdir()
    (site(environment) / "zzz").symlink_to(outside, target_is_directory=True)


@pytest.mark.parametrize("obstruct", [obstruct_with_folder, obstruct_with_file, obstruct_with_link])
def test_a_failure_half_way_is_undone(
    environment: Environment,
    cache: Path,
    make: Make,
    obstruct: Callable[[Environment], None],
) -> None:
    install(environment, cache, pin_of(make(full())))
    obstruct(environment)
    # The upgrade of `full` is under way when `zzz`, which comes last, fails.
    pins = [pin_of(make(full(version="2.0"))), pin_of(make(WheelSpec("zzz")))]
    error = unchanged(environment, WhichwheelError, lambda: install(environment, cache, *pins))
    assert "zzz" in error.message
    assert run_in(environment, "full-say") == "full 1.0 None"


def test_a_change_that_was_undone_says_so(
    environment: Environment, cache: Path, make: Make
) -> None:
    obstruct_with_file(environment)
    error = unchanged(
        environment,
        ChangeFailed,
        lambda: install(environment, cache, pin_of(make(WheelSpec("zzz")))),
    )
    assert "a file stands where a folder must go" in error.message
    assert "the environment is as before" in error.message


def test_a_file_that_nobody_claims_is_replaced_and_put_back_on_failure(
    environment: Environment, cache: Path, make: Make
) -> None:
    stray = site(environment) / "full" / "__init__.py"
    stray.parent.mkdir()
    stray.write_text("stray")
    obstruct_with_file(environment)
    pins = [pin_of(make(full())), pin_of(make(WheelSpec("zzz")))]
    unchanged(environment, ChangeFailed, lambda: install(environment, cache, *pins))
    assert stray.read_text() == "stray"
    install(environment, cache, pins[0])
    assert run_in(environment, "full-say") == "full 1.0 None"


def test_a_cache_that_cannot_be_written_is_one_clear_message(
    environment: Environment, cache: Path, make: Make
) -> None:
    cache.mkdir()
    (cache / UNPACKED_FOLDER).write_text("a file")
    error = unchanged(
        environment, CacheFailed, lambda: install(environment, cache, pin_of(make(full())))
    )
    assert str(cache) in error.message


def test_a_plan_for_another_state_of_the_environment_is_refused(
    environment: Environment, cache: Path, make: Make
) -> None:
    pin = pin_of(make(full()))
    plan = make_plan(Resolution((pin,)), environment)
    install(environment, cache, pin)
    sources = FolderSources(make(full()).parent)
    unchanged(
        environment,
        PlanOutdated,
        lambda: apply_plan(plan, environment, sources, cache_directory=cache),
    )


def test_a_distribution_without_record_is_not_touched(
    environment: Environment, cache: Path, make: Make
) -> None:
    install(environment, cache, pin_of(make(full())))
    (site(environment) / "full-1.0.dist-info" / "RECORD").unlink()
    error = unchanged(environment, CannotRemove, lambda: uninstall(environment, cache, "full"))
    assert "it was installed by `whichwheel`" in error.message


def test_many_runs_at_once_do_not_interleave(
    environment: Environment, cache: Path, make: Make
) -> None:
    pins = [pin_of(make(full(f"pack{number}"))) for number in range(6)]
    failures: list[BaseException] = []

    def run(pin: Pin) -> None:
        try:
            install(environment, cache, pin)
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(pin,)) for pin in pins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(installed_by_pip(environment)) == {pin.name for pin in pins}

"""What an environment says of itself, whoever installed into it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.environments import install, new_environment, pin_of, pip, uninstall, uv
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.errors import (
    CannotRemove,
    EnvironmentNotWritable,
    ExternallyManaged,
)
from whichwheel.environment.listing import list_installed, listing_json
from whichwheel.environment.site import Environment

V3 = {"x86_64": {"level": ["v3"]}}


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return new_environment(tmp_path)


def site(environment: Environment) -> Path:
    return environment.interpreter.paths["purelib"]


def test_a_fresh_environment_holds_nothing(environment: Environment) -> None:
    assert environment.installed() == {}
    assert list_installed(environment) == ()


def test_the_listing_shows_the_variant_and_where_it_came_from(
    environment: Environment, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    plain = pin_of(build_wheel(wheels, WheelSpec("plain", "2.1")))
    best = build_wheel(wheels, WheelSpec("fast", label="v3", properties=V3))
    fast = pin_of(best, properties={"v3": {"x86_64": {"level": ("v3",)}}}, requested=True)
    install(environment, tmp_path / "cache", plain, fast)
    listing = listing_json(list_installed(environment))
    common = {
        "source": "https://index.example/simple/",
        "installer": "whichwheel",
        "stands-for": None,
    }
    common |= {"url": None, "editable": False}  # type: ignore[dict-item]
    assert json.loads(json.dumps(listing)) == {
        "format": "whichwheel-list/1",
        "packages": [
            {"name": "fast", "version": "1.0", "label": "v3", "requested": True, **common},
            {"name": "plain", "version": "2.1", "label": None, "requested": False, **common},
        ],
    }


def test_the_resolver_learns_requirements_and_properties(
    environment: Environment, tmp_path: Path
) -> None:
    requires = ("other>=2; python_version > '3.8'", "third[x]")
    spec = WheelSpec("fast", label="v3", properties=V3, requires=requires)
    properties = {"v3": {"x86_64": {"level": ("v3",)}}}
    path = build_wheel(tmp_path / "wheels", spec)
    install(environment, tmp_path / "cache", pin_of(path, properties=properties))
    package = environment.installed_packages()[canonicalize_name("fast")]
    assert package.requires == requires
    assert (package.label, package.properties) == ("v3", properties["v3"])


def test_the_label_is_known_where_uv_installed_the_variant(
    environment: Environment, tmp_path: Path
) -> None:
    path = build_wheel(tmp_path / "wheels", WheelSpec("fast", label="null"))
    uv(
        environment,
        "pip",
        "install",
        "--no-index",
        "--preview-features",
        "wheel-variants",
        str(path),
    )
    [found] = environment.installed().values()
    assert (found.name, found.label, found.installer, found.source) == ("fast", "null", "uv", None)


BACKEND = """
import shutil

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    shutil.copy({path!r}, wheel_directory)
    return {name!r}
"""


def test_an_editable_install_is_recognised_and_its_folder_stays(
    environment: Environment, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / "src" / "edited").mkdir(parents=True)
    (project / "src" / "edited" / "__init__.py").write_text("")
    files = {"edited.pth": str(project / "src")}
    wheel = build_wheel(tmp_path / "wheels", WheelSpec("edited", files=files))
    (project / "backend.py").write_text(BACKEND.format(path=str(wheel), name=wheel.name))
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    pip(environment, "install", "--no-index", "--editable", str(project))
    [found] = environment.installed().values()
    assert (found.name, found.editable, found.url) == ("edited", True, project.as_uri())
    uninstall(environment, tmp_path / "cache", "edited")
    assert environment.installed() == {}
    assert (project / "src" / "edited" / "__init__.py").is_file()


def test_legacy_metadata_is_listed_and_never_touched(environment: Environment) -> None:
    home = site(environment)
    (home / "old-1.5-py3.11.egg-info").write_text(
        "Metadata-Version: 1.1\nName: old\nVersion: 1.5\n"
    )
    (home / "older.egg-info").mkdir()
    (home / "older.egg-info" / "PKG-INFO").write_text(
        "Name: Older\nVersion: 0.5\nRequires-Dist: x\n"
    )
    found = {name: str(each.version) for name, each in environment.installed().items()}
    assert found == {"old": "1.5", "older": "0.5"}
    assert environment.installed_packages()[canonicalize_name("older")].requires == ("x",)
    with pytest.raises(CannotRemove, match="keeps no account of files"):
        uninstall(environment, home, "old")


def test_what_is_damaged_does_not_hide_the_rest(environment: Environment, tmp_path: Path) -> None:
    install(environment, tmp_path, pin_of(build_wheel(tmp_path, WheelSpec("good"))))
    home = site(environment)
    (home / "leftover-1.0.dist-info").mkdir()
    (home / "odd-not.a.version.dist-info").mkdir()
    (home / "odd-not.a.version.dist-info" / "METADATA").write_bytes(b"\xff\xfe")
    (home / "file-1.0.dist-info").write_text("")
    damaged = home / "damaged-1.0.dist-info"
    damaged.mkdir()
    (damaged / "METADATA").write_text("")
    for name in ("whichwheel.json", "direct_url.json", "variant.json"):
        (damaged / name).write_text("[" * 100_000)
    assert list(environment.installed()) == ["damaged", "good"]
    assert environment.installed_packages()[canonicalize_name("damaged")].label is None


def test_of_two_with_one_name_the_newer_rules_and_both_go(
    environment: Environment, tmp_path: Path
) -> None:
    install(environment, tmp_path, pin_of(build_wheel(tmp_path, WheelSpec("twice", "9"))))
    other = site(environment) / "twice-10.dist-info"
    (site(environment) / "twice-9.dist-info").rename(other)
    record = (other / "RECORD").read_text().replace("twice-9.", "twice-10.")
    (other / "RECORD").write_text(record)
    build_wheel(tmp_path, WheelSpec("helper"))
    install_beside(environment, tmp_path)
    [found] = [each for each in list_installed(environment) if each.name == "twice"]
    assert found.version == Version("10")
    uninstall(environment, tmp_path, "twice")
    assert environment.distributions() == ()


def install_beside(environment: Environment, folder: Path) -> None:
    """Put a second version beside the first, as a broken tool would."""
    aside = site(environment) / "twice-10.dist-info"
    hidden = folder / "hidden"
    aside.rename(hidden)
    install(environment, folder, pin_of(build_wheel(folder, WheelSpec("twice", "9"))))
    hidden.rename(aside)


def test_an_environment_of_another_tool_is_left_alone(environment: Environment) -> None:
    managed = Environment(replace(environment.interpreter, externally_managed="use  apt\ninstead"))
    with pytest.raises(ExternallyManaged, match="use apt instead") as caught:
        managed.check_writable()
    assert "--break-system-packages" in (caught.value.hint or "")
    managed.check_writable(break_system_packages=True)


def test_an_environment_that_cannot_be_written_is_named(
    environment: Environment, tmp_path: Path
) -> None:
    environment.check_writable()
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    paths = {**environment.interpreter.paths, "purelib": in_the_way / "site-packages"}
    odd = Environment(replace(environment.interpreter, paths=paths))
    with pytest.raises(EnvironmentNotWritable) as caught:
        odd.check_writable()
    assert caught.value.folder == in_the_way
    with pytest.raises(EnvironmentNotWritable), odd.locked():
        pass


def test_a_lock_may_be_nested(environment: Environment) -> None:
    with environment.locked(), environment.locked():
        assert environment.installed() == {}


def test_the_boundary_leaves_the_interpreter_out(environment: Environment, tmp_path: Path) -> None:
    boundary = environment.boundary()
    paths, prefix = environment.interpreter.paths, environment.interpreter.prefix
    inside = (
        paths["purelib"] / "a" / "b.py",
        paths["scripts"] / "python-config",
        prefix / "share/x",
    )
    assert all(boundary.holds(path) for path in inside)
    outside = (
        environment.interpreter.executable,
        paths["scripts"] / "python3.11",
        prefix / "pyvenv.cfg",
        tmp_path / "x",
        paths["purelib"] / ".." / ".." / ".." / ".." / "x",
    )
    assert not any(boundary.holds(path) for path in outside)

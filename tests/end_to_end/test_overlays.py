"""Existing files taken as the variants that overlays say they are, from the outside."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from support.environments import pip, run_in
from support.index import write_project
from support.market import LINUX, XGBOOST, Market, fine
from support.server import Behaviour
from support.wheels import WheelSpec, build_wheel
from whichwheel.report.sizes import size_text

# xgboost: two projects with one import package.


def test_a_build_under_another_name_is_installed_for_the_plain_one(
    market: Market, xgboost: Path
) -> None:
    done = market.run("install", "model", "--overlay", xgboost)
    said = fine(done)
    assert done.stderr == ""
    assert "xgboost-cpu 3.1.1 (null) for xgboost" in said
    assert market.names() == {"model": "1.0", "numpy": "2.3", "xgboost-cpu": "3.1.1"}
    program = "import xgboost.core; print(xgboost.core.build)"
    assert run_in(market.place.environment, "python", "-c", program) == "cpu"
    # Whoever comes later finds it, the overlay named or not.
    either: tuple[tuple[str | Path, ...], ...] = (("--overlay", xgboost), ("--no-overlays",))
    for more in either:
        assert fine(market.run("install", "xgboost", *more)).startswith("nothing to do")
        checked = market.run("check", *more, "xgboost")
        assert "all is well" in checked.stdout + checked.stderr, checked
    listed = fine(market.place.run("list", "--python", market.place.python))
    assert "xgboost-cpu (for xgboost)" in listed
    removed = market.place.run("uninstall", "xgboost", "--python", market.place.python)
    assert "xgboost-cpu 3.1.1 (null) for xgboost" in fine(removed)
    assert market.names() == {"model": "1.0", "numpy": "2.3"}


def test_the_closing_line_says_what_is_saved(market: Market, xgboost: Path) -> None:
    done = market.run("install", "xgboost", "--overlay", xgboost, "--dry-run")
    size = (market.root / "files" / f"xgboost_cpu-3.1.1-{LINUX}.whl").stat().st_size
    plain = (market.root / "files" / f"xgboost-3.1.1-{LINUX}.whl").stat().st_size
    assert size < plain
    assert fine(done).endswith(f"; {size_text(size)} instead of {size_text(plain)}\n")
    document: Any = market.run("install", "xgboost", "--overlay", xgboost, "--dry-run", "--json")
    (pin,) = [each for each in document.document["add"] if each["name"] == "xgboost"]
    assert (pin["size"], pin["plain-size"], pin["label"]) == (size, plain, "null")
    assert pin["stands-in"] == {
        "name": "xgboost-cpu",
        "version": "3.1.1",
        "source": market.index,
        "extras": [],
        "relabelled": False,
    }


def test_a_refresh_swaps_twins_and_what_they_need(market: Market, xgboost: Path) -> None:
    on = ("--overlay", xgboost)
    fine(market.run("install", "model", *on, driver="12.8"))
    assert market.names() == {"model": "1.0", "numpy": "2.3", "nccl": "2.28", "xgboost": "3.1.1"}
    assert "xgboost-cpu 3.1.1 (null) for xgboost" in fine(market.run("refresh", *on))
    assert market.names() == {"model": "1.0", "numpy": "2.3", "xgboost-cpu": "3.1.1"}
    program = "import xgboost.core; print(xgboost.core.build)"
    assert run_in(market.place.environment, "python", "-c", program) == "cpu"
    fine(market.run("refresh", "xgboost-cpu", *on, driver="12.8"))
    assert market.names() == {"model": "1.0", "numpy": "2.3", "nccl": "2.28", "xgboost": "3.1.1"}
    assert run_in(market.place.environment, "python", "-c", program) == "cuda"


def test_what_pip_installed_is_known_for_what_it_is(market: Market, xgboost: Path) -> None:
    market.pip_install("xgboost-cpu")
    on = ("--overlay", xgboost)
    assert "nothing to do" in fine(market.run("install", "xgboost", *on))
    assert "installed 1 package" in fine(market.run("install", "model", *on))
    fine(market.run("refresh", *on, driver="12.8"))
    assert "xgboost" in market.names()
    assert "xgboost-cpu" not in market.names()


def test_twins_that_overwrite_each_other_become_one(market: Market, xgboost: Path) -> None:
    market.pip_install("xgboost", "xgboost-cpu")
    done = market.run("install", "xgboost", "--overlay", xgboost, "--reinstall")
    assert "uninstall" in fine(done)
    assert market.names() == {"numpy": "2.3", "nccl": "2.28", "xgboost-cpu": "3.1.1"}
    assert market.run("check", "--overlay", xgboost, "xgboost-cpu").code == 0


def test_a_build_can_be_asked_for_by_its_own_name(market: Market, xgboost: Path) -> None:
    on = ("--overlay", xgboost)
    fine(market.run("install", "xgboost-cpu==3.1.1", "model", *on, driver="12.8"))
    assert market.names() == {"model": "1.0", "numpy": "2.3", "xgboost-cpu": "3.1.1"}
    assert "nothing to do" in fine(market.run("refresh", *on, driver="12.8"))


def test_without_overlays_names_are_names(market: Market, xgboost: Path) -> None:
    assert xgboost.exists()
    fine(market.run("install", "xgboost", "--no-overlays"))
    assert market.names() == {"numpy": "2.3", "nccl": "2.28", "xgboost": "3.1.1"}
    assert "xgboost 3.1.1" in fine(market.run("explain", "xgboost", "--no-overlays"))


def test_no_variants_means_no_overlays_either(market: Market, xgboost: Path) -> None:
    fine(market.run("install", "xgboost", "--overlay", xgboost, "--no-variants"))
    assert "xgboost" in market.names()


def test_explain_tells_the_builds_apart(market: Market, xgboost: Path) -> None:
    said = fine(market.run("explain", "xgboost", "--overlay", xgboost))
    assert said.startswith("xgboost-cpu 3.1.1 (null) for xgboost from ")
    assert "(plain)" in said
    assert "cuda_version_lower_bound" in said
    document: Any = market.run("explain", "xgboost", "--overlay", xgboost, "--json").document
    (package,) = document["packages"]
    assert package["chosen"]["stands-in"]["name"] == "xgboost-cpu"
    assert len(package["wheels"]) == 4


def test_as_variant_makes_a_variant_wheel_of_the_plain_name(market: Market, xgboost: Path) -> None:
    done = market.run("install", "model", "--overlay", xgboost, "--as-variant")
    assert "xgboost 3.1.1 (null)" in fine(done)
    assert market.names() == {"model": "1.0", "numpy": "2.3", "xgboost": "3.1.1"}
    assert market.broken() == ""
    assert market.run("check", "--offline").code == 0
    program = "import xgboost.core; print(xgboost.core.build)"
    assert run_in(market.place.environment, "python", "-c", program) == "cpu"
    prefix = market.place.environment.interpreter.prefix
    assert (prefix / "share" / "xgboost.txt").read_text() == "data\n"
    (kept,) = (market.place.folder / "home" / "cache").rglob("xgboost-*-null.whl")
    with zipfile.ZipFile(kept) as archive:
        names = archive.namelist()
        metadata = archive.read("xgboost-3.1.1.dist-info/METADATA").decode()
        variant = json.loads(archive.read("xgboost-3.1.1.dist-info/variant.json"))
    assert not any(name.startswith("xgboost_cpu-") for name in names)
    assert "Name: xgboost\nVersion: 3.1.1\n" in metadata
    assert list(variant["variants"]) == ["null"]
    digest = hashlib.sha256(kept.read_bytes()).hexdigest()
    cache = market.place.folder / "another"
    again = ("--reinstall", "--no-deps", "--cache-dir", cache)
    # What is a variant wheel stays one, without the option too.
    fine(market.run("install", "xgboost", "--overlay", xgboost, *again))
    (other,) = cache.rglob("xgboost-*-null.whl")
    assert hashlib.sha256(other.read_bytes()).hexdigest() == digest


def test_as_variant_checks_the_hash_of_what_it_rewrites(market: Market, xgboost: Path) -> None:
    wheel = market.root / "files" / f"xgboost_cpu-3.1.1-{LINUX}.whl"
    wheel.write_bytes(wheel.read_bytes() + b"more")
    before = market.place.tree()
    done = market.run("install", "xgboost", "--overlay", xgboost, "--as-variant")
    assert done.code == 1
    assert "has the wrong sha256 hash" in done.stderr
    assert market.place.tree() == before


# torch: local versions on one index for each backend, and a plain project.


def torch_overlay(market: Market, *labels: str) -> Path:
    """Write the overlay of the builds that are on the vendor's indexes."""
    builds = "".join(
        f'[[builds]]\nlabel = "{label}"\nlocal = "{label}"\nindex = "{market.vendor(label)}"\n'
        f'properties = ["nvidia :: cuda_version_lower_bound :: {label[2:4]}.{label[4:]}"]\n'
        for label in labels
    )
    null = f'[[builds]]\nlabel = "null"\nlocal = "cpu"\nindex = "{market.vendor("cpu")}"\n'
    text = f'project = "torch"\nnamespaces = ["nvidia"]\n{builds}{null}'
    return market.overlay(text, "torch")


@pytest.fixture
def torch(market: Market) -> Path:
    """Plain wheels on the index, builds with local versions on three others."""
    market.offer(*(WheelSpec("torch", version, tag=LINUX) for version in ("2.8.0", "2.9.0")))
    for backend in ("cpu", "cu126", "cu128"):
        market.offer(
            *(
                WheelSpec("torch", f"{version}+{backend}", tag=LINUX)
                for version in ("2.8.0", "2.9.0")
            ),
            at=backend,
        )
        market.offer(WheelSpec("numpy", "99.0"), at=backend)
    market.offer(WheelSpec("numpy", "2.3"))
    market.offer(WheelSpec("vision", "1.0", requires=["torch==2.8.0", "numpy"]))
    return torch_overlay(market, "cu128", "cu126")


@pytest.mark.parametrize(
    ("driver", "version"), [("12.9", "2.9.0+cu128"), ("12.7", "2.9.0+cu126"), (None, "2.9.0+cpu")]
)
def test_local_versions_are_variants_of_the_public_one(
    market: Market, torch: Path, driver: str | None, version: str
) -> None:
    done = market.run("install", "torch", "--overlay", torch, driver=driver)
    assert f"torch {version}" in fine(done)
    assert market.names() == {"torch": version}
    assert "nothing to do" in fine(market.run("install", "torch==2.9.0", "--overlay", torch))
    record = next(
        market.place.environment.interpreter.paths["purelib"].glob("torch*/whichwheel.json")
    )
    assert json.loads(record.read_text())["source"].startswith(market.server.url + "c")


def test_others_indexes_answer_for_the_projects_of_the_overlay_alone(
    market: Market, torch: Path
) -> None:
    fine(market.run("install", "vision", "--overlay", torch))
    assert market.names() == {"torch": "2.8.0+cpu", "numpy": "2.3", "vision": "1.0"}
    assert market.broken() == ""
    asked = [path for path in market.server.paths() if "numpy" in path and "simple" in path]
    assert asked == ["simple/numpy/"]


def test_a_local_version_that_is_asked_for_is_itself(market: Market, torch: Path) -> None:
    more = ("--extra-index-url", market.vendor("cu126"))
    done = market.run("install", "torch==2.9.0+cu126", "--no-overlays", *more)
    # The first index has the project, so the second is not asked.
    assert done.code == 1
    lost = market.run("install", "torch==2.9.0+cu126", "--overlay", torch)
    assert lost.code == 1
    assert (
        f"such builds are at `{market.vendor('cu126')}`, which `--index-url` takes" in lost.stderr
    )
    own = ("--overlay", torch, "--index-url", market.vendor("cu126"))
    right = market.run("install", "torch==2.9.0+cu126", *own)
    fine(right)
    assert "such builds" not in right.stderr
    assert market.names() == {"torch": "2.9.0+cu126"}
    listed: Any = market.place.run("list", "--python", market.place.python, "--json").document
    assert [each["stands-for"] for each in listed["packages"] if each["name"] == "torch"] == [None]


def test_an_index_of_the_overlay_that_fails_stops_the_choice(market: Market, torch: Path) -> None:
    market.server.set("cu128/simple/torch/", Behaviour(status=500))
    before = market.place.tree()
    done = market.run("install", "torch", "--overlay", torch, "--retries", "0")
    assert done.code == 1
    assert "the overlay of `torch`" in done.stderr
    assert f"{market.vendor('cu128')}/torch/" in done.stderr
    assert "hint: `--no-overlays`" in done.stderr
    assert market.place.tree() == before
    fine(market.run("install", "torch", "--no-overlays"))
    assert market.names() == {"torch": "2.9.0"}


def test_an_index_that_lacks_the_project_only_has_none(market: Market, torch: Path) -> None:
    market.server.set("cpu/simple/torch/", Behaviour(status=404))
    fine(market.run("install", "torch", "--overlay", torch))
    assert market.names() == {"torch": "2.9.0"}


# tensorflow: one file, and an extra that brings what a GPU needs.

TENSORFLOW = """
project = "tensorflow"
namespaces = ["nvidia"]

[[builds]]
label = "cuda12"
extras = ["and-cuda"]
properties = ["nvidia :: cuda_version_lower_bound :: 12.5"]
also-plain = true
"""


@pytest.mark.parametrize("how", [(), ("--as-variant",)])
def test_an_extra_is_part_of_a_build(market: Market, how: tuple[str, ...]) -> None:
    needs = ['cudnn; extra == "and-cuda"', 'toy; extra == "toys"', "numpy"]
    market.offer(
        WheelSpec("tensorflow", "2.20", tag=LINUX, requires=needs, extras=["and-cuda", "toys"])
    )
    for name in ("cudnn", "numpy", "toy"):
        market.offer(WheelSpec(name, "1.0"))
    on: tuple[str | Path, ...] = ("--overlay", market.overlay(TENSORFLOW), *how)
    fine(market.run("install", "tensorflow", *on, driver="12.8"))
    assert market.names() == {"tensorflow": "2.20", "cudnn": "1.0", "numpy": "1.0"}
    assert market.broken() == ""
    assert market.run("check", "--offline", *on, driver="12.8").code == 0
    pip(market.place.environment, "uninstall", "-q", "-y", "cudnn")
    checked = market.run("check", "--offline", *on, driver="12.8")
    assert "needs `cudnn`, which is not installed" in checked.stdout
    fine(market.run("install", "tensorflow[toys]", *on, driver="12.8"))
    assert {"cudnn", "toy"} <= set(market.names())
    fine(market.run("refresh", *on))
    assert "cudnn" not in market.names()
    assert "tensorflow" in market.names()


@pytest.mark.parametrize("driver", ["12.8", "13.1", None])
def test_one_file_is_several_builds_by_its_extras(market: Market, driver: str | None) -> None:
    text = 'project = "jax"\nnamespaces = ["nvidia"]\n'
    for number in ("13", "12"):
        text += (
            f'[[builds]]\nlabel = "cuda{number}"\nextras = ["cuda{number}"]\nalso-plain = true\n'
            f'properties = ["nvidia :: cuda_version_lower_bound :: {number}.0"]\n'
        )
    needs = [f'jax-cuda{number}-plugin; extra == "cuda{number}"' for number in ("12", "13")]
    market.offer(WheelSpec("jax", "0.8", requires=needs, extras=["cuda12", "cuda13"]))
    for number in ("12", "13"):
        market.offer(WheelSpec(f"jax-cuda{number}-plugin", "0.8"))
    done = market.run("install", "jax", "--overlay", market.overlay(text), driver=driver)
    label = "" if driver is None else f" (cuda{driver[:2]})"
    assert f"jax 0.8{label}" in fine(done)
    plugin = {} if driver is None else {f"jax-cuda{driver[:2]}-plugin": "0.8"}
    assert market.names() == {"jax": "0.8", **plugin}


# flash-attn: pages of links, local versions that name CUDA and torch.

FLASH = r"""
project = "flash-attn"
namespaces = ["nvidia"]

[[builds]]
label = "cu{{cuda}}torch{{torch}}"
local = 'cu(?P<cuda>\d\d)torch(?P<torch>\d\.\d+)'
page = "{page}"
properties = [
    "nvidia :: cuda_version_lower_bound :: {{cuda}}.0",
    "abi_dependency :: torch :: {{torch}}",
]
"""


def test_the_build_for_the_torch_of_the_environment_is_taken(market: Market) -> None:
    market.offer(*(WheelSpec("torch", version) for version in ("2.7.1", "2.8.0")))
    sdist = market.root / "files" / "flash_attn-2.8.3.tar.gz"
    old = market.root / "files" / "flash_attn-2.8.2.tar.gz"
    for path in (sdist, old):
        path.write_bytes(b"")
    write_project(market.root, "flash-attn", [old, sdist], form="json")
    links = []
    for release in ("2.7", "2.8"):
        spec = WheelSpec("flash-attn", f"2.8.3+cu12torch{release}", tag=LINUX, requires=["torch"])
        links.append(build_wheel(market.root / "v2.8.3", spec).name)
    page = "".join(f'<a href="v2.8.3/{name}">{name}</a>' for name in links)
    (market.root / "v2.8.3.html").write_text(page)
    overlay = market.overlay(FLASH.format(page=f"{market.server.url}v{{version}}.html"))
    fine(market.run("install", "torch==2.7.1"))
    fine(market.run("install", "flash-attn", "--overlay", overlay, driver="12.8"))
    assert market.names() == {"torch": "2.7.1", "flash-attn": "2.8.3+cu12torch2.7"}
    assert [path for path in market.server.paths() if path.startswith("v2.8.2")] == []
    assert market.run("check", "--offline", "--overlay", overlay, driver="12.8").code == 0


# opencv: four projects with one import package, of which three are only taken by hand.


def test_what_is_taken_by_hand_is_never_chosen(market: Market, opencv: Path) -> None:
    fine(market.run("install", "viewer", "--overlay", opencv))
    assert market.names() == {"viewer": "1.0", "opencv-python": "4.12"}


def test_what_is_taken_by_hand_satisfies_the_plain_name(market: Market, opencv: Path) -> None:
    on = ("--overlay", opencv)
    done = market.run("install", "viewer", "opencv-contrib-python<4.12", *on)
    assert "opencv-contrib-python 4.11 (null) for opencv-python" in fine(done)
    assert market.names() == {"viewer": "1.0", "opencv-contrib-python": "4.11"}
    assert "nothing to do" in fine(market.run("refresh", *on))
    done = market.run("refresh", "--upgrade", *on)
    assert "opencv-contrib-python 4.12" in done.stdout
    assert market.names() == {"viewer": "1.0", "opencv-contrib-python": "4.12"}
    swapped = market.run("install", "opencv-python-headless", *on)
    assert swapped.code == 0, swapped.stderr


def test_a_build_that_somebody_needs_serves_the_plain_name_too(
    market: Market, opencv: Path
) -> None:
    market.offer(WheelSpec("robot", "1.0", requires=["opencv-python-headless"]))
    on = ("--overlay", opencv)
    done = market.run("install", "robot", "viewer", *on)
    assert "opencv-python-headless 4.12 (null) for opencv-python" in fine(done)
    both = {"robot": "1.0", "viewer": "1.0", "opencv-python-headless": "4.12"}
    assert market.names() == both
    assert "nothing to do" in fine(market.run("install", "robot", "viewer", *on))
    assert "nothing to do" in fine(market.run("refresh", *on))
    assert market.run("check", *on, "robot", "viewer").code == 0


def test_a_build_that_somebody_needs_takes_the_place_of_the_plain_one(
    market: Market, opencv: Path
) -> None:
    market.offer(WheelSpec("robot", "1.0", requires=["opencv-python-headless"]))
    on = ("--overlay", opencv)
    fine(market.run("install", "viewer", *on))
    fine(market.run("install", "robot", *on))
    both = {"robot": "1.0", "viewer": "1.0", "opencv-python-headless": "4.12"}
    assert market.names() == both


def test_two_builds_of_one_package_cannot_be_asked_for(market: Market, opencv: Path) -> None:
    names = ("opencv-contrib-python", "opencv-python-headless")
    done = market.run("install", *names, "--overlay", opencv)
    assert done.code == 2
    assert "are builds of one package, `opencv-python`" in done.stderr


# Where overlays come from.


def configure(market: Market, text: str, *, user: bool = False) -> Path:
    """Write a configuration file of the project, or of the user."""
    folder = market.place.folder
    if user:
        folder = folder / "home" / "config" / "whichwheel"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "whichwheel.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_overlays_are_configured(market: Market, xgboost: Path) -> None:
    configure(market, f'[overlays]\nenable = ["{xgboost.as_posix()}"]\n', user=True)
    assert "xgboost-cpu" in fine(market.run("install", "xgboost", "--dry-run"))
    configure(market, '[overlays]\nas-variant = ["xgboost"]\n')
    assert "xgboost 3.1.1 (null)" in fine(market.run("install", "xgboost", "--dry-run"))
    configure(market, '[overlays]\ndisable = ["xgboost"]\n')
    assert "null" not in fine(market.run("install", "xgboost", "--dry-run"))
    named = ("--overlay", xgboost)
    assert "xgboost-cpu" in fine(market.run("install", "xgboost", "--dry-run", *named))


def test_the_users_own_folder_of_overlays_is_on(market: Market, xgboost: Path) -> None:
    folder = market.place.folder / "home" / "config" / "whichwheel" / "overlays"
    folder.mkdir(parents=True)
    xgboost.rename(folder / "xgboost.toml")
    assert "xgboost-cpu" in fine(market.run("install", "xgboost", "--dry-run"))
    (folder / "xgboost.toml").write_text("format = 7\n")
    done = market.run("install", "xgboost", "--dry-run")
    assert done.code == 1
    assert "`format` is `7`, expected 1" in done.stderr


def test_a_project_cannot_bring_an_overlay_file(market: Market, xgboost: Path) -> None:
    configure(market, f'[overlays]\nenable = ["{xgboost.name}"]\nenabel = []\n')
    done = market.run("install", "xgboost", "--dry-run")
    assert done.code == 1
    assert "only a user's own configuration names overlays by path" in done.stderr
    assert "did you mean `enable`?" in done.stderr


def test_an_overlay_that_is_not_there_is_told(market: Market, xgboost: Path) -> None:
    done = market.run("install", "xgboost", "--overlay", "xgbost")
    assert done.code == 2
    assert "did you mean `xgboost`?" in done.stderr
    done = market.run("install", "xgboost", "--overlay", "./none.toml")
    assert done.code == 1
    assert "cannot be read" in done.stderr
    done = market.run("install", "xgboost", "--overlay", xgboost, "--no-overlays")
    assert done.code == 2


def test_two_builds_that_take_one_file_are_told(market: Market, xgboost: Path) -> None:
    text = XGBOOST + '\n[[builds]]\nlabel = "null"\nproject = "xgboost-cpu"\nversions = ">=3"\n'
    done = market.run("install", "xgboost", "--overlay", market.overlay(text), "--dry-run")
    assert "xgboost-cpu 3.1.1" in fine(done)
    assert "two builds, `null` and `null`, that take `xgboost_cpu-3.1.1" in done.stderr
    assert xgboost.exists()


def test_a_source_that_comes_later_replaces_nothing(market: Market, xgboost: Path) -> None:
    own = market.place.wheels
    build_wheel(own, WheelSpec("xgboost", "3.0", tag=LINUX))
    on = ("--find-links", own, "--overlay", xgboost)
    done = market.run("install", "xgboost", *on)
    assert "xgboost 3.0" in fine(done)
    assert market.names() == {"xgboost": "3.0"}
    assert "leaves `xgboost-cpu`" in done.stderr
    # What comes from a source that the user asks first may.
    build_wheel(own, WheelSpec("xgboost-cpu", "3.0", tag=LINUX))
    done = market.run("explain", "xgboost", *on)
    assert "xgboost-cpu 3.0 (null) for xgboost" in fine(done)
    assert done.stderr == ""


def test_a_local_version_that_no_build_names_is_somebodys_own(
    market: Market, xgboost: Path
) -> None:
    own = market.place.wheels
    build_wheel(own, WheelSpec("xgboost", "3.1.1+own", tag=LINUX))
    on = ("--find-links", own, "--overlay", xgboost)
    fine(market.run("install", "xgboost", *on, driver="12.8"))
    assert market.names() == {"xgboost": "3.1.1+own"}


def test_without_an_index_no_other_is_asked(market: Market, torch: Path) -> None:
    where = ("--no-index", "--find-links", market.root / "files", "--python", market.place.python)
    done = market.place.run("install", "torch", "--overlay", torch, "--dry-run", *where)
    assert "torch 2.9.0\n" in fine(done)
    assert "no index may be asked" in done.stderr
    assert market.server.paths() == []


def test_a_release_with_variants_of_its_own_is_left_alone(market: Market, xgboost: Path) -> None:
    properties = {"nvidia": {"cuda_version_lower_bound": ["12.0"]}}
    market.offer(
        WheelSpec("xgboost", "3.1.1", tag=LINUX),
        WheelSpec("xgboost", "3.1.1", tag=LINUX, label="real", properties=properties),
    )
    done = market.run("install", "xgboost", "--overlay", xgboost, "--dry-run", driver="12.8")
    assert "xgboost 3.1.1 (real)" in fine(done)


def test_a_lock_is_made_without_overlays_and_says_so(market: Market, xgboost: Path) -> None:
    done = market.run("lock", "xgboost", "--overlay", xgboost)
    fine(done)
    assert done.stderr.count("note: ") == 1
    assert "a lock knows no overlays yet" in done.stderr
    assert "xgboost_cpu" not in (market.place.folder / "pylock.toml").read_text()
    assert "note: " not in market.run("lock", "xgboost").stderr

"""Builds by overlays over time: swapped, asked for otherwise, mixed with what pip does."""

from pathlib import Path
from typing import Any

from support.environments import pip, run_in
from support.index import write_project
from support.market import Market, fine
from support.wheels import WheelSpec

_BUILD = ("python", "-c", "import xgboost.core; print(xgboost.core.build)")


def listed(market: Market, overlay: Path) -> dict[str, str | None]:
    """What `list` says of the plain names, with an overlay in the user's own folder."""
    folder = market.place.folder / "home" / "config" / "whichwheel" / "overlays"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / overlay.name).write_bytes(overlay.read_bytes())
    document: Any = market.place.run("list", "--python", market.place.python, "--json").document
    return {each["name"]: each["stands-for"] for each in document["packages"]}


def test_a_build_asked_for_by_name_takes_the_place_of_the_plain_one(
    market: Market, xgboost: Path
) -> None:
    on = ("--overlay", xgboost)
    fine(market.run("install", "xgboost", "--no-overlays"))
    assert market.names()["xgboost"] == "3.1.1"
    assert "xgboost-cpu 3.1.1 (null) for xgboost" in fine(market.run("install", "xgboost-cpu", *on))
    assert "xgboost" not in market.names()
    assert run_in(market.place.environment, *_BUILD) == "cpu"
    assert "nothing to do" in fine(market.run("install", "xgboost-cpu", *on))


def test_builds_that_are_taken_by_hand_take_turns(market: Market, opencv: Path) -> None:
    on = ("--overlay", opencv)
    for name in ("opencv-python", "opencv-contrib-python", "opencv-python-headless"):
        fine(market.run("install", name, *on))
        assert market.names() == {name: "4.12"}
    # What was taken by hand serves the plain name until it is uninstalled.
    assert "nothing to do" in fine(market.run("install", "opencv-python", *on))


def test_an_install_repairs_what_pip_put_over_it(market: Market, xgboost: Path) -> None:
    on = ("--overlay", xgboost)
    fine(market.run("install", "xgboost", *on))
    market.pip_install("xgboost")
    assert market.run("check", *on).code == 1
    fine(market.run("install", "xgboost", *on))
    assert "xgboost" not in market.names()
    assert run_in(market.place.environment, *_BUILD) == "cpu"
    assert market.run("check", *on, "xgboost-cpu").code == 0


def test_an_install_of_the_plain_one_repairs_it_too(market: Market, opencv: Path) -> None:
    on = ("--overlay", opencv)
    market.pip_install("opencv-python", "opencv-python-headless")
    assert market.run("check", *on).code == 1
    fine(market.run("install", "opencv-python", *on))
    assert market.names() == {"opencv-python": "4.12"}
    program = "import cv2; print(cv2.name)"
    assert run_in(market.place.environment, "python", "-c", program) == "opencv-python"
    assert market.run("check", *on).code == 0


def test_a_refresh_tells_of_builds_that_overwrite_each_other(market: Market, opencv: Path) -> None:
    market.pip_install("opencv-python", "opencv-python-headless")
    done = market.run("refresh", "--overlay", opencv)
    assert "nothing to do" in fine(done)
    told = "`opencv-python` and `opencv-python-headless` are builds of one package"
    assert told in done.stderr
    assert "`whichwheel install" in done.stderr


def test_what_pip_installed_goes_by_both_names(market: Market, xgboost: Path) -> None:
    for name in ("xgboost", "xgboost-cpu"):
        market.pip_install("xgboost-cpu")
        assert listed(market, xgboost)["xgboost-cpu"] == "xgboost"
        done = market.place.run("uninstall", name, "--python", market.place.python)
        assert "xgboost-cpu 3.1.1 (null) for xgboost" in fine(done)
        assert "xgboost-cpu" not in market.names()


def test_what_was_rewritten_goes_by_both_names(market: Market, xgboost: Path) -> None:
    for name in ("xgboost", "xgboost-cpu"):
        fine(market.run("install", "xgboost", "--overlay", xgboost, "--as-variant"))
        done = market.place.run("uninstall", name, "--python", market.place.python)
        assert "uninstalled 1 package" in fine(done)
        assert "xgboost" not in market.names()


def test_an_overlay_that_cannot_be_read_keeps_nobody_from_listing(
    market: Market, xgboost: Path
) -> None:
    fine(market.run("install", "xgboost", "--overlay", xgboost))
    xgboost.write_text("format = 7\n")
    assert listed(market, xgboost)["xgboost-cpu"] == "xgboost"
    done = market.place.run("uninstall", "xgboost", "--python", market.place.python)
    assert "for xgboost" in fine(done)
    assert "warning: the overlay" in done.stderr


def test_what_is_installed_becomes_a_variant_wheel_when_it_is_to(
    market: Market, xgboost: Path
) -> None:
    on = ("--overlay", xgboost)
    fine(market.run("install", "model", "xgboost", *on))
    assert "xgboost" in market.broken()
    fine(market.run("install", "xgboost", *on, "--as-variant"))
    assert market.names() == {"model": "1.0", "numpy": "2.3", "xgboost": "3.1.1"}
    assert market.broken() == ""
    assert "nothing to do" in fine(market.run("install", "xgboost", *on, "--as-variant"))
    # Uninstalled and installed again it is what it was before.
    market.place.run("uninstall", "xgboost", "--python", market.place.python)
    fine(market.run("install", "xgboost", *on))
    assert "xgboost-cpu" in market.names()


def test_the_closing_line_of_a_rewritten_build_says_what_is_saved(
    market: Market, xgboost: Path
) -> None:
    # A page says nothing of sizes.
    for name in ("xgboost", "xgboost_cpu"):
        files = sorted((market.root / "files").glob(f"{name}-*.whl"))
        write_project(market.root, name.replace("_", "-"), files, form="html")
    on = ("--overlay", xgboost, "--dry-run")
    said = fine(market.run("install", "xgboost", *on)).rpartition("; ")[2]
    assert " instead of " in said
    assert fine(market.run("install", "xgboost", *on, "--as-variant")).endswith(said)


def test_two_environments_share_what_was_fetched_and_rewritten(
    market: Market, xgboost: Path
) -> None:
    on = ("--overlay", xgboost, "--no-deps")
    for how in ((), ("--as-variant",)):
        fine(market.run("install", "xgboost", *on, *how, "--reinstall"))
        market.place.run("uninstall", "xgboost", "--python", market.place.python)
        before = market.server.paths()
        fine(market.run("install", "xgboost", *on, *how))
        asked = market.server.paths()[len(before) :]
        assert not [path for path in asked if path.endswith(".whl")]
        market.place.run("uninstall", "xgboost", "--python", market.place.python)


def test_a_downgrade_and_an_upgrade_swap_builds_of_other_versions(
    market: Market, xgboost: Path
) -> None:
    market.offer(*(WheelSpec("xgboost-cpu", each) for each in ("3.0.0", "3.1.1")))
    on = ("--overlay", xgboost)
    for asked, got in (("xgboost", "3.1.1"), ("xgboost<3.1", "3.0.0"), ("xgboost>3", "3.1.1")):
        fine(market.run("install", "--no-deps", asked, *on, "--upgrade"))
        assert market.names() == {"xgboost-cpu": got}
    pip(market.place.environment, "uninstall", "-q", "-y", "xgboost-cpu")
    assert market.names() == {}


def test_a_build_that_an_installed_package_needs_is_the_one_that_stays(
    market: Market, opencv: Path
) -> None:
    market.offer(WheelSpec("robot", "1.0", requires=["opencv-python-headless"]))
    market.pip_install("robot", "viewer")
    assert {"opencv-python", "opencv-python-headless"} <= market.names().keys()
    on = ("--overlay", opencv)
    fine(market.run("install", "opencv-python", *on))
    assert market.names() == {"robot": "1.0", "viewer": "1.0", "opencv-python-headless": "4.12"}
    assert market.run("check", *on).code == 0

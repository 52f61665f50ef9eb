"""Overlays, twins and indexes that are not what they say."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from support.environments import run_in
from support.index import write_project
from support.market import LINUX, Market, fine
from support.wheels import WheelSpec, build_wheel

_HOW = [(), ("--as-variant",)]


def changed_inside(path: Path, old: bytes, new: bytes) -> None:
    """Change the core metadata of a wheel, and its hash in ``RECORD`` with it."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in contents if name.endswith("/METADATA"))
    assert old in contents[name]
    contents[name] = contents[name].replace(old, new)
    digest = base64.urlsafe_b64encode(hashlib.sha256(contents[name]).digest()).rstrip(b"=")
    record = name.replace("METADATA", "RECORD")
    lines = [line for line in contents[record].splitlines() if not line.startswith(name.encode())]
    lines.append(b"%s,sha256=%s,%d" % (name.encode(), digest, len(contents[name])))
    contents[record] = b"\n".join(lines) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("how", _HOW)
@pytest.mark.parametrize(
    ("old", "new"),
    [(b"Name: xgboost-cpu", b"Name: numpy"), (b"Version: 3.1.1", b"Version: 9.9")],
)
def test_a_twin_that_names_something_else_inside_is_refused(
    market: Market, xgboost: Path, how: tuple[str, ...], old: bytes, new: bytes
) -> None:
    path = market.root / "files" / f"xgboost_cpu-3.1.1-{LINUX}.whl"
    changed_inside(path, old, new)
    write_project(market.root, "xgboost-cpu", [path], form="json")
    before = market.place.tree()
    done = market.run("install", "xgboost-cpu", "--overlay", xgboost, *how)
    assert done.code == 1
    assert f"xgboost_cpu-3.1.1-{LINUX}.whl" in done.stderr
    assert "is that of" in done.stderr
    assert market.place.tree() == before


@pytest.mark.parametrize("how", _HOW)
def test_odd_names_in_a_build_survive(market: Market, xgboost: Path, how: tuple[str, ...]) -> None:
    odd = {
        "xgboost/a,b.txt": "comma\n",
        'xgboost/say "so".txt': "quotes\n",
        "xgboost/für dich.txt": "letters\n",
        "xgboost_cpu-3.1.1.data/scripts/xg tool": "#!python\nprint('tool')\n",
        "xgboost_cpu-3.1.1.data/purelib/xgboost/data.py": "here = 1\n",
        "xgboost_cpu-3.1.1.dist-info/RECORD.jws": "signed",
        "xgboost_cpu-3.1.1.dist-info/licenses/LICENSE": "free\n",
        "XGBoost_CPU-3.1.1.data/data/own.txt": "an ordinary folder\n",
    }
    spec = WheelSpec(
        "xgboost-cpu",
        "3.1.1",
        tag=LINUX,
        files=odd,
        entry_points="[console_scripts]\nxgboost-build = xgboost.data:here\n",
    )
    market.offer(spec)
    on: tuple[str | Path, ...] = ("--overlay", xgboost, *how)
    fine(market.run("install", "xgboost", *on))
    site = market.place.environment.interpreter.paths["purelib"]
    for name, content in odd.items():
        if name.startswith("xgboost/"):
            assert (site / name).read_text("utf-8") == content
    assert (site / "XGBoost_CPU-3.1.1.data" / "data" / "own.txt").exists()
    assert run_in(market.place.environment, "xg tool") == "tool"
    assert market.run("check", "--offline", *on).code == 0
    fine(market.place.run("uninstall", "xgboost", "--python", market.place.python))
    assert not [path for path in site.iterdir() if "xgboost" in path.name.lower()]


def test_files_that_would_become_one_are_refused(market: Market, xgboost: Path) -> None:
    files = {
        "xgboost-3.1.1.data/scripts/tool": "#!python\nprint('one')\n",
        "xgboost_cpu-3.1.1.data/scripts/tool": "#!python\nprint('two')\n",
    }
    market.offer(WheelSpec("xgboost-cpu", "3.1.1", tag=LINUX, files=files))
    before = market.place.tree()
    done = market.run("install", "xgboost", "--overlay", xgboost, "--as-variant")
    assert done.code == 1
    assert "xgboost-3.1.1.data" in done.stderr
    assert market.place.tree() == before


def test_a_place_answers_for_the_project_of_its_build_alone(market: Market) -> None:
    market.offer(WheelSpec("soup", "1.0"), WheelSpec("numpy", "2.0"))
    vendor = market.root / "vendor"
    strange = [
        build_wheel(vendor / "files", WheelSpec(name, "9.0"))
        for name in ("numpy", "soup", "soup-extra")
    ]
    write_project(vendor, "soup-gpu", strange, form="html")
    text = (
        'project = "soup"\nnamespaces = []\n[[builds]]\nlabel = "null"\nproject = "soup-gpu"\n'
        f'index = "{market.vendor("vendor")}"\n'
    )
    done = market.run("install", "soup", "--overlay", market.overlay(text))
    assert "soup 1.0" in fine(done)
    assert market.names() == {"soup": "1.0"}


def test_one_page_has_the_builds_of_several_projects(market: Market) -> None:
    market.offer(WheelSpec("soup", "1.0"))
    text = 'project = "soup"\nnamespaces = ["x86_64"]\n'
    names = {"soup-thick": "level :: v1", "soup-hot": "level :: v2"}
    links = []
    for name, value in names.items():
        spec = WheelSpec(name, "1.0")
        links.append(build_wheel(market.root / "pages", spec).name)
        text += (
            f'[[builds]]\nlabel = "{name[5:]}"\nproject = "{name}"\n'
            f'properties = ["x86_64 :: {value}"]\n'
            f'page = "{market.server.url}v{{version}}.html"\n'
        )
    page = "".join(f'<a href="pages/{name}">{name}</a>' for name in links)
    (market.root / "v1.0.html").write_text(page)
    said = fine(market.run("explain", "soup", "--overlay", market.overlay(text), "--json"))
    (package,) = json.loads(said)["packages"]
    assert {each["label"] for each in package["wheels"]} == {None, "thick", "hot"}


def test_a_yanked_twin_is_left_aside(market: Market, xgboost: Path) -> None:
    name = f"xgboost_cpu-3.1.1-{LINUX}.whl"
    path = market.root / "files" / name
    write_project(market.root, "xgboost-cpu", [path], form="json", yanked={name: "broken"})
    assert "xgboost 3.1.1" in fine(market.run("install", "xgboost", "--overlay", xgboost))
    assert "xgboost-cpu" not in market.names()


def test_a_twin_for_another_python_is_left_aside(market: Market, xgboost: Path) -> None:
    name = f"xgboost_cpu-3.1.1-{LINUX}.whl"
    path = market.root / "files" / name
    write_project(market.root, "xgboost-cpu", [path], form="json", requires_python={name: "<3"})
    assert "xgboost 3.1.1" in fine(market.run("install", "xgboost", "--overlay", xgboost))


def test_a_pre_release_of_a_twin_is_not_taken_unasked(market: Market, xgboost: Path) -> None:
    market.offer(*(WheelSpec("xgboost-cpu", each, tag=LINUX) for each in ("3.1.1", "3.2.0rc1")))
    on = ("--overlay", xgboost, "--no-deps")
    assert "xgboost-cpu 3.1.1" in fine(market.run("install", "xgboost", *on))
    assert "xgboost-cpu 3.2.0rc1" in fine(market.run("install", "xgboost==3.2.0rc1", *on))

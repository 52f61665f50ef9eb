"""`whichwheel build`, `relabel` and `index`, and what an installer makes of their work."""

from pathlib import Path
from typing import Any

from support.command import run_whichwheel
from support.projects import write_project
from support.server import serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import Workplace


def test_from_a_project_to_an_installed_variant(workplace: Workplace) -> None:
    project = write_project(workplace.folder / "project")
    built = workplace.run("build", project, "-o", workplace.wheels, "--no-isolation")
    assert built.code == 0, built.stderr
    assert {path.name for path in workplace.wheels.iterdir()} == {
        "flavoured-1.0-py3-none-any-sweet.whl",
        "flavoured-1.0-py3-none-any-salty.whl",
        "flavoured-1.0-py3-none-any-null.whl",
    }
    indexed = workplace.run("index", workplace.wheels)
    assert indexed.code == 0, indexed.stderr
    with serve(workplace.wheels) as server:
        where = ("--index-url", server.url, "--python", workplace.python)
        explained: Any = workplace.run("explain", "flavoured", *where, "--json").document
        installed = workplace.run("install", "flavoured", *where)
    # The provider's own order rules: salty comes before sweet.
    assert explained["packages"][0]["chosen"]["label"] == "salty"
    assert installed.code == 0, installed.stderr
    assert installed.stdout.endswith(": flavoured 1.0 (salty)\n")


def test_one_variant_is_built_alone_and_told_as_json(workplace: Workplace) -> None:
    project = write_project(workplace.folder / "project")
    done = workplace.run("build", project, "--variant", "sweet", "--no-isolation", "--json")
    assert done.code == 0, done.stderr
    built: Any = done.document["built"]
    assert [each["label"] for each in built] == ["sweet"]
    assert Path(built[0]["wheel"]).is_file()
    done = workplace.run("build", project, "--variant", "swet")
    assert done.code == 1
    assert "did you mean `sweet`?" in done.stderr


def test_a_build_that_fails_says_what_the_backend_said(workplace: Workplace) -> None:
    project = write_project(workplace.folder / "project")
    done = workplace.run("build", project, "--no-isolation", env={"FLAVOUR": "sour"})
    assert done.code == 1
    assert "sour flavours cannot be built" in done.stderr
    assert "Traceback (most recent call last):\n  File" not in done.stderr.partition("error:")[0]


def test_a_wheel_goes_into_a_variant_and_back(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, WheelSpec("soup"))
    before = wheel.read_bytes()
    done = run_whichwheel(
        *("relabel", wheel, "--label", "fast", "-p", "x86_64 :: level :: v3"), home=tmp_path
    )
    assert (done.code, done.stderr) == (0, "")
    variant = tmp_path / "soup-1.0-py3-none-any-fast.whl"
    assert done.stdout == f"wrote {variant}\n"
    back = run_whichwheel(
        *("relabel", variant, "--plain", "-o", tmp_path / "back", "--json"), home=tmp_path
    )
    assert back.document["label"] is None
    assert Path(str(back.document["wheel"])).name == wheel.name
    again = run_whichwheel("relabel", variant, "--plain", home=tmp_path)
    assert again.code == 1
    assert "exists already" in again.stderr
    assert wheel.read_bytes() == before


def test_a_broken_wheel_is_named_and_the_rest_is_published(workplace: Workplace) -> None:
    workplace.build("bread")
    (workplace.wheels / "soup-1.0-py3-none-any.whl").write_bytes(b"no zip")
    done = workplace.run("index", workplace.wheels, "--json")
    assert done.code == 1
    assert done.stderr.startswith("error: `soup-1.0-py3-none-any.whl` was left out: ")
    left_out: Any = done.document["left_out"]
    assert [each["filename"] for each in left_out] == ["soup-1.0-py3-none-any.whl"]
    assert done.document["projects"] == {"bread": ["1.0"]}
    assert (workplace.wheels / "bread" / "index.html").is_file()

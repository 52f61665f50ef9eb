"""`--exclude-newer`: what an index had at a moment, as uv sees it too."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.command import child_environment
from support.index import write_project
from support.market import LINUX, Market, fine
from support.sdists import SdistSpec, build_sdist
from support.server import serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import Workplace

UPLOADED = {
    "soup-1.0-py3-none-any.whl": "2024-01-01T00:00:00Z",
    "soup-2.0-py3-none-any.whl": "2024-06-15T12:00:00.250000Z",
    "soup-3.0-py3-none-any.whl": "2025-01-01T00:00:00.000000Z",
    "soup-4.0rc1-py3-none-any.whl": "2025-02-01T00:00:00Z",
    "new-1.0b1-py3-none-any.whl": "2024-01-01T00:00:00Z",
    "new-1.0-py3-none-any.whl": "2025-01-01T00:00:00Z",
    "meal-1.0-py3-none-any.whl": "2024-02-01T00:00:00Z",
    "meal-2.0-py3-none-any.whl": "2024-07-01T00:00:00Z",
}
MEALS = {"1.0": ["soup"], "2.0": ["soup>=2"]}


@pytest.fixture
def index(tmp_path: Path, workplace: Workplace) -> Iterator[Market]:
    """An index that tells of most files when they were uploaded."""
    (tmp_path / "served").mkdir()
    with serve(tmp_path / "served") as server:
        market = Market(workplace, server)
        files = market.root / "files"
        for name, versions in {
            "soup": ("1.0", "2.0", "3.0", "4.0rc1"),
            "new": ("1.0b1", "1.0"),
            "meal": ("1.0", "2.0"),
            "silent": ("1.0",),
        }.items():
            built = [
                build_wheel(
                    files,
                    WheelSpec(name, each, requires=MEALS[each] if name == "meal" else ()),
                )
                for each in versions
            ]
            write_project(market.root, name, built, form="json", uploaded=UPLOADED)
        yield market


def dry_run(
    index: Market, *arguments: str | Path, env: dict[str, str] | None = None
) -> dict[str, str] | None:
    """What would be installed, by name; None if nothing fits."""
    where = ("--index-url", index.index, "--python", index.place.python)
    done = index.place.run("install", "--dry-run", "--json", *where, *arguments, env=env)
    if done.code:
        assert '"kind": "nothing-fits"' in done.stdout, done.stderr
        return None
    added = done.document["add"]
    assert isinstance(added, list)
    return {each["name"]: each["version"] for each in added}


def uv_dry_run(index: Market, *arguments: str, env: Mapping[str, str]) -> dict[str, str] | None:
    """What uv would install, None if it finds nothing."""
    program = str(Path(sys.executable).with_name("uv"))
    command = [program, "pip", "install", "--dry-run", "--no-config"]
    where = ["--no-cache", "--index-url", index.index, "--python", index.place.python]
    done = subprocess.run(
        [*command, *where, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=child_environment(index.place.folder / "home", env),
    )
    if done.returncode:
        assert "No solution found" in done.stderr, done.stderr
        return None
    lines = [line[3:] for line in done.stderr.splitlines() if line.startswith(" + ")]
    return dict(line.split("==") for line in lines)


@pytest.mark.parametrize(
    ("when", "zone"),
    [
        ("2024-01-01", "UTC"),
        ("2024-01-01T00:00:01Z", "UTC"),
        ("2024-06-14", "UTC"),
        ("2024-06-15", "UTC"),
        ("2024-06-15", "Pacific/Auckland"),
        ("2024-06-15T12:00:00+00:00", "UTC"),
        ("2024-06-15T14:30:00+02:00", "UTC"),
        ("2024-12-31", "America/New_York"),
        ("2024-12-31", "UTC"),
        ("2024-12-31", "Asia/Tokyo"),
        ("2024-07-01T00:00:00Z", "UTC"),
        ("1 week", "UTC"),
        ("P7D", "UTC"),
        ("1w 2d", "UTC"),
        ("1.5 hours", "UTC"),
        ("PT36H", "UTC"),
        ("false", "UTC"),
    ],
)
def test_the_same_is_there_as_for_uv(index: Market, when: str, zone: str) -> None:
    env = {"TZ": zone}
    for wanted in (["meal"], ["soup", "new"]):
        uv = uv_dry_run(index, *wanted, "--exclude-newer", when, env=env)
        assert uv == dry_run(index, *wanted, "--exclude-newer", when, env=env)


def test_a_package_can_have_a_limit_of_its_own(index: Market) -> None:
    of_all = ("soup", "meal", "--exclude-newer", "2024-06-30")
    for limits in (["soup=2024-01-31"], ["soup=false"], ["meal=2025-01-01", "soup=1 day"]):
        options = [text for limit in limits for text in ("--exclude-newer-package", limit)]
        uv = uv_dry_run(index, *of_all, *options, env={})
        assert uv == dry_run(index, *of_all, *options)
    env = {"WHICHWHEEL_EXCLUDE_NEWER_PACKAGE": "meal=2025-01-01; soup=1 day"}
    assert dry_run(index, *of_all, env=env) == {"meal": "2.0", "soup": "3.0"}


def test_the_variable_is_taken_and_pip_is_minded(index: Market) -> None:
    day = {"WHICHWHEEL_EXCLUDE_NEWER": "2024-06-14"}
    assert dry_run(index, "soup", env=day) == {"soup": "1.0"}
    # A day is meant with its end by us, and from its beginning by pip.
    pip = {"PIP_UPLOADED_PRIOR_TO": "2024-06-15", "TZ": "UTC"}
    assert dry_run(index, "soup", env=pip) == {"soup": "1.0"}
    assert dry_run(index, "soup", "--exclude-newer", "2024-06-15", env=pip) == {"soup": "2.0"}
    assert dry_run(index, "soup", "--exclude-newer", "false", env=pip) == {"soup": "3.0"}
    done = index.run("install", "soup", "--dry-run")
    assert done.code == 0
    broken = index.place.run("install", "soup", env={"PIP_UPLOADED_PRIOR_TO": "yesterday"})
    assert broken.code == 1
    assert "pip's setting `uploaded-prior-to` cannot be used" in broken.stderr


def test_going_back_is_no_fallback(index: Market) -> None:
    before = ("--exclude-newer", "2024-06-15T13:00:00Z")
    done = index.run("install", "soup", *before, "--dry-run", "--fail-on-fallback")
    assert fine(done)
    assert done.stderr == ""
    explained = index.run("explain", "soup", *before)
    assert fine(explained).startswith("soup 2.0 ")
    assert explained.stderr == ""


def test_what_is_too_new_says_so(index: Market) -> None:
    before = ("--exclude-newer", "2024-06-15T13:00:00Z")
    for command in ("install", "explain"):
        done = index.run(command, "soup==3", *before)
        assert done.code == 1
        assert "was uploaded at 2025-01-01T00:00:00Z" in done.stderr
        assert "takes what was there before 2024-06-15T13:00:00Z" in done.stderr
        assert "hint: give a later moment, or `--exclude-newer-package soup=false`" in done.stderr


def test_what_has_no_time_is_left_out_with_one_warning(index: Market) -> None:
    before = ("--exclude-newer", "2025-06-01")
    assert uv_dry_run(index, "silent", *before, env={}) is None
    done = index.run("install", "silent", "soup", *before)
    assert done.code == 1
    assert done.stderr.count("warning: ") == 1
    assert "does not say of every file when it was uploaded" in done.stderr
    assert "its index does not say when it was uploaded" in done.stderr
    assert "`--exclude-newer-package silent=false` takes it all the same" in done.stderr
    lifted = ("--exclude-newer-package", "silent=false")
    assert "silent 1.0" in fine(index.run("install", "silent", *before, *lifted, "--dry-run"))


def test_a_folder_and_a_path_are_no_index(index: Market) -> None:
    wheel = index.place.build("local")
    before = ("--exclude-newer", "2020-01-01", "--dry-run")
    links = ("--no-index", "--find-links", index.place.wheels)
    for wanted in (["local", *links], [wheel]):
        assert "local 1.0" in fine(
            index.place.run("install", *wanted, *before, "--python", index.place.python)
        )


def test_sources_can_be_too_new_as_well(index: Market) -> None:
    files = index.root / "files"
    built = [build_sdist(files, SdistSpec("bread", each)) for each in ("1.0", "2.0")]
    times = {path.name: f"202{place}-01-01T00:00:00Z" for place, path in enumerate(built, 4)}
    write_project(index.root, "bread", built, form="json", uploaded=times)
    options = ("--exclude-newer", "2024-06-01", "--allow-build", "bread", "--dry-run")
    late = index.run("install", "bread==2", *options)
    assert late.code == 1
    assert f"`{built[1].name}`: it was uploaded at 2025-01-01T00:00:00Z" in late.stderr


def test_a_lock_follows_the_limit(index: Market) -> None:
    lock = ("lock", "soup", "-o", "pylock.toml")
    assert "soup 3.0" in fine(index.run(*lock))
    earlier = (*lock, "--exclude-newer", "2024-06-30")
    assert "soup 3.0 -> 2.0" in fine(index.run(*earlier))
    assert "nothing to do" in fine(index.run(*earlier))
    assert "nothing to do" in fine(index.run(*earlier, "--check"))
    # Another limit is another wish, and what is locked stays where it can.
    assert index.run(*lock, "--exclude-newer", "1 day", "--check").code == 1
    fine(index.run(*lock, "--exclude-newer", "1 day"))
    assert "nothing to do" in fine(index.run(*lock, "--exclude-newer", "1 day"))
    assert "soup 2.0 -> 3.0" in fine(index.run(*lock, "--exclude-newer", "1 day", "-U"))
    # What is locked is installed, whenever it came.
    assert "soup 3.0" in fine(index.run("sync", "--exclude-newer", "2024-01-31"))


def test_every_build_of_a_lock_was_there(index: Market) -> None:
    files = index.root / "files"
    tags = ("py3-none-any", "py3-none-win_amd64", "py3-none-macosx_12_0_arm64")
    built = [build_wheel(files, WheelSpec("wide", tag=tag)) for tag in tags]
    times = {path.name: f"202{place}-01-01T00:00:00Z" for place, path in enumerate(built, 4)}
    write_project(index.root, "wide", built, form="json", uploaded=times)
    before = ("--exclude-newer", "2025-06-01")
    fine(index.run("lock", "wide", "-o", "pylock.toml", "--for", "any", *before))
    text = (index.place.folder / "pylock.toml").read_text("utf-8")
    assert [path.name in text for path in built] == [True, True, False]


def test_a_command_that_runs_sees_the_same(index: Market) -> None:
    pytest.importorskip("starlette")
    pip = (sys.executable, "-m", "pip", "--python", index.place.python, "install", "-q", "soup")
    where = ("--index-url", index.index, "--python", index.place.python)
    done = index.place.run("run", *where, "--exclude-newer", "2024-06-30", "--", *pip)
    assert done.code == 0, done.stderr
    assert index.names() == {"soup": "2.0"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tomorrow", "it is neither a date nor a duration"),
        ("", "it is empty"),
        ("ago", "it is empty"),
        ("2024-13-01", "month must be in 1..12"),
        ("2024-06", "Invalid isoformat string"),
        ("9999-12-31", "it is too far away"),
        ("1 month", "months and years differ in length"),
        ("P1Y2M", "months and years differ in length"),
        ("2 fortnights", "`fortnights` is no unit of time"),
        ("7", "it is neither a date nor a duration"),
        ("-7 days", "it is neither a date nor a duration"),
        ("99999999999 weeks", "it is too far away"),
        ("P", "it is neither a date nor a duration"),
    ],
)
def test_what_is_no_moment_is_wrong_use(workplace: Workplace, text: str, why: str) -> None:
    done = workplace.run("install", "soup", f"--exclude-newer={text}")
    assert done.code == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    of_one = workplace.run("install", "soup", f"--exclude-newer-package=soup={text}")
    assert of_one.code == 2
    assert why in of_one.stderr


def test_what_an_overlay_presents_was_there_too(market: Market, xgboost: Path) -> None:
    wheels = sorted((market.root / "files").glob("*.whl"))
    late = f"xgboost-3.1.1-{LINUX}.whl"
    times = {path.name: f"202{4 + (path.name == late)}-01-01T00:00:00Z" for path in wheels}
    for name in ("xgboost", "xgboost_cpu", "numpy", "nccl"):
        files = [path for path in wheels if path.name.startswith(f"{name}-")]
        write_project(market.root, name, files, form="json", uploaded=times)
    command = ("install", "xgboost", "--overlay", xgboost, "--dry-run")
    assert "xgboost-cpu" not in fine(market.run(*command, driver="12.8"))
    before = ("--exclude-newer", "2024-06-01")
    assert "xgboost-cpu" in fine(market.run(*command, *before, driver="12.8"))

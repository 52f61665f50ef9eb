"""`whichwheel sync FILE...`: the environment becomes what files of requirements say."""

import hashlib
from pathlib import Path

import pytest

from support.command import Completed
from support.workplace import Workplace


@pytest.fixture
def market(workplace: Workplace) -> Workplace:
    """Bread in two versions, which needs butter in two, and jam that nobody needs."""
    for version in ("1.0", "2.0"):
        workplace.build("bread", version=version, requires=["butter"])
        workplace.build("butter", version=version)
    workplace.build("jam", requires=["butter<2"])
    workplace.build_tastes("soup")
    return workplace


def _write(workplace: Workplace, *lines: str, name: str = "requirements.txt") -> Path:
    path = workplace.folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def _sync(workplace: Workplace, *arguments: str | Path) -> Completed:
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    return workplace.run("sync", *where, *arguments)


def test_the_environment_becomes_what_the_file_says(market: Workplace) -> None:
    market.build("pip", version="99.0")
    assert market.install("jam", "bread==1.0", "pip").code == 0
    path = _write(market, "bread==2.0", "soup")
    would = _sync(market, path, "--dry-run")
    assert would.code == 0, would.stderr
    assert "jam==1.0" in market.frozen("--all")
    done = _sync(market, path)
    assert done.code == 0, done.stderr
    assert market.frozen("--all") == ["bread==2.0", "butter==1.0", "pip==99.0", "soup==1.0"]
    assert "soup 1.0 (sweet)" in done.stdout
    assert "uninstalled 1 package" in done.stdout
    again = _sync(market, path)
    assert "nothing to do" in again.stdout


def test_what_is_to_go_has_no_say(market: Workplace) -> None:
    assert market.install("jam").code == 0
    done = _sync(market, _write(market, "bread", "butter==2.0"))
    assert done.code == 0
    assert done.stderr == ""
    assert market.frozen("--all") == ["bread==2.0", "butter==2.0"]


def test_what_is_there_stays_unless_it_is_to_be_upgraded(market: Workplace) -> None:
    assert market.install("bread==1.0", "butter==1.0").code == 0
    path = _write(market, "bread")
    assert _sync(market, path).code == 0
    assert market.frozen("--all") == ["bread==1.0", "butter==1.0"]
    assert _sync(market, path, "-U").code == 0
    assert market.frozen("--all") == ["bread==2.0", "butter==2.0"]


def test_dependencies_may_be_left_aside(market: Workplace) -> None:
    assert market.install("bread").code == 0
    assert _sync(market, _write(market, "bread"), "--no-deps").code == 0
    assert market.frozen("--all") == ["bread==2.0"]


def test_several_files_constraints_and_digests_hold(market: Workplace) -> None:
    limits = _write(market, "butter<2", name="limits.txt")
    more = _write(market, "jam", name="more.txt")
    assert _sync(market, _write(market, "bread"), more, "-c", limits).code == 0
    assert market.frozen("--all") == ["bread==2.0", "butter==1.0", "jam==1.0"]
    (wheel,) = market.wheels.glob("butter-2.0*")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert _sync(market, _write(market, f"butter==2.0 --hash=sha256:{digest}")).code == 0
    assert market.frozen("--all") == ["butter==2.0"]
    wrong = _sync(market, _write(market, f"butter==1.0 --hash=sha256:{digest}"))
    assert wrong.code == 1
    assert market.frozen("--all") == ["butter==2.0"]


def test_files_that_ask_for_nothing_remove_nothing(market: Workplace) -> None:
    assert market.install("bread").code == 0
    done = _sync(market, _write(market, "# bread"))
    assert done.code == 2
    assert "everything would be removed" in done.stderr
    assert len(market.frozen("--all")) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("requirements.txt", "--extra", "x"), "`--extra` does not go with it"),
        (("pylock.toml", "--no-deps"), "`pylock.toml` is a lock, which says all"),
        (("pylock.toml", "requirements.txt"), "`pylock.toml` is a lock, which is installed alone"),
        (("pyproject.toml",), "`whichwheel lock` makes a lock of it"),
        (("missing.txt",), "the requirements in `missing.txt` cannot be read"),
    ],
)
def test_what_does_not_go_together_is_told(
    market: Workplace, arguments: tuple[str, ...], told: str
) -> None:
    _write(market, "bread")
    done = _sync(market, *arguments)
    assert done.code in {1, 2}
    assert told in done.stderr


def test_what_is_configured_does_not_hinder_a_lock(market: Workplace) -> None:
    where = ("--no-index", "--find-links", market.wheels)
    assert market.run("lock", "bread", *where, "--python", market.python).code == 0
    (market.folder / "whichwheel.toml").write_text("[install]\nrequire-hashes = true\n")
    assert _sync(market).code == 0
    assert market.frozen("--all") == ["bread==2.0", "butter==2.0"]
    assert market.install("-r", "pylock.toml").code == 0

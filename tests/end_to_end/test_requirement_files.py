"""`whichwheel install -r FILE -c FILE`: what files of requirements say, by pip's rules."""

import hashlib
from pathlib import Path

import pytest

from support.command import Completed
from support.environments import installed_by_pip
from support.sdists import SdistSpec, build_sdist, write_tree
from support.server import serve
from support.workplace import Workplace


@pytest.fixture
def market(workplace: Workplace) -> Workplace:
    """Bread in three versions, which needs butter in two."""
    for version in ("1.0", "2.0", "3.0"):
        workplace.build("bread", version=version, requires=["butter"])
    for version in ("1.0", "2.0"):
        workplace.build("butter", version=version)
    workplace.build_tastes("soup")
    return workplace


def _write(workplace: Workplace, name: str, *lines: str) -> Path:
    path = workplace.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def _hash(workplace: Workplace, name: str) -> str:
    (path,) = workplace.wheels.glob(name)
    return f"--hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _fails(workplace: Workplace, *arguments: str | Path) -> str:
    before = workplace.tree()
    done = workplace.install(*arguments)
    assert done.code in {1, 2}, done.stdout
    assert "Traceback" not in done.stderr
    assert workplace.tree() == before
    return done.stderr


def test_files_that_name_files_are_read_as_pip_reads_them(market: Workplace) -> None:
    _write(market, "more/soup.txt", "# what is eaten first", "soup ; python_version >= '3'")
    _write(market, "more/limits.txt", "butter<2")
    path = _write(
        market,
        "requirements.txt",
        "bread \\",
        "  >= ${OLDEST}, <3  # not the newest",
        "",
        "-r more/soup.txt",
        "--constraint=more/limits.txt",
    )
    done = market.install("-r", path, env={"OLDEST": "1.0"})
    assert done.code == 0, done.stderr
    assert market.frozen() == ["bread==2.0", "butter==1.0", "soup==1.0"]
    assert "soup 1.0 (sweet)" in done.stdout
    assert set(installed_by_pip(market.environment)) >= {"bread", "butter", "soup"}


def test_constraints_alone_need_nothing(market: Workplace) -> None:
    limits = _write(market, "limits.txt", "butter==1.0", "soup==9")
    assert market.install("bread", "-c", limits).code == 0
    assert market.frozen() == ["bread==3.0", "butter==1.0"]


def test_what_is_installed_gives_way_to_a_constraint_where_it_is_needed(market: Workplace) -> None:
    assert market.install("bread", "soup").code == 0
    limits = _write(market, "limits.txt", "butter<2", "soup==9")
    assert market.install("bread", "-c", limits).code == 0
    assert market.frozen() == ["bread==3.0", "butter==1.0", "soup==1.0"]


def test_constraints_that_cannot_be_met(market: Workplace) -> None:
    limits = _write(market, "limits.txt", "butter>2")
    assert "butter" in _fails(market, "bread", "-c", limits)


def test_files_say_where_packages_come_from(market: Workplace) -> None:
    path = _write(market, "requirements.txt", "--no-index", "-f wheels", "bread==1.0")
    done = market.run("install", "-r", path, "--python", market.python)
    assert done.code == 0, done.stderr
    assert market.frozen() == ["bread==1.0", "butter==2.0"]


def test_a_digest_is_checked_and_then_everything_needs_one(market: Workplace) -> None:
    bread = f"bread==2.0 {_hash(market, 'bread-2.0*')}"
    path = _write(market, "requirements.txt", bread)
    told = _fails(market, "-r", path)
    assert "`butter`" in told
    assert "no digest was given for it" in told
    butter = f"butter==1.0 {_hash(market, 'butter-1.0*')} {_hash(market, 'butter-2.0*')}"
    path = _write(market, "requirements.txt", bread, butter)
    assert market.install("-r", path).code == 0
    assert market.frozen() == ["bread==2.0", "butter==1.0"]


def test_the_one_variant_whose_digest_was_given_is_taken(market: Workplace) -> None:
    path = _write(market, "requirements.txt", f"soup==1.0 {_hash(market, 'soup-*salty.whl')}")
    done = market.install("-r", path)
    assert "soup 1.0 (salty)" in done.stdout


def test_a_wrong_digest_names_what_is_wrong(market: Workplace) -> None:
    path = _write(market, "requirements.txt", f"butter==1.0 --hash=sha256:{'0' * 64}")
    assert "its digest is none of those that were given" in _fails(market, "-r", path)


def test_digests_are_checked_where_the_index_tells_none(market: Workplace) -> None:
    page = '<a href="butter-1.0-py3-none-any.whl">butter-1.0-py3-none-any.whl</a>'
    (market.wheels / "butter").mkdir()
    (market.wheels / "butter" / "index.html").write_text(page)
    (wheel,) = market.wheels.glob("butter-1.0*")
    wheel.rename(market.wheels / "butter" / wheel.name)
    right = hashlib.sha256((market.wheels / "butter" / wheel.name).read_bytes()).hexdigest()

    def install(*digests: str) -> Completed:
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in digests)
        path = _write(market, "requirements.txt", f"butter==1.0 {hashes}")
        with serve(market.wheels) as server:
            where = ("--index-url", server.url, "--python", market.python)
            return market.run("install", "-r", path, *where)

    assert "wrong sha256 hash" in install("0" * 64).stderr
    assert "tells no digest" in install("0" * 64, right).stderr
    assert install(right).code == 0


def test_sources_are_built_only_with_the_digest_that_was_given(workplace: Workplace) -> None:
    path = build_sdist(workplace.wheels, SdistSpec("foo"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    wrong = _write(workplace, "wrong.txt", "--no-binary foo", f"foo --hash=sha256:{'0' * 64}")
    assert _fails(workplace, "-r", wrong)
    right = _write(workplace, "right.txt", "--no-binary foo", f"foo --hash=sha256:{digest}")
    assert workplace.install("-r", right).code == 0


def test_everything_can_be_made_to_need_a_digest(market: Workplace) -> None:
    assert "no digest was given for it" in _fails(market, "butter", "--require-hashes")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("bread ==",), "bread"),
        (("-r gone.txt",), "gone.txt"),
        (("-r https://index.example/more.txt",), "only files on this machine are read"),
        (("-e .",), "neither a `pyproject.toml` nor a `setup.py`"),
        (("--colour blue",), "whichwheel knows no such option"),
        (("bread --colour=blue",), "whichwheel knows no such option"),
        (("bread --hash=md5:00",), "is not `sha256:` and a digest"),
        (("-r pylock.toml",), "it is a lock"),
        (("--no-binary no!name", "bread"), "no!name"),
        (("git+https://index.example/bread.git",), "bread.git"),
    ],
)
def test_what_is_not_understood_is_told(
    lines: tuple[str, ...], message: str, market: Workplace
) -> None:
    assert message in _fails(market, "-r", _write(market, "requirements.txt", *lines))


def test_older_wheels_are_not_preferred_to_newer_sources(market: Workplace) -> None:
    path = _write(market, "requirements.txt", "--prefer-binary", "--use-feature=any", "bread")
    assert "prefer-binary" not in market.install("-r", path, "--dry-run").stderr
    told = market.install("-r", path, "--dry-run", "--allow-build", "bread")
    assert told.code == 0
    assert "note: `--prefer-binary` in a file of requirements is not heeded" in told.stderr


def test_a_lock_goes_alone(market: Workplace) -> None:
    path = _write(market, "requirements.txt", "bread")
    told = _fails(market, "-r", path, "-r", "pylock.toml")
    assert "is installed alone" in told


def test_a_constraint_says_where_a_project_comes_from(market: Workplace) -> None:
    tree = write_tree(market.folder / "tree", SdistSpec("butter", version="1.5"))
    (wheel,) = market.wheels.glob("bread-1.0*")
    limits = _write(
        market, "limits.txt", f"butter @ {tree.as_uri()}", f"bread @ {wheel.as_uri()}", "soup==9"
    )
    # One is asked for by name, the other is needed by it.
    done = market.install("bread", "-c", limits)
    assert done.code == 0, done.stderr
    frozen = "\n".join(market.frozen())
    assert f"bread@{wheel.as_uri()}" in frozen.replace(" ", "").replace("\n", "")
    assert f"butter@{tree.as_uri()}" in frozen.replace(" ", "").replace("\n", "")
    assert "the only one is `1.0`" in _fails(market, "bread>3", "-c", limits)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bread ==", "bread"),
        ("bread[x]<2", "a constraint has no extras"),
        ("./tree", "a constraint names its project"),
        ("-e ./tree", "is no constraint"),
    ],
)
def test_what_is_no_constraint_is_told(line: str, message: str, market: Workplace) -> None:
    write_tree(market.folder / "tree", SdistSpec("butter", version="1.5"))
    assert message in _fails(market, "bread", "-c", _write(market, "limits.txt", line))


def test_what_is_to_be_upgraded_in_vain_is_told(market: Workplace) -> None:
    done = market.install("butter", "-P", "bread", "-P", "butter")
    assert done.code == 0
    assert "`bread`, which `--upgrade-package` names, is not needed" in done.stderr
    assert "`butter`, which" not in done.stderr

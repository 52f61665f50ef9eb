"""`whichwheel install --group`: dependency groups (PEP 735)."""

from pathlib import Path

import pytest

from support.command import run_whichwheel
from support.sdists import SdistSpec, write_tree
from support.workplace import Workplace

_GROUPS = """
[dependency-groups]
Test_Tools = ["bread>=1", {include-group = "spreads"}]
spreads = ["butter", "jam; python_version < '3'"]
docs = [{include-group = "test.tools"}, "soup"]
tree = ["foo @ FOLDER"]
"""


@pytest.fixture
def project(workplace: Workplace) -> Workplace:
    """A project with groups, and what they need."""
    for name in ("bread", "butter", "jam"):
        workplace.build(name)
    workplace.build_tastes("soup")
    tree = write_tree(workplace.folder / "foo", SdistSpec("foo"))
    text = _GROUPS.replace("FOLDER", tree.as_uri())
    (workplace.folder / "pyproject.toml").write_text(text)
    return workplace


def test_a_group_with_what_it_includes(project: Workplace) -> None:
    done = project.install("--group", "test-tools")
    assert done.code == 0, done.stderr
    assert "`jam; python_version < '3'` is left out" in done.stderr
    assert project.frozen() == ["bread==1.0", "butter==1.0"]
    done = project.install("--group=DOCS", "--group", "spreads", "jam")
    assert "soup 1.0 (sweet)" in done.stdout
    assert len(project.frozen()) == 4


def test_a_group_of_another_project(project: Workplace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    path = project.folder / "pyproject.toml"
    where = ("--no-index", "--find-links", project.wheels, "--python", project.python)
    done = run_whichwheel("install", "--group", f"{path}:spreads", *where, home=elsewhere)
    assert done.code == 0, done.stderr
    assert project.frozen() == ["butter==1.0"]
    done = run_whichwheel("install", "--group", "spreads", *where, home=elsewhere)
    assert done.code == 1
    assert "pyproject.toml" in done.stderr


def test_sources_in_a_group_are_built(project: Workplace) -> None:
    done = project.install("--group", "tree")
    assert done.code == 0, done.stderr
    assert "foo 1.0" in done.stdout


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("a = []", ("there is no group `x`", "it has these groups: `a`")),
        ("", ("there is no group `x`", "it has no dependency groups")),
        ("x = [{include-group = 'y'}]\ny = [{include-group = 'X'}]", ("`x` -> `y` -> `x`",)),
        ("x = [{include-group = 'x'}]", ("`x` -> `x`",)),
        ("x = [{include-group = 'y'}]", ("there is no group `y`, which `x` includes",)),
        ("x = 'bread'", ("the group `x` is no list",)),
        ("x = [3, {other = 'y'}, {include-group = 4}]", ("`3`", "'other'", "4")),
        ("x = ['bread>=', 'a b']", ("in `x`", "`bread>=`", "`a b`")),
        ("x = []\nX = []", ("two groups are called `x`",)),
    ],
)
def test_all_that_is_wrong_is_told_at_once(
    text: str, messages: tuple[str, ...], workplace: Workplace
) -> None:
    (workplace.folder / "pyproject.toml").write_text(f"[dependency-groups]\n{text}\n")
    before = workplace.tree()
    done = workplace.install("--group", "x")
    assert done.code == 2
    for message in messages:
        assert message in done.stderr
    assert done.stderr.count("error: ") == 1
    assert workplace.tree() == before


@pytest.mark.parametrize(
    ("group", "content", "message"),
    [
        ("x", None, "cannot be read"),
        ("x", "[", "it is not TOML"),
        ("x", "dependency-groups = 3", "`dependency-groups` is no table"),
        ("other.toml:x", "", "is no `pyproject.toml`"),
    ],
)
def test_a_file_without_groups(
    group: str, content: str | None, message: str, workplace: Workplace
) -> None:
    if content is not None:
        (workplace.folder / "pyproject.toml").write_text(content)
    done = workplace.install("--group", group)
    assert done.code in {1, 2}
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_group_is_locked_with_the_project(project: Workplace) -> None:
    path = project.folder / "pyproject.toml"
    where = ("--no-index", "--find-links", str(project.wheels), "--python", project.python)
    done = project.run("lock", "--group", "test-tools", *where)
    assert done.code == 0, done.stderr
    assert "locked 2 packages" in done.stdout
    path.write_text(f"[project]\nname = 'own'\ndependencies = ['soup']\n{path.read_text()}")
    done = project.run("lock", "--group", "test-tools", *where)
    assert "locked 3 packages" in done.stdout
    assert "locked 2 packages" in project.run("lock", "jam", "--group", "spreads", *where).stdout
    done = project.run("lock", "--group", "gone", *where)
    assert done.code == 2
    assert "there is no group `gone`" in done.stderr


def test_a_file_of_a_project_says_what_the_project_needs(workplace: Workplace) -> None:
    workplace.build("bread")
    path = workplace.folder / "pyproject.toml"
    path.write_text("[project]\nname = 'own'\ndependencies = ['bread']\n")
    assert workplace.install("-r", path).code == 0
    assert workplace.frozen() == ["bread==1.0"]
    path.write_text("[project]\nname = 'own'\ndynamic = ['dependencies']\n")
    done = workplace.install("-r", path)
    assert done.code == 1
    assert "only known when it is built" in done.stderr


def _chain(length: int, each: str) -> str:
    lines = [f"g{number} = [{each.format(number + 1)}]" for number in range(length)]
    return "\n".join(["[dependency-groups]", *lines, f'g{length} = ["bread"]', ""])


def test_groups_that_multiply_each_other_take_no_time(workplace: Workplace) -> None:
    workplace.build("bread")
    twice = '{{include-group = "g{0}"}}, {{include-group = "g{0}"}}'
    (workplace.folder / "pyproject.toml").write_text(_chain(60, twice))
    done = workplace.install("--group", "g0", "--dry-run")
    assert (done.code, done.stderr) == (0, "")


def test_groups_in_each_other_without_end_are_refused(workplace: Workplace) -> None:
    (workplace.folder / "pyproject.toml").write_text(_chain(5000, '{{include-group = "g{0}"}}'))
    done = workplace.install("--group", "g0", "--dry-run")
    assert (done.code, done.stdout) == (2, "")
    assert "groups include each other more than 100 deep" in done.stderr
    assert len(done.stderr) < 1000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[project]\nname = "a"\ndynamic = 5\n', "`dynamic` is no list of texts"),
        ('[project]\nname = "a"\ndynamic = "dependencies"\n', "`dynamic` is no list of texts"),
        # What was cut off might be a dependency.
        ('[project]\nname = "a"\n' + "#" * (4 << 20), "it is larger than 4 MiB"),
    ],
)
def test_a_project_that_does_not_say_what_it_needs(
    workplace: Workplace, text: str, why: str
) -> None:
    (workplace.folder / "pyproject.toml").write_text(text)
    done = workplace.install("-r", "pyproject.toml", "--dry-run")
    assert (done.code, done.stdout) == (1, "")
    assert why in done.stderr

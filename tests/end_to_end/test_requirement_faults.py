"""What cannot be read in a file of requirements is told with the file that it is in."""

import pytest

from support.workplace import Workplace


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("soup==", "`soup==` is not a requirement"),
        ("-e nowhere", "`nowhere`: there is no such file or folder"),
        ("soup @ nonsense", "`nonsense`: after the `@`, a requirement has a URL"),
    ],
)
def test_the_file_is_named(workplace: Workplace, line: str, why: str) -> None:
    (workplace.folder / "wanted.txt").write_text("-r more.txt\n")
    (workplace.folder / "more.txt").write_text(f"bread\n{line}\n")
    done = workplace.install("-r", "wanted.txt")
    assert done.code == 2, done.stderr
    first, hint = done.stderr.splitlines()
    assert first.startswith("error: the requirements in `more.txt` cannot be read: ")
    assert why in first
    assert hint.startswith("hint: ")


def test_a_constraint_too(workplace: Workplace) -> None:
    (workplace.folder / "limits.txt").write_text("soup=1\n")
    done = workplace.install("soup", "-c", "limits.txt")
    assert done.code == 2
    assert "in `limits.txt` cannot be read: `soup=1` is not a requirement" in done.stderr


def test_what_the_command_line_says_is_in_no_file(workplace: Workplace) -> None:
    (workplace.folder / "wanted.txt").write_text("bread\n")
    done = workplace.install("-r", "wanted.txt", "soup==")
    assert done.code == 2
    assert done.stderr.startswith("error: `soup==` is not a requirement")


def test_a_variable_that_is_not_set_is_told(workplace: Workplace) -> None:
    workplace.build("soup")
    (workplace.folder / "wanted.txt").write_text("--extra-index-url ${SHOP}\nsoup # ${NOT_READ}\n")
    done = workplace.install("-r", "wanted.txt")
    assert done.stderr.startswith(
        "warning: the variable `SHOP`, which `wanted.txt` uses, is not set; `${SHOP}` stays as it "
        "is\n"
    )
    assert "NOT_READ" not in done.stderr
    done = workplace.install("-r", "wanted.txt", env={"SHOP": str(workplace.wheels)})
    assert "SHOP" not in done.stderr

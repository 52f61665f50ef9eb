"""What people and programs are shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.targets import written_target
from whichwheel.choose.choice import Choice
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.report.explanation_text import explanation_lines, short_names
from whichwheel.report.json_text import json_text
from whichwheel.report.style import Role, Style, printable, text_width
from whichwheel.report.table import Column, render_table
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.wheel_name import WheelName

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def _wheels(*filenames: str) -> tuple[Wheel, ...]:
    return tuple(
        Wheel(File(name, f"https://index.example/{name}"), WheelName.parse(name))
        for name in filenames
    )


def _choice(*filenames: str) -> Choice:
    release = Release(
        canonicalize_name("soup"), Version("1.0"), "https://index.example/", _wheels(*filenames)
    )
    return choose(release, VariantData(None, "none"), written_target(), Preferences())


@given(JSON)
def test_json_text_says_what_json_says(value: object) -> None:
    assert json.loads(json_text(value)) == value


def test_columns_align_and_the_last_one_wraps() -> None:
    columns = (Column("n", right=True), Column("name"), Column("why"))
    rows = [("1", "short", "a few words that do not fit on one line"), ("10", "longer name", "")]
    assert render_table(columns, rows, width=44, indent="  ") == [
        "   n  name         why",
        "   1  short        a few words that do not",
        "                   fit on one line",
        "  10  longer name",
    ]


def test_literals_are_not_broken() -> None:
    lines = render_table((Column("why"),), [("it needs `a :: b :: c` to be there",)], width=26)
    assert lines == ["why", "it needs `a :: b :: c` to", "be there"]


def test_colours_change_no_alignment() -> None:
    columns = (Column("status", roles={"good": Role.GOOD}), Column("why"))
    rows = [("good", "x"), ("neither", "y")]
    painted = render_table(columns, rows, width=40, style=Style(colour=True))
    plain = render_table(columns, rows, width=40)
    assert painted[1] == "\x1b[32mgood\x1b[0m     x"
    assert plain[1] == "good     x"
    assert painted[2] == plain[2]


@given(st.text())
def test_printable_text_cannot_steer_a_terminal(text: str) -> None:
    shown = printable(text)
    assert not any(ord(letter) < 32 and letter != "\n" for letter in shown)
    assert not set(shown) & set("\x7f\x9b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")
    assert printable(shown) == shown


def test_wide_letters_take_two_columns() -> None:
    assert (text_width("abc"), text_width("日本"), text_width("e\u0301")) == (3, 4, 1)


@pytest.mark.parametrize(
    ("filenames", "short"),
    [
        (["soup-1.0-py3-none-any.whl"], ["(plain)"]),
        (["soup-1.0-py3-none-any.whl", "soup-1.0-py3-none-any-x.whl"], ["(plain)", "x"]),
        (
            ["soup-1.0-py3-none-win32.whl", "soup-1.0-py3-none-any-x.whl"],
            ["(plain)", "x"],
        ),
        (
            ["soup-1.0-py3-none-win32-x.whl", "soup-1.0-py3-none-any-x.whl"],
            ["win32-x", "any-x"],
        ),
        (
            ["soup-1.0-1-py3-none-any-x.whl", "soup-1.0-2a-py3-none-any-x.whl"],
            ["1-x", "2a-x"],
        ),
    ],
)
def test_names_are_shortened_to_what_differs(filenames: list[str], short: list[str]) -> None:
    assert list(short_names(_wheels(*filenames)).values()) == short


def test_long_tables_are_cut_unless_asked_for() -> None:
    choice = _choice(*(f"soup-1.0-{number}-py3-none-any.whl" for number in range(50)))
    lines = explanation_lines(choice, width=100)
    assert lines[-1] == "  and 10 more wheels (listed with `-v`)"
    assert len(explanation_lines(choice, width=100, verbose=True)) > len(lines)


def test_wheels_for_elsewhere_are_counted_unless_nothing_fits() -> None:
    elsewhere = [f"soup-1.0-py3-none-macosx_{number}_0_arm64.whl" for number in (11, 12)]
    text = "\n".join(explanation_lines(_choice("soup-1.0-py3-none-any.whl", *elsewhere), width=100))
    assert "  2 wheels are for other platforms or Python versions" in text
    assert "macosx" not in text
    text = "\n".join(explanation_lines(_choice(*elsewhere), width=100))
    assert "no wheel fits" in text
    assert "macosx_11_0_arm64" in text

from email.parser import BytesHeaderParser

from hypothesis import example, given
from hypothesis import strategies as st

from whichwheel.spec.header_fields import header_fields, header_parts

_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
_NAMES = st.from_regex(r"[A-Z][a-z-]{0,10}", fullmatch=True)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        lines.append(f"{draw(_NAMES)}: {draw(_TEXT)}")
        lines += [f" {draw(_TEXT)}" for _ in range(draw(st.integers(0, 3)))]
    return newline.join([*lines, "", *draw(st.lists(_TEXT, max_size=3))]).encode()


@given(st.binary(max_size=200) | documents())
@example(b"")
@example(b"\n")
@example(b" folded\nName: a")
def test_the_parts_joined_are_the_whole(metadata: bytes) -> None:
    assert b"".join(header_parts(metadata)) == metadata
    assert len(list(header_fields(metadata))) == len(list(header_parts(metadata))) - 1


@given(documents())
def test_the_fields_are_those_of_the_email_parser(metadata: bytes) -> None:
    parsed = BytesHeaderParser().parsebytes(metadata).items()
    # That one keeps the line breaks.
    expected = [(name.lower(), " ".join(value.split())) for name, value in parsed]
    assert [(name, " ".join(value.split())) for name, value in header_fields(metadata)] == expected


def test_a_line_of_blanks_does_not_end_the_header() -> None:
    metadata = b"Name: a\nLicense: one\n        \n  two\nRequires-Dist: b\n\nRequires-Dist: c\n"
    assert list(header_fields(metadata))[-1] == ("requires-dist", "b")

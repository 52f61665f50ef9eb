import pytest

from whichwheel.resolve.core_metadata import parse_core_metadata
from whichwheel.sources.errors import BrokenWheel

METADATA = b"""Metadata-Version: 2.3\r
Name: Foo.Bar\r
Version: 1.0\r
Summary: several\r
  lines\r
Requires-Python: >=3.9\r
Requires-Dist: dep >=1 ; extra == 'A_b'\r
requires-dist: folded\r
  >=2\r
Provides-Extra: A_b\r
\r
Requires-Dist: only-in-the-description
"""


def test_the_fields_that_count_are_read() -> None:
    metadata = parse_core_metadata(METADATA, "foo.whl")
    assert metadata.name == "foo-bar"
    assert str(metadata.version) == "1.0"
    assert [str(line) for line in metadata.requires] == ["dep >=1 ; extra == 'A_b'", "folded >=2"]
    assert metadata.extras == {"a-b"}
    assert metadata.requires_python is not None
    assert not metadata.requires_python.contains("3.8")


def test_a_line_of_blanks_in_a_folded_field_does_not_end_the_header() -> None:
    data = b"Name: a\nVersion: 1\nLicense: first\n        \n        second\nRequires-Dist: b\n\nhi"
    assert [str(line) for line in parse_core_metadata(data, "a.whl").requires] == ["b"]


def test_an_unreadable_python_requirement_excludes_nothing() -> None:
    metadata = parse_core_metadata(b"Name: a\nVersion: 1\nRequires-Python: >= three\n", "a.whl")
    assert metadata.requires_python is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it has no version"),
        (b"\xff\xfe\x00", "it has no version"),
        (b"Name: a\nVersion: one\n", "`one` is not a version"),
        (b"Name: a\nVersion: 1\nRequires-Dist: b ><\n", "`b ><` is not a requirement"),
        (
            b"Name: a\nVersion: 1\nRequires-Dist: b; variant_features == 'x'\n",
            "is not a variant marker",
        ),
    ],
)
def test_what_cannot_be_read_names_the_wheel(data: bytes, why: str) -> None:
    with pytest.raises(BrokenWheel, match=why) as caught:
        parse_core_metadata(data, "a.whl")
    assert caught.value.where == "a.whl"

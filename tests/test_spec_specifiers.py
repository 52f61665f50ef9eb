import pytest
from packaging.specifiers import InvalidSpecifier

from whichwheel.spec.markers import InvalidRequirement, parse_requirement
from whichwheel.spec.specifiers import parse_specifiers, python_fits

ENDLESS = "1" * 5000


def test_a_number_of_thousands_of_digits_is_no_version() -> None:
    with pytest.raises(InvalidSpecifier):
        parse_specifiers(f">={ENDLESS}")
    with pytest.raises(InvalidRequirement, match="thousands of digits"):
        parse_requirement(f"foo>={ENDLESS}")
    with pytest.raises(InvalidRequirement, match="thousands of digits"):
        parse_requirement(f'foo; python_version < "{ENDLESS}" and "x" in variant_label')


@pytest.mark.parametrize("text", [f">={ENDLESS}", "newest", ">=3.11,<4", ""])
def test_what_cannot_be_read_excludes_no_python(text: str) -> None:
    assert python_fits(text, "3.11.4")
    assert not python_fits("<3", "3.11.4")

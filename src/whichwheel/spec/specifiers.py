"""Version specifiers from outside: those that nobody can compare with are none."""

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from whichwheel.spec.patterns import lazy_pattern

__all__ = ["has_endless_number", "parse_specifiers", "python_fits"]

#: Python refuses to turn longer ones into numbers, and only when they are compared.
_ENDLESS = lazy_pattern(r"[0-9]{1000}")


def has_endless_number(text: str) -> bool:
    """Whether a text has a number of so many digits that no version can mean it."""
    return _ENDLESS.search(text) is not None


def parse_specifiers(text: str) -> SpecifierSet:
    """Read a set of version specifiers (PEP 440).

    :raises InvalidSpecifier: if it is none, or has a number of thousands of digits
    """
    if has_endless_number(text):
        raise InvalidSpecifier("a number has thousands of digits")
    return SpecifierSet(text)


def python_fits(requires_python: str, version: str) -> bool:
    """Whether a Python is among those that ``Requires-Python`` names.

    What cannot be read excludes none, as with pip.

    >>> python_fits(">=3.12", "3.11.4"), python_fits("newest", "3.11.4")
    (False, True)
    """
    try:
        return parse_specifiers(requires_python).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True

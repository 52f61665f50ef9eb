"""A Python that is asked for by its version."""

import re
from dataclasses import field

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass
from whichwheel.target.interpreters.description import Interpreter

__all__ = ["InvalidPythonRequest", "PythonRequest"]

_NAMED = lazy_pattern(
    r"(?P<name>python|cpython|pypy|graalpy)?[@-]?"
    r"(?P<versions>\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?|[<>=!~].*)?",
    re.IGNORECASE | re.ASCII,
)
#: No Python 3 had more releases than this, by far.
_MOST_MICRO = 40


class InvalidPythonRequest(WhichwheelError):
    """Text that begins like a range of versions and is none.

    :param text: as given
    """

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text}` is no range of Python versions",
            hint="write a version as `3.12`, or a range as `>=3.11,<3.14`",
        )
        self.text = text


@dataclass(frozen=True, slots=True)
class PythonRequest:
    """Which Pythons will do.

    :param text: as given, for people
    :param versions: those that will do
    :param implementation: as ``pypy``; None for any
    """

    text: str = "any version"
    versions: SpecifierSet = field(default_factory=SpecifierSet)
    implementation: str | None = None

    @classmethod
    def parse(cls, text: str) -> "PythonRequest | None":
        """Read a version, a range of them, or an implementation with or without one.

        >>> str(PythonRequest.parse("pypy3.10").versions)
        '==3.10.*'
        >>> str(PythonRequest.parse("3.12.4").versions)
        '==3.12.4'
        >>> PythonRequest.parse("./3.12") is None
        True

        :return: None for what is none of these, as a path
        :raises InvalidPythonRequest: if it is a range that cannot be read
        """
        found = _NAMED.fullmatch(text.strip())
        if found is None or not text.strip():
            return None
        name, versions = found["name"], found["versions"] or ""
        if name is None and not versions:
            return None
        if versions[:1].isdigit():
            whole = versions.count(".") == 2 or not versions.replace(".", "").isdigit()  # noqa: PLR2004 -- X.Y.Z
            versions = f"=={versions}" if whole else f"=={versions}.*"
        try:
            allowed = SpecifierSet(versions)
        except InvalidSpecifier:
            raise InvalidPythonRequest(text) from None
        implementation = None if name is None or name.lower() == "python" else name.lower()
        return cls(text, allowed, implementation)

    def allows(self, interpreter: Interpreter) -> bool:
        """Whether an interpreter is one of them."""
        if self.implementation not in (None, interpreter.implementation):
            return False
        # An interpreter calls what comes between two releases `3.14.0+`.
        return self.allows_version(interpreter.version.removesuffix("+"))

    def allows_minor(self, minor: int) -> bool:
        """Whether any release of a Python 3 can be one of them."""
        micros = range(_MOST_MICRO)
        return any(self.allows_version(f"3.{minor}.{micro}") for micro in micros)

    def allows_version(self, version: str) -> bool:
        """Whether a full version is one of them."""
        return self.versions.contains(version, prereleases=True)

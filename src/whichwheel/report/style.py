"""How text looks: colours where they are wanted, and nothing that a terminal would obey."""

from enum import StrEnum

from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass

__all__ = ["PLAIN", "Role", "Style", "counted", "printable", "text_width"]

#: Controls, bidirectional overrides, line separators and lone surrogates.
_UNPRINTABLE = lazy_pattern(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb]"
)

_COLOUR = lazy_pattern("(\x1b\\[[0-9]{1,2}m)")


class Role(StrEnum):
    """What a piece of text is; every colour only repeats what the words say."""

    GOOD = "32"
    BAD = "31"
    NOTE = "33"
    STRONG = "1"
    FAINT = "2"


@dataclass(frozen=True, slots=True)
class Style:
    """Paints text, or does not.

    :param colour: whether the reader's terminal shows colours
    """

    colour: bool = False

    def paint(self, text: str, role: Role | None) -> str:
        """Return the text in the colour of its role."""
        if not self.colour or role is None or not text:
            return text
        return f"\x1b[{role.value}m{text}\x1b[0m"

    def safe(self, line: str) -> str:
        """Return a line in which nothing steers a terminal but colours like our own."""
        if not self.colour or "\x1b" not in line:
            return printable(line)
        return "".join(
            part if _COLOUR.fullmatch(part) else printable(part) for part in _COLOUR.split(line)
        )


#: No colours at all.
PLAIN = Style()


def printable(text: str) -> str:
    r"""Return text without anything that would steer a terminal; newlines stay.

    What an index or a wheel says ends up in messages.

    >>> printable("red \x1b[31m")
    'red \\x1b[31m'
    """
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def text_width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 -- start-up time

    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "FW" else 1 for letter in text
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "package"), counted(2, "package")
    ('1 package', '2 packages')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

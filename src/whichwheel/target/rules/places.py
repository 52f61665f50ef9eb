"""Paths in rules: absolute, or from the home folder, a variable or the environment's prefix."""

import re
from typing import Self

from whichwheel.spec.values import dataclass

__all__ = ["Place"]

_LONGEST = 400
_SEPARATORS = re.compile(r"[/\\]+")
_DRIVE = re.compile(r"[A-Za-z]:")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_()]*)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A path whose start may depend on the machine.

    :param text: as it was written
    :param base: an empty text for the root, a drive as ``C:``, ``~``, ``${VAR}`` or ``{prefix}``
    :param parts: what follows; ``*`` and ``?`` in a part stand for names of one folder
    """

    text: str
    base: str
    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a path.

        :raises ValueError: if it is none, with a clause that says why
        """
        if not text.isprintable() or not 0 < len(text) <= _LONGEST:
            raise ValueError(f"expected a path of 1 to {_LONGEST} printable characters")
        base, *parts = _SEPARATORS.split(text)
        known = base in {"", "~", "{prefix}"} or _DRIVE.fullmatch(base)
        if not known and not _VARIABLE.fullmatch(base):
            starts = "`/`, `C:/`, `~/`, `${VARIABLE}/` or `{prefix}/`"
            raise ValueError(f"it is not absolute: a path starts with {starts}")
        parts = [part for part in parts if part not in {"", "."}]
        if ".." in parts:
            raise ValueError("it leads upwards: `..` may not stand in a path")
        if any("**" in part for part in parts):
            raise ValueError("it has `**`: wildcards stand for names of one folder")
        if any("{" in part or "}" in part for part in parts):
            raise ValueError("it has braces that are not at its start")
        if not parts:
            raise ValueError("it names nothing below its start")
        return cls(text, base, tuple(parts))

    @property
    def variable(self) -> str | None:
        """The environment variable that it starts with."""
        match = _VARIABLE.fullmatch(self.base)
        return match[1] if match else None

    @property
    def on_drive(self) -> bool:
        """Whether it starts with a drive of Windows."""
        return self.base.endswith(":")

    def __str__(self) -> str:
        return self.text

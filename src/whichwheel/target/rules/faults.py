"""What is wrong in a rule file, all of it at once and each with its place."""

import re
from collections.abc import Iterable, Mapping

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.key_lines import KeyPath, line_of
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown

__all__ = ["Faults", "InvalidRuleFile", "RuleFault", "kind_of", "suggestion"]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MOST_NAMED = 20
_HINT = "a rule is `namespace`, and below `values.FEATURE` the checks of each value"
_WHERE_HINT = (
    "files of rules are named by `rules` below `[providers]` of a configuration, or lie in "
    "`rules` beside the user's own"
)


@dataclass(frozen=True, slots=True)
class RuleFault:
    """One thing wrong in one place.

    :param path: the key, as ``values.implementation.openmpi.library``; empty for the whole file
    :param line: of the file, from 1; None where it is not known
    :param message: what was found and what was expected
    """

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line is not None else ""
        return f"{at}`{self.path}` {self.message}" if self.path else f"{at}{self.message}"


class InvalidRuleFile(WhichwheelError, ValueError):
    """Rules that cannot be used; holds every fault, not only the first.

    :param where: the file, or what else they were read from
    :param faults: all faults, in the order of the file
    """

    def __init__(self, where: str, faults: Iterable[RuleFault]) -> None:
        self.where = where
        self.faults = tuple(faults)
        named = [str(fault) for fault in self.faults[:_MOST_NAMED]]
        if len(self.faults) > len(named):
            named.append(f"and {len(self.faults) - len(named)} more")
        super().__init__(
            f"the rules in `{where}` are not usable: {'; '.join(named)}",
            hint=_HINT if any(fault.path for fault in self.faults) else _WHERE_HINT,
        )


class Faults:
    """Collects what is wrong.

    :param lines: of the keys, where they are known
    """

    def __init__(self, lines: Mapping[KeyPath, int] | None = None) -> None:
        self._lines = lines or {}
        self.found: list[RuleFault] = []

    def note(self, path: KeyPath, message: str) -> None:
        """Note one."""
        self.found.append(RuleFault(_written(path), line_of(path, self._lines), message))

    def only(self, table: Iterable[str], known: tuple[str, ...], path: KeyPath) -> None:
        """Note the keys that are not known."""
        for key in table:
            if key not in known:
                self.note((*path, key), f"is not known{suggestion(key, known)}")


def suggestion(text: str, known: Iterable[str]) -> str:
    """Return a clause that names what was probably meant, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

    close = get_close_matches(text.lower()[:80].replace("_", "-"), list(known), n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def kind_of(value: object) -> str:
    """Return what a value is, in words."""
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


def _written(path: KeyPath) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if _PLAIN_KEY.fullmatch(part) else f'"{shown(part)}"'
            text += f".{key}" if text else key
    return text

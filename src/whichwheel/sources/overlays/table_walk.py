"""Take values out of a TOML table, noting every fault with its place."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.sources.overlays.overlay import OverlayFault
from whichwheel.spec.key_lines import KeyPath, line_of, lines_of_keys
from whichwheel.spec.walking import shown

__all__ = ["TableWalk", "kind_of", "suggestion"]


def kind_of(value: object) -> str:
    """Return what a value is, in words."""
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


def suggestion(text: str, known: Iterable[str]) -> str:
    """Return a clause that names what was probably meant, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

    close = get_close_matches(text.lower()[:80].replace("_", "-"), list(known), n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def _written(path: KeyPath) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{shown(part)}" if text else shown(part)
    return text


class TableWalk:
    """Takes values out of a table that a person wrote, and notes every fault with its line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: Mapping[KeyPath, int] | None = None
        self.faults: list[OverlayFault] = []

    def fault(self, path: KeyPath, message: str) -> None:
        """Note one fault."""
        if self._lines is None:
            self._lines = lines_of_keys(self._text)
        self.faults.append(OverlayFault(_written(path), message, line_of(path, self._lines)))

    def only(self, table: Mapping[str, object], known: tuple[str, ...], path: KeyPath) -> None:
        """Note the keys that are not known."""
        for key in table:
            if key not in known:
                self.fault((*path, key), f"is not known{suggestion(key, known)}")

    def project(self, value: object, path: KeyPath) -> NormalizedName:
        """Return the name of a project, an empty one if it is none."""
        if not isinstance(value, str):
            self.fault(path, f"is {kind_of(value)}, expected the name of a project")
            return NormalizedName("")
        try:
            name = canonicalize_name(value, validate=True)
        except InvalidName:
            if value or path != ("project",):
                self.fault(path, f"is `{shown(value)}`, which is no name of a project")
            return NormalizedName("")
        if name != value:
            self.fault(path, f"is `{shown(value)}`, expected it in its canonical form `{name}`")
        return name

    def flag(self, table: Mapping[str, object], key: str, path: KeyPath) -> bool:
        """Return a value that is true or false, false where it is missing."""
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.fault((*path, key), f"is {kind_of(value)}, expected true or false")
        return value is True

    def texts(
        self,
        table: Mapping[str, object],
        key: str,
        path: KeyPath,
        pattern: re.Pattern[str] | None,
        what: str,
    ) -> tuple[str, ...]:
        """Return a list of different texts, without those that do not match."""
        value = table.get(key, [])
        at = (*path, key)
        if not isinstance(value, list):
            self.fault(at, f"is {kind_of(value)}, expected a list of {what}")
            return ()
        found: dict[str, None] = {}
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self.fault((*at, index), f"is {kind_of(item)}, expected a text")
            elif item in found:
                self.fault((*at, index), f"is `{shown(item)}` again")
            elif pattern is not None and not pattern.fullmatch(item):
                self.fault((*at, index), f"is `{shown(item)}`, which does not belong to {what}")
            else:
                found[item] = None
        return tuple(found)

    def address(self, text: str, path: KeyPath) -> None:
        """Check the address of a page or an index, which holds no credentials."""
        expected = "expected `https://...` or `file:///...`"
        try:
            split = urlsplit(text)
            user, host = split.username, split.hostname
            _ = split.port
        except ValueError:
            self.fault(path, f"is no address, {expected}")
            return
        if "@" in split.netloc or user is not None:
            self.fault(path, "holds a user or a password, which belong into a netrc file")
            return
        remote = split.scheme in {"http", "https"} and host
        local = split.scheme == "file" and not split.netloc and split.path.startswith("/")
        if not (remote or local) or not text.isprintable() or " " in text:
            self.fault(path, f"is `{shown(text)}`, {expected}")

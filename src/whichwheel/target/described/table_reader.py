"""One pass over a table that a person wrote, noting every fault with its line."""

import re
from collections.abc import Mapping
from dataclasses import field

from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown
from whichwheel.target.described.known_targets import Layer
from whichwheel.target.described.target_faults import TargetFault, kind_of, suggestion
from whichwheel.target.described.target_table import Place

__all__ = ["Section", "TableReader"]

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What one configuration file says under one key, for the room that knows what it means.

    :param key: as ``ban``
    :param value: as it stands in the file
    :param place: where the table stands that has the key
    :param layer: whose the file is
    """

    key: str
    value: object = field(repr=False)
    place: Place
    layer: Layer

    def origin(self, *keys: str) -> str:
        """Say where a key of the section stands, for people: ``whichwheel.toml, line 3``."""
        line = self.place.file.line_of((*self.place.keys, self.key, *keys))
        return f"{self.place.path}" + (f", line {line}" if line is not None else "")


class TableReader:
    """Reads values of a table by the keys that lead to them.

    :param place: where the table stands
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.faults: list[TargetFault] = []

    def fault(self, keys: Keys, message: str, index: int | None = None) -> None:
        """Note a fault of a key, or of one item of the list that it holds."""
        self.faults.append(self.place.fault(keys, message, index))

    def only(self, table: Mapping[str, object], known: Keys, keys: Keys) -> None:
        """Note every key of a table that is not known.

        :param keys: those that lead to the table
        """
        for key in table:
            if key not in known:
                self.fault((*keys, key), f"is not known{suggestion(key, known)}")

    def table(self, value: object, keys: Keys) -> Mapping[str, object]:
        """Return a table; an empty one, and a fault, for anything else."""
        if isinstance(value, dict):
            return value
        self.fault(keys, f"is {kind_of(value)}, expected a table")
        return {}

    def text(
        self, value: object, keys: Keys, pattern: re.Pattern[str], expected: str
    ) -> str | None:
        """Return a text; None, and a fault, for anything else.

        :param expected: what it may be, in words
        """
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        found = f"`{shown(value)}`" if isinstance(value, str) else kind_of(value)
        self.fault(keys, f"is {found}, expected {expected}")
        return None

    def texts(
        self, value: object, keys: Keys, pattern: re.Pattern[str], expected: str
    ) -> tuple[str, ...]:
        """Return the texts of a list; those that are none are left out, with a fault for each.

        :param expected: what they may be, in words, as plural
        """
        if not isinstance(value, list):
            self.fault(keys, f"is {kind_of(value)}, expected a list of {expected}")
            return ()
        texts = []
        for index, item in enumerate(value):
            if isinstance(item, str) and pattern.fullmatch(item):
                texts.append(item)
            else:
                found = f"`{shown(item)}`" if isinstance(item, str) else kind_of(item)
                self.fault(keys, f"is {found}, expected {expected}", index)
        return tuple(texts)

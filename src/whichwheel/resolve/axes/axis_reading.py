"""Axes from files: those that are shipped, and what configuration makes of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from whichwheel.resolve.axes.axes import Axes, AxisChoice, AxisStrategy, Exclusion, InvalidAxis
from whichwheel.resolve.axes.axis import Axis, AxisPolicy, AxisReading
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import (
    NAME_PATTERN,
    VALUE_PATTERN,
    VariantFeature,
)
from whichwheel.target.described.configuration_file import InvalidConfiguration
from whichwheel.target.described.table_reader import Section, TableReader
from whichwheel.target.described.target_faults import kind_of
from whichwheel.target.described.target_table import Place
from whichwheel.target.described.toml_file import load_toml

__all__ = ["configured_axes", "read_shipped"]

_SHIPPED = Path(__file__).with_name("shipped.toml")
_AXIS_KEYS = (
    *("description", "features", "policy", "reading", "values", "aliases"),
    *("prefer", "files", "value"),
)
_FEATURE = lazy_pattern(r"[a-z0-9_]+\s*::\s*[a-z0-9_]+")
_TEXT = lazy_pattern(r".{1,200}")
_GLOB = lazy_pattern(r"[^\s/\\]{1,100}")
_RESERVED = ("excludes", "strategy")

Word = TypeVar("Word", bound=StrEnum)


def read_shipped() -> Iterator[Axis]:
    """Yield the axes of published packages."""
    file = load_toml(_SHIPPED)
    reader = _Reader(TableReader(Place(file)), (), "shipped")
    for name, value in file.table.items():
        yield reader.axis(name, value, None)
    assert not reader.faults  # noqa: S101 -- our own file


def configured_axes(sections: Iterable[Section], axes: Axes | None = None) -> Axes:
    """Return the axes as configuration has them.

    :param sections: what the files say under ``axes``, the nearest first
    :param axes: those to begin with, if not the shipped ones
    :raises InvalidConfiguration: with all faults of a file
    """
    axes = Axes.shipped() if axes is None else axes
    for section in reversed(list(sections)):
        axes = _configured(section, axes)
    return axes


def _configured(section: Section, axes: Axes) -> Axes:
    tables = TableReader(section.place)
    reader = _Reader(tables, (section.key,), str(section.place.path))
    table = tables.table(section.value, (section.key,))
    by_name = dict(axes.by_name)
    chosen = dict(axes.chosen)
    for name, value in table.items():
        if name in _RESERVED:
            continue
        by_name[name] = reader.axis(name, value, by_name.get(name))
    axes = replace(axes, by_name=by_name)
    for name, value in table.items():
        if name not in _RESERVED and isinstance(value, dict) and "value" in value:
            found = reader.value(axes, name, value["value"])
            if found is not None:
                chosen[name] = AxisChoice(found, section.origin(name, "value"))
    strategy = axes.strategy
    if "strategy" in table:
        given = reader.word(table["strategy"], ("strategy",), AxisStrategy)
        strategy = given or strategy
    excludes = tuple(reader.excludes(table.get("excludes", {}), axes, section))
    if tables.faults:
        raise InvalidConfiguration(str(section.place.path), tuple(tables.faults))
    return replace(axes, chosen=chosen, strategy=strategy, excludes=(*axes.excludes, *excludes))


class _Reader:
    """Reads axes from one table.

    :param keys: those that lead to the table
    :param origin: where it stands, for people
    """

    def __init__(self, tables: TableReader, keys: tuple[str, ...], origin: str) -> None:
        self._tables = tables
        self._keys = keys
        self._origin = origin

    @property
    def faults(self) -> bool:
        return bool(self._tables.faults)

    def axis(self, name: str, value: object, known: Axis | None) -> Axis:
        """Return an axis; what is not said stays as it was known."""
        keys = (*self._keys, name)
        table = self._tables.table(value, keys)
        self._tables.only(table, _AXIS_KEYS, keys)
        if not NAME_PATTERN.fullmatch(name):
            self._tables.fault(keys, "is no name of an axis: only `a-z`, `0-9` and `_`")
        axis = known or Axis(name, ())
        listed = self._list(table, "features", keys, _FEATURE, "features as `mpi :: library`")
        features = tuple(map(VariantFeature.parse, listed)) or axis.features
        if not features and isinstance(value, dict):
            self._tables.fault(keys, "is not known, and has no `features` to be known by")
        policy = self._word(table, "policy", keys, AxisPolicy, axis.policy)
        reading = self._word(table, "reading", keys, AxisReading, axis.reading)
        values = self._list(table, "values", keys, VALUE_PATTERN, "values")
        prefer = self._list(table, "prefer", keys, VALUE_PATTERN, "values, best first")
        aliases = self._texts(table, "aliases", keys, VALUE_PATTERN, VALUE_PATTERN)
        files = self._texts(table, "files", keys, _GLOB, VALUE_PATTERN)
        description = axis.description
        if "description" in table:
            found = self._tables.text(
                table["description"], (*keys, "description"), _TEXT, "a short text"
            )
            description = found or description
        return Axis(
            name,
            features,
            description,
            policy,
            reading,
            tuple(dict.fromkeys((*axis.values, *values))),
            {**axis.aliases, **aliases},
            prefer or axis.prefer,
            {**axis.files, **files},
            self._origin if table else axis.origin,
        )

    def value(self, axes: Axes, name: str, value: object) -> str | None:
        """Return the value that is chosen of an axis."""
        keys = (*self._keys, name, "value")
        text = self._tables.text(value, keys, VALUE_PATTERN, "a value of the axis")
        if text is None:
            return None
        try:
            return axes.value(axes.by_name[name], text)
        except InvalidAxis as error:
            self._tables.fault(keys, f"is `{text}`: {error.why} ({error.hint})")
            return None

    def word(self, value: object, keys: tuple[str, ...], words: type[Word]) -> Word | None:
        """Return one of a few words."""
        listed = " or ".join(f"`{word}`" for word in words)
        pattern = re.compile("|".join(re.escape(word) for word in words))
        found = self._tables.text(value, (*self._keys, *keys), pattern, listed)
        return None if found is None else words(found)

    def excludes(self, value: object, axes: Axes, section: Section) -> Iterator[Exclusion]:
        """Yield which values do not go together."""
        keys = (*self._keys, "excludes")
        for text, others in self._tables.table(value, keys).items():
            first = self._property(text, axes, (*keys, text), None)
            if not isinstance(others, list):
                self._tables.fault(
                    (*keys, text), f"is {kind_of(others)}, expected a list of properties"
                )
                continue
            for index, other in enumerate(others):
                second = self._property(other, axes, (*keys, text), index)
                if first is None or second is None:
                    continue
                if first[0] == second[0]:
                    self._tables.fault((*keys, text), "excludes a value of its own axis", index)
                    continue
                yield Exclusion(first, second, section.origin("excludes", text))

    def _property(
        self, value: object, axes: Axes, keys: tuple[str, ...], index: int | None
    ) -> tuple[str, str] | None:
        """Return the axis and value of ``mpi :: implementation :: msmpi`` or ``mpi :: msmpi``."""
        expected = "a property as `mpi :: implementation :: msmpi`"
        if not isinstance(value, str):
            self._tables.fault(keys, f"is {kind_of(value)}, expected {expected}", index)
            return None
        name, separator, spelling = value.rpartition("::")
        try:
            if not separator:
                self._tables.fault(keys, f"is `{value}`, expected {expected}", index)
                return None
            axis = axes.find(name)
            return axis.name, axes.value(axis, spelling)
        except InvalidAxis as error:
            self._tables.fault(keys, f"is `{value}`: {error.why} ({error.hint})", index)
            return None

    def _word(
        self,
        table: Mapping[str, object],
        key: str,
        keys: tuple[str, ...],
        words: type[Word],
        usual: Word,
    ) -> Word:
        if key not in table:
            return usual
        return self.word(table[key], (*keys[len(self._keys) :], key), words) or usual

    def _list(
        self,
        table: Mapping[str, object],
        key: str,
        keys: tuple[str, ...],
        pattern: re.Pattern[str],
        expected: str,
    ) -> tuple[str, ...]:
        return self._tables.texts(table.get(key, []), (*keys, key), pattern, expected)

    def _texts(
        self,
        table: Mapping[str, object],
        key: str,
        keys: tuple[str, ...],
        names: re.Pattern[str],
        values: re.Pattern[str],
    ) -> dict[str, str]:
        found = {}
        for name, value in self._tables.table(table.get(key, {}), (*keys, key)).items():
            whole = (*keys, key, name)
            if not names.fullmatch(name):
                self._tables.fault(whole, "is no key that may stand here")
            text = self._tables.text(value, whole, values, "a value of the axis")
            if text is not None:
                found[name] = text
        return found

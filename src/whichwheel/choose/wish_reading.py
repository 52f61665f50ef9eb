"""Wishes as people write them: on the command line, in variables, in configuration files."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.choose.wishes import (
    SUBJECT_FORMS,
    InvalidSubject,
    Level,
    Subject,
    Wish,
    WishKind,
)
from whichwheel.spec.walking import shown
from whichwheel.target.described.known_targets import Layer
from whichwheel.target.described.table_reader import TableReader

if TYPE_CHECKING:
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.described.table_reader import Section

__all__ = ["configured_wishes", "read_wish"]

_KINDS = tuple(kind.value for kind in WishKind)
_PACKAGES = "packages"
_ANY_TEXT = re.compile(r".*", re.DOTALL)
_LEVELS = {Layer.PROJECT: Level.PROJECT, Layer.USER: Level.USER, Layer.SYSTEM: Level.SYSTEM}


def read_wish(text: str, kind: WishKind, level: Level, origin: str) -> Wish:
    """Read ``SUBJECT``, or ``PROJECT = SUBJECT`` for one project.

    :param origin: where it stands, for people
    :raises InvalidSubject: if it is neither

    >>> read_wish("torch = nvidia", WishKind.BAN, Level.COMMAND_LINE, "--ban").project
    'torch'
    """
    name, separator, subject = text.partition("=")
    if not separator:
        return Wish(kind, Subject.parse(text), level, origin)
    try:
        project = canonicalize_name(name.strip(), validate=True)
    except InvalidName:
        raise InvalidSubject(
            text, f"`{shown(name.strip())}` is not the name of a project"
        ) from None
    return Wish(kind, Subject.parse(subject), level, origin, project)


def configured_wishes(configuration: "Configuration") -> Iterator[Wish]:
    """Yield the wishes in configuration files, the nearest file first, each in written order.

    :raises InvalidConfiguration: with all faults that the wishes of a file have
    """
    by_file: dict[tuple[Layer, str], list[Section]] = {}
    for key in (*_KINDS, _PACKAGES):
        for section in configuration.sections(key):
            by_file.setdefault((section.layer, str(section.place.path)), []).append(section)
    for (_, path), sections in sorted(by_file.items(), key=lambda item: item[0][0]):
        yield from _read_file(path, sections)


def _read_file(path: str, sections: "Iterable[Section]") -> list[Wish]:
    wishes: list[Wish] = []
    faults = []
    for section in sections:
        reader = _SectionReader(section)
        wishes += reader.packages() if section.key == _PACKAGES else reader.wishes()
        faults += reader.faults
    if faults:
        from whichwheel.target.described.configuration_file import InvalidConfiguration  # noqa: PLC0415

        raise InvalidConfiguration(path, tuple(sorted(faults, key=lambda fault: fault.line or 0)))
    return wishes


class _SectionReader:
    """Reads what one file says under one key, noting every fault."""

    def __init__(self, section: "Section") -> None:
        self._section = section
        self._reader = TableReader(section.place)
        self.faults = self._reader.faults

    def wishes(self) -> list[Wish]:
        """Read ``ban = [...]`` for all projects."""
        return list(self._listed(WishKind(self._section.key), self._section.value, ()))

    def packages(self) -> list[Wish]:
        """Read ``[packages.NAME]`` with ``ban = [...]`` for one project each."""
        wishes: list[Wish] = []
        seen: dict[NormalizedName, str] = {}
        for name, value in self._reader.table(self._section.value, (_PACKAGES,)).items():
            table = self._reader.table(value, (_PACKAGES, name))
            self._reader.only(table, _KINDS, (_PACKAGES, name))
            try:
                project = canonicalize_name(name, validate=True)
            except InvalidName:
                self._reader.fault((_PACKAGES, name), "is not the name of a project")
                continue
            if project in seen:
                self._reader.fault((_PACKAGES, name), f"is the project of `{seen[project]}` too")
            seen.setdefault(project, name)
            for kind in WishKind:
                if kind.value in table:
                    keys = (name, kind.value)
                    wishes += self._listed(kind, table[kind.value], keys, project)
        return wishes

    def _listed(
        self,
        kind: WishKind,
        value: object,
        keys: tuple[str, ...],
        project: NormalizedName | None = None,
    ) -> Iterator[Wish]:
        whole = (self._section.key, *keys)
        level = _LEVELS[self._section.layer]
        origin = self._section.origin(*keys)
        if not isinstance(value, list):
            self._reader.texts(value, whole, _ANY_TEXT, "subjects")
            return
        for index, item in enumerate(value):
            # One by one, so that a fault names the place in the list.
            text = self._text(item, whole, index)
            if text is None:
                continue
            try:
                yield Wish(kind, Subject.parse(text), level, origin, project)
            except InvalidSubject as error:
                message = f"is `{shown(text)}`: {error.why} (expected {SUBJECT_FORMS})"
                self._reader.fault(whole, message, index)

    def _text(self, item: object, keys: tuple[str, ...], index: int) -> str | None:
        if isinstance(item, str):
            return item
        from whichwheel.target.described.target_faults import kind_of  # noqa: PLC0415 -- start-up time

        self._reader.fault(keys, f"is {kind_of(item)}, expected {SUBJECT_FORMS}", index)
        return None

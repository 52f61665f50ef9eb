"""One table that describes a target, wherever it stands: read and checked, not yet complete."""

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import date
from math import prod
from pathlib import Path

from packaging.tags import Tag, parse_tag

from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import NAME_PATTERN, VALUE_PATTERN, VariantProperties
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown
from whichwheel.target.described.target_faults import TargetFault, kind_of, suggestion
from whichwheel.target.described.toml_file import TomlFile
from whichwheel.target.facts import Fact, FactValue, Origin
from whichwheel.target.gpus import GPU_POLICY, GpuPolicy, InvalidGpuPolicy
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.provider import FactField, FactKind, KnownProvider
from whichwheel.target.tags import MARKER_NAMES, InvalidPlatform, Platform, parse_platform

__all__ = ["Place", "TargetTable", "read_target_table"]

_KEYS = (
    *("name", "description", "source", "dated", "extends"),
    *("python", "implementation", "abi", "platform", "tags"),
    *("enable", "disable", "gpus", "markers", "facts", "properties"),
)
_PYTHON = lazy_pattern(r"3\.\d{1,2}(\.\d{1,3}((a|b|rc)\d{1,3})?\+?)?")
_ABI = lazy_pattern(r"[a-z0-9_]+")
_TAG = lazy_pattern(r"[a-z0-9_.]+-[a-z0-9_.]+-[a-z0-9_.]+")
_ADDRESS = lazy_pattern(r"https?://[^\s`]{1,500}")
_MOST_TAGS = 20_000
_NO_TEXT = lazy_pattern(r"(?!)")
# Those that follow from `python` are not to contradict it.
_FIXED_MARKERS = {"python_version", "python_full_version"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table stands.

    :param file: the file
    :param keys: the keys that lead to the table, none for the whole file
    :param called: what facts name as their source
    """

    file: TomlFile
    keys: tuple[str, ...] = ()
    called: str = ""

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path

    @property
    def words(self) -> str:
        """The place for people: ``lab.toml``, ``whichwheel.toml: targets.lab``."""
        if self.called:
            return self.called
        return f"{self.path}: {'.'.join(self.keys)}" if self.keys else str(self.path)

    def fault(self, keys: tuple[str, ...], message: str, index: int | None = None) -> TargetFault:
        """Return a fault of a key of the table.

        :param index: of an item, where the key holds a list
        """
        whole = (*self.keys, *keys)
        item = "" if index is None else f"[{index}]"
        return TargetFault(
            ".".join(shown(key) for key in whole) + item,
            message,
            self.file.line_of(whole),
            str(self.path),
        )


@dataclass(frozen=True, slots=True)
class TargetTable:
    """What one table says of a target; None, or empty, where it says nothing.

    :param place: where it stands
    :param name: how the target is called
    :param extends: the target that it changes: a name or a file
    :param description: for whoever reads it
    :param source: addresses of what it was written from
    :param dated: the day for which it holds
    :param python: full version
    :param gpus: which of several GPUs have to be served
    :param gpus_from: where that is said
    :param facts: by provider, then by the name of the fact
    :param providers: the providers that it gives facts of
    :param said: all keys that it has, those with faults included
    """

    place: Place
    name: str
    extends: str | None = None
    description: str | None = None
    source: tuple[str, ...] = ()
    dated: date | None = None
    python: str | None = None
    implementation: str | None = None
    abi: str | None = None
    platform: Platform | None = None
    tags: tuple[Tag, ...] | None = None
    enable: tuple[str, ...] | None = None
    disable: tuple[str, ...] | None = None
    gpus: GpuPolicy | None = None
    gpus_from: str = ""
    markers: Mapping[str, str] = field(default_factory=dict)
    properties: VariantProperties = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)
    providers: Mapping[str, KnownProvider] = field(default_factory=dict)
    said: frozenset[str] = frozenset()


def read_target_table(
    table: Mapping[str, object],
    place: Place,
    name: str,
    rules: Mapping[str, KnownProvider] | None = None,
) -> tuple[TargetTable, tuple[TargetFault, ...]]:
    """Read a table, and return every fault of it too; what has a fault is left out.

    Only the providers whose facts it names are loaded.

    :param name: the target's name, where the table gives none
    :param rules: the providers that the user's rules make, by namespace
    """
    reader = _Reader(table, place, rules or {})
    return reader.read(name), tuple(reader.faults)


class _Reader:
    """One pass over one table, noting every fault."""

    def __init__(
        self, table: Mapping[str, object], place: Place, rules: Mapping[str, KnownProvider]
    ) -> None:
        self._document = table
        self._place = place
        self._rules = rules
        self._providers: dict[str, KnownProvider] = {}
        self.faults: list[TargetFault] = []

    def read(self, name: str) -> TargetTable:
        self._only(self._document, _KEYS, ())
        return TargetTable(
            place=self._place,
            name=self._text("name") or name,
            extends=self._text("extends"),
            description=self._text("description"),
            source=self._listed("source", _ADDRESS, "addresses as `https://...`") or (),
            dated=self._dated(),
            python=self._python(),
            implementation=self._text("implementation", _ABI, "a name as `cpython`"),
            abi=self._text("abi", _ABI, "an ABI tag as `cp313t`"),
            platform=self._platform(),
            tags=self._tags(),
            enable=self._listed("enable", NAME_PATTERN, "namespaces"),
            disable=self._disable(),
            gpus=self._gpus(),
            gpus_from=self._place.words,
            markers=self._markers(),
            properties=self._properties(),
            facts=self._facts(),
            providers=self._providers,
            said=frozenset(self._document),
        )

    def _fault(self, keys: tuple[str, ...], message: str, index: int | None = None) -> None:
        self.faults.append(self._place.fault(keys, message, index))

    def _only(
        self, table: Mapping[str, object], known: tuple[str, ...], keys: tuple[str, ...]
    ) -> None:
        for key in table:
            if key not in known:
                self._fault((*keys, key), f"is not known{suggestion(key, known)}")

    def _text(
        self, key: str, pattern: re.Pattern[str] | None = None, expected: str = "a text"
    ) -> str | None:
        value = self._document.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self._fault((key,), f"is {kind_of(value)}, expected {expected}")
        elif not value.strip() or (pattern is not None and not pattern.fullmatch(value)):
            self._fault(
                (key,), f"is `{shown(value)}`, expected {_expected(value, pattern, expected)}"
            )
        else:
            return value
        return None

    def _table(self, value: object, keys: tuple[str, ...]) -> Mapping[str, object]:
        if isinstance(value, dict):
            return value
        self._fault(keys, f"is {kind_of(value)}, expected a table")
        return {}

    def _listed(self, key: str, pattern: re.Pattern[str], expected: str) -> tuple[str, ...] | None:
        if key not in self._document:
            return None
        return self._texts(self._document[key], (key,), pattern, expected, distinct=True)

    def _texts(
        self,
        value: object,
        keys: tuple[str, ...],
        pattern: re.Pattern[str],
        expected: str,
        *,
        distinct: bool = False,
    ) -> tuple[str, ...]:
        if not isinstance(value, list):
            self._fault(keys, f"is {kind_of(value)}, expected a list of {expected}")
            return ()
        texts: list[str] = []
        seen: set[str] = set()
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self._fault(keys, f"is {kind_of(item)}, expected {expected}", index)
            elif not pattern.fullmatch(item):
                message = f"is `{shown(item)}`, expected {_expected(item, pattern, expected)}"
                self._fault(keys, message, index)
            elif distinct and item in seen:
                self._fault(keys, f"is `{shown(item)}`, which stands in the list already", index)
            else:
                texts.append(item)
                seen.add(item)
        return tuple(texts)

    def _dated(self) -> date | None:
        value = self._document.get("dated")
        if value is None or type(value) is date:
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        found = f"`{shown(value)}`" if isinstance(value, str) else kind_of(value)
        self._fault(("dated",), f"is {found}, expected a date as `2026-11-21`")
        return None

    def _python(self) -> str | None:
        version = self._text("python", _PYTHON, "a version as `3.12` or `3.12.4`")
        if version is None:
            return None
        return f"{version}.0" if version.count(".") == 1 else version

    def _platform(self) -> Platform | None:
        text = self._text("platform", expected="a tag as `manylinux_2_28_x86_64`")
        if text is None:
            return None
        try:
            return parse_platform(text)
        except InvalidPlatform as error:
            self._fault(("platform",), f"is `{shown(text)}`: {error.hint}")
            return None

    def _tags(self) -> tuple[Tag, ...] | None:
        listed = self._listed("tags", _TAG, "tags as `cp312-abi3-win_amd64`")
        if listed is None:
            return None
        if self._document["tags"] == []:
            self._fault(("tags",), "is empty, expected tags as `cp312-abi3-win_amd64`")
        # A compressed tag stands for all combinations of its parts (PEP 425).
        count = sum(prod(part.count(".") + 1 for part in text.split("-")) for text in listed)
        if count > _MOST_TAGS:
            self._fault(("tags",), f"stands for {count} tags, expected at most {_MOST_TAGS}")
            return None
        return tuple(tag for text in listed for tag in sorted(parse_tag(text), key=str))

    def _disable(self) -> tuple[str, ...] | None:
        names = self._listed("disable", NAME_PATTERN, "namespaces")
        enabled = self._document.get("enable")
        for index, name in enumerate(names or ()):
            if isinstance(enabled, list) and name in enabled:
                self._fault(("disable",), f"is `{name}`, which `enable` has too", index)
        return names

    def _gpus(self) -> GpuPolicy | None:
        expected = "`all`, `any` or numbers of GPUs as `0,2`"
        text = self._text("gpus", expected=expected)
        if text is None:
            return None
        try:
            return GpuPolicy.parse(text)
        except InvalidGpuPolicy:
            self._fault(("gpus",), f"is `{shown(text)}`, expected {expected}")
            return None

    def _markers(self) -> Mapping[str, str]:
        known = tuple(name for name in MARKER_NAMES if name not in _FIXED_MARKERS)
        values = {}
        for key, value in self._table(self._document.get("markers", {}), ("markers",)).items():
            keys = ("markers", key)
            if key in _FIXED_MARKERS:
                self._fault(keys, "follows from `python`, which says it already")
            elif key not in known:
                self._fault(keys, f"is not known{suggestion(key, known)}")
            elif not isinstance(value, str):
                self._fault(keys, f"is {kind_of(value)}, expected a text")
            else:
                values[key] = value
        return values

    def _properties(self) -> VariantProperties:
        given = self._table(self._document.get("properties", {}), ("properties",))
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for namespace, features in given.items():
            keys = ("properties", namespace)
            self._check_name(namespace, "a namespace", keys)
            found[namespace] = {}
            for feature, values in self._table(features, keys).items():
                within = (*keys, feature)
                self._check_name(feature, "a feature", within)
                expected = "property values, best first"
                if values == []:
                    self._fault(within, f"is empty, expected {expected}; else leave it out")
                found[namespace][feature] = self._texts(
                    values, within, VALUE_PATTERN, expected, distinct=True
                )
        return found

    def _check_name(self, name: str, noun: str, keys: tuple[str, ...]) -> None:
        if not NAME_PATTERN.fullmatch(name):
            self._fault(keys, f"is not {noun}: only `a-z`, `0-9` and `_` may stand in it")

    def _facts(self) -> Mapping[str, Mapping[str, Fact]]:
        facts: dict[str, Mapping[str, Fact]] = {}
        for topic, value in self._table(self._document.get("facts", {}), ("facts",)).items():
            keys = ("facts", topic)
            provider = self._rules.get(topic) or PROVIDERS.get(topic)
            if provider is None:
                hint = suggestion(topic, PROVIDERS)
                more = (
                    f"; give the properties under `properties.{shown(topic)}`" if not hint else ""
                )
                self._fault(keys, f"is not known{hint}{more}")
            else:
                self._providers[topic] = provider
                facts[topic] = self._facts_of(provider, self._table(value, keys), keys)
        return facts

    def _facts_of(
        self, provider: KnownProvider, table: Mapping[str, object], keys: tuple[str, ...]
    ) -> Mapping[str, Fact]:
        fields = {field.name: field for field in provider.fields}
        self._only(table, tuple(fields), keys)
        if table.get("present") is False and table.keys() - {"present", GPU_POLICY}:
            self._fault((*keys, "present"), "is false, yet more is said of it")
        facts = {}
        for name, value in table.items():
            known = fields.get(name)
            if known is None:
                continue
            read = self._value(known, value, (*keys, name))
            if read is not None:
                facts[name] = Fact(provider.key(name), read, Origin.GIVEN, self._place.words)
        return facts

    def _value(self, known: FactField, value: object, keys: tuple[str, ...]) -> FactValue | None:
        if known.kind is FactKind.TEXTS:
            return self._texts(value, keys, known.pattern, known.expected)
        if known.kind is FactKind.FLAG:
            if isinstance(value, bool):
                return value
            self._fault(keys, f"is {kind_of(value)}, expected `true` or `false`")
            return None
        if isinstance(value, str) and known.pattern.fullmatch(value):
            return value
        found, expected = kind_of(value), known.expected
        if isinstance(value, str):
            found = f"`{shown(value)}`"
            expected = _expected(value, known.pattern, expected)
        self._fault(keys, f"is {found}, expected {expected}")
        return None


def _expected(text: str, pattern: re.Pattern[str] | None, expected: str) -> str:
    """Return what was expected, with the lower-case text if that would have been right."""
    lower = text.lower()
    if lower != text and (pattern or _NO_TEXT).fullmatch(lower):
        return f"{expected}, did you mean `{shown(lower)}`?"
    return expected

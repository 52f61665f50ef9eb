"""Target files: a machine described in TOML, by hand or by ``whichwheel platform --toml``."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.tags import Tag, parse_tag

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import NAME_PATTERN, VALUE_PATTERN
from whichwheel.target.facts import Fact, FactValue, Origin
from whichwheel.target.file_machine import DescribedMachine
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.governing import Governance
from whichwheel.target.providers.provider import FactField, FactKind, KnownProvider
from whichwheel.target.tags import (
    IMPLEMENTATIONS,
    InvalidPlatform,
    Platform,
    default_abi,
    described_environment,
    described_tags,
    parse_platform,
)
from whichwheel.target.target import Target

__all__ = ["InvalidTargetFile", "TargetFault", "read_target_file"]

_LARGEST = 1024 * 1024
_KEYS = (
    *("name", "description", "python", "implementation", "abi", "platform", "tags"),
    *("enable", "markers", "facts", "properties"),
)
_PYTHON = re.compile(r"3\.\d{1,2}(\.\d{1,3}((a|b|rc)\d{1,3})?\+?)?")
_ABI = re.compile(r"[a-z0-9_]+")
_TAG = re.compile(r"[a-z0-9_.]+-[a-z0-9_.]+-[a-z0-9_.]+")
# Those that follow from `python` are not to contradict it.
_FIXED_MARKERS = {"python_version", "python_full_version"}


@dataclass(frozen=True, slots=True)
class TargetFault:
    """One thing wrong in one place of a target file.

    :param path: the key, as ``facts.nvidia.driver_cuda_version``
    :param message: what was found and what was expected
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"`{self.path}` {self.message}" if self.path else self.message


class InvalidTargetFile(WhichwheelError, ValueError):
    """A target file that cannot be used; holds every fault, not only the first.

    :param where: the file
    :param faults: all faults, in the order of the file
    """

    def __init__(self, where: str, faults: tuple[TargetFault, ...]) -> None:
        listed = "; ".join(str(fault) for fault in faults)
        super().__init__(
            f"the target file `{where}` is not usable: {listed}",
            hint="`whichwheel platform --toml` writes a target file to start from",
        )
        self.where = where
        self.faults = faults


def read_target_file(path: Path) -> Target:
    """Read a target file. Nothing is detected, now or later.

    :raises InvalidTargetFile: if it cannot be read or holds any fault
    """
    return _Reader(str(path), _load(path)).target(path.stem)


def _load(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        fault = TargetFault("", f"it cannot be read: {error.strerror or error}")
        raise InvalidTargetFile(str(path), (fault,)) from None
    if len(content) > _LARGEST:
        fault = TargetFault("", f"it is larger than {_LARGEST} bytes")
        raise InvalidTargetFile(str(path), (fault,))
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        fault = TargetFault("", f"it is not TOML: {error}")
        raise InvalidTargetFile(str(path), (fault,)) from None


class _Reader:
    """One pass over one file, noting every fault."""

    def __init__(self, where: str, document: Mapping[str, object]) -> None:
        self._where = where
        self._document = document
        self._faults: list[TargetFault] = []

    def target(self, stem: str) -> Target:
        self._only(self._document, _KEYS, "")
        name = self._text("name") or stem
        self._text("description")
        version = self._python()
        implementation = self._text("implementation") or "cpython"
        if implementation not in IMPLEMENTATIONS and "tags" not in self._document:
            listed = " or ".join(f"`{known}`" for known in IMPLEMENTATIONS)
            message = f"is `{implementation}`, expected {listed}; others need `tags` beside it"
            self._fault("implementation", message)
        abi = self._text("abi")
        if abi is not None and not _ABI.fullmatch(abi):
            self._fault("abi", f"is `{abi}`, expected an ABI tag as `cp313t`")
        platform = self._platform()
        tags = self._tags()
        markers = self._markers(version, platform, implementation)
        governance = Governance(markers, self._properties(), frozenset(self._enabled()))
        facts = self._facts()
        if self._faults or platform is None:
            raise InvalidTargetFile(self._where, tuple(self._faults))
        major, minor = (int(part) for part in version.split(".")[:2])
        python = (major, minor)
        return Target(
            name=name,
            python_version=version,
            implementation=implementation,
            tags=tags
            or described_tags(
                python,
                platform,
                implementation=implementation,
                abi=abi or default_abi(python, implementation),
            ),
            environment=markers,
            machine=DescribedMachine(governance, facts),
        )

    def _fault(self, path: str, message: str) -> None:
        self._faults.append(TargetFault(path, message))

    def _only(self, table: Mapping[str, object], known: tuple[str, ...], path: str) -> None:
        for key in table:
            if key not in known:
                where = f"{path}.{key}" if path else key
                self._fault(where, f"is not known{_suggestion(key, known)}")

    def _text(self, key: str) -> str | None:
        value = self._document.get(key)
        if value is not None and not isinstance(value, str):
            self._fault(key, f"is {_kind(value)}, expected a text")
            return None
        return value

    def _table(self, value: object, path: str) -> Mapping[str, object]:
        if isinstance(value, dict):
            return value
        self._fault(path, f"is {_kind(value)}, expected a table")
        return {}

    def _texts(
        self, value: object, path: str, pattern: re.Pattern[str], expected: str
    ) -> tuple[str, ...]:
        if not isinstance(value, list):
            self._fault(path, f"is {_kind(value)}, expected a list of {expected}")
            return ()
        texts = []
        for index, item in enumerate(value):
            if isinstance(item, str) and pattern.fullmatch(item):
                texts.append(item)
            else:
                found = f"`{item}`" if isinstance(item, str) else _kind(item)
                self._fault(f"{path}[{index}]", f"is {found}, expected {expected}")
        return tuple(texts)

    def _python(self) -> str:
        if "python" not in self._document:
            self._fault("python", "is missing, expected a version as `3.12`")
            return "3.12.0"
        version = self._text("python")
        if version is None:
            return "3.12.0"
        if not _PYTHON.fullmatch(version):
            self._fault("python", f"is `{version}`, expected a version as `3.12` or `3.12.4`")
            return "3.12.0"
        return f"{version}.0" if version.count(".") == 1 else version

    def _platform(self) -> Platform | None:
        if "platform" not in self._document:
            self._fault("platform", "is missing, expected a tag as `manylinux_2_28_x86_64`")
            return None
        text = self._text("platform")
        if text is None:
            return None
        try:
            return parse_platform(text)
        except InvalidPlatform as error:
            self._fault("platform", f"is `{text}`: {error.hint}")
            return None

    def _tags(self) -> tuple[Tag, ...]:
        if "tags" not in self._document:
            return ()
        listed = self._texts(self._document["tags"], "tags", _TAG, "tags as `cp312-abi3-win_amd64`")
        return tuple(tag for text in listed for tag in sorted(parse_tag(text), key=str))

    def _enabled(self) -> tuple[str, ...]:
        value = self._document.get("enable", [])
        return self._texts(value, "enable", NAME_PATTERN, "namespaces")

    def _markers(
        self, version: str, platform: Platform | None, implementation: str
    ) -> Mapping[str, str]:
        if platform is None:
            return {}
        derived = described_environment(version, platform, implementation=implementation)
        known = tuple(name for name in derived if name not in _FIXED_MARKERS)
        given = self._table(self._document.get("markers", {}), "markers")
        values = dict(derived)
        for key, value in given.items():
            path = f"markers.{key}"
            if key in _FIXED_MARKERS:
                self._fault(path, "follows from `python`, which says it already")
            elif key not in known:
                self._fault(path, f"is not known{_suggestion(key, known)}")
            elif not isinstance(value, str):
                self._fault(path, f"is {_kind(value)}, expected a text")
            else:
                values[key] = value
        return values

    def _properties(self) -> dict[str, dict[str, tuple[str, ...]]]:
        given = self._table(self._document.get("properties", {}), "properties")
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for namespace, features in given.items():
            path = f"properties.{namespace}"
            if not NAME_PATTERN.fullmatch(namespace):
                self._fault(path, "is not a namespace: only `a-z`, `0-9` and `_` may stand in it")
            found[namespace] = {}
            for feature, values in self._table(features, path).items():
                where = f"{path}.{feature}"
                if not NAME_PATTERN.fullmatch(feature):
                    self._fault(where, "is not a feature: only `a-z`, `0-9` and `_` may be in it")
                found[namespace][feature] = self._texts(
                    values, where, VALUE_PATTERN, "property values, best first"
                )
        return found

    def _facts(self) -> list[Fact]:
        facts: list[Fact] = []
        for topic, table in self._table(self._document.get("facts", {}), "facts").items():
            path = f"facts.{topic}"
            provider = PROVIDERS.get(topic)
            if provider is None:
                hint = _suggestion(topic, tuple(PROVIDERS))
                more = f"; give the properties under `properties.{topic}`" if not hint else ""
                self._fault(path, f"is not known{hint}{more}")
                continue
            facts += self._facts_of(provider, self._table(table, path), path)
        return facts

    def _facts_of(
        self, provider: KnownProvider, table: Mapping[str, object], path: str
    ) -> list[Fact]:
        fields = {field.name: field for field in provider.fields}
        self._only(table, tuple(fields), path)
        if table.get("present") is False and len(table) > 1:
            self._fault(f"{path}.present", "is false, yet more is said of it")
        facts = []
        for name, value in table.items():
            field = fields.get(name)
            if field is None:
                continue
            if field.needs is not None and field.needs not in table:
                self._fault(f"{path}.{name}", f"needs `{field.needs}` beside it")
            read = self._value(field, value, f"{path}.{name}")
            if read is not None:
                facts.append(Fact(provider.key(name), read, Origin.GIVEN, self._where))
        return facts

    def _value(self, field: FactField, value: object, path: str) -> FactValue | None:
        if field.kind is FactKind.TEXTS:
            return self._texts(value, path, field.pattern, field.expected)
        if field.kind is FactKind.FLAG:
            if isinstance(value, bool):
                return value
            self._fault(path, f"is {_kind(value)}, expected `true` or `false`")
            return None
        if isinstance(value, str) and field.pattern.fullmatch(value):
            return value
        found = f"`{value}`" if isinstance(value, str) else _kind(value)
        self._fault(path, f"is {found}, expected {field.expected}")
        return None


def _suggestion(key: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 -- start-up speed

    close = get_close_matches(key, known, n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def _kind(value: object) -> str:
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")

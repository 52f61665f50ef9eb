"""Overlays as TOML: read within bounds, every fault noted with its place."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.sources.overlays.local_patterns import local_pattern
from whichwheel.sources.overlays.overlay import (
    InvalidOverlay,
    Overlay,
    OverlayBuild,
    OverlayFault,
    expand_template,
    template_groups,
)
from whichwheel.sources.overlays.table_walk import TableWalk, kind_of, suggestion
from whichwheel.spec.abi_dependency import ABI_NAMESPACE
from whichwheel.spec.key_lines import MOST_KEY_PARTS, KeyPath, long_key_line
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import (
    LABEL_PATTERN,
    NAME_PATTERN,
    NULL_LABEL,
    InvalidProperty,
    VariantProperty,
)
from whichwheel.spec.walking import shown

__all__ = ["LARGEST", "ShippedOverlays", "read_overlay", "shipped_overlays"]

#: Bytes that an overlay may have.
LARGEST = 256 * 1024

_FOLDER = Path(__file__).parent / "shipped"
_LINE = lazy_pattern(r" ?\(at (?:line (\d+), column \d+|end of document)\)")
_KEYS = ("format", "project", "summary", "dated", "sources", "safe", "namespaces", "builds")
_NEEDED = ("format", "project", "summary", "dated", "namespaces", "builds")
_BUILD_KEYS = (
    "label",
    "project",
    "versions",
    "local",
    "index",
    "page",
    "platforms",
    "extras",
    "properties",
    "also-plain",
    "by-hand",
)
_PROJECT = lazy_pattern(r"""^\s*project\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_FORMAT = 1
_MOST_BUILDS = 256
_LONGEST_TEXT = 500
_PLATFORM = lazy_pattern(r"[A-Za-z0-9_.*?\[\]!-]{1,100}")
#: What every local version that a group can match consists of.
_ANY_VALUE = "0"


def read_overlay(path: Path) -> Overlay:
    """Read an overlay.

    :raises InvalidOverlay: if it cannot be read, or with all its faults
    """
    where = str(path)
    try:
        # To open a pipe would wait for whoever writes into it.
        if path.exists() and not path.is_file():
            raise _whole(where, "it is not a file")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidOverlay):
            raise
        why = error.strerror if isinstance(error, OSError) else None
        raise _whole(where, f"it cannot be read: {why or error}") from None
    return _overlay_from_bytes(content, path)


def _overlay_from_bytes(content: bytes, path: Path) -> Overlay:
    """Read the content of an overlay.

    :param path: the file, for messages
    :raises InvalidOverlay: with all its faults
    """
    where = str(path)
    table, text = _parse(content, where)
    reader = _Reader(text)
    overlay = reader.overlay(table, path)
    if reader.faults or overlay is None:
        order = sorted(reader.faults, key=lambda fault: (fault.line is None, fault.line or 0))
        raise InvalidOverlay(where, order)
    return overlay


class ShippedOverlays(Mapping[NormalizedName, Overlay]):
    """The overlays of a folder, each read when it is first asked for.

    :param folder: its files are named after the project, as ``xgboost.toml``
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = {canonicalize_name(path.stem): path for path in sorted(folder.glob("*.toml"))}
        self._read: dict[NormalizedName, Overlay] = {}
        self._mentions: dict[NormalizedName, list[NormalizedName]] | None = None

    def __getitem__(self, name: NormalizedName) -> Overlay:
        if name not in self._read:
            self._read[name] = read_overlay(self._paths[name])
        return self._read[name]

    def __iter__(self) -> Iterator[NormalizedName]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def mentioning(self, name: NormalizedName) -> Iterator[Overlay]:
        """Yield those of which a project is a twin; others are not even parsed."""
        if self._mentions is None:
            self._mentions = {}
            for project, path in self._paths.items():
                text = path.read_text("utf-8", "replace")
                for twin in dict.fromkeys((project, *_PROJECT.findall(text))):
                    self._mentions.setdefault(NormalizedName(twin), []).append(project)
        for project in self._mentions.get(name, ()):
            if name in self[project].twins:
                yield self[project]


@cache
def shipped_overlays() -> ShippedOverlays:
    """Return the overlays that come with the package, by plain name."""
    return ShippedOverlays(_FOLDER)


def _whole(where: str, message: str, line: int | None = None) -> InvalidOverlay:
    return InvalidOverlay(where, [OverlayFault("", message, line)])


def _parse(content: bytes, where: str) -> tuple[Mapping[str, object], str]:
    from tomllib import TOMLDecodeError, loads  # noqa: PLC0415 -- start-up time

    if len(content) > LARGEST:
        raise _whole(where, f"it is larger than {LARGEST} bytes")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _whole(where, "it is not TOML, which is UTF-8", line) from None
    line_of_key = long_key_line(text)
    if line_of_key is not None:
        raise _whole(where, f"a key has more than {MOST_KEY_PARTS} parts", line_of_key)
    try:
        return loads(text), text
    except TOMLDecodeError as error:
        said = str(error)
        found = _LINE.search(said)
        at = int(found[1]) if found is not None and found[1] else text.rstrip().count("\n") + 1
        why = _LINE.sub("", said)
        raise _whole(where, f"it is not TOML: {why[:1].lower()}{why[1:]}", at) from None
    except (RecursionError, ValueError):
        raise _whole(where, "it is not TOML that can be read") from None


class _Reader(TableWalk):
    """One pass over one overlay, noting every fault."""

    def overlay(self, table: Mapping[str, object], path: Path) -> Overlay | None:
        if table.get("format") != _FORMAT or isinstance(table.get("format"), bool):
            found = table.get("format")
            what = "is missing" if found is None else f"is `{shown(str(found))}`"
            self.fault(("format",), f"{what}, expected {_FORMAT}")
            if isinstance(found, int) and found > _FORMAT:
                return None  # all else may have another meaning
        self.only(table, _KEYS, ())
        for key in _NEEDED:
            if key not in table and key != "format":
                self.fault((key,), "is missing")
        project = self.project(table.get("project", ""), ("project",))
        namespaces = self.texts(table, "namespaces", (), NAME_PATTERN, "namespaces")
        builds = self._builds(table.get("builds", []), project, namespaces)
        return Overlay(
            project=project,
            summary=self._text_of(table, "summary"),
            dated=self._date(table.get("dated")),
            sources=self._addresses(table),
            safe=self.flag(table, "safe", ()),
            namespaces=namespaces,
            builds=builds,
            where=path,
        )

    def _text_of(self, table: Mapping[str, object], key: str) -> str:
        value = table.get(key, "")
        if isinstance(value, str) and (value or key not in table):
            if not value.isprintable() or len(value) > _LONGEST_TEXT:
                self.fault((key,), f"expected one line of at most {_LONGEST_TEXT} characters")
            return value
        found = "an empty text" if value == "" else kind_of(value)
        self.fault((key,), f"is {found}, expected a text")
        return ""

    def _date(self, value: object) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None:
            self.fault(("dated",), f"is {kind_of(value)}, expected a date as 2026-11-21")
        return date.min

    def _addresses(self, table: Mapping[str, object]) -> tuple[str, ...]:
        texts = self.texts(table, "sources", (), None, "addresses")
        for index, text in enumerate(texts):
            self.address(text, ("sources", index))
        return texts

    def _builds(
        self, value: object, project: NormalizedName, namespaces: tuple[str, ...]
    ) -> tuple[OverlayBuild, ...]:
        if not isinstance(value, list):
            what = "tables as `[[builds]]` begins them"
            self.fault(("builds",), f"is {kind_of(value)}, expected {what}")
            return ()
        if not value or len(value) > _MOST_BUILDS:
            self.fault(("builds",), f"has {len(value)} builds, expected 1 to {_MOST_BUILDS}")
            return ()
        builds = []
        known: dict[str, frozenset[str]] = {}
        for index, item in enumerate(value):
            path = ("builds", index)
            if not isinstance(item, dict):
                self.fault(path, f"is {kind_of(item)}, expected a table")
                continue
            build = self._build(item, path, project)
            self._check_namespaces(build, path, namespaces)
            said = frozenset(build.properties)
            if known.setdefault(build.label, said) != said:
                message = f"is `{shown(build.label)}` again, with other properties"
                self.fault((*path, "label"), message)
            builds.append(build)
        used = {text.partition("::")[0].strip() for build in builds for text in build.properties}
        for index, namespace in enumerate(namespaces):
            if namespace not in used:
                self.fault(("namespaces", index), f"is `{namespace}`, which no build has")
        return tuple(builds)

    def _build(
        self, table: Mapping[str, object], path: KeyPath, plain: NormalizedName
    ) -> OverlayBuild:
        self.only(table, _BUILD_KEYS, path)
        project = plain
        if "project" in table:
            project = self.project(table["project"], (*path, "project"))
        local = self._local(table.get("local"), (*path, "local"))
        groups = frozenset(local.groupindex) if local is not None else frozenset()
        label = self._label(table.get("label"), groups, (*path, "label"))
        properties = self._properties(table, groups, path)
        if label == NULL_LABEL and properties:
            self.fault((*path, "properties"), "are given for the label `null`, which has none")
        if label and label != NULL_LABEL and not properties:
            message = "are missing: a label other than `null` has some"
            self.fault((*path, "properties"), message)
        index, page = self._place(table, path)
        by_hand = self.flag(table, "by-hand", path)
        also_plain = self.flag(table, "also-plain", path)
        if by_hand and project == plain:
            message = "is for a build under another name than the plain one"
            self.fault((*path, "by-hand"), message)
        if also_plain and project != plain:
            message = "is for files of the plain name; those of another cannot be plain wheels"
            self.fault((*path, "also-plain"), message)
        return OverlayBuild(
            label=label,
            project=project,
            versions=self._versions(table.get("versions"), (*path, "versions")),
            local=local,
            index=index,
            page=page,
            platforms=self.texts(table, "platforms", path, _PLATFORM, "patterns of platform tags"),
            extras=self._extras(table, path),
            properties=properties,
            also_plain=also_plain,
            by_hand=by_hand,
        )

    def _local(self, value: object, path: KeyPath) -> re.Pattern[str] | None:
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(path, f"is {kind_of(value)}, expected a regular expression")
            return None
        try:
            return local_pattern(value)
        except ValueError as error:
            self.fault(path, str(error))
            return None

    def _known_groups(self, text: str, groups: frozenset[str], path: KeyPath) -> bool:
        unknown = template_groups(text) - groups
        for name in sorted(unknown):
            message = f"names the group `{shown(name)}`, which `local` does not have"
            self.fault(path, message + suggestion(name, groups))
        return not unknown

    def _label(self, value: object, groups: frozenset[str], path: KeyPath) -> str:
        if not isinstance(value, str):
            found = "is missing" if value is None else f"is {kind_of(value)}"
            self.fault(path, f"{found}, expected a variant label")
            return ""
        if not self._known_groups(value, groups, path):
            return ""
        if not LABEL_PATTERN.fullmatch(expand_template(value, dict.fromkeys(groups, _ANY_VALUE))):
            message = f"is `{shown(value)}`, expected a label of `a-z`, `0-9`, `_` and `.`"
            self.fault(path, message)
            return ""
        return value

    def _properties(
        self, table: Mapping[str, object], groups: frozenset[str], path: KeyPath
    ) -> tuple[str, ...]:
        texts = self.texts(table, "properties", path, None, "properties")
        found = []
        for index, text in enumerate(texts):
            at = (*path, "properties", index)
            if not self._known_groups(text, groups, at):
                continue
            filled = expand_template(text, dict.fromkeys(groups, _ANY_VALUE))
            if filled.partition("::")[0].strip() == ABI_NAMESPACE:
                filled = filled.replace("-", "_")  # features there are names of projects
            try:
                VariantProperty.parse(filled)
            except InvalidProperty as error:
                self.fault(at, f"is `{shown(text)}`, which is no property: {error.why}")
            else:
                found.append(text)
        return tuple(found)

    def _check_namespaces(
        self, build: OverlayBuild, path: KeyPath, namespaces: tuple[str, ...]
    ) -> None:
        for index, text in enumerate(build.properties):
            namespace = text.partition("::")[0].strip()
            if namespace not in namespaces and namespace != ABI_NAMESPACE:
                message = f"has the namespace `{namespace}`, which `namespaces` does not list"
                self.fault((*path, "properties", index), message)

    def _versions(self, value: object, path: KeyPath) -> SpecifierSet | None:
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return SpecifierSet(value)
            except InvalidSpecifier:
                self.fault(path, f"is `{shown(value)}`, expected versions as `>=2.1,<3`")
                return None
        self.fault(path, f"is {kind_of(value)}, expected versions as `>=2.1,<3`")
        return None

    def _place(self, table: Mapping[str, object], path: KeyPath) -> tuple[str | None, str | None]:
        found: dict[str, str | None] = {}
        for key in ("index", "page"):
            value = table.get(key)
            if value is not None and not isinstance(value, str):
                self.fault((*path, key), f"is {kind_of(value)}, expected an address")
            elif value is not None:
                found[key] = value
                allowed = frozenset({"version"} if key == "page" else ())
                if template_groups(value.partition("://")[2].partition("/")[0]):
                    self.fault((*path, key), "lets a version name the host")
                for name in sorted(template_groups(value) - allowed):
                    self.fault((*path, key), f"names `{{{shown(name)}}}`, which has no value")
                self.address(value, (*path, key))
        if len(found) > 1:
            self.fault((*path, "page"), "is given beside `index`, and the files are in one place")
        return found.get("index"), found.get("page")

    def _extras(self, table: Mapping[str, object], path: KeyPath) -> tuple[NormalizedName, ...]:
        texts = self.texts(table, "extras", path, None, "names of extras")
        return tuple(
            name
            for index, text in enumerate(texts)
            if (name := self.project(text, (*path, "extras", index)))
        )

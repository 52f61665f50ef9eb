"""``dispatch.json``: the wheels of one release, where they are and what they are for."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.publish.dispatch.wheel_address import address_fault, without_user
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import InvalidMetadata, MetadataFault, VariantMetadata
from whichwheel.spec.rankings import RANKINGS, rankings_document, read_rankings
from whichwheel.spec.reading import read_metadata_object
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json
from whichwheel.spec.walking import Walk, below, shown
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName
from whichwheel.spec.writing import metadata_document

__all__ = [
    "DISPATCH_FORMAT",
    "DISPATCH_JSON",
    "INCLUDED_WHEELS",
    "DispatchDocument",
    "DispatchWheel",
    "InvalidDocument",
    "read_document",
    "write_document",
]

DISPATCH_FORMAT = "whichwheel-dispatch/1"
#: Its name in the source distribution.
DISPATCH_JSON = "dispatch.json"
#: The folder of the wheels that come with the source distribution.
INCLUDED_WHEELS = "wheels"

_DIGEST = re.compile(r"[0-9a-f]{64}")
#: All that may stand in a wheel's name, so that it is one on every system.
_FILENAME = re.compile(r"[A-Za-z0-9_.+!-]{1,250}")
_NAME = re.compile(r"[a-z0-9_]+")
_ROOT = frozenset(
    {"format", "name", "version", "wheels", "metadata", "variants", "providers", RANKINGS},
)
_WHEEL = frozenset(
    {"filename", "url", "included", "sha256", "size", "requires-python", "metadata"},
)
_SHOWN = 5
#: What a file may have, in bytes.
_LARGEST = 1 << 62


class InvalidDocument(WhichwheelError, ValueError):
    """A ``dispatch.json`` that cannot be used; holds every fault, not only the first.

    :param where: the file
    :param faults: each with its JSON path
    """

    def __init__(self, where: str, faults: Sequence[MetadataFault]) -> None:
        listed = "; ".join(str(fault) for fault in faults[:_SHOWN])
        rest = len(faults) - _SHOWN
        more = f"; and {rest} more" if rest > 0 else ""
        super().__init__(
            f"`{where}` is damaged: {listed}{more}",
            hint="fetch the source distribution again",
        )
        self.where = where
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class DispatchWheel:
    """One wheel of the release.

    :param sha256: of the whole file, hexadecimal
    :param size: in bytes; None where its source does not say it
    :param url: where it is fetched from; None where it is found in wheelhouses alone
    :param included: whether it lies in the source distribution itself
    :param metadata: its core metadata
    """

    name: WheelName
    sha256: str
    size: int | None
    metadata: str
    url: str | None = None
    included: bool = False
    requires_python: str | None = None


@dataclass(frozen=True, slots=True)
class DispatchDocument:
    """The wheels of one release.

    :param variants: what their labels stand for
    :param providers: the built-in providers that come along, by name
    """

    name: NormalizedName
    version: Version
    wheels: tuple[DispatchWheel, ...]
    variants: VariantMetadata
    providers: tuple[str, ...] = field(default=())


def write_document(document: DispatchDocument) -> bytes:
    """Return a document as UTF-8 text: the same bytes for the same content."""
    from hashlib import sha256  # noqa: PLC0415 -- only here

    texts = {wheel.metadata: "" for wheel in document.wheels}
    for text in texts:
        texts[text] = sha256(text.encode("utf-8")).hexdigest()
    content: dict[str, object] = {
        "format": DISPATCH_FORMAT,
        "name": document.name,
        "version": str(document.version),
        "wheels": [
            _entry(wheel, texts[wheel.metadata])
            for wheel in sorted(document.wheels, key=lambda wheel: wheel.name.filename)
        ],
        "metadata": {key: text for text, key in sorted(texts.items(), key=lambda item: item[1])},
        "variants": metadata_document(document.variants),
        "providers": sorted(document.providers),
    }
    if document.variants.rankings:
        labels = [wheel.name.label for wheel in document.wheels if wheel.name.label is not None]
        content[RANKINGS] = rankings_document(document.variants.rankings, labels)
    return json.dumps(content, indent=1, ensure_ascii=False).encode("utf-8") + b"\n"


def _entry(wheel: DispatchWheel, metadata: str) -> dict[str, object]:
    entry: dict[str, object] = {"filename": wheel.name.filename}
    if wheel.url is not None:
        entry["url"] = wheel.url
    if wheel.included:
        entry["included"] = True
    entry["sha256"] = wheel.sha256
    if wheel.size is not None:
        entry["size"] = wheel.size
    if wheel.requires_python is not None:
        entry["requires-python"] = wheel.requires_python
    entry["metadata"] = metadata
    return entry


def read_document(data: bytes, where: str = DISPATCH_JSON) -> DispatchDocument:
    """Read a ``dispatch.json``, with distrust.

    :param where: the file, for messages
    :raises InvalidDocument: with all faults
    """
    try:
        content = parse_strict_json(data)
    except InvalidJson as error:
        raise InvalidDocument(where, [MetadataFault(error.path, error.why)]) from None
    reader = _Reader(where)
    document = reader.document(content)
    if document is None or reader.walk.faults:
        raise InvalidDocument(where, reader.walk.faults)
    return document


class _Reader:
    """Reads a document and notes what is wrong with it."""

    def __init__(self, where: str) -> None:
        self.walk = Walk()
        self._where = where

    def document(self, content: object) -> DispatchDocument | None:
        walk = self.walk
        root = walk.table(content, "$")
        if walk.faults:
            return None
        if root.get("format") != DISPATCH_FORMAT:
            found = shown(str(root.get("format")))
            walk.fault("$.format", f"found `{found}`, expected `{DISPATCH_FORMAT}`")
            return None
        walk.only(root, _ROOT, "$")
        name = self._name(root.get("name"))
        version = self._version(root.get("version"))
        texts = self._texts(root.get("metadata"))
        variants = self._variants(root.get("variants"), root.get(RANKINGS, []))
        providers = walk.strings(root.get("providers"), "$.providers", _NAME, empty=True)
        wheels = self._wheels(root.get("wheels"), texts)
        if name is None or version is None or variants is None:
            return None
        for place, wheel in enumerate(wheels):
            if (wheel.name.name, wheel.name.version) != (name, version):
                walk.fault(
                    f"$.wheels[{place}].filename",
                    f"`{shown(wheel.name.filename)}` is no wheel of `{name}` {version}",
                )
        return DispatchDocument(name, version, wheels, variants, providers)

    def _name(self, value: object) -> NormalizedName | None:
        text = self.walk.text(value, "$.name")
        try:
            return None if text is None else canonicalize_name(text, validate=True)
        except InvalidName:
            self.walk.fault("$.name", f"`{shown(text or '')}` is no name of a project")
            return None

    def _version(self, value: object) -> Version | None:
        text = self.walk.text(value, "$.version")
        try:
            return None if text is None else Version(text)
        except ValueError:  # also that of a number with thousands of digits
            self.walk.fault("$.version", f"`{shown(text or '')}` is no version")
            return None

    def _texts(self, value: object) -> Mapping[str, str]:
        texts = {}
        for key, text in self.walk.table(value, "$.metadata").items():
            read = self.walk.text(text, below("$.metadata", key))
            if read is not None:
                texts[key] = read
        return texts

    def _variants(self, value: object, orders: object) -> VariantMetadata | None:
        rankings = read_rankings(orders)
        if rankings is None:
            self.walk.fault(f"$.{RANKINGS}", "expected orders of labels by feature and value")
            return None
        try:
            metadata = read_metadata_object(value, where=self._where)
        except InvalidMetadata as error:
            for fault in error.faults:
                self.walk.fault(f"$.variants{fault.path.removeprefix('$')}", fault.message)
            return None
        return replace(metadata, rankings=rankings)

    def _wheels(self, value: object, texts: Mapping[str, str]) -> tuple[DispatchWheel, ...]:
        if not isinstance(value, list) or not value:
            self.walk.fault("$.wheels", "expected a list of wheels")
            return ()
        found = {}
        for place, item in enumerate(value):
            path = f"$.wheels[{place}]"
            wheel = self._wheel(self.walk.table(item, path), path, texts)
            if wheel is None:
                continue
            if wheel.name.filename in found:
                self.walk.fault(path, f"`{shown(wheel.name.filename)}` occurs twice")
            found[wheel.name.filename] = wheel
        return tuple(found.values())

    def _wheel(
        self, entry: Mapping[str, object], path: str, texts: Mapping[str, str]
    ) -> DispatchWheel | None:
        walk = self.walk
        known = len(walk.faults)
        walk.only(entry, _WHEEL, path)
        filename = walk.text(entry.get("filename"), f"{path}.filename")
        sha256 = walk.text(entry.get("sha256"), f"{path}.sha256")
        metadata = walk.text(entry.get("metadata"), f"{path}.metadata")
        included = walk.boolean(entry.get("included", False), f"{path}.included")
        python = entry.get("requires-python")
        python = None if python is None else walk.text(python, f"{path}.requires-python")
        url = entry.get("url")
        url = None if url is None else walk.text(url, f"{path}.url")
        size = entry.get("size")
        if size is not None and (type(size) is not int or not 0 <= size <= _LARGEST):
            walk.fault(f"{path}.size", "expected a number of bytes")
            size = None
        if sha256 is not None and not _DIGEST.fullmatch(sha256):
            walk.fault(f"{path}.sha256", f"`{shown(sha256)}` is no SHA-256 digest")
        if url is not None and (why := address_fault(url)) is not None:
            walk.fault(f"{path}.url", f"`{shown(without_user(url))}` {why}")
        if metadata is not None and metadata not in texts:
            walk.fault(f"{path}.metadata", f"`{shown(metadata)}` is not listed in `$.metadata`")
        name = self._wheel_name(filename, path)
        if len(walk.faults) > known or name is None or sha256 is None or metadata is None:
            return None
        return DispatchWheel(name, sha256, size, texts[metadata], url, included, python)

    def _wheel_name(self, filename: str | None, path: str) -> WheelName | None:
        if filename is None:
            return None
        if not _FILENAME.fullmatch(filename):
            self.walk.fault(f"{path}.filename", f"`{shown(filename)}` is no plain file name")
            return None
        try:
            return WheelName.parse(filename)
        except InvalidWheelName as error:
            self.walk.fault(f"{path}.filename", f"`{shown(filename)}`: {error.why}")
            return None

"""Read ``pylock.toml``, of any tool, and note every fault."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.pylock import Pylock, PylockValidationError
from packaging.utils import NormalizedName

from whichwheel.lock.document import Lock, LockedPackage, LockedTarget, LockInputs
from whichwheel.lock.errors import InvalidLock
from whichwheel.lock.lock_file import newer_version, parse_lock
from whichwheel.sources.hashes import strongest
from whichwheel.sources.listing import is_plain_name
from whichwheel.sources.release import File, Wheel
from whichwheel.spec.metadata import InvalidMetadata, VariantMetadata
from whichwheel.spec.properties import NULL_LABEL
from whichwheel.spec.rankings import RANKINGS, read_rankings
from whichwheel.spec.reading import read_metadata_object
from whichwheel.spec.walking import shown
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["OWN_TABLE", "VARIANTS", "content_digest", "is_lock_name", "read_lock"]

#: Where a lock of ours says what it was made from.
OWN_TABLE = "whichwheel"
#: Where PEP 825 puts the variant metadata of a package.
VARIANTS = "variants-json"

_NAME = re.compile(r"pylock\.(?:[^.]+\.)?toml")
_HEADER = {"lock-version": "1.0", "created-by": "any"}
_KNOWN = {
    *("name", "version", "marker", "requires-python", "dependencies", "index", "wheels"),
    *("archive", "vcs", "directory", "sdist", VARIANTS),
}
_SOURCES = ("archive", "vcs", "directory", "sdist")
_HEX = re.compile(r"[0-9a-fA-F]{64,128}")
_SCHEMES = ("http", "https", "file")
_EMPTY: Mapping[str, object] = {}
_NOT_TOLD = ("created-by", "tool")


def is_lock_name(name: str) -> bool:
    """Whether a file may be a lock by its name (PEP 751, File Name).

    >>> is_lock_name("pylock.toml"), is_lock_name("pylock.gpu.toml"), is_lock_name("lock.toml")
    (True, True, False)
    """
    return _NAME.fullmatch(name) is not None


def read_lock(path: Path) -> Lock:
    """Read a lock file.

    :raises InvalidLock: with all faults
    :raises UnknownLockVersion: if it is of a version that is not understood
    """
    document = parse_lock(path)
    return _Reader(path, document, newer_version(path, document)).read()


class _Reader:
    """One pass over a parsed lock file."""

    def __init__(self, path: Path, document: Mapping[str, object], newer: str | None) -> None:
        self._path = path
        self._newer = newer
        self._folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 -- links stay as they are
        self._document = document
        self._faults: list[str] = []

    def read(self) -> Lock:
        document = self._document
        header = {key: value for key, value in document.items() if key != "packages"}
        checked = self._check_header(header)
        listed = document.get("packages")
        if not isinstance(listed, list):
            self._faults.append("it has no list `packages`")
            listed = []
        packages = [
            package
            for index, table in enumerate(listed)
            if (package := self._package(index, table)) is not None
        ]
        if self._faults or checked is None:
            raise InvalidLock(self._path, self._faults)
        tool = dict(checked.tool or {})
        own = tool.pop(OWN_TABLE, None)
        groups = checked.dependency_groups
        return Lock(
            path=self._path,
            packages=tuple(packages),
            created_by=checked.created_by,
            # As written, so that what is rewritten stays the same.
            requires_python=_text(document.get("requires-python")),
            environments=_texts(document.get("environments")),
            extras=None if checked.extras is None else tuple(checked.extras),
            dependency_groups=None if groups is None else tuple(groups),
            default_groups=tuple(checked.default_groups or ()),
            inputs=_read_inputs(own),
            tool=tool,
            content=content_digest(document),
            newer=self._newer,
        )

    def _check_header(self, header: Mapping[str, object]) -> Pylock | None:
        try:
            # Of a newer version, packaging would speak past us.
            known = header if self._newer is None else {**header, **_HEADER}
            return Pylock.from_dict({**known, "packages": []})
        except PylockValidationError as error:
            self._faults.append(_clause(error))
            return None

    def _package(self, index: int, table: object) -> LockedPackage | None:
        if not isinstance(table, dict):
            self._faults.append(f"`packages[{index}]` is no table")
            return None
        name = table.get("name")
        where = f"package `{shown(name)}`" if isinstance(name, str) else f"`packages[{index}]`"
        faults = len(self._faults)
        wheels = tuple(self._wheels(table, where))
        if len(self._faults) > faults:
            return None
        lifted = {key: value for key, value in table.items() if key != VARIANTS}
        if wheels:
            lifted["wheels"] = [
                {**entry, "name": wheel.name.without_label}
                for entry, wheel in zip(table["wheels"], wheels, strict=True)
            ]
        try:
            checked = Pylock.from_dict({**_HEADER, "packages": [lifted]}).packages[0]
        except PylockValidationError as error:
            clause = _clause(error).replace("packages[0].", "")
            self._faults.append(f"{where}: {clause}")
            return None
        metadata = self._metadata(table, where)
        self._check_labels(wheels, metadata, where, table)
        archive = table.get("archive")
        return LockedPackage(
            name=checked.name,
            version=checked.version,
            wheels=wheels,
            marker=_text(table.get("marker")),
            requires_python=_text(table.get("requires-python")),
            dependencies=tuple(checked.dependencies or ()),
            index=None if checked.index is None else self._index(checked.index, where),
            metadata=metadata,
            source={key: table[key] for key in _SOURCES if key in table},
            archive=None
            if not isinstance(archive, dict)
            else self._archive(archive, checked.name, where),
            more={key: value for key, value in table.items() if key not in _KNOWN},
        )

    def _wheels(self, table: Mapping[str, object], where: str) -> Iterator[Wheel]:
        listed = table.get("wheels", [])
        if not isinstance(listed, list):
            self._faults.append(f"{where}: `wheels` is no list")
            return
        seen: set[str] = set()
        for index, entry in enumerate(listed):
            at = f"{where}, `wheels[{index}]`"
            if not isinstance(entry, dict):
                self._faults.append(f"{at}: it is no table")
                continue
            wheel = self._wheel(entry, at)
            if wheel is None:
                continue
            if wheel.name.filename in seen:
                self._faults.append(f"{at}: `{wheel.name.filename}` occurs twice")
            seen.add(wheel.name.filename)
            yield wheel

    def _wheel(self, entry: Mapping[str, object], at: str) -> Wheel | None:
        filename = _filename(entry)
        if filename is None or not is_plain_name(filename):
            self._faults.append(f"{at}: it names no file")
            return None
        try:
            name = WheelName.parse(filename)
        except InvalidWheelName as error:
            self._faults.append(f"{at}: {error.message}")
            return None
        url = self._url(entry, at)
        hashes = self._hashes(entry, f"{at}, `{shown(filename)}`")
        size = entry.get("size")
        if size is not None and (type(size) is not int or size < 0):
            self._faults.append(f"{at}: `size` is no number of bytes")
            size = None
        if url is None or hashes is None:
            return None
        uploaded = entry.get("upload-time")
        file = File(
            filename,
            url,
            hashes,
            size=size if isinstance(size, int) else None,
            upload_time=_iso(uploaded) if isinstance(uploaded, datetime) else None,
        )
        return Wheel(file, name)

    def _archive(
        self, table: Mapping[str, object], name: NormalizedName, where: str
    ) -> Wheel | None:
        """Return the wheel that an archive is, None if it is anything else."""
        filename = _filename(table)
        if filename is None or not filename.endswith(".whl"):
            return None
        wheel = self._wheel(table, f"{where}, `archive`")
        if wheel is not None and wheel.name.name != name:
            self._faults.append(f"{where}: its archive is a wheel of `{wheel.name.name}`")
        return wheel

    def _url(self, entry: Mapping[str, object], at: str) -> str | None:
        path, url = entry.get("path"), entry.get("url")
        if isinstance(path, str) and path:
            if "\0" in path:
                self._faults.append(f"{at}: `path` is no path")
                return None
            found = self._folder / path.replace("\\", "/")
            return Path(os.path.abspath(found)).as_uri()  # noqa: PTH100 -- as above
        if not isinstance(url, str) or not url:
            self._faults.append(f"{at}: it has neither `path` nor `url`")
            return None
        try:
            split = urlsplit(url)
        except ValueError:
            self._faults.append(f"{at}: `url` is no URL")
            return None
        if split.scheme not in _SCHEMES:
            self._faults.append(f"{at}: `url` is not one of `http`, `https` and `file`")
            return None
        # What a file says must not choose whose credentials are sent.
        return split._replace(netloc=_host(split.netloc), fragment="").geturl()

    def _index(self, url: str, where: str) -> str | None:
        try:
            split = urlsplit(url)
        except ValueError:
            self._faults.append(f"{where}: `index` is no URL")
            return None
        # It is shown to people, and written anew.
        return split._replace(netloc=_host(split.netloc)).geturl()

    def _hashes(self, entry: Mapping[str, object], at: str) -> Mapping[str, str] | None:
        given = entry.get("hashes")
        table = given if isinstance(given, dict) else _EMPTY
        hashes = {
            algorithm.lower(): digest.lower()
            for algorithm, digest in table.items()
            if isinstance(digest, str)
        }
        best = strongest(hashes)
        if best is None or not _HEX.fullmatch(best[1]):
            self._faults.append(f"{at} has no hash that can be checked (`sha256` or longer)")
            return None
        return hashes

    def _metadata(self, table: Mapping[str, object], where: str) -> VariantMetadata | None:
        document = table.get(VARIANTS)
        if document is None:
            return None
        try:
            metadata = read_metadata_object(document, where=f"{where}, `{VARIANTS}`")
        except InvalidMetadata as error:
            listed = "; ".join(map(str, error.faults[:3]))
            self._faults.append(f"{where}: `{VARIANTS}` is not usable: {listed}")
            return None
        tool = table.get("tool")
        own = tool.get(OWN_TABLE) if isinstance(tool, dict) else None
        document = own.get(RANKINGS) if isinstance(own, dict) else None
        if document is None:
            return metadata
        rankings = read_rankings(document)
        if rankings is None:
            self._faults.append(f"{where}: `tool.{OWN_TABLE}.{RANKINGS}` cannot be read")
            return None
        return replace(metadata, rankings=rankings)

    def _check_labels(
        self,
        wheels: Sequence[Wheel],
        metadata: VariantMetadata | None,
        where: str,
        table: Mapping[str, object],
    ) -> None:
        if metadata is None and VARIANTS in table:
            return  # its faults are noted
        known = set() if metadata is None else set(metadata.variants)
        labels = dict.fromkeys(wheel.name.label for wheel in wheels)
        for label in labels:
            if label is not None and label != NULL_LABEL and label not in known:
                self._faults.append(
                    f"{where}: a wheel has the label `{label}`, which `{VARIANTS}` does not have"
                )


def _filename(entry: Mapping[str, object]) -> str | None:
    name, path, url = entry.get("name"), entry.get("path"), entry.get("url")
    if isinstance(name, str) and name:
        return name
    if isinstance(path, str) and path:
        return path.replace("\\", "/").rpartition("/")[2]
    if isinstance(url, str) and url:
        try:
            return unquote(urlsplit(url).path).rpartition("/")[2]
        except ValueError:
            return None
    return None


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _iso(moment: datetime) -> str:
    # PEP 751: it is recorded in UTC, and so is one without a zone.
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def _clause(error: PylockValidationError) -> str:
    text = f"{error.message[:1].lower()}{error.message[1:]}".partition("\n")[0]
    return f"`{error.context}`: {shown(text)}" if error.context else shown(text)


def _read_inputs(table: object) -> LockInputs | None:
    """Read what a lock of ours was made from; anything else is as good as nothing."""
    if not isinstance(table, dict):
        return None
    requirements, targets = table.get("requirements"), table.get("targets")
    if not isinstance(requirements, list) or not isinstance(targets, list):
        return None
    read = []
    for target in targets:
        if not isinstance(target, dict):
            return None
        given = (target.get(key) for key in ("name", "machine", "gets"))
        texts = [text for text in given if isinstance(text, str)]
        if len(texts) != len(fields(LockedTarget)):
            return None
        read.append(LockedTarget(*texts))
    return LockInputs(
        tuple(text for text in requirements if isinstance(text, str)),
        tuple(read),
        everything=table.get("everything") is True,
        options=str(table.get("options", "")),
        content=str(table.get("content", "")),
    )


def content_digest(document: Mapping[str, object]) -> str:
    """Return a digest of what a parsed lock file says to installers, however it is written."""
    told = {key: value for key, value in document.items() if key not in _NOT_TOLD}
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

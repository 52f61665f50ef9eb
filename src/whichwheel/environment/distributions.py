"""Read what distributions lie in a folder of installed packages.

``importlib.metadata`` would do, but it costs as much to import as everything here costs to run.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name, is_normalized_name
from packaging.version import Version

from whichwheel.environment.plan import Installed
from whichwheel.environment.record import RECORD_NAME, InstallRecord, parse_properties, parse_record
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.spec.header_fields import header_fields
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import InvalidLabel, VariantProperties, parse_label

if TYPE_CHECKING:
    from whichwheel.spec.metadata import VariantMetadata

__all__ = ["distributions_in", "read_package", "tags_of"]

_PYTHON_PART = lazy_pattern(r"-py\d.*")
_NAMED_SECRETS = lazy_pattern(r"://\$\{[A-Za-z0-9_]+\}(?::\$\{[A-Za-z0-9_]+\})?@")
_METADATA_LIMIT = 16 * 1024 * 1024


def distributions_in(folder: Path) -> Iterator[Installed]:
    """Yield the distributions in ``folder``, in order of file name.

    A ``*.dist-info`` without ``METADATA`` is a leftover, not a distribution. Names and versions
    that no standard knows are passed over.

    :param folder: ``purelib`` or ``platlib``; it need not exist
    """
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - a path each would cost more
    except OSError:
        return
    for name in names:
        if name.endswith(".dist-info"):
            found = _read_dist_info(folder / name)
        elif name.endswith((".egg-info", ".egg")):
            found = _read_egg_info(folder / name)
        else:
            continue
        if found is not None:
            yield found


def _read_dist_info(path: Path) -> Installed | None:
    try:
        present = frozenset(os.listdir(path))  # noqa: PTH208 - the same
    except OSError:
        return None
    if "METADATA" not in present:
        return None
    key = _key_from_file_name(path.name.removesuffix(".dist-info")) or _key_from_metadata(
        path / "METADATA"
    )
    if key is None:
        return None
    label, source, record = _origin(path, present)
    direct = _read_json(path / "direct_url.json") if "direct_url.json" in present else None
    installer = _read(path / "INSTALLER") if "INSTALLER" in present else None
    return Installed(
        name=canonicalize_name(key[0]),
        version=key[1],
        metadata_directory=path,
        label=label,
        source=source,
        installer=installer.decode(errors="replace").strip() or None if installer else None,
        requested="REQUESTED" in present,
        url=_address(direct),
        archive_sha256=_text(direct, "archive_info", "hashes", "sha256"),
        editable=isinstance(direct, dict)
        and isinstance(direct.get("dir_info"), dict)
        and direct["dir_info"].get("editable") is True,
        stand_in=None if record is None else record.stand_in,
        rewritten=None if record is None else record.rewritten,
        commit=_text(direct, "vcs_info", "commit_id"),
        subdirectory=_text(direct, "subdirectory"),
    )


def _read_egg_info(path: Path) -> Installed | None:
    # setuptools writes `name-version-py3.11.egg-info`: a folder, or a file that is the metadata.
    stem = path.name.removesuffix(".egg-info").removesuffix(".egg")
    key = _key_from_file_name(_PYTHON_PART.sub("", stem)) or _key_from_metadata(
        path / "PKG-INFO" if path.is_dir() else path
    )
    if key is None:
        return None
    return Installed(canonicalize_name(key[0]), key[1], path)


def _key_from_file_name(stem: str) -> tuple[str, Version] | None:
    name, dash, version = stem.rpartition("-")
    if not dash or not _is_name(name):
        return None
    try:
        return name, Version(version)
    except ValueError:  # also that of a number with thousands of digits
        return None


def _key_from_metadata(path: Path) -> tuple[str, Version] | None:
    headers = dict(_headers(path))
    try:
        name, version = headers["name"], Version(headers["version"])
    except (KeyError, ValueError):
        return None
    return (name, version) if _is_name(name) else None


def _is_name(text: str) -> bool:
    # Another tool's removal that was cut off leaves `~ame-1.0.dist-info`.
    return is_normalized_name(canonicalize_name(text))


def _headers(path: Path) -> Iterator[tuple[str, str]]:
    return header_fields(_read(path) or b"")


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_METADATA_LIMIT)
    except OSError:
        return None


def _read_json(path: Path) -> object:
    content = _read(path)
    if content is None:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _text(document: object, *keys: str) -> str | None:
    """Return a text from inside nested tables, None if it is not there, or no plain text.

    With a line end in it, it would say something of its own wherever it is written.
    """
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) and document.isprintable() else None


def _address(direct: object) -> str | None:
    """Return the URL of a ``direct_url.json``; a password that another tool left in is taken out.

    Names of variables that stand for it may stay (PEP 610).
    """
    url = _text(direct, "url")
    if url is None or "@" not in url or _NAMED_SECRETS.search(url):
        return url
    from whichwheel.requirements.locations import public_url  # noqa: PLC0415 -- start-up time

    return public_url(url)


def _origin(
    path: Path, present: frozenset[str]
) -> tuple[str | None, str | None, InstallRecord | None]:
    """Return the label and the source of a distribution, and its record."""
    if RECORD_NAME in present:
        record = parse_record(_read(path / RECORD_NAME) or b"")
        if record is not None:
            return record.label, record.source, record
    if "variant.json" in present:
        return _variant_of(path)[0], None, None
    return None, None, None


def _variant_of(path: Path) -> tuple[str | None, VariantProperties]:
    """Return the one variant that the wheel's own ``variant.json`` names.

    Whoever installed a variant wheel left that file, so the label is known even where another
    installer did it.
    """
    data = _read_json(path / "variant.json")
    variants = data.get("variants") if isinstance(data, dict) else None
    if not isinstance(variants, dict) or len(variants) != 1:
        return None, {}
    [(label, properties)] = variants.items()
    try:
        return parse_label(label), parse_properties(properties) or {}
    except InvalidLabel:
        return None, {}


def read_package(installed: Installed) -> InstalledPackage:
    """Return what the resolver needs to know of an installed distribution.

    What stands for a plain name is described under that name.
    """
    stand_in = installed.stand_in
    path = installed.metadata_directory
    metadata = path / "METADATA"
    if path.suffix != ".dist-info":
        metadata = path / "PKG-INFO" if path.is_dir() else path
    record = parse_record(_read(path / RECORD_NAME) or b"")
    if stand_in is not None:
        properties = stand_in.properties
    elif record is not None:
        properties = record.properties
    elif installed.label is not None:
        properties = _variant_of(path)[1]
    else:
        properties = {}
    requires = tuple(value for key, value in _headers(metadata) if key == "requires-dist")
    if stand_in is not None and stand_in.extras:
        from whichwheel.spec.extras import with_extras  # noqa: PLC0415 - few have any

        requires = tuple(with_extras(line, stand_in.extras) for line in requires)
    return InstalledPackage(
        name=installed.known_as,
        version=installed.known_version,
        requires=requires,
        label=installed.label,
        properties=properties,
        requested=installed.requested,
        metadata=None if installed.label is None else _own_metadata(path),
        extras=frozenset() if record is None else frozenset(record.extras),
    )


def _own_metadata(path: Path) -> "VariantMetadata | None":
    """Return what the wheel said of itself, None if that cannot be read."""
    from whichwheel.spec.metadata import InvalidMetadata  # noqa: PLC0415 - only for variants
    from whichwheel.spec.reading import read_metadata  # noqa: PLC0415 - the same

    content = _read(path / "variant.json")
    with suppress(InvalidMetadata):
        return None if content is None else read_metadata(content, where=str(path))
    return None


def tags_of(installed: Installed) -> frozenset[Tag]:
    """Return the compatibility tags of the wheel that it was installed from, none if unknown."""
    texts = [v for k, v in _headers(installed.metadata_directory / "WHEEL") if k == "tag"]
    found: set[Tag] = set()
    for text in texts:
        with suppress(ValueError):
            found |= parse_tag(text)
    return frozenset(found)

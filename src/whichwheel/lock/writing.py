"""Write ``pylock.toml``: the same text for the same lock, one line for each file and label."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import Version

from whichwheel.lock.document import Lock, LockedPackage, LockInputs
from whichwheel.lock.reading import OWN_TABLE, VARIANTS
from whichwheel.lock.toml_text import key_text, list_lines, quoted, value_text
from whichwheel.sources.addresses import file_path
from whichwheel.sources.release import Wheel
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.rankings import RANKINGS, rankings_document
from whichwheel.spec.writing import metadata_document

__all__ = ["lock_text", "pruned"]

#: Versions of the metadata format whose files have the shape that we write.
_SAME_SHAPE = ("0.1.", "0.2.")


def lock_text(lock: Lock) -> str:
    """Return the text of a lock file.

    Keys come in the order of PEP 751, entries sorted by name and version, files by name, labels
    by themselves.
    """
    folder = Path(os.path.abspath(lock.path)).parent  # noqa: PTH100 -- links stay as they are
    lines = [f"lock-version = {quoted('1.0')}"]
    if lock.environments:
        lines += list_lines("environments", [quoted(each) for each in lock.environments])
    if lock.requires_python is not None:
        lines.append(f"requires-python = {quoted(lock.requires_python)}")
    if lock.extras is not None:
        lines += list_lines("extras", [quoted(each) for each in sorted(lock.extras)])
    if lock.dependency_groups is not None:
        groups = sorted(lock.dependency_groups)
        lines += list_lines("dependency-groups", [quoted(each) for each in groups])
    if lock.default_groups:
        lines += list_lines(
            "default-groups", [quoted(each) for each in sorted(lock.default_groups)]
        )
    lines.append(f"created-by = {quoted(lock.created_by)}")
    if not lock.packages:
        lines.append("packages = []")
    for package in sorted(lock.packages, key=_order):
        lines += ["", *_package_lines(package, folder)]
    lines += _tool_lines(lock)
    return "\n".join(lines) + "\n"


def _order(package: LockedPackage) -> tuple[str, Version, str]:
    return package.name, package.version or Version("0"), package.marker or ""


def pruned(metadata: VariantMetadata, labels: Iterable[str]) -> dict[str, object]:
    """Return the metadata of some labels as a document (PEP 825, Integration with pylock.toml).

    Other labels are left out, and with them the namespaces that no label uses any more.
    """
    wanted = set(labels)
    variants = {label: held for label, held in metadata.variants.items() if label in wanted}
    used = {namespace for properties in variants.values() for namespace in properties}
    namespaces = tuple(name for name in metadata.namespaces if name in used)
    # The list must not be empty; the null variant alone uses no namespace.
    namespaces = namespaces or metadata.namespaces[:1]
    kept = {name: each for name, each in metadata.providers.items() if name in used}
    document = metadata_document(VariantMetadata(namespaces, variants, providers=kept))
    if metadata.schema is not None and metadata.format_version.startswith(_SAME_SHAPE):
        document["$schema"] = metadata.schema
    priorities: dict[str, object] = {"namespace": list(namespaces)}
    features = {name: list(x) for name, x in metadata.feature_priorities.items() if name in used}
    values = {
        name: {feature: list(x) for feature, x in table.items()}
        for name, table in metadata.value_priorities.items()
        if name in used
    }
    if features:
        priorities["feature"] = features
    if values:
        priorities["property"] = values
    document["default-priorities"] = priorities
    return document


def _package_lines(package: LockedPackage, folder: Path) -> Iterator[str]:
    yield "[[packages]]"
    told = {
        "name": package.name,
        "version": None if package.version is None else str(package.version),
        "marker": package.marker,
        "requires-python": package.requires_python,
        "index": package.index,
    }
    yield from (f"{key} = {quoted(text)}" for key, text in told.items() if text is not None)
    if package.dependencies:
        yield from list_lines("dependencies", [value_text(each) for each in package.dependencies])
    if package.archive is not None:
        yield f"archive = {value_text(_file(package.archive, folder, named=False))}"
    for key, value in {**package.source, **package.more}.items():
        if key not in ("tool", "archive"):
            yield f"{key_text(key)} = {value_text(value)}"
    if package.wheels:
        ordered = sorted(package.wheels, key=lambda wheel: wheel.name.filename)
        yield from list_lines("wheels", [value_text(_file(each, folder)) for each in ordered])
    yield from _variants_lines(package)
    yield from _tools_lines(package)


def _tools_lines(package: LockedPackage) -> Iterator[str]:
    """Write what tools have for themselves: that of others as it was, and our own."""
    found = package.more.get("tool")
    tools = {
        name: table
        for name, table in (found.items() if isinstance(found, Mapping) else ())
        if name != OWN_TABLE
    }
    if package.metadata is not None and package.metadata.rankings:
        labels = {wheel.name.label or "" for wheel in package.wheels}
        tools[OWN_TABLE] = {RANKINGS: rankings_document(package.metadata.rankings, labels)}
    if tools:
        yield from ["", "[packages.tool]"]
        for name, table in sorted(tools.items()):
            yield f"{key_text(name)} = {value_text(table)}"


def _variants_lines(package: LockedPackage) -> Iterator[str]:
    if package.metadata is None:
        return
    labels = {wheel.name.label for wheel in package.wheels}
    document = pruned(package.metadata, (label for label in labels if label is not None))
    yield from ["", f"[packages.{VARIANTS}]"]
    for key, value in document.items():
        if key != "variants":
            yield f"{key_text(key)} = {value_text(value)}"
    yield from ["", f"[packages.{VARIANTS}.variants]"]
    variants = document["variants"]
    if isinstance(variants, Mapping):
        for label, properties in variants.items():
            yield f"{key_text(label)} = {value_text(properties)}"


def _file(wheel: Wheel, folder: Path, *, named: bool = True) -> dict[str, object]:
    file = wheel.file
    entry: dict[str, object] = {}
    if named and _last(file.url) != file.filename:
        entry["name"] = file.filename
    if file.upload_time is not None:
        moment = _moment(file.upload_time)
        if moment is not None:
            entry["upload-time"] = moment
    path = file_path(file.url)
    if path is None:
        entry["url"] = file.url
    else:
        entry["path"] = _relative(path, folder)
    if file.size is not None:
        entry["size"] = file.size
    entry["hashes"] = dict(sorted(file.hashes.items()))
    return entry


def _last(url: str) -> str:
    path = file_path(url)
    if path is not None:
        return path.name
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 -- only for files on servers

    return unquote(urlsplit(url).path).rpartition("/")[2]


def _relative(path: Path, folder: Path) -> str:
    """Return a path as the file has it: from its own folder on, where that leads anywhere."""
    try:
        relative = Path(os.path.relpath(path, folder))
    except ValueError:  # on another drive
        return path.as_posix()
    below_root = relative.parts.count("..") >= len(folder.parts) - 1
    return path.as_posix() if below_root else relative.as_posix()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _tool_lines(lock: Lock) -> Iterator[str]:
    if lock.inputs is not None:
        yield from ["", f"[tool.{OWN_TABLE}]", *_inputs_lines(lock.inputs)]
    if lock.tool:
        import tomli_w  # noqa: PLC0415 -- start-up speed

        others = {name: lock.tool[name] for name in sorted(lock.tool)}
        yield from ["", tomli_w.dumps({"tool": others}).rstrip("\n")]


def _inputs_lines(inputs: LockInputs) -> Iterator[str]:
    yield from list_lines("requirements", [quoted(each) for each in inputs.requirements])
    if inputs.everything:
        yield "everything = true"
    if inputs.options:
        yield f"options = {quoted(inputs.options)}"
    yield f"content = {quoted(inputs.content)}"
    targets = [
        value_text({"name": each.name, "machine": each.machine, "gets": each.gets})
        for each in inputs.targets
    ]
    yield from list_lines("targets", targets)

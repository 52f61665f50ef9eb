"""Trust as JSON: written, and read with every fault told."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.plugins.trust import (
    EXECUTABLE_NAME,
    PLUGIN_API,
    PinnedWheel,
    Trust,
    TrustedExecutable,
    TrustedPackage,
)
from whichwheel.sources.listing import is_plain_name
from whichwheel.spec.properties import NAME_PATTERN
from whichwheel.spec.walking import Walk, shown
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["read_trust", "trust_document"]

_FORMAT = "whichwheel-trust/1"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"(?:https?://[^\s@/#]+|file://[^\s@/#]*)/[^\s#]*")
_PACKAGE_KEYS = {
    *("name", "extras", "specifier", "source", "plugin_api", "namespaces", "trusted_at", "wheels"),
}
_WHEEL_KEYS = {"name", "version", "filename", "url", "sha256"}
_EXECUTABLE_KEYS = {"name", "path", "sha256", "namespaces", "trusted_at"}


def trust_document(trust: Trust) -> dict[str, object]:
    """Return trust as JSON that :func:`read_trust` reads."""
    return {
        "format": _FORMAT,
        "packages": [_package_document(package) for package in trust.packages.values()],
        "executables": [
            {
                "name": executable.name,
                "path": str(executable.path),
                "sha256": executable.sha256,
                "namespaces": list(executable.namespaces),
                "trusted_at": executable.trusted_at,
            }
            for executable in trust.executables.values()
        ],
    }


def _package_document(package: TrustedPackage) -> dict[str, object]:
    return {
        "name": package.name,
        "extras": list(package.extras),
        "specifier": package.specifier,
        "source": package.source,
        "plugin_api": package.plugin_api,
        "namespaces": list(package.namespaces),
        "trusted_at": package.trusted_at,
        "wheels": [
            {
                "name": wheel.name,
                "version": wheel.version,
                "filename": wheel.filename,
                "url": wheel.url,
                "sha256": wheel.sha256,
            }
            for wheel in package.wheels
        ],
    }


def read_trust(walk: Walk, document: object) -> Trust:
    """Read trust, noting faults in ``walk``."""
    root = walk.table(document, "$")
    found = root.get("format")
    if found != _FORMAT:
        walk.fault("$.format", f"found `{shown(str(found))}`, expected `{_FORMAT}`")
        return Trust()
    walk.only(root, {"format", "packages", "executables"}, "$")
    packages: dict[NormalizedName, TrustedPackage] = {}
    for path, table in _tables(walk, root, "$", "packages"):
        package = _read_package(walk, table, path)
        if package is not None and package.name in packages:
            walk.fault(f"{path}.name", f"`{package.name}` occurs twice")
        elif package is not None:
            packages[package.name] = package
    executables: dict[Path, TrustedExecutable] = {}
    for path, table in _tables(walk, root, "$", "executables"):
        executable = _read_executable(walk, table, path)
        if executable is not None and executable.path in executables:
            walk.fault(f"{path}.path", f"`{executable.path}` occurs twice")
        elif executable is not None:
            executables[executable.path] = executable
    return Trust(packages, executables)


def _tables(
    walk: Walk, table: Mapping[str, object], path: str, key: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    listed = table.get(key, [])
    if not isinstance(listed, list):
        walk.fault(f"{path}.{key}", "expected a list of tables")
        return
    for index, item in enumerate(listed):
        at = f"{path}.{key}[{index}]"
        yield at, walk.table(item, at)


def _read_package(walk: Walk, table: Mapping[str, object], path: str) -> TrustedPackage | None:
    before = len(walk.faults)
    walk.only(table, _PACKAGE_KEYS, path)
    name = canonicalize_name(_text(walk, table, "name", path))
    specifier = table.get("specifier", "")
    try:
        specifier = str(SpecifierSet(specifier)) if isinstance(specifier, str) else None
    except InvalidSpecifier:
        specifier = None
    if specifier is None:
        walk.fault(f"{path}.specifier", "expected a version specifier, as `>=1,<2`")
    plugin_api = None
    if table.get("plugin_api") is not None:
        plugin_api = _text(walk, table, "plugin_api", path, PLUGIN_API)
    wheels = tuple(_read_wheel(walk, item, at) for at, item in _tables(walk, table, path, "wheels"))
    if not wheels:
        walk.fault(f"{path}.wheels", "expected at least the wheel of the package itself")
    elif name and wheels[0].name != name:
        walk.fault(f"{path}.wheels[0].name", f"expected `{shown(name)}`")
    package = TrustedPackage(
        name=name,
        specifier=specifier or "",
        wheels=wheels,
        source=_text(walk, table, "source", path),
        trusted_at=_text(walk, table, "trusted_at", path),
        extras=walk.strings(table.get("extras", []), f"{path}.extras", None, empty=True),
        plugin_api=plugin_api,
        namespaces=_namespaces(walk, table, path),
    )
    return package if len(walk.faults) == before else None


def _read_wheel(walk: Walk, table: Mapping[str, object], path: str) -> PinnedWheel:
    walk.only(table, _WHEEL_KEYS, path)
    filename = _text(walk, table, "filename", path)
    wheel = PinnedWheel(
        name=canonicalize_name(_text(walk, table, "name", path)),
        version=_text(walk, table, "version", path),
        filename=filename,
        url=_text(walk, table, "url", path, _URL),
        sha256=_text(walk, table, "sha256", path, _SHA256),
    )
    if filename:
        try:
            parsed = WheelName.parse(filename)
        except InvalidWheelName as error:
            walk.fault(f"{path}.filename", error.message)
        else:
            if (parsed.name, str(parsed.version)) != (wheel.name, wheel.version):
                walk.fault(f"{path}.filename", "is that of another release")
            if not is_plain_name(filename):
                walk.fault(f"{path}.filename", f"`{shown(filename)}` is not a file name")
    return wheel


def _read_executable(
    walk: Walk, table: Mapping[str, object], path: str
) -> TrustedExecutable | None:
    before = len(walk.faults)
    walk.only(table, _EXECUTABLE_KEYS, path)
    place = Path(_text(walk, table, "path", path))
    if not place.is_absolute() or "\0" in str(place):
        walk.fault(f"{path}.path", "expected an absolute path")
    executable = TrustedExecutable(
        name=_text(walk, table, "name", path, EXECUTABLE_NAME),
        path=place,
        sha256=_text(walk, table, "sha256", path, _SHA256),
        namespaces=_namespaces(walk, table, path),
        trusted_at=_text(walk, table, "trusted_at", path),
    )
    return executable if len(walk.faults) == before else None


def _namespaces(walk: Walk, table: Mapping[str, object], path: str) -> tuple[str, ...]:
    listed = table.get("namespaces", [])
    return walk.strings(listed, f"{path}.namespaces", NAME_PATTERN, empty=True)


def _text(
    walk: Walk,
    table: Mapping[str, object],
    key: str,
    path: str,
    pattern: re.Pattern[str] | None = None,
) -> str:
    at = f"{path}.{key}"
    text = walk.text(table.get(key), at)
    if text is None:
        return ""
    if pattern is not None and not pattern.fullmatch(text):
        walk.fault(at, f"`{shown(text)}` does not match `^{pattern.pattern}$`")
    return text

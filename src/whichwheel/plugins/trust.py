"""What the user trusts to run on this machine: one file in the user's own configuration.

Nothing else grants trust: no project folder, no index and no environment variable.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.plugins.errors import InvalidTrust, NotTrusted, TrustNotKept
from whichwheel.sources.listing import is_plain_name
from whichwheel.spec.metadata import MetadataFault
from whichwheel.spec.properties import NAME_PATTERN
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json
from whichwheel.spec.walking import Walk, shown
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = [
    "EXECUTABLE_PREFIX",
    "PLUGIN_API",
    "PinnedWheel",
    "Trust",
    "TrustFile",
    "TrustedExecutable",
    "TrustedPackage",
]

#: An object reference, as entry points have it: ``package.module:object.attribute``.
PLUGIN_API = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?")

#: How the file of an executable provider begins.
EXECUTABLE_PREFIX = "whichwheel-provider-"

_FORMAT = "whichwheel-trust/1"
_LARGEST = 1024 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"(?:https?://[^\s@/#]+|file://[^\s@/#]*)/[^\s#]*")
_ONLY_OWNER = 0o600
_WAIT_FOR_OTHERS = 10.0


@dataclass(frozen=True, slots=True)
class PinnedWheel:
    """One wheel that was trusted, to the last bit.

    :param url: where it came from, without credentials
    :param sha256: of the file, computed from the file itself
    """

    name: NormalizedName
    version: str
    filename: str
    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class TrustedPackage:
    """A plugin package that may run, with everything that it needs.

    :param specifier: the versions that the user trusted, as ``>=1,<2``; empty for any
    :param wheels: the wheel of the package itself first, then those of its dependencies
    :param source: the index or folder it came from, without credentials
    :param trusted_at: in UTC, as ISO 8601
    :param plugin_api: the object reference that the user named, which then rules
    :param namespaces: those that it is known to answer for
    """

    name: NormalizedName
    specifier: str
    wheels: tuple[PinnedWheel, ...]
    source: str
    trusted_at: str
    extras: tuple[str, ...] = ()
    plugin_api: str | None = None
    namespaces: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version that is pinned."""
        return self.wheels[0].version

    @property
    def title(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}"

    @property
    def request(self) -> str:
        """The requirement that was trusted."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"


@dataclass(frozen=True, slots=True)
class TrustedExecutable:
    """An executable that may run, as long as it is the same file.

    :param name: what follows ``whichwheel-provider-``
    :param path: absolute
    """

    name: str
    path: Path
    sha256: str
    namespaces: tuple[str, ...]
    trusted_at: str


@dataclass(frozen=True, slots=True)
class Trust:
    """All that is trusted.

    :param packages: by normalised name
    :param executables: by path
    """

    packages: Mapping[NormalizedName, TrustedPackage] = field(default_factory=dict)
    executables: Mapping[Path, TrustedExecutable] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return what `providers untrust` takes."""
        return (*self.packages, *(str(path) for path in self.executables))

    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that are known to be answered for, each once."""
        packages = (name for entry in self.packages.values() for name in entry.namespaces)
        executables = (name for entry in self.executables.values() for name in entry.namespaces)
        return tuple(dict.fromkeys((*packages, *executables)))

    def without(self, name: str) -> "Trust":
        """Return the trust that is left without a package, or without executables.

        :param name: of a package or an executable, or the path of an executable
        :raises NotTrusted: if there is no such thing
        """
        package = canonicalize_name(name)
        path = Path(os.path.abspath(Path(name).expanduser()))  # noqa: PTH100 -- as it was kept
        packages = {key: entry for key, entry in self.packages.items() if key != package}
        executables = {
            key: entry
            for key, entry in self.executables.items()
            if name not in {entry.name, f"{EXECUTABLE_PREFIX}{entry.name}", entry.path.name}
            and key != path
        }
        left = Trust(packages, executables)
        if left == self:
            raise NotTrusted(name, self.names())
        return left


class TrustFile:
    """The file that holds what is trusted; nobody but its owner may write it.

    :param path: need not exist; a missing file trusts nothing
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Trust:
        """Return what is trusted.

        :raises InvalidTrust: naming all faults
        """
        try:
            with self.path.open("rb") as file:
                _check_mode(os.fstat(file.fileno()), self.path)
                data = file.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            return Trust()
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise InvalidTrust(self.path, [MetadataFault("$", why)]) from None
        try:
            document = parse_strict_json(data, maximum_size=_LARGEST)
        except InvalidJson as error:
            raise InvalidTrust(self.path, [MetadataFault(error.path, error.why)]) from None
        walk = Walk()
        trust = _read_trust(walk, document)
        if walk.faults:
            raise InvalidTrust(self.path, walk.faults)
        return trust

    def change(self, change: Callable[[Trust], Trust]) -> Trust:
        """Put something else in place of what is trusted, whole or not at all.

        :param change: makes the new trust of the present one
        :return: the new trust
        :raises InvalidTrust: if the present file is not usable
        :raises TrustNotKept: if it cannot be written
        """
        with self._locked():
            trust = change(self.read())
            self._write(trust)
        return trust

    def add_package(self, package: TrustedPackage) -> None:
        """Trust a package; what was pinned of it before is replaced."""
        self.change(
            lambda trust: replace(trust, packages={**trust.packages, package.name: package})
        )

    def add_executable(self, executable: TrustedExecutable) -> None:
        """Trust an executable; what was kept of its path before is replaced."""
        self.change(
            lambda trust: replace(
                trust, executables={**trust.executables, executable.path: executable}
            )
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout  # noqa: PLC0415 -- start-up time

        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_WAIT_FOR_OTHERS)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise TrustNotKept(self.path, "another run holds it") from None
        except OSError as error:
            raise TrustNotKept(self.path, error.strerror or str(error)) from None
        try:
            yield
        finally:
            lock.release()

    def _write(self, trust: Trust) -> None:
        from tempfile import mkstemp  # noqa: PLC0415 -- start-up time

        temporary: Path | None = None
        try:
            # Made with mode 0600.
            handle, name = mkstemp(prefix=".trust-", dir=self.path.parent)
            temporary = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(_document(trust), file, indent=2)
                file.write("\n")
            temporary.chmod(_ONLY_OWNER)
            temporary.replace(self.path)
        except OSError as error:
            raise TrustNotKept(self.path, error.strerror or str(error)) from None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _check_mode(status: os.stat_result, path: Path) -> None:
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        fault = MetadataFault("$", f"others than its owner can write it (`chmod 600 {path}`)")
        raise InvalidTrust(path, [fault])


def _document(trust: Trust) -> dict[str, object]:
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


_PACKAGE_KEYS = {
    *("name", "extras", "specifier", "source", "plugin_api", "namespaces", "trusted_at", "wheels"),
}
_WHEEL_KEYS = {"name", "version", "filename", "url", "sha256"}
_EXECUTABLE_KEYS = {"name", "path", "sha256", "namespaces", "trusted_at"}


def _read_trust(walk: Walk, document: object) -> Trust:
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
    if not place.is_absolute():
        walk.fault(f"{path}.path", "expected an absolute path")
    executable = TrustedExecutable(
        name=_text(walk, table, "name", path),
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

"""What rules may look at: files, variables and processor flags of one machine.

Every look is bounded, reads only, and answers that nothing is there where it fails. All looks
together have a time limit.
"""

import ntpath
import os
import platform
import posixpath
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from whichwheel.target.regular_file import open_regular_file
from whichwheel.target.rules.places import Place
from whichwheel.target.rules.wildcards import has_wildcards, matches

__all__ = ["LOOKING_LIMIT", "Surroundings", "located_really", "prefixes_of", "registry_value"]

#: Seconds that all looks of one rule may take.
LOOKING_LIMIT = 10.0

_LARGEST_FOLDER = 100_000
_MOST_PATHS = 1000
#: Of a file; what stands behind that is not looked at.
_MOST_BYTES = 64 * 1024


def prefixes_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders of the environments in use: those activated, then that of ourselves."""
    activated = (environ.get("VIRTUAL_ENV", ""), environ.get("CONDA_PREFIX", ""))
    return tuple(dict.fromkeys(each for each in (*activated, sys.prefix, sys.base_prefix) if each))


def registry_value(key: str, name: str) -> str | None:
    r"""Return a value of the Windows registry as text; None elsewhere, and if there is none.

    :param key: as ``HKLM\SOFTWARE\Microsoft``
    :param name: of the value; empty for that of the key itself
    """
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 -- only Windows has it

        hive, _, path = key.partition("\\")
        machine = hive.upper() in {"HKLM", "HKEY_LOCAL_MACHINE"}
        try:
            top = winreg.HKEY_LOCAL_MACHINE if machine else winreg.HKEY_CURRENT_USER
            with winreg.OpenKey(top, path) as opened:
                return str(winreg.QueryValueEx(opened, name)[0])
        except (OSError, ValueError):
            return None
    return None


def located_really(text: str, *, on_windows: bool) -> Path | None:
    """Return an absolute path of the real file system; None if it is not absolute."""
    absolute = PureWindowsPath(text).is_absolute() if on_windows else text.startswith("/")
    return Path(text) if absolute and "\0" not in text else None


class Surroundings:
    """One machine as rules see it.

    :param environ: the environment variables
    :param prefixes: the folders of the environments in use
    :param root: a folder that stands for the root of the file system; None for the real one
    :param system: as in ``sys.platform``
    :param machine: the processor's architecture, as ``x86_64``
    :param registry: returns a value of the Windows registry, by key and name
    :param limit: seconds after which whatever looks raises `TimeoutError`
    """

    def __init__(  # noqa: PLR0913 -- all that a machine consists of here
        self,
        environ: Mapping[str, str] = os.environ,
        *,
        prefixes: Iterable[str] | None = None,
        root: Path | None = None,
        system: str = sys.platform,
        machine: str | None = None,
        registry: Callable[[str, str], str | None] = registry_value,
        limit: float = LOOKING_LIMIT,
    ) -> None:
        self.environ = environ
        self.prefixes = prefixes_of(environ) if prefixes is None else tuple(prefixes)
        self.system = system
        self.machine = (machine or platform.machine()).lower()
        self.registry = registry
        #: What `libraries.looked_at` found, which each check for a library asks for.
        self.library_trace: str | None = None
        self._root = root
        self._names: dict[Path, tuple[str, ...]] = {}
        self._flags: frozenset[str] | None = None
        self._limit = limit
        self._until = time.monotonic() + limit

    @property
    def is_real(self) -> bool:
        """Whether it is the real file system that is looked at."""
        return self._root is None

    @property
    def on_windows(self) -> bool:
        """Whether names of files are compared without regard to case."""
        return self.system == "win32"

    def located(self, text: str) -> Path | None:
        """Return where an absolute path of the machine lies; None if it is not absolute."""
        if self._root is None:
            return located_really(text, on_windows=self.on_windows)
        pure = PureWindowsPath(text) if self.on_windows else PurePosixPath(text)
        if not pure.is_absolute() or "\0" in text:
            return None
        # Of the text itself, so that no `..` leads out of the folder that stands for the root.
        norm = ntpath.normpath(text) if self.on_windows else posixpath.normpath(text)
        parts = (PureWindowsPath(norm) if self.on_windows else PurePosixPath(norm)).parts
        return self._root.joinpath(*parts[1:])

    def shown(self, path: Path) -> str:
        """Return a path as the machine itself would name it, fit for one line."""
        text = str(path)
        if self._root is not None and path.is_relative_to(self._root):
            text = f"/{path.relative_to(self._root).as_posix()}"
        return "".join(char if char.isprintable() else "?" for char in text)

    def names(self, folder: Path) -> tuple[str, ...]:
        """Return the names in a folder, sorted; none if it cannot be read."""
        self._check_time()
        known = self._names.get(folder)
        if known is None:
            try:
                with os.scandir(folder) as entries:
                    known = tuple(sorted(each.name for each in islice(entries, _LARGEST_FOLDER)))
            except (OSError, ValueError):
                known = ()
            self._names[folder] = known
        return known

    def matching(self, folder: Path, pattern: str) -> Iterator[str]:
        """Yield the names in a folder that a name with wildcards stands for."""
        if has_wildcards(pattern) or self.on_windows:
            for name in self.names(folder):
                if matches(pattern, name, ignore_case=self.on_windows):
                    yield name
        else:
            self._check_time()
            if exists(folder / pattern):
                yield pattern

    def paths(self, place: Place) -> tuple[Path, ...]:
        """Return all existing paths that a path with a variable start and wildcards stands for."""
        found = list(self._starts(place))
        for part in place.parts:
            below = (folder / name for folder in found for name in self.matching(folder, part))
            found = list(islice(below, _MOST_PATHS))
        return tuple(found)

    def _starts(self, place: Place) -> Iterator[Path]:
        if place.base == "{prefix}":
            texts = self.prefixes
        elif place.base == "~":
            home = "USERPROFILE" if self.on_windows else "HOME"
            texts = (self.environ.get(home, ""),)
        elif place.variable is not None:
            texts = (self.environ.get(place.variable, ""),)
        elif place.on_drive != self.on_windows:
            texts = ()
        else:
            texts = (f"{place.base}\\" if place.on_drive else "/",)
        located = (self.located(text) for text in texts)
        yield from (path for path in located if path is not None)

    def read(self, path: Path, limit: int = _MOST_BYTES) -> bytes | None:
        """Return the beginning of a regular file; None if it is none or cannot be read."""
        self._check_time()
        try:
            # A pipe, a terminal or a log of the kernel must not keep us waiting.
            with open_regular_file(path) as file:
                return _read(file.fileno(), limit)
        except OSError:
            return None

    def below(self, path: Path, top: str) -> bool:
        """Return whether a path, all links followed, stays below an absolute folder."""
        folder = self.located(top)
        try:
            return folder is not None and path.resolve().is_relative_to(folder.resolve())
        except (OSError, ValueError, RuntimeError):
            return False

    def stamp(self, path: Path) -> str:
        """Return what changes when a file or the names in a folder change."""
        self._check_time()
        try:
            status = path.stat()
        except (OSError, ValueError):
            return f"{path} -"
        return f"{path} {status.st_mtime_ns} {status.st_size} {status.st_ino}"

    def cpu_flags(self) -> frozenset[str]:
        """Return the flags of the processor under the names that Linux has for them."""
        if self._flags is None:
            self._flags = frozenset(self._found_flags())
        return self._flags

    def _check_time(self) -> None:
        if time.monotonic() > self._until:
            message = f"looking took longer than {self._limit:g} s"
            raise TimeoutError(message)

    def _found_flags(self) -> tuple[str, ...]:
        from whichwheel.target.providers import (  # noqa: PLC0415 -- start-up speed
            aarch64_detection,
            x86_64_detection,
        )
        from whichwheel.target.providers.cpuinfo import read_cpuinfo  # noqa: PLC0415

        try:
            if self.system == "linux":
                text = read_cpuinfo((self._root or Path("/")) / "proc/cpuinfo")
                return (
                    *x86_64_detection.flags_from_cpuinfo(text),
                    *aarch64_detection.features_from_cpuinfo(text),
                )
            return (
                *x86_64_detection.detect(self.environ).texts("x86_64.flags"),
                *aarch64_detection.detect(self.environ).texts("aarch64.features"),
            )
        except (OSError, ValueError):
            return ()


def exists(path: Path) -> bool:
    """Return whether a path leads to anything; a link to nothing does not."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _read(descriptor: int, limit: int) -> bytes:
    content = b""
    while len(content) < limit:
        more = os.read(descriptor, limit - len(content))
        if not more:
            break
        content += more
    return content

"""Shared libraries found by name, where the system's loader would look; none is ever loaded."""

import os
import re
import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from whichwheel.spec.values import dataclass
from whichwheel.target.rules.surroundings import Surroundings, located_really
from whichwheel.target.rules.wildcards import has_wildcards, matches

__all__ = ["SEARCH_VARIABLES", "FoundLibrary", "cached_libraries", "find_library", "looked_at"]

#: The environment variables that say where libraries are.
SEARCH_VARIABLES = (
    *("VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH"),
    *("DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "PATH", "SYSTEMROOT"),
)

_CACHE = "/etc/ld.so.cache"
_LARGEST_CACHE = 16 * 1024 * 1024
_CACHE_MAGIC = b"glibc-ld.so.cache1.1"
# glibc, dl-cache.h: the header of 48 bytes and entries of flags, name, path, version, hwcap.
_HEADER = struct.Struct("=20sII20x")
_ENTRY = struct.Struct("=iIIIQ")
_MOST_ENTRIES = 200_000

_ELF = b"\x7fELF"
# ELF's class, data encoding and machine number (System V ABI and its supplements).
_ELF_KINDS = {
    "x86_64": (2, 1, 62),
    "amd64": (2, 1, 62),
    "aarch64": (2, 1, 183),
    "arm64": (2, 1, 183),
    "ppc64le": (2, 1, 21),
    "riscv64": (2, 1, 243),
    "s390x": (2, 2, 22),
    "loongarch64": (2, 1, 258),
    "i686": (1, 1, 3),
    "armv7l": (1, 1, 40),
}
# Debian's names of architectures in folders (multiarch tuples).
_MULTIARCH = {"ppc64le": "powerpc64le", "i686": "i386", "arm64": "aarch64", "amd64": "x86_64"}

_VERSIONS = (
    re.compile(r"-r?(\d+(?:\.\d+)+)\.(?:so|dylib|dll)"),
    re.compile(r"\.so\.(\d+(?:\.\d+)*)$"),
    re.compile(r"\.(\d+(?:\.\d+)*)\.(?:dylib|dll)$"),
)


@dataclass(frozen=True, slots=True)
class FoundLibrary:
    """A library that is there.

    :param name: under which it was found
    :param path: where
    :param file: the name of the file that it is in the end, all links followed
    """

    name: str
    path: Path
    file: str

    @property
    def version(self) -> str | None:
        """What the file's name says of its version; of the interface where it says no more.

        >>> FoundLibrary("libmpi.so.40", Path("libmpi.so.40"), "libmpi.so.40.30.4").version
        '40.30.4'
        """
        found = (pattern.search(self.file.lower()) for pattern in _VERSIONS)
        return next((match[1] for match in found if match), None)


def find_library(surroundings: Surroundings, name: str) -> FoundLibrary | None:
    """Return the first library of a name, or None.

    :param name: of a file, ``*`` and ``?`` in it stand for anything
    """
    for path in _candidates(surroundings, name):
        try:
            if not path.is_file():
                continue
            file = path.resolve().name
        except (OSError, ValueError, RuntimeError):
            continue
        if _runs_here(surroundings, path):
            return FoundLibrary(path.name, path, file)
    return None


def looked_at(surroundings: Surroundings) -> str:
    """Return what changes when libraries come or go: of the folders and the loader's cache."""
    known = surroundings.library_trace
    if known is None:
        paths = list(_all_folders(surroundings))
        cache_file = surroundings.located(_CACHE)
        if surroundings.system == "linux" and cache_file is not None:
            paths.append(cache_file)
        known = surroundings.library_trace = "\n".join(map(surroundings.stamp, paths))
    return known


def _candidates(surroundings: Surroundings, name: str) -> Iterator[Path]:
    for folder in _listed_folders(surroundings):
        yield from (folder / each for each in surroundings.matching(folder, name))
    for text in _cached_paths(surroundings, name):
        path = surroundings.located(text)
        if path is not None:
            yield path
    for folder in _usual_folders(surroundings):
        yield from (folder / each for each in surroundings.matching(folder, name))


def _all_folders(surroundings: Surroundings) -> tuple[Path, ...]:
    return (*_listed_folders(surroundings), *_usual_folders(surroundings))


def _listed_folders(surroundings: Surroundings) -> tuple[Path, ...]:
    """Return those that variables and environments name, which come first."""
    environ = surroundings.environ
    if surroundings.on_windows:
        below = ("Library\\bin", "bin", "")
        texts = [f"{prefix}\\{each}" for prefix in surroundings.prefixes for each in below]
        texts += environ.get("PATH", "").split(";")
    else:
        mac = surroundings.system == "darwin"
        texts = environ.get("DYLD_LIBRARY_PATH" if mac else "LD_LIBRARY_PATH", "").split(":")
        texts += [f"{prefix}/lib" for prefix in surroundings.prefixes]
        if mac:
            texts += environ.get("DYLD_FALLBACK_LIBRARY_PATH", "").split(":")
    return _located(surroundings, texts)


def _usual_folders(surroundings: Surroundings) -> tuple[Path, ...]:
    machine = surroundings.machine
    if surroundings.on_windows:
        root = surroundings.environ.get("SYSTEMROOT", "C:\\Windows")
        texts = [f"{root}\\System32"]
    elif surroundings.system == "darwin":
        # The last two are those of the usual package managers, which packages are built against.
        texts = ["/usr/local/lib", "/usr/lib", "/opt/homebrew/lib", "/opt/local/lib"]
    else:
        tuple_name = f"{_MULTIARCH.get(machine, machine)}-linux-gnu"
        tops = ("/usr/local/lib", "/lib", "/usr/lib")
        texts = [f"{top}{suffix}" for top in tops for suffix in (f"/{tuple_name}", "64", "")]
    return _located(surroundings, texts)


def _located(surroundings: Surroundings, texts: list[str]) -> tuple[Path, ...]:
    if surroundings.is_real:
        # The same few folders, for every rule.
        return _real_folders(surroundings.on_windows, tuple(texts))
    located = (surroundings.located(text) for text in texts)
    return tuple(dict.fromkeys(path for path in located if path is not None))


@lru_cache(maxsize=32)
def _real_folders(on_windows: bool, texts: tuple[str, ...]) -> tuple[Path, ...]:  # noqa: FBT001
    located = (located_really(text, on_windows=on_windows) for text in texts)
    return tuple(dict.fromkeys(path for path in located if path is not None))


def _runs_here(surroundings: Surroundings, path: Path) -> bool:
    """Return False for an ELF file of another architecture, as those of 32 bits beside ours."""
    kind = _ELF_KINDS.get(surroundings.machine)
    header = surroundings.read(path, 20) if kind and surroundings.system == "linux" else None
    if kind is None or header is None or len(header) < 20 or not header.startswith(_ELF):  # noqa: PLR2004 -- what was read
        return True
    machine = int.from_bytes(header[18:20], "little" if header[5] == 1 else "big")
    return (header[4], header[5], machine) == kind


def _cached_paths(surroundings: Surroundings, name: str) -> Iterator[str]:
    """Yield where the loader's cache has a library, in its order."""
    path = surroundings.located(_CACHE) if surroundings.system == "linux" else None
    content = surroundings.read(path, _LARGEST_CACHE) if path is not None else None
    if not content:
        return
    known = _by_name(content)
    names = [each for each in known if matches(name, each)] if has_wildcards(name) else [name]
    for each in names:
        yield from known.get(each, ())


@lru_cache(maxsize=1)
def _by_name(content: bytes) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, path in cached_libraries(content):
        found[name] = (*found.get(name, ()), path)
    return found


def cached_libraries(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield names and paths of the loader's cache, nothing if it is of another format.

    :param content: of ``/etc/ld.so.cache`` as glibc writes it since 2.2
    """
    start = content.find(_CACHE_MAGIC)
    if start < 0 or len(content) < start + _HEADER.size:
        return
    _, count, _ = _HEADER.unpack_from(content, start)
    for index in range(min(count, _MOST_ENTRIES)):
        offset = start + _HEADER.size + index * _ENTRY.size
        if offset + _ENTRY.size > len(content):
            return
        _, name, path, _, _ = _ENTRY.unpack_from(content, offset)
        texts = [_text(content, start + each) for each in (name, path)]
        if all(texts):
            yield texts[0], texts[1]


def _text(content: bytes, start: int) -> str:
    end = content.find(b"\0", start)
    return os.fsdecode(content[start:end]) if end > 0 else ""

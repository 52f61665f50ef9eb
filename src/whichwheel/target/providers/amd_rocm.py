"""Which ROCm is installed, by the files that it leaves."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from whichwheel.target.providers.driver_files import file_text, names_in

__all__ = ["ROCM_PATH", "installed_rocm", "version_files"]

ROCM_PATH = "ROCM_PATH"

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?!\d)")
_DEFINED = re.compile(r"^#define\s+ROCM_VERSION_(MAJOR|MINOR)\s+(\d{1,3})\s*$", re.MULTILINE)
_NUMBERED = re.compile(r"rocm-(\d+(?:\.\d+)*)")

_FILE = ".info/version"
# Of distributions that put ROCm's files among their own.
_HEADERS = ("include/rocm-core/rocm_version.h", "include/rocm_version.h")


def installed_rocm(root: Path, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the version of ROCm as ``6.4`` and the file that tells it, or None.

    In this order: ``$ROCM_PATH``, ``/opt/rocm``, the newest ``/opt/rocm-X.Y.Z``, ``/usr``.

    :param root: the root of the file system
    """
    for path in version_files(root, environ):
        text = file_text(path, 65536)
        if path.name == "version":
            match = _VERSION.match(text)
            version = f"{int(match[1])}.{int(match[2])}" if match else ""
        else:
            parts = dict(_DEFINED.findall(text))
            version = f"{int(parts['MAJOR'])}.{int(parts['MINOR'])}" if len(parts) > 1 else ""
        if version:
            return version, f"/{path.relative_to(root)}" if path.is_relative_to(root) else str(path)
    return None


def version_files(root: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that may tell the version, those that count first."""
    for folder in _folders(root, environ):
        yield folder / _FILE
        yield from (folder / header for header in _HEADERS)


def _folders(root: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    given = environ.get(ROCM_PATH, "")
    if given.startswith("/"):
        yield root / given.lstrip("/")
    yield root / "opt/rocm"
    numbered = [match for name in names_in(root / "opt") if (match := _NUMBERED.fullmatch(name))]
    for match in sorted(numbered, key=_numbers, reverse=True):
        yield root / "opt" / match[0]
    yield root / "usr"


def _numbers(match: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in match[1].split("."))

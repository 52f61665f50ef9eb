"""Which installed distribution a file belongs to, by the ``RECORD`` files."""

import os
import sys
from collections.abc import Collection, Iterable, Mapping

from whichwheel.environment.plan import Installed

__all__ = ["owners_of", "path_key", "recorded_paths", "recorded_rows"]

_FIELDS = 3


def path_key(path: str | os.PathLike[str]) -> str:
    """Return the spelling by which two paths of one file compare equal.

    :param path: absolute; links are not followed
    """
    return os.path.normcase(os.path.normpath(path))


def recorded_paths(installed: Installed) -> list[str] | None:
    """Return the files that a distribution's ``RECORD`` names, absolute and normalized.

    :return: None if it has no ``RECORD`` that can be read
    """
    folder = os.fspath(installed.metadata_directory.parent)
    text = _record_of(installed)
    return None if text is None else [_absolute(folder, path) for path in _paths(text)]


def recorded_rows(installed: Installed) -> list[tuple[str, str, str]] | None:
    """Return those files with the digest and the size that the ``RECORD`` has, or empty strings.

    :return: None if it has no ``RECORD`` that can be read
    """
    folder = os.fspath(installed.metadata_directory.parent)
    text = _record_of(installed)
    if text is None:
        return None
    rows = _quoted_rows(text) if '"' in text else map(_split, text.splitlines())
    return [(_absolute(folder, row[0]), row[1], row[2]) for row in rows if len(row) >= _FIELDS]


def _record_of(installed: Installed) -> str | None:
    try:
        with (installed.metadata_directory / "RECORD").open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def _quoted_rows(text: str) -> list[list[str]]:
    import csv  # noqa: PLC0415 - few paths need quotes

    try:
        return list(csv.reader(text.splitlines()))
    except csv.Error:
        return []


def _split(line: str) -> list[str]:
    return line.split(",")


def _paths(text: str) -> Iterable[str]:
    if '"' in text:
        return [row[0] for row in _quoted_rows(text) if row and row[0]]
    # Large environments have a hundred thousand of these lines.
    return [line.partition(",")[0] for line in text.splitlines() if line]


def _absolute(folder: str, path: str) -> str:
    if sys.platform != "win32" and "./" not in path and not path.startswith("/"):
        return f"{folder}/{path}"
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118


def owners_of(
    keys: Collection[str], distributions: Iterable[Installed]
) -> Mapping[str, tuple[Installed, ...]]:
    """Return the distributions that name each of some files.

    :param keys: what :func:`path_key` gave
    :return: by key; files that nobody names are left out
    """
    owners: dict[str, tuple[Installed, ...]] = {}
    if not keys:
        return owners
    wanted = frozenset(keys)
    for each in distributions:
        for path in recorded_paths(each) or ():
            key = os.path.normcase(path)
            if key in wanted:
                owners[key] = (*owners.get(key, ()), each)
    return owners

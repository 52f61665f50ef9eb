"""A lock file before anything of it is understood: its size, its TOML, its version."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from packaging.version import InvalidVersion, Version

from whichwheel.lock.errors import InvalidLock, UnknownLockVersion
from whichwheel.target.regular_file import NotRegular, open_regular_file

__all__ = ["newer_version", "parse_lock"]

_LARGEST = 64 * 1024 * 1024
_KNOWN_VERSION = Version("1.0")


def parse_lock(path: Path) -> Mapping[str, object]:
    """Return the document of a lock file.

    :raises InvalidLock: if it cannot be read, or is no TOML
    """
    try:
        with open_regular_file(path) as file:
            content = file.read(_LARGEST + 1)
    except NotRegular:
        raise InvalidLock(path, ["it is not a file"]) from None
    except FileNotFoundError:
        hint = "`whichwheel lock` makes one"
        raise InvalidLock(path, ["there is no such file"], hint=hint) from None
    except OSError as error:
        raise InvalidLock(path, [f"it cannot be read: {error.strerror or error}"]) from None
    if len(content) > _LARGEST:
        raise InvalidLock(path, [f"it is larger than {_LARGEST} bytes"])
    try:
        return tomllib.loads(content.decode("utf-8").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        why = str(error)
        raise InvalidLock(path, [f"it is not TOML: {why[:1].lower()}{why[1:]}"]) from None
    except UnicodeDecodeError:
        raise InvalidLock(path, ["it is not TOML, which is UTF-8"]) from None
    except RecursionError:
        raise InvalidLock(path, ["it is nested too deep"]) from None
    except ValueError:
        raise InvalidLock(path, ["it is not TOML that can be read"]) from None


def newer_version(path: Path, document: Mapping[str, object]) -> str | None:
    """Return the version of a format that adds to what is known here (PEP 751, lock-version).

    :returns: None if all of it is known, or if it says no version
    :raises UnknownLockVersion: if it is of a version that is not understood
    """
    text = document.get("lock-version")
    if not isinstance(text, str):
        return None
    try:
        version = Version(text)
    except InvalidVersion:
        raise UnknownLockVersion(path, text) from None
    if version.major != _KNOWN_VERSION.major:
        raise UnknownLockVersion(path, text)
    return text if version > _KNOWN_VERSION else None

"""What interpreters said of themselves, kept on disk: asking costs a tenth of a second."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from whichwheel._folders import user_cache
from whichwheel._version import __version__
from whichwheel.target.interpreters.kin import base_of, moved
from whichwheel.target.regular_file import open_regular_file
from whichwheel.target.sealed_json import NEW, sealed, unsealed

__all__ = ["InterpreterCache"]

_LARGEST = 4 * 1024 * 1024


class InterpreterCache:
    """Descriptions by interpreter, valid while neither it nor this machine changes.

    One is enough for all virtual environments round one interpreter.

    The key holds what the tags depend on, so that a home folder shared between machines, or
    restored on another one, never serves the description of a different system.

    :param folder: where the files are; made when needed
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_user(cls) -> "InterpreterCache":
        """Return the cache in the user's own cache folder."""
        return cls(Path(user_cache()) / "interpreters")

    def get(self, executable: Path) -> Mapping[str, object] | None:
        """Return the description of an interpreter, or None if none is valid."""
        shared = _shared_key(executable)
        if shared is not None:
            found = self._read(shared)
            described = None if found is None else moved(found, executable.parent.parent)
            if described is not None:
                return described
        return self._read(_key(executable))

    def _read(self, key: list[str] | None) -> Mapping[str, object] | None:
        if key is None:
            return None
        try:
            with open_regular_file(self._file(key)) as file:
                entry = unsealed(file.read(_LARGEST))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(entry, dict) or entry.get("key") != key:
            return None
        description = entry.get("interpreter")
        return description if isinstance(description, dict) else None

    def put(self, executable: Path, description: Mapping[str, object]) -> None:
        """Keep a description; a cache that cannot be written is no error."""
        from tempfile import NamedTemporaryFile  # noqa: PLC0415 -- start-up speed

        key = _shared_key(executable)
        if key is None or moved(description, executable.parent.parent) != description:
            key = _key(executable)
        if key is None:
            return
        content = sealed({"key": key, "interpreter": description})
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, prefix=NEW, delete=False) as file:
                file.write(content)
            try:
                Path(file.name).replace(self._file(key))
            except OSError:
                Path(file.name).unlink(missing_ok=True)
        except OSError:
            return

    def _file(self, key: list[str]) -> Path:
        from hashlib import sha256  # noqa: PLC0415 -- start-up speed

        return self._folder / f"{sha256(json.dumps(key).encode()).hexdigest()[:32]}.json"


def _key(executable: Path) -> list[str] | None:
    try:
        status = executable.stat()
        configuration = executable.parent.parent / "pyvenv.cfg"
        # A virtual environment may be made anew round the same, linked interpreter.
        changed = configuration.stat().st_mtime_ns if configuration.is_file() else 0
    except OSError:
        return None
    identity = [str(executable), str(status.st_mtime_ns), str(status.st_size), str(changed)]
    return [*identity, __version__, _packaging_version(), *_system()]


def _shared_key(executable: Path) -> list[str] | None:
    base = base_of(executable)
    return None if base is None else [*base, __version__, _packaging_version(), *_system()]


def _packaging_version() -> str:
    import packaging  # noqa: PLC0415 -- only its version, and only here

    return packaging.__version__


def _system() -> list[str]:
    if sys.platform == "win32":
        names = [str(sys.getwindowsversion())]
    else:
        names = list(os.uname())
        if "CS_GNU_LIBC_VERSION" in os.confstr_names:
            names.append(os.confstr("CS_GNU_LIBC_VERSION") or "")
    return names

"""Isolated environments for plugins, made from pinned wheels and kept in the cache.

An environment is named by the hashes of what is in it: one that is there needs no network, and one
that is not is made anew from exactly the files that were trusted.
"""

import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from subprocess import SubprocessError
from typing import TYPE_CHECKING

from packaging.version import Version

from whichwheel.plugins.errors import PinChanged, PluginEnvironmentFailed
from whichwheel.plugins.trust import PinnedWheel
from whichwheel.sources.errors import HashMismatch
from whichwheel.sources.ports import Progress, Sources
from whichwheel.spec.values import dataclass
from whichwheel.target.regular_file import open_regular_file

if TYPE_CHECKING:
    from whichwheel.resolve.resolution import Pin

__all__ = ["PluginEnvironment", "PluginEnvironments"]

_FORMAT = 1
_FOLDER = "plugins-1"
_MANIFEST = "whichwheel-plugin.json"
_LARGEST = 64 * 1024 * 1024
_WAIT_FOR_OTHERS = 300.0
_ONLY_OWNER = 0o700
_ROOT = 0


@dataclass(frozen=True, slots=True)
class PluginEnvironment:
    """A virtual environment with nothing in it but a plugin and what it needs.

    :param executable: its interpreter
    :param site_folders: where its packages lie
    """

    folder: Path
    executable: Path
    site_folders: tuple[Path, ...]


class PluginEnvironments:
    """The environments of plugins under the folder of all caches.

    They are for the interpreter that we run in.

    :param cache: the folder of all caches
    :param sources: opens what wheels are fetched from, when they have to be
    """

    def __init__(
        self,
        cache: Path,
        sources: Callable[[], AbstractContextManager[Sources]],
        progress: Progress | None = None,
    ) -> None:
        self._cache = cache
        self._folder = cache / _FOLDER
        self._sources = sources
        self._progress = progress

    def find(self, wheels: Sequence[PinnedWheel]) -> PluginEnvironment | None:
        """Return the environment of these wheels, None if it is not there or is damaged."""
        return _read(self._place(wheels)) if _is_private(self._folder) else None

    def open(self, wheels: Sequence[PinnedWheel], *, trust: str) -> PluginEnvironment:
        """Return the environment of these wheels, made if need be.

        :param trust: what `providers untrust` takes, for messages
        :raises PinChanged: if a file is not the one that was pinned
        :raises PluginEnvironmentFailed: if it cannot be made
        :raises WhichwheelError: if a wheel cannot be had, or does not install
        """
        found = self.find(wheels)
        if found is not None:
            return found
        from filelock import FileLock, Timeout  # noqa: PLC0415 -- start-up time

        place = self._place(wheels)
        try:
            was_private = self._make_private()
            with FileLock(place.with_suffix(".lock"), timeout=_WAIT_FOR_OTHERS):
                # What others could write to is not run, but made anew.
                found = _read(place) if was_private else None
                if found is None:
                    found = self._make(place, wheels, trust)
        except Timeout:
            raise PluginEnvironmentFailed(place, "another run is making it") from None
        except (OSError, SubprocessError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise PluginEnvironmentFailed(place, why) from None
        return found

    def _make_private(self) -> bool:
        """Make sure that nobody else can put code there; return whether it was so before.

        :raises OSError: if it belongs to somebody else
        """
        self._folder.mkdir(mode=_ONLY_OWNER, parents=True, exist_ok=True)
        if not _is_ours(self._folder):
            message = "it belongs to another user"
            raise OSError(message)
        if _is_private(self._folder):
            return True
        self._folder.chmod(_ONLY_OWNER)
        return False

    def forget(self, wheels: Sequence[PinnedWheel]) -> None:
        """Remove the environment of these wheels; it is no error if that cannot be."""
        place = self._place(wheels)
        shutil.rmtree(place, ignore_errors=True)
        with suppress(OSError):
            place.with_suffix(".lock").unlink(missing_ok=True)

    def _place(self, wheels: Sequence[PinnedWheel]) -> Path:
        key = [
            str(_FORMAT),
            *(sys.version, str(sys.implementation.cache_tag), sys.base_prefix),
            *sorted(wheel.sha256 for wheel in wheels),
        ]
        return self._folder / hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]

    def _make(self, place: Path, wheels: Sequence[PinnedWheel], trust: str) -> PluginEnvironment:
        from venv import EnvBuilder  # noqa: PLC0415 -- slow, and rarely needed

        from whichwheel.environment.applying import apply_plan  # noqa: PLC0415
        from whichwheel.environment.plan import Plan  # noqa: PLC0415 -- start-up time
        from whichwheel.environment.site import Environment  # noqa: PLC0415 -- start-up time
        from whichwheel.target.interpreters.interpreter import inspect_interpreter  # noqa: PLC0415
        from whichwheel.target.interpreters.interpreter_cache import InterpreterCache  # noqa: PLC0415

        shutil.rmtree(place, ignore_errors=True)
        EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(place)
        interpreter = inspect_interpreter(
            place, environ={}, cache=InterpreterCache(self._cache / "interpreters")
        )
        environment = Environment(interpreter)
        try:
            with self._sources() as sources:
                apply_plan(
                    Plan(add=tuple(_pin(wheel) for wheel in wheels)),
                    environment,
                    sources,
                    # Wheels that were unpacked where others can write are not taken.
                    cache_directory=self._folder,
                    progress=self._progress,
                    compile_bytecode=True,
                )
        except HashMismatch as error:
            filename = next(
                (wheel.filename for wheel in wheels if wheel.sha256 == error.expected), error.where
            )
            raise PinChanged(filename, error.expected, error.found, trust) from None
        made = PluginEnvironment(place, interpreter.executable, environment.site_folders)
        _write(made)
        return made


def _is_ours(folder: Path) -> bool:
    if sys.platform == "win32":
        return True  # it lies in the user's own folder
    return folder.stat().st_uid in {os.geteuid(), _ROOT}


def _is_private(folder: Path) -> bool:
    """Whether nobody but this user, or root, can write into a folder."""
    if os.name == "nt":
        return True  # it lies in the user's own folder
    try:
        others = folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        return _is_ours(folder) and not others
    except OSError:
        return False


def _pin(wheel: PinnedWheel) -> "Pin":
    """Return what the environment room installs: this one file, and no other."""
    from whichwheel.choose.choice import (  # noqa: PLC0415 -- start-up time
        Choice,
        Judgement,
        Reason,
        ReasonKind,
        Status,
    )
    from whichwheel.resolve.resolution import Pin  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.release import File, Wheel  # noqa: PLC0415 -- start-up time
    from whichwheel.spec.wheel_name import WheelName  # noqa: PLC0415 -- start-up time

    file = File(wheel.filename, wheel.url, {"sha256": wheel.sha256})
    candidate = Wheel(file, WheelName.parse(wheel.filename))
    reason = Reason(ReasonKind.BEST, "it is the file that was trusted")
    judgement = Judgement(candidate, Status.CHOSEN, 0, (reason,))
    version = Version(wheel.version)
    return Pin(
        wheel.name, version, Choice(wheel.name, version, wheel.url, (judgement,)), candidate, ()
    )


def _write(made: PluginEnvironment) -> None:
    """Note what is in an environment; without the note it does not count as made."""
    document = {
        "executable": _relative(made.executable, made.folder),
        "site_folders": [_relative(folder, made.folder) for folder in made.site_folders],
        "files": {path: [size, modified] for path, size, modified in _files(made.folder)},
    }
    temporary = made.folder / f"{_MANIFEST}.tmp"
    temporary.write_text(json.dumps(document), encoding="utf-8")
    temporary.replace(made.folder / _MANIFEST)


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            # A link to the interpreter leads out, and is what it is.
            if name == _MANIFEST or path.is_symlink():
                continue
            status = path.stat()
            yield _relative(path, folder), status.st_size, status.st_mtime_ns


def _read(folder: Path) -> PluginEnvironment | None:
    """Return a whole environment; None if a file of it is gone, new or changed."""
    try:
        with open_regular_file(folder / _MANIFEST) as file:
            document: Mapping[str, object] = json.loads(file.read(_LARGEST))
        found = PluginEnvironment(
            folder,
            folder / _text(document["executable"]),
            tuple(folder / _text(each) for each in _list(document["site_folders"])),
        )
        present = {path: [size, modified] for path, size, modified in _files(folder)}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if present != document.get("files") or not found.executable.is_file():
        return None
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value

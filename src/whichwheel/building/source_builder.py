"""Wheels and their metadata from source distributions, each built once and kept."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.building.backend import Backend, OpenIsolated
from whichwheel.building.errors import BuildFailed
from whichwheel.building.source_archive import unpack_source
from whichwheel.building.static_metadata import static_metadata
from whichwheel.sources.ports import Progress
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["SourceBuilder"]

_METADATA = "METADATA"


class SourceBuilder:
    """Builds for one interpreter; safe to use from several threads.

    What is built lies under the digest of the sources and that of the interpreter, so that one
    cache serves many of both.

    :param cache: where wheels and metadata are kept
    :param interpreter: what a wheel may depend on: version, ABI and platform, in any form
    :param isolated: for a project, what makes the environments that its builds run in; None to
        build with what is installed for ``python``
    :param python: the interpreter to build with
    """

    def __init__(  # noqa: PLR0913 -- each says one thing that only the caller knows
        self,
        cache: Path,
        *,
        interpreter: str,
        isolated: Callable[[NormalizedName], OpenIsolated] | None,
        python: Path,
        progress: Progress | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> None:
        self._cache = cache
        self._interpreter = hashlib.sha256(interpreter.encode()).hexdigest()[:16]
        self._isolated = isolated
        self._python = python
        self._progress = progress
        self._on_output = on_output
        self._lock = threading.Lock()
        self._locks: dict[str, threading.RLock] = {}

    def metadata(self, source: Path, name: NormalizedName, version: Version) -> bytes:
        """Return the core metadata of the wheel that a source distribution makes.

        :param source: a ``.tar.gz`` or ``.zip`` whose hash was checked
        :raises BuildFailed: if the project's code fails
        :raises BrokenSource: if it cannot be unpacked
        """
        with self._shelf(source) as shelf:
            kept = shelf / _METADATA
            if kept.is_file():
                return kept.read_bytes()
            built = _wheel_in(shelf)
            if built is not None:
                return self._read(shelf, built)
            with self._unpacked(source, name, version, "metadata of") as (tree, work, backend):
                what = f"the metadata of `{name} {version}`"
                metadata = static_metadata(tree) or backend.metadata(what, tree, work)
                if metadata is not None:
                    _write(kept, metadata)
                    return metadata
                built = self._build(backend, tree, work, shelf, name, version)
            return self._read(shelf, built)

    def wheel(self, source: Path, name: NormalizedName, version: Version) -> Path:
        """Return the wheel that a source distribution makes.

        :raises BuildFailed: if the project's code fails, or makes another project's wheel
        :raises BrokenSource: if it cannot be unpacked
        """
        with self._shelf(source) as shelf:
            built = _wheel_in(shelf)
            if built is not None:
                return built
            with self._unpacked(source, name, version, "build") as (tree, work, backend):
                return self._build(backend, tree, work, shelf, name, version)

    @contextmanager
    def _shelf(self, source: Path) -> Iterator[Path]:
        """Hold the place of what these sources make, against threads and other processes."""
        from filelock import FileLock  # noqa: PLC0415 -- only builds need it

        key = f"{_digest(source)}-{self._interpreter}"
        with self._lock:
            lock = self._locks.setdefault(key, threading.RLock())
        shelf = self._cache / key
        with lock:
            held = FileLock(shelf / ".lock")
            while True:
                shelf.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):  # thrown away meanwhile, by another process
                    held.acquire()
                    break
            try:
                yield shelf
            finally:
                held.release()

    @contextmanager
    def _unpacked(
        self, source: Path, name: NormalizedName, version: Version, doing: str
    ) -> Iterator[tuple[Path, Path, Backend]]:
        what = f"{doing} {name} {version}"
        if self._progress is not None:
            self._progress.start(what, None)
        try:
            with (
                TemporaryDirectory(
                    prefix="whichwheel-build-", ignore_cleanup_errors=True
                ) as folder,
                Backend(
                    isolated=None if self._isolated is None else self._isolated(name),
                    python=self._python,
                    on_output=self._on_output,
                ) as backend,
            ):
                folders = [Path(folder) / part for part in ("source", "work")]
                for each in folders:
                    each.mkdir()
                yield unpack_source(source, folders[0]), folders[1], backend
        finally:
            if self._progress is not None:
                self._progress.finish(what)

    def _build(  # noqa: PLR0913, PLR0917 -- all that a build is about
        self,
        backend: Backend,
        tree: Path,
        work: Path,
        shelf: Path,
        name: NormalizedName,
        version: Version,
    ) -> Path:
        what = f"`{name} {version}`"
        made = backend.build_wheel(what, tree, work, environment={}, config_settings={})
        try:
            found = WheelName.parse(made.name)
        except InvalidWheelName as error:
            raise BuildFailed(what, error.message) from None
        if (found.name, found.version) != (name, version):
            raise BuildFailed(what, f"its backend made `{made.name}`, which is another release")
        _check(what, made)
        place = shelf / made.name
        shelf.mkdir(parents=True, exist_ok=True)  # a build takes long, and caches are cleared
        made.replace(place) if made.stat().st_dev == shelf.stat().st_dev else _copy(made, place)
        return place

    def _read(self, shelf: Path, wheel: Path) -> bytes:
        from whichwheel.sources.wheel_archive import WheelArchive  # noqa: PLC0415 -- only here

        with WheelArchive(wheel) as archive:
            metadata = archive.metadata
        _write(shelf / _METADATA, metadata)
        return metadata


def _check(what: str, made: Path) -> None:
    """Check what a backend made before it is kept: every later install would take it."""
    from whichwheel.sources.errors import BrokenWheel  # noqa: PLC0415 -- only here
    from whichwheel.sources.wheel_archive import WheelArchive  # noqa: PLC0415 -- only here

    try:
        with WheelArchive(made) as archive:
            archive.verify()
    except BrokenWheel as error:
        raise BuildFailed(what, f"its backend made a broken wheel: {error.why}") from None


def _digest(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wheel_in(shelf: Path) -> Path | None:
    return next(iter(sorted(shelf.glob("*.whl"))), None)


def _write(path: Path, data: bytes) -> None:
    from whichwheel.sources.http_cache import write_atomically  # noqa: PLC0415 -- only here

    write_atomically(path, data)


def _copy(made: Path, place: Path) -> None:
    import shutil  # noqa: PLC0415 -- where temporary files are on another disk

    aside = place.with_name(f".new-{place.name}")
    shutil.copyfile(made, aside)
    aside.replace(place)

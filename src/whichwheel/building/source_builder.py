"""Wheels and their metadata from sources, each built once and kept while they stay the same."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.building.backend import Backend, OpenIsolated
from whichwheel.building.errors import BuildFailed
from whichwheel.building.git import GitRepository
from whichwheel.building.source_trees import Archive, Commit, SourceTree
from whichwheel.building.static_metadata import project_metadata, static_metadata
from whichwheel.sources.ports import Progress
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["Made", "SourceBuilder"]

#: What sources are said to make: a project, and a version of it.
Made = tuple[NormalizedName, Version]

_METADATA = "METADATA"


@dataclass(frozen=True, slots=True)
class _Opened:
    shown: str
    tree: Path
    backend: Backend


class SourceBuilder:
    """Builds for one interpreter; safe to use from several threads.

    What is built lies under the digest of the sources and that of the interpreter, so that one
    cache serves many of both. What a folder makes, which may change at any time, is not kept. What
    is laid out of sources that the user named goes when the builder is closed.

    :param cache: where wheels and metadata are kept
    :param interpreter: what a wheel may depend on: version, ABI and platform, in any form
    :param isolated: for a project, or for one whose name is not known yet, what makes the
        environments that its builds run in; None to build with what is installed for ``python``
    :param python: the interpreter to build with
    """

    def __init__(  # noqa: PLR0913 -- each says one thing that only the caller knows
        self,
        cache: Path,
        *,
        interpreter: str,
        isolated: Callable[[NormalizedName | None], OpenIsolated] | None,
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
        self._locks: dict[Path, threading.RLock] = {}
        self._stack = ExitStack()
        self._own: dict[SourceTree, Path] = {}
        self._open: dict[SourceTree, _Opened] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()
        self._open.clear()

    def commit(self, repository: GitRepository, revision: str | None, subdirectory: str) -> Commit:
        """Return the sources that a revision stands for.

        :param revision: None for the head of the repository
        :param subdirectory: where in it the project is
        :raises GitFailed: if it cannot be had
        """
        what = f"look up {repository.public}" + ("" if revision is None else f"@{revision}")
        if self._progress is not None:
            self._progress.start(what, None)
        try:
            if revision is None:
                return Commit(repository, repository.head(), subdirectory)
            found = repository.resolve(revision)
            if found is not None:
                return Commit(repository, found, subdirectory)
            # Only the history knows what a commit begins with.
            tree = self._stack.enter_context(_work()) / "tree"
            return Commit(repository, repository.check_out(revision, tree), subdirectory, tree)
        finally:
            if self._progress is not None:
                self._progress.finish(what)

    def metadata(self, source: SourceTree, release: Made | None = None) -> bytes:
        """Return the core metadata of the wheel that sources make.

        :param release: what they are said to be, if anybody said it
        :raises BuildFailed: if the project's code fails
        :raises BrokenSource: if they cannot be laid out
        """
        with self._shelf(source) as shelf:
            kept = shelf / _METADATA
            if kept.is_file():
                return kept.read_bytes()
            built = _wheel_in(shelf)
            if built is not None:
                return self._read(shelf, built)
            with self._laid_out(source, release, "metadata of") as opened:
                # A `PKG-INFO` in a folder or a commit may be older than what lies round it.
                metadata = static_metadata(opened.tree) if isinstance(source, Archive) else None
                metadata = metadata or project_metadata(opened.tree)
                if metadata is None:
                    with _work() as work:
                        what = f"the metadata of {_quoted(release, opened)}"
                        metadata = opened.backend.metadata(what, opened.tree, work, source.kind)
                if metadata is not None:
                    _write(kept, metadata)
                    return metadata
                built = self._build(source, opened, shelf, release)
            return self._read(shelf, built)

    def wheel(self, source: SourceTree, release: Made | None = None) -> Path:
        """Return the wheel that sources make.

        :param release: what they are said to be
        :raises BuildFailed: if the project's code fails, or makes another project's wheel
        :raises BrokenSource: if they cannot be laid out
        """
        with self._shelf(source) as shelf:
            built = _wheel_in(shelf)
            if built is not None:
                return built
            with self._laid_out(source, release, "build") as opened:
                return self._build(source, opened, shelf, release)

    @contextmanager
    def _shelf(self, source: SourceTree) -> Iterator[Path]:
        """Hold the place of what these sources make, against threads and other processes."""
        from filelock import FileLock  # noqa: PLC0415 -- only builds need it

        key = source.key
        with self._lock:
            if key is None:
                # What may change by the next run is kept for this one alone.
                shelf = self._own.get(source)
                if shelf is None:
                    shelf = self._own[source] = self._stack.enter_context(_work())
            else:
                shelf = self._cache / f"{key}-{self._interpreter}"
            lock = self._locks.setdefault(shelf, threading.RLock())
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
    def _laid_out(
        self, source: SourceTree, release: Made | None, doing: str
    ) -> Iterator["_Opened"]:
        """Lay sources out, beside what their builds run in."""
        name = None if release is None else release[0]
        what = f"{doing} {source.shown if release is None else ' '.join(map(str, release))}"
        if self._progress is not None:
            self._progress.start(what, None)
        try:
            with ExitStack() as stack:
                opened = self._open.get(source)
                if opened is None:
                    if source.is_named:
                        # It is built in this run too, most likely: what it needs stays there.
                        opened = self._open[source] = self._opened(source, name, self._stack)
                    else:
                        opened = self._opened(source, name, stack)
                yield opened
        finally:
            if self._progress is not None:
                self._progress.finish(what)

    def _opened(
        self, source: SourceTree, name: NormalizedName | None, stack: ExitStack
    ) -> "_Opened":
        backend = Backend(
            isolated=None if self._isolated is None else self._isolated(name),
            python=self._python,
            on_output=self._on_output,
        )
        tree = stack.enter_context(source.opened())
        return _Opened(source.shown, tree, stack.enter_context(backend))

    def _build(
        self, source: SourceTree, opened: "_Opened", shelf: Path, release: Made | None
    ) -> Path:
        what = _quoted(release, opened)
        with _work() as work:
            made = opened.backend.build_wheel(
                what, opened.tree, work, environment={}, config_settings={}, kind=source.kind
            )
            try:
                found = WheelName.parse(made.name)
            except InvalidWheelName as error:
                raise BuildFailed(what, error.message) from None
            if release is not None and (found.name, found.version) != release:
                raise BuildFailed(what, f"its backend made `{made.name}`, which is another release")
            _check(what, made)
            place = shelf / made.name
            shelf.mkdir(parents=True, exist_ok=True)  # a build takes long, and caches are cleared
            same_disk = made.stat().st_dev == shelf.stat().st_dev
            made.replace(place) if same_disk else _copy(made, place)
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


def _quoted(release: Made | None, opened: "_Opened") -> str:
    return f"`{opened.shown}`" if release is None else f"`{release[0]} {release[1]}`"


def _work() -> AbstractContextManager[Path]:
    @contextmanager
    def opened() -> Iterator[Path]:
        with TemporaryDirectory(prefix="whichwheel-work-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    return opened()


def _wheel_in(shelf: Path) -> Path | None:
    return next(iter(sorted(shelf.glob("*.whl"))), None)


def _write(path: Path, data: bytes) -> None:
    from whichwheel.sources.network.http_cache import write_atomically  # noqa: PLC0415 -- only here

    write_atomically(path, data)


def _copy(made: Path, place: Path) -> None:
    import shutil  # noqa: PLC0415 -- where temporary files are on another disk

    aside = place.with_name(f".new-{place.name}")
    shutil.copyfile(made, aside)
    aside.replace(place)

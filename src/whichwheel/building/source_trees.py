"""Where the sources of a build come from: an archive, a folder, a commit."""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from whichwheel.building.backend import Kind
from whichwheel.building.errors import BrokenSource
from whichwheel.building.git import GitRepository
from whichwheel.building.source_archive import unpack_source
from whichwheel.spec.values import dataclass

__all__ = ["Archive", "Commit", "Folder", "SourceTree"]


class SourceTree(Protocol):
    """Sources that can be laid out as a folder."""

    @property
    def key(self) -> str | None:
        """What their content is known by; None if it may change at any time."""
        ...

    @property
    def shown(self) -> str:
        """What they are called as long as nobody knows which project they are."""
        ...

    @property
    def kind(self) -> Kind:
        """What is made of them."""
        ...

    @property
    def is_named(self) -> bool:
        """Whether the user named them, so that they are surely needed again in this run."""
        ...

    def opened(self) -> AbstractContextManager[Path]:
        """Lay them out; the folder goes when it is closed, if it was made for that."""
        ...


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive whose hash was checked.

    :param path: a ``.tar.gz``, ``.zip`` or the like
    :param subdirectory: where in it the project is, with ``/``
    """

    path: Path
    subdirectory: str = ""
    is_named: bool = False
    kind: Kind = "wheel"

    @property
    def shown(self) -> str:
        """As :attr:`SourceTree.shown`."""
        return self.path.name

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def key(self) -> str:
        """As :attr:`SourceTree.key`."""
        return _keyed(self.digest, self.subdirectory)

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """As :meth:`SourceTree.opened`."""
        with _temporary() as folder:
            yield _within(unpack_source(self.path, folder), self.subdirectory, self.path.name)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the user's own, which is built where it is.

    :param subdirectory: where in it the project is, with ``/``
    """

    path: Path
    subdirectory: str = ""
    kind: Kind = "wheel"
    is_named: bool = True

    @property
    def shown(self) -> str:
        """As :attr:`SourceTree.shown`."""
        return str(self.path / self.subdirectory)

    @property
    def key(self) -> None:
        """As :attr:`SourceTree.key`."""
        return

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """As :meth:`SourceTree.opened`."""
        yield _within(self.path, self.subdirectory, self.path.name)


@dataclass(frozen=True, slots=True)
class Commit:
    """What a repository holds at a commit.

    :param commit: the whole one
    :param subdirectory: where in it the project is, with ``/``
    :param checked_out: a checkout that is there already; it is another's to remove
    """

    repository: GitRepository
    commit: str
    subdirectory: str = ""
    checked_out: Path | None = None
    is_named: bool = True
    kind: Kind = "wheel"

    @property
    def shown(self) -> str:
        """As :attr:`SourceTree.shown`."""
        return f"{self.repository.public}@{self.commit[:12]}"

    @property
    def key(self) -> str:
        """As :attr:`SourceTree.key`."""
        known = hashlib.sha256(f"git {self.repository.public} {self.commit}".encode())
        return _keyed(known.hexdigest(), self.subdirectory)

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """As :meth:`SourceTree.opened`."""
        shown = self.repository.public
        if self.checked_out is not None:
            yield _within(self.checked_out, self.subdirectory, shown)
            return
        with _temporary() as folder:
            self.repository.check_out(self.commit, folder / "tree")
            yield _within(folder / "tree", self.subdirectory, shown)


def _keyed(digest: str, subdirectory: str) -> str:
    if not subdirectory:
        return digest
    return hashlib.sha256(f"{digest} {subdirectory}".encode()).hexdigest()


def _temporary() -> AbstractContextManager[Path]:
    @contextmanager
    def opened() -> Iterator[Path]:
        with TemporaryDirectory(prefix="whichwheel-build-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    return opened()


def _within(tree: Path, subdirectory: str, shown: str) -> Path:
    """Return the project's own folder.

    :raises BrokenSource: if it is not there, or a link leads out
    """
    found = tree / subdirectory
    if subdirectory and not found.resolve().is_relative_to(tree.resolve()):
        raise BrokenSource(shown, f"`{subdirectory}` reaches out of it")
    if not any((found / name).is_file() for name in ("pyproject.toml", "setup.py")):
        where = f" in `{subdirectory}`" if subdirectory else ""
        raise BrokenSource(shown, f"it has neither a `pyproject.toml` nor a `setup.py`{where}")
    return found

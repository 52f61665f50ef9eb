"""Local folders, and pages that list files of many projects (find-links)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from packaging.utils import NormalizedName

from whichwheel.sources.addresses import file_path
from whichwheel.sources.errors import SourceError
from whichwheel.sources.listing import Link, list_project
from whichwheel.sources.release import File, Project
from whichwheel.sources.simple_html import MAXIMUM_PAGE, parse_html

__all__ = ["FolderSource", "PageSource", "index_folder_links", "read_page"]


def _folder_links(folder: Path) -> Iterator[Link]:
    """Yield the files of a folder, in the order of their names."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise SourceError(
            f"cannot read the folder `{folder}`: {error.strerror or error}", where=str(folder)
        ) from None
    for path in paths:
        yield Link(path.name, partial(_folder_file, path))


def _folder_file(path: Path) -> File:
    return File(path.name, path.absolute().as_uri(), size=path.stat().st_size)


def read_page(path: Path) -> str:
    """Return the text of a page on disk.

    :raises SourceError: if it cannot be read or is longer than is read of any page
    """
    try:
        if path.stat().st_size > MAXIMUM_PAGE:
            raise SourceError(f"the page `{path}` is too long", where=str(path))
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise SourceError(
            f"cannot read the page `{path}`: {error.strerror or error}", where=str(path)
        ) from None


class FolderSource:
    """A folder of files; what it holds is looked at once.

    :param name: for people
    :raises SourceError: if it cannot be read
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._links = tuple(_folder_links(folder))

    def project(self, name: NormalizedName) -> Project | None:
        """Return what it has of a project."""
        return list_project(name, self.name, self._links)


class PageSource:
    """One page that links to files of any project.

    :param url: the page's address, for relative links
    """

    def __init__(self, name: str, text: str, url: str) -> None:
        self.name = name
        self._links = tuple(parse_html(text, url))

    def project(self, name: NormalizedName) -> Project | None:
        """Return what it links to of a project."""
        return list_project(name, self.name, self._links)


def index_folder_links(url: str, name: NormalizedName) -> Iterator[Link] | None:
    """Return the files that an index on disk has of a project, None if it has no such folder.

    :param url: the index, a ``file:`` URL
    """
    root = file_path(url)
    if root is None:
        raise ValueError(url)
    folder = root / name
    page = folder / "index.html"
    if page.is_file():
        return parse_html(read_page(page), page.absolute().as_uri())
    return _folder_links(folder) if folder.is_dir() else None

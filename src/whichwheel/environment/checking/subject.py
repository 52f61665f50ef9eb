"""What is examined: every installed distribution, its files and what it says of itself."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import NormalizedName

from whichwheel.environment.distributions import read_package
from whichwheel.environment.plan import Installed
from whichwheel.environment.site import Environment
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["RecordedFile", "Subject", "headers_of", "read_recorded", "subjects_of"]

_LIMIT = 64 * 1024 * 1024
_FIELDS = 3


class RecordedFile(NamedTuple):
    """One line of a ``RECORD``.

    :param path: as written: relative to the folder of the ``*.dist-info``, or absolute
    :param place: absolute and normalized
    :param digest: ``algorithm=base64``; empty if none is given
    :param size: in bytes; None if none is given
    """

    path: str
    place: str
    digest: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Subject:
    """One installed distribution under examination.

    :param package: what the resolver knows of it
    :param files: what its ``RECORD`` names; None if that is missing or cannot be read
    """

    installed: Installed
    package: InstalledPackage
    files: Sequence[RecordedFile] | None

    @property
    def name(self) -> NormalizedName:
        """The project's name."""
        return self.installed.name

    @property
    def title(self) -> str:
        """The distribution, for people: ``torch 2.9.0 (cu128)``."""
        label = f" ({self.installed.label})" if self.installed.label is not None else ""
        return f"{self.installed.name} {self.installed.version}{label}"


def subjects_of(
    environment: Environment, overlays: "ActiveOverlays | None" = None
) -> Mapping[NormalizedName, Subject]:
    """Read all that is installed, by its own name and in order of that name.

    :param overlays: those that are on, which know for what installed packages stand
    """
    found = {
        each.name: Subject(each, read_package(each), read_recorded(each.metadata_directory))
        for each in environment.known(overlays).values()
    }
    return dict(sorted(found.items()))


def read_recorded(metadata_directory: Path) -> Sequence[RecordedFile] | None:
    """Return what a ``RECORD`` names; None if it is missing, or no table of files at all."""
    folder = os.fspath(metadata_directory.parent)
    try:
        with (metadata_directory / "RECORD").open(encoding="utf-8", newline="") as file:
            text = file.read(_LIMIT)
    except (OSError, UnicodeDecodeError):
        return None
    try:
        return [_recorded(folder, row) for row in _rows(text) if any(row)]
    except (ValueError, csv.Error):
        return None


def _rows(text: str) -> Sequence[Sequence[str]]:
    if '"' in text:
        return list(csv.reader(text.splitlines(), strict=True))
    return [line.split(",") for line in text.splitlines()]


def _recorded(folder: str, row: Sequence[str]) -> RecordedFile:
    if len(row) != _FIELDS or not row[0] or "\0" in row[0]:
        raise ValueError(row)
    path, digest, size = row
    place = os.path.normpath(os.path.join(folder, path))  # noqa: PTH118 - a hundred thousand
    return RecordedFile(path, place, digest, int(size) if size else None)


def headers_of(path: Path) -> Sequence[tuple[str, str]]:
    """Return the header fields of a file such as ``WHEEL``, none if it cannot be read."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return ()
    pairs = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    return [(key.strip().lower(), value.strip()) for key, _, value in pairs]

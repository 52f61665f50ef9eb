"""Files that somebody changed after they were installed: his work, which no removal may destroy."""

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from whichwheel.environment.ownership import path_key, recorded_rows
from whichwheel.environment.plan import Installed
from whichwheel.spec.values import dataclass

__all__ = ["KEPT_FOLDER", "Changed", "Kept", "changed_files"]

#: The folder beside the packages to which changed files go. It cannot be imported.
KEPT_FOLDER = "whichwheel-kept"

# They rewrite files and leave `RECORD` as it is.
_REWRITING = frozenset({"conda"})
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that is not as it was installed.

    :param path: absolute
    :param owner: the distribution that it was installed with
    :param digest: the SHA-256 of what it is now, as ``RECORD`` has it
    """

    path: Path
    owner: Installed
    digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A changed file that was in the way and was moved.

    :param was: where it was
    :param now: where it is
    """

    was: Path
    now: Path


def changed_files(
    departing: Iterable[Installed], existing: Mapping[str, Path]
) -> Iterator[Changed]:
    """Yield those files of some distributions that were changed since.

    Looked into are those of another size than ``RECORD`` has, and those written after it, as it is
    written last. What describes the distribution itself is nobody's work.

    :param existing: the files that are looked at, by what ``path_key`` makes of them
    """
    found: dict[str, Changed] = {}
    fine: set[str] = set()
    for each in departing:
        if each.installer in _REWRITING:
            continue
        record = each.metadata_directory / "RECORD"
        own = path_key(each.metadata_directory) + os.sep
        try:
            written = record.stat().st_mtime_ns
        except OSError:
            continue
        for path, digest, size in recorded_rows(each) or ():
            key = os.path.normcase(path)
            place = existing.get(key)
            if place is None or not digest or key.startswith(own):
                continue
            now = _changed(place, digest, size, written)
            if now is None:
                fine.add(key)
            else:
                found[key] = Changed(place, each, now)
    # What two of them claim is as it was if it is as one of them has it.
    for key, changed in found.items():
        if key not in fine:
            yield changed


def _changed(path: Path, digest: str, size: str, written: int) -> str | None:
    """Return the SHA-256 of a file if it is not what its line in a ``RECORD`` says."""
    try:
        state = path.lstat()
        same_size = not size.isdecimal() or state.st_size == int(size)
        if same_size and state.st_mtime_ns <= written:
            return None
        algorithm, _, wanted = digest.partition("=")
        if algorithm not in _ALGORITHMS or not path.is_file():
            return None
        with path.open("rb") as file:
            if same_size and _digest(hashlib.file_digest(file, algorithm)) == wanted.rstrip("="):
                return None
            file.seek(0)
            return "sha256=" + _digest(hashlib.file_digest(file, "sha256"))
    except OSError:
        return None


def _digest(found: "hashlib._Hash") -> str:
    return base64.urlsafe_b64encode(found.digest()).decode().rstrip("=")

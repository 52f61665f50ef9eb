"""What of the cache may go, and its going."""

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from packaging.utils import NormalizedName

from whichwheel.caches.shelf import Entry, entries_of, leftovers_of
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["Thrown", "of_projects", "throw_away", "worth_pruning"]

_DAY = 24 * 3600.0
#: What a run that goes on right now may be about to use, in seconds.
_IN_USE = 3600.0


@dataclass(frozen=True, slots=True)
class Thrown:
    """What went.

    :param entries: how many
    :param size: in bytes
    :param kept: what could not be removed, as it is in use or belongs to somebody else
    """

    entries: int
    size: int
    kept: tuple[Path, ...] = ()


def worth_pruning(
    cache: Path, *, days: float, at_most: int | None = None, now: float
) -> tuple[Entry, ...]:
    """Return what was not used for long, and, beyond a size, what was used the longest ago.

    What was used within the last hour always stays, as another run may be at it; leftovers of
    runs that were cut off go after a day.

    :param days: how long is long
    :param at_most: how many bytes may stay; None for any number
    :param now: in seconds since the epoch
    """
    entries = sorted(entries_of(cache), key=lambda entry: entry.used)
    gone = [entry for entry in entries if now - entry.used > max(days * _DAY, _IN_USE)]
    if at_most is not None:
        left = entries[len(gone) :]
        size = sum(entry.size for entry in left)
        for entry in left:
            if size <= at_most or now - entry.used < _IN_USE:
                break
            gone.append(entry)
            size -= entry.size
    leftovers = [entry for entry in leftovers_of(cache) if now - entry.used > _DAY]
    return (*gone, *leftovers)


def of_projects(entries: Iterable[Entry], names: Collection[NormalizedName]) -> tuple[Entry, ...]:
    """Return the entries that hold wheels of some projects."""
    return tuple(entry for entry in entries if any(_project(name) in names for name in entry.holds))


def _project(filename: str) -> NormalizedName | None:
    try:
        return WheelName.parse(filename).name
    except InvalidWheelName:
        return None


def throw_away(
    entries: Iterable[Entry], progress: Callable[[Entry], None] = lambda _entry: None
) -> Thrown:
    """Remove entries, each whole or not at all for whoever looks at the same time.

    :param progress: called after each
    """
    count, size = 0, 0
    kept = []
    for entry in entries:
        if _remove(entry.path):
            count += 1
            size += entry.size
        else:
            kept.append(entry.path)
        progress(entry)
    return Thrown(count, size, tuple(kept))


def _remove(path: Path) -> bool:
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return True
        aside = Path(tempfile.mkdtemp(prefix=".damaged-", dir=path.parent))
    except OSError:
        return False
    try:
        path.rename(aside / "old")
    except FileNotFoundError:
        return True  # another run was faster
    except OSError:
        return False
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):
            path.parent.rmdir()  # the last one of its folder
    return True

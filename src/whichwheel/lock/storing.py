"""Put a lock where it belongs: whole, or not at all."""

import os
import secrets
from pathlib import Path

from whichwheel.lock.document import Lock
from whichwheel.lock.writing import lock_text
from whichwheel.spec.errors import WhichwheelError

__all__ = ["CannotWriteLock", "is_stored", "store", "store_text"]


class CannotWriteLock(WhichwheelError):
    """A lock file cannot be written; the one that was there is as it was.

    :param path: the file
    :param why: what the system said
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"cannot write `{path}`: {why}",
            hint="check that the folder is there, can be written to and has room",
        )
        self.path = path
        self.why = why


def is_stored(lock: Lock) -> bool:
    """Whether the file holds exactly this lock."""
    try:
        return lock.path.read_text("utf-8") == lock_text(lock)
    except (OSError, ValueError):
        return False


def store(lock: Lock) -> None:
    """Write a lock to its path.

    :raises CannotWriteLock: if that fails
    """
    store_text(lock.path, lock_text(lock))


def store_text(path: Path, text: str) -> None:
    """Write a text to a file, which is never seen half written.

    :raises CannotWriteLock: if that fails
    """
    # A link stays one: what it leads to is replaced.
    place = Path(os.path.realpath(path))
    temporary = place.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.replace(place)
    except OSError as error:
        raise CannotWriteLock(path, error.strerror or str(error)) from None
    finally:
        temporary.unlink(missing_ok=True)

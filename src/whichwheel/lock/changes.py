"""What differs between two locks."""

from collections.abc import Iterator

from packaging.utils import NormalizedName

from whichwheel.lock.document import Lock
from whichwheel.spec.values import dataclass

__all__ = ["LockChange", "lock_changes"]


@dataclass(frozen=True, slots=True)
class LockChange:
    """What became of one project.

    :param old: its versions before, none if it was not there
    :param new: its versions now, none if it is gone
    """

    name: NormalizedName
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def files_only(self) -> bool:
        """Whether the versions are the same, and something else about them changed."""
        return self.old == self.new


def lock_changes(old: Lock | None, new: Lock) -> Iterator[LockChange]:
    """Yield what differs, in order of name."""
    before = {} if old is None else _by_name(old)
    after = _by_name(new)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield LockChange(
                name,
                tuple(version for version, _ in before.get(name, ())),
                tuple(version for version, _ in after.get(name, ())),
            )


def _by_name(lock: Lock) -> dict[NormalizedName, list[tuple[str, object]]]:
    found: dict[NormalizedName, list[tuple[str, object]]] = {}
    for package in lock.packages:
        files = sorted((each.file.filename, str(each.file.hashes)) for each in package.wheels)
        found.setdefault(package.name, []).append(
            (str(package.version or ""), (package.marker, files))
        )
    return {name: sorted(entries, key=str) for name, entries in found.items()}

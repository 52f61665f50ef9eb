"""What can be wrong with a lock, or go wrong in making one."""

from collections.abc import Sequence
from pathlib import Path

from packaging.utils import NormalizedName

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.walking import shown

__all__ = [
    "CannotLock",
    "InvalidLock",
    "LockDoesNotServe",
    "LockedFileGone",
    "NotInLock",
    "SizeMismatch",
    "UnknownLockVersion",
]

_SHOWN = 5


class InvalidLock(WhichwheelError, ValueError):
    """A lock file that cannot be used; holds every fault, not only the first.

    :param path: the file
    :param faults: all faults, each a clause that says where
    """

    def __init__(self, path: Path, faults: Sequence[str], *, hint: str | None = None) -> None:
        listed = "; ".join(faults[:_SHOWN])
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        super().__init__(
            f"the lock `{path}` is not usable: {listed}{more}",
            hint=hint or "make it anew with the tool that wrote it: `whichwheel lock` for ours",
        )
        self.path = path
        self.faults = tuple(faults)


class UnknownLockVersion(InvalidLock):
    """A lock of a version that is not understood.

    :param version: as the file has it
    """

    def __init__(self, path: Path, version: str) -> None:
        super().__init__(
            path,
            [f"its `lock-version` is `{shown(version)}`, and only 1.0 is understood"],
            hint="a newer whichwheel may understand it",
        )
        self.version = version


class NotInLock(WhichwheelError):
    """Extras or dependency groups that a lock does not have.

    :param path: the file
    :param kind: ``extra`` or ``group``
    :param names: those that were asked for in vain
    :param known: those that there are
    """

    def __init__(self, path: Path, kind: str, names: Sequence[str], known: Sequence[str]) -> None:
        listed = ", ".join(f"`{shown(name)}`" for name in names)
        has = ", ".join(f"`{shown(name)}`" for name in known)
        super().__init__(
            f"the lock `{path}` has no {kind} {listed}",
            hint=f"it has {has}" if has else f"it was made without any {kind}s",
        )
        self.path = path
        self.kind = kind
        self.names = tuple(names)


class LockDoesNotServe(WhichwheelError):
    """A lock has not what one target needs.

    :param path: the file
    :param target: the target's name
    :param why: what is missing
    """

    def __init__(self, path: Path, target: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(
            f"the lock `{path.name}` does not serve {target}: {why}",
            hint=hint or "lock for it too: `whichwheel lock --for ...` names every machine",
        )
        self.path = path
        self.target = target
        self.why = why


class CannotLock(WhichwheelError):
    """No lock can be made that serves every target.

    :param failures: by target, in their order, why not
    """

    def __init__(self, failures: Sequence[tuple[str, WhichwheelError]]) -> None:
        by_message: dict[str, list[str]] = {}
        for target, error in failures:
            # What has the target's name in it differs; what has not is told once.
            by_message.setdefault(error.message, []).append(target)
        told = [f"for {', '.join(names)}: {message}" for message, names in by_message.items()]
        hints = dict.fromkeys(error.hint for _, error in failures if error.hint is not None)
        super().__init__("\n".join(["no lock can be made", *told]), hint=next(iter(hints), None))
        self.failures = tuple(failures)


class LockedFileGone(WhichwheelError):
    """A file that a lock names is not where the lock says.

    :param filename: the file
    :param why: what the source said
    """

    def __init__(self, filename: str, name: NormalizedName, why: str) -> None:
        super().__init__(
            f"`{filename}`, which the lock names, cannot be had: {why}",
            hint=f"if it is gone for good, `whichwheel lock --upgrade-package {name}` "
            "takes what there is now",
        )
        self.filename = filename
        self.why = why


class SizeMismatch(WhichwheelError):
    """A file has not the size that the lock says.

    :param filename: the file
    :param expected: in bytes
    :param found: in bytes
    """

    def __init__(self, filename: str, expected: int, found: int) -> None:
        super().__init__(
            f"`{filename}` has {found} bytes, and the lock says {expected}",
            hint="the file or the lock was changed; do not install it",
        )
        self.filename = filename
        self.expected = expected
        self.found = found

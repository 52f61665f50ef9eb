"""The file in which the user's trust is kept, in the user's own configuration.

Nothing else grants trust: no project folder, no index and no environment variable.
"""

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from whichwheel.plugins.errors import InvalidTrust, TrustNotKept
from whichwheel.plugins.trust import Trust, TrustedExecutable, TrustedPackage
from whichwheel.plugins.trust_document import read_trust, trust_document
from whichwheel.spec.metadata import MetadataFault
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json
from whichwheel.spec.walking import Walk
from whichwheel.target.regular_file import open_regular_file

__all__ = ["TrustFile"]

_LARGEST = 1024 * 1024
_ONLY_OWNER = 0o600
_ROOT = 0
_WAIT_FOR_OTHERS = 10.0


class TrustFile:
    """The file that holds what is trusted; nobody but its owner may write it.

    :param path: need not exist; a missing file trusts nothing
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Trust:
        """Return what is trusted.

        :raises InvalidTrust: naming all faults
        """
        try:
            with open_regular_file(self.path) as file:
                _check_owner(os.fstat(file.fileno()), self.path)
                data = file.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            return Trust()
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise InvalidTrust(self.path, [MetadataFault("$", why)]) from None
        try:
            document = parse_strict_json(data, maximum_size=_LARGEST)
        except InvalidJson as error:
            raise InvalidTrust(self.path, [MetadataFault(error.path, error.why)]) from None
        walk = Walk()
        trust = read_trust(walk, document)
        if walk.faults:
            raise InvalidTrust(self.path, walk.faults)
        return trust

    def change(self, change: Callable[[Trust], Trust]) -> Trust:
        """Put something else in place of what is trusted, whole or not at all.

        :param change: makes the new trust of the present one
        :return: the new trust
        :raises InvalidTrust: if the present file is not usable
        :raises TrustNotKept: if it cannot be written
        """
        with self._locked():
            trust = change(self.read())
            self._write(trust)
        return trust

    def add_package(self, package: TrustedPackage) -> None:
        """Trust a package; what was pinned of it before is replaced."""
        self.change(
            lambda trust: replace(trust, packages={**trust.packages, package.name: package})
        )

    def add_executable(self, executable: TrustedExecutable) -> None:
        """Trust an executable; what was kept of its path before is replaced."""
        self.change(
            lambda trust: replace(
                trust, executables={**trust.executables, executable.path: executable}
            )
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout  # noqa: PLC0415 -- start-up time

        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_WAIT_FOR_OTHERS)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise TrustNotKept(self.path, "another run holds it") from None
        except OSError as error:
            raise TrustNotKept(self.path, error.strerror or str(error)) from None
        try:
            yield
        finally:
            lock.release()

    def _write(self, trust: Trust) -> None:
        from tempfile import mkstemp  # noqa: PLC0415 -- start-up time

        temporary: Path | None = None
        try:
            # Made with mode 0600.
            handle, name = mkstemp(prefix=".trust-", dir=self.path.parent)
            temporary = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(trust_document(trust), file, indent=2)
                file.write("\n")
            temporary.chmod(_ONLY_OWNER)
            temporary.replace(self.path)
        except OSError as error:
            raise TrustNotKept(self.path, error.strerror or str(error)) from None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _check_owner(status: os.stat_result, path: Path) -> None:
    if sys.platform == "win32":
        return  # it lies in the user's own folder
    why = None
    if status.st_uid not in {os.geteuid(), _ROOT}:
        why = f"it belongs to another user (number {status.st_uid}), expected you"
    elif status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        why = f"others than its owner can write it (`chmod 600 {path}`)"
    if why is not None:
        raise InvalidTrust(path, [MetadataFault("$", why)])

"""User and password from the ``keyring`` command of the user, where they ask for it."""

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path

__all__ = ["KeyringCommand"]

#: Longest time for the command, in seconds: it may wait for the user to unlock a key ring.
_PATIENCE = 60.0
_LONGEST_ANSWER = 64 * 1024


class KeyringCommand:
    """The ``keyring`` command on the ``PATH``; its answers are never logged.

    :param time_limit: for one call, in seconds
    """

    def __init__(self, time_limit: float = _PATIENCE) -> None:
        self._time_limit = time_limit
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[str, str] | None] = {}
        self._why: dict[str, str] = {}

    def ask(self, origin: str, services: Iterable[str], user: str | None) -> tuple[str, str] | None:
        """Return user and password, asked for once for each origin.

        :param origin: as ``https://index.example:443``
        :param services: what the password may be kept under, likeliest first
        :param user: if it is known
        """
        with self._lock:
            if origin not in self._answers:
                self._answers[origin] = self._find(origin, services, user)
            return self._answers[origin]

    def why_not(self, origin: str) -> str | None:
        """Return why an origin that was asked for has no password, as a clause."""
        return self._why.get(origin)

    def _find(
        self, origin: str, services: Iterable[str], user: str | None
    ) -> tuple[str, str] | None:
        program = _program()
        if program is None:
            self._why[origin] = "there is no `keyring` command on the `PATH`"
            return None
        if user is not None and user.startswith("-"):
            self._why[origin] = "`keyring` takes no user whose name starts with `-`"
            return None
        for service in services:
            if service.startswith("-"):
                continue  # a host that the command would take for an option
            if user is not None:
                answer = self._run(origin, [program, "get", service, user])
                if answer:
                    return user, answer
            else:
                answer = self._run(
                    origin, [program, "--mode=creds", "--output=json", "get", service]
                )
                found = _read_credentials(answer or "")
                if found is not None:
                    return found
        self._why.setdefault(origin, "`keyring` has no password for it")
        return None

    def _run(self, origin: str, command: list[str]) -> str | None:
        import subprocess  # noqa: PLC0415 -- few people have one

        try:
            done = subprocess.run(  # noqa: S603 -- the user's own, and they asked for it
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                timeout=self._time_limit,
            )
        except subprocess.TimeoutExpired:
            self._why[origin] = f"`keyring` did not answer within {self._time_limit:g} s"
            return None
        except OSError as error:
            self._why[origin] = f"`keyring` cannot be run: {error.strerror or error}"
            return None
        if done.returncode or len(done.stdout) > _LONGEST_ANSWER:
            return None
        # No password holds a line end; what the command adds is one.
        return done.stdout.decode("utf-8", "replace").rstrip("\r\n") or None


def _program() -> str | None:
    from shutil import which  # noqa: PLC0415 -- few people have one

    found = which("keyring")
    # Windows looks into the current folder as well, which is anybody's.
    if found is None or (os.name == "nt" and not Path(found).is_absolute()):
        return None
    return found


def _read_credentials(text: str) -> tuple[str, str] | None:
    try:
        found = json.loads(text)
        user, password = found["username"], found["password"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (user, password) if isinstance(user, str) and isinstance(password, str) else None

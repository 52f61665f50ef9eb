"""Where a private proxy listens: at random, but at the same place again for the same choice.

pip and uv know their caches, and uv its lock files, by the URL of the index. So the same wishes
on the same machine have to meet the same URL again, and others never.
"""

import json
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from whichwheel.serve.proxy.listening import CannotListen, listening_socket
from whichwheel.target.regular_file import open_regular_file

__all__ = ["HOST", "USER", "Address", "AddressBook"]

HOST = "127.0.0.1"
#: The user name beside the token, as Basic authentication wants one.
USER = "whichwheel"

#: Below the ports that systems hand out to connections, and above those of known services.
_FIRST_PORT = 20_000
_LAST_PORT = 32_767

_FORMAT = 1
_TOKEN_LENGTH = 32
_LARGEST = 1024 * 1024
#: How many choices are remembered; what was not used for the longest time is forgotten.
_MOST = 512
#: Seconds after which it is noted again that an address is used: to write costs time.
_NOTED_EVERY = 24 * 3600.0
#: Seconds that another run may take to write; after that the address is one for this run alone.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """A port of loopback, and the secret without which nobody is answered there.

    :param for_once: whether no later run will be there
    """

    port: int
    token: str
    for_once: bool = False

    @property
    def url(self) -> str:
        """The URL of the index, with the credentials that a tool sends as its own.

        As user and password they are no part of what tools write into lock files and logs.
        """
        return f"http://{USER}:{self.token}@{HOST}:{self.port}/simple/"

    def masked(self, text: str) -> str:
        """Return a text without the token."""
        return text.replace(self.token, "****")


@dataclass(frozen=True, slots=True)
class _Entry:
    address: Address
    used: float


class AddressBook:
    """The addresses of earlier runs, in a file that only the user can read.

    :param folder: the folder of all caches
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "addresses.json"

    def address(self, choice: str) -> Address:
        """Return the address of a choice: the one of earlier runs, or a new one.

        Where nothing can be remembered, it is one for this run alone.

        :param choice: a digest of all that determines what the proxy answers
        """
        now = time.time()
        known = self._read().get(choice)
        if known is not None and 0 <= now - known.used < _NOTED_EVERY:
            return known.address
        from filelock import FileLock, Timeout  # noqa: PLC0415 -- start-up time

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock"), timeout=_PATIENCE):
                # Another run may have written in between.
                entries = self._read()
                known = entries.get(choice)
                address = _new({each.address.port for each in entries.values()})
                if known is not None:
                    address = known.address
                entries[choice] = _Entry(address, now)
                self._write(entries)
        except (OSError, Timeout):
            return known.address if known is not None else replace(_new(set()), for_once=True)
        return address

    def listen(self, choice: str) -> tuple[Address, socket.socket]:
        """Return an address with a socket that listens there from now on.

        Where the address of the choice is in use, as by the same command in another window, it
        is one for this run alone.

        :param choice: as for :meth:`address`
        :raises CannotListen: if nothing can be listened at
        """
        address = self.address(choice)
        try:
            return address, listening_socket(HOST, address.port)
        except CannotListen:
            known = {entry.address.port for entry in self._read().values()}
            address = replace(_new(known), for_once=True)
            return address, listening_socket(HOST, address.port)

    def _read(self) -> dict[str, _Entry]:
        """Return what is remembered by choice; of a damaged file nothing."""
        try:
            with open_regular_file(self._path) as file:
                document = json.loads(file.read(_LARGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(document, dict) or document.get("format") != _FORMAT:
            return {}
        listed = document.get("addresses")
        entries: dict[str, _Entry] = {}
        ports: set[int] = set()
        for choice, fields in listed.items() if isinstance(listed, dict) else ():
            entry = _entry(fields)
            # One address never stands for two choices, whatever a file says.
            if entry is not None and entry.address.port not in ports:
                ports.add(entry.address.port)
                entries[choice] = entry
        return entries

    def _write(self, entries: Mapping[str, _Entry]) -> None:
        latest = sorted(entries.items(), key=lambda item: item[1].used, reverse=True)[:_MOST]
        document = {
            "format": _FORMAT,
            "addresses": {
                choice: {
                    "port": entry.address.port,
                    "token": entry.address.token,
                    "used": int(entry.used),
                }
                for choice, entry in latest
            },
        }
        # Such a file is made readable for its owner alone.
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=self._path.parent, suffix=".tmp", delete=False
        ) as file:
            file.write(json.dumps(document))
        try:
            Path(file.name).replace(self._path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise


def _entry(fields: object) -> _Entry | None:
    match fields:
        case {"port": int(port), "token": str(token), "used": int(used)}:
            fits = _FIRST_PORT <= port <= _LAST_PORT and token.isalnum() and token.isascii()
            if fits and len(token) == _TOKEN_LENGTH:
                return _Entry(Address(port, token), float(used))
        case _:
            pass
    return None


def _new(taken: set[int]) -> Address:
    """Return an address that stands for nothing else, at a port that nobody uses now."""
    token = secrets.token_hex(_TOKEN_LENGTH // 2)
    for _ in range(100):
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT + 1)
        if port not in taken and _is_free(port):
            return Address(port, token)
    # Nearly nothing is free: the system knows what is.
    with listening_socket(HOST, 0) as probe:
        return Address(int(probe.getsockname()[1]), token)


def _is_free(port: int) -> bool:
    """Whether a port of loopback can be listened at just now."""
    try:
        listening_socket(HOST, port).close()
    except CannotListen:
        return False
    return True

"""Who the user is at which server; each is told of its own user only."""

import base64
import threading
from collections.abc import Iterator, Mapping

from whichwheel.sources.addresses import (
    Credentials,
    as_url,
    origin_of,
    split_url,
    take_credentials,
)
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.network.connecting import from_netrc
from whichwheel.sources.network.keyring_command import KeyringCommand

__all__ = ["Identities"]


class Identities:
    """User and password by origin: from URLs, then netrc, then the key ring if it may be asked.

    :param credentials: what URLs gave; what is found elsewhere is noted there too
    """

    def __init__(self, settings: IndexSettings, credentials: Credentials) -> None:
        self._settings = settings
        self._credentials = credentials
        self._without: set[str] = set()
        self._asked: dict[str, str] = {}
        self._lock = threading.Lock()
        asks = settings.keyring_provider == "subprocess"
        self._keyring = KeyringCommand() if asks else None

    def find(self, url: str) -> tuple[str, str] | None:
        """Return user and password for the origin of a URL, without asking the key ring."""
        origin = origin_of(url)
        if origin not in self._credentials and origin not in self._without:
            found = from_netrc(split_url(url).hostname or "")
            if found is not None:
                self._credentials[origin] = found
            else:
                self._without.add(origin)
        return self._credentials.get(origin)

    def headers(self, url: str) -> Mapping[str, str]:
        """Return the header that names the user."""
        found = self.find(url)
        if found is None:
            return {}
        user, password = found
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        return {"Authorization": f"Basic {encoded}"}

    def shown_to(self, url: str) -> str:
        """Return who an answer is for: what is kept for one is not shown to another."""
        found = self.find(url)
        user = self._asked.get(origin_of(url))
        if user is None:
            user = "" if found is None else found[0]
            if self._keyring is None or (found is not None and found[1]):
                return user
        # The same before the key ring was asked and afterwards.
        return f"keyring {user}"

    def ask(self, url: str, sent: Mapping[str, str]) -> bool:
        """Ask the key ring after a refusal, and say whether a repetition may do better.

        :param sent: the headers that were refused
        """
        if self._keyring is None:
            return False
        origin = origin_of(url)
        known = self.find(url)
        if known is not None and known[1] and not self._is_asked(url):
            return False  # a password of the user's own, and a wrong one
        with self._lock:
            named = self._asked.setdefault(origin, "" if known is None else known[0])
        found = self._keyring.ask(origin, self._services(origin, url), named or None)
        if found is not None:
            self._credentials[origin] = found
        # Others may have asked meanwhile: what was sent tells whether there is anything new.
        return found is not None and dict(self.headers(url)) != dict(sent)

    def why_not(self, url: str) -> str | None:
        """Return why the key ring gave no password, as a clause, if it was asked."""
        if self._keyring is None or not self._is_asked(url):
            return None
        host = split_url(url).hostname
        why = self._keyring.why_not(origin_of(url))
        return why or f"what `keyring` has for `{host}` is refused"

    def _is_asked(self, url: str) -> bool:
        return origin_of(url) in self._asked

    def _services(self, origin: str, url: str) -> Iterator[str]:
        """Yield what a password may be kept under: the index as it is named, and the host."""
        for text in (*self._settings.index_urls, *self._settings.find_links):
            clean = take_credentials(as_url(text), Credentials())
            if not clean.startswith("file:") and origin_of(clean) == origin:
                yield clean
        yield split_url(url).netloc.rpartition("@")[2]

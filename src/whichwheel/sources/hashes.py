"""Check bytes against the hashes that a source, or a user, gave."""

import hashlib
from collections.abc import Iterable, Mapping

from whichwheel.sources.errors import HashMismatch
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["ALGORITHMS", "RunningCheck", "check_digests", "parse_fragment", "strongest"]

#: Best first; weaker ones are not trusted and so not checked.
ALGORITHMS = ("sha512", "sha384", "sha256")
_FRAGMENT = lazy_pattern(r"(?:^|&)(sha256|sha384|sha512)=([0-9a-fA-F]+)(?:&|$)")


def strongest(hashes: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the strongest ``(algorithm, digest)`` that can be checked, None without any."""
    for algorithm in ALGORITHMS:
        if algorithm in hashes:
            return algorithm, hashes[algorithm].lower()
    return None


def parse_fragment(fragment: str) -> dict[str, str]:
    """Read the hash in a URL's fragment, as ``sha256=...`` (PEP 503)."""
    return {match[1]: match[2].lower() for match in _FRAGMENT.finditer(fragment)}


class RunningCheck:
    """The check of content that comes in pieces, against the strongest hash given.

    :param where: the file, for messages
    """

    def __init__(self, hashes: Mapping[str, str], where: str) -> None:
        self._where = where
        self._expected = strongest(hashes)
        self._found = None if self._expected is None else hashlib.new(self._expected[0])

    def update(self, chunk: bytes) -> None:
        """Take one more piece into account."""
        if self._found is not None:
            self._found.update(chunk)

    def finish(self) -> None:
        """Compare what came.

        :raises HashMismatch: if it differs
        """
        if self._expected is None or self._found is None:
            return
        algorithm, digest = self._expected
        if self._found.hexdigest() != digest:
            raise HashMismatch(self._where, algorithm, digest, self._found.hexdigest())


def check_digests(chunks: Iterable[bytes], hashes: Mapping[str, str], where: str) -> None:
    """Compare content with the strongest hash given.

    :param chunks: the content, in pieces; not touched without a hash
    :param where: the file, for messages
    :raises HashMismatch: if it differs
    """
    if strongest(hashes) is None:
        return
    check = RunningCheck(hashes, where)
    for chunk in chunks:
        check.update(chunk)
    check.finish()

"""Check bytes against the hashes that a source, or a user, gave."""

import hashlib
import re
from collections.abc import Iterable, Mapping

from whichwheel.sources.errors import HashMismatch

__all__ = ["ALGORITHMS", "check_digests", "parse_fragment", "strongest"]

#: Best first; weaker ones are not trusted and so not checked.
ALGORITHMS = ("sha512", "sha384", "sha256")
_FRAGMENT = re.compile(r"(?:^|&)(sha256|sha384|sha512)=([0-9a-fA-F]+)(?:&|$)")


def strongest(hashes: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the strongest ``(algorithm, digest)`` that can be checked, None without any."""
    for algorithm in ALGORITHMS:
        if algorithm in hashes:
            return algorithm, hashes[algorithm].lower()
    return None


def parse_fragment(fragment: str) -> dict[str, str]:
    """Read the hash in a URL's fragment, as ``sha256=...`` (PEP 503)."""
    return {match[1]: match[2].lower() for match in _FRAGMENT.finditer(fragment)}


def check_digests(chunks: Iterable[bytes], hashes: Mapping[str, str], where: str) -> None:
    """Compare content with the strongest hash given.

    :param chunks: the content, in pieces
    :param where: the file, for messages
    :raises HashMismatch: if it differs
    """
    expected = strongest(hashes)
    if expected is None:
        return
    algorithm, digest = expected
    found = hashlib.new(algorithm)
    for chunk in chunks:
        found.update(chunk)
    if found.hexdigest() != digest:
        raise HashMismatch(where, algorithm, digest, found.hexdigest())

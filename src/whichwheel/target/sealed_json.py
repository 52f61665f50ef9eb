"""JSON that is kept on disk with its digest, so that damage never passes for what was kept."""

import json

__all__ = ["NEW", "sealed", "unsealed"]

#: How the names of files begin that are not finished yet; what is left of them is cleared away.
NEW = ".new-"


def sealed(document: object) -> bytes:
    """Return a document after its digest."""
    content = json.dumps(document).encode()
    return _digest(content) + b"\n" + content


def unsealed(data: bytes) -> object:
    """Return the document again.

    :raises ValueError: if it is not as it was
    """
    digest, _, content = data.partition(b"\n")
    if digest != _digest(content):
        message = "the digest is that of something else"
        raise ValueError(message)
    document: object = json.loads(content)
    return document


def _digest(content: bytes) -> bytes:
    from hashlib import sha256  # noqa: PLC0415 -- start-up speed

    return sha256(content).hexdigest().encode()

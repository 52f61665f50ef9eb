"""Files that appear whole or not at all."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from whichwheel.publish.errors import PublishError

__all__ = ["write_atomically"]


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` that takes its place when the block ends well.

    :param path: the file to write; its folder is made if need be
    :raises PublishError: if it cannot be written
    """
    # The name does not grow with that of the file, which may be as long as the system allows.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise PublishError(
            f"cannot write `{path}`: {error.strerror or error}",
            hint="check that the folder can be written to and has room",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)

"""Files of recorded machines, unpacked into a temporary folder."""

import re
from pathlib import Path

__all__ = ["unpack_tree"]

_HEADING = re.compile(r"^== (\S+)$", re.MULTILINE)


def unpack_tree(recording: Path, root: Path, *, devices: tuple[str, ...] = ()) -> Path:
    """Write the files that a recording holds, each after a line ``== PATH``, and return the root.

    :param devices: empty files to make besides, for device nodes
    """
    _, *parts = _HEADING.split(recording.read_text())
    for path, text in zip(parts[::2], parts[1::2], strict=True):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text.removeprefix("\n"))
    for device in devices:
        (root / device).parent.mkdir(parents=True, exist_ok=True)
        (root / device).touch()
    return root

"""One file or folder moved, to another file system too."""

import errno
import shutil
from pathlib import Path

__all__ = ["move", "part_of"]

#: The name of a file that is being copied to another file system.
_PART = ".whichwheel-part"


def move(source: Path, target: Path) -> None:
    """Move a file or folder; a file may go to another file system, where it appears whole.

    :raises OSError: if it cannot be moved, a folder also because it would have to be copied
    """
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV or (source.is_dir() and not source.is_symlink()):
            raise
        part = part_of(target)
        try:
            shutil.copy2(source, part, follow_symlinks=False)
            part.rename(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        source.unlink()


def part_of(path: Path) -> Path:
    """Return where a file lies while it is being copied to ``path``."""
    # The name does not grow with that of the file, which may be as long as the system allows.
    return path.with_name(_PART)

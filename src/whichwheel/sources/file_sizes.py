"""How large a file is, where its source does not say."""

from whichwheel.sources.addresses import file_path
from whichwheel.sources.errors import SourceError
from whichwheel.sources.ports import PassingSources
from whichwheel.sources.release import File

__all__ = ["file_size"]

_PARTIAL = 206


def file_size(file: File, sources: PassingSources) -> int | None:
    """Return the size of a file in bytes, None if it cannot be found out without fetching it.

    :param sources: where it is from
    """
    if file.size is not None:
        return file.size
    path = file_path(file.url)
    try:
        if path is not None:
            return path.stat().st_size
        with sources.open(file, {"Range": "bytes=0-0"}) as body:
            if body.status == _PARTIAL:
                told = body.headers.get("content-range", "").rpartition("/")[2]
            else:
                told = body.headers.get("content-length", "")
            return int(told) if told.isdecimal() else None
    except (OSError, SourceError):
        return None

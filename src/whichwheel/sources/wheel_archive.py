"""A wheel on disk, read with distrust."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from zipfile import ZipInfo

from whichwheel.spec.wheel_name import WheelName

__all__ = ["WheelArchive"]


class WheelArchive:
    """An open wheel whose every member name was checked.

    :param path: the wheel
    :raises BrokenWheel: if it is no zip file, a member's path is absolute, escapes the archive
        or occurs twice, the archive is bomb-like, or it has not exactly the ``*.dist-info`` of
        its file name
    """

    path: Path
    name: WheelName
    dist_info: str
    members: tuple[ZipInfo, ...]

    def __init__(self, path: Path) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def read(self, member: str) -> bytes:
        """Return one member whole.

        :raises KeyError: if there is no such member
        :raises BrokenWheel: if it is damaged or larger than the limit
        """
        ...

    @property
    def metadata(self) -> bytes:
        """The core metadata file."""
        ...

    @property
    def variant_json(self) -> bytes | None:
        """The variant metadata file, if there is one."""
        ...

    def record(self) -> Mapping[str, tuple[str, int | None]]:
        """``(algorithm=digest, size)`` by path, as ``RECORD`` says."""
        ...

    def verify(self) -> None:
        """Check that every member stands in ``RECORD`` with its true hash, and the reverse.

        :raises BrokenWheel: at the first that does not
        """
        ...

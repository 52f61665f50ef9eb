"""What can go wrong between a publisher's project and the files that are published."""

from collections.abc import Sequence
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import MetadataFault

__all__ = [
    "CannotRelabel",
    "ForeignFile",
    "InvalidVariantTable",
    "OutputExists",
    "PublishError",
]

_SHOWN_FAULTS = 8


class PublishError(WhichwheelError):
    """Something that is to be published cannot be made."""


class OutputExists(PublishError):
    """The file to write is there already, or is the very file that is read.

    :param path: the file
    """

    def __init__(self, path: Path, *, is_input: bool = False) -> None:
        if is_input:
            super().__init__(
                f"`{path}` would be written over itself",
                hint="give another folder to write to",
            )
        else:
            hint = "remove it, or replace it with `--force`"
            super().__init__(f"`{path}` exists already", hint=hint)
        self.path = path


class CannotRelabel(PublishError, ValueError):
    """A wheel cannot get the label, or the properties, that were asked for.

    :param filename: the wheel
    :param why: the reason
    """

    def __init__(self, filename: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(f"cannot relabel `{filename}`: {why}", hint=hint)
        self.filename = filename
        self.why = why


class InvalidVariantTable(PublishError, ValueError):
    """The variant tables of a ``pyproject.toml`` cannot be used; holds every fault.

    :param path: the file
    :param faults: each with the key it concerns, as ``variant.variants.x86_64_v3``
    """

    def __init__(self, path: Path, faults: Sequence[MetadataFault]) -> None:
        listed = "; ".join(str(fault) for fault in faults[:_SHOWN_FAULTS])
        rest = len(faults) - _SHOWN_FAULTS
        more = f"; and {rest} more" if rest > 0 else ""
        super().__init__(f"the variant tables in `{path}` are not usable: {listed}{more}")
        self.path = path
        self.faults = tuple(faults)


class ForeignFile(PublishError):
    """Files stand where an index is to be written, and were not written by us as they are.

    :param paths: the files
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        listed = ", ".join(f"`{path}`" for path in paths)
        super().__init__(
            f"{listed} stand where the index is to be written, and whichwheel did not write them",
            hint="move or remove them, or write the index to another folder",
        )
        self.paths = tuple(paths)

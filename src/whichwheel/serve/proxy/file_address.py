"""The addresses of files: each says all that it takes to find the file, after a restart too."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from whichwheel.serve.proxy.offering import Offer
from whichwheel.sources.listing import is_plain_name
from whichwheel.spec.properties import InvalidLabel, VariantLabel, parse_label
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["METADATA_SUFFIX", "FileAddress"]

#: What the address of a wheel's metadata has more (PEP 658).
METADATA_SUFFIX = ".metadata"

_NO_LABEL = "-"
_PARTS = 5


@dataclass(frozen=True, slots=True)
class FileAddress:
    """Which file of which release is offered under which name.

    :param label: that of the wheel; None for a plain wheel and for a source distribution
    :param source_name: the name of the file at its source
    :param filename: the name it is offered under
    """

    project: NormalizedName
    version: Version
    label: VariantLabel | None
    source_name: str
    filename: str

    @classmethod
    def of(cls, project: NormalizedName, version: Version, offer: Offer) -> Self:
        """Return the address of a file of a release."""
        label = None if offer.wheel is None else offer.wheel.name.label
        return cls(project, version, label, offer.file.filename, offer.filename)

    @classmethod
    def parse(cls, path: str) -> Self | None:
        """Read the part of a path after ``files/``, None if it is no such address.

        :param path: unquoted; whatever a client may send
        """
        parts = path.split("/")
        if len(parts) != _PARTS or not all(map(is_plain_name, parts)):
            return None
        project, version, label, source_name, filename = parts
        try:
            read = cls(
                canonicalize_name(project, validate=True),
                Version(version),
                None if label == _NO_LABEL else parse_label(label),
                source_name,
                filename,
            )
        except (ValueError, InvalidVersion, InvalidLabel):
            return None
        return read if project == read.project and read._is_honest() else None

    @property
    def path(self) -> str:
        """The part after ``files/``, quoted."""
        parts = (self.project, str(self.version), self.label or _NO_LABEL)
        return "/".join(quote(part, safe="") for part in (*parts, self.source_name, self.filename))

    def _is_honest(self) -> bool:
        """Whether the name offered is that of the same wheel without its label."""
        if self.filename == self.source_name:
            return True
        try:
            name = WheelName.parse(self.filename)
        except InvalidWheelName:
            return False
        return name.label is None and (name.name, name.version) == (self.project, self.version)

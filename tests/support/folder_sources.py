"""A folder of wheels as the only source, which remembers what it was asked to read."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import NormalizedName

from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.release import File, Project, Release, SourceWarning, VariantData, Wheel
from whichwheel.spec.combining import combine
from whichwheel.spec.metadata import InvalidMetadata
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.wheel_name import WheelName

__all__ = ["FolderSources"]


@dataclass
class FolderSources:
    """Implements the port of the floors above for one folder.

    :param yanked: the reason by file name
    :param requires_python: what the source tells beside the file, by project
    :param tells_digests: whether it tells the digests of the core metadata
    """

    folder: Path
    yanked: Mapping[str, str] = field(default_factory=dict)
    requires_python: Mapping[str, str] = field(default_factory=dict)
    tells_digests: bool = False
    asked: list[str] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return ("the folder",)

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        del names, then

    def project(self, name: NormalizedName) -> Project | None:
        self.asked.append(name)
        found = [WheelName.parse(path.name) for path in sorted(self.folder.glob("*.whl"))]
        wheels = [self._wheel(parsed) for parsed in found if parsed.name == name]
        if not wheels:
            return None
        versions = sorted({wheel.name.version for wheel in wheels}, reverse=True)
        return Project(
            name,
            "the folder",
            {
                version: Release(
                    name,
                    version,
                    "the folder",
                    tuple(wheel for wheel in wheels if wheel.name.version == version),
                )
                for version in versions
            },
        )

    def single(self, address: str) -> Release:
        path = Path(unquote(urlsplit(address).path))
        name = WheelName.parse(path.name)
        wheel = Wheel(File(name.filename, path.as_uri()), name)
        return Release(name.name, name.version, path.as_uri(), (wheel,))

    def _wheel(self, name: WheelName) -> Wheel:
        path = self.folder / name.filename
        digests = None
        if self.tells_digests:
            digests = {"sha256": hashlib.sha256(_member(path, "METADATA") or b"").hexdigest()}
        file = File(
            name.filename,
            path.as_uri(),
            requires_python=self.requires_python.get(name.filename),
            yanked=self.yanked.get(name.filename),
            metadata_hashes=digests,
        )
        return Wheel(file, name)

    def variants(self, release: Release) -> VariantData:
        self.judged.append(f"{release.name} {release.version}")
        parts, warnings = [], []
        for wheel in release.wheels:
            if wheel.name.label in (None, "null"):
                continue
            data = _member(self.folder / wheel.file.filename, "variant.json")
            try:
                parts.append(read_metadata(data or b"", where=wheel.file.filename))
            except InvalidMetadata as error:
                warnings.append(SourceWarning("metadata-malformed", error.message))
        if warnings or not parts:
            unusable = "malformed" if warnings else None
            return VariantData(None, "wheels", tuple(warnings), unusable)
        return VariantData(combine(parts, where=release.source), "wheels")

    def metadata(self, wheel: Wheel) -> bytes:
        self.read.append(wheel.file.filename)
        data = _member(Path(unquote(urlsplit(wheel.file.url).path)), "METADATA")
        if data is None:
            raise BrokenWheel(wheel.file.filename, "it has no metadata")
        return data

    def own_variants(self, wheel: Wheel) -> bytes | None:
        return _member(self.folder / wheel.file.filename, "variant.json")

    def fetch(self, file: File) -> Path:
        return self.folder / file.filename


def _member(path: Path, name: str) -> bytes | None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith(f".dist-info/{name}"):
                return archive.read(member)
    return None

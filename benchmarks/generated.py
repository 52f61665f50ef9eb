"""Packages that exist only in memory, for work that is about choosing alone."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.release import File, LazyReleases, Project, Release, VariantData, Wheel
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.described.target_file import read_target_file
from whichwheel.target.target import Target

__all__ = ["Build", "GeneratedSources", "generated_target"]

_PLACE = "https://index.example/"


def generated_target(features: Mapping[str, Sequence[str]]) -> Target:
    """Return a target that has the values of some features of the namespace ``bench``."""
    lines = [f"{name} = [{', '.join(map(repr, values))}]" for name, values in features.items()]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bench.toml"
        path.write_text(
            'python = "3.12"\nplatform = "manylinux_2_28_x86_64"\n[properties.bench]\n'
            + "\n".join(lines)
        )
        return read_target_file(path)


@dataclass(frozen=True)
class Build:
    """One wheel.

    :param label: None for a plain wheel
    """

    name: str
    version: str
    label: str | None = None
    properties: VariantProperties = field(default_factory=dict)
    requires: Sequence[str] = ()

    @property
    def filename(self) -> str:
        """The name of its file."""
        label = "" if self.label is None else f"-{self.label}"
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any{label}.whl"

    @cached_property
    def metadata(self) -> bytes:
        """Its core metadata."""
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Requires-Dist: {line}" for line in self.requires]
        return ("\n".join(lines) + "\n").encode()

    @cached_property
    def variant_json(self) -> bytes:
        """What it says of itself, if it has a label."""
        metadata: Mapping[str, object] = {
            "$schema": "https://variants-schema.wheelnext.dev/peps/825/v0.1.1.json",
            "default-priorities": {
                "namespace": [name for name in self.properties if name != "abi_dependency"]
            },
            "variants": {
                str(self.label): {
                    namespace: {feature: list(values) for feature, values in features.items()}
                    for namespace, features in self.properties.items()
                }
            },
        }
        return json.dumps(metadata).encode()


class GeneratedSources:
    """Implements the port of the floors above for builds in memory."""

    def __init__(self, builds: Iterable[Build]) -> None:
        self._builds: dict[str, Build] = {}
        projects: dict[NormalizedName, dict[Version, list[Build]]] = {}
        for build in builds:
            self._builds[build.filename] = build
            versions = projects.setdefault(canonicalize_name(build.name), {})
            versions.setdefault(Version(build.version), []).append(build)
        self._projects = {
            name: Project(name, "memory", _Releases(name, versions))
            for name, versions in projects.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called."""
        return ("memory",)

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        """Do nothing: all is there."""
        del names, then

    def project(self, name: NormalizedName) -> Project | None:
        """Return a project."""
        return self._projects.get(name)

    def single(self, address: str) -> Release:
        """Return the release of one wheel."""
        raise BrokenWheel(address, "nothing is fetched here")

    def variants(self, release: Release) -> VariantData:
        """Return what the labels of a release stand for."""
        variants: dict[str, VariantProperties] = {}
        namespaces: dict[str, None] = {}
        for wheel in release.wheels:
            build = self._builds[wheel.file.filename]
            if build.label is not None:
                variants[build.label] = build.properties
                namespaces.update(dict.fromkeys(build.properties))
        namespaces.pop("abi_dependency", None)
        return VariantData(VariantMetadata(tuple(namespaces), variants), "index")

    def metadata(self, wheel: Wheel) -> bytes:
        """Return the core metadata of a wheel."""
        return self._builds[wheel.file.filename].metadata

    def own_variants(self, wheel: Wheel) -> bytes | None:
        """Return what a wheel says of itself."""
        build = self._builds[wheel.file.filename]
        return None if build.label is None else build.variant_json

    def fetch(self, file: File) -> Path:
        """Refuse: there are no files."""
        raise BrokenWheel(file.filename, "nothing is fetched here")


class _Releases(LazyReleases):
    """Made when asked for, as those of an index."""

    def __init__(self, name: NormalizedName, builds: Mapping[Version, Sequence[Build]]) -> None:
        super().__init__(sorted(builds, reverse=True))
        self._name = name
        self._builds = builds

    def _make(self, version: Version) -> Release:
        return Release(self._name, version, "memory", tuple(map(_wheel, self._builds[version])))


def _wheel(build: Build) -> Wheel:
    digest = hashlib.sha256(build.metadata).hexdigest()
    file = File(build.filename, _PLACE + build.filename, metadata_hashes={"sha256": digest})
    return Wheel(file, WheelName.parse(build.filename))

"""A folder of wheels and a machine, to resolve against in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from support.folder_sources import FolderSources
from support.targets import written_target
from support.wheels import WheelSpec, build_wheel
from whichwheel.choose.choice import Choice
from whichwheel.resolve.explaining import explain_choice
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.target.target import Target

__all__ = ["Box", "found", "installed_package", "level"]


def level(value: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The properties of a variant for one x86-64 level."""
    return {"x86_64": {"level": [value]}}


def installed_package(
    name: str,
    version: str,
    *requires: str,
    label: str | None = None,
    properties: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> InstalledPackage:
    return InstalledPackage(
        canonicalize_name(name),
        Version(version),
        requires,
        label,
        {
            namespace: {feature: tuple(values) for feature, values in features.items()}
            for namespace, features in (properties or {}).items()
        },
    )


def found(resolution: Resolution) -> dict[str, str]:
    """What is to be installed: version, and label where there is one."""
    return {
        pin.name: " ".join(filter(None, (str(pin.version), pin.wheel.name.label)))
        for pin in resolution.pins
    }


@dataclass
class Box:
    """Supports the levels v3 and v2."""

    sources: FolderSources
    target: Target = field(
        default_factory=lambda: written_target({"x86_64": {"level": ["v3", "v2"]}})
    )

    @classmethod
    def of(cls, folder: Path, *wheels: WheelSpec, tells_digests: bool = False) -> "Box":
        for spec in wheels:
            build_wheel(folder, spec)
        folder.mkdir(exist_ok=True)
        return cls(FolderSources(folder, tells_digests=tells_digests))

    def resolve(
        self,
        *texts: str,
        installed: Sequence[InstalledPackage] = (),
        options: ResolveOptions | None = None,
    ) -> Resolution:
        return resolve(
            [parse_requested(text) for text in texts],
            target=self.target,
            sources=self.sources,
            options=options or ResolveOptions(),
            installed={package.name: package for package in installed},
        )

    def explain(self, text: str, options: ResolveOptions | None = None) -> Choice:
        return explain_choice(
            parse_requested(text),
            target=self.target,
            sources=self.sources,
            options=options or ResolveOptions(),
        )

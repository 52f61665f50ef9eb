"""Real wheels, built in a temporary folder in a millisecond."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["WheelSpec", "build_wheel", "variant_json"]

Properties = Mapping[str, Mapping[str, Sequence[str]]]

SCHEMA = "https://variants-schema.example/peps/825/v{version}.json"


def variant_json(
    variants: Mapping[str, Properties],
    *,
    namespaces: Sequence[str],
    providers: Mapping[str, Mapping[str, object]] | None = None,
) -> dict[str, object]:
    """Variant metadata of format 0.1.1, or 0.2.0 where there are providers."""
    data: dict[str, object] = {
        "$schema": SCHEMA.format(version="0.1.1" if providers is None else "0.2.0"),
        "default-priorities": {"namespace": list(namespaces)},
        "variants": {
            label: {
                namespace: {feature: sorted(values) for feature, values in features.items()}
                for namespace, features in properties.items()
            }
            for label, properties in variants.items()
        },
    }
    if providers is not None:
        data["providers"] = dict(providers)
    return data


@dataclass(frozen=True)
class WheelSpec:
    """What a test wants in a wheel.

    A spec with a label and without ``metadata`` gets a ``variant.json`` of its own properties.
    """

    name: str
    version: str = "1.0"
    label: str | None = None
    properties: Properties = field(default_factory=dict)
    namespaces: Sequence[str] | None = None
    providers: Mapping[str, Mapping[str, object]] | None = None
    metadata: Mapping[str, object] | None = None
    build: str = ""
    tag: str = "py3-none-any"
    requires: Sequence[str] = ()
    requires_python: str | None = None
    extras: Sequence[str] = ()
    files: Mapping[str, bytes | str] = field(default_factory=dict)
    entry_points: str = ""
    more_metadata: str = ""

    @property
    def module(self) -> str:
        """The import name, which is also the first part of the file name."""
        return self.name.lower().replace("-", "_").replace(".", "_")

    @property
    def filename(self) -> str:
        """The wheel's file name."""
        parts = [self.module, self.version, self.build, self.tag, self.label or ""]
        return "-".join(part for part in parts if part) + ".whl"


def build_wheel(folder: Path, spec: WheelSpec) -> Path:
    """Write the wheel that ``spec`` describes into ``folder`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    dist_info = f"{spec.module}-{spec.version}.dist-info"
    metadata = [f"Metadata-Version: 2.3\nName: {spec.name}\nVersion: {spec.version}\n"]
    if spec.requires_python is not None:
        metadata.append(f"Requires-Python: {spec.requires_python}\n")
    metadata.extend(f"Provides-Extra: {extra}\n" for extra in spec.extras)
    metadata.extend(f"Requires-Dist: {requirement}\n" for requirement in spec.requires)
    tags = "".join(f"Tag: {tag}\n" for tag in _expand(spec.tag))
    purelib = "true" if spec.tag.endswith("-any") else "false"
    contents: dict[str, bytes | str] = {
        f"{spec.module}/__init__.py": f"version = {spec.version!r}\nlabel = {spec.label!r}\n",
        **spec.files,
        f"{dist_info}/METADATA": "".join(metadata) + spec.more_metadata,
        f"{dist_info}/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: {purelib}\n{tags}"
        ),
    }
    if spec.entry_points:
        contents[f"{dist_info}/entry_points.txt"] = spec.entry_points
    if spec.metadata is not None:
        contents[f"{dist_info}/variant.json"] = json.dumps(spec.metadata)
    elif spec.label is not None:
        contents[f"{dist_info}/variant.json"] = json.dumps(
            variant_json(
                {spec.label: spec.properties},
                namespaces=spec.namespaces or sorted(spec.properties) or ["x86_64"],
                providers=spec.providers,
            )
        )
    record = []
    path = folder / spec.filename
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            quoted = '"' + name.replace('"', '""') + '"' if set(name) & {",", '"'} else name
            record.append(f"{quoted},sha256={digest},{len(data)}\n")
            archive.writestr(_undated(name), data)
        record.append(f"{dist_info}/RECORD,,\n")
        archive.writestr(_undated(f"{dist_info}/RECORD"), "".join(record))
    return path


def _undated(name: str) -> zipfile.ZipInfo:
    """A header without date, so that equal specs give equal bytes."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _expand(tag: str) -> list[str]:
    python, abi, platform = tag.split("-")
    return [
        f"{p}-{a}-{o}"
        for p in python.split(".")
        for a in abi.split(".")
        for o in platform.split(".")
    ]

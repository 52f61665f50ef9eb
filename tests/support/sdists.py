"""Real source distributions with a build backend of their own, which needs nothing installed."""

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["SdistSpec", "build_sdist"]

_BACKEND = """
import base64, hashlib, os, pathlib, sys, zipfile

NAME, VERSION, METADATA = {name!r}, {version!r}, {metadata!r}
DIST_INFO = f"{{NAME}}-{{VERSION}}.dist-info"
LOG = os.environ.get("BUILD_LOG")

def _log(what):
    if LOG:
        with open(LOG, "a") as log:
            log.write(f"{{what}} {{NAME}} {{VERSION}}\\n")

def get_requires_for_build_wheel(config_settings=None):
    return {more_requires!r}

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    _log("metadata")
    folder = pathlib.Path(metadata_directory, DIST_INFO)
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    return DIST_INFO

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _log("wheel")
    {code}
    files = {{
        f"{{NAME}}.py": f"BUILT_BY = {{sys.version_info[:2]}}\\n",
        f"{{DIST_INFO}}/METADATA": METADATA,
        f"{{DIST_INFO}}/WHEEL":
            "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    filename, record = f"{made}-py3-none-any.whl", ""
    with zipfile.ZipFile(pathlib.Path(wheel_directory, filename), "w") as archive:
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{{name}},sha256={{digest.rstrip(b'=').decode()}},{{len(text)}}\\n"
            archive.writestr(name, text)
        record += f"{{DIST_INFO}}/RECORD,,\\n"
        archive.writestr(f"{{DIST_INFO}}/RECORD", record)
    return filename
"""


@dataclass(frozen=True)
class SdistSpec:
    """One source distribution.

    :param requires: of the wheel that it makes
    :param build_requires: what its build needs installed
    :param more_requires: what its backend asks for when it is asked
    :param pkg_info: the version of its ``PKG-INFO``; 2.2 and later tell what is static
    :param dynamic: fields that ``PKG-INFO`` says may differ
    :param has_hook: whether the backend tells metadata without building
    :param code: run by the backend while it builds
    :param made: name and version of the wheel that it makes, if not its own
    :param files: more files in its folder
    """

    name: str
    version: str = "1.0"
    requires: Sequence[str] = ()
    build_requires: Sequence[str] = ()
    more_requires: Sequence[str] = ()
    pkg_info: str = "2.1"
    dynamic: Sequence[str] = ()
    has_hook: bool = True
    code: str = "pass"
    made: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


def build_sdist(folder: Path, spec: SdistSpec, *, suffix: str = ".tar.gz") -> Path:
    """Write a source distribution and return its path."""
    stem = f"{spec.name}-{spec.version}"
    fields = ["Metadata-Version: 2.1", f"Name: {spec.name}", f"Version: {spec.version}"]
    required = [f"Requires-Dist: {text}" for text in spec.requires]
    metadata = "\n".join([*fields, *required]) + "\n"
    said = [f"Metadata-Version: {spec.pkg_info}", *fields[1:], *required]
    said += [f"Dynamic: {name}" for name in spec.dynamic]
    backend = _BACKEND.format(
        name=spec.name,
        version=spec.version,
        metadata=metadata,
        more_requires=list(spec.more_requires),
        code=spec.code,
        made=spec.made or stem,
    )
    if not spec.has_hook:
        backend = backend.replace("def prepare_metadata_for", "def _unused")
    files = {
        "PKG-INFO": "\n".join(said) + "\n",
        "backend.py": backend,
        "pyproject.toml": (
            f"[build-system]\nrequires = {list(spec.build_requires)!r}\n"
            'build-backend = "backend"\nbackend-path = ["."]\n'
        ),
        **spec.files,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(f"{stem}/{name}", text)
        return path
    with tarfile.open(path, "w:gz") as archive_tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"{stem}/{name}")
            info.size = len(text.encode())
            archive_tar.addfile(info, io.BytesIO(text.encode()))
    return path

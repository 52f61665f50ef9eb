"""Real sources with a build backend of their own, which needs nothing installed."""

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["SdistSpec", "build_sdist", "write_tree"]

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

def get_requires_for_build_editable(config_settings=None):
    return {editable_requires!r}

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    _log("metadata")
    folder = pathlib.Path(metadata_directory, DIST_INFO)
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    return DIST_INFO

def prepare_metadata_for_build_editable(metadata_directory, config_settings=None):
    return prepare_metadata_for_build_wheel(metadata_directory)

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _log("editable")
    {code}
    return _wheel(wheel_directory, {{f"{{NAME}}.pth": f"{{os.getcwd()}}\\n"}})

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _log("wheel")
    {code}
    text = f"BUILT_BY = {{sys.version_info[:2]}}\\n"
    if pathlib.Path(f"{{NAME}}.py").exists():
        text = pathlib.Path(f"{{NAME}}.py").read_text()
    return _wheel(wheel_directory, {{f"{{NAME}}.py": text, **{inside!r}}})

def _wheel(wheel_directory, files):
    files = {{
        **{{name.format(DIST_INFO=DIST_INFO): text for name, text in files.items()}},
        f"{{DIST_INFO}}/METADATA": METADATA,
        f"{{DIST_INFO}}/WHEEL":
            "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    filename, record = f"{made}-py3-none-any{suffix}.whl", ""
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
    :param editable_requires: what its backend asks for, for an editable install
    :param has_editable: whether the backend makes editable installs
    :param static: whether `pyproject.toml` says all that a resolver goes by
    :param suffix: what follows the tag in the name of the wheel, as `-v3`
    :param inside: more files in the wheel, of which `{DIST_INFO}` stands for that folder
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
    editable_requires: Sequence[str] = ()
    has_editable: bool = True
    static: bool = False
    suffix: str = ""
    inside: Mapping[str, str] = field(default_factory=dict)


def build_sdist(folder: Path, spec: SdistSpec, *, suffix: str = ".tar.gz") -> Path:
    """Write a source distribution and return its path."""
    stem = f"{spec.name}-{spec.version}"
    files = _files(spec)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(f"{stem}/{name}", text)
        return path
    packed = {".tar.gz": "gz", ".tgz": "gz", ".tar.bz2": "bz2", ".tar.xz": "xz", ".tar": ""}
    with tarfile.open(path, f"w:{packed[suffix]}") as archive_tar:  # type: ignore[call-overload]
        for name, text in files.items():
            info = tarfile.TarInfo(f"{stem}/{name}")
            info.size = len(text.encode())
            archive_tar.addfile(info, io.BytesIO(text.encode()))
    return path


def write_tree(folder: Path, spec: SdistSpec) -> Path:
    """Write the folder of a project, as somebody works on it, and return it."""
    files = _files(spec)
    del files["PKG-INFO"]
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def _files(spec: SdistSpec) -> dict[str, str]:
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
        editable_requires=list(spec.editable_requires),
        suffix=spec.suffix,
        inside=dict(spec.inside),
    )
    if not spec.has_editable:
        backend = backend.replace("def build_editable", "def _not_editable")
    if not spec.has_hook:
        backend = backend.replace("def prepare_metadata_for", "def _unused")
    project = ""
    if spec.static:
        project = (
            f'[project]\nname = "{spec.name}"\nversion = "{spec.version}"\n'
            f"dependencies = {list(spec.requires)!r}\n"
        )
    return {
        "PKG-INFO": "\n".join(said) + "\n",
        "backend.py": backend,
        "pyproject.toml": (
            f"[build-system]\nrequires = {list(spec.build_requires)!r}\n"
            'build-backend = "backend"\nbackend-path = ["."]\n' + project
        ),
        **spec.files,
    }

"""Generated packages on an index, and installers that put them into fresh environments."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from measuring import Cost, child_environment, command_cost

__all__ = ["LABELS", "OURS", "PIP", "UV", "Package", "Place", "chain"]

UV, PIP, OURS = "uv", "pip", "whichwheel"
#: Five variants; the null variant is the sixth.
LABELS = {
    "v1": {"x86_64": {"level": ["v1"]}},
    "v2": {"x86_64": {"level": ["v2"]}},
    "v3": {"x86_64": {"level": ["v3"]}},
    "arm80": {"aarch64": {"version": ["8.0"]}},
    "arm90": {"aarch64": {"version": ["9.0"]}},
}


@dataclass(frozen=True)
class Package:
    """A generated package, with a plain wheel and maybe variants.

    :param files: how many modules it has, beside its metadata
    """

    name: str
    requires: Sequence[str] = ()
    labels: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = field(default_factory=dict)
    files: int = 20

    @property
    def metadata(self) -> str:
        """Its core metadata."""
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", "Version: 1.0"]
        return "\n".join([*lines, *(f"Requires-Dist: {name}" for name in self.requires), ""])

    def variants(self, labels: Mapping[str, object]) -> bytes:
        """Return variant metadata with some of the labels."""
        properties = [*(found for label in labels for found in self.labels.get(label, {}))]
        return json.dumps(
            {
                "$schema": "https://variants-schema.example/v0.1.1.json",
                "default-priorities": {"namespace": sorted(set(properties) or {"x86_64"})},
                "variants": labels,
            }
        ).encode()

    def wheel(self, label: str | None) -> bytes:
        """Return the content of the wheel with a label, or of the plain one."""
        module, info = self.name.replace("-", "_"), f"{self.name.replace('-', '_')}-1.0.dist-info"
        contents: dict[str, bytes] = {
            f"{module}/__init__.py": f"label = {label!r}\n".encode(),
            **{
                f"{module}/part{number}.py": f"x = {number}\n".encode() * 200
                for number in range(self.files)
            },
            f"{info}/METADATA": self.metadata.encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        if label is not None:
            found = {label: self.labels.get(label, {})}
            contents[f"{info}/variant.json"] = self.variants(found)
        record = "".join(f"{path},{_digest(data)},{len(data)}\n" for path, data in contents.items())
        record += f"{info}/RECORD,,\n"
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in {**contents, f"{info}/RECORD": record.encode()}.items():
                archive.writestr(path, data)
        return buffer.getvalue()

    def pages(self) -> dict[str, bytes]:
        """Return what an index serves of it, by path."""
        module, folder = self.name.replace("-", "_"), f"/simple/{self.name}/"
        names: list[str | None] = [None]
        if self.labels:
            names += [*self.labels, "null"]
        pages, lines = {}, []
        digest = hashlib.sha256(self.metadata.encode()).hexdigest()
        for label in names:
            filename = f"{module}-1.0-py3-none-any{'' if label is None else f'-{label}'}.whl"
            content = self.wheel(label)
            pages[folder + filename] = content
            pages[f"{folder}{filename}.metadata"] = self.metadata.encode()
            lines.append(
                f'<a href="{filename}#sha256={hashlib.sha256(content).hexdigest()}" '
                f'data-core-metadata="sha256={digest}">{filename}</a><br>'
            )
        if self.labels:
            # Each has a document of its own, as real ones have, though it says the same.
            own = b" " * int("0" + "".join(filter(str.isdigit, self.name)))
            document = self.variants({**self.labels, "null": {}}) + own
            file = f"{module}-1.0-variants.json"
            pages[folder + file] = document
            sha256 = hashlib.sha256(document).hexdigest()
            lines.append(f'<a href="{file}#sha256={sha256}">{file}</a>')
        pages[folder] = ("<!DOCTYPE html>\n" + "\n".join(lines)).encode()
        return pages


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


def chain(prefix: str, count: int, **more: object) -> list[Package]:
    """Return packages of which each needs the next two."""
    names = [f"{prefix}-{number:02}" for number in range(count)]
    return [
        Package(name, names[at + 1 : at + 3], **more)  # type: ignore[arg-type]
        for at, name in enumerate(names)
    ]


class Place:
    """A folder with caches, settings and environments, on one file system.

    :param index: the URL of the one index; None for that which pip is configured with
    """

    def __init__(self, home: Path, index: str | None) -> None:
        self._home = home
        self._count = 0
        kept = {} if index is not None else _configured_index()
        self.env = {
            "HOME": str(home),
            "USERPROFILE": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_CACHE_DIR": str(home / "cache" / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COMPILE": "1",
            "UV_CACHE_DIR": str(home / "cache" / "uv"),
            "UV_PREVIEW_FEATURES": "wheel-variants",
            "UV_NO_CONFIG": "1",
            "VIRTUAL_ENV": "",
            **(kept if index is None else {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index}),
        }
        uv = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
        ours = Path(sys.executable).with_name("whichwheel.exe" if os.name == "nt" else "whichwheel")
        self.commands: dict[str, list[str]] = {
            OURS: [str(ours), "install", "-q", "--python"],
            PIP: [sys.executable, "-m", "pip", "-q", "--python"],
        }
        if uv.is_file():
            self.commands[UV] = [str(uv), "pip", "install", "-q", "--python"]

    def environment(self) -> Path:
        """Make a fresh environment."""
        self._count += 1
        folder = self._home / f"environment-{self._count}"
        command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
        subprocess.run(command, check=True, env=child_environment())
        return folder

    def install(self, tool: str, names: Sequence[str], into: Path) -> Cost:
        """Run an installer."""
        command = [*self.commands[tool], str(into)]
        if tool == PIP:
            command.append("install")
        return command_cost([*command, *names], self.env, self._home)

    def fresh(self, tool: str, names: Sequence[str], check: Callable[[Path], None]) -> Cost:
        """Run an installer on a fresh environment, and look at what came of it."""
        into = self.environment()
        try:
            cost = self.install(tool, names, into)
            check(_site(into))
        finally:
            shutil.rmtree(into)
        return cost


def _site(environment: Path) -> Path:
    if os.name == "nt":
        return environment / "Lib" / "site-packages"
    return next(environment.glob("lib/python*/site-packages"))


def _configured_index() -> dict[str, str]:
    """Return the settings of the index that pip on this machine is configured with."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
        env=child_environment(),
    )
    found = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"PIP_INDEX_URL": found, "UV_DEFAULT_INDEX": found} if found else {}

"""What tests of dispatch packages start from: a publisher's host, and a registry of its own."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.command import Completed, child_environment, run_whichwheel
from support.environments import new_environment
from support.index import write_project
from support.server import Server
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.site import Environment

__all__ = ["CUDA", "NO_CUDA", "Kitchen", "call_hook", "unpacked"]

#: Variables that say what the machine is, whatever the tests run on.
CUDA = {
    "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "12.8",
    "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0",
}
NO_CUDA = {"WHICHWHEEL_UNSET": "nvidia"}

_PROVIDERS = {"nvidia": {"requires": ["nvidia-variant-provider"]}}
_HOOK = """\
import sys
sys.path.insert(0, sys.argv[1])
import whichwheel_dispatch as backend
print("answer:", getattr(backend, sys.argv[2])(*(eval(text) for text in sys.argv[3:])))
"""


@dataclass(frozen=True)
class Kitchen:
    """A release of ``soup`` on its publisher's host, and a registry without its wheels.

    :param host: serves ``folder / "host"``, where the wheels are
    :param registry: serves ``folder / "registry"``, an index that has the sdist alone
    """

    folder: Path
    host: Server
    registry: Server
    environment: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Make the environment that is installed into."""
        object.__setattr__(self, "environment", new_environment(self.folder))

    @property
    def wheels(self) -> Path:
        """The wheels on the host."""
        return self.host.folder

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.environment.interpreter.executable)

    def cook(
        self, name: str = "soup", *, null: bool = True, requires: Sequence[str] = ()
    ) -> list[Path]:
        """Build a CUDA variant and, unless told otherwise, one for every machine."""
        common = {"namespaces": ["nvidia"], "providers": _PROVIDERS, "requires": requires}
        properties = {"nvidia": {"cuda_version_lower_bound": ["12.0"]}}
        specs = [WheelSpec(name, label="cuda12", properties=properties, **common)]  # type: ignore[arg-type]
        if null:
            specs.append(WheelSpec(name, label="null", **common))  # type: ignore[arg-type]
        return [build_wheel(self.wheels, spec) for spec in specs]

    def run(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Completed:
        """Run whichwheel."""
        return run_whichwheel(*arguments, home=self.folder / "home", cwd=self.folder, env=env)

    def dispatch(self, *arguments: str) -> Path:
        """Make the dispatch package of the wheels on the host."""
        done = self.run("dispatch", self.wheels, "--base-url", self.host.url, *arguments)
        assert done.code == 0, done.stderr
        return next(self.folder.glob("*.tar.gz"))

    def upload(self, *files: Path) -> None:
        """Put files on the registry, in place of what it has of their projects."""
        by_name: dict[str, list[Path]] = {}
        for file in files:
            path = self.registry.folder / "files" / file.name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(file.read_bytes())
            by_name.setdefault(file.name.partition("-")[0], []).append(path)
        for name, paths in by_name.items():
            write_project(self.registry.folder, name, paths)

    def pip(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        program: Sequence[str] | None = None,
    ) -> Completed:
        """Run pip on the environment, without a cache; it asks the registry alone.

        :param program: another pip than that beside the tests
        """
        command = program or [sys.executable, "-m", "pip", "--python", self.python]
        variables = {
            "PIP_INDEX_URL": f"{self.registry.url}simple/",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "0",
        }
        return self._run([*command, *map(str, arguments)], {**variables, **(env or {})})

    def uv(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        program: str | None = None,
    ) -> Completed:
        """Run uv's pip interface on the environment; it asks the registry alone."""
        command = [
            program or str(Path(sys.executable).with_name("uv")),
            "pip",
            *map(str, arguments),
        ]
        variables = {
            "UV_INDEX_URL": f"{self.registry.url}simple/",
            "UV_CACHE_DIR": str(self.folder / "uv-cache"),
            "VIRTUAL_ENV": str(self.environment.interpreter.prefix),
            "UV_NO_CONFIG": "1",
            "PIP_RETRIES": "0",
        }
        return self._run(command, {**variables, **(env or {})})

    def _run(self, command: Sequence[str], env: Mapping[str, str]) -> Completed:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        done = subprocess.run(
            list(command),
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=home,
            env=child_environment(home, {"PYTHONWARNINGS": "default", **env}),
            timeout=120,
        )
        return Completed(done.returncode, done.stdout, done.stderr)

    def installed(self, name: str = "soup") -> str:
        """Return the label of the build that is installed, ``absent`` if none is."""
        code = f"try:\n import {name}\n print({name}.label)\nexcept ImportError:\n print('absent')"
        done = self._run([self.python, "-c", code], {})
        return done.stdout.strip()


def unpacked(sdist: Path, folder: Path) -> Path:
    """Unpack a source distribution and return its root."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def call_hook(
    root: Path, hook: str, *arguments: object, env: Mapping[str, str] | None = None
) -> Completed:
    """Call a hook where neither whichwheel nor packaging, nor any other package, is installed.

    :param root: an unpacked source distribution
    """
    script = root.parent / "hook.py"
    script.write_text(_HOOK, "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-B", str(script), str(root / "_dispatch"), hook),
            *map(repr, arguments),
        ],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=root,
        env=child_environment(root.parent, {**os.environ, "PIP_CONFIG_FILE": os.devnull} | NO_CUDA)
        | {"PIP_RETRIES": "1"}
        | dict(env or {}),
        timeout=60,
    )
    return Completed(done.returncode, done.stdout, done.stderr)

"""A public index and vendors' own ones, on which overlays are tried."""

from dataclasses import dataclass
from pathlib import Path

from support.command import Completed
from support.environments import installed_by_pip, pip
from support.index import write_project
from support.server import Server
from support.wheels import WheelSpec, build_wheel
from support.workplace import Workplace

__all__ = ["LINUX", "OPENCV", "XGBOOST", "Market", "fine"]

#: The tag of wheels with code.
LINUX = "py3-none-manylinux_2_17_x86_64"

_DRIVER = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"
_SM = "NV_VARIANT_PROVIDER_FORCE_SM_ARCH"

#: Two projects with one import package.
XGBOOST = """
project = "xgboost"
namespaces = ["nvidia"]

[[builds]]
label = "cuda12"
versions = ">=2.1"
platforms = ["manylinux*_x86_64"]
properties = ["nvidia :: cuda_version_lower_bound :: 12.0"]
also-plain = true

[[builds]]
label = "null"
project = "xgboost-cpu"
"""

#: Three projects with one import package, of which two are only taken by hand.
OPENCV = """
project = "opencv-python"
namespaces = []

[[builds]]
label = "null"
project = "opencv-contrib-python"
by-hand = true

[[builds]]
label = "null"
project = "opencv-python-headless"
by-hand = true
"""


@dataclass(frozen=True)
class Market:
    """A public index, vendors' own indexes and pages, and an environment."""

    place: Workplace
    server: Server

    @property
    def root(self) -> Path:
        """What is served."""
        return self.server.folder

    @property
    def index(self) -> str:
        """The user's own index."""
        return f"{self.server.url}simple"

    def vendor(self, name: str) -> str:
        """An index of a vendor's."""
        return f"{self.server.url}{name}/simple"

    def offer(self, *specs: WheelSpec, at: str = "") -> list[Path]:
        """Put wheels on the user's index, or on that of a vendor."""
        root = self.root / at if at else self.root
        paths = [build_wheel(root / "files", spec) for spec in specs]
        for name in {spec.name for spec in specs}:
            files = [path for path, spec in zip(paths, specs, strict=True) if spec.name == name]
            write_project(root, name, files, form="json")
        return paths

    def overlay(self, text: str, name: str = "mine") -> Path:
        """Write an overlay."""
        path = self.place.folder / f"{name}.toml"
        path.write_text(
            'format = 1\nsummary = "builds"\ndated = 2026-11-21\n' + text, encoding="utf-8"
        )
        return path

    def run(self, command: str, *arguments: str | Path, driver: str | None = None) -> Completed:
        """Run a command that looks at the index, on a machine with or without a driver."""
        where = ("--index-url", self.index, "--python", self.place.python)
        env = {} if driver is None else {_DRIVER: driver, _SM: "9.0"}
        return self.place.run(command, *where, *arguments, env=env)

    def names(self) -> dict[str, str]:
        """What is installed, as pip sees it."""
        return {
            name: version
            for name, version in installed_by_pip(self.place.environment).items()
            if name not in {"pip", "setuptools"}
        }

    def pip_install(self, *names: str) -> None:
        """Install what the index has with pip."""
        where = ("--no-index", "--find-links", str(self.root / "files"))
        pip(self.place.environment, "install", "-q", *where, *names)

    def broken(self) -> str:
        """What pip finds wrong with the environment; empty if nothing."""
        try:
            pip(self.place.environment, "check")
        except AssertionError as error:
            return str(error)
        return ""


def fine(done: Completed) -> str:
    """Return what a run says that went well."""
    assert done.code == 0, done.stderr
    return done.stdout

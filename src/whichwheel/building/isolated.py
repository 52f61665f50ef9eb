"""A fresh environment of any interpreter, filled by whoever can install packages."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from whichwheel.building.backend import Isolated, OpenIsolated
from whichwheel.spec.values import dataclass

__all__ = ["Fill", "isolated_of"]

#: Installs requirements into the environment of an interpreter.
Fill = Callable[[Path, Collection[str]], None]


@dataclass(frozen=True, slots=True)
class _Environment:
    folder: Path
    fill: Fill

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python_executable(self) -> str:
        return str(self.scripts / ("python.exe" if os.name == "nt" else "python"))

    def make_extra_environ(self) -> Mapping[str, str]:
        path = os.environ.get("PATH")
        parts = (str(self.scripts), path) if path else (str(self.scripts),)
        # An environment that is active round us is not the one that builds.
        return {
            "PATH": os.pathsep.join(parts),
            "PYTHONPATH": "",
            "PYTHONNOUSERSITE": "1",
            "VIRTUAL_ENV": str(self.folder),
        }

    def install(self, requirements: Collection[str]) -> None:
        if requirements:
            self.fill(Path(self.python_executable), requirements)


def isolated_of(python: Path, fill: Fill) -> OpenIsolated:
    """Return what makes fresh environments of an interpreter, each removed when it is closed.

    :param python: may itself be that of an environment
    :param fill: installs what a build requires
    """

    @contextmanager
    def opened() -> Iterator[Isolated]:
        with tempfile.TemporaryDirectory(
            prefix="whichwheel-build-env-", ignore_cleanup_errors=True
        ) as name:
            # Spelled as the interpreter in it will spell it.
            folder = Path(os.path.realpath(name))
            subprocess.run(  # noqa: S603 -- the interpreter that is installed for
                [str(python), "-I", "-m", "venv", "--without-pip", str(folder)],
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
            )
            yield _Environment(folder, fill)

    return opened

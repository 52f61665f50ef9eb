"""Call a project's build backend (PEP 517) and keep what it prints."""

import os
import subprocess
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, Protocol, Self

from whichwheel.building.errors import BuildFailed
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from build import ProjectBuilder

__all__ = [
    "Backend",
    "ConfigSettings",
    "Installer",
    "Isolated",
    "Kind",
    "OpenIsolated",
    "isolated_by",
]

Installer = Literal["pip", "uv"]
#: What is made of sources: a wheel (PEP 517), or one that leads back to them (PEP 660).
Kind = Literal["wheel", "editable"]
ConfigSettings = Mapping[str, str | tuple[str, ...]]

#: Where another interpreter finds its own modules, and what a hook of git says of a repository.
_MISLEADING = frozenset(
    {
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PYTHONPLATLIBDIR",
        "__PYVENV_LAUNCHER__",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
    }
)
_KEPT_LINES = 20
_LONGEST_LINE = 500
#: How long to wait for more output when a hook has ended, in seconds: what it started and left
#: running may hold the pipe open for ever.
_GRACE = 1.0


class Isolated(Protocol):
    """An environment that holds what one build requires, and nothing else."""

    @property
    def python_executable(self) -> str:
        """Its interpreter."""
        ...

    def make_extra_environ(self) -> Mapping[str, str] | None:
        """Return the environment variables that its commands need."""
        ...

    def install(self, requirements: Collection[str]) -> None:
        """Put packages into it."""
        ...


#: Makes a fresh, empty environment, which goes when it is closed.
OpenIsolated = Callable[[], AbstractContextManager[Isolated]]


def isolated_by(installer: Installer) -> OpenIsolated:
    """Return what makes environments of our own interpreter, filled by pip or uv."""

    def opened() -> AbstractContextManager[Isolated]:
        from build.env import DefaultIsolatedEnv  # noqa: PLC0415 -- heavy, and only builds need it

        return DefaultIsolatedEnv(installer=installer)

    return opened


class _Runner:
    """Runs hooks with further environment variables, and keeps the last lines they print."""

    def __init__(
        self, environment: Mapping[str, str], on_output: Callable[[str], None] | None
    ) -> None:
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._environment = environment
        self._on_output = on_output

    def __call__(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        # A build that asks git for the version must not write to the project's index.
        variables = {"GIT_OPTIONAL_LOCKS": "0", **_environ(), **(extra_environ or {})}
        for name, value in self._environment.items():
            before = (extra_environ or {}).get(name, "") if name == "PATH" else ""
            # The isolated environment's own commands come first, whatever the variant says.
            variables[name] = before.removesuffix(os.environ.get(name, "")) + value
        process = subprocess.Popen(  # noqa: S603 -- to run the project's code is the purpose
            cmd,
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        reader.join(_GRACE)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, cmd)

    def _read(self, stream: IO[str]) -> None:
        with stream:
            begins = True
            while part := stream.readline(_LONGEST_LINE):
                if begins:  # the rest of a line without end is left out
                    self.lines.append(part.rstrip())
                    if self._on_output is not None:
                        self._on_output(part.rstrip())
                begins = part.endswith("\n")


def _environ() -> dict[str, str]:
    """Return our environment variables without those that would lead a build's Python astray."""
    return {name: value for name, value in os.environ.items() if name not in _MISLEADING}


@dataclass(slots=True)
class _Environment:
    isolated: Isolated
    installed: frozenset[str]
    used: bool = False


class Backend:
    """A project's build backend, with environments that serve all builds of a run.

    Builds with the same build requirements share an environment.

    :param isolated: makes the environments that builds run in; None to build with what is
        installed
    :param python: the interpreter that builds without isolation run with; None for our own
    :param on_output: told every line that a build prints
    """

    def __init__(
        self,
        *,
        isolated: OpenIsolated | None,
        python: Path | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> None:
        self._isolated = isolated
        self._python = str(python or sys.executable)
        self._on_output = on_output
        self._stack = ExitStack()
        self._environments: list[_Environment] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()
        self._environments.clear()

    def build_wheel(  # noqa: PLR0913 -- all that a build is about
        self,
        what: str,
        source: Path,
        output_directory: Path,
        *,
        environment: Mapping[str, str],
        config_settings: ConfigSettings,
        kind: Kind = "wheel",
    ) -> Path:
        """Build one wheel.

        :param what: for messages
        :param source: the source tree
        :param output_directory: where the backend puts the wheel
        :param kind: what is to be made
        :raises BuildFailed: with the last lines that the backend printed
        """
        runner = _Runner(environment, self._on_output)
        config = {
            name: value if isinstance(value, str) else list(value)
            for name, value in config_settings.items()
        }
        with _reported(what, runner):
            builder = self._builder(what, source, runner, config, kind)
            wheel = Path(builder.build(kind, output_directory, config))
        # The name comes from the project's own code.
        if wheel.parent.resolve() != output_directory.resolve() or not wheel.is_file():
            raise BuildFailed(what, f"the backend names `{wheel.name}`, and made no such file")
        return wheel

    def metadata(
        self, what: str, source: Path, output_directory: Path, kind: Kind = "wheel"
    ) -> bytes | None:
        """Return the core metadata of the wheel to be, None if only building it would tell.

        :param what: for messages
        :param source: the source tree
        :param output_directory: an empty folder for the backend to work in
        :raises BuildFailed: with the last lines that the backend printed
        """
        runner = _Runner({}, self._on_output)
        with _reported(what, runner):
            builder = self._builder(what, source, runner, {}, kind)
            prepared = builder.prepare(kind, output_directory)
        if prepared is None:
            return None
        path = output_directory / Path(prepared).name / "METADATA"
        try:
            return path.read_bytes()
        except OSError as error:
            raise BuildFailed(
                what, f"the backend made no `{path.name}` that can be read: {error.strerror}"
            ) from None

    def _builder(
        self,
        what: str,
        source: Path,
        runner: _Runner,
        config: Mapping[str, str | list[str]],
        kind: Kind,
    ) -> "ProjectBuilder":
        """Return the builder of a source tree, in an environment that holds what it requires."""
        from build import ProjectBuilder  # noqa: PLC0415 -- heavy, and only builds need it

        builder = ProjectBuilder(source, python_executable=self._python, runner=runner)
        if self._isolated is not None:
            shared = self._prepare(self._isolated, builder, source, runner, config, kind)
            return ProjectBuilder.from_isolated_env(shared, source, runner=runner)
        # What is installed can be looked at from within alone.
        is_ours = self._python == sys.executable
        if is_ours and (missing := builder.check_dependencies(kind, config)):
            listed = ", ".join(sorted(f"`{chain[-1]}`" for chain in missing))
            raise BuildFailed(
                what,
                f"its build requirements are not installed: {listed}",
                hint="install them, or build in isolation",
            )
        return builder

    def _prepare(  # noqa: PLR0913, PLR0917 -- all that a build is about
        self,
        opened: OpenIsolated,
        builder: "ProjectBuilder",
        source: Path,
        runner: _Runner,
        config: Mapping[str, str | list[str]],
        kind: Kind,
    ) -> Isolated:
        """Return an environment that holds this build's requirements, and no other's."""
        from build import ProjectBuilder  # noqa: PLC0415 -- heavy, and only builds need it

        static = frozenset(builder.build_system_requires)
        asking = next(
            (found for found in self._environments if found.installed >= static), None
        ) or self._create(opened, static)
        asked = ProjectBuilder.from_isolated_env(asking.isolated, source, runner=runner)
        wanted = static | asked.get_requires_for_build(kind, config)
        for found in self._environments:
            if found.installed == wanted:
                found.used = True
                return found.isolated
        chosen = asking
        if asking.used or not asking.installed <= wanted:
            chosen = self._create(opened, static)
        chosen.isolated.install(wanted - chosen.installed)
        chosen.installed = wanted
        chosen.used = True
        return chosen.isolated

    def _create(self, opened: OpenIsolated, requirements: frozenset[str]) -> _Environment:
        isolated = self._stack.enter_context(opened())
        isolated.install(requirements)
        created = _Environment(isolated, requirements)
        self._environments.append(created)
        return created


def _quiet() -> None:
    """Leave what a backend warns its author of to its author; it is repeated in our process."""
    import pyproject_hooks  # noqa: PLC0415 -- comes with the `build` library

    kind = getattr(pyproject_hooks, "BuildBackendWarning", None)
    if kind is not None:  # older releases repeat nothing
        warnings.filterwarnings("ignore", category=kind)


@contextmanager
def _reported(what: str, runner: _Runner) -> Iterator[None]:
    """Turn what the ``build`` library raises into one error with the backend's last words."""
    from build import (  # noqa: PLC0415 -- heavy, and only builds need it
        BuildBackendException,
        BuildException,
        FailedProcessError,
    )
    from pyproject_hooks import BackendUnavailable  # noqa: PLC0415 -- only builds need it

    _quiet()
    try:
        yield
    except BuildBackendException as error:
        missing = getattr(error.exception, "hook_name", None)  # of `HookMissing`
        if missing == "build_editable":
            raise BuildFailed(
                what,
                "its build backend makes no editable installs",
                hint="install it without `-e`, or take a newer release of the backend",
            ) from error
        hint = None
        if isinstance(error.exception, BackendUnavailable):
            hint = (
                "the project's `build-system` has to require its backend; with "
                "`--no-build-isolation` it has to be installed"
            )
        lines = tuple(runner.lines)
        raise BuildFailed(what, _sentence(str(error)), output=lines, hint=hint) from error
    except BuildException as error:
        raise BuildFailed(what, _sentence(str(error))) from error
    except (FailedProcessError, subprocess.CalledProcessError) as error:
        failed = error.exception if isinstance(error, FailedProcessError) else error
        printed = b"".join(part for part in (failed.stdout, failed.stderr) if part)
        raise BuildFailed(
            what,
            "its build requirements could not be installed",
            output=printed.decode("utf-8", "replace").splitlines()[-_KEPT_LINES:],
            hint="check the index that pip is set up to use, or build without isolation",
        ) from error
    except OSError as error:
        raise BuildFailed(what, f"{error.strerror or error}") from error
    except RuntimeError as error:
        # The library's word for a missing `uv`, and for an environment that did not come up.
        raise BuildFailed(what, _sentence(str(error))) from error


def _sentence(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")

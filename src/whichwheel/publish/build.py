"""Build the variants of a project through its own build backend."""

import difflib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from whichwheel.building.backend import Backend, ConfigSettings, Installer, isolated_by
from whichwheel.building.errors import BuildFailed
from whichwheel.publish.errors import PublishError
from whichwheel.publish.relabel import Relabelled, relabel, variant_metadata
from whichwheel.publish.source_copy import copy_source
from whichwheel.publish.variant_table import BuildSettings, VariantTable, read_variant_table
from whichwheel.sources.ports import Progress
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.combining import combine
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import VariantLabel
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.wheel_name import WheelName

__all__ = ["BuildReport", "Built", "LeftOutVariant", "build_variants"]

_Label = VariantLabel | None


@dataclass(frozen=True, slots=True)
class Built:
    """One wheel that was built.

    :param label: None for the plain wheel
    :param seconds: how long it took; little where a build serves two labels
    :param warnings: what was lost on the way
    """

    label: VariantLabel | None
    path: Path
    seconds: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOutVariant:
    """A variant that this machine cannot build.

    :param why: one sentence
    """

    label: VariantLabel
    why: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What came of a build.

    :param built: in the order that was asked for
    :param failed: only with ``keep_going``
    """

    built: tuple[Built, ...]
    left_out: tuple[LeftOutVariant, ...] = ()
    failed: tuple[WhichwheelError, ...] = ()


def build_variants(  # noqa: PLR0913 -- each is one option of the command
    project: Path,
    labels: Sequence[VariantLabel | None] | None = None,
    *,
    output_directory: Path,
    isolation: bool = True,
    installer: Installer = "pip",
    plain: bool = False,
    keep_going: bool = False,
    progress: Progress | None = None,
    on_output: Callable[[str], None] | None = None,
) -> BuildReport:
    """Build variant wheels of a project from its ``[variant]`` table.

    Every build works on a copy of the source tree of its own, so none sees what another left
    behind. Building runs the project's own code.

    :param project: the folder with the ``pyproject.toml``
    :param labels: what to build; None in it is the plain wheel. Without ``labels``: all
        variants that this machine can build, and ``null``
    :param output_directory: where the wheels go; wheels of the same name are replaced
    :param isolation: False to build with what is installed beside whichwheel
    :param installer: what fills the isolated environment
    :param plain: build the plain wheel too
    :param keep_going: build the rest after a failure
    :param on_output: told every line that a build prints
    :raises InvalidVariantTable: if the tables have faults
    :raises BuildFailed: at the first failure, unless ``keep_going``
    :raises PublishError: for an unknown label, or one that this machine cannot build
    """
    if not project.is_dir():
        raise PublishError(f"the project folder `{project}` does not exist")
    table = read_variant_table(project / "pyproject.toml")
    wanted, left_out = _select(table, labels, plain=plain)
    for label in wanted:
        if label is not None:
            variant_metadata(f"the variant {label}", label, table=table.metadata)
    built: list[Built] = []
    failed: list[WhichwheelError] = []
    with (
        TemporaryDirectory(prefix="whichwheel-build-", ignore_cleanup_errors=True) as work,
        Backend(
            isolated=isolated_by(installer) if isolation else None, on_output=on_output
        ) as backend,
    ):
        workshop = _Workshop(table, backend, Path(work), output_directory)
        for label in wanted:
            what = f"build {label if label is not None else 'the plain wheel'}"
            if progress is not None:
                progress.start(what, None)
            started = time.perf_counter()
            try:
                made = workshop.make(label)
            except WhichwheelError as error:
                if not keep_going:
                    raise
                failed.append(error)
            else:
                seconds = time.perf_counter() - started
                built.append(Built(label, made.path, seconds, made.warnings))
            finally:
                if progress is not None:
                    progress.finish(what)
    return BuildReport(tuple(built), tuple(left_out), tuple(failed))


def _select(
    table: VariantTable, labels: Iterable[_Label] | None, *, plain: bool
) -> tuple[list[_Label], list[LeftOutVariant]]:
    """Return what to build, and what this machine cannot build."""
    wanted: list[_Label] = []
    left_out = []
    named = labels is not None
    for label in dict.fromkeys(table.labels if labels is None else labels):
        if label is not None and label not in table.labels:
            close = difflib.get_close_matches(label, table.labels, 1)
            known = ", ".join(f"`{name}`" for name in table.labels)
            raise PublishError(
                f"`{table.path}` has no variant `{label}`; it has {known}",
                hint=f"did you mean `{close[0]}`?" if close else None,
            )
        only_if = table.settings_of(label).only_if
        if label is None or only_if is None or only_if.evaluate():
            wanted.append(label)
            continue
        why = f"it is built only where `{only_if}`"
        if named:
            raise PublishError(
                f"the variant `{label}` cannot be built on this machine: {why}",
                hint=f"change `only-if` in `[tool.whichwheel.variants.{label}]`",
            )
        left_out.append(LeftOutVariant(label, why))
    if plain and None not in wanted:
        wanted.append(None)
    return wanted, left_out


class _Workshop:
    """Builds each distinct wheel once and writes it under the labels that it serves."""

    def __init__(
        self, table: VariantTable, backend: Backend, work: Path, output_directory: Path
    ) -> None:
        self._table = table
        self._backend = backend
        self._work = work
        self._output_directory = output_directory
        self._wheels: dict[object, Path] = {}
        self._folders = 0
        self._version: Version | None = None

    def make(self, label: _Label) -> Relabelled:
        """Build one label, or the plain wheel, into the output folder."""
        project = self._table.path.parent.resolve().name
        what = f"the variant `{label}` of `{project}`"
        if label is None:
            what = f"the plain wheel of `{project}`"
        wheel = self._build(what, label)
        name = WheelName.parse(wheel.name)
        if name.label not in {None, label}:
            raise BuildFailed(what, f"the backend made the variant `{name.label}`: `{wheel.name}`")
        if self._version is not None and name.version != self._version:
            raise BuildFailed(
                what,
                f"it has version {name.version}, and the wheels before it {self._version}",
                hint="variants belong to one release; take the version from something fixed",
            )
        self._version = name.version
        if name.label is not None:
            self._check_agrees(what, wheel)
        return relabel(
            wheel,
            label=label,
            table=self._table.metadata if label is not None else None,
            output_directory=self._output_directory,
            force=True,
        )

    def _build(self, what: str, label: _Label) -> Path:
        settings = self._table.settings_of(label)
        config: ConfigSettings = settings.config_settings
        if label is not None and self._table.pass_variant_label:
            config = {**config, "variant-label": label}
        key = _key(settings, config)
        if key not in self._wheels:
            self._folders += 1
            folder = self._work / str(self._folders)
            project = self._table.path.parent
            source = folder / (project.resolve().name or "project")
            folder.mkdir()
            copy_source(project, source, leave_out=(self._output_directory,))
            self._wheels[key] = self._backend.build_wheel(
                what,
                source,
                folder / "wheel",
                environment=settings.environment,
                config_settings=config,
            )
        return self._wheels[key]

    def _check_agrees(self, what: str, wheel: Path) -> None:
        """Check that a variant wheel made by the backend itself says what the table says."""
        with WheelArchive(wheel) as archive:
            label, data = archive.name.label, archive.variant_json
        if data is None or label is None:
            raise BuildFailed(what, f"the backend made `{wheel.name}` without `variant.json`")
        own = read_metadata(data, where=f"{wheel.name}: variant.json")
        expected = variant_metadata(wheel.name, label, table=self._table.metadata)
        combine([own, expected], where=f"{wheel.name} and {self._table.path}")


def _key(settings: BuildSettings, config: ConfigSettings) -> object:
    """Return what tells two builds apart: without difference one build serves both."""
    return frozenset(settings.environment.items()), frozenset(config.items())

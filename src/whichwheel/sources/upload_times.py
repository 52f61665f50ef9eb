"""Sources as they were at a moment: what was uploaded later is not there."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Protocol

from packaging.utils import NormalizedName

from whichwheel.sources.layer import ChangedReleases
from whichwheel.sources.release import Barred, File, Project, Release, SourceWarning, Wheel
from whichwheel.spec.values import dataclass

__all__ = ["DatedSource", "UploadLimit", "UploadLimits"]


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """A moment before which a file must have been uploaded.

    :param text: as the user wrote it
    :param moment: in UTC; None if there is no limit
    :param said: how the user said it, for people
    """

    text: str
    moment: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How late files may have been uploaded to indexes.

    Files that the user names by path or URL, and those of find-links, are taken whenever they
    came there.

    :param every: for all projects
    :param projects: for these, instead
    :param warn: told of each index that says of a file no time, in the same words each time
    """

    every: UploadLimit | None = None
    projects: Mapping[NormalizedName, UploadLimit] = field(default_factory=dict)
    warn: Callable[[str], None] = field(default=lambda _message: None, compare=False)

    @property
    def text(self) -> str:
        """The same for the same words; a duration stays the same while time goes on."""
        words = [] if self.every is None else [self.every.text]
        words += [f"{name}={limit.text}" for name, limit in sorted(self.projects.items())]
        return " ".join(words)

    def of(self, name: NormalizedName) -> UploadLimit | None:
        """Return the limit of a project, None if it has none."""
        limit = self.projects.get(name, self.every)
        return None if limit is None or limit.moment is None else limit


class _Source(Protocol):
    @property
    def name(self) -> str:
        """Its name for people."""
        ...

    def project(self, name: NormalizedName) -> Project | None:
        """Return a project, None if it does not have it."""
        ...


class DatedSource:
    """A source of which only the files are there that were uploaded in time.

    :param below: the source as it is now
    """

    def __init__(self, below: _Source, limits: UploadLimits) -> None:
        self.name = below.name
        self._below = below
        self._limits = limits

    def project(self, name: NormalizedName) -> Project | None:
        """Return a project; its late wheels are barred, its late sources left out.

        :raises SourceError: if the source cannot be read
        """
        project = self._below.project(name)
        limit = self._limits.of(name)
        if project is None or limit is None or limit.moment is None:
            return project
        moment = limit.moment

        def change(release: Release) -> Release:
            return self._change(release, limit, moment)

        return replace(project, releases=ChangedReleases(project.releases, change))

    def _change(self, release: Release, limit: UploadLimit, moment: datetime) -> Release:
        wheels = []
        for wheel in release.wheels:
            bar = self._bar(wheel.file, release, limit, moment)
            wheels.append(wheel if bar is None else Wheel(wheel.file, wheel.name, barred=bar))
        sdists = []
        warnings = list(release.warnings)
        for file in release.sdists:
            bar = self._bar(file, release, limit, moment)
            if bar is None:
                sdists.append(file)
            elif not wheels:
                # Otherwise the wheels have the word.
                message = f"`{file.filename}`: {bar.why}"
                warnings.append(SourceWarning("uploaded-later", message))
        return replace(
            release,
            wheels=tuple(wheels),
            sdists=tuple(sdists),
            warnings=tuple(warnings),
            late_sdists=len(release.sdists) - len(sdists),
        )

    def _bar(
        self, file: File, release: Release, limit: UploadLimit, moment: datetime
    ) -> Barred | None:
        uploaded = _moment(file.upload_time)
        lifted = f"`--exclude-newer-package {release.name}=false`"
        if uploaded is None:
            self._limits.warn(
                f"`{self.name}` does not say of every file when it was uploaded, and {limit.said} "
                "leaves out those of which it does not (only JSON pages can, PEP 700)"
            )
            return Barred(
                f"its index does not say when it was uploaded, which {limit.said} asks for",
                f"{lifted} takes it all the same; or use an index that tells upload times",
                is_late=True,
            )
        if uploaded < moment:
            return None
        return Barred(
            f"it was uploaded at {_shown(uploaded)}, and {limit.said} takes what was there "
            f"before {_shown(moment)}",
            f"give a later moment, or {lifted} to take any of its files",
            is_late=True,
        )


def _moment(text: str | None) -> datetime | None:
    """Return an upload time, None if it is no time."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        # PEP 700 has them in UTC.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _shown(moment: datetime) -> str:
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"

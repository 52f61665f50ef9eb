"""What project and user have configured: targets with a name, and settings of providers.

A configuration is data: nothing in it names code to run. Where there is none, as mostly,
nothing is loaded to find that out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.target.settings import ProviderSettings

if TYPE_CHECKING:
    from whichwheel.target.described.configuration_file import ConfigurationFile
    from whichwheel.target.described.known_targets import KnownTargets, TargetEntry

__all__ = [
    "CONFIGURATION_NAMES",
    "FILE_NAME",
    "RULES_FOLDER",
    "Configuration",
    "read_configuration",
]

#: The file of a project or of a user.
FILE_NAME = "whichwheel.toml"
#: The folder of rules beside the user's file.
RULES_FOLDER = "rules"

_PYPROJECT = "pyproject.toml"
#: What files are called that hold configuration, not one target.
CONFIGURATION_NAMES = (FILE_NAME, _PYPROJECT)

_LOOKED_AT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is configured.

    :param project: the targets of the project, by name
    :param user: the targets of the user, by name
    :param settings: what is said of providers
    :param files: the files that were read, the project's first
    """

    project: "Mapping[str, TargetEntry]" = field(default_factory=dict)
    user: "Mapping[str, TargetEntry]" = field(default_factory=dict)
    settings: ProviderSettings = field(default_factory=ProviderSettings)
    files: tuple[Path, ...] = ()

    @property
    def targets(self) -> "Mapping[str, TargetEntry]":
        """The configured targets by name; of two with one name, the project's."""
        return {**self.user, **self.project}

    @property
    def known(self) -> "KnownTargets":
        """All targets that have a name, the shipped ones too."""
        from whichwheel.target.described.known_targets import KnownTargets  # noqa: PLC0415 -- start-up speed

        return KnownTargets(self.project, self.user)


def read_configuration(folder: Path, *, user_folder: Path | None = None) -> Configuration:
    """Read what is configured for a folder.

    That is the nearest ``whichwheel.toml``, or ``pyproject.toml`` with a table of ours, of the
    folder and those round it; below it the user's own ``whichwheel.toml``, and the rules in
    ``rules/*.toml`` beside that.

    :param folder: where to begin to look
    :param user_folder: where the user's own configuration is; None for nowhere
    :raises InvalidConfiguration: with all faults of a file
    :raises InvalidRuleFile: if a file of rules cannot be used
    """
    project = _project(folder)
    user = None
    rules: tuple[Path, ...] = ()
    if user_folder is not None:
        own = user_folder / FILE_NAME
        # A folder within the user's own finds it on the way up.
        if _is_file(own) and not (project is not None and own.samefile(project.path)):
            user = _read(own, of_user=True)
        rules = tuple(sorted((user_folder / RULES_FOLDER).glob("*.toml")))
    if project is None and user is None and not rules:
        return Configuration()
    settings = ProviderSettings()
    if rules:
        from whichwheel.target.described.configuration_file import rules_of  # noqa: PLC0415 -- start-up speed

        settings = ProviderSettings(rules=rules_of(rules))
    for file in (user, project):
        if file is not None:
            settings = file.settings.over(settings)
    return Configuration(
        {} if project is None else project.targets,
        {} if user is None else user.targets,
        settings,
        tuple(file.path for file in (project, user) if file is not None),
    )


def _project(folder: Path) -> "ConfigurationFile | None":
    """Return the nearest configuration of a project, going up."""
    for within in (folder, *folder.parents):
        own = within / FILE_NAME
        if _is_file(own):
            return _read(own)
        shared = within / _PYPROJECT
        if _is_file(shared) and _names_us(shared):
            file = _read(shared)
            if file.says_something:
                return file
    return None


def _read(path: Path, *, of_user: bool = False) -> "ConfigurationFile":
    from whichwheel.target.described.configuration_file import read_configuration_file  # noqa: PLC0415

    return read_configuration_file(path, of_user=of_user)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _names_us(path: Path) -> bool:
    """Whether a file is worth parsing."""
    try:
        with path.open("rb") as file:
            return b"whichwheel" in file.read(_LOOKED_AT)
    except OSError:
        return False

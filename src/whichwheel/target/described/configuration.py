"""What is configured for a project, a user and a system: targets, providers, preferences.

A configuration is data: nothing in it names code to run. Where there is none, as mostly,
nothing is loaded to find that out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.spec.values import dataclass
from whichwheel.target.regular_file import open_regular_file
from whichwheel.target.settings import ProviderSettings

if TYPE_CHECKING:
    from whichwheel.target.described.configuration_file import ConfigurationFile
    from whichwheel.target.described.known_targets import KnownTargets, TargetEntry
    from whichwheel.target.described.table_reader import Section
    from whichwheel.target.providers.provider import KnownProvider

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

    :param read: the files, the nearest first: the project's, the user's, the system's
    :param rules: the providers that the files in the user's folder of rules make
    """

    read: "tuple[ConfigurationFile, ...]" = ()
    rules: "Mapping[str, KnownProvider]" = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were read, the nearest first."""
        return tuple(file.path for file in self.read)

    @property
    def settings(self) -> ProviderSettings:
        """What is said of providers; of two, the nearer file."""
        settings = ProviderSettings(rules=self.rules)
        for file in reversed(self.read):
            settings = file.settings.over(settings)
        return settings

    def sections(self, key: str) -> "tuple[Section, ...]":
        """Return what the files say under a key that another room reads, the nearest first."""
        return tuple(file.sections[key] for file in self.read if key in file.sections)

    @property
    def targets(self) -> "Mapping[str, TargetEntry]":
        """The configured targets by name; of two with one name, the nearer file's."""
        return {name: entry for file in reversed(self.read) for name, entry in file.targets.items()}

    @property
    def known(self) -> "KnownTargets":
        """All targets that have a name, the shipped ones too."""
        from whichwheel.target.described.known_targets import (  # noqa: PLC0415 -- start-up speed
            KnownTargets,
            Layer,
        )

        by_layer = {file.layer: file.targets for file in self.read}
        nothing: Mapping[str, TargetEntry] = {}
        return KnownTargets(
            by_layer.get(Layer.PROJECT, nothing),
            by_layer.get(Layer.USER, nothing),
            by_layer.get(Layer.SYSTEM, nothing),
        )


def read_configuration(
    folder: Path, *, user_folder: Path | None = None, system_folder: Path | None = None
) -> Configuration:
    """Read what is configured for a folder.

    That is the nearest ``whichwheel.toml``, or ``pyproject.toml`` with a table of ours, of the
    folder and those round it; below it the user's own ``whichwheel.toml``, and the rules in
    ``rules/*.toml`` beside that; below these the system's ``whichwheel.toml``.

    :param folder: where to begin to look
    :param user_folder: where the user's own configuration is; None for nowhere
    :param system_folder: where the administrator's is; None for nowhere
    :raises InvalidConfiguration: with all faults of a file
    :raises InvalidRuleFile: if a file of rules cannot be used
    """
    owned = [
        (within / FILE_NAME, layer)
        for within, layer in ((user_folder, "USER"), (system_folder, "SYSTEM"))
        if within is not None and _is_there(within / FILE_NAME)
    ]
    project = _project(folder, [path for path, _ in owned])
    files = [] if project is None else [project]
    files += [_read(path, layer) for path, layer in owned]
    if user_folder is None:
        return Configuration(tuple(files))
    rules = _rules(user_folder / RULES_FOLDER)
    if not rules:
        return Configuration(tuple(files))
    from whichwheel.target.described.configuration_file import rules_of  # noqa: PLC0415 -- start-up speed

    return Configuration(tuple(files), rules_of(rules))


def _project(folder: Path, owned: Sequence[Path]) -> "ConfigurationFile | None":
    """Return the nearest configuration of a project, going up.

    :param owned: the files of the user and the system, which a folder round them finds too
    """
    for within in (folder, *folder.parents):
        own = within / FILE_NAME
        if _is_there(own):
            return None if any(own.samefile(path) for path in owned) else _read(own)
        shared = within / _PYPROJECT
        if _is_file(shared) and _names_us(shared):
            file = _read(shared)
            if file.says_something:
                return file
    return None


def _read(path: Path, layer: str = "PROJECT") -> "ConfigurationFile":
    from whichwheel.target.described.configuration_file import read_configuration_file  # noqa: PLC0415
    from whichwheel.target.described.known_targets import Layer  # noqa: PLC0415 -- start-up speed

    return read_configuration_file(path, Layer[layer])


def _rules(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(sorted(folder.glob("*.toml")))
    except OSError:
        # As of a user whose home others may not enter.
        return ()


def _is_there(path: Path) -> bool:
    """Whether a path leads to anything: what is no file is told when it is read."""
    try:
        return path.exists()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _names_us(path: Path) -> bool:
    """Whether a file is worth parsing."""
    try:
        with open_regular_file(path) as file:
            return b"whichwheel" in file.read(_LOOKED_AT)
    except OSError:
        return False

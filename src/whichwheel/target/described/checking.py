"""Everything that is wrong in a file of targets, for whoever writes one."""

from pathlib import Path

from whichwheel.target.described.configuration import CONFIGURATION_NAMES, Configuration
from whichwheel.target.described.configuration_file import (
    InvalidConfiguration,
    read_configuration_file,
)
from whichwheel.target.described.known_targets import KnownTargets
from whichwheel.target.described.target_faults import InvalidTargetFile, TargetFault
from whichwheel.target.described.target_file import described, file_entry
from whichwheel.target.rules.faults import InvalidRuleFile
from whichwheel.target.settings import ProviderSettings

__all__ = ["check_file"]


def check_file(path: Path, configuration: Configuration | None = None) -> tuple[TargetFault, ...]:
    """Return all faults of a target file, or of a configuration and all its targets.

    :param configuration: whose targets a target file may extend, and whose rules it may give
        facts of; a configuration is checked against its own
    """
    if path.name in CONFIGURATION_NAMES:
        return _check_configuration(path)
    known = KnownTargets() if configuration is None else configuration.known
    below = ProviderSettings() if configuration is None else configuration.settings
    try:
        described(file_entry(path), known, below=below)
    except InvalidTargetFile as error:
        return error.faults
    return ()


def _check_configuration(path: Path) -> tuple[TargetFault, ...]:
    try:
        file = read_configuration_file(path)
    except InvalidConfiguration as error:
        return error.faults
    except InvalidRuleFile as error:
        return tuple(
            TargetFault(fault.path, fault.message, fault.line, error.where)
            for fault in error.faults
        )
    faults: dict[TargetFault, None] = {}
    for entry in file.targets.values():
        try:
            described(entry, KnownTargets(file.targets), below=file.settings)
        except InvalidTargetFile as error:
            # What one target extends is told once, though it is wrong for both.
            faults.update(dict.fromkeys(error.faults))
    return tuple(faults)

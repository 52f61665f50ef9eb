"""What configuration files say of versions and fallbacks."""

import re
from typing import TYPE_CHECKING

from whichwheel.resolve.options import VersionPolicy
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.described.target_faults import TargetFault

__all__ = ["ConfiguredPolicies", "configured_policies"]


@dataclass(frozen=True, slots=True)
class ConfiguredPolicies:
    """What configuration files say of versions and fallbacks, the nearest file first.

    :param version_from: where the version policy stands, for people
    """

    version: VersionPolicy = VersionPolicy.NEWEST
    version_from: str = ""
    fail_on_fallback: bool = False


def configured_policies(configuration: "Configuration") -> ConfiguredPolicies:
    """Read ``version-policy`` and ``fail-on-fallback``.

    :raises InvalidConfiguration: with all faults that these keys have in the nearest such file
    """
    versions = configuration.sections("version-policy")
    failing = configuration.sections("fail-on-fallback")
    if not versions and not failing:
        return ConfiguredPolicies()
    from whichwheel.target.described.configuration_file import InvalidConfiguration  # noqa: PLC0415
    from whichwheel.target.described.table_reader import TableReader  # noqa: PLC0415
    from whichwheel.target.described.target_faults import kind_of  # noqa: PLC0415

    words = re.compile("|".join(VersionPolicy))
    listed = " or ".join(f"`{word}`" for word in VersionPolicy)
    policies = ConfiguredPolicies()
    faults: dict[str, list[TargetFault]] = {}
    for section in sorted((*versions, *failing), key=lambda each: each.layer, reverse=True):
        reader = TableReader(section.place)
        version, version_from = policies.version, policies.version_from
        fails = policies.fail_on_fallback
        if section.key == "version-policy":
            word = reader.text(section.value, (section.key,), words, listed)
            if word is not None:
                version, version_from = VersionPolicy(word), section.origin()
        elif isinstance(section.value, bool):
            fails = section.value
        else:
            reader.fault((section.key,), f"is {kind_of(section.value)}, expected true or false")
        if reader.faults:
            faults.setdefault(str(section.place.path), []).extend(reader.faults)
        policies = ConfiguredPolicies(version, version_from, fails)
    if faults:
        where, found = faults.popitem()
        raise InvalidConfiguration(where, tuple(found))
    return policies

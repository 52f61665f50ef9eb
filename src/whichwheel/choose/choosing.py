"""Judge every wheel of one release for one target."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.utils import NormalizedName

from whichwheel.choose.choice import Choice
from whichwheel.sources.release import Release, VariantData
from whichwheel.target.target import Target

__all__ = ["Preferences", "choose"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user said beyond the requirements.

    :param labels: the variant label picked by hand, by project
    :param variants: False to leave all variant wheels aside
    :param yanked: releases that may be chosen though yanked (pinned exactly, PEP 592)
    """

    labels: Mapping[NormalizedName, str] = field(default_factory=dict)
    variants: bool = True
    yanked: frozenset[NormalizedName] = frozenset()


def choose(release: Release, data: VariantData, target: Target, preferences: Preferences) -> Choice:
    """Judge every wheel of one release for one target.

    :param data: the release's combined variant metadata
    """
    raise NotImplementedError

"""What a run will certainly ask an index for, told before anything is looked at closely.

A server takes a while to answer; what else there is to do goes on meanwhile.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName, canonicalize_name

if TYPE_CHECKING:
    from whichwheel.cli.asked import Asked
    from whichwheel.cli.requested_install import RequestedInstall
    from whichwheel.environment.site import Environment

__all__ = ["certainly_needed"]

_SUFFIXES = (".dist-info", ".egg-info")


def certainly_needed(
    asked: "Asked",
    how: "RequestedInstall",
    environment: "Environment | None",
    markers: Mapping[str, str],
) -> tuple[NormalizedName, ...]:
    """Return projects of which a source has to be asked, whatever else is found out.

    The user names them, and there seems to be nothing of them in the environment.

    :param environment: None for another machine's
    :param markers: the values of that machine, without ``extra``
    """
    if asked.located:
        return ()  # a constraint may say that something comes from elsewhere
    names = dict.fromkeys(
        each.name
        for each in asked.requests
        if each.wheel is None and each.requirement.url is None and each.applies(markers)
    )
    if not names or environment is None or how.upgrade:
        return tuple(names)
    there = frozenset(_names(environment))
    return tuple(name for name in names if name not in there or name in how.upgrade_packages)


def _names(environment: "Environment") -> Iterator[NormalizedName]:
    """Yield the names of what seems to be installed, without a look into it."""
    for site in environment.site_folders:
        with suppress(OSError):
            for name in os.listdir(site):  # noqa: PTH208 -- a name is all that is wanted
                if name.endswith(_SUFFIXES):
                    yield canonicalize_name(name.partition("-")[0].removesuffix(".egg"))

"""From options to the providers of others that the user trusted."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.cli.console import Console
from whichwheel.cli.opening import open_sources, user_folder
from whichwheel.cli.source_options import SourceOptions, sources_by_default

if TYPE_CHECKING:
    from whichwheel.plugins.outside import TrustedProviders
    from whichwheel.target.detection.detection_cache import DetectionCache

__all__ = ["TRUST_NAME", "open_outside", "trust_path"]

#: The name of the trust file in the user's configuration folder.
TRUST_NAME = "trust.json"


def trust_path() -> Path:
    """Return where the user's trust is kept."""
    return user_folder() / TRUST_NAME


def open_outside(
    console: Console,
    cache: Path,
    *,
    source: SourceOptions | None = None,
    kept: "DetectionCache | None" = None,
    refresh: bool = False,
) -> "TrustedProviders | None":
    """Return the trusted plugin packages and executables, None if nothing is trusted at all.

    :param cache: the folder of all caches
    :param source: where an environment that has to be made anew is fetched from; None for
        what variables and configuration say, else pip's
    :param kept: where answers are kept between runs; None to keep none
    :param refresh: whether to ask anew for what is kept
    """
    path = trust_path()
    # A folder that may not be entered, as another user's home, holds no trust of this user.
    if not os.path.exists(path):  # noqa: PTH110 -- which raises nothing
        return None
    from whichwheel.plugins.outside import TrustedProviders  # noqa: PLC0415 -- start-up time

    options = source or sources_by_default()
    return TrustedProviders(
        path,
        cache,
        lambda: open_sources(options, cache, overlaid=False),
        warn=console.warning,
        kept=kept,
        refresh=refresh,
    )

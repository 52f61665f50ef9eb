"""What determines the answers of a proxy, as one digest."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from whichwheel.lock.fingerprints import options_digest
from whichwheel.resolve.options import ResolveOptions
from whichwheel.target.description import describe_target
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from whichwheel.resolve.resolution import Pin
    from whichwheel.sources.configuration import IndexSettings

__all__ = ["choice_digest", "remembered_under"]

#: Of the marker values those that change with updates of the system, and decide about no build.
_PASSING = ("platform_release", "platform_version")


def choice_digest(
    target: Target,
    options: ResolveOptions,
    settings: "IndexSettings",
    overlays: Iterable[str],
) -> str:
    """Return what is the same for two runs only if the same files fit in both.

    What is installed, and what a resolution pins, is left out: a lock file that is made with
    either is to be of use without.

    :param settings: where the files come from
    :param overlays: what says which overlays are on, and what is in them
    """
    described = describe_target(target)
    environment = {name: text for name, text in target.environment.items() if name not in _PASSING}
    words = [
        json.dumps(
            {
                "python": target.python_version,
                "implementation": target.implementation,
                "tags": list(map(str, target.tags)),
                "environment": environment,
                "facts": described["facts"],
                "supported": described["supported"],
            },
            sort_keys=True,
        ),
        options_digest(options),
        repr((settings.index_urls, settings.find_links)),
        *overlays,
    ]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


def remembered_under(choice: str, pins: "Mapping[NormalizedName, Pin]") -> str:
    """Return the name for what tools remember that know packages by name and version alone."""
    offered = (pin.wheel.file.filename for pin in pins.values())
    return hashlib.sha256("\n".join((choice, *sorted(offered))).encode()).hexdigest()

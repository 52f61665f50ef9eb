"""What ``whichwheel list`` shows of an environment."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from whichwheel.environment.plan import Installed
from whichwheel.environment.site import Environment

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["LIST_FORMAT", "list_installed", "listing_json"]

#: The value of ``format`` in the JSON output.
LIST_FORMAT = "whichwheel-list/1"


def list_installed(
    environment: Environment, overlays: "ActiveOverlays | None" = None
) -> tuple[Installed, ...]:
    """Return what is installed, in order of name.

    :param overlays: those that are on, which know for what installed packages stand
    """
    return tuple(sorted(environment.known(overlays).values(), key=lambda each: each.name))


def listing_json(installed: Iterable[Installed]) -> dict[str, object]:
    """Return a listing as JSON values.

    :return: ``{"format": ..., "packages": [{"name", "version", "label", "stands-for", "source",
        "installer",
        "requested", "url", "editable"}]}``; what is not known is null
    """
    return {
        "format": LIST_FORMAT,
        "packages": [
            {
                "name": each.name,
                "version": str(each.version),
                "label": each.label,
                "stands-for": None if each.stand_in is None else each.known_as,
                "source": each.source,
                "installer": each.installer,
                "requested": each.requested,
                "url": each.url,
                "editable": each.editable,
            }
            for each in installed
        ],
    }

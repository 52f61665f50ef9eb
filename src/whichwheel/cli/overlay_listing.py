"""Every overlay that there is, whether it is on, and why."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.cli.failures import WrongUse
from whichwheel.report.overlay_text import ListedOverlay
from whichwheel.spec.errors import WhichwheelError

if TYPE_CHECKING:
    from whichwheel.choose.overlay_reading import ConfiguredOverlays

__all__ = ["find_overlay", "list_overlays"]


class UnknownOverlay(WhichwheelError, LookupError):
    """A name that no overlay has.

    :param name: as the user gave it
    :param close: names like it
    """

    def __init__(self, name: str, close: list[str]) -> None:
        self.name = name
        meant = f"did you mean `{close[0]}`? " if close else ""
        hint = f"{meant}`whichwheel overlay list` tells the names; a file needs `.toml` or a slash"
        super().__init__(f"there is no overlay of `{name}`", hint=hint)


def list_overlays() -> list[ListedOverlay]:
    """Return all overlays by project; of several about one, first the one that counts."""
    said = _configured()
    own = [*_own(said)]
    counting: dict[str, int] = {}
    for place, each in enumerate(own):
        counting[each.name] = place
    listed = [
        each if counting[each.name] == place else _hidden(each) for place, each in enumerate(own)
    ]
    listed += [each if each.name not in counting else _hidden(each) for each in _shipped(said)]
    return sorted(listed, key=lambda each: (each.name, each.why == _HIDDEN))


_HIDDEN = "another of this project comes before it"


def _hidden(listed: ListedOverlay) -> ListedOverlay:
    return ListedOverlay(listed.name, listed.origin, on=False, why=_HIDDEN, overlay=listed.overlay)


def find_overlay(text: str) -> ListedOverlay:
    """Return an overlay by the project that it is about, or by its file.

    :param text: a file, if it has a path separator or ends in ``.toml``
    :raises WrongUse: if there is no overlay of that name
    """
    from packaging.utils import canonicalize_name  # noqa: PLC0415 -- start-up time

    from whichwheel.choose.overlay_reading import is_overlay_path  # noqa: PLC0415

    if is_overlay_path(text):
        path = Path(os.path.expanduser(text))  # noqa: PTH111 -- `~nobody` stays so
        return _of_file(path, "file", on=False, why="it is on where `--overlay` names it")
    listed = list_overlays()
    name = canonicalize_name(text)
    found = next((each for each in listed if each.name == name), None)
    if found is None:
        from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

        close = get_close_matches(name[:100], [each.name for each in listed], n=1)
        raise WrongUse(UnknownOverlay(text, close))
    return found


def _configured() -> "ConfiguredOverlays":
    from whichwheel.choose.overlay_reading import configured_overlays  # noqa: PLC0415
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time

    return configured_overlays(open_configuration())


def _own(said: "ConfiguredOverlays") -> Iterator[ListedOverlay]:
    """Yield the user's own overlays; of several about one project the last counts."""
    from whichwheel.cli.overlaying import overlay_files  # noqa: PLC0415 -- start-up time

    places = [
        *((path, "it is in your folder") for path in overlay_files()),
        *((path, "the configuration names it") for path in said.files),
    ]
    for path, why in places:
        listed = _of_file(path, "user", on=True, why=why)
        off = listed.name in said.disabled
        yield _turned_off(listed) if off else listed


def _turned_off(listed: ListedOverlay) -> ListedOverlay:
    why = "the configuration turns it off"
    return ListedOverlay(listed.name, listed.origin, on=False, why=why, overlay=listed.overlay)


def _shipped(said: "ConfiguredOverlays") -> Iterator[ListedOverlay]:
    from whichwheel.sources.overlays.overlay_reading import shipped_overlays  # noqa: PLC0415

    for name, overlay in shipped_overlays().items():
        if name in said.disabled:
            on, why = False, "the configuration turns it off"
        elif name in said.enabled:
            on, why = True, "the configuration turns it on"
        elif overlay.safe:
            on, why = True, "marked as safe"
        else:
            on, why = False, "not marked as safe"
        yield ListedOverlay(name, "shipped", on=on, why=why, overlay=overlay)


def _of_file(path: Path, origin: str, *, on: bool, why: str) -> ListedOverlay:
    from whichwheel.sources.overlays.overlay import InvalidOverlay  # noqa: PLC0415
    from whichwheel.sources.overlays.overlay_reading import read_overlay  # noqa: PLC0415

    try:
        overlay = read_overlay(path)
    except InvalidOverlay as error:
        return ListedOverlay(path.stem, origin, on=False, why="it cannot be read", overlay=error)
    return ListedOverlay(overlay.project, origin, on=on, why=why, overlay=overlay)

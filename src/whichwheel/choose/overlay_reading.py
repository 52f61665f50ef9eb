"""What configuration files say of overlays."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.target.described.configuration import Configuration
    from whichwheel.target.described.table_reader import Section

__all__ = ["ConfiguredOverlays", "configured_overlays", "is_overlay_path"]

_KEYS = ("enable", "disable", "as-variant")
_ENTRY = lazy_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}|[^\0]{1,4000}\.toml")
_NAME = lazy_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class ConfiguredOverlays:
    """What configuration files say of overlays; of a project, what the nearest file says.

    :param enabled: projects whose overlay is on
    :param files: overlays that are named by path, in the order in which later ones count
    :param as_variant: projects whose builds become variant wheels of the plain name; None for all
    """

    enabled: frozenset[NormalizedName] = frozenset()
    disabled: frozenset[NormalizedName] = frozenset()
    files: tuple[Path, ...] = ()
    as_variant: Collection[NormalizedName] | None = ()


def is_overlay_path(text: str) -> bool:
    """Whether a text names an overlay by path instead of by project.

    >>> is_overlay_path("torch"), is_overlay_path("./mine.toml")
    (False, True)
    """
    return text.endswith(".toml") or "/" in text or "\\" in text


def configured_overlays(configuration: "Configuration") -> ConfiguredOverlays:
    """Read ``[overlays]``.

    The configuration of a project names overlays by project only: whoever wrote it may not be
    the one whose machine it is, and a file can name any index.

    :raises InvalidConfiguration: with all faults of the table in one file
    """
    found = ConfiguredOverlays()
    sections = configuration.sections("overlays")
    for section in sorted(sections, key=lambda each: each.layer, reverse=True):
        found = _read(section, found)
    return found


def _read(section: "Section", below: ConfiguredOverlays) -> ConfiguredOverlays:
    from whichwheel.target.described.configuration_file import InvalidConfiguration  # noqa: PLC0415
    from whichwheel.target.described.known_targets import Layer  # noqa: PLC0415 -- start-up time
    from whichwheel.target.described.table_reader import TableReader  # noqa: PLC0415

    reader = TableReader(section.place)
    table = reader.table(section.value, (section.key,))
    reader.only(table, _KEYS, (section.key,))

    def texts(key: str, pattern: re.Pattern[str], expected: str) -> tuple[str, ...]:
        return reader.texts(table.get(key, []), (section.key, key), pattern, expected)

    entries = texts("enable", _ENTRY, "names of projects")
    paths = [text for text in entries if is_overlay_path(text)]
    if section.layer is Layer.PROJECT:
        for text in paths:
            reader.fault(
                (section.key, "enable"),
                f"is `{text}`, and only a user's own configuration names overlays by path",
                entries.index(text),
            )
    enabled = {canonicalize_name(text) for text in entries if not is_overlay_path(text)}
    disabled = {canonicalize_name(text) for text in texts("disable", _NAME, "names of projects")}
    for name in sorted(enabled & disabled):
        reader.fault((section.key, "disable"), f"names `{name}`, which `enable` has")
    as_variant = below.as_variant
    said = table.get("as-variant")
    if isinstance(said, bool):
        as_variant = None if said else ()
    elif said is not None:
        names = texts("as-variant", _NAME, "names of projects")
        as_variant = frozenset(map(canonicalize_name, names))
    if reader.faults:
        raise InvalidConfiguration(str(section.place.path), tuple(reader.faults))
    folder = section.place.path.parent
    return ConfiguredOverlays(
        enabled=frozenset(below.enabled - disabled | enabled),
        disabled=frozenset(below.disabled - enabled | disabled),
        files=(*below.files, *(folder / text for text in paths)),
        as_variant=as_variant,
    )

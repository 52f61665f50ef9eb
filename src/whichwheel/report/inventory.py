"""What is installed, as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whichwheel.environment.plan import Installed
from whichwheel.report.style import PLAIN, Role, Style
from whichwheel.report.table import Column, render_table

if TYPE_CHECKING:
    from whichwheel.environment.outdated import Outdated

__all__ = ["OUTDATED_FORMAT", "inventory_lines", "outdated_document", "outdated_lines"]

OUTDATED_FORMAT = "whichwheel-outdated/1"


def inventory_lines(
    installed: Sequence[Installed], *, width: int, style: Style = PLAIN
) -> list[str]:
    """Return a table of what is installed; no lines if nothing is."""
    if not installed:
        return []
    labels = dict.fromkeys((found.label for found in installed if found.label), Role.GOOD)
    columns = (
        Column("name"),
        Column("version"),
        Column("variant", roles=labels),
        Column("source"),
    )
    rows = [
        (_name(found), str(found.version), found.label or "", _origin(found)) for found in installed
    ]
    return render_table(columns, rows, width=width, style=style)


def _name(found: Installed) -> str:
    return found.name if found.known_as == found.name else f"{found.name} (for {found.known_as})"


def _origin(found: Installed) -> str:
    if found.editable:
        return f"editable, {found.url}" if found.url else "editable"
    if found.source is not None or found.url is not None:
        return found.source or found.url or ""
    return f"installed by {found.installer}" if found.installer else ""


def outdated_lines(found: "Sequence[Outdated]", *, width: int, style: Style = PLAIN) -> list[str]:
    """Return a table of what is outdated; no lines if nothing is."""
    if not found:
        return []
    columns = (Column("name"), Column("version"), Column("latest"), Column("type"))
    rows = [
        (
            _name(each.installed),
            _version(str(each.installed.version), each.installed.label),
            _version(str(each.latest), each.label),
            _kind(each),
        )
        for each in found
    ]
    return render_table(columns, rows, width=width, style=style)


def outdated_document(found: "Sequence[Outdated]") -> dict[str, object]:
    """Return what ``list --outdated --json`` prints."""
    return {
        "format": OUTDATED_FORMAT,
        "packages": [
            {
                "name": each.installed.known_as,
                "version": str(each.installed.known_version),
                "label": each.installed.label,
                "latest": str(each.latest),
                "latest-label": each.label,
                "type": _kind(each),
            }
            for each in found
        ],
    }


def _version(version: str, label: str | None) -> str:
    return version if label is None else f"{version} ({label})"


def _kind(each: "Outdated") -> str:
    return "sdist" if each.is_sdist else "wheel"

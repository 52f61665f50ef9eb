"""What is installed, as a table."""

from collections.abc import Sequence

from whichwheel.environment.plan import Installed
from whichwheel.report.style import PLAIN, Role, Style
from whichwheel.report.table import Column, render_table

__all__ = ["inventory_lines"]


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

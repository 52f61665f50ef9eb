"""Tables of text: aligned columns, the last one wrapped to the width."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import field

from whichwheel.report.style import PLAIN, Role, Style, printable, text_width
from whichwheel.spec.values import dataclass

__all__ = ["Column", "render_table", "wrapped"]

_GAP = "  "
_NARROWEST = 24
# With what follows it, which goes to no other line either.
_LITERAL = re.compile(r"`[^`]*`[^\s`]*")
_HARD_SPACE = "\xa0"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    :param header: its heading
    :param right: whether its cells end at the same place, as numbers do
    :param roles: how a cell with exactly this text is painted
    """

    header: str
    right: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)


def render_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    style: Style = PLAIN,
    indent: str = "",
) -> list[str]:
    """Return the lines of a table.

    Cells are made printable. All but the last column are as wide as their widest cell; the last
    is wrapped into what is left of the width, but never narrower than 24 columns.

    :param rows: one text per column
    :param width: of the whole table, in terminal columns
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    headers = [column.header for column in columns]
    widths = [
        max(text_width(row[index]) for row in (headers, *cells))
        for index in range(len(columns) - 1)
    ]
    left = width - len(indent) - sum(widths) - len(_GAP) * len(widths)
    rest = max(left, _NARROWEST)
    lines = [_line(columns, headers, widths, indent, PLAIN)]
    if style.colour:
        lines = [style.paint(lines[0], Role.STRONG)]
    blank = [""] * (len(columns) - 1)
    for row in cells:
        first, *more = wrapped(row[-1], rest)
        lines.append(_line(columns, [*row[:-1], first], widths, indent, style))
        lines += [_line(columns, [*blank, part], widths, indent, style) for part in more]
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Break text into lines, at least one; what stands in backticks stays together."""
    together = _LITERAL.sub(
        lambda found: found[0].replace(" ", _HARD_SPACE) if len(found[0]) <= width else found[0],
        text,
    )
    lines = textwrap.wrap(together, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HARD_SPACE, " ") for line in lines] or [""]


def _line(
    columns: Sequence[Column],
    cells: Sequence[str],
    widths: Sequence[int],
    indent: str,
    style: Style,
) -> str:
    parts = []
    for index, (column, cell) in enumerate(zip(columns, cells, strict=True)):
        space = " " * (widths[index] - text_width(cell)) if index < len(widths) else ""
        painted = style.paint(cell, column.roles.get(cell))
        parts.append(space + painted if column.right else painted + space)
    return (indent + _GAP.join(parts)).rstrip()

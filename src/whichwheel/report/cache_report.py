"""What is kept in the cache, as a table and as JSON documents."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from whichwheel.caches.shelf import SHELVES, Entry
from whichwheel.caches.throwing import Thrown
from whichwheel.caches.verifying import Verdict
from whichwheel.report.sizes import size_text
from whichwheel.report.style import PLAIN, Style, counted
from whichwheel.report.table import Column, render_table

__all__ = [
    "info_document",
    "info_lines",
    "thrown_document",
    "thrown_line",
    "verified_document",
    "verified_lines",
]

INFO_FORMAT = "whichwheel-cache/1"
THROWN_FORMAT = "whichwheel-cache-thrown/1"
VERIFIED_FORMAT = "whichwheel-cache-verified/1"
_DAY = 24 * 3600


def info_document(cache: Path, entries: Sequence[Entry]) -> dict[str, object]:
    """Return what ``cache info --json`` prints: sizes in bytes, times in seconds of the epoch."""
    return {
        "format": INFO_FORMAT,
        "folder": str(cache),
        "shelves": [
            {
                "name": shelf.name,
                "what": shelf.what,
                "entries": len(own),
                "size": sum(entry.size for entry in own),
                "oldest-use": min((entry.used for entry in own), default=None),
            }
            for shelf in SHELVES
            for own in [[entry for entry in entries if entry.shelf is shelf]]
        ],
    }


def info_lines(
    cache: Path, entries: Sequence[Entry], *, now: float, width: int, style: Style = PLAIN
) -> list[str]:
    """Return the cache's folder, and a table of what is in it.

    :param now: in seconds since the epoch
    """
    rows = []
    for shelf in SHELVES:
        own = [entry for entry in entries if entry.shelf is shelf]
        if own:
            days = int((now - min(entry.used for entry in own)) // _DAY)
            age = "today" if days < 1 else f"{counted(days, 'day')} ago"
            size = size_text(sum(entry.size for entry in own))
            rows.append((shelf.name, str(len(own)), size, age, shelf.what))
    if not rows:
        return [f"nothing is kept in {cache}"]
    columns = (
        Column("kept"),
        Column("entries", right=True),
        Column("size", right=True),
        Column("oldest use"),
        Column("what"),
    )
    total = size_text(sum(entry.size for entry in entries))
    table = render_table(columns, rows, width=width, style=style)
    return [*table, f"{total} in {cache}"]


def thrown_document(
    entries: Sequence[Entry], thrown: Thrown | None, cache: Path
) -> dict[str, object]:
    """Return what ``cache prune --json`` and ``cache clean --json`` print.

    :param thrown: None if nothing was to be done
    """
    return {
        "format": THROWN_FORMAT,
        "folder": str(cache),
        "done": thrown is not None,
        "entries": len(entries) if thrown is None else thrown.entries,
        "size": sum(entry.size for entry in entries) if thrown is None else thrown.size,
        "kept": [] if thrown is None else [str(path) for path in thrown.kept],
    }


def thrown_line(entries: Sequence[Entry], thrown: Thrown | None, cache: Path) -> str:
    """Return the one sentence that says what went, or would go.

    :param thrown: None if nothing was to be done
    """
    if not entries:
        return f"nothing to remove from {cache}"
    if thrown is None:
        size = size_text(sum(entry.size for entry in entries))
        return f"would remove {_entries(len(entries))}, {size}, from {cache}"
    return f"removed {_entries(thrown.entries)}, {size_text(thrown.size)}, from {cache}"


def verified_document(cache: Path, verdicts: Mapping[Path, Verdict]) -> dict[str, object]:
    """Return what ``cache verify --json`` prints."""
    return {
        "format": VERIFIED_FORMAT,
        "folder": str(cache),
        **{
            verdict.value: sum(each is verdict for each in verdicts.values()) for verdict in Verdict
        },
        "removed": [str(path) for path, each in verdicts.items() if each is Verdict.DAMAGED],
    }


def verified_lines(
    cache: Path, entries: Mapping[Path, Entry], verdicts: Mapping[Path, Verdict]
) -> list[str]:
    """Return a line for each entry that was damaged, and one that says how many there were."""
    lines = []
    for path, verdict in verdicts.items():
        if verdict is Verdict.DAMAGED:
            holds = f" ({', '.join(entries[path].holds)})" if entries[path].holds else ""
            lines.append(f"damaged, removed: {path}{holds}")
    counts = {each: sum(verdict is each for verdict in verdicts.values()) for each in Verdict}
    unknown = counts[Verdict.UNKNOWN]
    rest = f", {unknown} kept without a digest" if unknown else ""
    damaged = counts[Verdict.DAMAGED]
    lines.append(f"checked {_entries(len(verdicts))} in {cache}: {damaged} damaged{rest}")
    return lines


def _entries(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"
